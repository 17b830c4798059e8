// SPDX-License-Identifier: MIT
//
// Includes the file HOSTPICK_KERNEL once for every instruction set that the compiler can make, inside
// a namespace of its own, with HOSTPICK_LANE_BYTES as the width of a register (0: one number at a
// time). Such a file has no lambdas: not every compiler compiles those for the instruction set of the
// code around them.
#ifdef HOSTPICK_KERNEL

#if HOSTPICK_DISPATCH

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2")
#endif
namespace hostpick::detail::avx2 {
#define HOSTPICK_LANE_BYTES 32
#include HOSTPICK_KERNEL
#undef HOSTPICK_LANE_BYTES
}  // namespace hostpick::detail::avx2
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl")
#endif
namespace hostpick::detail::avx512 {
#define HOSTPICK_LANE_BYTES 64
#include HOSTPICK_KERNEL
#undef HOSTPICK_LANE_BYTES
}  // namespace hostpick::detail::avx512
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif

namespace hostpick::detail::base {
#if HOSTPICK_VECTORS
#define HOSTPICK_LANE_BYTES 16
#else
#define HOSTPICK_LANE_BYTES 0
#endif
#include HOSTPICK_KERNEL
#undef HOSTPICK_LANE_BYTES
}  // namespace hostpick::detail::base

#undef HOSTPICK_KERNEL
#endif
