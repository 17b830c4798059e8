// SPDX-License-Identifier: MIT
#include <hostpick/score.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <string>

using namespace hostpick;
using oracle::splitmix64;

namespace {

/// The formula of the original design, with loss that cannot take points away.
double original_score(double latency_ms, double bandwidth_mbps, double packet_loss) {
    double const latency = std::max(0.0, 100 - latency_ms / 2);
    double const bandwidth = std::min(100.0, bandwidth_mbps * 10);
    double const stability = std::max(0.0, 100 - packet_loss * 1000);
    return 0.4 * latency + 0.4 * bandwidth + 0.2 * stability;
}

struct ping { double latency_ms, packet_loss; };

// ---- what is a policy for some metrics

template <class M, class Policy>
concept scores_by = requires(M const& m, Policy const& p) { calculate_host_score(m, p); };

using by_ping = decltype([](ping const& p) { return -p.latency_ms; });
using by_text = decltype([](ping const&) { return std::string{"good"}; });
using by_flag_pointer = decltype([](ping const& p) { return &p; });
using by_nothing = decltype([](ping const&) {});
static_assert(scores_by<ping, score_policy>);
static_assert(scores_by<ping, by_ping>);
static_assert(scores_by<ping, decltype([](auto const& m) { return 1.0f / m.latency_ms; })>);
static_assert(scores_by<ping, double (*)(ping const&)>);
static_assert(!scores_by<network_metrics<>, by_ping>, "a policy for other metrics");
static_assert(!scores_by<ping, by_text>, "a text is no score");
static_assert(!scores_by<ping, by_flag_pointer>, "a pointer is no score");
static_assert(!scores_by<ping, by_nothing>);
static_assert(!scores_by<ping, double>, "a number is no policy");
static_assert(!scores_by<int, score_policy>, "a number is no metrics");
static_assert(!scores_by<std::optional<network_metrics<>>, score_policy>);

// ---- the type of a score

struct float_ping { float latency_ms, packet_loss; };
struct mixed_ping { float latency_ms; double packet_loss; };
struct integer_ping { int latency_ms; int packet_loss; };
static_assert(std::same_as<score_of<network_metrics<>, score_policy>, double>);
static_assert(std::same_as<score_of<network_metrics<float>, score_policy>, float>);
static_assert(std::same_as<score_of<float_ping, score_policy>, float>);
static_assert(std::same_as<score_of<mixed_ping, score_policy>, double>);
static_assert(std::same_as<score_of<integer_ping, score_policy>, double>);
static_assert(std::same_as<score_of<ping, by_ping>, double>);
static_assert(std::same_as<score_of<float_ping, compiled_policy<double>>, double>);
static_assert(std::same_as<decltype(calculate_host_score(network_metrics<float>{})), float>);

// ---- nothing throws but the caller's own policy

using careful = decltype([](ping const&) noexcept { return 1.0; });
static_assert(noexcept(calculate_host_score(network_metrics<>{})));
static_assert(noexcept(calculate_host_score(network_metrics<>{}, compiled_policy<float>{{}})));
static_assert(noexcept(calculate_host_score(ping{}, careful{})));
static_assert(!noexcept(calculate_host_score(ping{}, by_ping{})));

}  // namespace

TEST_CASE("50 ms, 10 Mbps and 1 % loss give 88 points") {
    STATIC_REQUIRE(calculate_host_score(network_metrics<>{
                       .latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01}) == 88);
    STATIC_REQUIRE(calculate_host_score(network_metrics<float>{
                       .latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01f}) == 88.0f);
    struct sample { float loss, latency; };
    sample volatile const measured{0.01f, 50};
    auto const score = calculate_host_score(network_metrics<float>{
        .latency_ms = measured.latency, .bandwidth_mbps = 10, .packet_loss = measured.loss});
    CHECK(score == Catch::Approx(88).epsilon(1e-6));
}

TEST_CASE("the score is the original formula wherever that made sense") {
    for_all([](splitmix64& random) {
        auto const m = oracle::good_host<double>(random);
        double const expected = original_score(*m.latency_ms, *m.bandwidth_mbps, *m.packet_loss);
        return std::abs(calculate_host_score(m) - expected) <= 1e-9;
    });
}

