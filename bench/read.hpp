// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>

#include <cstddef>
#include <cstring>

// The machine's own limit: a loop that only sums columns of numbers, as wide as the machine can.
namespace bench {

#if HOSTPICK_VECTORS
#define BENCH_SUM(bytes)                                                        \
    typedef float reals __attribute__((vector_size(bytes)));                    \
    constexpr std::size_t lanes = bytes / sizeof(float);                        \
    reals s[6] = {};                                                            \
    for (std::size_t i = 0; i < rows; i += 2 * lanes) {                         \
        reals x[6];                                                             \
        std::memcpy(&x[0], a + i, bytes), std::memcpy(&x[1], a + i + lanes, bytes); \
        std::memcpy(&x[2], b + i, bytes), std::memcpy(&x[3], b + i + lanes, bytes); \
        std::memcpy(&x[4], c + i, bytes), std::memcpy(&x[5], c + i + lanes, bytes); \
        s[0] += x[0], s[1] += x[1], s[2] += x[2];                               \
        s[3] += x[3], s[4] += x[4], s[5] += x[5];                               \
    }                                                                           \
    reals const all = ((s[0] + s[1]) + (s[2] + s[3])) + (s[4] + s[5]);          \
    float sum = 0;                                                              \
    for (std::size_t n = 0; n < lanes; ++n) sum += all[n];                      \
    return sum

#if HOSTPICK_DISPATCH
[[gnu::target("avx512f"), gnu::noinline]] inline float sum_avx512(float const* a, float const* b,
                                                                  float const* c,
                                                                  std::size_t rows) {
    BENCH_SUM(64);
}
[[gnu::target("avx2"), gnu::noinline]] inline float sum_avx2(float const* a, float const* b,
                                                             float const* c, std::size_t rows) {
    BENCH_SUM(32);
}
#endif
[[gnu::noinline]] inline float sum_base(float const* a, float const* b, float const* c,
                                        std::size_t rows) {
    BENCH_SUM(16);
}
#undef BENCH_SUM
#else
inline float sum_base(float const* a, float const* b, float const* c, std::size_t rows) {
    float sum = 0;
    for (std::size_t i = 0; i < rows; ++i) sum += a[i] + b[i] + c[i];
    return sum;
}
#endif

/// The sum of three columns, of a multiple of 64 rows.
inline float read_columns(float const* a, float const* b, float const* c, std::size_t rows) {
#if HOSTPICK_DISPATCH
    switch (hostpick::detail::best_isa()) {
        case hostpick::detail::isa::avx512: return sum_avx512(a, b, c, rows);
        case hostpick::detail::isa::avx2: return sum_avx2(a, b, c, rows);
        case hostpick::detail::isa::base: break;
    }
#endif
    return sum_base(a, b, c, rows);
}

}  // namespace bench
