// SPDX-License-Identifier: MIT
#include <hostpick/profiles.hpp>
#include <hostpick/scored_table.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

template <class A, class B>
bool same_choices(A const& a, B const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto const& x, auto const& y) {
#ifdef __FAST_MATH__  // each call may be optimised in its own way, so equals may change places
        return x.score - y.score <= 1e-4 && y.score - x.score <= 1e-4;
#else
        return x == y;
#endif
    });
}

}  // namespace

TEST_CASE("kept scores choose as a scan of the table does") {
    std::size_t operations = 0;
    for (std::uint64_t seed = 1; operations < HOSTPICK_TEST_CASES; ++seed) {
        splitmix64 random{seed * 0x1'0000'0000u};
        score_policy policy = random.one_in(2) ? oracle::any_policy(random) : score_policy{};
        limits within = random.one_in(2) ? oracle::any_limits(random) : limits{};
        std::size_t const ids = 1 + random.below(random.one_in(20) ? 3000 : 60);
        scored_table<std::uint32_t> hosts{policy, within};
        bool const alike = random.one_in(4);
        bool good = true;
        for (std::size_t n = 0; n < 3 * ids && good; ++n, ++operations) {
            auto const id = static_cast<std::uint32_t>(random.below(ids) * 7919 % 65536);
            auto const m = alike ? network_metrics<float>{.latency_ms = static_cast<float>(random.below(3))}
                                 : oracle::any_host<float>(random);
            auto const now = std::chrono::seconds{n};
            switch (random.below(5)) {
                case 0: case 1: hosts.add(id, m, now); break;
                case 2: hosts.update(id, m, now); break;
                case 3: hosts.remove(id); break;
                default:
                    if (random.one_in(10)) hosts.expire(now - std::chrono::seconds{random.below(50)});
                    if (random.one_in(100)) {
                        policy = oracle::any_policy(random);
                        within = oracle::any_limits(random);
                        hosts.judge_by(policy, within);
                    }
            }
            if (!random.one_in(4)) continue;
            std::size_t const k = random.one_in(2) ? 1 + random.below(5) : random.below(100);
            std::vector<host_choice<std::uint32_t>> room(k);
            auto const odd = [](std::uint32_t i) { return i % 2 == 1; };
            bool const exclude = random.one_in(3);
            auto const expected = exclude ? select_top_hosts(hosts.table(), k, policy, constraints{within, odd})
                                          : select_top_hosts(hosts.table(), k, policy, within);
            good = same_choices(exclude ? select_top_hosts(hosts, room, odd) : select_top_hosts(hosts, room), expected);
            if (good && k > 0 && !exclude) {
                auto const best = select_best_host(hosts);
                good = best.has_value() == !expected.empty();
                if (best) good = same_choices(std::span{&*best, 1}, std::span{expected}.first(1));
            }
        }
        INFO("seed " << seed);
        REQUIRE(good);
    }
}

TEST_CASE("kept maxima are those of their groups") {
    splitmix64 random{7};
    scored_table<std::uint32_t> hosts;
    for (std::uint32_t n = 0; n < 1000; ++n) hosts.add(n, oracle::good_host<float>(random));
    for (int updates = 0; updates < 20'000; ++updates) {
        hosts.update(static_cast<std::uint32_t>(random.below(1000)), oracle::good_host<float>(random));
        if (updates % 100 != 0) continue;
        auto const maxima = hosts.maxima();
        for (std::size_t row = 0; row < 1000; row += maxima.rows) {
            auto const* const first = hosts.scores() + row;
            REQUIRE(maxima.numbers[row / maxima.rows] == *std::max_element(first, first + std::min<std::size_t>(maxima.rows, 1000 - row)));
        }
    }
}

#ifdef __cpp_exceptions
TEST_CASE("a host that cannot be added leaves the kept scores as they were") {
    for (std::size_t allowed = 0; allowed < 12; ++allowed) {
        scored_table<int> hosts;
        for (int n = 0; n < 256; ++n) hosts.add(n, network_metrics<>{.latency_ms = 30});
        bool failed = false;
        try {
            allocations::allow(allowed, [&] { hosts.add(256, network_metrics<>{.latency_ms = 20}); });
        } catch (std::bad_alloc const&) {
            failed = true;
        }
        CAPTURE(allowed);
        CHECK(select_best_host(hosts)->host == (failed ? 0 : 256));
        hosts.add(256, network_metrics<>{.latency_ms = 10});
        CHECK(select_best_host(hosts)->host == 256);
        CHECK(hosts.table().size() == 257);
    }
}
#endif

TEST_CASE("a predicate that cannot be copied excludes") {
    scored_table<int> hosts;
    for (int n = 0; n < 10; ++n) hosts.add(n, network_metrics<>{.latency_ms = 30});
    auto const excluded = [kept = std::make_unique<int>(3)](int id) { return id <= *kept; };
    CHECK(select_best_host(hosts, excluded)->host == 4);
    CHECK(select_top_hosts(hosts, 9, excluded).size() == 6);
}

TEST_CASE("kept scores follow their hosts") {
    host_table<int> table;
    for (int n = 0; n < 1000; ++n) table.add(n, network_metrics<float>{.latency_ms = static_cast<float>(100 + n % 50)});
    scored_table<int> hosts{table, latency_only};
    CHECK(select_best_host(hosts)->host == 0);
    CHECK(*hosts.score(*hosts.table().find(0)) == 50);
    hosts.update(700, network_metrics<float>{.latency_ms = 10.f});
    CHECK(select_best_host(hosts)->host == 700);
    CHECK(select_best_host(hosts, [](int id) { return id == 700; })->host == 0);
    hosts.update(700, network_metrics<float>{.latency_ms = 150.f});
    CHECK(select_best_host(hosts)->host == 0);
    hosts.remove(0);
    CHECK(select_best_host(hosts)->host == 50);
    hosts.judge_by({.latency_ms = {.weight = -1}});
    CHECK_FALSE(select_best_host(hosts));
    CHECK_FALSE(hosts.score(*hosts.table().find(1)));
    scored_table<int> const none;
    CHECK_FALSE(select_best_host(none));
}
