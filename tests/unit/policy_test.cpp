// SPDX-License-Identifier: MIT
#include <hostpick/policy.hpp>
#include <hostpick/score.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>

using namespace hostpick;
using oracle::splitmix64;

namespace {

constexpr double most = std::numeric_limits<double>::max();

/// What rounding may cost a score.
template <class R>
constexpr double rounding = sizeof(R) == sizeof(float) ? 1e-4 : 1e-9;

/// The default policy with the weight of one metric alone.
constexpr score_policy only(double latency, double bandwidth, double loss, double jitter) {
    return {.latency_ms = {.weight = latency},
            .bandwidth_mbps = {.weight = bandwidth},
            .packet_loss = {.weight = loss},
            .jitter_ms = {.weight = jitter}};
}

// ---- the examples of the documentation

constexpr score_policy near_first{.latency_ms = {.worst = 120, .weight = 0.7}};
static_assert(near_first.latency_ms.best == 0 && near_first.bandwidth_mbps.weight == 0.4);
static_assert(!near_first.error());
static_assert([] {
    compiled_policy<double> const score{score_policy{}};
    network_metrics<> const m{.latency_ms = 50};
    return score(m) == calculate_host_score(m) && score(m) > 0;
}());
static_assert(score_policy{}(network_metrics<>{
                  .latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01}) == 88);

}  // namespace

TEMPLATE_TEST_CASE("one metric alone gives the points of the design's table", "", float, double) {
    using R = TestType;
    auto const points = [](score_policy const& p, network_metrics<R> m) {
        m.latency_ms = m.latency_ms.value_or(R{0});
        return p(m);
    };
    score_policy const latency = only(1, 0, 0, 0), bandwidth = only(0, 1, 0, 0),
                       loss = only(0, 0, 1, 0), jitter = only(0, 0, 0, 1);
    auto const about = [](double x) { return Catch::Approx(x).epsilon(0).margin(rounding<R>); };

    CHECK(points(latency, {.latency_ms = R{0}}) == R{100});
    CHECK(points(latency, {.latency_ms = R{50}}) == R{75});
    CHECK(points(latency, {.latency_ms = R{200}}) == R{0});
    CHECK(points(latency, {.latency_ms = R{201}}) == R{0});
    CHECK(points(bandwidth, {.bandwidth_mbps = R{10}}) == R{100});
    CHECK(points(bandwidth, {.bandwidth_mbps = R{1000}}) == R{100});
    CHECK(points(bandwidth, {.bandwidth_mbps = R{5}}) == R{50});
    CHECK(points(bandwidth, {.bandwidth_mbps = R{0}}) == R{0});
    CHECK(points(loss, {.packet_loss = R{0}}) == R{100});
    CHECK(points(loss, {.packet_loss = static_cast<R>(0.001)}) == about(99));
    CHECK(points(loss, {.packet_loss = static_cast<R>(0.01)}) == about(90));
    CHECK(points(loss, {.packet_loss = static_cast<R>(0.1)}) == R{0});
    CHECK(points(loss, {.packet_loss = static_cast<R>(0.15)}) == R{0});
    CHECK(points(jitter, {.jitter_ms = R{25}}) == R{50});
    CHECK(points(jitter, {}) == R{0});
}

TEST_CASE("the default policy is the design's table") {
    constexpr score_policy p{};
    STATIC_REQUIRE(p.latency_ms == latency_ramp{.best = 0, .worst = 200, .weight = 0.4});
    STATIC_REQUIRE(p.bandwidth_mbps == bandwidth_ramp{.best = 10, .worst = 0, .weight = 0.4});
    STATIC_REQUIRE(p.packet_loss == packet_loss_ramp{.best = 0, .worst = 0.10, .weight = 0.2});
    STATIC_REQUIRE(p.jitter_ms == jitter_ramp{.best = 0, .worst = 50, .weight = 0});
    STATIC_REQUIRE(p.combine == combination::sum);
    STATIC_REQUIRE(p.latency_ceiling_ms == 1000);
    STATIC_REQUIRE(!p.error());
}

