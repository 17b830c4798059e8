// SPDX-License-Identifier: MIT
#include <hostpick/constraints.hpp>
#include <hostpick/score.hpp>
#include <hostpick/select.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <array>
#include <chrono>
#include <initializer_list>
#include <set>
#include <string_view>

using namespace hostpick;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

constexpr network_metrics<> host{
    .latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01, .jitter_ms = 4};

template <class Rules>
exclusion reason_by(Rules const& rules, network_metrics<> const& m = host) {
    return judge_host(m, score_policy{}, rules).reason;
}

constraints<> waiting(double waited_ms, relaxation const& relaxed, limits const& limit = {}) {
    return {limit, {}, relaxed, waited_ms};
}

// ---- the examples of the documentation

constexpr relaxation twice{{to_ms(10s), {.max_latency_ms = 100}},
                           {to_ms(20s), {.max_latency_ms = 200}}};
static_assert(twice.size() == 2 && twice.begin()->after_ms == 10'000);

constexpr constraints<> ranked_rules{.limit = {.max_latency_ms = 80}, .relaxed = twice};
static_assert(!error_in(ranked_rules));

}  // namespace

TEST_CASE("without constraints, whoever is eligible may be chosen") {
    CHECK(reason_by(limits{}) == exclusion::none);
    CHECK(reason_by(constraints<>{}) == exclusion::none);
    CHECK(reason_by(limits{}, {.latency_ms = 1000}) == exclusion::none);
}

TEST_CASE("limits are inclusive") {
    CHECK(reason_by(limits{.max_latency_ms = 50}) == exclusion::none);
    CHECK(reason_by(limits{.max_packet_loss = 0.01}) == exclusion::none);
    CHECK(reason_by(limits{.max_jitter_ms = 4}) == exclusion::none);
    CHECK(reason_by(limits{.min_bandwidth_mbps = 10}) == exclusion::none);
    CHECK(reason_by(limits{.min_score = calculate_host_score(host)}) == exclusion::none);

    CHECK(reason_by(limits{.max_latency_ms = oracle::before(50.0)}) == exclusion::latency_limit);
    CHECK(reason_by(limits{.max_packet_loss = oracle::before(0.01)}) ==
          exclusion::packet_loss_limit);
    CHECK(reason_by(limits{.max_jitter_ms = oracle::before(4.0)}) == exclusion::jitter_limit);
    CHECK(reason_by(limits{.min_bandwidth_mbps = oracle::after(10.0)}) ==
          exclusion::bandwidth_limit);
    CHECK(reason_by(limits{.min_score = oracle::after(calculate_host_score(host))}) ==
          exclusion::score_limit);
}

TEST_CASE("limits of zero and one are limits") {
    network_metrics<> const perfect{
        .latency_ms = 0, .bandwidth_mbps = 0, .packet_loss = 0, .jitter_ms = 0};
    limits const none{.max_latency_ms = 0,
                      .max_packet_loss = 0,
                      .max_jitter_ms = 0,
                      .min_bandwidth_mbps = 0,
                      .min_score = 0};
    CHECK(reason_by(none, perfect) == exclusion::none);
    CHECK(reason_by(none) == exclusion::latency_limit);
    CHECK(reason_by(limits{.max_packet_loss = 0}) == exclusion::packet_loss_limit);
    CHECK(reason_by(limits{.max_packet_loss = 1}) == exclusion::none);
}

TEST_CASE("a missing or nonsensical metric fails its limit, however wide") {
    double const most = std::numeric_limits<double>::max();
    for (std::optional<double> const unknown :
         {std::optional<double>{}, {oracle::nan()}, {-1.0}, {oracle::minus_infinity()}}) {
        network_metrics<> const m{.latency_ms = 50,
                                  .bandwidth_mbps = unknown,
                                  .packet_loss = unknown,
                                  .jitter_ms = unknown};
        CHECK(reason_by(limits{}, m) == exclusion::none);
        CHECK(reason_by(limits{.max_latency_ms = most}, m) == exclusion::none);
        CHECK(reason_by(limits{.max_packet_loss = 1}, m) == exclusion::packet_loss_limit);
        CHECK(reason_by(limits{.max_jitter_ms = most}, m) == exclusion::jitter_limit);
        CHECK(reason_by(limits{.min_bandwidth_mbps = 0}, m) == exclusion::bandwidth_limit);
    }
    CHECK(reason_by(limits{.max_jitter_ms = most},
                    {.latency_ms = 50, .jitter_ms = oracle::infinity()}) ==
          exclusion::jitter_limit);
    CHECK(reason_by(limits{.min_bandwidth_mbps = 1},
                    {.latency_ms = 50, .bandwidth_mbps = oracle::infinity()}) ==
          exclusion::bandwidth_limit);
}

