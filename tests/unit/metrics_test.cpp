// SPDX-License-Identifier: MIT
#include <hostpick/metrics.hpp>
#include <hostpick/score.hpp>
#include <hostpick/verdict.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

using namespace hostpick;

namespace {

// ---- what metrics are

static_assert(host_metrics<network_metrics<>>);
static_assert(host_metrics<network_metrics<float>>);

struct my_ping { float latency_ms, packet_loss; int region; };
static_assert(host_metrics<my_ping>);

struct of_integers { int latency_ms; std::uint8_t packet_loss; std::optional<long> bandwidth_mbps; };
static_assert(host_metrics<of_integers>);
static_assert(host_metrics<of_integers const>);

struct of_optionals { std::optional<float> const latency_ms; std::optional<int> packet_loss; };
static_assert(host_metrics<of_optionals>);

struct without_latency { double packet_loss; };
struct without_loss { double latency_ms; };
struct of_text { std::string latency_ms; double packet_loss; };
struct of_truth { double latency_ms; bool packet_loss; };
struct of_optional_truth { std::optional<bool> latency_ms; double packet_loss; };
struct of_durations { std::chrono::milliseconds latency_ms; double packet_loss; };
struct of_pointers { double const* latency_ms; double packet_loss; };
static_assert(!host_metrics<without_latency>);
static_assert(!host_metrics<without_loss>);
static_assert(!host_metrics<of_text>);
static_assert(!host_metrics<of_truth>, "a flag is not a number");
static_assert(!host_metrics<of_optional_truth>);
static_assert(!host_metrics<of_durations>, "to_ms says which unit is meant");
static_assert(!host_metrics<of_pointers>);
static_assert(!host_metrics<double>);
static_assert(!host_metrics<std::optional<network_metrics<>>>);

// ---- the examples of the documentation

static_assert([] {
    network_metrics<> m{.latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01};
    return m.latency_ms == 50 && m.packet_loss == 0.01 && !m.jitter_ms && !m.failed;
}());
static_assert([] {
    constexpr std::chrono::microseconds round_trip{12'500};
    network_metrics<> m{.latency_ms = to_ms(round_trip)};
    return m.latency_ms == 12.5;
}());

}  // namespace

TEST_CASE("a duration of any unit is milliseconds") {
    using namespace std::chrono_literals;
    STATIC_REQUIRE(to_ms(2s) == 2000);
    STATIC_REQUIRE(to_ms(38ms) == 38);
    STATIC_REQUIRE(to_ms(1500us) == 1.5);
    STATIC_REQUIRE(to_ms(250ns) == 0.00025);
    STATIC_REQUIRE(to_ms(-1min) == -60'000);
    STATIC_REQUIRE(to_ms(std::chrono::duration<float, std::milli>{0.5f}) == 0.5);
    STATIC_REQUIRE(to_ms(std::chrono::duration<int, std::ratio<1, 60>>{3}) == 50);
}

TEST_CASE("metrics are equal where every field is") {
    network_metrics<> const m{.latency_ms = 50, .packet_loss = 0.0};
    CHECK(m == network_metrics<>{.latency_ms = 50, .packet_loss = 0.0});
    CHECK_FALSE(m == network_metrics<>{.latency_ms = 50});
    CHECK_FALSE(m == network_metrics<>{.latency_ms = 50, .packet_loss = 0.0, .failed = true});
}

TEST_CASE("new metrics know nothing") {
    constexpr network_metrics<> m{};
    STATIC_REQUIRE(!m.latency_ms && !m.bandwidth_mbps && !m.packet_loss && !m.jitter_ms &&
                   !m.failed);
    STATIC_REQUIRE(judge_host(m).reason == exclusion::latency_missing);
}

namespace {

template <class R>
struct plain {
    R latency_ms = 50;
    R packet_loss = 0;
    R bandwidth_mbps = 10;
    R jitter_ms = 1;
};

template <class M>
exclusion reason_of(M const& m) {
    return judge_host(m).reason;
}

}  // namespace

TEMPLATE_TEST_CASE("in plain fields NaN is missing, infinity is failed, negative is invalid", "",
                   float, double) {
    using metrics = plain<TestType>;
    TestType const nan = oracle::nan<TestType>(), infinity = oracle::infinity<TestType>(),
                   minus_infinity = oracle::minus_infinity<TestType>();
    metrics const good{};

    CHECK(reason_of(good) == exclusion::none);
    CHECK(reason_of(metrics{.latency_ms = nan}) == exclusion::latency_missing);
    CHECK(reason_of(metrics{.latency_ms = -nan}) == exclusion::latency_missing);
    CHECK(reason_of(metrics{.latency_ms = infinity}) == exclusion::failed);
    CHECK(reason_of(metrics{.latency_ms = minus_infinity}) == exclusion::latency_invalid);
    CHECK(reason_of(metrics{.latency_ms = -1}) == exclusion::latency_invalid);
    CHECK(reason_of(metrics{.packet_loss = infinity}) == exclusion::packet_loss_total);
    CHECK(reason_of(metrics{.packet_loss = minus_infinity}) == exclusion::none);

    auto const states = [](metrics const& m) { return judge_host(m).parts.value(); };
    CHECK(states(good).packet_loss.state == field_state::measured);
    CHECK(states({.packet_loss = nan}).packet_loss.state == field_state::missing);
    CHECK(states({.packet_loss = -1}).packet_loss.state == field_state::invalid);
    CHECK(states({.bandwidth_mbps = nan}).bandwidth_mbps.state == field_state::missing);
    CHECK(states({.bandwidth_mbps = infinity}).bandwidth_mbps.state == field_state::invalid);
    CHECK(states({.jitter_ms = minus_infinity}).jitter_ms.state == field_state::invalid);
    CHECK(states({.jitter_ms = oracle::from_bits<TestType>(oracle::sign_bit<TestType> | 1u)})
              .jitter_ms.state == field_state::invalid);
}

TEST_CASE("minus zero is zero") {
    double const minus_zero = oracle::from_bits<double>(oracle::sign_bit<double>);
    auto const v = judge_host(plain<double>{minus_zero, minus_zero, 10, minus_zero});
    CHECK(v.score == 100);
    CHECK(oracle::same_bits(v.latency_ms.value(), 0.0));
}

TEST_CASE("a field that the struct does not have is missing") {
    auto const v = judge_host(my_ping{50, 0.0f, 7});
    CHECK(v.score == Catch::Approx(50));  // 0.4 * 75 + 0.4 * 0 + 0.2 * 100
    CHECK(v.parts.value().bandwidth_mbps.state == field_state::missing);
    CHECK(v.parts.value().jitter_ms.state == field_state::missing);
}

TEST_CASE("integer fields count like any other") {
    CHECK(judge_host(of_integers{50, 0, 10}).score == Catch::Approx(90));
    CHECK(judge_host(of_integers{50, 0, {}}).score == Catch::Approx(50));
    CHECK(reason_of(of_integers{-1, 0, 10}) == exclusion::latency_invalid);
    CHECK(reason_of(of_integers{50, 1, 10}) == exclusion::packet_loss_total);
    CHECK(reason_of(of_optionals{std::nullopt, 0}) == exclusion::latency_missing);
}

TEST_CASE("a struct may tell in its own way that the host failed") {
    struct answer { double latency_ms, packet_loss; int failed; };
    CHECK(reason_of(answer{50, 0, 0}) == exclusion::none);
    CHECK(reason_of(answer{50, 0, 3}) == exclusion::failed);
    CHECK(reason_of(answer{oracle::infinity(), 0, 0}) == exclusion::failed);
}

namespace {

struct text_bandwidth {
    double latency_ms, packet_loss;
    std::string bandwidth_mbps;
};
struct flag_jitter {
    double latency_ms, packet_loss;
    bool jitter_ms;
};

}  // namespace

static_assert(!host_metrics<text_bandwidth>, "a metric of the wrong type is not a missing one");
static_assert(!host_metrics<flag_jitter>);

namespace {

template <class Flag>
struct with_flag {
    double latency_ms, packet_loss;
    Flag failed;
};
enum class link_state { up, down };
struct with_flag_function {
    double latency_ms, packet_loss;
    bool failed() const { return true; }
};

template <class Flag>
constexpr double score_with(Flag failed) {
    return calculate_host_score(with_flag<Flag>{20, 0, failed});
}

}  // namespace

static_assert(score_with(false) > 0 && score_with(true) == 0);
static_assert(score_with(0) > 0 && score_with(1) == 0);
static_assert(score_with(link_state::up) > 0 && score_with(link_state::down) == 0);
static_assert(score_with(std::optional<bool>{}) > 0 && score_with(std::optional{false}) > 0);
static_assert(score_with(std::optional{true}) == 0, "not taken for a good host");
static_assert(!host_metrics<with_flag_function>);
static_assert(!host_metrics<with_flag<std::string>>);
