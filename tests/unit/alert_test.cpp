// SPDX-License-Identifier: MIT
#include <hostpick/watch/alert.hpp>
#include <hostpick/watch/alert_board.hpp>
#include <hostpick/watch/alert_rule.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <chrono>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace hostpick::watch;
using namespace std::chrono_literals;
using oracle::splitmix64;
using rolling::instant;

namespace {

/// A rule and samples at irregular times.
struct any_series {
    alert_rule rule;
    std::vector<std::pair<instant, alert_sample>> samples;

    explicit any_series(splitmix64& random) {
        auto const seconds = [&](unsigned most) { return std::chrono::seconds{random.below(most)}; };
        rule = {.name = "rule",
                .is = random.one_in(2) ? comparison::above : comparison::below,
                .threshold = static_cast<double>(random.below(5)),
                .of_baseline = random.one_in(5),
                .for_time = random.one_in(3) ? 0s : seconds(6),
                .keep_firing_for = random.one_in(2) ? 0s : seconds(6),
                .hold_missing_for = random.one_in(2) ? 0s : seconds(4),
                .min_samples = random.below(3)};
        double const good = rule.is == comparison::above ? -1 : 1;
        if (random.one_in(2)) rule.clears_at = rule.threshold + good * static_cast<double>(random.below(3));
        instant now{};
        for (std::size_t n = random.below(30); n > 0; --n) {
            alert_sample s{.value = static_cast<double>(random.below(7)), .samples = random.below(6)};
            if (random.one_in(6)) s.value.reset();
            if (random.one_in(12)) s.value = oracle::nan();
            if (random.one_in(12)) s.value = random.one_in(2) ? oracle::infinity() : oracle::minus_infinity();
            if (!random.one_in(6)) s.baseline = 1;
            if (random.one_in(12)) s.baseline = random.one_in(2) ? oracle::nan() : 0;
            if (random.one_in(4) && s.value)
                s.within = {*s.value - static_cast<double>(random.below(3)), *s.value + static_cast<double>(random.below(3))};
            samples.emplace_back(now, s);
            now += seconds(4);
        }
    }
};

#ifndef __FAST_MATH__

/// The states by looking at the whole past again at each sample.
std::vector<alert_state> states_of(any_series const& series) {
    alert_rule const& r = series.rule;
    auto const value = [&](alert_sample const& s) -> std::optional<double> {
        if (!s.value || oracle::is_nan(*s.value) || s.samples < r.min_samples) return std::nullopt;
        if (r.of_baseline && (!s.baseline || !(*s.baseline > 0.5))) return std::nullopt;
        return s.value;  // baselines are 1
    };
    auto const worse = [&](double x, double limit) { return r.is == comparison::above ? x > limit : x < limit; };
    std::vector<alert_state> states;
    for (std::size_t end = 1; end <= series.samples.size(); ++end) {
        auto state = alert_state::inactive;
        instant since{}, good_since{}, known_at{};
        bool is_bad = false, gets_good = false;
        for (std::size_t n = 0; n < end; ++n) {
            auto const& [now, s] = series.samples[n];
            auto const x = value(s);
            if (x) known_at = now;
            bool const holds = !x && now - known_at < r.hold_missing_for;
            if (holds) continue;
            bool bad = false;
            if (x && state == alert_state::firing) bad = worse(*x, r.clears_at.value_or(r.threshold));
            else if (x) {
                bad = worse(*x, r.threshold);
                if (s.within && !r.of_baseline) bad = bad && worse(s.within->low, r.threshold) && worse(s.within->high, r.threshold);
            }
            if (bad) {
                gets_good = false;
                if (!is_bad) since = now;
                is_bad = true;
                if (state != alert_state::firing) state = now - since >= r.for_time ? alert_state::firing : alert_state::pending;
            } else if (state == alert_state::firing) {
                if (!gets_good) good_since = now;
                gets_good = true;
                if (now - good_since >= r.keep_firing_for) state = alert_state::inactive, is_bad = gets_good = false;
            } else {
                state = alert_state::inactive, is_bad = false;
            }
        }
        states.push_back(state);
    }
    return states;
}

#endif

alert_rule const far{.name = "far", .threshold = 200, .clears_at = 180, .for_time = 2s, .level = severity::critical};

static_assert([] {
    alert_rule const rule{.name = "far", .threshold = 200};
    alert one;
    return one.see(rule, {.value = 312.0}, 1s) == alert_change::fired &&
           one.see(rule, {.value = 200.0}, 2s) == alert_change::resolved;
}());
static_assert([] {
    for (alert_rule const& r : default_alert_rules())
        if (r.error()) return false;
    return true;
}());

}  // namespace

