// SPDX-License-Identifier: MIT
#pragma once

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error "hostpick needs C++20: compile with -std=c++20 or /std:c++20"
#endif

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

/// For the few functions of the loop over hosts. A compiler that leaves one of them out of line
/// passes all that was read of a host through memory, which takes as long as judging it.
#if defined(__GNUC__) || defined(__clang__)
#define HOSTPICK_INLINE [[gnu::always_inline]]
#elif defined(_MSC_VER)
#define HOSTPICK_INLINE [[msvc::forceinline]]
#else
#define HOSTPICK_INLINE
#endif

#if defined(__GNUC__) || defined(__clang__)
#define HOSTPICK_INLINE_LAMBDA __attribute__((always_inline))
#else
#define HOSTPICK_INLINE_LAMBDA
#endif

// Questions about floating-point numbers that are answered from their bits, because
// `-ffast-math` lets a compiler fold `x != x` and even `!(x >= 0)` away.
namespace hostpick::detail {

/// The number types that scores are computed in.
template <class T>
concept real = std::same_as<T, float> || std::same_as<T, double>;

template <real R>
using bits_of = std::conditional_t<sizeof(R) == 4, std::uint32_t, std::uint64_t>;

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559,
              "the bits below are those of IEEE 754");

template <real R>
inline constexpr bits_of<R> sign_bit = bits_of<R>{1} << (sizeof(R) * 8 - 1);

template <real R>
inline constexpr bits_of<R> infinity_bits = sizeof(R) == 4
                                                ? bits_of<R>{0x7F80'0000u}
                                                : static_cast<bits_of<R>>(0x7FF0'0000'0000'0000u);

/// |x|.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr R magnitude(R x) noexcept {
    return std::bit_cast<R>(
        static_cast<bits_of<R>>(std::bit_cast<bits_of<R>>(x) & ~sign_bit<R>));
}

template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr bool is_finite(R x) noexcept {
    return std::bit_cast<bits_of<R>>(magnitude(x)) < infinity_bits<R>;
}

template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr bool is_nan(R x) noexcept {
    return std::bit_cast<bits_of<R>>(magnitude(x)) > infinity_bits<R>;
}

/// Finite and not below zero; minus zero is zero.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr bool is_quantity(R x) noexcept {
    auto const bits = std::bit_cast<bits_of<R>>(x);
    return bits < infinity_bits<R> || bits == sign_bit<R>;
}

template <class R>
HOSTPICK_INLINE [[nodiscard]] constexpr R smaller(R a, R b) noexcept {
    return b < a ? b : a;
}

template <class R>
HOSTPICK_INLINE [[nodiscard]] constexpr R larger(R a, R b) noexcept {
    return a < b ? b : a;
}

/// A product of ours that is to be added to something: rounded first, because a compiler that fuses
/// the two gives other bits than one that does not.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr R rounded(R product) noexcept {
    return smaller(product, (std::numeric_limits<R>::max)());
}

/// `x` moved into [low, high].
template <class R>
HOSTPICK_INLINE [[nodiscard]] constexpr R clamped(R x, R low, R high) noexcept {
    return smaller(larger(x, low), high);
}

/// The nearest number above `x`, which is finite and not negative.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr R next_up(R x) noexcept {
    return std::bit_cast<R>(static_cast<bits_of<R>>(std::bit_cast<bits_of<R>>(magnitude(x)) + 1));
}

/// The nearest number below `x`, which is finite and not negative; 0 where `x` is 0.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr R next_down(R x) noexcept {
    return x > 0 ? std::bit_cast<R>(static_cast<bits_of<R>>(std::bit_cast<bits_of<R>>(x) - 1))
                 : R{0};
}

/// A finite `x` as an `R`; what is too large for it becomes its largest finite number.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr R narrowed(double x) noexcept {
    constexpr double most = (std::numeric_limits<R>::max)();
    return static_cast<R>(clamped(x, -most, most));
}

}  // namespace hostpick::detail
