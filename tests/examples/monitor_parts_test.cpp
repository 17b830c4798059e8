// SPDX-License-Identifier: MIT
#include "agenda.hpp"
#include "alarms.hpp"
#include "arrival_clock.hpp"
#include "historian.hpp"
#include "interface_counters.hpp"
#include "pages.hpp"
#include "router.hpp"

#include "catch2_compat.hpp"

#include <hostpick/verdict.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace monitor;
using hostpick::exclusion;
using hostpick::rolling::instant;

TEST_CASE("an agenda gives what is due, the earliest first, what was added first of equals") {
    agenda<int> todo;
    CHECK_FALSE(todo.due());
    CHECK_FALSE(todo.take(1h));
    std::mt19937 random{1};
    std::multiset<std::pair<instant, int>> all;
    instant now{};
    for (int n = 0; n < 5000; ++n) {
        if (random() % 3 != 0) {
            instant const at = now + std::chrono::milliseconds{random() % 100};
            todo.add(at, n);
            all.emplace(at, n);
        } else {
            now += std::chrono::milliseconds{random() % 40};
            while (auto const next = todo.take(now)) {
                CHECK(*next == all.begin()->second);
                CHECK(all.begin()->first <= now);
                all.erase(all.begin());
            }
            CHECK((all.empty() || all.begin()->first > now));
        }
        CHECK(todo.due().has_value() == !all.empty());
        if (!all.empty()) CHECK(*todo.due() == all.begin()->first);
    }
}

