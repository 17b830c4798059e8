// SPDX-License-Identifier: MIT
#include <hostpick/rolling/confidence.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <cmath>
#include <cstdint>

using namespace hostpick::rolling;

TEST_CASE("an interval of few probes is wide, and closed at its end") {
    auto const near = [](std::uint64_t hits, std::uint64_t trials, double low, double high) {
        auto const i = *wilson_interval(hits, trials);
        CHECK(i.low == Catch::Approx(low).margin(5e-7));
        CHECK(i.high == Catch::Approx(high).margin(5e-7));
    };
    near(0, 1, 0, .793451);
    near(0, 10, 0, .277533);
    near(0, 20, 0, .161125);
    near(0, 50, 0, .0713476);
    near(0, 100, 0, .036993);
    near(0, 300, 0, .0126432);
    near(1, 10, .017876, .404150);
    near(1, 100, .0017674, .0544862);
    near(2, 100, .005502, .070012);
    near(5, 100, .021544, .111750);
    near(8, 60, .069141, .241652);
    near(10, 10, .722467, 1);
    CHECK(wilson_interval(0, 50)->low == 0);
    CHECK(wilson_interval(50, 50)->high == 1);
    CHECK(*wilson_interval(60, 50) == *wilson_interval(50, 50));
    CHECK_FALSE(wilson_interval(0, 0));
    for (std::uint64_t n = 1; n < 3000; ++n) {
        auto const none = *wilson_interval(0, n), all = *wilson_interval(n, n), some = *wilson_interval(n / 2, n);
        bool const good = none.low == 0 && all.high == 1 && none.high < 1 && all.low > 0 && some.low <= some.high;
        if (!good) FAIL("of " << n);
    }
}

TEST_CASE("ten probes cannot tell a loss of 2 % from none") {
    CHECK(probes_to_see(0.02) == 149u);
    CHECK(probes_to_see(0.005) == 598u);
    CHECK(probes_to_see(0.5) == 5u);
    CHECK(probes_to_see(0.02, 0.18) == 10u);
    for (double const x : {0.0, 1.0, -0.1, 2.0, oracle::nan(), oracle::infinity(), 1e-300}) CHECK_FALSE(probes_to_see(x));
    CHECK_FALSE(probes_to_see(0.1, 1.0));
}

TEST_CASE("the mean of few samples may lie far off") {
    CHECK(*mean_uncertainty(2.0, 16) == Catch::Approx(1.0655).epsilon(0.001));
    CHECK(*mean_uncertainty(1.0, 2) == Catch::Approx(12.706 / std::sqrt(2.0)));
    CHECK(*mean_uncertainty(1.0, 31) == Catch::Approx(2.042 / std::sqrt(31.0)).epsilon(0.001));
    CHECK(*mean_uncertainty(1.0, 32) == Catch::Approx(2.0395 / std::sqrt(32.0)).epsilon(0.001));
    CHECK(*mean_uncertainty(1.0, 121) == Catch::Approx(1.9799 / std::sqrt(121.0)).epsilon(0.0005));
    CHECK(*mean_uncertainty(1.0, 1'000'000) == Catch::Approx(0.00196).epsilon(0.001));
    CHECK_FALSE(mean_uncertainty(1.0, 1));
    CHECK_FALSE(mean_uncertainty(1.0, 0));
}

TEST_CASE("a quantile needs samples beyond it") {
    CHECK(samples_for_quantile(0.5) == 2u);
    CHECK(samples_for_quantile(0.25) == 4u);
    CHECK(samples_for_quantile(0.95) == 20u);
    CHECK(samples_for_quantile(0.05) == 20u);
    CHECK(samples_for_quantile(0.98) == 50u);
    CHECK(samples_for_quantile(0.99) == 100u);
    for (double const q : {0.0, 1.0, -1.0, oracle::nan()}) CHECK_FALSE(samples_for_quantile(q));
}

TEST_CASE("what is no number makes no statement") {
    for (double const x : {oracle::nan(), oracle::infinity(), -1.0}) {
        CHECK_FALSE(wilson_interval(1, 10, x));
        CHECK_FALSE(mean_uncertainty(x, 5));
    }
    CHECK_FALSE(wilson_interval(1, 10, 1e200));
}
