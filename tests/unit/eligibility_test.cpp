// SPDX-License-Identifier: MIT
#include <hostpick/eligibility.hpp>
#include <hostpick/score.hpp>
#include <hostpick/select.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <array>

using namespace hostpick;

namespace {

constexpr network_metrics<> alive{.latency_ms = 150, .bandwidth_mbps = 2, .packet_loss = 0.0};

exclusion reason_of(network_metrics<> const& m, score_policy const& p = {}) {
    return judge_host(m, p).reason;
}

/// Whether `dead` scores nothing and loses against a live host, wherever it stands.
bool never_wins(network_metrics<> const& dead) {
    auto const best = select_best_host(std::array{dead, alive});
    return calculate_host_score(dead) == 0 && best && best->host == 1 && best->score > 0 &&
           !select_best_host(std::array{dead});
}

}  // namespace

TEST_CASE("a host is eligible with nothing but a latency") {
    STATIC_REQUIRE(judge_host(network_metrics<>{.latency_ms = 0}).eligible());
    STATIC_REQUIRE(default_latency_ceiling_ms == 1000);
}

TEST_CASE("every reason against a path is told") {
    CHECK(reason_of(alive) == exclusion::none);
    CHECK(reason_of({.latency_ms = 20, .bandwidth_mbps = 10, .packet_loss = 0.0, .failed = true}) ==
          exclusion::failed);
    CHECK(reason_of({.latency_ms = oracle::infinity()}) == exclusion::failed);
    CHECK(reason_of({}) == exclusion::latency_missing);
    CHECK(reason_of({.latency_ms = oracle::nan()}) == exclusion::latency_missing);
    CHECK(reason_of({.latency_ms = -1}) == exclusion::latency_invalid);
    CHECK(reason_of({.latency_ms = oracle::minus_infinity()}) == exclusion::latency_invalid);
    CHECK(reason_of({.latency_ms = oracle::after(1000.0)}) == exclusion::latency_above_ceiling);
    CHECK(reason_of({.latency_ms = 20, .packet_loss = 1}) == exclusion::packet_loss_total);
    CHECK(reason_of({.latency_ms = 20, .packet_loss = oracle::infinity()}) ==
          exclusion::packet_loss_total);
    // A nonsense loss is merely unknown: it counts as the worst.
    CHECK(reason_of({.latency_ms = 20, .packet_loss = -1}) == exclusion::none);
    CHECK(reason_of({.latency_ms = 20, .packet_loss = oracle::nan()}) == exclusion::none);
    CHECK(reason_of({.latency_ms = 20, .packet_loss = oracle::minus_infinity()}) == exclusion::none);
    CHECK(reason_of({.latency_ms = 20, .packet_loss = oracle::before(1.0)}) == exclusion::none);
    // The first of several reasons.
    CHECK(reason_of({.latency_ms = -1, .packet_loss = 1, .failed = true}) == exclusion::failed);
    CHECK(reason_of({.latency_ms = 5000, .packet_loss = 1}) == exclusion::latency_above_ceiling);
}

TEST_CASE("the ceiling belongs to the eligible latencies, and is the policy's") {
    CHECK(reason_of({.latency_ms = 1000}) == exclusion::none);
    CHECK(reason_of({.latency_ms = 300}, {.latency_ceiling_ms = 300}) == exclusion::none);
    CHECK(reason_of({.latency_ms = oracle::after(300.0)}, {.latency_ceiling_ms = 300}) ==
          exclusion::latency_above_ceiling);
    CHECK(reason_of({.latency_ms = 5000}, {.latency_ceiling_ms = 1e6}) == exclusion::none);
    CHECK(reason_of({.latency_ms = 0}, {.latency_ceiling_ms = 0}) == exclusion::none);
}

TEST_CASE("a ceiling beyond float is no ceiling for finite floats") {
    network_metrics<float> const far{.latency_ms = std::numeric_limits<float>::max()};
    CHECK(judge_host(far, score_policy{.latency_ceiling_ms = 1e300}).eligible());
}

// The faults of the design that this library grew from: these hosts won there.

TEST_CASE("an unreachable host with a fast uplink does not beat a live one") {
    CHECK(calculate_host_score(alive) == Catch::Approx(38));
    CHECK(never_wins({.latency_ms = oracle::infinity(), .bandwidth_mbps = 10, .packet_loss = 0.0}));
    CHECK(never_wins({.bandwidth_mbps = 10, .packet_loss = 0.0, .failed = true}));
    CHECK(never_wins({.latency_ms = 1, .bandwidth_mbps = 10, .packet_loss = 0.0, .failed = true}));
}

TEST_CASE("an absurd latency does not beat a live host") {
    CHECK(never_wins({.latency_ms = 5000, .bandwidth_mbps = 10, .packet_loss = 0.0}));
    CHECK(never_wins({.latency_ms = 1'800'000, .bandwidth_mbps = 10, .packet_loss = 0.0}));
    CHECK(never_wins({.latency_ms = std::numeric_limits<double>::max(), .bandwidth_mbps = 10}));
}

TEST_CASE("a host that loses every packet does not beat a live one") {
    CHECK(never_wins({.latency_ms = 20, .bandwidth_mbps = 10, .packet_loss = 1}));
    CHECK(never_wins({.latency_ms = 20, .bandwidth_mbps = 10, .packet_loss = 100}));
}

TEST_CASE("a host without a usable latency does not beat a live one") {
    CHECK(never_wins({.bandwidth_mbps = 10, .packet_loss = 0.0}));
    CHECK(never_wins({.latency_ms = oracle::nan(), .bandwidth_mbps = 10, .packet_loss = 0.0}));
    CHECK(never_wins({.latency_ms = -5, .bandwidth_mbps = 10, .packet_loss = 0.0}));
}

TEMPLATE_TEST_CASE("a host is eligible exactly as documented", "", float, double) {
    for_all([](oracle::splitmix64& random) {
        auto const m = oracle::any_host<TestType>(random);
        auto const p = oracle::any_policy(random);
        auto const expected = oracle::unusable(m, p.latency_ceiling_ms);
        auto const v = judge_host(m, p);
        return v.reason == expected && v.eligible() == (expected == exclusion::none) &&
               (v.eligible() || (v.score == 0 && calculate_host_score(m, p) == 0));
    });
}
