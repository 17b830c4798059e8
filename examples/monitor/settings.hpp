// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/sticky_policy.hpp>
#include <hostpick/watch/alert_rule.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace monitor {

/// A host as the configuration names it.
struct host_settings {
    std::string name;
    std::string address;                      ///< "name:port" of a STAMP reflector
    std::string site{};                       ///< for the reader's information
    std::optional<double> bandwidth_mbps{};   ///< what the host says that it can send
    std::string health_url{};                 ///< none where empty

    friend bool operator==(host_settings const&, host_settings const&) = default;
};

/// The light probes, one after the other for as long as the monitor runs.
struct probe_settings {
    std::chrono::nanoseconds interval = std::chrono::seconds{2};
    std::chrono::nanoseconds timeout = std::chrono::seconds{1};
    std::chrono::nanoseconds window = std::chrono::seconds{60};  ///< of what is remembered
    std::chrono::nanoseconds outage = std::chrono::seconds{5};   ///< silence that makes it failed

    friend bool operator==(probe_settings const&, probe_settings const&) = default;
};

/// The full tests. Of 800 packets without a loss it is sure at 95 % that fewer than 0.5 % are lost
/// (`rolling::wilson_interval`).
struct full_test_settings {
    std::chrono::nanoseconds interval = std::chrono::minutes{5};
    unsigned packets = 800;
    std::chrono::nanoseconds spacing = std::chrono::milliseconds{10};
    unsigned trains = 3;   ///< of padded packets, to measure the capacity
    unsigned quiet_trains = 12;  ///< in hours in which they disturb least: see `history_settings`
    unsigned at_once = 4;  ///< hosts under test, at most

    friend bool operator==(full_test_settings const&, full_test_settings const&) = default;
};

/// The HTTP health checks of the hosts that have a `health_url`.
struct health_settings {
    std::chrono::nanoseconds interval = std::chrono::seconds{10};
    std::chrono::nanoseconds timeout = std::chrono::seconds{2};
    unsigned failures = 2;  ///< in a row, that make a host unhealthy

    friend bool operator==(health_settings const&, health_settings const&) = default;
};

/// A rule of alerts, with its names.
struct alert_settings {
    std::string name{}, unless{};
    hostpick::watch::alert_rule rule{};  ///< but for the names

    /// The rule as a whole, good for as long as this lives.
    [[nodiscard]] hostpick::watch::alert_rule with_names() const {
        auto whole = rule;
        whole.name = name;
        whole.unless = unless;
        return whole;
    }
    friend bool operator==(alert_settings const&, alert_settings const&) = default;
};

/// The rules that there are where a configuration has none.
[[nodiscard]] std::vector<alert_settings> usual_alerts();

/// Where what is seen is remembered. From it come what was usual before a start, and the hours of
/// the day that are quiet.
struct history_settings {
    std::string to;  ///< a file of SQLite, or "mariadb:..."; nowhere where empty
    std::chrono::nanoseconds interval = std::chrono::seconds{10};  ///< between samples of a host
    std::chrono::hours keep = std::chrono::days{90};

    friend bool operator==(history_settings const&, history_settings const&) = default;
};

/// What the page of metrics holds.
struct exposition_settings {
    std::size_t max_hosts = 1000;  ///< of more only the number is shown
    bool rtt_histogram = true;     ///< 15 series for each host
    bool original_names = false;   ///< also the names and units of the first design

    friend bool operator==(exposition_settings const&, exposition_settings const&) = default;
};

/// Everything that a configuration file can say.
struct settings {
    static constexpr std::size_t most_hosts = 10'000;

    std::string listen = "127.0.0.1:9464";
    std::vector<host_settings> hosts{};
    probe_settings probe{};
    full_test_settings full_test{};
    health_settings health{};
    /// Whose byte counters are shown; all but the loopback where nothing is said.
    std::optional<std::vector<std::string>> interfaces{};
    hostpick::score_policy policy{};
    hostpick::constraints<> constraints{};
    hostpick::sticky_policy sticky{};
    unsigned backups = 3;
    std::vector<alert_settings> alerts = usual_alerts();
    exposition_settings exposition{};
    history_settings history{};
};

/// A configuration that cannot be used: the message names the file, and the line or the path.
struct settings_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Settings from JSON text; `name` is what an error calls it.
settings parse_settings(std::string const& text, std::string const& name);
/// Settings from a file.
settings read_settings(std::string const& file);
/// An example that can be read back, with every section in it.
nlohmann::ordered_json example_settings();

}  // namespace monitor