TEST_CASE("an alert has the states of a brute-force evaluation") {
#ifndef __FAST_MATH__  // infinities are compared
    std::size_t pending = 0, firing = 0;
    for_all([&](splitmix64& random) {
        if (!random.one_in(20)) return true;
        any_series const series{random};
        auto const states = states_of(series);
        alert one;
        for (std::size_t n = 0; n < states.size(); ++n) {
            auto const before = one.state();
            auto const change = one.see(series.rule, series.samples[n].second, series.samples[n].first);
            if (one.state() != states[n]) return false;
            auto const expected = before == one.state()                ? alert_change::none
                                  : one.firing()                       ? alert_change::fired
                                  : one.state() == alert_state::pending ? alert_change::became_pending
                                  : before == alert_state::firing      ? alert_change::resolved
                                                                       : alert_change::withdrawn;
            if (change != expected) return false;
            if (one.active_since().has_value() != (states[n] != alert_state::inactive)) return false;
            if (one.firing_since().has_value() != one.firing()) return false;
            pending += states[n] == alert_state::pending;
            firing += states[n] == alert_state::firing;
        }
        return true;
    });
    CHECK(pending > HOSTPICK_TEST_CASES / 100);
    CHECK(firing > HOSTPICK_TEST_CASES / 100);
#endif
}

TEST_CASE("an alert is pending, fires, and clears at its own threshold") {
    alert one;
    auto const at = [&](instant now, double ms) { return one.see(far, {.value = ms}, now); };
    CHECK(at(0s, 201) == alert_change::became_pending);
    CHECK(at(1s, 312) == alert_change::none);
    CHECK(one.active_since() == instant{0s});
    CHECK_FALSE(one.firing_since());
    CHECK(at(2s, 312) == alert_change::fired);
    CHECK(one.firing_since() == instant{2s});
    CHECK(at(3s, 199) == alert_change::none);  // no longer above, but not clear yet
    CHECK(at(4s, 180) == alert_change::resolved);
    CHECK(at(5s, 199) == alert_change::none);
    CHECK(one.value() == 199.0);
}

TEST_CASE("a pending alert that recovers has not fired") {
    alert one;
    one.see(far, {.value = 300.0}, 0s);
    CHECK(one.see(far, {.value = 200.0}, 1s) == alert_change::withdrawn);
    one.see(far, {.value = 300.0}, 2s);
    CHECK(one.see(far, {.value = 300.0}, 3s) == alert_change::none);  // from the start again
}

TEST_CASE("a loss fires only when it is surely above the threshold") {
    alert_rule const lossy{.name = "lossy", .value = alert_value::packet_loss, .threshold = 0.02};
    alert one;
    CHECK(one.see(lossy, loss_sample(1, 10), 0s) == alert_change::none);    // 0.1, at least 0.018
    CHECK(one.see(lossy, loss_sample(3, 60), 1s) == alert_change::none);    // 0.05, at least 0.017
    CHECK(one.see(lossy, loss_sample(10, 200), 2s) == alert_change::fired);  // 0.05, at least 0.027
    CHECK(one.see(lossy, loss_sample(5, 200), 3s) == alert_change::none);   // 0.025 is not surely less
    CHECK(one.see(lossy, loss_sample(4, 200), 4s) == alert_change::resolved);
    CHECK(one.see(lossy, loss_sample(0, 0), 5s) == alert_change::none);
    CHECK(one.value() == 0.02);
    CHECK(loss_sample(9, 4).value == 1.0);
}

