// SPDX-License-Identifier: MIT
#include <hostpick/decision_json.hpp>

#include "catch2_compat.hpp"

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>

using namespace hostpick;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

enum class peer : int {};

constexpr network_metrics<> at(double latency_ms) { return {.latency_ms = latency_ms}; }

std::array<std::string, 3> const cities{"london", "paris", "berlin"};
std::map<std::string, network_metrics<>> const known{{"paris", at(30)}, {"london", at(40)},
                                                     {"berlin", {.failed = true}}};

json without_verdicts(json j) {
    for (char const* host : {"chosen", "runner_up", "announced", "best"})
        if (j.contains(host) && j[host].is_object()) j[host] = j[host]["host"];
    return j;
}

}  // namespace

TEST_CASE("a decision is written with all that there is to say") {
    json const j = decide(cities, known);
    CHECK(j["chosen"]["verdict"] == json(judge_host(at(30))));
    CHECK(json::parse(j.dump()) == j);
    json brief = without_verdicts(j);
    auto& wins = brief["changes"]["runner_up_wins"];
    REQUIRE(wins.size() == 3);
    CHECK(wins[1]["metric"] == "bandwidth_mbps");
    CHECK(wins[1]["from"].is_null());
    CHECK(wins[1]["to"].get<double>() == Catch::Approx(0.5));  // two points
    CHECK(wins[2]["to"].get<double>() == Catch::Approx(0.09));
    wins.erase(2), wins.erase(1);
    CHECK(brief == json::parse(R"({
        "chosen": "paris", "runner_up": "london",
        "lead": {"decided_by": "score", "steps": 0, "points": 2.0, "latency_ms": 10.0},
        "considered": 3, "eligible": 2, "excluded": {"failed": 1},
        "first_excluded": [{"host": "berlin", "reason": "failed"}],
        "changes": {"runner_up_wins": [{"metric": "latency_ms", "from": 40.0, "to": 30.0}],
                    "chosen_loses": [{"metric": "latency_ms", "from": 30.0, "to": 40.0}]},
        "blocked": null})"));
}

TEST_CASE("what there is not is null") {
    CHECK(json(decision<int>{}) == json::parse(R"({
        "chosen": null, "runner_up": null, "lead": null, "considered": 0, "eligible": 0,
        "excluded": {}, "first_excluded": [], "changes": null, "blocked": null})"));
    json const j = decide(cities, known, score_policy{}, limits{.max_jitter_ms = 20});
    CHECK(j["changes"].is_null());
    CHECK(j["blocked"] == json::parse(R"({"host": "paris", "limit": "jitter_limit", "allows": 20.0,
                                          "has": null, "score": 34.0})"));
    CHECK(j["excluded"] == json{{"failed", 1}, {"jitter_limit", 2}});
    json const near = decide(cities, known, score_policy{}, limits{.max_latency_ms = 20});
    CHECK(near["blocked"]["has"] == 30.0);
}

TEST_CASE("a check is written with its result") {
    CHECK(without_verdicts(verify_choice(cities, known, "london")) == json::parse(R"({
        "result": "another_is_better", "announced": "london", "best": "paris",
        "behind": {"decided_by": "score", "steps": 0, "points": 2.0, "latency_ms": 10.0}})"));
    json const right = verify_choice(std::array{peer{3}}, [](peer) { return at(30); }, peer{3});
    CHECK(right["announced"]["host"] == 3);
    CHECK(right["behind"].is_null());
    json const nobody = verify_choice(cities, known, std::nullopt);
    CHECK(nobody["announced"].is_null());
    CHECK(nobody["result"] == "nobody_announced");
    CHECK(json(verify_choice(cities, known, "oslo"))["announced"] ==
          json::parse(R"({"host": "oslo", "verdict": {"eligible": false, "reason": "no_metrics"}})"));
}

TEST_CASE("a check for a party is written with its verdicts") {
    std::array<float, 6> const rtt_ms{20, 35, 80,  //
                                      90, 40, 15};
    party<> const group{.latency_ms = rtt_ms, .players = 2};
    CHECK(json(verify_choice(group, 0)) == json::parse(R"({
        "result": "another_is_better",
        "announced": {"host": 0, "verdict": {"eligible": true, "step": 0, "value_ms": 90.0,
                      "worst_ms": 90.0, "worst_player": 1, "missing": 0}},
        "best": {"host": 1, "verdict": {"eligible": true, "step": 0, "value_ms": 40.0,
                 "worst_ms": 40.0, "worst_player": 1, "missing": 0}},
        "behind": {"decided_by": "party_value", "steps": 0, "value_ms": 50.0, "worst_ms": 50.0}})"));
    json const far = verify_choice(group, 2, {}, limits{.max_latency_ms = 50});
    CHECK(far["announced"]["verdict"] ==
          json::parse(R"({"eligible": false, "reason": "latency_limit", "worst_player": 0, "missing": 0})"));
}

TEST_CASE("a ring is written from the oldest to the newest") {
    decision_ring<decision<std::string>, 2> ring;
    CHECK(json(ring) == json::parse(R"({"overwritten": 0, "refused": 0, "entries": []})"));
    for (auto const at : {3ns, 4ns, 5ns, 1ns}) ring.push(decide(cities, known), at);
    json const j = ring;
    CHECK(j["overwritten"] == 1);
    CHECK(j["refused"] == 1);
    REQUIRE(j["entries"].size() == 2);
    CHECK(j["entries"][0]["sequence"] == 1);
    CHECK(j["entries"][0]["at_ns"] == 4);
    CHECK(j["entries"][1]["at_ns"] == 5);
    CHECK(j["entries"][1]["decision"] == json(decide(cities, known)));
    nlohmann::ordered_json const ordered = ring;
    CHECK(json::parse(ordered.dump()) == j);
}

TEST_CASE("counts are written by host") {
    choice_counts<std::string, 1> counts;
    CHECK(json(counts) == json::parse(
        R"({"decisions": 0, "changes": 0, "nobody": 0, "others": 0, "at_step": [], "hosts": []})"));
    counts.add("paris", 1);
    counts.add("paris");
    counts.add(std::nullopt);
    counts.add("london");
    CHECK(json(counts) == json::parse(
        R"({"decisions": 4, "changes": 2, "nobody": 1, "others": 1, "at_step": [2, 1],
            "hosts": [{"host": "paris", "times": 2}]})"));
}
