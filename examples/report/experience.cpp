// SPDX-License-Identifier: MIT
#include "experience.hpp"

#include <utility>

namespace report {

namespace {

constexpr char const* everyone = "(all hosts)";  // of rows that name none

}  // namespace

experience::experience(experience_settings const& settings, zone const& z) {
    import_settings csv{.file = settings.file,
                        .columns = {{"score", settings.column}},
                        .ignored = {"latency_ms", "jitter_ms", "packet_loss", "packet_loss_percent",
                                    "bandwidth_mbps", "failed"},
                        .host = everyone,
                        .time_unit = settings.time_unit,
                        .naming = "time and host are called so, --experience-column names the number"};
    for (auto const lag : settings.lags) by_lag_[lag];
    read_csv(
        csv, z,
        [&](history::sample const& s) {
            if (!s.score) return;
            for (auto& [lag, hosts] : by_lag_)
                if (!hosts[s.host][start_of_stretch(s.at - lag, settings.stretch)].add(*s.score))
                    throw input_error{settings.column + ": expected at most 10^10"};
        },
        [](double) {});
}

std::vector<std::chrono::milliseconds> experience::lags() const {
    std::vector<std::chrono::milliseconds> all;
    for (auto const& each : by_lag_) all.push_back(each.first);
    return all;
}

std::vector<std::string> experience::hosts() const {
    std::vector<std::string> all;
    if (by_lag_.empty()) return all;
    for (auto const& each : by_lag_.begin()->second)
        if (each.first != everyone) all.push_back(each.first);
    return all;
}

std::vector<hostpick::watch::reading> experience::of(std::string const& host,
                                                     std::chrono::milliseconds lag) const {
    std::vector<hostpick::watch::reading> all;
    auto const hosts = by_lag_.find(lag);
    if (hosts == by_lag_.end()) return all;
    auto found = hosts->second.find(host);
    if (found == hosts->second.end()) found = hosts->second.find(everyone);
    if (found == hosts->second.end()) return all;
    for (auto const& [start, mean] : found->second) all.push_back({start, *mean.mean()});
    return all;
}

}  // namespace report
