// SPDX-License-Identifier: MIT
#include <hostpick/rolling/histogram_window.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

using namespace hostpick::rolling;
using oracle::splitmix64;

static_assert([] {
    histogram_window<1024> rtts_us;
    rtts_us.push(31'500);
    return rtts_us.quantile(0.95) == 31'231.5;
}());

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
