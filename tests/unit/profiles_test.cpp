// SPDX-License-Identifier: MIT
#include <hostpick/profiles.hpp>
#include <hostpick/score.hpp>
#include <hostpick/select.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string_view>

using namespace hostpick;
using oracle::splitmix64;

namespace {

auto about(double x, double margin = 1e-9) { return Catch::Approx(x).epsilon(0).margin(margin); }

// ---- the examples of the documentation

constexpr score_policy draft = quality_of_outcome({200, 500}, {0.01, 0.05});
static_assert(!draft.error());
static_assert(draft.combine == combination::weakest);
static_assert(!latency_only.error());
static_assert(!e_model{}.error());

}  // namespace

// ---- latency_only

TEST_CASE("latency_only is the latency ramp of the default policy alone") {
    STATIC_REQUIRE(calculate_host_score(network_metrics<>{.latency_ms = 50}, latency_only) == 75);
    STATIC_REQUIRE(calculate_host_score(network_metrics<float>{.latency_ms = 50}, latency_only) ==
                   75);
    network_metrics<> m{.latency_ms = 50, .bandwidth_mbps = 0, .packet_loss = 0.9, .jitter_ms = 99};
    CHECK(calculate_host_score(m, latency_only) == 75);
    m.packet_loss = 1;
    CHECK(calculate_host_score(m, latency_only) == 0);
}

TEST_CASE("those who only ping choose by latency") {
    struct ping { double latency_ms, packet_loss; };
    std::array const pings{ping{80, 0}, ping{35, 0.02}, ping{oracle::nan(), 0}};
    std::array const ids{0, 1, 2};
    auto const metrics = [&](int id) { return pings[static_cast<std::size_t>(id)]; };
    auto best = select_best_host(ids, metrics, latency_only);
    REQUIRE(best);
    CHECK(best->host == 1);
    CHECK(best->score == 82.5);
}

// ---- Quality of Outcome

TEST_CASE("the worked example of the draft has a quality of outcome of 50") {
    network_metrics<> const p99{.latency_ms = 350, .packet_loss = 0.02};
    network_metrics<> const p999{.latency_ms = 375, .packet_loss = 0.02};
    CHECK(calculate_host_score(p99, draft) == 50);
    CHECK(std::min(calculate_host_score(p99, draft),
                   calculate_host_score(p999, quality_of_outcome({300, 600}, {0.01, 0.05}))) == 50);
    CHECK(calculate_host_score(network_metrics<float>{.latency_ms = 350, .packet_loss = 0.02f},
                               draft) == 50);
}

TEST_CASE("the quality of outcome is that of the weakest metric") {
    auto const qoo = [](network_metrics<> const& m) { return calculate_host_score(m, draft); };
    CHECK(qoo({.latency_ms = 200, .packet_loss = 0.01}) == 100);
    CHECK(qoo({.latency_ms = 500, .packet_loss = 0.01}) == 0);
    CHECK(qoo({.latency_ms = 200, .packet_loss = 0.05}) == 0);
    CHECK(qoo({.latency_ms = 200, .packet_loss = 0.04}) == about(25));
    CHECK(qoo({.latency_ms = 200}) == 0);
}

TEST_CASE("the bandwidth of a quality of outcome is all or nothing") {
    constexpr score_policy p = quality_of_outcome({200, 500}, {0.01, 0.05}, 5);
    STATIC_REQUIRE(!p.error());
    network_metrics<> m{.latency_ms = 350, .bandwidth_mbps = 5, .packet_loss = 0.01};
    CHECK(calculate_host_score(m, p) == 50);
    m.bandwidth_mbps = oracle::before(5.0);
    CHECK(calculate_host_score(m, p) == 0);
    m.bandwidth_mbps.reset();
    CHECK(calculate_host_score(m, p) == 0);
    CHECK(calculate_host_score(m, draft) == 50);
}

TEST_CASE("requirements that make no sense find nobody eligible") {
    CHECK(quality_of_outcome({500, 200}, {0.01, 0.05}).error());
    CHECK(quality_of_outcome({200, 500}, {1, 5}).error());
    CHECK(quality_of_outcome({200, 500}, {0.01, 0.05}, oracle::nan()).error());
}

TEMPLATE_TEST_CASE("a quality of outcome is bounded and monotone", "", float, double) {
    for_all([](splitmix64& random) {
        auto const requirement = [&](std::size_t n, int digits) {
            double const a = random.fraction<double>(n, digits), b = random.fraction<double>(n, digits);
            return outcome_requirement{std::min(a, b), std::max(a, b)};
        };
        auto const ms = requirement(500 * 8, 3), loss = requirement(257, 8);
        auto const p = quality_of_outcome(ms, loss, random.one_in(2) ? 0 : random.fraction<double>(160, 4));
        auto const [better, worse] = oracle::worsened_host<TestType>(random);
        TestType const high = calculate_host_score(better, p), low = calculate_host_score(worse, p);
        return 0 <= low && low <= high && high <= 100;
    });
}

