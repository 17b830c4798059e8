// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <bit>
#include <cstdint>

// Numbers by lot, in integers alone: the same ones everywhere.
namespace hostpick::detail {

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
class splitmix64 {
public:
    HOSTPICK_INLINE constexpr explicit splitmix64(std::uint64_t seed) noexcept : state_{seed} {}
    HOSTPICK_INLINE constexpr std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15u;
        z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9u;
        z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EBu;
        return z ^ z >> 31;
    }

private:
    std::uint64_t state_;
};

struct wide_product {
    std::uint64_t high, low;
};
HOSTPICK_INLINE [[nodiscard]] constexpr wide_product multiply(std::uint64_t a,
                                                              std::uint64_t b) noexcept {
    constexpr std::uint64_t half = 0xFFFF'FFFFu;
    std::uint64_t const low = (a & half) * (b & half);
    std::uint64_t const middle = (a >> 32) * (b & half) + (low >> 32);
    std::uint64_t const other = (a & half) * (b >> 32) + (middle & half);
    return {(a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32), a * b};
}

/// A number below `n`, which is not 0, each as likely. Source: Lemire, "Fast random integer
/// generation in an interval", 2019.
HOSTPICK_INLINE [[nodiscard]] constexpr std::uint64_t draw_below(splitmix64& random,
                                                                 std::uint64_t n) noexcept {
    wide_product drawn = multiply(random.next(), n);
    if (drawn.low < n)
        for (std::uint64_t const uneven = (0 - n) % n; drawn.low < uneven;)
            drawn = multiply(random.next(), n);
    return drawn.high;
}

/// -log2 of `fraction` / 2^64, in units of 2^-32 and right to a few of them: 1 unit to 64. One bit
/// after another, by squaring, because a logarithm of the library's may differ in its last bit.
HOSTPICK_INLINE [[nodiscard]] constexpr std::uint64_t minus_log2(std::uint64_t fraction) noexcept {
    fraction |= 1;
    int const zeros = std::countl_zero(fraction);
    std::uint64_t x = fraction << zeros >> 32, log2 = 0;  // x / 2^31 is at least 1, below 2
    for (int n = 0; n < 32; ++n) {
        x = x * x >> 31;
        std::uint64_t const bit = x >> 32;
        x >>= bit;
        log2 = log2 << 1 | bit;
    }
    return (static_cast<std::uint64_t>(zeros + 1) << 32) - log2;
}

/// What `minus_log2` gives at least, for less: between two powers of two a logarithm is at most
/// 0.0861 above the straight line.
HOSTPICK_INLINE [[nodiscard]] constexpr std::uint64_t least_minus_log2(
    std::uint64_t fraction) noexcept {
    constexpr std::uint64_t unit = std::uint64_t{1} << 32, bulge = unit / 11;
    fraction |= 1;
    int const zeros = std::countl_zero(fraction);
    std::uint64_t const line = (fraction << zeros >> 31) - unit;
    return (static_cast<std::uint64_t>(zeros + 1) << 32) - smaller(line + bulge, unit);
}

}  // namespace hostpick::detail