TEST_CASE("each wrong number of a policy is named, and nobody is eligible by it") {
    struct wrong_policy { std::string_view member; score_policy policy; };
    double const nan = oracle::nan(), infinity = oracle::infinity();
    std::initializer_list<wrong_policy> const wrong = {
        {"latency_ms.best", {.latency_ms = {.best = nan}}},
        {"latency_ms.best", {.latency_ms = {.best = -1}}},
        {"latency_ms.worst", {.latency_ms = {.worst = infinity}}},
        {"latency_ms.worst", {.latency_ms = {.best = 201}}},
        {"latency_ms.weight", {.latency_ms = {.weight = -0.1}}},
        {"latency_ms.weight", {.latency_ms = {.weight = nan}}},
        {"bandwidth_mbps.best", {.bandwidth_mbps = {.best = infinity}}},
        {"bandwidth_mbps.worst", {.bandwidth_mbps = {.worst = -1}}},
        {"bandwidth_mbps.worst", {.bandwidth_mbps = {.worst = 11}}},
        {"bandwidth_mbps.weight", {.bandwidth_mbps = {.weight = infinity}}},
        {"packet_loss.best", {.packet_loss = {.best = -0.1}}},
        {"packet_loss.best", {.packet_loss = {.best = 2, .worst = 5}}},
        {"packet_loss.worst", {.packet_loss = {.worst = 10}}},  // percent
        {"packet_loss.worst", {.packet_loss = {.best = 0.2}}},
        {"packet_loss.weight", {.packet_loss = {.weight = -1}}},
        {"jitter_ms.best", {.jitter_ms = {.best = oracle::minus_infinity()}}},
        {"jitter_ms.worst", {.jitter_ms = {.worst = nan}}},
        {"jitter_ms.worst", {.jitter_ms = {.best = 51}}},
        {"jitter_ms.weight", {.jitter_ms = {.weight = -1}}},
        {"", only(0, 0, 0, 0)},
        {"", only(most, most, 0, 0)},
        {"latency_ceiling_ms", {.latency_ceiling_ms = nan}},
        {"latency_ceiling_ms", {.latency_ceiling_ms = infinity}},
        {"latency_ceiling_ms", {.latency_ceiling_ms = -1}},
    };
    network_metrics<> const best{
        .latency_ms = 0, .bandwidth_mbps = 100, .packet_loss = 0, .jitter_ms = 0};
    for (auto const& [member, policy] : wrong) {
        CAPTURE(member);
        auto const error = policy.error();
        REQUIRE(error);
        CHECK(error->member == member);
        CHECK(std::string_view{error->expected} != "");
        CHECK(error->step == 0);
        CHECK(policy(best) == 0);
        CHECK_FALSE(compiled_policy<double>{policy}.valid());
        CHECK(compiled_policy<float>{policy}(best) == 0);
        CHECK(judge_host(best, policy).reason == exclusion::invalid_policy);
        CHECK(judge_host(best, compiled_policy<double>{policy}).reason ==
              exclusion::invalid_policy);
    }
}

TEST_CASE("numbers at the edge of what is allowed are no error") {
    CHECK_FALSE(only(5e-300, 0, 0, 0).error());
    CHECK_FALSE(only(most, 0, 0, 0).error());
    CHECK_FALSE(score_policy{.latency_ms = {.best = 200}}.error());
    CHECK_FALSE(score_policy{.packet_loss = {.best = 1, .worst = 1}}.error());
    CHECK_FALSE(score_policy{.latency_ceiling_ms = 0}.error());
}

TEMPLATE_TEST_CASE("the score is the documented formula", "", float, double) {
    for_all([](splitmix64& random) {
        auto const m = oracle::any_host<TestType>(random);
        auto const p = oracle::any_policy(random);
        auto const expected = static_cast<double>(oracle::score(m, p));
        return std::abs(p(m) - expected) <= rounding<TestType>;
    });
}

