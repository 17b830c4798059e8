// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <cstdint>

// Which instructions a scan over columns may use: those that this file is compiled for, or more
// where the machine turns out to have them.

#if (defined(__GNUC__) || defined(__clang__)) && !defined(_MSC_VER) && !defined(HOSTPICK_NO_VECTORS)
#define HOSTPICK_VECTORS 1  // the vector types of GNU C++
#else
#define HOSTPICK_VECTORS 0
#endif

#if HOSTPICK_VECTORS && defined(__x86_64__) && (defined(__ELF__) || defined(__APPLE__))
#define HOSTPICK_DISPATCH 1
#else
#define HOSTPICK_DISPATCH 0
#endif

namespace hostpick::detail {

enum class isa : unsigned char { base, avx2, avx512 };

/// The widest that this machine has.
HOSTPICK_INLINE [[nodiscard]] inline isa best_isa() noexcept {
#if HOSTPICK_DISPATCH
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return isa::avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2"))
        return isa::avx2;
#endif
    return isa::base;
}

/// What the compiler was told that the machine has.
inline constexpr std::uint32_t compiled_features = 0
#ifdef __SSE4_2__
                                                   | 1u
#endif
#ifdef __AVX__
                                                   | 2u
#endif
#ifdef __AVX2__
                                                   | 4u
#endif
#ifdef __FMA__
                                                   | 8u
#endif
#ifdef __BMI__
                                                   | 16u
#endif
#ifdef __BMI2__
                                                   | 32u
#endif
#ifdef __LZCNT__
                                                   | 64u
#endif
#ifdef __AVX512F__
                                                   | 128u
#endif
#ifdef __AVX512VL__
                                                   | 256u
#endif
#ifdef __AVX512VBMI2__
                                                   | 512u
#endif
#ifdef __AVX512FP16__
                                                   | 1024u
#endif
#ifdef __POPCNT__
                                                   | 2048u
#endif
#ifdef __ARM_FEATURE_SVE
                                                   | 4096u
#endif
#ifdef __ARM_FEATURE_DOTPROD
                                                   | 8192u
#endif
    ;

/// A template argument of what runs on many hosts, so that two files of one program that are
/// compiled for different machines do not share its code: the linker would keep either.
template <std::uint32_t Features>
struct build {};
using this_build = build<compiled_features>;

}  // namespace hostpick::detail
