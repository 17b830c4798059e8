// SPDX-License-Identifier: MIT
//
// An hour of one session: its host gets slow for a moment, then for good, and another one dies.
#include <hostpick/score.hpp>
#include <hostpick/sticky.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;

/// What was measured of the three hosts so many minutes into the session.
std::vector<sticky_candidate<std::string>> known_at(double minute) {
    bool const spike = minute >= 5 && minute < 5.1, busy = minute >= 20, dead = minute >= 40;
    auto const wave = [&](int period) { return (static_cast<int>(minute * 6) * 7 % period) - period / 2.0; };
    auto const score = [](double latency_ms, double packet_loss) {
        return calculate_host_score(network_metrics<>{
            .latency_ms = latency_ms, .bandwidth_mbps = 20, .packet_loss = packet_loss});
    };
    return {{.host = "paris", .score = score(30 + wave(9) + (spike || busy ? 70 : 0), busy ? 0.02 : 0)},
            {.host = "london", .score = score(38 + wave(11), 0), .failed = dead},
            {.host = "madrid", .score = score(45 + wave(5), 0.001)}};
}

int main() {
    sticky_choice<std::string> session;
    std::string moves;
    auto reason = sticky_reason::nobody;
    for (std::chrono::seconds now = 0s; now < 1h; now += 5s) {
        double const minute = std::chrono::duration<double, std::ratio<60>>(now).count();
        auto const d = session.decide(known_at(minute), now, 1h - now);
        if (d.reason != reason || d.moved())
            std::cout << now.count() / 60 << ":" << now.count() % 60 / 10 << now.count() % 10 << "  "
                      << *d.host << "  " << to_text(d.reason) << '\n';
        if (d.moved()) moves += d.host->substr(0, 1);
        reason = d.reason;
    }
    return moves == "plm" ? 0 : 1;  // neither the spike nor the waves moved it
}
