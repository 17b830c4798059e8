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
    std::chrono::minutes stretch{60};  ///< of which means are made
    /// What a row tells of was so much earlier; each is tried.
    std::vector<std::chrono::milliseconds> lags{std::chrono::milliseconds{0}};
};

/// The start of the stretch of time, one of many of the same length, in which a point in time lies.
[[nodiscard]] inline unix_time start_of_stretch(unix_time t, std::chrono::minutes length) {
    auto const whole = t / unix_time{length};
    return unix_time{length} * (t < unix_time{length} * whole ? whole - 1 : whole);
}

/// How players found their sessions, in the mean of each stretch of time.
class experience {
public:
    experience() = default;
    /// Reads a file. Throws input_error with the line at the first row that makes no sense.
    experience(experience_settings const& settings, zone const& z);

    /// Those that were asked for; none of no file.
    [[nodiscard]] std::vector<std::chrono::milliseconds> lags() const;
    /// Those that the file names, in the order of their bytes.
    [[nodiscard]] std::vector<std::string> hosts() const;
    /// Of one host, the earliest first; of all where the file has no column for the host. Nothing
    /// of a lag that was not asked for.
    [[nodiscard]] std::vector<hostpick::watch::reading> of(std::string const& host,
                                                           std::chrono::milliseconds lag) const;

private:
    using means = std::map<unix_time, hostpick::watch::exact_mean>;
    std::map<std::chrono::milliseconds, std::map<std::string, means>> by_lag_{};
};

}  // namespace report
