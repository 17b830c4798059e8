// SPDX-License-Identifier: MIT
#include <hostpick/rolling/ageing.hpp>
#include <hostpick/rolling/histogram_window.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/quantile.hpp>
#include <hostpick/rolling/sample_window.hpp>
#include <hostpick/rolling/windowed_extremum.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

using namespace hostpick::rolling;
using namespace std::chrono_literals;
using oracle::splitmix64;

static_assert([] {
    std::array<unsigned, 3> numbers{4, 0, 1};
    return quantile<unsigned>(numbers, 0.75) == 2.5;
}());
static_assert([] {
    sample_window<double, 32> rtts;
    for (double const rtt : {20.0, 31.0, 24.0}) rtts.push(rtt);
    return rtts.quantile(0.5) == 24.0;
}());
static_assert([] {
    windowed_min<double, 64> quickest{10s};
    quickest.push(31.5, 5s);
    return quickest.value(8s) == 31.5 && !quickest.value(15s);
}());
static_assert(aged_upwards(30.0, 200.0, 0.5) == 115.0);

TEST_CASE("time between two points never overflows") {
    CHECK(elapsed(1s, 3s) == 2s);
    CHECK(elapsed(3s, 1s) == 0s);
    CHECK(elapsed(instant::min(), instant::max()) == instant::max());
    CHECK(elapsed(instant::min(), 0s) == instant::max());
    CHECK(elapsed(instant::max(), instant::min()) == 0s);
}

TEST_CASE("a windowed minimum forgets nothing that may yet be one") {
    // Three samples for the whole window report 40 at the sixth reading, after quiche's own test.
    windowed_min<int, 16> window{99ms};
    std::vector<int> read;
    for (int n = 0; n < 7; ++n) {
        instant const now = 25ms * n;
        window.push(10 * (n + 1), now);
        read.push_back(*window.value(now));
    }
    CHECK(read == std::vector{10, 10, 10, 10, 20, 30, 40});
}

TEST_CASE("a windowed extremum is that of the samples in the window") {
    std::size_t operations = 0;
    for (std::uint64_t seed = 1; operations < HOSTPICK_TEST_CASES; ++seed) {
        splitmix64 random{seed * 0x1'0000'0000u};
        windowed_min<int, 8> least{100ms};
        windowed_max<int, 8> most{100ms};
        std::deque<std::pair<instant, int>> all;
        instant now{};
        bool good = true;
        for (int n = 0; n < 500 && good; ++n, ++operations) {
            if (random.one_in(2)) now += std::chrono::milliseconds{random.below(random.one_in(30) ? 200 : 30)};
            int const x = static_cast<int>(random.below(random.one_in(2) ? 5 : 1000));
            instant const then = random.one_in(9) ? now - 1s : now;
            least.push(x, then), most.push(x, then);
            all.emplace_back(all.empty() ? then : std::max(then, all.back().first), x);
            instant const read_at = now + std::chrono::milliseconds{random.below(120)};
            // Exact over the samples that are in the window and among the last 8.
            std::optional<int> low, high, sure_low, sure_high;
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (read_at - all[i].first >= 100ms) continue;
                auto const y = all[i].second;
                low = std::min(low.value_or(y), y), high = std::max(high.value_or(y), y);
                if (i + 8 < all.size()) continue;
                sure_low = std::min(sure_low.value_or(y), y), sure_high = std::max(sure_high.value_or(y), y);
            }
            auto const l = least.value(read_at), h = most.value(read_at);
            good = l.has_value() == low.has_value() && h.has_value() == high.has_value() &&
                   (!l || (*l >= *low && *h <= *high && (!sure_low || (*l <= *sure_low && *h >= *sure_high))));
            if (all.size() > 40) all.pop_front();
        }
        INFO("seed " << seed);
        REQUIRE(good);
    }
}

TEST_CASE("a windowed extremum of no numbers is none, and NaN is refused") {
    windowed_min<double, 4> window{1s};
    CHECK_FALSE(window.value(0s));
    CHECK(window.push(oracle::nan(), 0s) == push_result::not_finite);
    CHECK(window.push(oracle::infinity(), 0s) == push_result::not_finite);
    CHECK_FALSE(window.value(0s));
    CHECK(window.refused() == 2);
    window.push(3, 0s);
    CHECK(*window.value(1s - 1ns) == 3);
    CHECK_FALSE(window.value(1s));
    window.reset();
    CHECK_FALSE(window.value(0s));
}

TEST_CASE("a window of samples has the quantiles of its last numbers") {
    std::size_t operations = 0;
    for (std::uint64_t seed = 1; operations < HOSTPICK_TEST_CASES / 10; ++seed) {
        splitmix64 random{seed * 0x1'0000'0000u};
        sample_window<double, 9> window;
        std::deque<double> last;
        bool good = true;
        for (int n = 0; n < 100 && good; ++n, ++operations) {
            double const x = static_cast<double>(random.below(random.one_in(2) ? 4 : 1000)) / 8;
            window.push(x);
            last.push_back(x);
            if (last.size() > 9) last.pop_front();
            std::vector<double> numbers(last.begin(), last.end());
            double const q = static_cast<double>(random.below(101)) / 100;
            auto const expected = quantile<double>(numbers, q);
            std::sort(numbers.begin(), numbers.end());
            good = std::equal(numbers.begin(), numbers.end(), window.sorted().begin(), window.sorted().end()) &&
                   window.quantile(q) == expected && window.smallest() == numbers.front() && window.largest() == numbers.back();
        }
        INFO("seed " << seed);
        REQUIRE(good);
    }
}

