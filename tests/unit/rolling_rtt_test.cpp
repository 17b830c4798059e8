// SPDX-License-Identifier: MIT
#include <hostpick/rolling/rfc3550_jitter.hpp>
#include <hostpick/rolling/smoothed_rtt.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace hostpick::rolling;

static_assert([] {
    smoothed_rtt rtt;
    rtt.push_ms(100), rtt.push_ms(200);
    return rtt.srtt_ms() == 112.5 && rtt.rttvar_ms() == 62.5;
}());
static_assert([] {
    rfc3550_jitter jitter;
    for (auto const transit : {0, 160, 0}) jitter.push(transit);
    return jitter.value() == 19.375 && jitter.reported() == 19u;
}());

TEST_CASE("the round trip is smoothed in the order of RFC 6298") {
    auto const after = [](std::vector<double> const& samples) {
        smoothed_rtt rtt;
        for (double const ms : samples) rtt.push_ms(ms);
        return rtt;
    };
    CHECK(*after({100}).srtt_ms() == 100);
    CHECK(*after({100}).rttvar_ms() == 50);
    CHECK(*after({100, 200, 100}).srtt_ms() == 110.9375);
    CHECK(*after({100, 200, 100}).rttvar_ms() == 50);
    CHECK(*after({100, 200, 100, 50}).srtt_ms() == 103.3203125);
    CHECK(*after({100, 200, 100, 50}).rttvar_ms() == 52.734375);
    CHECK(*after({100, 200, 100, 50}).timeout_ms() == 103.3203125 + 4 * 52.734375);
    CHECK(*after({100}).timeout_ms(500) == 600);
    // s2n-quic and quiche, in their own tests.
    CHECK(*after({500, 790}).srtt_ms() == 536.25);
    CHECK(*after({500, 790, 200}).srtt_ms() == 494.21875);
    CHECK(*after({500, 790, 200}).rttvar_ms() == 279.0625);
    CHECK(*after({300, 300, 300, 200}).srtt_ms() == 287.5);
    CHECK(*after({200, 100}).srtt_ms() == 187.5);
    CHECK(*after({10}).rttvar_ms() == 5);
    CHECK(*after({10, 20}).srtt_ms() == 11.25);
}

TEST_CASE("the smoothed round trip arrives where the samples are") {
    smoothed_rtt rtt;  // integer code stays at 80
    rtt.push_ms(80);
    for (int n = 0; n < 1000; ++n) rtt.push_ms(87);
    CHECK(*rtt.srtt_ms() == Catch::Approx(87).epsilon(1e-12));
}

TEST_CASE("a bad round trip changes nothing but a counter") {
    smoothed_rtt rtt;
    CHECK_FALSE(rtt.srtt_ms());
    CHECK_FALSE(rtt.timeout_ms());
    CHECK(rtt.push_ms(oracle::nan()) == push_result::not_finite);
    CHECK_FALSE(rtt.srtt_ms());
    rtt.push_ms(20);
    CHECK(rtt.push_ms(oracle::infinity()) == push_result::not_finite);
    CHECK(rtt.push_ms(-1) == push_result::negative);
    CHECK(rtt.push_ms(1e300) == push_result::too_large);
    CHECK(rtt.refused() == 4);
    CHECK(*rtt.srtt_ms() == 20);
    CHECK(*rtt.rttvar_ms() == 10);
    rtt.reset();
    CHECK_FALSE(rtt.srtt_ms());
    CHECK(rtt.refused() == 4);
}

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

TEST_CASE("a clock that jumps is refused, and the offset of clocks does not matter") {
    rfc3550_jitter near, far;
    auto const big = std::numeric_limits<std::int64_t>::min();
    for (int const transit : {0, 5, 3, 9}) near.push(transit), far.push(big + transit);
    CHECK(*near.value() == *far.value());
    CHECK(far.push(std::numeric_limits<std::int64_t>::max()) == push_result::too_large);
    CHECK(far.push(big) == push_result::accepted);
    CHECK(far.refused() == 1);
    far.reset();
    CHECK_FALSE(far.value());
    CHECK(far.refused() == 1);
}
