// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/watch/calendar.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hostpick::watch {

/// A run of consecutive samples that were all bad: above a limit, or failed.
struct episode {
    unix_time start{};                 ///< of its first bad sample, if need be of the day before
    unix_time end{};                   ///< of its last bad sample of the day
    std::uint64_t samples = 0;         ///< of the day
    std::uint64_t failed = 0;          ///< of them
    std::optional<double> peak_ms{};   ///< nothing where all failed
    bool continued = false;            ///< since the day before, where it was counted

    /// From the first bad sample to the last: of one sample, no time at all.
    [[nodiscard]] constexpr std::chrono::milliseconds duration() const noexcept {
        return end - start;
    }
    friend constexpr bool operator==(episode const&, episode const&) = default;
};

/// The episodes of a day, the earliest first: none touches another.
///
/// What overlaps, of one observer's and another's, becomes one episode, so that lists can be merged
/// in any order. It keeps 32. Where there are more, those that lasted shortest (then those of
/// fewest samples, then the latest) are only counted, and from there on the order of merging may
/// matter. O(32).
class episode_list {
public:
    static constexpr std::size_t most_kept = 32;

    /// Takes a further one, in any order; one without samples, or that ends before it starts, it
    /// ignores.
    constexpr void add(episode e) noexcept {
        if (e.samples == 0 || e.end < e.start) return;
        auto const first =
            std::find_if(begin(), end(), [&](episode const& k) { return k.end >= e.start; });
        auto last = first;
        for (; last != end() && last->start <= e.end; ++last) e = joined(e, *last);
        if (first == last) {
            ++size_;
            std::move_backward(first, end() - 1, end());
        } else {
            std::move(last, end(), first + 1);
            size_ -= static_cast<std::size_t>(last - first) - 1;
        }
        *first = e;
        if (size_ > most_kept) drop_least();
    }
    constexpr void merge(episode_list const& other) noexcept {
        episode_list const theirs = other;  // it may be this one
        for (episode const& e : theirs.kept()) add(e);
        dropped_ += theirs.dropped_;
        dropped_begun_ += theirs.dropped_begun_;
    }

    [[nodiscard]] constexpr std::span<episode const> kept() const noexcept {
        return {kept_.data(), size_};
    }
    /// How many began on this day, kept or not. O(32).
    [[nodiscard]] constexpr std::uint64_t begun() const noexcept {
        std::uint64_t begun = dropped_begun_;
        for (episode const& e : kept()) begun += e.continued ? 0 : 1;
        return begun;
    }
    /// How many are not kept.
    [[nodiscard]] constexpr std::uint64_t dropped() const noexcept { return dropped_; }

private:
    [[nodiscard]] static constexpr episode joined(episode const& a, episode const& b) noexcept {
        auto const peak = !a.peak_ms || (b.peak_ms && *b.peak_ms > *a.peak_ms) ? b.peak_ms
                                                                               : a.peak_ms;
        return {.start = detail::smaller(a.start, b.start),
                .end = detail::larger(a.end, b.end),
                .samples = a.samples + b.samples,
                .failed = a.failed + b.failed,
                .peak_ms = peak,
                .continued = a.continued || b.continued};
    }
    constexpr void drop_least() noexcept {
        auto const least = std::min_element(begin(), end(), [](auto const& a, auto const& b) {
            if (a.duration() != b.duration()) return a.duration() < b.duration();
            return a.samples != b.samples ? a.samples < b.samples : a.start > b.start;
        });
        ++dropped_;
        dropped_begun_ += least->continued ? 0 : 1;
        std::move(least + 1, end(), least);
        --size_;
    }
    [[nodiscard]] constexpr episode* begin() noexcept { return kept_.data(); }
    [[nodiscard]] constexpr episode* end() noexcept { return kept_.data() + size_; }

    std::array<episode, most_kept + 1> kept_{};  // and one that is about to be dropped
    std::size_t size_ = 0;
    std::uint64_t dropped_ = 0, dropped_begun_ = 0;
};

}  // namespace hostpick::watch