TEST_CASE("limits at the end of numbers are inclusive too") {
    double const most = std::numeric_limits<double>::max();
    limits const widest{.max_latency_ms = most,
                        .max_packet_loss = 1,
                        .max_jitter_ms = most,
                        .min_bandwidth_mbps = most,
                        .min_score = -most};
    network_metrics<> const m{
        .latency_ms = most, .bandwidth_mbps = most, .packet_loss = 0, .jitter_ms = most};
    CHECK(judge_host(m, score_policy{.latency_ceiling_ms = most}, widest).reason ==
          exclusion::none);
}

TEST_CASE("what excludes a host whatever the caller wants is told before his limits") {
    CHECK(reason_by(limits{.max_latency_ms = 1}, {.latency_ms = 50, .failed = true}) ==
          exclusion::failed);
    CHECK(reason_by(limits{.max_packet_loss = 0}, {.latency_ms = 50, .packet_loss = 1}) ==
          exclusion::packet_loss_total);
}

TEMPLATE_TEST_CASE("the limit of a score is held against the score as it was given", "", float,
                   double) {
    network_metrics<TestType> const m{.latency_ms = 10};
    auto const reason = [&](double given, double least) {
        auto const policy = [given](network_metrics<TestType> const&) { return given; };
        return judge_host(m, policy, limits{.min_score = least}).reason;
    };
    CHECK(reason(0.1, 0.1) == exclusion::none);
    CHECK(reason(oracle::before(0.1), 0.1) == exclusion::score_limit);
    CHECK(reason(1e200, 1e300) == exclusion::score_limit);
    CHECK(reason(-5, -5) == exclusion::none);
    CHECK(reason(-1e300, -1e200) == exclusion::score_limit);
}

TEST_CASE("each wrong limit is named, and nobody is eligible by it") {
    struct wrong_limits { std::string_view member; limits limit; };
    double const nan = oracle::nan(), infinity = oracle::infinity();
    std::initializer_list<wrong_limits> const wrong = {
        {"max_latency_ms", {.max_latency_ms = nan}},
        {"max_latency_ms", {.max_latency_ms = -1}},
        {"max_latency_ms", {.max_latency_ms = infinity}},
        {"max_packet_loss", {.max_packet_loss = 2}},  // percent
        {"max_packet_loss", {.max_packet_loss = -0.1}},
        {"max_packet_loss", {.max_packet_loss = nan}},
        {"max_jitter_ms", {.max_jitter_ms = -1}},
        {"max_jitter_ms", {.max_jitter_ms = infinity}},
        {"min_bandwidth_mbps", {.min_bandwidth_mbps = oracle::minus_infinity()}},
        {"min_bandwidth_mbps", {.min_bandwidth_mbps = nan}},
        {"min_score", {.min_score = nan}},
        {"min_score", {.min_score = oracle::minus_infinity()}},
    };
    for (auto const& [member, limit] : wrong) {
        CAPTURE(member);
        for (auto const& error : {error_in(limit), error_in(constraints<>{limit, {}, {}, 0})}) {
            REQUIRE(error);
            CHECK(error->member == member);
            CHECK(std::string_view{error->expected} != "");
            CHECK(error->step == 0);
        }
        CHECK(reason_by(limit) == exclusion::invalid_constraints);
        CHECK(reason_by(constraints<>{limit, {}, {}, 0}) == exclusion::invalid_constraints);
        CHECK_FALSE(select_best_host(std::array{host}, {}, {}, limit));

        // The same limits in a step that has not even begun, and that is wider than the one before
        // wherever numbers can be compared.
        limits const narrow{.max_latency_ms = 0,
                            .max_packet_loss = 0,
                            .max_jitter_ms = 0,
                            .min_bandwidth_mbps = 1e300,
                            .min_score = 1e300};
        auto const late = waiting(0, {{1000, narrow}, {2000, limit}}, narrow);
        REQUIRE(error_in(late));
        CHECK(error_in(late)->member == member);
        CHECK(error_in(late)->step == 2);
        CHECK(error_in(late)->expected == std::string_view{error_in(limit)->expected});
        CHECK(reason_by(late) == exclusion::invalid_constraints);
        CHECK_FALSE(select_best_host(std::array{host}, {}, {}, late));
    }
    CHECK_FALSE(error_in(limits{}));
    CHECK_FALSE(error_in(limits{.min_score = -5}));
}

