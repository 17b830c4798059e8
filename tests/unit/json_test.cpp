// SPDX-License-Identifier: MIT
#include <hostpick/hostpick.hpp>
#include <hostpick/json.hpp>

#include "catch2_compat.hpp"

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <type_traits>

using namespace hostpick;
using nlohmann::json;

namespace {

/// Where reading `text` as a `T` fails, and what was expected there; "read" where it does not.
template <class T>
std::string refusal(char const* text) {
    try {
        (void)json::parse(text).get<T>();
        return "read";
    } catch (json_error const& e) {
        CHECK(std::string{e.what()}.find(e.expected()) != std::string::npos);
        return e.path() + ": " + e.expected();
    }
}

template <class T>
void comes_back_equal(T const& value) {
    json const written = value;
    CAPTURE(written.dump());
    CHECK(written.get<T>() == value);
    CHECK(json::parse(written.dump()).get<T>() == value);
    nlohmann::ordered_json const ordered = value;
    CHECK(ordered.get<T>() == value);
}

}  // namespace

static_assert(std::is_base_of_v<std::runtime_error, json_error>);

TEST_CASE("metrics are read from JSON, and what is absent or null is missing") {
    auto const m = json::parse(R"({"latency_ms": 50, "bandwidth_mbps": null, "packet_loss": 0.01})")
                       .get<network_metrics<>>();
    CHECK(m == network_metrics<>{.latency_ms = 50, .packet_loss = 0.01});
    CHECK(json::parse("{}").get<network_metrics<>>() == network_metrics<>{});
    CHECK(json::parse(R"({"failed": true})").get<network_metrics<>>().failed);
    CHECK(json::parse(R"({"jitter_ms": 2.5})").get<network_metrics<float>>().jitter_ms == 2.5f);
}

TEST_CASE("metrics that cannot be are refused, with the path and what was expected") {
    using m = network_metrics<>;
    CHECK(refusal<m>("[]") == ": an object");
    CHECK(refusal<m>(R"({"latency_ms": "50"})") == "/latency_ms: a number");
    CHECK(refusal<m>(R"({"latency_ms": true})") == "/latency_ms: a number");
    CHECK(refusal<m>(R"({"latency_ms": -1})") == "/latency_ms: milliseconds, not negative");
    CHECK(refusal<m>(R"({"bandwidth_mbps": -1})") == "/bandwidth_mbps: Mbps, not negative");
    CHECK(refusal<m>(R"({"jitter_ms": -0.5})") == "/jitter_ms: milliseconds, not negative");
    CHECK(refusal<m>(R"({"packet_loss": -0.01})") ==
          "/packet_loss: a ratio from 0 to 1, not a percentage");
    CHECK(refusal<m>(R"({"packet_loss": 1.5})") ==
          "/packet_loss: a ratio from 0 to 1, not a percentage");
    CHECK(refusal<m>(R"({"packet_loss": 1})") == "read");
    CHECK(refusal<m>(R"({"failed": 1})") == "/failed: true or false");
    CHECK(refusal<m>(R"({"latency": 50})") == "/latency: no such key");
    CHECK(refusal<m>(R"({"latency/ms": 50})") == "/latency~1ms: no such key");
    CHECK(refusal<network_metrics<float>>(R"({"latency_ms": 1e300})") ==
          "/latency_ms: a number that is not so large");
}

TEST_CASE("other keys are free in a host's record, and its place is part of the path") {
    json const record = json::parse(R"({"host": "paris", "latency_ms": 30, "tags": [1]})");
    CHECK(metrics_of_record(record) == network_metrics<>{.latency_ms = 30});
    CHECK(metrics_of_record<float>(record).latency_ms == 30.0f);
    try {
        (void)metrics_of_record(json::parse(R"({"host": "paris", "packet_loss": 2})"),
                                json::json_pointer{"/hosts/3"});
        FAIL("a percentage was taken for a ratio");
    } catch (json_error const& e) {
        CHECK(e.path() == "/hosts/3/packet_loss");
        CHECK(std::string{e.what()} ==
              "at /hosts/3/packet_loss: expected a ratio from 0 to 1, not a percentage, found 2");
    }
}

