// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/push_result.hpp>
#include <hostpick/rolling/quantile.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hostpick::rolling {

/// The last `N` numbers, in order of size at any time: exact quantiles for small windows.
///
/// It knows neither time nor loss: use it for numbers that come already measured, and drop it when
/// they stop coming. O(N) a push (it moves what lies between the old number and the new), O(1) a
/// read. Above some hundred numbers `histogram_window` is faster.
///
///     sample_window<double, 32> rtts;
///     for (double const rtt : {20.0, 31.0, 24.0}) rtts.push(rtt);
///     rtts.quantile(0.5);  // 24
template <class T, std::size_t N>
    requires detail::real<T> || std::integral<T>
class sample_window {
    static_assert(N > 0);

public:
    /// Refuses what is not finite.
    constexpr push_result push(T x) noexcept {
        if constexpr (detail::real<T>)
            if (!detail::is_finite(x)) return ++refused_, push_result::not_finite;
        // The place of the number that leaves becomes a hole, which moves to where `x` belongs.
        T* hole = sorted_.data() + size_;
        if (size_ == N) hole = std::lower_bound(sorted_.data(), hole, ring_[next_]);
        else ++size_;
        T* const end = sorted_.data() + size_;
        for (; hole != sorted_.data() && x < hole[-1]; --hole) *hole = hole[-1];
        for (; hole + 1 != end && hole[1] < x; ++hole) *hole = hole[1];
        *hole = x;
        ring_[next_] = x;
        next_ = next_ + 1 == N ? 0 : next_ + 1;
        return push_result::accepted;
    }
    /// Forgets the numbers, but not the counter.
    constexpr void reset() noexcept { size_ = next_ = 0; }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }
    /// The numbers from the smallest to the largest.
    [[nodiscard]] constexpr std::span<T const> sorted() const noexcept {
        return {sorted_.data(), size_};
    }

    [[nodiscard]] constexpr std::optional<T> smallest() const noexcept {
        return size_ > 0 ? std::optional{sorted_[0]} : std::nullopt;
    }
    [[nodiscard]] constexpr std::optional<T> largest() const noexcept {
        return size_ > 0 ? std::optional{sorted_[size_ - 1]} : std::nullopt;
    }
    /// The `q` quantile, between two numbers interpolated (type 7); nothing of no numbers, or where
    /// `q` is not from 0 to 1.
    [[nodiscard]] constexpr std::optional<double> quantile(double q) const noexcept {
        auto const place = quantile_place::of(q, size_);
        if (!place) return std::nullopt;
        return place->between(static_cast<double>(sorted_[place->below]),
                              [&] { return sorted_[place->below + 1]; });
    }

private:
    std::array<T, N> ring_{};    // in the order of coming
    std::array<T, N> sorted_{};  // in the order of size
    std::size_t size_ = 0;
    std::size_t next_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace hostpick::rolling
