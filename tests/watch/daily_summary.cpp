// SPDX-License-Identifier: MIT
//
// Daily reports of the samples on standard input, for against_pandas.py.
// usage: daily_summary UTC_OFFSET_MINUTES
// in:  time in ms, then latency, bandwidth, packet loss and jitter, which may be empty
// out: a line for each day, a line for each episode
#include <hostpick/watch/report.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

using namespace hostpick;
using namespace hostpick::watch;

namespace {

std::optional<double> number(std::istream& line) {
    std::string cell;
    std::getline(line, cell, ',');
    return cell.empty() ? std::nullopt : std::optional{std::strtod(cell.c_str(), nullptr)};
}

void show(std::optional<double> x) {
    if (x) std::printf(",%.17g", *x);
    else std::printf(",");
}
void show(exact_mean const& m) {
    std::printf(",%llu", static_cast<unsigned long long>(m.count()));
    for (auto const& x : {m.mean(), m.least(), m.most()}) show(x);
}
void show(std::uint64_t n) { std::printf(",%llu", static_cast<unsigned long long>(n)); }

void show(daily_report const& r) {
    std::printf("day,%lld", static_cast<long long>(r.day().from.count()));
    for (auto const n : {r.samples(), r.failed(), r.refused(), r.failed_bandwidths(),
                         r.bad_samples(), r.episodes().begun(), r.episodes().dropped()})
        show(n);
    for (auto const* m : {&r.latency_ms(), &r.bandwidth_mbps(), &r.packet_loss(), &r.jitter_ms()})
        show(*m);
    show(r.latency_p95_ms());
    std::printf("\n");
    for (episode const& e : r.episodes().kept()) {
        std::printf("episode,%lld,%lld,%d", static_cast<long long>(e.start.count()),
                    static_cast<long long>(e.end.count()), e.continued ? 1 : 0);
        show(e.samples);
        show(e.failed);
        show(e.peak_ms);
        std::printf("\n");
    }
}

}  // namespace

int main(int count, char** arguments) {
    std::chrono::minutes const offset{count > 1 ? std::atoi(arguments[1]) : 0};
    std::optional<daily_summary> today;
    std::string row;
    while (std::getline(std::cin, row)) {
        std::istringstream line{row};
        std::string cell;
        std::getline(line, cell, ',');
        unix_time const at{std::strtoll(cell.c_str(), nullptr, 10)};
        network_metrics<> m;
        m.latency_ms = number(line);
        m.bandwidth_mbps = number(line);
        m.packet_loss = number(line);
        m.jitter_ms = number(line);
        day_span const day = day_at(at, offset);
        if (!today) today = daily_summary{day};
        if (today->report().day() != day && at >= today->report().day().to) {
            show(today->report());
            today = today->next(day);
        }
        today->add(at, m);
    }
    if (today) show(today->report());
}