TEST_CASE("15 % loss costs 20 points, not 70") {
    network_metrics<> m{.latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.15};
    CHECK(calculate_host_score(m) == Catch::Approx(70));
    m.packet_loss = 0.10;
    CHECK(calculate_host_score(m) == Catch::Approx(70));
    m.packet_loss = 0.99;
    CHECK(calculate_host_score(m) == Catch::Approx(70));
    CHECK(calculate_host_score(network_metrics<>{.latency_ms = 999, .packet_loss = 0.15}) == 0);
}

TEST_CASE("0.1 % loss gives 99 points of stability and 1 % gives 90") {
    network_metrics<> m{.latency_ms = 0, .bandwidth_mbps = 10, .packet_loss = 0.001};
    CHECK(calculate_host_score(m) == Catch::Approx(80 + 0.2 * 99));
    m.packet_loss = 0.01;
    CHECK(calculate_host_score(m) == Catch::Approx(80 + 0.2 * 90));
}

TEST_CASE("a host without metrics is no error") {
    STATIC_REQUIRE(calculate_host_score(network_metrics<>{}) == 0);
    STATIC_REQUIRE(calculate_host_score(network_metrics<float>{}) == 0);
}

TEMPLATE_TEST_CASE("whatever a probe writes, the default score lies between 0 and 100", "", float,
                   double) {
    for_all([](splitmix64& random) {
        auto const m = oracle::any_host<TestType>(random);
        TestType const score = calculate_host_score(m);
        double const expected = static_cast<double>(oracle::score(m, {}));
        return oracle::finite(score) && !oracle::negative(score) && score <= 100 &&
               std::abs(score - expected) <= (sizeof(TestType) == 4 ? 1e-4 : 1e-9);
    });
}

TEST_CASE("a caller's policy is asked for eligible hosts only") {
    int calls = 0;
    auto const policy = [&calls](ping const& p) {
        ++calls;
        return 1000 - p.latency_ms;
    };
    CHECK(calculate_host_score(ping{20, 1}, policy) == 0);
    CHECK(calculate_host_score(ping{oracle::nan(), 0}, policy) == 0);
    CHECK(calculate_host_score(ping{1001, 0}, policy) == 0);
    CHECK(calls == 0);
    CHECK(calculate_host_score(ping{20, 0.5}, policy) == 980);
    CHECK(calls == 1);
}

TEST_CASE("a caller's score is not clamped, unless it is no finite number") {
    auto const score = [](double x) {
        return calculate_host_score(ping{20, 0}, [x](ping const&) { return x; });
    };
    CHECK(score(1e6) == 1e6);
    CHECK(score(-1e6) == -1e6);
    CHECK(oracle::same_bits(score(oracle::nan()), 0.0));
    CHECK(oracle::same_bits(score(oracle::infinity()), 0.0));
    CHECK(oracle::same_bits(score(oracle::minus_infinity()), 0.0));
}

TEST_CASE("a caller's policy may give any number") {
    CHECK(calculate_host_score(ping{20, 0}, [](ping const&) { return 7; }) == 7);
    CHECK(calculate_host_score(ping{20, 0}, [](ping const&) { return 0.5f; }) == 0.5);
    CHECK(calculate_host_score(ping{20, 0}, [](ping const&) { return true; }) == 1);
}

namespace {

struct policy_with_ceiling {
    int latency_ceiling_ms = 100;
    double operator()(ping const& p) const { return p.latency_ms; }
};

struct policy_that_may_err {
    bool wrong = false;
    bool error() const { return wrong; }
    double operator()(ping const&) const { return 5; }
};

}  // namespace

TEST_CASE("a caller's policy may have a ceiling of its own") {
    CHECK(calculate_host_score(ping{100, 0}, policy_with_ceiling{}) == 100);
    CHECK(calculate_host_score(ping{101, 0}, policy_with_ceiling{}) == 0);
    CHECK(calculate_host_score(ping{101, 0}, policy_with_ceiling{2000}) == 101);
    CHECK(judge_host(ping{1, 0}, policy_with_ceiling{-1}).reason == exclusion::invalid_policy);
}

TEST_CASE("a caller's policy may say that it is unusable") {
    CHECK(calculate_host_score(ping{20, 0}, policy_that_may_err{}) == 5);
    CHECK(calculate_host_score(ping{20, 0}, policy_that_may_err{true}) == 0);
    CHECK(judge_host(ping{20, 0}, policy_that_may_err{true}).reason == exclusion::invalid_policy);
}

TEST_CASE("a function is a policy too") {
    double (*const nearness)(ping const&) = [](ping const& p) { return 100 - p.latency_ms; };
    CHECK(calculate_host_score(ping{20, 0}, nearness) == 80);
}
