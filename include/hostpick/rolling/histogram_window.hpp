// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// Quantiles of the last `N` numbers, for large `N`: a histogram whose buckets are 1/16 of an octave
/// wide, over a ring that says which bucket a number is to be taken out of again.
///
/// The answer is the middle of the bucket of the nearest number, not interpolated between two, and so
/// off by at most 1/32 of that number (numbers below 32 are exact). O(1) a push, whatever `N`; O(464) a read.
///
///     histogram_window<1024> rtts_us;
///     rtts_us.push(31'500);
///     rtts_us.quantile(0.95);  // 31'231.5: the middle of 30'720 to 31'743
template <std::size_t N>
class histogram_window {
    static_assert(N > 0 && N <= 0xFFFF'FFFF);

public:
    /// Takes any number, in whatever unit.
    constexpr void push(std::uint32_t x) noexcept {
        std::uint16_t const entering = bucket_of(x);
        if (size_ == N) --counts_[ring_[next_]];
        else ++size_;
        ++counts_[entering];
        ring_[next_] = entering;
        next_ = next_ + 1 == N ? 0 : next_ + 1;
    }
    /// Forgets all numbers.
    constexpr void reset() noexcept {
        counts_ = {};
        size_ = next_ = 0;
    }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

    /// About the number below which a share `q` of the others lies; nothing of no numbers, or where
    /// `q` is not from 0 to 1.
    [[nodiscard]] constexpr std::optional<double> quantile(double q) const noexcept {
        if (size_ == 0 || !detail::is_quantity(q) || q > 1) return std::nullopt;
        auto const place = static_cast<std::size_t>(q * static_cast<double>(size_ - 1) + 0.5);
        std::size_t bucket = 0;
        for (std::size_t below = counts_[0]; below <= place; below += counts_[bucket]) ++bucket;
        return middle_of(bucket);
    }

private:
    static constexpr std::uint16_t bucket_of(std::uint32_t x) noexcept {
        if (x < 16) return static_cast<std::uint16_t>(x);
        auto const shift = static_cast<std::uint32_t>(std::bit_width(x)) - 5;  // leaves 16 to 31
        return static_cast<std::uint16_t>(16 * shift + (x >> shift));
    }
    static constexpr double middle_of(std::size_t bucket) noexcept {
        if (bucket < 32) return static_cast<double>(bucket);
        std::size_t const shift = bucket / 16 - 1;
        double const width = static_cast<double>(std::uint64_t{1} << shift);
        double const low = static_cast<double>(bucket % 16 + 16) * width;
        return low + (width - 1) / 2;
    }

    std::array<std::uint32_t, 464> counts_{};
    std::array<std::uint16_t, N> ring_{};
    std::size_t size_ = 0;
    std::size_t next_ = 0;
};

}  // namespace hostpick::rolling
