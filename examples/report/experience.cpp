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
                        .time_unit = settings.time_unit};
    read_csv(
        csv, z,
        [&](history::sample const& s) {
            if (!s.score) return;
            auto const hour = std::chrono::floor<std::chrono::hours>(s.at - settings.lag);
            if (!hours_[s.host][hour].add(*s.score))
                throw input_error{settings.column + ": expected at most 10^10"};
        },
        [](double) {});
}

std::vector<hostpick::watch::reading> experience::of(std::string const& host) const {
    auto found = hours_.find(host);
    if (found == hours_.end()) found = hours_.find(everyone);
    std::vector<hostpick::watch::reading> all;
    if (found == hours_.end()) return all;
    for (auto const& [hour, mean] : found->second) all.push_back({hour, *mean.mean()});
    return all;
}

}  // namespace report
