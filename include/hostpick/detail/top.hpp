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

/// Puts `better` in the place of the root of a heap of `size` choices, which is the worst of them.
/// One walk down; `std::pop_heap` and `std::push_heap` take one down and two up.
template <class Iterator, class Choice>
constexpr void replace_worst(Iterator heap, std::ptrdiff_t size, Choice better) {
    rank_order const before;
    std::ptrdiff_t hole = 0;
    for (std::ptrdiff_t child = 1; child < size; child = 2 * hole + 1) {
        if (child + 1 < size && before(heap[child], heap[child + 1])) ++child;
        if (!before(better, heap[child])) break;
        heap[hole] = std::move(heap[child]);
        hole = child;
    }
    heap[hole] = std::move(better);
}

/// So few places are kept sorted all the time; more are kept as a heap.
inline constexpr std::size_t few_places = 16;

/// The at most `k` best of the candidates that are entered, behind those that `kept` has already.
template <class Kept>
class best_so_far {
    using choice = choice_in<Kept>;

public:
    constexpr best_so_far(Kept& kept, std::size_t k) noexcept
        : kept_{kept}, k_{k}, settled_{static_cast<std::ptrdiff_t>(kept.size())} {}

    template <class Candidate>
    constexpr void enter(Candidate const& candidate) {
        bool const full = kept_.size() == k_;
        if (full && !ranks_before(candidate, worst())) return;
        auto entering = static_cast<choice>(candidate);
        if (k_ <= few_places) {
            if (!full) kept_.push_back(entering);
            auto place = std::prev(kept_.end());
            for (; place != first() && ranks_before(entering, place[-1]); --place)
                *place = std::move(place[-1]);
            *place = std::move(entering);
        } else if (full) {
            replace_worst(first(), kept_.end() - first(), std::move(entering));
        } else {
            kept_.push_back(std::move(entering));
            if (kept_.size() == k_) std::make_heap(first(), kept_.end(), rank_order{});
        }
    }

    /// The worst of `k`: the root of the heap, or the last in the order.
    [[nodiscard]] constexpr choice const& worst() const {
        return k_ > few_places ? *first() : *std::prev(kept_.end());
    }

private:
    [[nodiscard]] constexpr auto first() const { return kept_.begin() + settled_; }

    Kept& kept_;
    std::size_t k_;
    std::ptrdiff_t settled_;
};

/// Whether an id is there twice: "no" is certain, "yes" may only mean that it is costly to say.
template <class Kept>
[[nodiscard]] constexpr bool ids_may_repeat_in(Kept const& kept) {
    using id = decltype(choice_in<Kept const>::host);
    if constexpr (std::is_integral_v<id> || std::is_enum_v<id>) {
        std::array<std::uint8_t, 256> slots{};  // a small hash table of positions plus one
        if (kept.size() > slots.size() / 2) return true;
        std::uint8_t number = 0;
        for (auto const& choice : kept) {
            auto const hash = static_cast<std::uint64_t>(choice.host) * 0x9E37'79B9'7F4A'7C15u;
            auto slot = static_cast<std::uint8_t>(hash >> 56);
            for (; slots[slot] != 0; ++slot)
                if (kept.begin()[slots[slot] - 1].host == choice.host) return true;
            slots[slot] = ++number;
        }
        return false;
    } else {
        if (kept.size() > few_places) return true;
        for (auto a = kept.begin(); a != kept.end(); ++a)
            for (auto b = kept.begin(); b != a; ++b)
                if (a->host == b->host) return true;
        return false;
    }
}

/// Of the choices with one id, keeps the best; whether it had to change the order to see to it.
template <class Kept>
constexpr bool drop_repeated(Kept& kept) {
    if (!ids_may_repeat_in(kept)) return false;
    std::sort(kept.begin(), kept.end(), [](auto const& a, auto const& b) {
        if (a.host != b.host) return a.host < b.host;
        return rank_order{}(a, b);
    });
    kept.erase(std::unique(kept.begin(), kept.end(),
                           [](auto const& a, auto const& b) { return a.host == b.host; }),
               kept.end());
    return true;
}

/// Fills `kept`, which is empty, with the `k` best of the candidates that `walk` passes to its
/// argument, best first.
///
/// Ids that repeat are sorted out after the walk, because to look for them at each step would cost
/// O(k) a step. Only where some were found does another walk fill the freed places, from the hosts
/// that rank lower.
template <class Kept, class Walk>
constexpr void keep_best(Kept& kept, std::size_t k, bool ids_may_repeat, Walk walk) {
    std::optional<choice_in<Kept>> last;  // what ranks before it, or with it, has been seen
    bool sorted = k <= few_places;
    while (kept.size() < k) {
        best_so_far<Kept> best{kept, k};
        walk([&](auto const& candidate) {
            if (!last || ranks_before(*last, candidate)) best.enter(candidate);
        });
        bool const all_seen = kept.size() < k;
        if (!all_seen) last = best.worst();
        if (ids_may_repeat && drop_repeated(kept)) sorted = false;
        if (all_seen) break;
    }
    if (!sorted) std::sort(kept.begin(), kept.end(), rank_order{});
}

}  // namespace hostpick::detail