// ---- the E-model

namespace {

double rating(double one_way_ms, double loss, e_model const& model = {}) {
    return calculate_host_score(
        network_metrics<>{.latency_ms = 2 * one_way_ms, .packet_loss = loss}, model);
}

/// The formulas as they stand in the recommendation.
double documented_rating(double latency_ms, double loss, e_model const& e) {
    double const d = latency_ms / 2, ppl = 100 * loss;
    double const id = 0.024 * d + 0.11 * std::max(0.0, d - 177.3);
    double const ie_eff = e.ie + (95 - e.ie) * ppl / (ppl / e.burst_r + e.bpl);
    return std::max(0.0, 93.2 - std::min(id, 93.2) - std::min(ie_eff, 93.2));
}

double documented_mos(double r) {
    if (r <= 0) return 1;
    if (r >= 100) return 4.5;
    return std::max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r));
}

double in_hundredths(double x) { return std::round(x * 100); }

}  // namespace

TEST_CASE("the E-model gives the published opinion scores") {
    CHECK(in_hundredths(e_model_mos(e_model::best_r)) == 441);
    CHECK(in_hundredths(e_model_mos(rating(10, 0))) == 440);
    CHECK(in_hundredths(e_model_mos(rating(100, 0))) == 436);
    CHECK(in_hundredths(e_model_mos(rating(177, 0))) == 431);
    CHECK(in_hundredths(e_model_mos(rating(50, 0.01))) == 430);
    CHECK(in_hundredths(e_model_mos(rating(50, 0.02))) == 420);
    CHECK(in_hundredths(e_model_mos(rating(50, 0.05))) == 387);
}

TEST_CASE("the E-model rates by delay, by loss, by codec and by burst") {
    CHECK(rating(0, 0) == about(93.2));
    CHECK(rating(100, 0) == about(93.2 - 2.4));
    CHECK(rating(277.3, 0) == about(93.2 - 0.024 * 277.3 - 11));
    CHECK(rating(0, 0.01) == about(93.2 - 95 / 26.1));
    CHECK(rating(0, 0, {.ie = 10, .bpl = 19}) == about(83.2));
    CHECK(rating(0, 0.02, {.ie = 10, .bpl = 19}) == about(83.2 - 85 * 2 / 21.0));
    CHECK(rating(0, 0.02, {.burst_r = 2}) == about(93.2 - 95 * 2 / 26.1));
    CHECK(rating(500, 0.99) == 0);
}

TEST_CASE("a host without a measured loss is rated as if it lost everything") {
    network_metrics<> const unknown{.latency_ms = 20};
    network_metrics<> const lost{.latency_ms = 20, .packet_loss = oracle::before(1.0)};
    CHECK(calculate_host_score(unknown, e_model{}) <= calculate_host_score(lost, e_model{}));
    CHECK(calculate_host_score(unknown, e_model{}) > 0);
}

TEST_CASE("the E-model finds nobody better than eligible") {
    CHECK(rating(501, 0) == 0);
    CHECK(rating(501, 0, {.latency_ceiling_ms = 2000}) > 0);
    CHECK(rating(20, 1) == 0);
    CHECK(e_model{}(network_metrics<>{}) == 0);
    CHECK(e_model{}(network_metrics<>{.latency_ms = 20, .packet_loss = 0, .failed = true}) == 0);
}

TEST_CASE("the E-model selects hosts like any other policy") {
    std::array const ids{0, 1, 2};
    auto const metrics = [](int id) {
        return network_metrics<float>{.latency_ms = 100.0f - 10.0f * static_cast<float>(id),
                                      .packet_loss = 0.01f * static_cast<float>(id)};
    };
    auto const best = select_best_host(ids, metrics, e_model{});
    REQUIRE(best);
    CHECK(best->host == 0);
    CHECK(best->score == about(93.2 - 1.2));
}

TEST_CASE("an E-model takes its rating apart") {
    auto const v = judge_host(network_metrics<>{.latency_ms = 100, .packet_loss = 0.01}, e_model{});
    REQUIRE(v.parts);
    CHECK(v.parts->latency_ms.lost == about(1.2));
    CHECK(v.parts->latency_ms.gained == about(92));
    CHECK(v.parts->packet_loss.lost == about(95 / 26.1));
    CHECK(v.parts->packet_loss.gained == about(93.2 - 95 / 26.1));
    CHECK(v.parts->bandwidth_mbps == metric_points{});
    CHECK(v.score == about(93.2 - v.parts->latency_ms.lost - v.parts->packet_loss.lost));
}

