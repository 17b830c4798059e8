// SPDX-License-Identifier: MIT
#include <hostpick/rolling/adaptive_rtt.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <vector>

using namespace hostpick::rolling;
using oracle::splitmix64;

static_assert(std::is_trivially_copyable_v<adaptive_rtt>);
static_assert(sizeof(adaptive_rtt) <= 128);
static_assert([] {
    adaptive_rtt rtt;
    for (double const ms : {40, 44, 42, 42}) rtt.push_ms(ms);
    double const before = *rtt.level_ms();
    rtt.push_ms(120);
    return before > 41.9 && before < 42.1 && *rtt.level_ms() > 115;
}());

namespace {

adaptive_rtt after(std::vector<double> const& samples) {
    adaptive_rtt rtt;
    for (double const ms : samples) rtt.push_ms(ms);
    return rtt;
}

/// Nearly normal: mean 0, deviation 1.
double normal(splitmix64& random) {
    double sum = -6;
    for (int n = 0; n < 12; ++n) sum += random.fraction<double>(1 << 20, 20);
    return sum;
}

std::vector<double> noisy(double level_ms, double noise, std::size_t count, splitmix64& random) {
    std::vector<double> samples;
    for (std::size_t n = 0; n < count; ++n)
        samples.push_back(level_ms * std::max(0.1, 1 + noise * normal(random)));
    return samples;
}

bool same(adaptive_rtt const& a, adaptive_rtt const& b) {
    return a.level_ms() == b.level_ms() && a.level_variance_ms2() == b.level_variance_ms2() &&
           a.noise() == b.noise() && a.run() == b.run() && a.changed() == b.changed() &&
           a.hazard() == b.hazard() && a.change_odds(77) == b.change_odds(77);
}

/// The same estimate from its description, with what the library does without: exact arithmetic
/// is not wanted, but other formulas for the same numbers.
struct reference {
    struct memory {
        long double forgets, level, weight;
    };
    std::vector<memory> memories{{1 / 64.0L, 0, 0}, {1 / 12.0L, 0, 0}, {1 / 3.0L, 0, 0}};
    std::vector<long double> samples{};
    long double noise = 0.2L, run = 0, jumps = 0.1L, weighed = 20, changed = 0;

    static long double bell(long double distance, long double deviation) {
        long double const u = std::pow(distance / deviation, 2.0L) / 2;
        return 1 / deviation /
               (1 + u + std::pow(u, 2.0L) / 2 + std::pow(u, 3.0L) / 6 + std::pow(u, 4.0L) / 24);
    }
    static long double apart(long double a, long double b) { return 2 * (a - b) / (a + b); }

    [[nodiscard]] long double level() const {
        long double sum = 0;
        for (auto const& m : memories) sum += m.weight * m.level;
        return sum;
    }
    [[nodiscard]] long double stayed(memory const& m, long double x) const {
        return bell(apart(x, m.level), noise * (1 + std::max(m.forgets, 1 / run) / 2));
    }
    [[nodiscard]] long double stayed(long double x) const {
        long double sum = 0;
        for (auto const& m : memories) sum += m.weight * stayed(m, x);
        return sum;
    }
    [[nodiscard]] long double jumped(long double x) const {
        return bell(apart(x, level()), noise * (1 + 1 / run / 2) + 0.5L);
    }
    [[nodiscard]] long double odds(long double x) const {
        long double const h = jumps / weighed;
        return jumped(x) / (h * jumped(x) + (1 - h) * stayed(x));
    }

    void push(long double ms, long double told) {
        long double const x = std::max(ms, 1.0L);
        if (samples.empty()) {
            for (auto& m : memories) m.level = x, m.weight = 1.0L / 3;
            run = 1;
        } else {
            long double const d = std::abs(apart(x, samples.back())) / std::sqrt(2.0L);
            auto const count = static_cast<long double>(samples.size());
            long double const step = 1 + std::max(0.03L, 0.5L / count);
            noise = d / noise > 0.6744897501960817L ? noise * step : noise / step;
            noise = std::clamp(noise, 0.002L, 0.5L);
            long double const h = jumps / weighed, all = stayed(x);
            long double const own = (1 - told) * h * jumped(x) / (h * jumped(x) + (1 - h) * all);
            changed = told + own;
            jumps += own;
            weighed += 1;
            for (auto& m : memories) {
                long double const fits = m.weight * stayed(m, x) / all;
                m.weight = 0.995L * (fits + changed * (m.weight - fits)) + 0.005L / 3;
            }
            for (auto& m : memories) {
                long double const gain = std::max(m.forgets, 1 / (run + 1));
                long double const mean = m.level + gain * (x - m.level);
                m.level = mean + changed * (x - mean);
            }
            run = (1 - changed) * (run + 1) + changed;
        }
        samples.push_back(x);
    }
};

}  // namespace

