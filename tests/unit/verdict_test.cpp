// SPDX-License-Identifier: MIT
#include <hostpick/verdict.hpp>
#include <hostpick/profiles.hpp>
#include <hostpick/score.hpp>
#include <hostpick/select.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <cstddef>
#include <vector>

using namespace hostpick;
using oracle::splitmix64;

namespace {

struct ping { double latency_ms, packet_loss; };

// ---- what may judge what

using by_latency = decltype([](auto const& m) { return -static_cast<double>(m.latency_ms); });
static_assert(policy_for<score_policy, network_metrics<>>);
static_assert(policy_for<compiled_policy<float>, network_metrics<>>);
static_assert(policy_for<e_model, network_metrics<float>>);
static_assert(policy_for<by_latency, ping>);
static_assert(!policy_for<score_policy, ping*>);
static_assert(!policy_for<decltype([](ping const&) { return "good"; }), ping>);
static_assert(!policy_for<decltype([](ping&) { return 1.0; }), ping>, "metrics are not changed");

static_assert(noexcept(judge_host(network_metrics<>{})));
static_assert(noexcept(judge_host(ping{}, decltype([](ping const&) noexcept { return 1; }){})));
static_assert(!noexcept(judge_host(ping{}, decltype([](ping const&) { return 1; }){})));

// ---- the example of the documentation

static_assert(judge_host(network_metrics<>{.failed = true}).reason == exclusion::failed);

}  // namespace

TEST_CASE("a verdict is one value") {
    constexpr network_metrics<> m{.latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01};
    constexpr verdict v = judge_host(m);
    STATIC_REQUIRE(v.eligible() && v.score == 88 && v.step == 0 && v.latency_ms == 50 && v.parts);
    STATIC_REQUIRE(v == judge_host(m));
    STATIC_REQUIRE(verdict{}.eligible());
}

TEST_CASE("the verdict on a host that is not eligible keeps the latency and nothing else") {
    auto const far = judge_host(network_metrics<>{.latency_ms = 5000, .bandwidth_mbps = 10});
    CHECK(far == verdict{.reason = exclusion::latency_above_ceiling, .latency_ms = 5000});
    auto const unknown = judge_host(network_metrics<>{.bandwidth_mbps = 10});
    CHECK(unknown == verdict{.reason = exclusion::latency_missing});
    auto const nonsense = judge_host(network_metrics<>{.latency_ms = -1});
    CHECK(nonsense == verdict{.reason = exclusion::latency_invalid});
    auto const poor = judge_host(network_metrics<>{.latency_ms = 50}, score_policy{},
                                 constraints<>{.limit = {.min_score = 99},
                                               .relaxed = {{0, {.min_score = 90}}}});
    CHECK(poor == verdict{.reason = exclusion::score_limit, .latency_ms = 50});
}

TEST_CASE("an invalid policy is told before invalid constraints, and those before the metrics") {
    score_policy const wrong{.latency_ms = {.weight = -1}};
    limits const impossible{.max_packet_loss = 2};
    network_metrics<> const dead{.failed = true};
    CHECK(judge_host(dead, wrong, impossible).reason == exclusion::invalid_policy);
    CHECK(judge_host(dead, score_policy{}, impossible).reason == exclusion::invalid_constraints);
    CHECK(judge_host(dead).reason == exclusion::failed);
}

TEST_CASE("a caller's policy may take its score apart") {
    struct explained {
        double operator()(ping const& p) const { return 100 - p.latency_ms; }
        score_parts explain(ping const& p) const {
            return {.latency_ms = {100 - p.latency_ms, p.latency_ms, field_state::measured},
                    .bandwidth_mbps = {},
                    .packet_loss = {},
                    .jitter_ms = {}};
        }
    };
    auto const v = judge_host(ping{30, 0}, explained{});
    REQUIRE(v.parts);
    CHECK(v.parts->latency_ms == metric_points{70, 30, field_state::measured});
    CHECK_FALSE(judge_host(ping{30, 1}, explained{}).parts);
    CHECK_FALSE(judge_host(ping{30, 0}, by_latency{}).parts);
    CHECK(judge_host(ping{30, 0}, by_latency{}).score == -30);
}

TEST_CASE("a score that is no finite number makes a host not eligible") {
    for (double const given : {oracle::nan(), oracle::infinity(), oracle::minus_infinity()}) {
        auto const v = judge_host(ping{30, 0}, [given](ping const&) { return given; },
                                  limits{.min_score = -1e300});
        CHECK(v == verdict{.reason = exclusion::score_not_finite, .latency_ms = 30});
    }
}

TEMPLATE_TEST_CASE("verdict, score and selection agree on every host", "", float, double) {
    for_all([](splitmix64& random) {
        std::vector<network_metrics<TestType>> hosts(random.below(5));
        for (auto& m : hosts) m = oracle::any_host<TestType>(random);
        auto const policy = oracle::any_policy(random);
        auto const rules = oracle::any_constraints(random, [](auto const& m) {
            return m.jitter_ms == TestType{7};
        });

        std::size_t visited = 0;
        bool agree = true;
        std::vector<oracle::entry<std::size_t>> eligible;
        for_each_verdict(
            hosts, [](auto const& m) { return &m; },
            [&](network_metrics<TestType> const& m, std::size_t position, verdict const& v) {
                agree = agree && &m == &hosts[position] && position == visited++;
                agree = agree && v == (rules.excluded(m) ? verdict{.reason = exclusion::excluded}
                                                         : judge_host(m, policy, rules));
                agree = agree && v.eligible() == v.parts.has_value();
                if (!v.eligible()) return;
                agree = agree && v.score == calculate_host_score(m, policy);
                eligible.push_back({position, position, v.step, v.score, v.latency_ms.value()});
            },
            policy, rules);
        return agree && visited == hosts.size() &&
               oracle::same_choices(select_top_hosts(hosts, {}, hosts.size(), policy, rules),
                                    oracle::ranking(eligible), hosts.size());
    });
}

namespace {

template <class Ceiling>
struct with_ceiling {
    Ceiling latency_ceiling_ms;
    double operator()(network_metrics<> const&) const { return 1; }
};
struct with_ceiling_function {
    double latency_ceiling_ms() const { return 100; }
    double operator()(network_metrics<> const&) const { return 1; }
};

}  // namespace

static_assert(policy_for<with_ceiling<int>, network_metrics<>>);
static_assert(!policy_for<with_ceiling<std::optional<double>>, network_metrics<>>,
              "a ceiling that cannot be read is not the default's");
static_assert(!policy_for<with_ceiling_function, network_metrics<>>);
