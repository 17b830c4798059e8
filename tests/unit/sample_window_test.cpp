// SPDX-License-Identifier: MIT
#include <hostpick/rolling/quantile.hpp>
#include <hostpick/rolling/sample_window.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

using namespace hostpick::rolling;
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

#ifndef __FAST_MATH__  // which may take the sum for a difference that overflows
TEST_CASE("a quantile between the largest numbers is a number") {
    sample_window<double, 4> window;
    window.push(1.7e308), window.push(-1.7e308);
    CHECK(*window.quantile(0.5) == 0);
    CHECK(*window.quantile(0.75) == Catch::Approx(8.5e307));
}
#endif