TEST_CASE("each step is at least as wide as the one before, in every limit") {
    struct narrowing { std::string_view member; limits wide, narrow; };
    std::initializer_list<narrowing> const all = {
        {"max_latency_ms", {.max_latency_ms = 100}, {.max_latency_ms = 99}},
        {"max_latency_ms", {}, {.max_latency_ms = 5000}},
        {"max_packet_loss", {.max_packet_loss = 0.2}, {.max_packet_loss = 0.1}},
        {"max_packet_loss", {}, {.max_packet_loss = 1}},
        {"max_jitter_ms", {.max_jitter_ms = 5}, {.max_jitter_ms = 4}},
        {"max_jitter_ms", {}, {.max_jitter_ms = 4}},
        {"min_bandwidth_mbps", {.min_bandwidth_mbps = 5}, {.min_bandwidth_mbps = 6}},
        {"min_bandwidth_mbps", {}, {.min_bandwidth_mbps = 0}},
        {"min_score", {.min_score = 60}, {.min_score = 61}},
        {"min_score", {}, {.min_score = 0}},
    };
    for (auto const& [member, wide, narrow] : all) {
        CAPTURE(member);
        auto const backwards = waiting(0, {{1000, wide}, {2000, narrow}}, wide);
        REQUIRE(error_in(backwards));
        CHECK(error_in(backwards)->member == member);
        CHECK(error_in(backwards)->step == 2);
        CHECK(error_in(waiting(0, {{1000, narrow}}, wide))->step == 1);
        CHECK(reason_by(backwards) == exclusion::invalid_constraints);
        CHECK_FALSE(error_in(waiting(0, {{1000, narrow}, {2000, wide}}, narrow)));
        CHECK_FALSE(error_in(waiting(0, {{1000, wide}, {2000, wide}}, wide)));
    }
}

TEST_CASE("steps stand in the order of time, from zero on") {
    auto const error = [](relaxation const& steps) { return error_in(waiting(0, steps)); };
    CHECK_FALSE(error({{0, {}}, {0, {}}, {1000, {}}, {1000, {}}}));
    for (double const wrong : {999.0, -1.0, oracle::nan(), oracle::infinity()}) {
        auto const e = error({{0, {}}, {1000, {}}, {wrong, {}}});
        REQUIRE(e);
        CHECK(std::string_view{e->member} == "after_ms");
        CHECK(e->step == 3);
    }
}

TEST_CASE("there is room for eight steps, and a ninth is an error") {
    relaxation steps;
    for (std::size_t n = 0; n < relaxation::max_steps; ++n) {
        CHECK(steps.size() == n);
        steps.add({1000, {}});
    }
    STATIC_REQUIRE(relaxation::max_steps == 8);
    CHECK(steps.fits());
    CHECK_FALSE(error_in(waiting(0, steps)));
    steps.add({1000, {}});
    CHECK_FALSE(steps.fits());
    CHECK(steps.end() - steps.begin() == 8);
    REQUIRE(error_in(waiting(0, steps)));
    CHECK(std::string_view{error_in(waiting(0, steps))->member} == "relaxed");
    CHECK(reason_by(waiting(0, steps)) == exclusion::invalid_constraints);
}

TEST_CASE("the time waited is a finite number, before zero as good as zero") {
    relaxation const at_once{{0, {.max_latency_ms = 60}}};
    limits const near{.max_latency_ms = 40};
    CHECK(reason_by(waiting(-1, at_once, near)) == exclusion::latency_limit);
    CHECK(reason_by(waiting(0, at_once, near)) == exclusion::none);
    CHECK(reason_by(waiting(std::numeric_limits<double>::max(), at_once, near)) ==
          exclusion::none);
    for (double const wrong : {oracle::nan(), oracle::infinity(), oracle::minus_infinity()}) {
        auto const rules = waiting(wrong, at_once, near);
        REQUIRE(error_in(rules));
        CHECK(std::string_view{error_in(rules)->member} == "waited_ms");
        CHECK(reason_by(rules) == exclusion::invalid_constraints);
    }
}

