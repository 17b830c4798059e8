// SPDX-License-Identifier: MIT
#pragma once

#include "zone.hpp"

#include "store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace report {

/// What is wrong with a file that a user gave, and where.
struct input_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How a CSV file is read.
struct import_settings {
    std::string file;
    /// From our columns to the file's: time, host, latency_ms, jitter_ms, packet_loss,
    /// packet_loss_percent, bandwidth_mbps, score, failed. One that is not named has its own name.
    std::map<std::string, std::string> columns{};
    std::set<std::string> ignored{};  ///< columns of ours that are not looked for
    std::string host{};           ///< of all rows, where no column says so
    std::string time_unit = "iso";  ///< or seconds or milliseconds since 1970
    /// How a user names columns, for errors.
    std::string naming = "--column NAME=HEADER names them, of time, host, latency_ms, jitter_ms, packet_loss, "
                         "packet_loss_percent, bandwidth_mbps, score, failed";
};

/// Whether it is one of our columns.
[[nodiscard]] bool is_import_column(std::string const& name);

struct import_counts {
    std::uint64_t rows = 0;     ///< read
    std::uint64_t written = 0;  ///< rows of the same host and millisecond count each
    std::uint64_t empty = 0;    ///< without any number that we look for: not written
};

/// Shows the rows of a file as samples, in their order. Throws input_error with the line at the first
/// that makes no sense; those before it were shown. `seen` is told now and then what share of the
/// file is read. Gives what was read, and nothing written.
import_counts read_csv(import_settings const& settings, zone const& z,
                       std::function<void(history::sample)> const& show,
                       std::function<void(double)> const& seen);

/// Writes the rows of a file into a store, as they are: a report will judge them. The same file
/// again changes nothing. The rest as with `read_csv`: what was shown there may be written here.
import_counts import_csv(history::store& db, import_settings const& settings, zone const& z,
                         std::function<void(double)> const& seen);

}  // namespace report
