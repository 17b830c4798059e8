// SPDX-License-Identifier: MIT
#include <hostpick/rolling/rfc3550_jitter.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

using namespace hostpick::rolling;

static_assert([] {
    rfc3550_jitter jitter;
    for (auto const transit : {0, 160, 0}) jitter.push(transit);
    return jitter.value() == 19.375 && jitter.reported() == 19u;
}());

TEST_CASE("interarrival jitter has the bits of the RFC's integers") {
    double const expected[] = {10, 19.375, 28.164062, 36.403809, 34.128571, 31.995535, 29.995814, 28.121076};
    std::uint64_t const reported[] = {10, 19, 28, 36, 34, 32, 30, 28};
    rfc3550_jitter jitter;
    CHECK(jitter.push(1000) == push_result::baseline);
    CHECK_FALSE(jitter.value());
    CHECK_FALSE(jitter.reported());
    CHECK_FALSE(jitter.debiased());
    std::int64_t transit = 1000;
    for (int n = 0; n < 8; ++n) {
        if (n < 4) transit += n % 2 == 0 ? 160 : -160;
        CHECK(jitter.push(transit) == push_result::accepted);
        CHECK(*jitter.value() == Catch::Approx(expected[n]).epsilon(1e-7));
        CHECK(*jitter.reported() == reported[n]);
    }
}

TEST_CASE("interarrival jitter is that of the RFC's code") {
    oracle::splitmix64 random{42};
    rfc3550_jitter ours;
    int transit = 0;
    unsigned jitter = 0;
    for (int n = 0; n < 100'000; ++n) {
        int const now = static_cast<int>(random.below(n % 3 == 0 ? 5000 : 300));
        ours.push(now);
        if (n == 0) {
            transit = now;
            continue;
        }
        int d = now - transit;  // appendix A.8
        transit = now;
        if (d < 0) d = -d;
        jitter += static_cast<unsigned>(d) - ((jitter + 8) >> 4);
        if (ours.reported() != jitter >> 4) FAIL("after " << n);
    }
}

TEST_CASE("interarrival jitter of a steady swing needs no warming up once it is debiased") {
    rfc3550_jitter jitter;
    for (int n = 0; n < 60; ++n) {
        jitter.push(n % 2 == 0 ? 0 : 96);
        if (n == 0) continue;
        CHECK(*jitter.value() == Catch::Approx(96 * (1 - std::pow(15.0 / 16, n))));
        CHECK(*jitter.debiased() == Catch::Approx(96));
    }
    rfc3550_jitter few;
    for (int const transit : {136, 184, 115, 148, 125}) few.push(transit);
    CHECK(*few.value() == Catch::Approx(9.633301).epsilon(1e-6));
    CHECK(*few.debiased() == Catch::Approx(42.339749).epsilon(1e-6));
}

TEST_CASE("timestamps wrap, and the offset of clocks does not matter") {
    rfc3550_jitter near, far, wrapping;
    auto const big = std::numeric_limits<std::int64_t>::min();
    for (int const transit : {0, 5, 3, 9}) {
        near.push(transit), far.push(big + transit);
        // As an arrival minus a timestamp of 32 bits that has just wrapped.
        wrapping.push(transit < 5 ? transit : transit + (std::int64_t{1} << 32));
    }
    CHECK(*near.value() == *far.value());
    CHECK(*near.value() == *wrapping.value());
    far.reset();
    CHECK_FALSE(far.value());
}
