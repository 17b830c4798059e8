// SPDX-License-Identifier: MIT
#pragma once

#include "import_csv.hpp"

#include <hostpick/watch/exact_mean.hpp>
#include <hostpick/watch/series.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace report {

/// Where it is written how players found their sessions: one number a row, 0 or more, such as
/// ratings, minutes played, or the share of matches that somebody left.
struct experience_settings {
    std::string file{};  ///< a CSV file with the columns time, host or not, and the number's
    std::string column = "experience";
    std::string time_unit = "iso";  ///< or seconds or milliseconds since 1970
    std::chrono::milliseconds lag{};  ///< what a row tells of was so much earlier
};

/// How players found their sessions, in the mean of each hour.
class experience {
public:
    experience() = default;
    /// Reads a file. Throws input_error with the line at the first row that makes no sense.
    experience(experience_settings const& settings, zone const& z);

    /// Of one host, the earliest first; of all where the file has no column for the host.
    [[nodiscard]] std::vector<hostpick::watch::reading> of(std::string const& host) const;

private:
    std::map<std::string, std::map<unix_time, hostpick::watch::exact_mean>> hours_{};
};

}  // namespace report
