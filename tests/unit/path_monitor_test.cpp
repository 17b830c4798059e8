// SPDX-License-Identifier: MIT
#include <hostpick/rolling/path_monitor.hpp>
#include <hostpick/score.hpp>
#include <hostpick/verdict.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>

using namespace hostpick;
using namespace hostpick::rolling;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

/// A probe a second; `replies(n)` says whether the n-th is answered.
template <std::size_t N, class Replies>
instant probe(path_monitor<N>& path, instant now, int count, Replies replies) {
    for (int n = 0; n < count; ++n, now += 1s) {
        auto const sequence = path.sent(now);
        if (replies(n)) path.reply(sequence, now + 20ms + 1ms * (n % 2));
        path.advance(now + 999ms);
    }
    path.advance(now);
    return now;
}
bool always(int) { return true; }
bool never(int) { return false; }

static_assert([] {
    instant const now = 5s;
    path_monitor<64> path;
    auto const sequence = path.sent(now);
    path.reply(sequence, now + 20ms);
    path.advance(now + 2s);
    return path.metrics(now + 2s).latency_ms == 20.0;
}());

}  // namespace

TEST_CASE("a path that was never heard of is not eligible, and not failed until it had its chance") {
    path_monitor<16> path;
    CHECK(path.metrics(0s) == network_metrics<>{});
    path.sent(3s), path.sent(4s);
    path.advance(5s);
    CHECK(judge_host(path.metrics(5s)).reason == exclusion::latency_missing);
    CHECK(path.confidence(5s) == 0);
    path.sent(5s);
    path.advance(6s);
    CHECK(path.failed());
    CHECK(judge_host(path.metrics(6s)).reason == exclusion::failed);
    CHECK(judge_host(path.pessimistic_metrics(6s)).reason == exclusion::failed);
}

TEST_CASE("probes become metrics") {
    path_monitor<16> path;
    instant const now = probe(path, 0s, 10, [](int n) { return n != 4; });
    auto const m = path.metrics(now);
    CHECK(*m.latency_ms == Catch::Approx(20 + 5.0 / 9));
    CHECK(*m.packet_loss == Catch::Approx(0.1));
    CHECK(*m.jitter_ms == 1);
    CHECK_FALSE(m.bandwidth_mbps);
    CHECK_FALSE(m.failed);
    CHECK(path.confidence(now) == 10.0 / 16);
}

TEST_CASE("ten perfect probes do not beat a thousand with one loss") {
    auto const long_known = std::make_unique<path_monitor<1024>>();
    instant const now = probe(*long_known, 0s, 1000, [](int n) { return n != 500; });
    auto const new_comer = std::make_unique<path_monitor<1024>>();
    REQUIRE(probe(*new_comer, now - 10s, 10, always) == now);
    CHECK(calculate_host_score(new_comer->metrics(now)) >= calculate_host_score(long_known->metrics(now)));
    CHECK(calculate_host_score(new_comer->pessimistic_metrics(now)) <
          calculate_host_score(long_known->pessimistic_metrics(now)));
}

TEST_CASE("the more is known, the less pessimistic") {
    path_monitor<256> path;
    instant now{};
    double before = 0;
    for (int n = 0; n < 200; ++n) {
        now = probe(path, now, 1, always);
        double const score = calculate_host_score(path.pessimistic_metrics(now));
        CHECK(score <= calculate_host_score(path.metrics(now)));
        CHECK(score >= before);
        before = score;
    }
}

TEST_CASE("a silent host fails after the outage's length, not at its first loss") {
    path_monitor<64> path;
    instant now = probe(path, 0s, 30, always);
    for (int lost = 1; lost <= 2; ++lost) {
        now = probe(path, now, 1, never);
        CHECK_FALSE(path.failed());
    }
    now = probe(path, now, 1, never);
    CHECK(path.failed());
    CHECK(path.metrics(now).failed);
    // Back, it is trusted with the fifth reply.
    for (int replies = 1; replies <= 4; ++replies) {
        now = probe(path, now, 1, always);
        CHECK(path.failed());
    }
    now = probe(path, now, 1, always);
    CHECK_FALSE(path.failed());
    CHECK(*path.metrics(now).packet_loss == Catch::Approx(3.0 / 38));
}

TEST_CASE("only replies that count bring trust back") {
    path_monitor<64> path;
    instant now = probe(path, 0s, 10, always);
    now = probe(path, now, 5, never);
    for (int n = 0; n < 9; ++n) path.reply(3, 3s + 20ms);  // duplicates
    CHECK(path.failed());
}

TEST_CASE("without a loss there is no outage, however short it may be") {
    path_monitor<64> path{{.outage = 0s, .outage_probes = 0}};
    instant now = probe(path, 0s, 3, always);
    CHECK_FALSE(path.failed());
    now = probe(path, now, 1, never);
    CHECK(path.failed());
}

