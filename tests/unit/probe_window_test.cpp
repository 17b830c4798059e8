// SPDX-License-Identifier: MIT
#include <hostpick/rolling/probe_window.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace hostpick::rolling;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

/// Sends a probe that is answered after `rtt`, or not at all.
template <class Window>
std::uint32_t probe(Window& window, instant now, std::optional<std::chrono::nanoseconds> rtt) {
    auto const sequence = window.sent(now);
    if (rtt) window.reply(sequence, now + *rtt);
    return sequence;
}

/// Round trips of probes that are sent one second apart, in milliseconds; a negative one is lost.
template <std::size_t N = 64>
probe_window<N> window_of(std::vector<double> const& rtts_ms) {
    probe_window<N> window{1s};
    instant now{};
    for (double const ms : rtts_ms) {
        now += 1s;
        probe(window, now,
              ms < 0 ? std::nullopt
                     : std::optional{std::chrono::nanoseconds{std::llround(ms * 1e6)}});
    }
    window.advance(now + 1s);
    return window;
}

// ---- at compile time

static_assert([] {
    probe_window<64> window{1s};
    instant const now = 5s;
    auto const sequence = window.sent(now);
    bool const accepted = window.reply(sequence, now + 20ms) == push_result::accepted;
    window.sent(now + 1s);
    window.advance(now + 2s);
    auto const all = window.all();
    return accepted && all.sent() == 2 && all.received() == 1 && all.lost() == 1 &&
           all.rtt_mean_ms() == 20.0 && all.packet_loss() == 0.5 && !all.jitter_ms();
}());

}  // namespace

TEST_CASE("nothing is known of a window before its first reply") {
    probe_window<8> window{1s};
    window.sent(0s);
    auto const all = window.all();
    CHECK(all.in_flight() == 1);
    CHECK_FALSE(all.packet_loss());
    CHECK_FALSE(all.rtt_mean_ms());
    CHECK_FALSE(all.rtt_min_ms());
    CHECK_FALSE(all.rtt_max_ms());
    CHECK_FALSE(all.rtt_deviation_ms());
    CHECK_FALSE(all.rtt_population_deviation_ms());
    CHECK_FALSE(all.rtt_quantile_ms(0.5));
    CHECK_FALSE(all.jitter_ms());
    CHECK_FALSE(all.jitter_deviation_ms());
    CHECK_FALSE(all.delay_variation_ms());
    CHECK_FALSE(all.loss().packet_loss_interval());
    CHECK_FALSE(window.heard_at());
}

TEST_CASE("jitter is the mean difference of adjacent round trips") {
    // stealthcopter/AndroidNetworkTools, issue 83: differences 48, 69, 33, 23.
    auto const window = window_of({136, 184, 115, 148, 125});
    CHECK(*window.all().jitter_ms() == 43.25);
    CHECK(*window.all().rtt_population_deviation_ms() == Catch::Approx(23.888072));
    CHECK(*window.all().rtt_deviation_ms() == Catch::Approx(26.707677));
    // Delays 20, 10, 20, 25, 20: IPDV -10, 10, 5, -5.
    CHECK(*window_of({20, 10, 20, 25, 20}).all().jitter_ms() == 7.5);
    CHECK(*window_of({20, 10, 20, 25, 20}).all().delay_variation_ms(1) == 15);
}

TEST_CASE("order decides jitter, not spread: a step, a swing and a ramp of the same numbers") {
    std::vector<double> step(32, 10), swing, ramp;
    step.insert(step.end(), 32, 30);
    for (int n = 0; n < 64; ++n) swing.push_back(n % 2 == 0 ? 10 : 30), ramp.push_back(10 + n);
    CHECK(*window_of(swing).all().jitter_ms() == 20);
    CHECK(*window_of(step).all().jitter_ms() == Catch::Approx(20.0 / 63));
    CHECK(*window_of(step).all().rtt_population_deviation_ms() == 10);
    CHECK(*window_of(swing).all().rtt_population_deviation_ms() == 10);
    CHECK(*window_of(ramp).all().jitter_ms() == 1);
    CHECK(*window_of(ramp).all().rtt_population_deviation_ms() == Catch::Approx(18.472953));
    CHECK(*window_of(ramp).all().delay_variation_ms() == Catch::Approx(59.85));
}