TEST_CASE("a time that runs back changes nothing but a counter") {
    alert one;
    one.see(far, {.value = 300.0}, 10s);
    CHECK(one.see(far, {.value = 1.0}, 9s) == alert_change::refused);
    CHECK(one.refused() == 1);
    CHECK(one.state() == alert_state::pending);
    CHECK(one.value() == 300.0);
    CHECK(one.see(far, {.value = 300.0}, 10s) == alert_change::none);  // the same time is not before
    CHECK(one.refused() == 1);
}

TEST_CASE("a missing value is held for its time") {
    alert_rule rule = far;
    rule.hold_missing_for = 5s;
    alert one;
    one.see(rule, {.value = 300.0}, 0s);
    CHECK(one.see(rule, {.value = 300.0}, 2s) == alert_change::fired);
    CHECK(one.see(rule, {}, 6s) == alert_change::none);
    CHECK(one.see(rule, {}, 7s) == alert_change::resolved);
}

TEST_CASE("a rule on the baseline compares shares of it") {
    alert_rule const narrow{.name = "narrow", .value = alert_value::bandwidth_mbps, .is = comparison::below,
                            .threshold = 0.5, .of_baseline = true, .clears_at = 0.6};
    alert one;
    CHECK(one.see(narrow, {.value = 4.0}, 0s) == alert_change::none);  // no baseline
    CHECK(one.see(narrow, {.value = 5.0, .baseline = 10.0}, 1s) == alert_change::none);
    CHECK(one.see(narrow, {.value = 4.9, .baseline = 10.0}, 2s) == alert_change::fired);
    CHECK(one.see(narrow, {.value = 5.9, .baseline = 10.0}, 3s) == alert_change::none);
    CHECK(one.see(narrow, {.value = 6.0, .baseline = 10.0}, 4s) == alert_change::resolved);
    CHECK(one.see(narrow, {.value = 0.0, .baseline = 0.0}, 5s) == alert_change::none);
    CHECK(one.see(narrow, {.value = 0.0, .baseline = oracle::nan()}, 6s) == alert_change::none);
}

TEST_CASE("a rule that makes no sense names what is wrong, and never fires") {
    auto const wrong = [](auto change) {
        alert_rule r = far;
        change(r);
        alert one;
        for (auto const now : {0s, 1s, 5s, 99s}) one.see(r, {.value = 999.0}, now);
        CHECK(one.state() == alert_state::inactive);
        return r.error() ? std::string_view{r.error()->member} : "nothing";
    };
    CHECK(wrong([](auto& r) { r.name = ""; }) == "name");
    CHECK(wrong([](auto& r) { r.threshold = oracle::nan(); }) == "threshold");
    CHECK(wrong([](auto& r) { r.threshold = oracle::infinity(); }) == "threshold");
    CHECK(wrong([](auto& r) { r.clears_at = 201; }) == "clears_at");
    CHECK(wrong([](auto& r) { r.clears_at = oracle::nan(); }) == "clears_at");
    CHECK(wrong([](auto& r) { r.for_time = -1ns; }) == "for_time");
    CHECK(wrong([](auto& r) { r.keep_firing_for = -1ns; }) == "keep_firing_for");
    CHECK(wrong([](auto& r) { r.hold_missing_for = -1ns; }) == "hold_missing_for");
    CHECK(wrong([](auto& r) { r.unless = "far"; }) == "unless");
    alert_rule r = far;
    r.clears_at = 200;
    CHECK_FALSE(r.error());
}

TEST_CASE("extreme times neither overflow nor fire") {
    alert one;
    one.see(far, {.value = 300.0}, instant::min());
    CHECK(one.see(far, {.value = 300.0}, instant::max()) == alert_change::fired);
}

