// SPDX-License-Identifier: MIT
#include <hostpick/rolling/throughput.hpp>

#include "catch2_compat.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

using namespace hostpick::rolling;
using namespace std::chrono_literals;

static_assert([] {
    throughput<64> link{10s};
    instant const now = 100s;
    bool const first = link.push(1'000'000, now) == push_result::baseline && !link.mbps(now);
    link.push(2'250'000, now + 1s);
    return first && link.mbps(now + 1s) == 10.0;
}());

TEST_CASE("a rate is all bits over all time, not a mean of rates") {
    throughput<8> link{1min};
    CHECK_FALSE(link.mbps(0s));
    for (auto const& [at, bytes] : {std::pair{0, 0}, {1, 1000}, {3, 1500}, {4, 3500}})
        link.push(static_cast<std::uint64_t>(bytes), std::chrono::seconds{at});
    CHECK(*link.mbps(4s) == Catch::Approx(875 * 8 / 1e6));
}

TEST_CASE("an idle link has a rate, an unknown one has none, and the first reading is no rate") {
    throughput<8> link{10s};
    CHECK(link.push(5'000'000'000, 1s) == push_result::baseline);
    CHECK_FALSE(link.mbps(2s));
    link.push(5'000'000'000, 2s);
    CHECK(*link.mbps(2s) == 0);
    CHECK_FALSE(link.mbps(12s));  // exactly as old as the window
    CHECK(*link.mbps(12s - 1ns) == 0);
}

TEST_CASE("durations are those that passed") {
    throughput<8> link{1min};
    link.push(0, 0s);
    link.push(1'250'000, 1s);       // one second, where five were planned
    CHECK(*link.mbps(1s) == 10);
    link.push(2'500'000, 6s + 1ms);
    CHECK(*link.mbps(7s) == Catch::Approx(20.0 / 6.001));
}

TEST_CASE("a counter that falls was reset, and its interval counts for nothing") {
    throughput<8> link{1min};
    link.push(1'000'000, 0s);
    link.push(2'250'000, 1s);
    CHECK(link.push(50, 2s) == push_result::counter_reset);
    CHECK(*link.mbps(2s) == 10);
    link.push(50 + 2'500'000, 3s);
    CHECK(*link.mbps(3s) == 15);
    CHECK(link.counters().resets == 1);
}

TEST_CASE("a counter of 32 bits wraps where that is believable, and else was reset") {
    counter_kind const kind{.wraps_at_32_bits = true, .most_mbps = 100};
    throughput<8> link{1min, kind};
    link.push(4'294'967'000, 0s);
    CHECK(link.push(1000, 1s) == push_result::accepted);
    CHECK(*link.mbps(1s) == Catch::Approx(1296 * 8 / 1e6));
    CHECK(link.push(0, 2s) == push_result::counter_reset);  // a wrap would be 34 Gbit/s
    CHECK(link.push(std::uint64_t{1} << 40, 3s) == push_result::too_large);
    CHECK(link.push(1'250'000, 4s) == push_result::accepted);
    CHECK(*link.mbps(4s) == Catch::Approx((1296 * 8 / 1e6 + 10) / 3));
}

TEST_CASE("a rate beyond belief and a clock that runs back change nothing but a counter") {
    throughput<8> link{1min, {.most_mbps = 1000}};
    link.push(0, 10s);
    link.push(1'250'000, 11s);
    CHECK(link.push(std::numeric_limits<std::uint64_t>::max(), 12s) == push_result::too_large);
    CHECK(link.push(2'500'000, 11s) == push_result::clock_ran_back);
    CHECK(link.push(2'500'000, 5s) == push_result::clock_ran_back);
    CHECK(*link.mbps(12s) == 10);
    link.push(2'500'000, 12s);
    CHECK(*link.mbps(12s) == 10);
    CHECK(link.counters().too_large == 1);
    CHECK(link.counters().clock_ran_back == 2);
    CHECK(link.counters().accepted == 2);
}

TEST_CASE("readings close together are one") {
    throughput<8> link{1min, {.shortest = 100ms}};
    link.push(0, 0s);
    CHECK(link.push(1'000'000, 1ms) == push_result::accepted);  // a burst of 8 Gbit/s
    CHECK_FALSE(link.mbps(1s));
    link.push(1'250'000, 1s);
    CHECK(*link.mbps(1s) == 10);
    link.push(1'260'000, 1s + 1ms, true);  // limited for a part of the interval
    link.push(2'500'000, 2s);
    CHECK(*link.capacity_hint_mbps(2s) == 10);
    CHECK_FALSE(link.capacity_hint_mbps(61s));
    CHECK(*link.mbps(61s) == 10);
}

TEST_CASE("what was limited by the application hints at no capacity") {
    throughput<4> link{10s};
    link.push(0, 0s);
    link.push(1'250'000, 1s, true);
    CHECK_FALSE(link.capacity_hint_mbps(1s));
    link.push(3'750'000, 2s);
    link.push(5'000'000, 3s);
    CHECK(*link.capacity_hint_mbps(3s) == 20);
    CHECK(*link.capacity_hint_mbps(12s - 1ns) == 20);
    CHECK(*link.capacity_hint_mbps(12s) == 10);
    CHECK_FALSE(link.capacity_hint_mbps(13s));
    link.reset();
    CHECK_FALSE(link.mbps(3s));
    CHECK(link.push(0, 3s) == push_result::baseline);
}

TEST_CASE("only the newest intervals are kept") {
    throughput<2> link{1h};
    std::uint64_t bytes = 0;
    link.push(bytes, 0s);
    for (int n = 1; n <= 5; ++n) link.push(bytes += 125'000u * static_cast<unsigned>(n), std::chrono::seconds{n});
    CHECK(*link.mbps(5s) == 4.5);
}

TEST_CASE("a counter that was set forward is believed again once its next reading follows") {
    throughput<8> link{10s};
    link.push(1000, 0s);
    CHECK(link.push(5'000'000'000'000'000, 1s) == push_result::too_large);
    CHECK(link.push(5'000'000'000'125'000, 2s) == push_result::counter_reset);
    CHECK_FALSE(link.mbps(2s));
    CHECK(link.push(5'000'000'000'250'000, 3s) == push_result::accepted);
    CHECK(*link.mbps(3s) == 1);
    CHECK(*link.capacity_hint_mbps(3s) == 1);
    // One reading alone that is far off changes nothing.
    CHECK(link.push(9'000'000'000'000'000, 4s) == push_result::too_large);
    CHECK(link.push(5'000'000'000'500'000, 5s) == push_result::accepted);
    CHECK(*link.mbps(5s) == 1);
}

TEST_CASE("what is booked at once is no rate, and the longest durations add up") {
    throughput<8> link{10s};
    link.push(0, 0s);
    link.push(1500, 1us);
    CHECK_FALSE(link.capacity_hint_mbps(1us));
    link.push(125'000, 1s);
    CHECK(*link.capacity_hint_mbps(1s) == 1);
    throughput<8> ages{instant::max()};
    ages.push(0, instant::min());
    ages.push(5, 5ns);
    ages.push(9, instant::max());
    CHECK(*ages.mbps(instant::max()) >= 0);
}
