// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <bit>
#include <cstdint>
#include <optional>

namespace hostpick::watch {

/// The mean, the least and the most of a stream of numbers, the same whatever their order.
///
/// The numbers are added as multiples of 2^-30 in 128 bits, so that no sum is ever rounded: parts
/// of a stream that are merged in any order give the same bits. The mean is off by at most 2^-31.
///
///     exact_mean latency_ms;
///     latency_ms.add(20);
///     latency_ms.add(40);
///     latency_ms.mean()  // 30
class exact_mean {
public:
    static constexpr double largest = 1e10;  ///< of which a number is taken

    /// Whether it was taken: NaN, an infinity, a negative number and one above `largest` are not,
    /// and change nothing.
    constexpr bool add(double x) noexcept {
        if (!detail::is_quantity(x) || x > largest) return false;
        auto const bits = std::bit_cast<std::uint64_t>(detail::magnitude(x));
        widen(bits, bits);
        ++count_;
        add_units(static_cast<std::uint64_t>(x * units + 0.5), 0);
        return true;
    }
    /// As if the other's numbers had been added here.
    constexpr void merge(exact_mean const& other) noexcept {
        if (other.count_ == 0) return;
        widen(other.least_, other.most_);
        count_ += other.count_;
        add_units(other.low_, other.high_);
    }

    [[nodiscard]] constexpr std::uint64_t count() const noexcept { return count_; }
    /// All three are nothing of no numbers.
    [[nodiscard]] constexpr std::optional<double> mean() const noexcept {
        if (count_ == 0) return std::nullopt;
        double const sum = static_cast<double>(high_) * 18446744073709551616.0 +
                           static_cast<double>(low_);
        return detail::clamped(sum / units / static_cast<double>(count_), *least(), *most());
    }
    [[nodiscard]] constexpr std::optional<double> least() const noexcept {
        return count_ == 0 ? std::nullopt : std::optional{std::bit_cast<double>(least_)};
    }
    [[nodiscard]] constexpr std::optional<double> most() const noexcept {
        return count_ == 0 ? std::nullopt : std::optional{std::bit_cast<double>(most_)};
    }

    friend constexpr bool operator==(exact_mean const&, exact_mean const&) = default;

private:
    static constexpr double units = 1 << 30;  // in 1; 10^10 is less than 2^64 of them

    constexpr void widen(std::uint64_t least, std::uint64_t most) noexcept {
        least_ = count_ == 0 ? least : detail::smaller(least_, least);
        most_ = count_ == 0 ? most : detail::larger(most_, most);
    }
    constexpr void add_units(std::uint64_t low, std::uint64_t high) noexcept {
        low_ += low;
        high_ += high + (low_ < low ? 1 : 0);
    }

    std::uint64_t count_ = 0, low_ = 0, high_ = 0;
    // Bits: they have the order of the numbers, and tell tiny ones apart in any compiler's mode.
    std::uint64_t least_ = 0, most_ = 0;
};

}  // namespace hostpick::watch
