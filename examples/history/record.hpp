// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/watch/calendar.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the monitor remembers: samples and decisions, in SQLite or MariaDB.
namespace history {

using hostpick::watch::unix_time;

/// What was measured of one host at one moment. What was not measured then is left out: a bandwidth
/// belongs to the sample of the test that found it, and to no later one.
struct sample {
    std::string host;
    unix_time at{};
    hostpick::network_metrics<> metrics;
    std::optional<double> score{};
};

/// A choice that was made.
struct decision {
    unix_time at{};
    std::string host;    ///< that was chosen; empty where there was none
    std::string reason;  ///< in a few words, always the same
    std::string record;  ///< all of it, as JSON
};

/// What is written together, or not at all.
struct batch {
    std::vector<sample> samples;
    std::vector<decision> decisions;

    [[nodiscard]] bool empty() const { return samples.empty() && decisions.empty(); }
    [[nodiscard]] std::size_t size() const { return samples.size() + decisions.size(); }
};

/// Whether every store takes it: UTF-8 of 1 to 255 bytes without control characters, which does not
/// end in a space, because some databases take "a" and "a " for the same.
[[nodiscard]] bool is_host_name(std::string_view name);

/// What is wrong with it, or nothing. A store takes numbers that are finite and not negative, also
/// those that a report will take for failed, such as a latency of 1 800 000 ms.
[[nodiscard]] std::optional<std::string> error_in(sample const& s);
[[nodiscard]] std::optional<std::string> error_in(decision const& d);

}  // namespace history