TEST_CASE("a lost probe breaks a pair, and is in no round trip") {
    // The sample in irtt's manual, in microseconds.
    auto const window = window_of({134.460, 99.455, -1});
    auto const all = window.all();
    CHECK(all.sums().rtt == 134460 + 99455);
    CHECK(all.sums().rtt_difference == 35005);
    CHECK(*all.rtt_mean_ms() == Catch::Approx(116.9575));
    CHECK(*all.rtt_deviation_ms() == Catch::Approx(24.752).margin(0.001));
    CHECK(*all.packet_loss() == Catch::Approx(1.0 / 3));
    CHECK_FALSE(window_of({20, -1, 30, -1, 20}).all().jitter_ms());
    CHECK(window_of({20, -1, 30, -1, 20}).all().sums().pairs == 0);
}

TEST_CASE("quantiles are interpolated, from the smallest to the largest") {
    auto const quantiles = [](std::vector<double> const& rtts) {
        auto const window = window_of<128>(rtts);
        return std::vector{*window.all().rtt_quantile_ms(0), *window.all().rtt_quantile_ms(0.5),
                           *window.all().rtt_quantile_ms(0.75), *window.all().rtt_quantile_ms(0.8),
                           *window.all().rtt_quantile_ms(1)};
    };
    // Prometheus' quantile_over_time, 10 higher: a round trip of 0 is stored as one tick.
    CHECK(quantiles({11, 10}) == std::vector{10.0, 10.5, 10.75, 10.8, 11.0});
    CHECK(quantiles({12, 10, 11}) == std::vector{10.0, 11.0, 11.5, 11.6, 12.0});
    CHECK(quantiles({10, 14, 11}) == std::vector{10.0, 11.0, 12.5, 12.8, 14.0});
    CHECK(quantiles({7}) == std::vector{7.0, 7.0, 7.0, 7.0, 7.0});
    auto const window = window_of({1, 2});
    for (double const q : {-0.1, 1.1, oracle::nan(), oracle::infinity()})
        CHECK_FALSE(window.all().rtt_quantile_ms(q));
}

TEST_CASE("deviations are exact where others lose all digits") {
    // NIST StRD NumAcc1, NumAcc2 and NumAcc4, in units of 10 ns; Prometheus and a rolling variance.
    auto const deviation = [](std::vector<std::int64_t> const& ticks) {
        probe_window<1024, std::chrono::nanoseconds> window{2s};
        instant now{};
        for (auto const t : ticks) probe(window, now += 1s, std::chrono::nanoseconds{t});
        return *window.all().rtt_deviation_ms() * 1e6;
    };
    auto const swing = [](std::int64_t first, std::int64_t low, std::int64_t high) {
        std::vector<std::int64_t> ticks{first};
        for (int n = 0; n < 500; ++n) ticks.push_back(low), ticks.push_back(high);
        return ticks;
    };
    CHECK(deviation({10000001, 10000003, 10000002}) == Catch::Approx(1).epsilon(1e-12));
    CHECK(deviation(swing(12, 11, 13)) == Catch::Approx(1).epsilon(1e-12));
    CHECK(deviation(swing(100000002, 100000001, 100000003)) == Catch::Approx(1).epsilon(1e-12));
    CHECK(deviation(std::vector<std::int64_t>(100, 1599050563)) == 0);
    auto const population = window_of({10, 18, 18, 12, 13});  // {0, 8, 8, 2, 3} and 10
    CHECK(*population.all().rtt_population_deviation_ms() == Catch::Approx(3.2496154));
    std::vector<std::int64_t> const samples{138, 136, 137, 137, 135, 136, 135, 135, 135};
    double const variances[] = {1, 1.0 / 3, 4.0 / 3, 1, 1.0 / 3, 1.0 / 3, 0};
    for (std::size_t n = 0; n < 7; ++n) {
        double const sd = deviation({samples[n], samples[n + 1], samples[n + 2]});
        CHECK(sd * sd == Catch::Approx(variances[n]).margin(0));
    }
}