TEMPLATE_TEST_CASE("a score lies between 0 and 100", "", float, double) {
    for_all([](splitmix64& random) {
        TestType const score =
            oracle::any_policy(random)(oracle::any_host<TestType>(random));
        return oracle::finite(score) && !oracle::negative(score) && score <= 100;
    });
}

TEMPLATE_TEST_CASE("a worse metric never raises a score", "", float, double) {
    for_all([](splitmix64& random) {
        auto const [better, worse] = oracle::worsened_host<TestType>(random);
        compiled_policy<TestType> const policy{oracle::any_policy(random)};
        return policy(worse) <= policy(better);
    });
}

TEMPLATE_TEST_CASE("what a broken probe writes never raises a score", "", float, double) {
    for_all([](splitmix64& random) {
        auto const [good, spoilt] = oracle::spoilt_host<TestType>(random);
        compiled_policy<TestType> const policy{oracle::any_policy(random)};
        return policy(spoilt) <= policy(good);
    });
}

namespace {

/// The best that can be measured by the ramps, and the worst; a step is at its best on the edge.
template <class R>
oracle::host_pair<R> ends_of(score_policy const& p) {
    auto const worst = [](auto const& ramp) -> std::optional<R> {
        R const edge = static_cast<R>(ramp.worst);
        if (ramp.best < ramp.worst) return edge;
        return std::max(oracle::after(edge), static_cast<R>(oracle::nothing));
    };
    auto const least = [](bandwidth_ramp const& ramp) -> std::optional<R> {
        R const edge = static_cast<R>(ramp.worst);
        if (ramp.best > ramp.worst) return edge;
        return edge > 0 ? std::optional{oracle::before(edge)} : std::nullopt;
    };
    return {.better = {.latency_ms = static_cast<R>(p.latency_ms.best),
                       .bandwidth_mbps = static_cast<R>(p.bandwidth_mbps.best),
                       .packet_loss = static_cast<R>(p.packet_loss.best),
                       .jitter_ms = static_cast<R>(p.jitter_ms.best)},
            .worse = {.latency_ms = worst(p.latency_ms),
                      .bandwidth_mbps = least(p.bandwidth_mbps),
                      .packet_loss = worst(p.packet_loss),
                      .jitter_ms = worst(p.jitter_ms)}};
}

}  // namespace

TEMPLATE_TEST_CASE("all metrics at their best give exactly 100, all at their worst exactly 0", "",
                   float, double) {
    for_all([](splitmix64& random) {
        score_policy p = oracle::any_policy(random);
        p.latency_ceiling_ms = 1000;
        auto [best, worst] = ends_of<TestType>(p);
        best.packet_loss = std::min(*best.packet_loss, oracle::before(TestType{1}));
#ifdef __FAST_MATH__
        bool const full = p(best) >= 100 - rounding<TestType> && p(best) <= 100;
#else
        bool const full = p(best) == 100;
#endif
        return full && p(worst) == 0;
    });
}

TEMPLATE_TEST_CASE("missing counts as the worst", "", float, double) {
    for_all([](splitmix64& random) {
        auto const p = oracle::any_policy(random);
        auto worst = ends_of<TestType>(p).worse;
        auto m = oracle::good_host<TestType>(random), missing = m;
        auto const which = random.pick({oracle::metric::bandwidth, oracle::metric::loss,
                                        oracle::metric::jitter});
        oracle::field(m, which) = oracle::field(worst, which);
        oracle::field(missing, which).reset();
        bool const told_by_eligibility = m.packet_loss && *m.packet_loss >= 1;
        return told_by_eligibility || p(missing) == p(m);
    });
}