TEST_CASE("each wrong number of an E-model is named, and nobody is eligible by it") {
    struct wrong_model { std::string_view member; e_model model; };
    double const nan = oracle::nan(), infinity = oracle::infinity();
    std::initializer_list<wrong_model> const wrong = {
        {"ie", {.ie = -1}},
        {"ie", {.ie = 96}},
        {"ie", {.ie = nan}},
        {"bpl", {.bpl = 0}},
        {"bpl", {.bpl = infinity}},
        {"burst_r", {.burst_r = 0.5}},
        {"burst_r", {.burst_r = nan}},
        {"latency_ceiling_ms", {.latency_ceiling_ms = -1}},
        {"latency_ceiling_ms", {.latency_ceiling_ms = infinity}},
    };
    for (auto const& [member, model] : wrong) {
        CAPTURE(member);
        REQUIRE(model.error());
        CHECK(model.error()->member == member);
        CHECK(rating(20, 0, model) == 0);
        CHECK(model(network_metrics<>{.latency_ms = 20, .packet_loss = 0}) == 0);
        CHECK(judge_host(network_metrics<>{.latency_ms = 20}, model).reason ==
              exclusion::invalid_policy);
    }
    CHECK_FALSE(e_model{.ie = 95, .bpl = 1, .burst_r = 1}.error());
}

namespace {

e_model any_model(splitmix64& random) {
    return {.ie = random.one_in(2) ? 0 : random.fraction<double>(96 * 8, 3),
            .bpl = random.one_in(2) ? 25.1 : 1 + random.fraction<double>(40 * 8, 3),
            .burst_r = random.one_in(2) ? 1 : 1 + random.fraction<double>(32, 3)};
}

}  // namespace

TEMPLATE_TEST_CASE("the E-model is its documented formula, bounded", "", float, double) {
    for_all([](splitmix64& random) {
        auto const m = oracle::any_host<TestType>(random);
        auto const model = any_model(random);
        double const r = calculate_host_score(m, model);
        if (oracle::unusable(m, 1000) != exclusion::none) return r == 0;
        double const expected = documented_rating(
            *m.latency_ms, oracle::known(m.packet_loss).value_or(TestType{1}), model);
        return 0 <= r && r <= e_model::best_r && std::abs(r - expected) <= 1e-9;
    });
}

TEMPLATE_TEST_CASE("a worse metric never raises the rating of an E-model", "", float, double) {
    for_all([](splitmix64& random) {
        auto const [better, worse] = oracle::worsened_host<TestType>(random);
        auto const model = any_model(random);
        return calculate_host_score(worse, model) <= calculate_host_score(better, model);
    });
}

TEST_CASE("no loss is so little more that it raises the rating of an E-model") {
    for_all([](splitmix64& random) {
        auto const model = any_model(random);
        double const loss = random.fraction<double>(std::size_t{1} << 53, 53);
        return rating(0, oracle::after(loss), model) <= rating(0, loss, model);
    });
}

TEMPLATE_TEST_CASE("what a broken probe writes never raises the rating of an E-model", "", float,
                   double) {
    for_all([](splitmix64& random) {
        auto const [good, spoilt] = oracle::spoilt_host<TestType>(random);
        auto const model = any_model(random);
        return calculate_host_score(spoilt, model) <= calculate_host_score(good, model);
    });
}

TEST_CASE("the opinion score is the documented cubic from 1 to 4.5, and never falls") {
    CHECK(e_model_mos(0) == 1);
    CHECK(e_model_mos(3) == 1);
    CHECK(e_model_mos(6.4) == 1);
    CHECK(e_model_mos(6.6) > 1);
    CHECK(e_model_mos(60) == about(3.1));
    CHECK(e_model_mos(100) == 4.5);
    double before = 1;
    for (int n = 0; n <= 100'000; ++n) {
        double const r = n / 1000.0, mos = e_model_mos(r);
        if (mos < before || std::abs(mos - documented_mos(r)) > 1e-12) {
            CAPTURE(r, mos, before);
            CHECK(mos == about(documented_mos(r), 1e-12));
            CHECK(mos >= before);
            break;
        }
        before = mos;
    }
    CHECK(before == 4.5);
}

TEST_CASE("the opinion score of what is no rating is that of the nearest one") {
    CHECK(e_model_mos(-5) == 1);
    CHECK(e_model_mos(1e308) == 4.5);
    CHECK(e_model_mos(oracle::nan()) == 1);
    CHECK(e_model_mos(oracle::infinity()) == 4.5);
    CHECK(e_model_mos(oracle::minus_infinity()) == 1);
}

TEST_CASE("the E-model has nothing to explain of a host that is not eligible") {
    CHECK(e_model{}.explain(network_metrics<>{}) == score_parts{});
    CHECK(e_model{}.explain(network_metrics<>{.latency_ms = 20, .failed = true}) == score_parts{});
    CHECK(e_model{.bpl = 0}.explain(network_metrics<>{.latency_ms = 20}) == score_parts{});
}

namespace {

struct throws_in_explaining {
    double operator()(network_metrics<> const&) const noexcept { return 1; }
    score_parts explain(network_metrics<> const&) const { return {}; }
};

}  // namespace

static_assert(noexcept(judge_host(network_metrics<>{}, e_model{})));
static_assert(!noexcept(judge_host(network_metrics<>{}, throws_in_explaining{})));