TEST_CASE("before the first sample nothing is known of a path") {
    adaptive_rtt const rtt;
    CHECK_FALSE(rtt.level_ms());
    CHECK_FALSE(rtt.level_variance_ms2());
    CHECK_FALSE(rtt.noise());
    CHECK(rtt.run() == 0);
    CHECK(rtt.change_odds(50) == 1);
    CHECK(*after({50}).level_ms() == Catch::Approx(50));
    CHECK_FALSE(after({50}).noise());
}

TEST_CASE("samples that are all the same are the level, ever surer") {
    auto const ms = GENERATE(1.0, 38.5, 999.0, 1e9);
    CAPTURE(ms);
    adaptive_rtt rtt;
    double before = 1e300;
    for (int n = 0; n < 60; ++n) {
        rtt.push_ms(ms);
        CHECK(*rtt.level_ms() == Catch::Approx(ms).epsilon(1e-12));
        CHECK(rtt.changed() < 0.5);
        CHECK(*rtt.level_variance_ms2() <= before);
        before = *rtt.level_variance_ms2();
    }
    CHECK(rtt.run() > 40);
    CHECK(*rtt.noise() < 0.02);  // 0.2 at first, less by 3 % a sample
}

TEST_CASE("on a path that is only noisy the level is nearer than the mean of the last five") {
    double ours = 0, newest_five = 0, noise = 0;
    for (std::size_t n = 0; n < 300; ++n) {
        splitmix64 random{n};
        auto const samples = noisy(80, 0.1, 200, random);
        adaptive_rtt const rtt = after(samples);
        double five = 0;
        for (std::size_t i = 195; i < 200; ++i) five += samples[i] / 5;
        ours += std::pow(*rtt.level_ms() - 80, 2);
        newest_five += std::pow(five - 80, 2);
        noise += *rtt.noise() / 300;
    }
    CHECK(ours < newest_five / 3);
    CHECK(noise == Catch::Approx(0.1).margin(0.02));
}

TEST_CASE("a path that jumped is followed at once, and further samples count anew") {
    auto const factor = GENERATE(0.25, 0.5, 2.0, 5.0);
    CAPTURE(factor);
    splitmix64 random{1};
    adaptive_rtt rtt = after(noisy(100, 0.05, 100, random));
    rtt.push_ms(100 * factor);
    CHECK(rtt.changed() > 0.9);
    CHECK(rtt.run() < 10);
    CHECK(*rtt.level_ms() == Catch::Approx(100 * factor).epsilon(0.1));
    for (double const ms : noisy(100 * factor, 0.05, 10, random)) rtt.push_ms(ms);
    CHECK(*rtt.level_ms() == Catch::Approx(100 * factor).epsilon(0.05));
}

TEST_CASE("a path that drifts is followed more closely than the mean of all it did") {
    double ours = 0, mean_of_all = 0, newest = 0;
    for (std::size_t n = 0; n < 100; ++n) {
        splitmix64 random{n};
        adaptive_rtt rtt;
        double level = 100, sum = 0;
        for (int i = 1; i <= 300; ++i) {
            level *= std::clamp(1 + 0.03 * normal(random), 0.8, 1.25);
            double const ms = level * std::max(0.1, 1 + 0.1 * normal(random));
            rtt.push_ms(ms);
            sum += ms;
            if (i <= 100) continue;
            ours += std::pow(*rtt.level_ms() / level - 1, 2);
            mean_of_all += std::pow(sum / i / level - 1, 2);
            newest += std::pow(ms / level - 1, 2);
        }
    }
    CHECK(ours < mean_of_all / 4);
    CHECK(ours < newest / 2);
}

TEST_CASE("a spike is over when the next sample is back") {
    splitmix64 random{3};
    adaptive_rtt rtt = after(noisy(50, 0.05, 100, random));
    rtt.push_ms(800);
    rtt.push_ms(50);
    CHECK(*rtt.level_ms() == Catch::Approx(50).epsilon(0.05));
    CHECK(rtt.hazard() > 1.5 / 120);  // but it is remembered that the path does this
}

TEST_CASE("what other paths say of a jump decides where the sample alone does not") {
    splitmix64 random{4};
    adaptive_rtt const calm = after(noisy(100, 0.05, 50, random));
    adaptive_rtt alone = calm, told = calm;
    CHECK(calm.change_odds(200) > 10);
    CHECK(calm.change_odds(100) < 1);
    alone.push_ms(110);
    told.push_ms(110, 1.0);
    CHECK(*alone.level_ms() < 104);
    CHECK(*told.level_ms() == Catch::Approx(110));
    CHECK(told.changed() == 1);
    CHECK(told.run() == Catch::Approx(1));
    CHECK(told.hazard() < alone.hazard());  // its cause is elsewhere

    adaptive_rtt odd = calm;
    odd.push_ms(101, oracle::nan());
    adaptive_rtt plain = calm;
    plain.push_ms(101);
    CHECK(same(odd, plain));
    odd = calm;
    odd.push_ms(101, -3);
    CHECK(same(odd, plain));
}

