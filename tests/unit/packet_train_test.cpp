// SPDX-License-Identifier: MIT
#include <hostpick/rolling/packet_train.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

using namespace hostpick::rolling;
using namespace std::chrono_literals;

namespace {

static_assert([] {
    instant const sent_at = 1s, arrived_at = 7s, now = 8s;
    packet_train train{50};
    for (std::uint32_t n = 0; n < 50; ++n)
        train.arrived(n, 1250, sent_at + 10us * n, arrived_at + 1ms * n);
    capacity_estimate<8> path;
    path.push(train.capacity(), now);
    return train.capacity().mbps == 10.0 && path.mbps() == 10.0;
}());

struct path {
    double sender_mbps = 1000, link_mbps = 8, burst_bytes = 0;
};

/// A train of packets through a token bucket: a burst passes at once, the rest at the link's rate.
packet_train through(path const& p, std::uint32_t packets = 50, std::uint32_t bytes = 1250) {
    packet_train train{packets};
    double const bits = bytes * 8.0, ms_of_sender = bits / p.sender_mbps / 1000;
    double free_at = 0, tokens = p.burst_bytes * 8;
    for (std::uint32_t n = 0; n < packets; ++n) {
        double const sent = n * ms_of_sender;
        double const start = std::max(sent, free_at);
        tokens = std::min(p.burst_bytes * 8, tokens + std::max(0.0, start - free_at) * p.link_mbps * 1000);
        double const paid = std::min(tokens, bits);
        tokens -= paid;
        free_at = start + (bits - paid) / p.link_mbps / 1000;
        auto const ns = [](double ms) { return std::chrono::nanoseconds{static_cast<std::int64_t>(ms * 1e6)}; };
        train.arrived(n, bytes, ns(sent), 5s + ns(free_at));
    }
    return train;
}

}  // namespace

TEST_CASE("behind the narrowest link packets are as far apart as it takes to carry them") {
    for (double const mbps : {1.0, 8.0, 50.0, 300.0}) {
        auto const result = through({.link_mbps = mbps}).capacity();
        CHECK(result.what == push_result::accepted);
        CHECK(*result.mbps == Catch::Approx(mbps).epsilon(1e-3));
    }
}

TEST_CASE("a burst that a token bucket lets through is not taken for the link") {
    auto const result = through({.link_mbps = 8, .burst_bytes = 15'000}).capacity();
    CHECK(*result.mbps == Catch::Approx(8).epsilon(1e-3));
}

TEST_CASE("a train that says nothing is refused, with the reason") {
    CHECK(through({.sender_mbps = 8, .link_mbps = 100}).capacity().what == push_result::app_limited);
    CHECK(through({}, 16).capacity().what == push_result::unexpected);
    CHECK(through({}, 18).capacity().what == push_result::accepted);
    CHECK(packet_train{50}.capacity().what == push_result::unexpected);
    packet_train swapped{40};
    for (std::uint32_t n = 0; n < 40; ++n) swapped.arrived(n == 20 ? 21 : n == 21 ? 20 : n, 1250, 0s, 1ms * n);
    CHECK(swapped.capacity().what == push_result::overtaken);
    packet_train at_once{40};
    for (std::uint32_t n = 0; n < 40; ++n) at_once.arrived(n, 1250, 0s, 1s);
    CHECK(at_once.capacity().what == push_result::too_large);
    packet_train strange{40};
    CHECK(strange.arrived(40, 1250, 0s, 0s) == push_result::unexpected);
    CHECK(strange.arrived(3, 1250, 0s, 5s) == push_result::accepted);
    CHECK(strange.arrived(3, 1250, 0s, 5s) == push_result::duplicate);
    CHECK(strange.arrived(4, 1250, 0s, 4s) == push_result::clock_ran_back);
}

TEST_CASE("lost packets of a train do not make the link wider") {
    packet_train train{60};
    for (std::uint32_t n = 0, arrived = 0; n < 60; ++n)
        if (n % 5 != 0) train.arrived(n, 1250, 10us * n, 1ms * ++arrived);  // 10 Mbit/s of arrivals
    CHECK(*train.capacity().mbps == Catch::Approx(10).epsilon(0.01));
}

TEST_CASE("the capacity of a path is the median of its trains") {
    capacity_estimate<3> path;
    CHECK_FALSE(path.mbps());
    CHECK_FALSE(path.measured_at());
    CHECK(path.push({push_result::app_limited, {}}, 1s) == push_result::app_limited);
    CHECK(path.push({push_result::accepted, oracle::nan()}, 1s) == push_result::not_finite);
    CHECK_FALSE(path.mbps());
    CHECK(path.refused() == 2);
    for (double const mbps : {30.0, 10.0}) path.push({push_result::accepted, mbps}, 2s);
    CHECK(*path.mbps() == 20);
    path.push({push_result::accepted, 11.0}, 3s);
    CHECK(*path.mbps() == 11);
    CHECK(*path.lowest_mbps() == 10);
    for (double const mbps : {90.0, 91.0, 92.0}) path.push({push_result::accepted, mbps}, 4s);
    CHECK(*path.mbps() == 91);
    CHECK(path.trains() == 3);
    CHECK(*path.measured_at() == 4s);
    path.reset();
    CHECK_FALSE(path.mbps());
}

TEST_CASE("a duplicate that comes later is a duplicate, and a train out of a buffer says nothing") {
    packet_train train{60};
    for (std::uint32_t n = 0; n < 60; ++n) {
        CHECK(train.arrived(n, 1250, 10us * n, 1ms * n) == push_result::accepted);
        if (n > 2) CHECK(train.arrived(n - 2, 1250, 10us * n, 1ms * n) == push_result::duplicate);
    }
    CHECK(*train.capacity().mbps == 10);
    CHECK(train.arrived(60, 1250, 1s, 1s) == push_result::unexpected);
    packet_train gaps{60};
    gaps.arrived(3, 1250, 0s, 0s), gaps.arrived(9, 1250, 0s, 0s);
    CHECK(gaps.arrived(3, 1250, 0s, 0s) == push_result::duplicate);
    CHECK(gaps.arrived(4, 1250, 0s, 0s) == push_result::overtaken);
    packet_train at_once{60};
    for (std::uint32_t n = 0; n < 60; ++n) at_once.arrived(n, 1250, 0s, 1s + 1ns * n);
    CHECK(at_once.capacity().what == push_result::too_large);
    capacity_estimate<3> path;
    CHECK(path.push({push_result::accepted, -1.0}, 1s) == push_result::negative);
    for (int n = 1; n <= 3; ++n) path.push({push_result::accepted, 10.0 * n}, 1s * n);
    path.forget_before(3s);
    CHECK(path.trains() == 1);
    CHECK(*path.mbps() == 30);
    path.forget_before(4s);
    CHECK_FALSE(path.mbps());
    CHECK_FALSE(path.measured_at());
}
