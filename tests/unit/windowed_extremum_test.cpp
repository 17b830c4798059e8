// SPDX-License-Identifier: MIT
#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/windowed_extremum.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

using namespace hostpick::rolling;
using namespace std::chrono_literals;
using oracle::splitmix64;

static_assert([] {
    windowed_min<double, 64> quickest{10s};
    quickest.push(31.5, 5s);
    return quickest.value(8s) == 31.5 && !quickest.value(15s);
}());

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
