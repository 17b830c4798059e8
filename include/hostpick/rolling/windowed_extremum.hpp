// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace hostpick::rolling {

/// The best of the samples of a time window, exactly; `windowed_min` and `windowed_max` below.
///
/// It keeps only samples that may yet become the best, at most `N`: where more would be needed, the
/// oldest of them goes early, so the answer is exact over the last `N` samples in any case. A sample
/// that is exactly as old as the window is out. O(1) a push on average, O(N) a read.
template <class T, std::size_t N, class Better>
    requires detail::real<T> || std::integral<T>
class windowed_extremum {
    static_assert(N > 0);

public:
    constexpr explicit windowed_extremum(std::chrono::nanoseconds window) noexcept
        : window_{window} {}

    /// Time that runs back counts as standing still.
    constexpr push_result push(T value, instant now) noexcept {
        if constexpr (detail::real<T>)
            if (!detail::is_finite(value)) return ++refused_, push_result::not_finite;
        if (size_ > 0 && now < newest().at) now = newest().at;
        while (size_ > 0 && elapsed(samples_[first_].at, now) >= window_) drop_oldest();
        while (size_ > 0 && !Better{}(newest().value, value)) --size_;
        if (size_ == N) drop_oldest();
        ++size_;
        newest() = {value, now};
        return push_result::accepted;
    }

    /// The best of the window that ends now; nothing where it is empty.
    [[nodiscard]] constexpr std::optional<T> value(instant now) const noexcept {
        for (std::size_t i = 0; i < size_; ++i)
            if (sample const& s = samples_[(first_ + i) % N]; elapsed(s.at, now) < window_)
                return s.value;
        return std::nullopt;
    }
    /// Forgets the samples, but not the counter.
    constexpr void reset() noexcept { size_ = 0; }
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }

private:
    struct sample {
        T value;
        instant at;
    };
    [[nodiscard]] constexpr sample& newest() noexcept {
        return samples_[(first_ + size_ - 1) % N];
    }
    constexpr void drop_oldest() noexcept {
        first_ = (first_ + 1) % N;
        --size_;
    }

    std::chrono::nanoseconds window_;
    std::array<sample, N> samples_{};  // a ring, from the best to the newest
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    std::uint64_t refused_ = 0;
};

/// The smallest, and the largest, number of a time window.
///
///     windowed_min<double, 64> quickest{10s};
///     quickest.push(31.5, now);
///     quickest.value(now + 3s);  // 31.5
template <class T, std::size_t N>
using windowed_min = windowed_extremum<T, N, std::less<>>;
template <class T, std::size_t N>
using windowed_max = windowed_extremum<T, N, std::greater<>>;

}  // namespace hostpick::rolling