TEST_CASE("metrics are written without what is missing or invalid") {
    CHECK(json(network_metrics<>{}) == json::object());
    CHECK(json(network_metrics<>{.failed = true}) == json::parse(R"({"failed": true})"));
    auto const infinity = std::numeric_limits<double>::infinity();
    CHECK(json(network_metrics<>{.latency_ms = infinity}) == json::parse(R"({"failed": true})"));
    CHECK(json(network_metrics<>{.latency_ms = 20,
                                 .bandwidth_mbps = -1,
                                 .packet_loss = std::numeric_limits<double>::quiet_NaN()}) ==
          json::parse(R"({"latency_ms": 20})"));
}

TEST_CASE("a policy is read on top of the default") {
    CHECK(json::object().get<score_policy>() == score_policy{});
    auto const policy =
        json::parse(R"({"latency_ms": {"worst": 120}, "jitter_ms": {"weight": 0.1},
                        "combine": "weakest", "latency_ceiling_ms": 500})")
            .get<score_policy>();
    CHECK(policy == score_policy{.latency_ms = {.worst = 120},
                                 .jitter_ms = {.weight = 0.1},
                                 .combine = combination::weakest,
                                 .latency_ceiling_ms = 500});
}

TEST_CASE("a policy that makes no sense is refused") {
    using p = score_policy;
    CHECK(refusal<p>("3") == ": an object");
    CHECK(refusal<p>(R"({"latency_ms": 3})") == "/latency_ms: an object");
    CHECK(refusal<p>(R"({"latency_ms": {"weight": -1}})") ==
          "/latency_ms/weight: a finite weight, not negative");
    CHECK(refusal<p>(R"({"latency_ms": {"wieght": 1}})") == "/latency_ms/wieght: no such key");
    CHECK(refusal<p>(R"({"latency_ms": {"best": 300}})") == "/latency_ms/worst: at least best");
    CHECK(refusal<p>(R"({"bandwidth_mbps": {"best": 1, "worst": 5}})") ==
          "/bandwidth_mbps/worst: at most best");
    CHECK(refusal<p>(R"({"packet_loss": {"worst": 10}})") ==
          "/packet_loss/worst: a ratio from 0 to 1");
    CHECK(refusal<p>(R"({"combine": "mean"})") == "/combine: \"sum\" or \"weakest\"");
    CHECK(refusal<p>(R"({"weight": 1})") == "/weight: no such key");
    CHECK(refusal<p>(R"({"latency_ms": {"weight": 0}, "bandwidth_mbps": {"weight": 0},
                         "packet_loss": {"weight": 0}})") ==
          ": weights with a finite sum above zero");
    CHECK(refusal<e_model>(R"({"bpl": 0})") == "/bpl: finite, at least 1");
}

TEST_CASE("constraints are read with their relaxation") {
    auto const rules =
        json::parse(R"({"max_latency_ms": 50, "min_bandwidth_mbps": 5, "waited_ms": 15000,
                        "relaxed": [{"after_ms": 10000, "max_latency_ms": 100},
                                    {"after_ms": 20000}]})")
            .get<constraints<>>();
    CHECK(rules.limit == limits{.max_latency_ms = 50, .min_bandwidth_mbps = 5});
    CHECK(rules.waited_ms == 15000);
    CHECK(rules.relaxed == relaxation{{10000, {.max_latency_ms = 100}}, {20000, {}}});
}