TEST_CASE("pessimistic means are the upper ends of what the samples leave open") {
    path_monitor<64> path;
    instant const now = probe(path, 0s, 9, always);  // 20, 21, ... 20 ms
    auto const p = path.pessimistic_metrics(now);
    double const mean = 20 + 4.0 / 9, deviation = std::sqrt((5 * 16 + 4 * 25) / 81.0 / 8);
    CHECK(*p.latency_ms == Catch::Approx(mean + 2.306 * deviation / 3));
    CHECK(*p.jitter_ms == Catch::Approx(1));
    CHECK(*p.packet_loss == Catch::Approx(0.299145));
    path_monitor<64> one;
    probe(one, 0s, 1, always);
    CHECK(*one.pessimistic_metrics(1s).latency_ms == 200);
    CHECK_FALSE(one.pessimistic_metrics(1s).jitter_ms);
}

TEST_CASE("quick losses are no outage before its time has passed, nor is a pause of ours") {
    path_monitor<64> path{{.probe_timeout = 200ms}};
    probe(path, 0s, 5, always);
    instant now = 10s;
    for (int n = 0; n < 20; ++n, now += 100ms) path.sent(now), path.advance(now);
    path.advance(now + 1h);
    CHECK(path.probes().counters().lost == 20);
    CHECK_FALSE(path.failed());
    path_monitor<64> other{{.probe_timeout = 200ms}};
    probe(other, 0s, 5, always);
    for (now = 10s; now <= 13s; now += 100ms) other.sent(now), other.advance(now);
    CHECK(other.failed());
}

TEST_CASE("an outage is seen however fast one probes, and however seldom one asks") {
    for (auto const every : {10ms, 16ms, 33ms, 500ms})
        for (int const advances : {1, 7, 60}) {
            path_monitor<128> path;
            instant now{};
            auto const run = [&](std::chrono::seconds duration, bool answered) {
                int n = 0;
                for (instant const end = now + duration; now < end; now += every) {
                    auto const sequence = path.sent(now);
                    if (answered) path.reply(sequence, now + 20ms);
                    if (++n % advances == 0) path.advance(now);
                }
            };
            run(10s, true);
            CHECK_FALSE(path.failed());
            run(300s, false);
            path.advance(now);
            CHECK(path.failed());
            CHECK(calculate_host_score(path.metrics(now)) == 0);
        }
    // A reply that came after the outage does not hide it from who asks late.
    path_monitor<64> path;
    instant now = probe(path, 0s, 10, always);
    for (int n = 0; n < 8; ++n, now += 1s) path.sent(now);
    path.reply(path.sent(now), now + 20ms);
    path.advance(now + 1s);
    CHECK(path.failed());
}

TEST_CASE("old measurements do not come back with one new reply") {
    path_monitor<64> path;
    path.train({push_result::accepted, 50.0}, 0s);
    instant now = probe(path, 0s, 64, always) + 24h;
    CHECK(path.metrics(now) == network_metrics<>{});
    path.reply(path.sent(now), now + 900ms);
    path.train({push_result::accepted, 0.5}, now);
    path.advance(now + 1s);
    auto const m = path.metrics(now + 1s);
    CHECK(*m.latency_ms == 900);
    CHECK(*m.bandwidth_mbps == 0.5);
    CHECK_FALSE(m.jitter_ms);
    CHECK(path.confidence(now + 1s) == 1.0 / 64);
}

TEST_CASE("an old measurement of bandwidth is not outdone by what the host says of itself") {
    path_monitor<64> path;
    path.declare_bandwidth(100);
    path.train({push_result::accepted, 2.0}, 0s);
    double before = 2;
    for (auto age = 0min; age < 120min; age += 1min) {
        double const mbps = *path.metrics(age).bandwidth_mbps;
        CHECK(mbps <= before);
        before = mbps;
    }
}

TEST_CASE("a prior that is left out or no number is the usual one") {
    path_monitor<64> path{{.prior = {.latency_ms = oracle::infinity(), .packet_loss = 0.2}}};
    instant const now = probe(path, 0s, 1, always);
    CHECK(*path.metrics(now).latency_ms == 20);
    CHECK(*path.pessimistic_metrics(now).latency_ms == 200);
    CHECK(*path.metrics(now + 59s).latency_ms > 190);
}

TEST_CASE("a read in the past is one at the latest time") {
    path_monitor<64> path;
    instant const now = probe(path, 0s, 10, always);
    path.advance(now + 100s);
    CHECK(path.metrics(0s) == network_metrics<>{});
}

TEST_CASE("an outage that comes back in between counts replies anew") {
    path_monitor<64> path;
    instant now = probe(path, 0s, 10, always);
    now = probe(path, now, 5, never);
    now = probe(path, now, 4, always);
    now = probe(path, now, 5, never);
    now = probe(path, now, 4, always);
    CHECK(path.failed());
    now = probe(path, now, 1, always);
    CHECK_FALSE(path.failed());
}

