// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/json.hpp>
#include <hostpick/metrics.hpp>

#include <stdexcept>
#include <string>
#include <vector>

/// A host as the input names it.
struct host_record {
    std::string host;
    hostpick::network_metrics<> metrics;
};

/// Input that cannot be used; the message names the line or the path.
struct input_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The CSV columns to read, by the names in the file's header. A column that is not there is
/// missing, but for `host` and `latency_ms`, which must be there.
struct csv_columns {
    std::string host = "host";
    std::string latency_ms = "latency_ms";
    std::string bandwidth_mbps = "bandwidth_mbps";
    std::string packet_loss = "packet_loss";                   ///< ratio, 0 to 1
    std::string packet_loss_percent = "packet_loss_percent";  ///< the only way to give percents
    std::string jitter_ms = "jitter_ms";
    std::string failed = "failed";
};

/// Parses `text` as JSON; a syntax error is an `input_error` that names line and column.
nlohmann::json parse_json(std::string const& text, std::string const& name);

/// Hosts from JSON: an array of records, or an object with the array under "hosts". A record has
/// "host" and the metrics' members; its other keys are free.
std::vector<host_record> read_json_hosts(std::string const& text, std::string const& name);

/// Hosts from CSV with a header line; an empty cell is missing.
std::vector<host_record> read_csv_hosts(std::string const& text, std::string const& name,
                                        csv_columns const& columns = {});

/// Hosts from JSON where the text starts with `{` or `[`, else from CSV.
std::vector<host_record> read_hosts(std::string const& text, std::string const& name,
                                    csv_columns const& columns = {});
