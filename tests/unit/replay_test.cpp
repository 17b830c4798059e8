// SPDX-License-Identifier: MIT
#include <hostpick/rolling/path_monitor.hpp>
#include <hostpick/rolling/probe_window.hpp>
#include <hostpick/rolling/throughput.hpp>
#include <hostpick/score.hpp>

#include "catch2_compat.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

// Measurements of real paths, packet by packet, through the windows. Where they are not, a path of
// our own takes their place.

using namespace hostpick;
using namespace hostpick::rolling;
using namespace std::chrono_literals;

namespace {

struct packet {
    std::uint32_t sequence;
    instant sent;
    std::chrono::nanoseconds rtt;
};

std::vector<std::vector<std::string>> rows_of(std::string const& file) {
    std::ifstream in{std::string{HOSTPICK_SHARED_DATA} + "/" + file};
    std::vector<std::vector<std::string>> rows;
    std::string line;
    for (std::getline(in, line); std::getline(in, line);) {
        auto& row = rows.emplace_back();
        std::istringstream cells{line};
        for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    }
    return rows;
}

instant ms(std::string const& text) {
    return std::chrono::nanoseconds{std::llround(std::stod(text) * 1e6)};
}

std::map<std::string, std::vector<packet>> vehicle_traces() {
    std::map<std::string, std::vector<packet>> traces;
    for (auto const& row : rows_of("cicv5g_packet_rtt.csv"))
        traces[row[0]].push_back({static_cast<std::uint32_t>(std::stoul(row[1])), ms(row[2]), ms(row[4])});
    if (!traces.empty()) return traces;
    WARN("no measured vehicles in " HOSTPICK_SHARED_DATA ": a path of our own instead");
    std::uint32_t noise = 1;
    for (std::uint32_t n = 0; n < 5000; ++n) {
        noise = noise * 1'664'525 + 1'013'904'223;
        if (noise >> 28 == 3) continue;  // lost
        bool const stalled = n / 500 % 4 == 2 && n % 500 < 40;
        traces["own"].push_back({n, 55ms * n, stalled ? 5s - 55ms * (n % 500) : 15ms + 1us * (noise >> 18)});
    }
    return traces;
}

template <class View>
bool holds(View const& view) {
    if (view.received() + view.lost() + view.in_flight() != view.sent()) return false;
    auto const loss = view.loss();
    if (loss.bursts > loss.lost || loss.longest_burst > loss.lost) return false;
    if (auto const p = view.packet_loss(); p && !(*p >= 0 && *p <= 1)) return false;
    if (view.received() == 0) return !view.rtt_mean_ms() && !view.rtt_quantile_ms(0.5);
    double const low = *view.rtt_min_ms(), high = *view.rtt_max_ms();
    double before = low;
    for (double const q : {0.05, 0.5, 0.95}) {
        double const now = *view.rtt_quantile_ms(q);
        if (now < before) return false;
        before = now;
    }
    double const mean = *view.rtt_mean_ms();
    return before <= high && low * (1 - 1e-12) <= mean && mean <= high * (1 + 1e-12) &&
           *view.rtt_population_deviation_ms() >= 0 && (!view.jitter_ms() || *view.jitter_ms() <= high - low + 1e-9);
}

}  // namespace

TEST_CASE("measured packets of vehicles on 5G, with their stalls and holes") {
    for (auto const& [name, packets] : vehicle_traces()) {
        CAPTURE(name);
        struct event {
            instant at;
            std::uint32_t sequence;
            bool reply;
        };
        std::vector<event> events;
        std::uint64_t in_time = 0, late = 0;
        std::uint32_t next = packets.front().sequence;
        for (auto const& p : packets) {
            for (; next < p.sequence; ++next) events.push_back({p.sent, next, false});  // a hole
            events.push_back({p.sent, next++, false});
            events.push_back({p.sent + p.rtt, p.sequence, true});
            ++(p.rtt < 1s ? in_time : late);
        }
        std::stable_sort(events.begin(), events.end(), [](event const& a, event const& b) { return a.at < b.at; });
        probe_window<64> window{1s, packets.front().sequence};
        bool good = true;
        for (auto const& e : events) {
            if (e.reply) window.reply(e.sequence, e.at);
            else good = good && window.sent(e.at) == e.sequence;
            window.advance(e.at);
            good = good && holds(window.all()) && holds(window.sent_after(e.at - 2s)) &&
                   window.sent_after(instant::min()).sums() == window.all().sums();
        }
        window.advance(events.back().at + 2s);
        CHECK(good);
        auto const& n = window.counters();
        CHECK(n.sent == next - packets.front().sequence);
        CHECK(n.received == in_time);
        CHECK(n.late + n.unexpected == late);  // the latest replies find their probe gone
        CHECK(n.lost == n.sent - in_time);
        CHECK(n.duplicates == 0);
        CHECK(window.all().in_flight() == 0);
    }
}

TEST_CASE("measured days of a ship's satellite link become metrics that hold") {
    std::size_t days = 0;
    for (char const* day : {"2024-12-12", "2025-01-30", "2025-03-13"}) {
        auto const rows = rows_of(std::string{"fjordlink_starlink_"} + day + ".csv");
        if (rows.empty()) continue;
        ++days;
        path_monitor<64> path;
        throughput<32> link{30s};
        std::uint64_t bytes = 0;
        std::size_t good = 0, seconds = 0;
        double most_mbps = 0;
        for (auto const& row : rows) {
            instant const now = ms(row[0]) * 1000;
            double const up_mbps = std::stod(row[4]);
            // Twenty pings a second, of which some were lost.
            auto const lost = std::lround(std::stod(row[2]) * 20);
            for (int n = 0; n < 20; ++n) {
                auto const sequence = path.sent(now + 40ms * n);
                if (n >= lost) path.reply(sequence, now + 40ms * n + ms(row[1]));
            }
            path.advance(now + 900ms);
            if (seconds > 0) bytes += static_cast<std::uint64_t>(up_mbps * 125'000);
            link.push(bytes, now);
            most_mbps = std::max(most_mbps, up_mbps);
            auto const m = path.metrics(now + 900ms), p = path.pessimistic_metrics(now + 900ms);
            auto const rate = link.mbps(now);
            good += holds(path.probes().all()) && calculate_host_score(p) <= calculate_host_score(m) &&
                    (lost == 20 || (m.latency_ms && (seconds == 0 || *m.packet_loss < 1))) && (!rate || (*rate >= 0 && *rate <= 2 * most_mbps));
            ++seconds;
        }
        CAPTURE(day);
        CHECK(good == seconds);
        CHECK(link.counters().resets == 0);
    }
    if (days == 0) WARN("skipped, because there are no measured days in " HOSTPICK_SHARED_DATA);
}
