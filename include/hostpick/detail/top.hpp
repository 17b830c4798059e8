// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

// The k best in one walk over the hosts, in room for k.
namespace hostpick::detail {

/// Whether `a` is chosen before `b`: the earlier step, then the higher score, then the lower
/// latency, then the smaller id. A total order over hosts with different ids, and so the same
/// choice in whatever order they come.
template <class A, class B>
[[nodiscard]] constexpr bool ranks_before(A const& a, B const& b) {
    if (a.step != b.step) return a.step < b.step;
    if (a.score != b.score) return a.score > b.score;
    if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
    return a.host < b.host;
}

/// As `ranks_before`, and of equal ones, which have one id, the first in the range: without it the
/// standard library's heap decides which of them stays.
struct rank_order {
    template <class A, class B>
    constexpr bool operator()(A const& a, B const& b) const {
        if (a.score == b.score && a.latency_ms == b.latency_ms && a.host == b.host &&
            a.step == b.step)
            return a.index < b.index;
        return ranks_before(a, b);
    }
};

/// A caller's span filled from the front, with the part of a vector's interface that we need.
template <class Choice>
class filled_span {
public:
    constexpr explicit filled_span(std::span<Choice> room) noexcept : room_{room} {}
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr Choice* begin() const noexcept { return room_.data(); }
    [[nodiscard]] constexpr Choice* end() const noexcept { return room_.data() + size_; }
    constexpr void push_back(Choice choice) { room_[size_++] = std::move(choice); }
    constexpr void erase(Choice* from, Choice*) noexcept {
        size_ = static_cast<std::size_t>(from - begin());
    }

private:
    std::span<Choice> room_;
    std::size_t size_ = 0;
};

template <class Kept>
using choice_in = std::remove_cvref_t<decltype(*std::declval<Kept&>().begin())>;

// Two ways to keep at most `k` choices. Both may start with some in `kept` already, sorted and
// ranking before all that will be entered.

/// A few places, sorted all the time: entering is O(k).
template <class Kept>
class sorted_places {
    using choice = choice_in<Kept>;

public:
    constexpr sorted_places(Kept& kept, std::size_t k) noexcept : kept_{kept}, k_{k} {}

    template <class Candidate>
    constexpr void enter(Candidate const& candidate) {
        bool const full = kept_.size() == k_;
        if (full && !ranks_before(candidate, worst())) return;
        auto entering = static_cast<choice>(candidate);
        if (!full) kept_.push_back(entering);
        auto place = std::prev(kept_.end());
        for (; place != kept_.begin() && ranks_before(entering, place[-1]); --place)
            *place = std::move(place[-1]);
        *place = std::move(entering);
    }

    [[nodiscard]] constexpr choice const& worst() const { return *std::prev(kept_.end()); }

    /// Of the choices with one id, keeps the best.
    static constexpr void drop_repeated(Kept& kept) {
        auto end = kept.begin();
        for (auto it = kept.begin(); it != kept.end(); ++it) {
            auto const has_its_id = [&](choice const& c) { return c.host == it->host; };
            if (std::any_of(kept.begin(), end, has_its_id)) continue;
            if (end != it) *end = std::move(*it);
            ++end;
        }
        kept.erase(end, kept.end());
    }

    /// They are sorted, walk after walk.
    static constexpr void sort(Kept&) noexcept {}

private:
    Kept& kept_;
    std::size_t k_;
};

/// Many places, a heap whose root is the worst of them: entering is O(log k).
template <class Kept>
class heap_places {
    using choice = choice_in<Kept>;

public:
    constexpr heap_places(Kept& kept, std::size_t k) noexcept : kept_{kept}, k_{k} {}

    template <class Candidate>
    constexpr void enter(Candidate const& candidate) {
        if (kept_.size() < k_) {
            kept_.push_back(static_cast<choice>(candidate));
            if (kept_.size() == k_) std::make_heap(kept_.begin(), kept_.end(), rank_order{});
        } else if (ranks_before(candidate, worst())) {
            replace_worst(static_cast<choice>(candidate));
        }
    }

    [[nodiscard]] constexpr choice const& worst() const { return *kept_.begin(); }

    static constexpr void drop_repeated(Kept& kept) {
        if (surely_all_different(kept)) return;
        std::sort(kept.begin(), kept.end(), [](choice const& a, choice const& b) {
            return a.host == b.host ? rank_order{}(a, b) : a.host < b.host;
        });
        kept.erase(std::unique(kept.begin(), kept.end(),
                               [](choice const& a, choice const& b) { return a.host == b.host; }),
                   kept.end());
    }

    static constexpr void sort(Kept& kept) {
        std::sort(kept.begin(), kept.end(), rank_order{});
    }

private:
    /// One walk down the heap; `std::pop_heap` and `std::push_heap` take one down and two up.
    constexpr void replace_worst(choice better) {
        rank_order const before;
        auto const heap = kept_.begin();
        auto const size = kept_.end() - heap;
        std::ptrdiff_t hole = 0;
        for (std::ptrdiff_t child = 1; child < size; child = 2 * hole + 1) {
            if (child + 1 < size && before(heap[child], heap[child + 1])) ++child;
            if (!before(better, heap[child])) break;
            heap[hole] = std::move(heap[child]);
            hole = child;
        }
        heap[hole] = std::move(better);
    }

    /// Whether no id is there twice, by a small hash table of positions; where that cannot tell
    /// cheaply, no.
    static constexpr bool surely_all_different(Kept const& kept) {
        using id = decltype(choice::host);
        if constexpr (std::is_integral_v<id> || std::is_enum_v<id>) {
            std::array<std::uint8_t, 256> slots{};  // a position plus one, or 0
            if (kept.size() > slots.size() / 2) return false;
            std::uint8_t number = 0;
            for (choice const& c : kept) {
                auto const hash = static_cast<std::uint64_t>(c.host) * 0x9E37'79B9'7F4A'7C15u;
                auto slot = static_cast<std::uint8_t>(hash >> 56);
                for (; slots[slot] != 0; ++slot)
                    if (kept.begin()[slots[slot] - 1].host == c.host) return false;
                slots[slot] = ++number;
            }
            return true;
        }
        return false;
    }

    Kept& kept_;
    std::size_t k_;
};

/// Fills `kept`, which is empty, with the `k` best of the candidates that `walk` passes to its
/// argument, best first.
///
/// Ids that repeat are sorted out after the walk, because to look for them at each step would cost
/// O(k) a step. Only where some were found does another walk fill the freed places, from the hosts
/// that rank lower.
template <class Places, class Kept, class Walk>
constexpr void fill(Kept& kept, std::size_t k, bool ids_may_repeat, Walk walk) {
    std::optional<choice_in<Kept>> last;  // what ranks before it, or with it, has been seen
    while (kept.size() < k) {
        Places places{kept, k};
        walk([&](auto const& candidate) {
            if (!last || ranks_before(*last, candidate)) places.enter(candidate);
        });
        bool const all_seen = kept.size() < k;
        if (!all_seen) last = places.worst();
        if (ids_may_repeat) Places::drop_repeated(kept);
        if (all_seen) break;
    }
    Places::sort(kept);
}

template <class Kept, class Walk>
constexpr void keep_best(Kept& kept, std::size_t k, bool ids_may_repeat, Walk walk) {
    constexpr std::size_t few = 16;  // measured: at 10 places sorted is the faster one
    if (k <= few) fill<sorted_places<Kept>>(kept, k, ids_may_repeat, walk);
    else fill<heap_places<Kept>>(kept, k, ids_may_repeat, walk);
}

}  // namespace hostpick::detail