TEST_CASE("quantiles of textbooks") {
    sample_window<double, 20> window;
    CHECK_FALSE(window.quantile(0.5));
    CHECK_FALSE(window.smallest());
    CHECK_FALSE(window.largest());
    // The twenty observations of the P-square paper, whose estimate of the median is 4.44.
    for (double const x : {.02, .15, .74, 3.39, .83, 22.37, 10.15, 15.43, 38.62, 15.92, 34.60, 10.28, 1.47, .40, .05,
                           11.39, .27, .42, .09, 11.37})
        window.push(x);
    CHECK(*window.quantile(0.5) == Catch::Approx(2.43));
    CHECK(*window.quantile(0) == .02);
    CHECK(*window.quantile(1) == 38.62);
    for (double const q : {-0.01, 1.01, oracle::nan()}) CHECK_FALSE(window.quantile(q));
    CHECK(window.push(oracle::nan()) == push_result::not_finite);
    CHECK(window.push(oracle::minus_infinity()) == push_result::not_finite);
    CHECK(window.refused() == 2);
    CHECK(*window.quantile(0.5) == Catch::Approx(2.43));
    window.reset();
    CHECK(window.size() == 0);
    CHECK_FALSE(window.quantile(0.5));
    std::vector<int> none;
    CHECK_FALSE(quantile<int>(none, 0.5));
}

TEST_CASE("a quantile is that of the sorted numbers, however many there are") {
    splitmix64 random{11};
    for (int round = 0; round < 500; ++round) {
        std::vector<double> numbers(1 + random.below(300));
        for (double& x : numbers) x = static_cast<double>(random.below(1000));
        double const q = static_cast<double>(random.below(1001)) / 1000;
        double const given = *quantile<double>(numbers, q);
        std::sort(numbers.begin(), numbers.end());
        double const place = q * static_cast<double>(numbers.size() - 1);
        auto const low = static_cast<std::size_t>(place), high = std::min(low + 1, numbers.size() - 1);
        CHECK(given == Catch::Approx(numbers[low] + (place - std::floor(place)) * (numbers[high] - numbers[low])));
    }
}

TEST_CASE("a histogram's quantile is off by a thirty-second at most") {
    splitmix64 random{7};
    for (int round = 0; round < 300; ++round) {
        histogram_window<256> window;
        std::deque<double> last;
        CHECK_FALSE(window.quantile(0.5));
        std::uint32_t const bits = 1 + static_cast<std::uint32_t>(random.below(32));
        bool good = true;
        for (int n = 0; n < 600; ++n) {
            auto const x = static_cast<std::uint32_t>(random.below(std::uint64_t{1} << bits));
            window.push(x);
            last.push_back(x);
            if (last.size() > 256) last.pop_front();
            if (!random.one_in(20)) continue;
            std::vector<double> numbers(last.begin(), last.end());
            std::sort(numbers.begin(), numbers.end());
            for (double const q : {0.0, 0.25, 0.5, 0.95, 1.0}) {
                auto const place = static_cast<std::size_t>(q * static_cast<double>(numbers.size() - 1) + 0.5);
                double const exact = numbers[place];
                good = good && std::abs(*window.quantile(q) - exact) <= (exact < 32 ? 0 : exact / 32);
            }
        }
        CAPTURE(bits);
        CHECK(good);
    }
    histogram_window<2> window;
    for (std::uint32_t const x : {0u, 0xFFFF'FFFFu}) window.push(x);
    CHECK(*window.quantile(0) == 0);
    CHECK(*window.quantile(1) == Catch::Approx(4294967295.0).epsilon(1.0 / 32));
    for (double const q : {-0.01, 1.01, oracle::nan()}) CHECK_FALSE(window.quantile(q));
    window.reset();
    CHECK_FALSE(window.quantile(0.5));
}

TEST_CASE("what ages gets worse, then unknown, and never better") {
    lifetime const life{10s, 60s};
    CHECK(life.freshness(0s) == 1);
    CHECK(life.freshness(10s) == 1);
    CHECK(life.freshness(35s) == 0.5);
    CHECK(life.freshness(60s) == 0);
    CHECK(lifetime{10s, 5s}.freshness(10s) == 1);
    CHECK(lifetime{10s, 5s}.freshness(11s) == 0);
    CHECK(*aged_upwards(30, 200, 1) == 30);
    CHECK(*aged_upwards(300, 200, 0.25) == 300);
    CHECK_FALSE(aged_upwards(30, 200, 0));
    CHECK_FALSE(aged_upwards(std::nullopt, 200, 1));
    CHECK(*aged_downwards(20, 1, 0.5) == 10.5);
    CHECK(*aged_downwards(0.5, 1, 0.5) == 0.5);
    CHECK_FALSE(aged_downwards(20, 1, 0));
    CHECK_FALSE(aged_downwards(std::nullopt, 1, 1));
}