TEMPLATE_TEST_CASE("a ramp whose ends meet is a step", "", float, double) {
    using R = TestType;
    score_policy const latency{.latency_ms = {.best = 80, .worst = 80, .weight = 1},
                               .bandwidth_mbps = {.weight = 0},
                               .packet_loss = {.weight = 0}};
    CHECK(latency(network_metrics<R>{.latency_ms = R{80}}) == R{100});
    CHECK(latency(network_metrics<R>{.latency_ms = oracle::after(R{80})}) == R{0});

    score_policy const bandwidth{.latency_ms = {.weight = 0},
                                 .bandwidth_mbps = {.best = 5, .worst = 5, .weight = 1},
                                 .packet_loss = {.weight = 0}};
    network_metrics<R> m{.latency_ms = R{1}, .bandwidth_mbps = R{5}};
    CHECK(bandwidth(m) == R{100});
    m.bandwidth_mbps = oracle::before(R{5});
    CHECK(bandwidth(m) == R{0});

    score_policy none_lost = only(0, 0, 1, 0);
    none_lost.packet_loss.worst = 0;
    m.packet_loss = R{0};
    CHECK(none_lost(m) == R{100});
    m.packet_loss = static_cast<R>(1e-6);
    CHECK(none_lost(m) == R{0});
    m.packet_loss.reset();
    CHECK(none_lost(m) == R{0});

    score_policy any_bandwidth = only(0, 1, 0, 0);
    any_bandwidth.bandwidth_mbps.best = 0;
    m.bandwidth_mbps = R{0};
    CHECK(any_bandwidth(m) == R{100});
    m.bandwidth_mbps.reset();
    CHECK(any_bandwidth(m) == R{0});
}

TEMPLATE_TEST_CASE("ramps as wide, as narrow and as far as numbers go keep the promises", "", float,
                   double) {
    auto const ends = {0.0, 1e-300, 1e-30, 1.0, oracle::after(1.0), 200.0, 3e38, 1e300,
                       oracle::before(most), most};
    auto const values = {0.0, 1e-37, 1e-30, 0.5, 1.0, 200.0, 999.0};
    for (double const best : ends)
        for (double const worst : ends) {
            if (worst < best) continue;
            CAPTURE(best, worst);
            score_policy const p{.latency_ms = {.best = best, .worst = worst, .weight = 1},
                                 .bandwidth_mbps = {.best = worst, .worst = best, .weight = 1e-3},
                                 .packet_loss = {.weight = 1e3},
                                 .jitter_ms = {.best = best, .worst = worst, .weight = 0}};
            for (combination const how : {combination::sum, combination::weakest}) {
                score_policy policy = p;
                policy.combine = how;
                TestType before{100};
                for (double const value : values) {
                    TestType const score = compiled_policy<TestType>{policy}(
                        network_metrics<TestType>{.latency_ms = static_cast<TestType>(value),
                                                  .bandwidth_mbps = static_cast<TestType>(1),
                                                  .packet_loss = TestType{0}});
                    CHECK(oracle::finite(score));
                    CHECK(score >= 0);
                    CHECK(score <= before);
                    before = score;
                }
            }
        }
}

TEMPLATE_TEST_CASE("weights count relative to each other", "", float, double) {
    for_all([](splitmix64& random) {
        auto const p = oracle::any_policy(random);
        auto scaled = p;
        double const factor = random.pick({0x1p-200, 0.25, 2.0, 0x1p200});
        for (double* weight : {&scaled.latency_ms.weight, &scaled.bandwidth_mbps.weight,
                               &scaled.packet_loss.weight, &scaled.jitter_ms.weight})
            *weight *= factor;
        auto const m = oracle::any_host<TestType>(random);
        return p(m) == scaled(m);
    });
}

TEMPLATE_TEST_CASE("a compiled policy gives the same score", "", float, double) {
    for_all([](splitmix64& random) {
        auto const p = oracle::any_policy(random);
        auto const m = oracle::any_host<TestType>(random);
        compiled_policy<TestType> const compiled{p};
        if (!compiled.valid()) return false;
#ifdef __FAST_MATH__  // each call may be optimised in its own way
        return std::abs(compiled(m) - p(m)) <= rounding<TestType> &&
               std::abs(compiled(m) - calculate_host_score(m, p)) <= rounding<TestType> &&
               judge_host(m, compiled).reason == judge_host(m, p).reason;
#else
        return oracle::same_bits(compiled(m), p(m)) &&
               oracle::same_bits(compiled(m), calculate_host_score(m, p)) &&
               judge_host(m, compiled) == judge_host(m, p);
#endif
    });
}