TEST_CASE("constraints that make no sense are refused, also deep in a step") {
    using c = constraints<>;
    CHECK(refusal<c>(R"({"max_latency_ms": -1})") ==
          "/max_latency_ms: finite milliseconds, not negative");
    CHECK(refusal<c>(R"({"max_packet_loss": 2})") == "/max_packet_loss: a ratio from 0 to 1");
    CHECK(refusal<limits>(R"({"max_packet_loss": 2})") == "/max_packet_loss: a ratio from 0 to 1");
    CHECK(refusal<limits>(R"({"waited_ms": 2})") == "/waited_ms: no such key");
    CHECK(refusal<c>(R"({"relaxed": {}})") == "/relaxed: an array of steps");
    CHECK(refusal<c>(R"({"relaxed": [{"max_ping": 3}]})") == "/relaxed/0/max_ping: no such key");
    CHECK(refusal<c>(R"({"max_latency_ms": 50,
                         "relaxed": [{"after_ms": 1, "max_latency_ms": 100},
                                     {"after_ms": 2, "max_latency_ms": 90}]})") ==
          "/relaxed/1/max_latency_ms: at least as wide as in the step before");
    CHECK(refusal<c>(R"({"relaxed": [{"after_ms": 5}, {"after_ms": 4}]})") ==
          "/relaxed/1/after_ms: milliseconds, not before the step before");
    CHECK(refusal<c>(R"({"relaxed": [{},{},{},{},{},{},{},{},{}]})") == "/relaxed: at most 8 steps");
}

TEST_CASE("what is written is read back to an equal value") {
    comes_back_equal(network_metrics<>{.latency_ms = 50.25, .packet_loss = 0.1, .failed = true});
    comes_back_equal(network_metrics<float>{.latency_ms = 0.1f, .jitter_ms = 1e-7f});
    comes_back_equal(score_policy{});
    comes_back_equal(latency_only);
    comes_back_equal(quality_of_outcome({200, 500}, {0.01, 0.05}, 3));
    comes_back_equal(e_model{.ie = 10, .bpl = 19});
    comes_back_equal(limits{.max_latency_ms = 80, .min_score = -3});
    comes_back_equal(constraints<>{.limit = {.max_jitter_ms = 10},
                                   .relaxed = {{1e4, {.max_jitter_ms = 20}}, {2e4, {}}},
                                   .waited_ms = 12});

    std::mt19937_64 random{42};
    auto const number = [&] { return static_cast<double>(random()) * 0x1p-53; };
    for (int i = 0; i < 20000; ++i) {
        network_metrics<> m{.failed = random() % 8 == 0};
        if (random() % 4) m.latency_ms = number();
        if (random() % 4) m.bandwidth_mbps = number();
        if (random() % 4) m.packet_loss = number() * 0x1p-11;
        if (random() % 4) m.jitter_ms = number();
        json const written = m;
        REQUIRE(json::parse(written.dump()).get<network_metrics<>>() == m);
    }
}

TEST_CASE("choices and verdicts are written whole") {
    network_metrics<> const m{.latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01};
    json const choice = select_best_host(std::vector<std::string>{"paris"},
                                         [&](std::string const&) { return m; })
                            .value();
    CHECK(choice == json::parse(R"({"host": "paris", "score": 88.0, "index": 0, "step": 0,
                                    "latency_ms": 50.0})"));
    json const verdict = judge_host(m);
    CHECK(verdict["eligible"] == true);
    CHECK(verdict["score"] == 88.0);
    CHECK(verdict["parts"]["latency_ms"] ==
          json::parse(R"({"gained": 30.0, "lost": 10.0, "state": "measured"})"));
    CHECK(verdict["parts"]["jitter_ms"]["state"] == "missing");
    CHECK_FALSE(verdict.contains("reason"));

    json const refused = judge_host(m, {}, {.max_latency_ms = 20});
    CHECK(refused == json::parse(R"({"eligible": false, "latency_ms": 50.0,
                                     "reason": "latency_limit"})"));
    json const plain = judge_host(m, [](auto const&) { return 3.5; });
    CHECK_FALSE(plain.contains("parts"));
}