TEST_CASE("what is no baseline, no bound or too few samples fires nothing") {
    alert_rule const narrow{.name = "narrow", .value = alert_value::bandwidth_mbps, .is = comparison::below,
                            .threshold = 0.5, .of_baseline = true};
    for (double const baseline : {oracle::infinity(), oracle::minus_infinity(), oracle::nan(), -1.0})
        CHECK(alert{}.see(narrow, {.value = 4.0, .baseline = baseline}, 0s) == alert_change::none);
    alert_rule low{.name = "low", .is = comparison::below, .threshold = 9}, high{.name = "high", .threshold = 1};
    rolling::interval const unknown{oracle::nan(), oracle::nan()};
    for (alert_rule const& r : {low, high})
        CHECK(alert{}.see(r, {.value = 5.0, .within = unknown}, 0s) == alert_change::none);
    alert_rule const lossy{.name = "lossy", .value = alert_value::packet_loss, .threshold = 0.02, .min_samples = 30};
    CHECK(alert{}.see(lossy, loss_sample(29, 29), 0s) == alert_change::none);
    CHECK(alert{}.see(lossy, loss_sample(30, 30), 0s) == alert_change::fired);
    alert_rule odd = lossy;
    odd.value = static_cast<alert_value>(alert_values);
    REQUIRE(odd.error());
    CHECK(odd.error()->member == std::string_view{"value"});
}

TEST_CASE("the default rules have the numbers of those for Prometheus") {
    struct row { std::string_view name; double threshold; std::chrono::seconds for_time, keep; severity level; };
    constexpr row rows[] = {{"HostpickLatencyCritical", 200, 120s, 300s, severity::critical},
                            {"HostpickLatencyWarning", 100, 120s, 300s, severity::warning},
                            {"HostpickPacketLossCritical", 0.02, 120s, 300s, severity::critical},
                            {"HostpickPacketLossWarning", 0.005, 120s, 300s, severity::warning},
                            {"HostpickBandwidthBelowBaseline", 0.5, 600s, 600s, severity::info},
                            {"HostpickChosenHostPoor", 60, 300s, 300s, severity::warning}};
    auto const rules = default_alert_rules();
    REQUIRE(rules.size() == std::size(rows));
    for (std::size_t n = 0; n < rules.size(); ++n) {
        CHECK(rules[n].name == rows[n].name);
        CHECK(rules[n].threshold == rows[n].threshold);
        CHECK(rules[n].for_time == rows[n].for_time);
        CHECK(rules[n].keep_firing_for == rows[n].keep);
        CHECK(rules[n].level == rows[n].level);
    }
}

// ---- the board

TEST_CASE("each measured value is looked at by its own rules") {
    alert_samples const known{{.latency_ms = 1.0, .bandwidth_mbps = 2.0, .packet_loss = 0.25, .jitter_ms = 4.0}};
    CHECK(known.of(alert_value::latency_ms).value == 1.0);
    CHECK(known.of(alert_value::bandwidth_mbps).value == 2.0);
    CHECK(known.of(alert_value::packet_loss).value == 0.25);
    CHECK(known.of(alert_value::jitter_ms).value == 4.0);
    CHECK_FALSE(known.of(alert_value::score).value);
}

TEST_CASE("a board has an alert for each host and rule, the gravest first") {
    auto const rules = default_alert_rules();
    alert_board<std::string> board{rules};
    REQUIRE_FALSE(board.error());
    std::vector<std::string> told;
    auto const see = [&](std::string const& host, network_metrics<> const& m, instant now) {
        board.see(host, alert_samples{m}, now, [&](alert_rule const& r, alert const&, alert_change c) {
            told.push_back(host + " " + std::string{r.name} + " " + std::string{to_name(c)});
        });
    };
    for (instant const now : {instant{0s}, instant{120s}}) {
        see("london", {.latency_ms = 150.0}, now);
        see("paris", {.latency_ms = 250.0}, now);
    }
    CHECK(told == std::vector<std::string>{"london HostpickLatencyWarning became_pending",
                                           "paris HostpickLatencyCritical became_pending",
                                           "paris HostpickLatencyWarning became_pending",
                                           "london HostpickLatencyWarning fired",
                                           "paris HostpickLatencyCritical fired",
                                           "paris HostpickLatencyWarning withdrawn"});
    auto const active = board.active();
    REQUIRE(active.size() == 2);
    CHECK(active[0].host == "paris");
    CHECK(active[0].rule.level == severity::critical);
    CHECK(active[0].value == 250.0);
    CHECK(active[1].host == "london");
    CHECK(describe(active[0].rule, active[0].value).view() == "latency above 200.00 ms for 120 s: 250.00 ms");
    CHECK(board.find("paris", "HostpickLatencyCritical")->firing());
    CHECK(board.find("paris", "nothing") == nullptr);
    CHECK(board.find("oslo", "HostpickLatencyCritical") == nullptr);
    board.forget("paris");
    board.forget("paris");
    CHECK(board.active().size() == 1);
}

