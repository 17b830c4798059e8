// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/ranking.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

namespace hostpick::detail {

/// The best `k` of the hosts that a walk passes, in the caller's room and in no other: a heap whose
/// root is the worst of them, O(log k) a host.
///
/// Ids that repeat are sorted out after the walk, because to look for them at each step would cost
/// O(k) a step. Where some were found, what is left is *settled*: the best ids of all, each with its
/// best metrics. Another walk over the other ids then fills the places that the repeats had taken.
template <class Kept, bool IdsMayRepeat, class Build = this_build>
class many_places {
    using choice = std::remove_cvref_t<decltype(*std::declval<Kept&>().begin())>;

public:
    /// `kept` is empty, and has room for `k` choices, or grows.
    constexpr many_places(Kept& kept, std::size_t k) noexcept : kept_{kept}, k_{k} {}

    /// `walk` lets every candidate enter its argument, as often as it is called.
    template <class Walk>
    constexpr void fill(Walk walk) {
        bool all_seen = false;
        while (!all_seen && kept_.size() < k_) {
            walk(*this);
            all_seen = kept_.size() < k_;
            if constexpr (IdsMayRepeat) drop_repeated();
            settled_ = kept_.size();
            bar_ = ~std::uint64_t{0};
        }
        std::sort(kept_.begin(), kept_.end(), rank_order<Build>{});
    }

    template <class Candidate>
    HOSTPICK_INLINE constexpr void enter(Candidate const& candidate) {
        std::uint64_t const lead = lead_of(candidate);
        if (lead <= bar_) admit(lead, candidate);  // most hosts of a long range are not
    }

    /// The last of the `k`, or null while there are fewer.
    [[nodiscard]] constexpr choice const* worst() const {
        return kept_.size() == k_ ? &heap()[0] : nullptr;
    }

private:

    template <class Candidate>
    constexpr void admit(std::uint64_t lead, Candidate const& candidate) {
        if (lead == bar_ && !ranks_before(candidate, heap()[0])) return;
        if (settled_ > 0 && is_settled(candidate.host)) return;
        if (kept_.size() == k_) {
            candidate.store_in(heap()[sink(0, candidate)]);
        } else {
            kept_.push_back(static_cast<choice>(candidate));
            if (kept_.size() < k_) return;
            make_heap();
        }
        bar_ = lead_of(heap()[0]);
    }

    // ---- the heap: the places that are not settled, each as bad as its two children or worse

    [[nodiscard]] constexpr auto heap() const noexcept {
        return kept_.begin() + static_cast<std::ptrdiff_t>(settled_);
    }

    constexpr void make_heap() {
        for (auto hole = (kept_.end() - heap()) / 2; hole-- > 0;) {
            choice moved = std::move(heap()[hole]);
            heap()[sink(hole, moved)] = std::move(moved);
        }
    }

    /// Moves a hole down to where `entering` belongs, and gives that place.
    template <class Entering>
    constexpr std::ptrdiff_t sink(std::ptrdiff_t hole, Entering const& entering) {
        rank_order<Build> const before;
        auto const at = heap();
        auto const size = kept_.end() - at;
        for (auto child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
            if (child + 1 < size) child += before(at[child], at[child + 1]);
            if (!before(entering, at[child])) break;
            at[hole] = std::move(at[child]);
            hole = child;
        }
        return hole;
    }

    // ---- ids: after `drop_repeated` all different and, where some were not, sorted by id

    template <class Id>
    [[nodiscard]] constexpr bool is_settled(Id const& id) const {
        auto const end = heap();
        auto const found = std::lower_bound(kept_.begin(), end, id,
                                            [](choice const& c, Id const& i) { return c.host < i; });
        return found != end && found->host == id;
    }

    constexpr void drop_repeated() {
        if (surely_all_different()) return;
        std::sort(kept_.begin(), kept_.end(), [](choice const& a, choice const& b) {
            return a.host == b.host ? ranks_before(a, b) : a.host < b.host;
        });
        auto const same_id = [](choice const& a, choice const& b) { return a.host == b.host; };
        kept_.erase(std::unique(kept_.begin(), kept_.end(), same_id), kept_.end());
    }

    /// Whether no id is there twice, by a small hash table of positions; where that cannot tell
    /// cheaply, no.
    [[nodiscard]] constexpr bool surely_all_different() const {
        using id = decltype(choice::host);
        if constexpr (std::is_integral_v<id> || std::is_enum_v<id>) {
            std::array<std::uint8_t, 256> slots{};  // a position plus one, or 0
            if (kept_.size() > slots.size() / 2) return false;
            std::uint8_t number = 0;
            for (choice const& c : kept_) {
                auto const hash = static_cast<std::uint64_t>(c.host) * 0x9E37'79B9'7F4A'7C15u;
                auto slot = static_cast<std::uint8_t>(hash >> 56);
                for (; slots[slot] != 0; ++slot)
                    if (kept_.begin()[slots[slot] - 1].host == c.host) return false;
                slots[slot] = ++number;
            }
            return true;
        }
        return false;
    }

    Kept& kept_;
    std::size_t k_;
    std::size_t settled_ = 0;                // places, at the front
    std::uint64_t bar_ = ~std::uint64_t{0};  // the lead of the worst, where all places are taken
};

}  // namespace hostpick::detail