TEST_CASE("a reply counts once, in time, to a probe of the window") {
    probe_window<4> window{1s, 7};
    auto const a = window.sent(10s), b = window.sent(11s);
    CHECK(a == 7);
    CHECK(b == 8);
    CHECK(window.reply(b, 11s + 5ms) == push_result::accepted);
    CHECK(window.reply(b, 11s + 6ms) == push_result::duplicate);
    CHECK(window.reply(a, 10s + 999ms) == push_result::reordered);
    CHECK(window.reply(6, 11s) == push_result::unexpected);
    CHECK(window.reply(9, 11s) == push_result::unexpected);
    auto const c = window.sent(12s);
    CHECK(window.reply(c, 12s - 1ns) == push_result::negative);
    CHECK(window.reply(c, instant::min()) == push_result::negative);
    CHECK(window.reply(c, instant::max()) == push_result::late);
    CHECK(window.reply(c, 13s) == push_result::late);
    CHECK(window.all().in_flight() == 1);
    window.advance(13s - 1ns);
    CHECK(window.all().in_flight() == 1);
    window.advance(13s);
    CHECK(window.all().lost() == 1);
    CHECK(window.reply(c, 12s + 1ms) == push_result::late);
    CHECK(window.all().lost() == 1);
    CHECK(*window.heard_at() == 11s + 5ms);
    auto const& n = window.counters();
    CHECK(n.sent == 3);
    CHECK(n.received == 2);
    CHECK(n.lost == 1);
    CHECK(n.reordered == 1);
    CHECK(n.duplicates == 1);
    CHECK(n.late == 3);
    CHECK(n.unexpected == 2);
    CHECK(n.negative == 2);
}

TEST_CASE("a round trip of no time is one tick, and half a tick is rounded up") {
    probe_window<4> window{1s};
    probe(window, 1s, 0ns);
    CHECK(*window.all().rtt_mean_ms() == 0.001);
    probe(window, 2s, 2499ns);
    CHECK(*window.all().rtt_max_ms() == 0.002);
    probe(window, 3s, 2500ns);
    CHECK(*window.all().rtt_max_ms() == 0.003);
}

TEST_CASE("a silent host loses its good history, probe by probe") {
    probe_window<8> window{500ms};
    instant now{};
    for (int n = 0; n < 8; ++n) probe(window, now += 1s, 20ms);
    for (int lost = 0; lost < 8; ++lost) {
        window.sent(now += 1s);
        window.advance(now + 500ms);
        CHECK(*window.all().packet_loss() == (lost + 1) / 8.0);
    }
    CHECK_FALSE(window.all().rtt_mean_ms());
    CHECK(*window.heard_at() == 8s + 20ms);
    CHECK(window.all().loss() == loss_pattern{.lost = 8, .bursts = 1, .longest_burst = 8});
}