TEST_CASE("of alerts of one severity the older comes first, and what fires before what may") {
    alert_rule const rules[] = {{.name = "slow", .threshold = 100, .for_time = 3s},
                                {.name = "lossy", .value = alert_value::packet_loss, .threshold = 0.1, .level = severity::critical,
                                 .unless = "slow"},
                                {.name = "shaky", .value = alert_value::jitter_ms, .threshold = 9, .for_time = 9s, .level = severity::critical}};
    alert_board<int> board{rules};
    REQUIRE_FALSE(board.error());
    auto const nothing = [](auto const&...) {};
    board.see(2, alert_samples{{.latency_ms = 200.0}}, 0s, nothing);
    board.see(1, alert_samples{{.latency_ms = 200.0, .packet_loss = 0.5, .jitter_ms = 10.0}}, 1s, nothing);
    auto const order = [&] {
        std::string all;
        for (auto const& a : board.active()) all += std::to_string(a.host) + std::string{a.rule.name} + " ";
        return all;
    };
    CHECK(order() == "1lossy 1shaky 2slow 1slow ");
    board.see(2, alert_samples{{.latency_ms = 200.0}}, 3s, nothing);
    board.see(1, alert_samples{{.latency_ms = 200.0, .packet_loss = 0.5, .jitter_ms = 10.0}}, 4s, nothing);
    CHECK(order() == "2slow 1slow 1shaky ");  // quiet while another fires
}

TEST_CASE("a list of rules with an error judges nothing") {
    auto const member = [](std::vector<alert_rule> const& rules) {
        alert_board<int> board{rules};
        board.see(1, alert_samples{{.latency_ms = 900.0}}, 0s, [](auto const&...) { FAIL("judged"); });
        return board.error() ? std::string_view{board.error()->member} : "nothing";
    };
    CHECK(member({{.name = "a", .threshold = 1}, {.name = "a", .threshold = 2}}) == "name");
    CHECK(member({{.name = "a", .threshold = 1, .unless = "b"}, {.name = "b", .threshold = 2}}) == "unless");
    CHECK(member({{.name = "a", .threshold = 1, .unless = "z"}}) == "unless");
    CHECK(member({{.name = "a", .threshold = 1, .for_time = -1s}}) == "for_time");
    CHECK(member({}) == "nothing");
}

TEST_CASE("a failed host has no values, and a host that is known costs no allocation") {
    alert_board<int> board{default_alert_rules()};
    auto const nothing = [](auto const&...) {};
    board.see(1, alert_samples{{.latency_ms = 250.0}}, 0s, nothing);
    CHECK(board.find(1, "HostpickLatencyCritical")->state() == alert_state::pending);
    alert_samples const failed{{.latency_ms = 250.0, .failed = true}};
    CHECK(allocations::in([&] { board.see(1, failed, 1s, nothing); }) == 0);
    CHECK(board.find(1, "HostpickLatencyCritical")->state() == alert_state::inactive);
}

TEST_CASE("a rule reads as a sentence") {
    CHECK(describe(far).view() == "latency above 200.00 ms for 2 s");
    CHECK(describe(default_alert_rules()[2], 0.031).view() == "packet loss above 2.00 % for 120 s: 3.10 %");
    CHECK(describe(default_alert_rules()[4], 0.41).view() ==
          "bandwidth below 50.00 % of the usual for 600 s: 41.00 % of the usual");
    CHECK(describe(alert_rule{.name = "x", .value = alert_value::jitter_ms, .threshold = 9}).view() == "jitter above 9.00 ms");
    CHECK(to_name(alert_state::firing) == "firing");
    CHECK(to_name(alert_change::withdrawn) == "withdrawn");
}