TEST_CASE("a packet arrived when the kernel says, unless the wall clock has jumped") {
    arrival_clock arrivals;
    arrivals.empty({.steady = 10s, .wall = 1'000'000s});
    CHECK(arrivals.arrived({.steady = 12s, .wall = 1'000'002s}, 1'000'001s) == 11s);
    CHECK(arrivals.arrived({.steady = 12s, .wall = 1'000'005s}, 1'000'001s) == 12s);
    CHECK(arrivals.arrived({.steady = 12s, .wall = 999'000s}, 1'000'001s) == 12s);

    // A packet comes, the wall clock may jump, the packet is read: whatever happens, it did not
    // arrive before it came, but for what a jump of a millisecond hides.
    std::mt19937_64 random{7};
    auto const up_to = [&](instant most) {
        return instant{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most.count()))};
    };
    instant steady = 1h;
    std::chrono::nanoseconds wall_ahead = 1'700'000'000s;
    for (int n = 0; n < 100'000; ++n) {
        arrivals.empty({steady, steady + wall_ahead});
        instant const came = steady + up_to(5ms);
        auto const stamp = came + wall_ahead;
        bool const jumps = random() % 4 == 0;
        instant const jump = jumps ? up_to(4s) - 2s : 0s;
        wall_ahead += jump;
        steady = came + 1us + up_to(50ms);
        auto const arrived = arrivals.arrived({steady, steady + wall_ahead}, stamp);
        CHECK(arrived <= steady);
        if (jumps) CHECK(arrived >= came - 1100us);
        else CHECK(arrived == came);
    }
    // A clock that is slewed is no clock that jumps; one that stood still with us is.
    arrivals.empty({.steady = 10s, .wall = 100s});
    CHECK(arrivals.arrived({.steady = 110s, .wall = 200s + 40ms}, 200s) == 110s - 40ms);
    CHECK(arrivals.arrived({.steady = 110s, .wall = 100s}, 99s) == 110s);
    // Nor did anything arrive before the socket was empty.
    CHECK(arrivals.arrived({.steady = 11s, .wall = 101s}, 90s) == 11s);
}

TEST_CASE("interface counters: rates, a counter that starts anew, interfaces that come and go") {
    auto const root = std::filesystem::temp_directory_path() /
                      ("hostpick-" + std::to_string(std::random_device{}()));
    auto const write = [&](std::string const& name, std::string const& in, std::string const& out) {
        std::filesystem::create_directories(root / name / "statistics");
        std::ofstream{root / name / "statistics" / "rx_bytes"} << in << '\n';
        std::ofstream{root / name / "statistics" / "tx_bytes"} << out << '\n';
    };
    interface_counters counters{root};
    counters.read(1s);
    CHECK(counters.views(1s).empty());

    write("lo", "5", "5");
    write("eth0", "1000000", "18446744073709551615");
    write("odd", "many", "5");
    counters.read(2s);
    auto views = counters.views(2s);
    REQUIRE(views.size() == 1);
    CHECK(views[0].name == "eth0");
    CHECK(views[0].received_bytes == 1'000'000);
    CHECK_FALSE(views[0].received_mbps);

    write("eth0", "2250000", "0");
    counters.read(3s);
    views = counters.views(3s);
    CHECK(views[0].received_mbps == 10.0);
    CHECK_FALSE(views[0].sent_mbps);  // it started anew
    write("eth0", "2250000", "125000");
    counters.read(4s);
    CHECK(counters.views(4s)[0].sent_mbps == 1.0);

    counters.choose(std::vector<std::string>{"lo", "none"});
    counters.read(5s);
    REQUIRE(counters.views(5s).size() == 1);
    CHECK(counters.views(5s)[0].name == "lo");
    std::filesystem::remove_all(root);
    counters.read(6s);
    CHECK(counters.views(6s).empty());
}

namespace {

/// A session on hosts that are made up.
struct routed {
    settings s;
    std::vector<std::string> log;
    router routes{[this](std::string const& line) { log.push_back(line); }};
    snapshot last;
    instant now = 1h;

    routed() {
        s.sticky = {.margin = 5, .lead = 2s, .dwell = 0s};
        routes.apply(s, now);
    }

    host_view host(std::string const& name, hostpick::network_metrics<> const& m) const {
        host_view h;
        h.name = name;
        h.at = "127.0.0.1:1";
        h.metrics = h.pessimistic_metrics = m;
        h.verdict = hostpick::judge_host(m, s.policy, s.constraints);
        h.samples = 30;
        h.tested = full_test_result{};
        h.tested_at = 0;
        return h;
    }
    void pass(std::vector<host_view> hosts, int seconds = 1) {
        for (int n = 0; n < seconds; ++n) {
            now += 1s;
            last = {};
            last.taken = {now, 1.7e9};
            last.hosts = hosts;
            routes.decide(last);
        }
    }
};
hostpick::network_metrics<> path(double latency_ms) {
    return {.latency_ms = latency_ms, .bandwidth_mbps = 10, .packet_loss = 0};
}

}  // namespace

TEST_CASE("the first choice waits for the full tests of those who answer, but not for ever") {
    routed r;
    auto untested = r.host("near", path(10));
    untested.tested.reset();
    auto silent = r.host("silent", {.failed = true});
    silent.tested.reset();
    r.pass({r.host("far", path(60)), untested, silent}, 5);
    CHECK_FALSE(r.last.chosen);
    SECTION("for the tests") {
        r.pass({r.host("far", path(60)), r.host("near", path(10)), silent});
        CHECK(r.last.chosen == "near");
    }
    SECTION("for half a minute") {
        r.pass({r.host("far", path(60)), untested, silent}, 30);
        CHECK(r.last.chosen == "near");
    }
    CHECK(r.last.moves == 0);
}

TEST_CASE("the session stays, unless its host fails, or another one is better for long enough") {
    routed r;
    r.pass({r.host("a", path(20)), r.host("b", path(30))}, 3);
    CHECK(r.last.chosen == "a");
    CHECK(r.last.hosts[0].chosen);
    CHECK_FALSE(r.last.hosts[1].chosen);
    CHECK(r.last.backups == std::vector<std::string>{"b"});
    r.pass({r.host("a", path(40)), r.host("b", path(30))}, 20);
    CHECK(r.last.chosen == "a");  // by two points only
    r.pass({r.host("a", path(140)), r.host("b", path(30))}, 2);
    CHECK(r.last.chosen == "a");  // not for long enough
    r.pass({r.host("a", path(140)), r.host("b", path(30))});
    CHECK(r.last.chosen == "b");
    CHECK(r.last.moves == 1);
    r.pass({r.host("a", path(20)), r.host("b", {.failed = true})});
    CHECK(r.last.chosen == "a");
    CHECK(r.last.moves == 2);
    CHECK(r.last.routings.back().decision->decided.reason ==
          hostpick::sticky_reason::incumbent_failed);
    CHECK(r.log.size() == 3);  // a start, and two moves
}

TEST_CASE("nobody who is not eligible is ever chosen") {
    routed r;
    r.s.constraints.limit.max_latency_ms = 50;
    r.routes.apply(r.s, r.now);
    r.pass({r.host("a", {.failed = true}), r.host("b", path(51)), r.host("c", {.packet_loss = 0})}, 60);
    CHECK_FALSE(r.last.chosen);
    CHECK(r.last.backups.empty());
    r.pass({r.host("a", path(49)), r.host("b", path(51))});
    CHECK(r.last.chosen == "a");
    r.pass({r.host("a", path(60)), r.host("b", path(51))}, 60);
    CHECK(r.last.chosen == "a");  // nobody else is better
    CHECK(r.last.backups.empty());
    r.pass({r.host("a", path(60)), r.host("b", path(20))}, 4);
    CHECK(r.last.chosen == "b");
}

TEST_CASE("other rules of moving leave the session where it is") {
    routed r;
    r.pass({r.host("a", path(20)), r.host("b", path(30))});
    r.s.sticky.margin = 50;
    r.routes.apply(r.s, r.now);
    r.pass({r.host("a", path(150)), r.host("b", path(30))}, 30);
    CHECK(r.last.chosen == "a");
    CHECK(r.last.moves == 0);
}

TEST_CASE("a host that leaves the configuration loses the session after the time of grace") {
    routed r;
    r.pass({r.host("a", path(20)), r.host("b", path(30))});
    r.pass({r.host("b", path(30))}, 10);
    CHECK(r.last.chosen == "a");
    r.pass({r.host("b", path(30))}, 10);
    CHECK(r.last.chosen == "b");
}

TEST_CASE("a session that ran before a start goes on where it ran, if it is watched still") {
    routed r;
    r.routes.resume("b");
    r.pass({r.host("a", path(48)), r.host("b", path(50))}, 30);
    CHECK(r.last.chosen == "b");
    CHECK(r.last.moves == 0);
    REQUIRE_FALSE(r.log.empty());
    CHECK(r.log[0] == "the session goes on as before this start, on b");
    r.routes.resume("a");  // too late
    r.pass({r.host("a", path(48)), r.host("b", path(50))});
    CHECK(r.last.chosen == "b");
    r.pass({r.host("a", path(48)), r.host("b", {.failed = true})});
    CHECK(r.last.chosen == "a");  // as any other that fails
    CHECK(r.last.moves == 1);

    routed gone;
    gone.routes.resume("c");
    gone.pass({gone.host("a", path(48)), gone.host("b", path(50))});
    CHECK(gone.last.chosen == "a");
    CHECK(gone.last.moves == 0);
}

TEST_CASE("decisions are kept as they change, and the oldest give way") {
    routed r;
    std::size_t most = 0;
    for (int n = 0; n < 2000; ++n) {
        r.pass({r.host("a", path(n % 2 == 0 ? 20 : 45)), r.host("b", path(30))});
        most = std::max(most, r.last.routings.size());
    }
    CHECK(most == router::remembered);
    CHECK(r.last.routings.front().sequence + most - 1 == r.last.routings.back().sequence);
    CHECK(r.log.size() == 1);
}

TEST_CASE("pages are JSON, whatever hosts are called, and leave out what is not known") {
    routed r;
    std::string const odd = "a \"b\" \\ <c> \xC3\xA4 \xFF";
    auto unknown = r.host("unknown", {});
    unknown.at.clear();
    unknown.trouble = "its name does not resolve: \xFF";
    r.pass({r.host(odd, path(20)), unknown, r.host("failed", {.failed = true})}, 3);
    auto const hosts = nlohmann::json::parse(hosts_page(r.last));
    REQUIRE(hosts["hosts"].size() == 3);
    CHECK(hosts["hosts"][0]["state"] == "eligible");
    CHECK(hosts["hosts"][0]["chosen"] == true);
    CHECK(hosts["hosts"][1]["state"] == "not_found");
    CHECK(hosts["hosts"][1]["metrics"].empty());
    CHECK_FALSE(hosts["hosts"][1].contains("last_success"));
    CHECK(hosts["hosts"][2]["state"] == "silent");
    CHECK(hosts["hosts"][2]["verdict"]["reason"] == "failed");
    auto const decisions = nlohmann::json::parse(decisions_page(r.last));
    CHECK(decisions["decisions"].size() == r.last.routings.size());
    CHECK(decisions["decisions"].back()["record"]["considered"] == 3);
    CHECK(nlohmann::json::parse(hosts_page(snapshot{}))["hosts"].empty());
    CHECK(nlohmann::json::parse(decisions_page(snapshot{}))["decisions"].empty());
}

namespace {

/// With an alert of less than half of the usual bandwidth.
monitor::settings narrow() {
    monitor::settings s;
    s.alerts = {{.name = "narrow",
                 .rule = {.value = hostpick::watch::alert_value::bandwidth_mbps,
                          .is = hostpick::watch::comparison::below,
                          .threshold = 0.5,
                          .of_baseline = true}}};
    return s;
}

/// What is active after a full test of the host "a" at that minute.
std::vector<monitor::alert_view> alerts_after_test(monitor::alarms& alarms, int minute,
                                                   double mbps) {
    monitor::snapshot now;
    now.taken = {std::chrono::minutes{minute}, 60.0 * minute};
    auto& host = now.hosts.emplace_back();
    host.name.assign(1, 'a');
    host.metrics = {.latency_ms = 20.0, .bandwidth_mbps = mbps};
    host.tested.emplace().ended = now.taken.steady;
    alarms.judge(now);
    return now.alerts;
}

}  // namespace

TEST_CASE("an alert fires for a host whose bandwidth falls to less than half of the usual") {
    using monitor::snapshot;
    std::vector<std::string> said;
    monitor::alarms alarms{[&](std::string const& line) { said.push_back(line); }};
    alarms.apply(narrow());
    auto const after_test = [&](int minute, double mbps) {
        return alerts_after_test(alarms, minute, mbps);
    };
    CHECK(after_test(0, 1).empty());  // nothing is usual yet
    for (int minute = 1; minute < 6; ++minute) CHECK(after_test(minute, 10).empty());
    CHECK(after_test(6, 5.1).empty());
    auto const alerts = after_test(7, 4.9);
    REQUIRE(alerts.size() == 1);
    CHECK(alerts[0].host == "a");
    CHECK(alerts[0].since == 420);
    CHECK(alerts[0].text == "bandwidth below 50.00 % of the usual: 49.00 % of the usual");
    CHECK(said == std::vector<std::string>{
                      "a: ALERT narrow (bandwidth below 50.00 % of the usual: 49.00 % of the usual)"});
    snapshot nobody;
    nobody.taken = {std::chrono::minutes{8}, 480};
    alarms.judge(nobody);
    CHECK(nobody.alerts.empty());
}

TEST_CASE("what was usual before a start is usual after it, once, and gives way to what is") {
    monitor::alarms alarms{[](auto const&) {}};
    alarms.apply(narrow());
    int minute = 0;
    auto const alerts_after = [&](double mbps) {
        return alerts_after_test(alarms, ++minute, mbps).size();
    };
    alarms.remember("b", std::vector<double>(10, 1000.0));
    CHECK(alerts_after(10) == 0);
    alarms.remember("a", std::vector<double>(400, 100.0));
    CHECK(alerts_after(49) == 1);
    CHECK(alerts_after(51) == 0);
    for (int n = 0; n < 10; ++n) alarms.remember("a", std::vector<double>(400, 1000.0));
    CHECK(alerts_after(51) == 0);
    // Of the last 288 more than half are slow by now: that is usual.
    for (int n = 0; n < 145; ++n) alerts_after(20);
    CHECK(alerts_after(20) == 0);
    CHECK(alerts_after(9) == 1);

    // The past is told late: what was measured since then comes after it.
    for (int const own : {6, 288}) {
        monitor::alarms late{[](auto const&) {}};
        late.apply(narrow());
        for (int n = 0; n < own; ++n) alerts_after_test(late, n, 100);
        for (int n = 0; n < 3; ++n) late.remember("a", std::vector<double>(own == 6 ? 4 : 288, 1000.0));
        CHECK(alerts_after_test(late, own, 60).empty());
        CHECK(alerts_after_test(late, own + 1, 40).size() == 1);
    }
}

TEST_CASE("a sample of each host is remembered now and then, a test once, and what is news") {
    struct notebook final : history::sink {
        std::vector<history::sample>& samples;
        std::vector<history::decision>& decisions;
        notebook(std::vector<history::sample>& s, std::vector<history::decision>& d)
            : samples{s}, decisions{d} {}
        void write(history::batch const& b) override {
            samples.insert(samples.end(), b.samples.begin(), b.samples.end());
            decisions.insert(decisions.end(), b.decisions.begin(), b.decisions.end());
        }
        bool forget_all_but(std::chrono::hours, history::unix_time) override { return false; }
    };
    std::vector<history::sample> samples;
    std::vector<history::decision> decisions;
    {
        monitor::historian remembers{
            {.to = "here", .interval = 10s},
            [&] { return std::make_unique<notebook>(samples, decisions); }, {}};
        monitor::snapshot now;
        now.hosts.resize(3);
        now.hosts[0].name.assign(1, 'a');
        now.hosts[0].metrics = {.latency_ms = 20.5, .bandwidth_mbps = 40, .packet_loss = 0.25,
                                .jitter_ms = 1};
        now.hosts[0].verdict.score = 75;
        now.hosts[0].fresh = true;
        now.hosts[1].name.assign(1, 'b');
        now.hosts[1].metrics.failed = true;
        now.hosts[2].name.assign(1, 'c');  // of whom nothing is known
        for (int second = 0; second <= 60; ++second) {
            now.taken = {std::chrono::seconds{second}, 1'800'000'000.25 + second};
            if (second == 5 || second == 35 || second == 52) {
                auto& tested = now.hosts[0].tested.emplace();
                tested.ended = now.taken.steady;
                if (second != 52) tested.bandwidth_mbps = second;  // no train came back
            }
            now.hosts[0].fresh = second != 30;
            auto const decided = [&](hostpick::sticky_reason reason) {
                monitor::routing r;
                r.at = now.taken.wall;
                r.decided.host.emplace(1, 'a');
                r.decided.reason = reason;
                now.routings.push_back({static_cast<std::uint64_t>(second), now.taken.steady,
                                        std::make_shared<monitor::routing const>(r)});
            };
            if (second == 7) decided(hostpick::sticky_reason::first_choice);
            if (second == 8) decided(hostpick::sticky_reason::best);
            if (second == 50) decided(hostpick::sticky_reason::incumbent_failed);
            if (now.routings.size() > 2) now.routings.erase(now.routings.begin());
            remembers.take(now);
        }
    }
    std::vector<std::int64_t> of_a, of_b;
    std::vector<std::pair<std::int64_t, double>> with_bandwidth;
    for (auto const& s : samples) {
        auto const at = s.at.count() - 1'800'000'000'250;
        if (s.host == "b") {
            CHECK(s.metrics.failed);
            of_b.push_back(at);
            continue;
        }
        REQUIRE(s.host == "a");
        of_a.push_back(at);
        if (s.metrics.bandwidth_mbps) with_bandwidth.emplace_back(at, *s.metrics.bandwidth_mbps);
        CHECK(s.metrics.latency_ms == 20.5);
        CHECK(s.metrics.packet_loss == 0.25);
        CHECK(s.metrics.jitter_ms == 1.0);
        CHECK(s.score == (at < 5000 ? std::nullopt : std::optional{75.0}));
    }
    std::vector<std::int64_t> const each{0, 10'000, 20'000, 30'000, 40'000, 50'000, 60'000};
    CHECK(of_a == std::vector<std::int64_t>{0, 10'000, 20'000, 40'000, 50'000, 60'000});
    CHECK(of_b == each);
    // In the next sample after a test, and as it has found it.
    CHECK(with_bandwidth == decltype(with_bandwidth){{10'000, 5.0}, {40'000, 35.0}});
    REQUIRE(decisions.size() == 2);
    CHECK(decisions[0].at.count() == 1'800'000'007'250);
    CHECK(decisions[0].host == "a");
    CHECK(decisions[1].at.count() == 1'800'000'050'250);
    CHECK(nlohmann::json::parse(decisions[1].record)["reason"] == decisions[1].reason);
}

TEST_CASE("one lost probe of a few is no alert of loss") {
    monitor::alarms alarms{[](auto const&) {}};
    monitor::settings s;
    s.alerts = {{.name = "lossy",
                 .rule = {.value = hostpick::watch::alert_value::packet_loss, .threshold = 0.02}}};
    alarms.apply(s);
    auto const with = [&](monitor::loss_count loss, bool silent = false) {
        monitor::snapshot now;
        auto& host = now.hosts.emplace_back();
        host.name = "a";
        host.loss = loss;
        host.metrics = {.latency_ms = 20.0, .packet_loss = 0.03, .failed = silent};
        alarms.judge(now);
        return now.alerts.size();
    };
    CHECK(with({1, 30}) == 0);
    CHECK(with({0, 0}) == 0);
    CHECK(with({27, 830}) == 1);
    CHECK(with({0, 830}) == 0);
    CHECK(with({60, 60}, true) == 1);  // who does not answer has lost all
    CHECK(with({0, 60}, true) == 0);   // who is unhealthy and answers, nothing
}