TEST_CASE("a compiled policy says what it computes in") {
    network_metrics<float> const m{.latency_ms = 33.3f, .bandwidth_mbps = 7.7f};
    compiled_policy<double> const fine{score_policy{}};
    CHECK(fine(m) == Catch::Approx(score_policy{}(m)));
    CHECK(calculate_host_score(m, fine) == fine(m));
    compiled_policy<float> const coarse{score_policy{}};
    CHECK(coarse(network_metrics<>{.latency_ms = 50, .bandwidth_mbps = 1e300}) ==
          coarse(network_metrics<>{.latency_ms = 50, .bandwidth_mbps = 10}));
    CHECK(judge_host(network_metrics<>{.latency_ms = 1e300}, coarse).reason ==
          exclusion::latency_above_ceiling);
    STATIC_REQUIRE(std::same_as<decltype(fine(m)), double>);
    STATIC_REQUIRE(std::same_as<decltype(score_policy{}(m)), float>);
}

TEMPLATE_TEST_CASE("the parts of a score add up to it, or its weakest is the score", "", float,
                   double) {
    for_all([](splitmix64& random) {
        auto const p = oracle::any_policy(random);
        auto const m = oracle::any_host<TestType>(random);
        auto const v = judge_host(m, p);
        if (!v.eligible()) return !v.parts;
        auto const& [latency, bandwidth, loss, jitter] = *v.parts;
        double const weights = p.latency_ms.weight + p.bandwidth_mbps.weight +
                               p.packet_loss.weight + p.jitter_ms.weight;
        double gained = 0, weakest = 100;
        for (auto const& [part, weight] : {std::pair{latency, p.latency_ms.weight},
                                           std::pair{bandwidth, p.bandwidth_mbps.weight},
                                           std::pair{loss, p.packet_loss.weight},
                                           std::pair{jitter, p.jitter_ms.weight}}) {
            bool const sum = p.combine == combination::sum;
            double const can_give = sum ? 100 * weight / weights : weight > 0 ? 100.0 : 0.0;
            if (!(part.gained >= 0 && part.lost >= 0)) return false;
            if (std::abs(part.gained + part.lost - can_give) > rounding<TestType>) return false;
            gained += part.gained;
            if (weight > 0) weakest = std::min(weakest, part.gained);
        }
        return p.combine == combination::sum ? std::abs(gained - v.score) <= rounding<TestType>
                                             : weakest == v.score;
    });
}

TEST_CASE("the parts say what was missing and what was nonsense") {
    auto const v = judge_host(network_metrics<>{.latency_ms = 50, .packet_loss = -1});
    REQUIRE(v.parts);
    CHECK(v.parts->latency_ms == metric_points{30, 10, field_state::measured});
    CHECK(v.parts->bandwidth_mbps == metric_points{0, 40, field_state::missing});
    CHECK(v.parts->packet_loss == metric_points{0, 20, field_state::invalid});
    CHECK(v.parts->jitter_ms == metric_points{0, 0, field_state::missing});
}

TEST_CASE("the weakest metric is the score whatever the weights") {
    score_policy p{.combine = combination::weakest};
    network_metrics<> m{.latency_ms = 50, .bandwidth_mbps = 9, .packet_loss = 0.001};
    CHECK(p(m) == 75);
    p.latency_ms.weight = 1e-9;
    CHECK(p(m) == 75);
    p.latency_ms.weight = 0;
    CHECK(p(m) == Catch::Approx(90));
    m.bandwidth_mbps.reset();
    CHECK(p(m) == 0);
}