TEST_CASE("sequence numbers wrap, and replies across the wrap are in order") {
    probe_window<8> window{1s, 0xFFFF'FFFE};
    for (int n = 0; n < 4; ++n) probe(window, std::chrono::seconds{n}, 20ms);
    CHECK(window.counters().reordered == 0);
    CHECK(window.counters().received == 4);
    CHECK(window.all().sums().pairs == 3);
}

TEST_CASE("probes are settled in the order of sending, a timeout after it, whenever one asks") {
    probe_window<8> window{1s};
    for (int n = 0; n < 4; ++n) probe(window, 100ms * n, n == 2 ? std::nullopt : std::optional{20ms});
    std::vector<std::pair<instant, bool>> settled;
    auto const note = [&](settled_probe p) { settled.emplace_back(p.sent_at, p.received); };
    window.advance(999ms, note);
    CHECK(settled.empty());
    window.advance(1s + 200ms, note);
    CHECK(settled == std::vector<std::pair<instant, bool>>{{0ms, true}, {100ms, true}, {200ms, false}});
    CHECK(window.all().settled() == 3);
    window.advance(1h, note);
    CHECK(settled.size() == 4);
}

TEST_CASE("loss is not hidden by replies that came before it could be known") {
    // Every second probe is lost, 60 a second: in the last second only the answered half is known.
    for (std::size_t const per_second : {10u, 20u, 40u}) {
        probe_window<64> window{1s};
        for (std::size_t n = 0; n < 60 * per_second; ++n) {
            instant const now = 1s * n / per_second;
            probe(window, now, n % 2 == 0 ? std::optional{20ms} : std::nullopt);
            window.advance(now);
            if (n >= 2 * per_second) REQUIRE(*window.all().packet_loss() == Catch::Approx(0.5).margin(0.05));
        }
        CHECK(window.counters().unsettled == 0);
    }
    probe_window<64> small{1s};  // 100 a second leave before anything is known of them
    for (int n = 0; n < 1000; ++n) probe(small, 10ms * n, std::nullopt), small.advance(10ms * n);
    CHECK_FALSE(small.all().packet_loss());
    CHECK(small.counters().unsettled == 1000 - 64);
}

TEST_CASE("what was sent before is forgotten where one asks for it") {
    auto window = window_of({10, 20, -1, 40, 50});
    window.forget_before(3s);
    CHECK(window.all().sent() == 3);
    CHECK(*window.all().rtt_mean_ms() == 45);
    CHECK(*window.all().packet_loss() == Catch::Approx(1.0 / 3));
    window.forget_before(1h);
    CHECK(window.all().sent() == 0);
    CHECK(window.all().sums() == probe_sums{});
}

TEST_CASE("deviations need two numbers") {
    CHECK_FALSE(window_of({20}).all().rtt_deviation_ms());
    CHECK(*window_of({20}).all().rtt_population_deviation_ms() == 0);
    CHECK_FALSE(window_of({20, 30}).all().jitter_deviation_ms());
}

TEST_CASE("a clock that runs back is taken to stand still") {
    probe_window<8> window{1s};
    auto const a = window.sent(100s);
    auto const b = window.sent(50s);  // as if at 100 s
    window.advance(0s);
    CHECK(window.counters().clock_ran_back == 2);
    CHECK(window.all().in_flight() == 2);
    CHECK(window.reply(b, 99s) == push_result::negative);
    CHECK(window.reply(b, 100s + 30ms) == push_result::accepted);
    window.advance(101s);
    CHECK(window.all().lost() == 1);
    CHECK(window.reply(a, 100s) == push_result::late);
}

TEST_CASE("a timeout that cannot be kept is the nearest that can") {
    CHECK(probe_window<8>{0s}.timeout() == 1us);
    CHECK(probe_window<8>{-5s}.timeout() == 1us);
    CHECK(probe_window<8>{instant::max()}.timeout() == probe_window<8>::longest);
    CHECK(probe_window<8>::longest > 70min);
}

TEST_CASE("what is older than an age can be left out at the read") {
    auto const window = window_of({10, 20, -1, 40, 50});
    auto const late = window.sent_after(3s);
    CHECK(late.sent() == 2);
    CHECK(*late.rtt_mean_ms() == 45);
    CHECK(*late.rtt_min_ms() == 40);
    CHECK(*late.jitter_ms() == 10);
    CHECK(*late.packet_loss() == 0);
    CHECK(window.sent_after(2s).loss().bursts == 1);
    CHECK(window.sent_after(5s).sent() == 0);
    CHECK_FALSE(window.sent_after(5s).packet_loss());
    CHECK(window.sent_after(instant::min()).sums() == window.all().sums());
}

TEST_CASE("a reset forgets the path and keeps the counters") {
    auto window = window_of({10, -1, 20});
    auto const sequence = window.sent(10s);
    window.reset();
    CHECK(window.all().sent() == 0);
    CHECK(window.all().sums() == probe_sums{});
    CHECK_FALSE(window.heard_at());
    CHECK(window.reply(sequence, 10s) == push_result::unexpected);
    CHECK(window.counters().sent == 4);
    CHECK(window.counters().lost == 1);
    CHECK(window.sent(11s) == sequence + 1);
    // Time too starts anew: one wrong point in time does not stop the window for good.
    window.advance(24h);
    window.reset();
    auto const next = window.sent(1s);
    CHECK(window.reply(next, 1s + 20ms) == push_result::accepted);
    window.advance(2s);
    CHECK(*window.all().packet_loss() == 0);
}

// ---- against a model that keeps every probe and counts all of them at each question

namespace {

struct model {
    struct probe {
        std::uint32_t sequence;
        instant sent;
        std::optional<std::int64_t> rtt_us;
        bool settled = false;
        bool lost = false;
    };
    std::deque<probe> probes;
    instant latest = instant::min(), timeout;
    std::size_t most;
    std::uint32_t next;

    void sent(instant now) {
        latest = std::max(latest, now);
        probes.push_back({next++, latest, {}});
        if (probes.size() > most) probes.pop_front();
    }
    push_result reply(std::uint32_t sequence, instant at) {
        for (auto& p : probes) {
            if (p.sequence != sequence) continue;
            if (p.lost) return push_result::late;
            if (p.rtt_us) return push_result::duplicate;
            if (at < p.sent) return push_result::negative;
            if (at - p.sent >= timeout) return push_result::late;
            p.rtt_us = std::max<std::int64_t>(1, ((at - p.sent).count() + 500) / 1000);
            return push_result::accepted;
        }
        return push_result::unexpected;
    }
    void advance(instant now) {
        latest = std::max(latest, now);
        for (auto& p : probes) {
            if (p.settled || latest - p.sent < timeout) continue;
            p.settled = true;
            p.lost = !p.rtt_us;
        }
    }
};

template <class View>
bool agrees(View const& view, std::deque<model::probe> const& probes) {
    std::vector<double> rtts;
    double sum = 0, differences = 0;
    std::size_t settled = 0, lost = 0, pairs = 0, bursts = 0, longest = 0, run = 0;
    for (std::size_t n = 0; n < probes.size(); ++n) {
        auto const& p = probes[n];
        if (p.rtt_us) rtts.push_back(static_cast<double>(*p.rtt_us)), sum += rtts.back();
        settled += p.settled;
        bool const again = n > 0 && probes[n - 1].lost;
        if (p.lost) ++lost, bursts += !again;
        run = p.lost ? run + 1 : 0;
        longest = std::max(longest, run);
        if (n > 0 && p.rtt_us && probes[n - 1].rtt_us)
            ++pairs, differences += static_cast<double>(std::abs(*p.rtt_us - *probes[n - 1].rtt_us));
    }
    auto const near = [](std::optional<double> const& given, double expected) {
        return given && std::abs(*given - expected) <= 1e-9 * (1 + std::abs(expected));
    };
    auto const n = static_cast<double>(rtts.size());
    if (view.sent() != probes.size() || view.received() != rtts.size() || view.lost() != lost) return false;
    if (view.loss() != loss_pattern{settled - lost, lost, bursts, longest}) return false;
    if (view.jitter_ms().has_value() != (pairs > 0)) return false;
    if (pairs > 0 && !near(view.jitter_ms(), differences / static_cast<double>(pairs) / 1000)) return false;
    if (view.packet_loss().has_value() != (settled > 0)) return false;
    if (settled > 0 && !near(view.packet_loss(), static_cast<double>(lost) / static_cast<double>(settled)))
        return false;
    if (rtts.empty()) return !view.rtt_mean_ms() && !view.rtt_quantile_ms(0.5);
    std::sort(rtts.begin(), rtts.end());
    double squares = 0;
    for (double const rtt : rtts) squares += (rtt - sum / n) * (rtt - sum / n);
    double const place = 0.95 * (n - 1), below = std::floor(place);
    auto const at = static_cast<std::size_t>(below);
    double const p95 = rtts[at] + (at + 1 < rtts.size() ? (place - below) * (rtts[at + 1] - rtts[at]) : 0);
    return near(view.rtt_mean_ms(), sum / n / 1000) && near(view.rtt_min_ms(), rtts.front() / 1000) &&
           near(view.rtt_max_ms(), rtts.back() / 1000) && near(view.rtt_quantile_ms(0.95), p95 / 1000) &&
           near(view.rtt_population_deviation_ms(), std::sqrt(squares / n) / 1000) &&
           near(view.delay_variation_ms(), (p95 - rtts.front()) / 1000);
}

}  // namespace

TEST_CASE("after any operations a window says what a plain list of its probes says") {
    std::size_t operations = 0;
    for (std::uint64_t seed = 1; operations < HOSTPICK_TEST_CASES; ++seed) {
        splitmix64 random{seed * 0x1'0000'0000u};
        std::uint32_t const first = random.one_in(2) ? 0u - static_cast<std::uint32_t>(random.below(40))
                                                     : static_cast<std::uint32_t>(random.below(70000));
        instant const timeout = std::chrono::milliseconds{1 + random.below(3000)};
        probe_window<16> window{timeout, first};
        model reference{{}, instant::min(), timeout, 16, first};
        instant now = std::chrono::seconds{random.below(1000)};
        bool good = true;
        for (int n = 0; n < 200 && good; ++n, ++operations) {
            now += std::chrono::microseconds{random.below(300'000)};
            if (random.one_in(20)) now += 2 * timeout;
            instant const then = random.one_in(30) ? now - 5s : now;
            auto const sequence = reference.next - 1 - static_cast<std::uint32_t>(random.below(random.one_in(9) ? 40 : 5));
            switch (random.below(9)) {
                case 0: case 1: case 2:
                    good = window.sent(then) == reference.next;
                    reference.sent(then);
                    break;
                case 3: case 4: case 5: {
                    instant const at = now - std::chrono::microseconds{random.below(400'000)};
                    auto const got = window.reply(sequence, at);
                    auto const expected = reference.reply(sequence, at);
                    good = got == expected ||
                           (got == push_result::reordered && expected == push_result::accepted);
                    break;
                }
                case 6: window.advance(then), reference.advance(then); break;
                case 7: {
                    if (!random.one_in(10)) break;
                    instant const from = now - std::chrono::milliseconds{random.below(4000)};
                    window.forget_before(from);
                    while (!reference.probes.empty() && reference.probes.front().sent < from)
                        reference.probes.pop_front();
                    break;
                }
                default:
                    if (random.one_in(40)) window.reset(), reference.probes.clear(), reference.latest = instant::min();
            }
            good = good && agrees(window.all(), reference.probes);
            if (good && random.one_in(10)) {
                instant const from = now - std::chrono::milliseconds{random.below(4000)};
                auto since = reference.probes;
                while (!since.empty() && since.front().sent <= from) since.pop_front();
                good = agrees(window.sent_after(from), since);
            }
        }
        INFO("seed " << seed);
        REQUIRE(good);
    }
}

TEST_CASE("the order of replies within the timeout changes no number but the count of reordered") {
    splitmix64 random{42};
    for (int round = 0; round < 200; ++round) {
        std::vector<std::pair<std::uint32_t, instant>> replies;
        probe_window<32> in_order{1s}, shuffled{1s};
        for (int n = 0; n < 32; ++n) {
            instant const now = std::chrono::milliseconds{10 * n};
            auto const sequence = in_order.sent(now);
            shuffled.sent(now);
            if (!random.one_in(5))
                replies.emplace_back(sequence, now + std::chrono::microseconds{random.below(900'000)});
        }
        for (auto const& [sequence, at] : replies) in_order.reply(sequence, at);
        for (std::size_t n = replies.size(); n > 1; --n) std::swap(replies[n - 1], replies[random.below(n)]);
        for (auto const& [sequence, at] : replies) {
            shuffled.reply(sequence, at);
            if (random.one_in(3)) CHECK(shuffled.reply(sequence, at) == push_result::duplicate);
        }
        in_order.advance(5s), shuffled.advance(5s);
        CHECK(in_order.all().sums() == shuffled.all().sums());
        CHECK(in_order.all().loss() == shuffled.all().loss());
        CHECK(in_order.heard_at() == shuffled.heard_at());
    }
}
