// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

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

struct rank_order {
    template <class A, class B>
    constexpr bool operator()(A const& a, B const& b) const {
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

/// Of the choices with one id, keeps the best, of equal ones the first; sorts by rank.
template <class Kept>
constexpr void drop_repeated(Kept& kept) {
    using choice = std::remove_cvref_t<decltype(*kept.begin())>;
    std::sort(kept.begin(), kept.end(), [](choice const& a, choice const& b) {
        if (a.host != b.host) return a.host < b.host;
        return ranks_before(a, b) || (!ranks_before(b, a) && a.index < b.index);
    });
    kept.erase(std::unique(kept.begin(), kept.end(),
                           [](choice const& a, choice const& b) { return a.host == b.host; }),
               kept.end());
    std::sort(kept.begin(), kept.end(), rank_order{});
}

/// Fills `kept`, which is empty, with the `k` best of the candidates that `walk` passes to its
/// argument, best first.
///
/// One walk keeps a heap of the best so far, whose root is the worst of them. Ids that repeat
/// are sorted out afterwards, because to look for them at each step would cost O(k) a step; only
/// where some were found does another walk fill the freed places from the hosts that rank lower.
template <class Kept, class Walk>
constexpr void keep_best(Kept& kept, std::size_t k, bool ids_may_repeat, Walk walk) {
    using choice = std::remove_cvref_t<decltype(*kept.begin())>;
    std::optional<choice> last;  // what ranks before it, or with it, has been seen
    while (kept.size() < k) {
        std::size_t const settled = kept.size();
        auto const heap = [&] { return kept.begin() + static_cast<std::ptrdiff_t>(settled); };
        walk([&](auto const& candidate) {
            if (last && !ranks_before(*last, candidate)) return;
            if (kept.size() == k) {
                if (!ranks_before(candidate, *heap())) return;
                std::pop_heap(heap(), kept.end(), rank_order{});
                kept.end()[-1] = static_cast<choice>(candidate);
            } else {
                kept.push_back(static_cast<choice>(candidate));
            }
            std::push_heap(heap(), kept.end(), rank_order{});
        });
        std::sort_heap(heap(), kept.end(), rank_order{});
        bool const exhausted = kept.size() < k;
        if (!ids_may_repeat || kept.size() == settled) return;
        last = kept.end()[-1];
        drop_repeated(kept);
        if (exhausted) return;
    }
}

}  // namespace hostpick::detail
