// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/ranking.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace hostpick::detail {

/// The best `k` of the hosts that entered, for a small `k` above 0, whatever their order and however
/// often an id repeats.
///
/// Choices stay in the slot that they were written to; only the order of the slots is kept sorted,
/// four bits a place in one integer, as the keys in a node of Masstree are (Mao, Kohler and Morris,
/// "Cache craftiness for fast multicore key-value storage", EuroSys 2012). To enter is to count the
/// leads that are smaller: k comparisons without a branch, and as many of ids where they may repeat.
template <class Choice, bool IdsMayRepeat, std::size_t Most = 16, class Build = this_build>
class few_places {
public:
    static constexpr std::size_t most = Most;
    static_assert(most <= 16, "sixteen times four bits");

    constexpr explicit few_places(std::size_t k) noexcept : k_{k} {}

    template <class Candidate>
    HOSTPICK_INLINE constexpr void enter(Candidate const& candidate) {
        std::uint64_t const lead = lead_of(candidate);
        if (lead <= bar_) admit(lead, candidate);  // most hosts of a long range are not
    }

    /// The last of the `k`, or null while there are fewer.
    [[nodiscard]] constexpr Choice const* worst() const {
        return size_ == k_ ? &at(k_ - 1) : nullptr;
    }

    /// The best, or nothing where nobody entered.
    [[nodiscard]] constexpr std::optional<Choice> give_best() {
        return std::move(slots_[slot_at(0)]);
    }
    /// Appends the choices to `kept`, best first.
    template <class Kept>
    constexpr void give_to(Kept& kept) {
        for (std::size_t place = 0; place < size_; ++place)
            kept.push_back(*std::move(slots_[slot_at(place)]));
    }

private:
    template <class Candidate>
    constexpr void admit(std::uint64_t lead, Candidate const& candidate) {
        if (lead == bar_ && ranks_before(at(k_ - 1), candidate)) return;
        std::size_t place = 0, level = 0;
        for (std::size_t slot = 0; slot < size_; ++slot) {
            place += leads_[slot] < lead;
            level += leads_[slot] == lead;
        }
        for (std::size_t slot = 0; level > 0 && slot < size_; ++slot)
            place += leads_[slot] == lead && ranks_before(*slots_[slot], candidate);

        if (IdsMayRepeat && has(candidate.host)) {
            std::size_t const repeated = place_of(candidate.host);
            if (repeated < place) return;
            put(take(repeated), place, lead, candidate);
        } else if (size_ < k_) {
            put(size_, place, lead, candidate);
        } else {
            put(take(k_ - 1), place, lead, candidate);
        }
        if (size_ == k_) bar_ = leads_[slot_at(k_ - 1)];
    }

    /// The places before `place`, as bits of `order_`.
    static constexpr std::uint64_t before(std::size_t place) noexcept {
        return (std::uint64_t{1} << (4 * place)) - 1;
    }
    [[nodiscard]] constexpr std::size_t slot_at(std::size_t place) const noexcept {
        return (order_ >> (4 * place)) & 15;
    }
    [[nodiscard]] constexpr Choice const& at(std::size_t place) const {
        return *slots_[slot_at(place)];
    }

    template <class Id>
    [[nodiscard]] constexpr bool has(Id const& id) const {
        bool found = false;
        for (std::size_t slot = 0; slot < size_; ++slot) found |= slots_[slot]->host == id;
        return found;
    }
    template <class Id>
    [[nodiscard]] constexpr std::size_t place_of(Id const& id) const {
        std::size_t place = 0;
        while (!(at(place).host == id)) ++place;
        return place;
    }

    template <class Candidate>
    constexpr void put(std::size_t slot, std::size_t place, std::uint64_t lead,
                       Candidate const& candidate) {
        order_ = (order_ & before(place)) | std::uint64_t{slot} << (4 * place) |
                 (order_ & ~before(place)) << 4;
        ++size_;
        leads_[slot] = lead;
        if (slots_[slot]) candidate.store_in(*slots_[slot]);
        else slots_[slot] = static_cast<Choice>(candidate);
    }
    /// Frees a place and gives the slot that was there.
    constexpr std::size_t take(std::size_t place) noexcept {
        std::size_t const slot = slot_at(place);
        order_ = (order_ & before(place)) | ((order_ >> 4) & ~before(place));
        --size_;
        return slot;
    }

    std::size_t k_;
    std::size_t size_ = 0;
    std::uint64_t order_ = 0;                // the slots in order of rank, best in the lowest bits
    std::uint64_t bar_ = ~std::uint64_t{0};  // the lead of the worst, where all places are taken
    std::array<std::uint64_t, most> leads_{};
    std::array<std::optional<Choice>, most> slots_{};
};

}  // namespace hostpick::detail