TEST_CASE("a step begins when its time has come") {
    auto const step = [](double waited_ms, double latency_ms) -> std::optional<unsigned> {
        auto rules = ranked_rules;
        rules.waited_ms = waited_ms;
        auto const v = judge_host(network_metrics<>{.latency_ms = latency_ms}, score_policy{}, rules);
        if (!v.eligible()) return std::nullopt;
        return v.step;
    };
    CHECK(step(0, 80) == 0u);
    CHECK(step(0, 81) == std::nullopt);
    CHECK(step(oracle::before(10'000.0), 100) == std::nullopt);
    CHECK(step(10'000, 100) == 1u);
    CHECK(step(10'000, 80) == 0u);
    CHECK(step(10'000, 101) == std::nullopt);
    CHECK(step(20'000, 101) == 2u);
    CHECK(step(1e9, 100) == 1u);
    CHECK(step(1e9, 201) == std::nullopt);
}

TEST_CASE("a limit that a step leaves out stays as it was") {
    auto rules = waiting(10'000, {{to_ms(5s), {.max_latency_ms = 100}}, {to_ms(8s), {.max_packet_loss = 0.1}}},
                         {.max_latency_ms = 50, .max_packet_loss = 0.02, .max_jitter_ms = 10});
    auto const judge = [&](double latency_ms, double packet_loss, double jitter_ms = 5) {
        return judge_host(network_metrics<>{.latency_ms = latency_ms, .packet_loss = packet_loss, .jitter_ms = jitter_ms},
                          score_policy{}, rules);
    };
    CHECK(judge(50, 0.02).step == 0);
    CHECK(judge(80, 0.02).step == 1);
    CHECK(judge(80, 0.1).step == 2);
    CHECK(judge(80, 0.5).reason == exclusion::packet_loss_limit);
    CHECK(judge(101, 0.1).reason == exclusion::latency_limit);
    CHECK(judge(20, 0, 11).reason == exclusion::jitter_limit);
    rules.relaxed.add({to_ms(9s), {.max_latency_ms = 99}});
    CHECK(error_in(rules)->step == 3);
}

TEST_CASE("the score may be what keeps a host to a later step") {
    constraints<> const rules{.limit = {.max_latency_ms = 60, .min_score = 95},
                              .relaxed = {{0, {.max_latency_ms = 60, .min_score = 90}},
                                          {0, {.max_latency_ms = 70, .min_score = 80}}}};
    auto const v = judge_host(host, score_policy{}, rules);  // 88 points
    CHECK(v.eligible());
    CHECK(v.step == 2);
    auto demanding = rules;
    demanding.relaxed = {{0, {.max_latency_ms = 60, .min_score = 89}}};
    CHECK(reason_by(demanding) == exclusion::score_limit);
}

TEST_CASE("a host of an earlier step is chosen before a better one of a later step") {
    // Near and poor, or far and good.
    std::array const hosts{
        network_metrics<>{.latency_ms = 90, .bandwidth_mbps = 10, .packet_loss = 0},
        network_metrics<>{.latency_ms = 80},
    };
    auto rules = ranked_rules;
    rules.waited_ms = 10'000;
    auto const chosen = select_top_hosts(hosts, {}, 2, {}, rules);
    REQUIRE(chosen.size() == 2);
    CHECK(chosen[0].index == 1);
    CHECK(chosen[0].step == 0);
    CHECK(chosen[1].index == 0);
    CHECK(chosen[1].step == 1);
    CHECK(chosen[1].score > chosen[0].score);
}

TEST_CASE("the caller's predicate is asked before the metrics are looked up") {
    enum class host_id : int {};
    std::set<host_id> const draining{host_id{2}};
    constraints const rules{limits{.max_latency_ms = 50},
                            [&](host_id id) { return draining.contains(id); }};
    std::array const ids{host_id{1}, host_id{2}, host_id{3}};
    auto const metrics = [](host_id id) {
        CHECK(id != host_id{2});
        return network_metrics<>{.latency_ms = 10.0 * static_cast<int>(id)};
    };
    auto const chosen = select_top_hosts(ids, metrics, 3, {}, rules);
    REQUIRE(chosen.size() == 2);
    CHECK(chosen[0].host == host_id{1});
    CHECK(chosen[1].host == host_id{3});
}

TEMPLATE_TEST_CASE("a host keeps to the first step of which it breaks no limit", "", float,
                   double) {
    for_all([](splitmix64& random) {
        auto const m = oracle::any_host<TestType>(random);
        auto const rules = oracle::any_constraints(random);
        auto const policy = oracle::any_policy(random);
        auto const v = judge_host(m, policy, rules);
        auto const expected = oracle::unusable(m, policy.latency_ceiling_ms);
        if (expected != exclusion::none) return v.reason == expected && v.step == 0;
        double const score = calculate_host_score(m, policy);
        auto const [reason, step] = oracle::step_of(m, score, rules);
        return !error_in(rules) && v.reason == reason && v.step == step &&
               v.score == (v.eligible() ? score : 0);
    });
}

TEST_CASE("whoever keeps to limits keeps to wider ones, and to a step no later") {
    for_all([](splitmix64& random) {
        auto const m = oracle::any_host<double>(random);
        auto const narrow = oracle::any_limits(random);
        if (!judge_host(m, score_policy{}, narrow).eligible()) return true;
        auto const wide = oracle::widened(narrow, random);
        auto const v = judge_host(m, score_policy{}, waiting(0, {{0, wide}}, narrow));
        return judge_host(m, score_policy{}, wide).eligible() && v.eligible() && v.step == 0;
    });
}
