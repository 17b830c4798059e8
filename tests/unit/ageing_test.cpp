// SPDX-License-Identifier: MIT
#include <hostpick/rolling/ageing.hpp>

#include "catch2_compat.hpp"

#include <chrono>
#include <optional>

using namespace hostpick::rolling;
using namespace std::chrono_literals;

static_assert(aged_upwards(30.0, 200.0, 0.5) == 115.0);

TEST_CASE("what ages gets worse, then unknown, and never better") {
    lifetime const life{10s, 60s};
    CHECK(life.freshness(0s) == 1);
    CHECK(life.freshness(10s) == 1);
    CHECK(life.freshness(35s) == 0.5);
    CHECK(life.freshness(60s) == 0);
    CHECK(lifetime{10s, 5s}.freshness(10s) == 1);
    CHECK(lifetime{10s, 5s}.freshness(11s) == 0);
    CHECK(*aged_upwards(30, 200, 1) == 30);
    CHECK(*aged_upwards(300, 200, 0.25) == 300);
    CHECK_FALSE(aged_upwards(30, 200, 0));
    CHECK_FALSE(aged_upwards(std::nullopt, 200, 1));
    CHECK(*aged_downwards(20, 1, 0.5) == 10.5);
    CHECK(*aged_downwards(0.5, 1, 0.5) == 0.5);
    CHECK_FALSE(aged_downwards(20, 1, 0));
    CHECK_FALSE(aged_downwards(std::nullopt, 1, 1));
}