TEST_CASE("a path that may have jumped unseen is less sure, and as near") {
    splitmix64 random{5};
    adaptive_rtt rtt = after(noisy(100, 0.05, 50, random));
    double const level = *rtt.level_ms(), variance = *rtt.level_variance_ms2();
    rtt.doubt(0);
    CHECK(*rtt.level_variance_ms2() == variance);
    rtt.doubt(1);
    CHECK(*rtt.level_ms() == level);
    CHECK(*rtt.level_variance_ms2() > 10 * variance);
    adaptive_rtt unknown;
    unknown.doubt(1);
    CHECK_FALSE(unknown.level_ms());
}

TEST_CASE("a bad sample changes nothing but a counter of an adaptive round trip") {
    splitmix64 random{6};
    adaptive_rtt rtt = after(noisy(100, 0.05, 20, random));
    adaptive_rtt const before = rtt;
    CHECK(rtt.push_ms(oracle::nan()) == push_result::not_finite);
    CHECK(rtt.push_ms(oracle::infinity()) == push_result::not_finite);
    CHECK(rtt.push_ms(oracle::minus_infinity(), 1) == push_result::not_finite);
    CHECK(rtt.push_ms(-1, 1) == push_result::negative);
    CHECK(rtt.push_ms(1e300) == push_result::too_large);
    CHECK(rtt.refused() == 5);
    CHECK(same(rtt, before));
    CHECK(before.change_odds(oracle::nan()) == 1);
    CHECK(before.change_odds(-1) == 1);
    CHECK(rtt.push_ms(0) == push_result::accepted);
    rtt.reset();
    CHECK_FALSE(rtt.level_ms());
    CHECK(rtt.refused() == 5);
    adaptive_rtt fresh;
    CHECK(same(rtt, fresh));
}

TEST_CASE("an adaptive round trip is what its description says") {
    for (std::size_t n = 0; n < 200; ++n) {
        splitmix64 random{n};
        adaptive_rtt rtt;
        reference expected;
        double level = 10 + static_cast<double>(random.below(300));
        double const noise = random.fraction<double>(20, 6);
        for (int i = 0; i < 120; ++i) {
            if (random.one_in(20)) level *= 0.25 + random.fraction<double>(4 << 10, 10);
            if (random.one_in(3)) level *= 1 + noise / 4 * (random.one_in(2) ? 1 : -0.5);
            double const ms = std::max(0.0, level * (1 + noise * normal(random)));
            double const told = random.one_in(10) ? random.fraction<double>(17, 4) : 0;
            if (i > 0) CHECK(rtt.change_odds(ms) == Catch::Approx(static_cast<double>(
                           expected.odds(std::max(ms, 1.0)))).epsilon(1e-6));
            rtt.push_ms(ms, told);
            expected.push(ms, told);
            CAPTURE(n, i, ms, told);
            REQUIRE(*rtt.level_ms() ==
                    Catch::Approx(static_cast<double>(expected.level())).epsilon(1e-6));
            CHECK(rtt.run() == Catch::Approx(static_cast<double>(expected.run)).epsilon(1e-6));
            CHECK(rtt.changed() ==
                  Catch::Approx(static_cast<double>(expected.changed)).epsilon(1e-6).margin(1e-9));
        }
    }
}

TEST_CASE("the level stays between the smallest and the largest sample, whatever comes") {
    for (std::size_t n = 0; n < 2000; ++n) {
        splitmix64 random{n};
        adaptive_rtt rtt;
        double least = 1e300, most = 0;
        for (std::size_t i = 0, count = 1 + random.below(60); i < count; ++i) {
            auto const latency = oracle::metric::latency;
            double const ms = random.one_in(8) ? oracle::extreme<double>(latency, random)
                                               : oracle::ordinary<double>(latency, random);
            double const told = random.one_in(5) ? random.fraction<double>(17, 4) : 0;
            if (random.one_in(9)) rtt.doubt(told);
            if (was_refused(rtt.push_ms(ms, told))) continue;
            least = std::min(least, std::max(ms, adaptive_rtt::shortest_ms));
            most = std::max(most, std::max(ms, adaptive_rtt::shortest_ms));
            CAPTURE(n, i, ms, told);
            REQUIRE(*rtt.level_ms() >= least * (1 - 1e-9));
            REQUIRE(*rtt.level_ms() <= most * (1 + 1e-9));
            REQUIRE(*rtt.level_variance_ms2() > 0);
            REQUIRE(oracle::finite(*rtt.level_variance_ms2()));
            REQUIRE(rtt.changed() >= 0);
            REQUIRE(rtt.changed() <= 1);
            REQUIRE(rtt.hazard() > 0);
            REQUIRE(rtt.hazard() < 1);
            REQUIRE(rtt.change_odds(ms) >= 0);
            REQUIRE(oracle::finite(rtt.change_odds(ms)));
        }
    }
}
