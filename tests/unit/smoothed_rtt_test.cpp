// SPDX-License-Identifier: MIT
#include <hostpick/rolling/smoothed_rtt.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <vector>

using namespace hostpick::rolling;

static_assert([] {
    smoothed_rtt rtt;
    rtt.push_ms(100), rtt.push_ms(200);
    return rtt.srtt_ms() == 112.5 && rtt.rttvar_ms() == 62.5;
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
    CHECK(*rtt.timeout_ms(oracle::nan()) == 60);
    CHECK(*rtt.timeout_ms(oracle::infinity()) == 60);
    rtt.reset();
    CHECK_FALSE(rtt.srtt_ms());
    CHECK(rtt.refused() == 4);
}