TEST_CASE("what was measured moves to the prior, then to unknown") {
    path_monitor<16> path;
    path.train({push_result::accepted, 40.0}, 0s);
    probe(path, 0s, 16, always);
    instant const heard = 15s + 21ms;
    auto const fresh = path.metrics(heard + 10s);
    CHECK(*fresh.latency_ms == 20.5);
    auto const half = path.metrics(heard + 35s);
    CHECK(*half.latency_ms == Catch::Approx((20.5 + 200) / 2));
    CHECK(*half.packet_loss == Catch::Approx(0.05));
    CHECK(*half.jitter_ms == Catch::Approx((1 + 50) / 2.0));
    CHECK(*half.bandwidth_mbps == 40);
    auto const stale = path.metrics(heard + 60s);
    CHECK_FALSE(stale.latency_ms);
    CHECK_FALSE(stale.packet_loss);
    CHECK_FALSE(stale.jitter_ms);
    CHECK(path.confidence(heard + 60s) == 0);
    CHECK(*path.metrics(35min).bandwidth_mbps == Catch::Approx(20.5));
    CHECK_FALSE(path.metrics(1h).bandwidth_mbps);
    double before = 100;
    for (auto age = 0s; age < 70s; age += 1s) {
        double const score = calculate_host_score(path.metrics(heard + age));
        CHECK(score <= before);
        before = score;
    }
    CHECK(before == 0);
}

TEST_CASE("bandwidth is measured, else declared") {
    path_monitor<16> path;
    CHECK(path.declare_bandwidth(oracle::nan()) == push_result::not_finite);
    CHECK(path.declare_bandwidth(-1) == push_result::negative);
    CHECK_FALSE(path.metrics(0s).bandwidth_mbps);
    path.declare_bandwidth(5);
    CHECK(*path.metrics(0s).bandwidth_mbps == 5);
    for (double const mbps : {30.0, 20.0, 40.0}) path.train({push_result::accepted, mbps}, 0s);
    CHECK(path.train({push_result::app_limited, {}}, 0s) == push_result::app_limited);
    CHECK(*path.metrics(0s).bandwidth_mbps == 30);
    CHECK(*path.pessimistic_metrics(0s).bandwidth_mbps == 20);
    CHECK(*path.metrics(2h).bandwidth_mbps == 1);  // the prior: what it declares is no better known
}

TEST_CASE("another path starts anew") {
    path_monitor<16> path;
    instant const now = probe(path, 0s, 5, never);
    REQUIRE(path.failed());
    path.train({push_result::accepted, 40.0}, now);
    path.reset();
    CHECK_FALSE(path.failed());
    CHECK(path.metrics(now) == network_metrics<>{});
}

TEST_CASE("whatever happens, metrics are numbers that can be believed, or nothing") {
    std::size_t operations = 0;
    for (std::uint64_t seed = 1; operations < HOSTPICK_TEST_CASES; ++seed) {
        splitmix64 random{seed * 0x1'0000'0000u};
        path_monitor<16> path{{.outage = std::chrono::milliseconds{random.below(5000)},
                               .outage_probes = static_cast<std::uint32_t>(random.below(6))},
                              static_cast<std::uint32_t>(0u - random.below(50))};
        instant now{};
        std::uint32_t last = 0;
        bool good = true;
        for (int n = 0; n < 300 && good; ++n, ++operations) {
            now += std::chrono::milliseconds{random.below(random.one_in(20) ? 20000 : 400)};
            switch (random.below(4)) {
                case 0: last = path.sent(now); break;
                case 1: path.reply(last - static_cast<std::uint32_t>(random.below(3)), now); break;
                case 2: path.advance(now); break;
                default:
                    if (random.one_in(10)) path.train({push_result::accepted, static_cast<double>(random.below(100))}, now);
            }
            auto const m = path.metrics(now), p = path.pessimistic_metrics(now);
            auto const quantity = [](std::optional<double> const& x, double most) { return !x || (*x >= 0 && *x <= most); };
            good = quantity(m.latency_ms, 1000) && quantity(m.packet_loss, 1) && quantity(m.jitter_ms, 1000) &&
                   quantity(m.bandwidth_mbps, 100) && quantity(p.packet_loss, 1) && quantity(p.latency_ms, 1e5) &&
                   quantity(p.jitter_ms, 1e5) && m.latency_ms.has_value() == p.latency_ms.has_value() &&
                   m.failed == p.failed && calculate_host_score(p) <= calculate_host_score(m) &&
                   (!p.latency_ms || *p.latency_ms >= *m.latency_ms) && (!p.jitter_ms || *p.jitter_ms >= *m.jitter_ms) &&
                   (!p.packet_loss || *p.packet_loss >= *m.packet_loss);
        }
        INFO("seed " << seed);
        REQUIRE(good);
    }
}
