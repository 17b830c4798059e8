// SPDX-License-Identifier: MIT
#pragma once

#include "interface_counters.hpp"
#include "measurements.hpp"
#include "moment.hpp"
#include "pooled_loss.hpp"
#include "routing.hpp"

#include <hostpick/metrics.hpp>
#include <hostpick/prometheus/latency_histogram.hpp>
#include <hostpick/verdict.hpp>
#include <hostpick/watch/alert.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace monitor {

/// What was known of one host at one moment.
struct host_view {
    std::string name, address, site;
    std::string at;       ///< the address that the name stands for; empty while it is not known
    std::string trouble;  ///< why it is not known
    hostpick::network_metrics<> metrics, pessimistic_metrics;
    hostpick::verdict verdict;  ///< by the pessimistic metrics, as is everything that is chosen
    double confidence = 0;
    bool fresh = false;    ///< heard of lately
    loss_count loss;  ///< that the mean metrics are made of
    unsigned samples = 0;  ///< answers that the metrics are made of
    std::optional<double> rtt_min_ms, rtt_median_ms, rtt_p95_ms;
    std::vector<std::optional<float>> recent_rtt_ms;
    std::optional<unix_seconds> last_success;

    hostpick::prometheus::latency_histogram rtt;
    std::uint64_t light_sent = 0, light_lost = 0, burst_sent = 0, burst_lost = 0;
    std::uint64_t tests = 0, detailed_tests = 0, trains_refused = 0;
    std::optional<hostpick::watch::hour_list> quiet_hours;
    bool under_test = false;
    std::optional<full_test_result> tested;
    std::optional<unix_seconds> tested_at;
    std::optional<health_result> health;
    bool unhealthy = false;
    bool chosen = false;
};

/// An alert that was pending, or fired.
struct alert_view {
    std::string host, rule;
    hostpick::watch::severity level{};
    hostpick::watch::alert_state state{};
    unix_seconds since = 0;
    std::string text;  ///< what it is about, with the last value
};

/// What was known at one moment: all that a page, a log or a history is made of. It never changes.
struct snapshot {
    moment taken;
    std::vector<host_view> hosts;
    std::optional<std::string> chosen;
    std::vector<std::string> backups;  ///< who is next if it fails, best first
    std::uint64_t moves = 0;
    std::vector<logged_routing> routings;  ///< the last ones, the oldest first
    std::vector<alert_view> alerts;        ///< the gravest first
    std::vector<interface_view> interfaces;
    std::array<std::uint64_t, static_cast<std::size_t>(refusal::count_of_them)> refused{};
    std::uint64_t not_sent = 0;
    std::size_t tests_under_way = 0;
    exposition_settings exposition;
    std::uint64_t reloads = 0, failed_reloads = 0;
    std::string reload_trouble;  ///< of the last reload, if it failed
};

/// The latest snapshot. One thread publishes, any number read, and none waits for another.
class latest_snapshot {
public:
    void publish(std::shared_ptr<snapshot const> next) {
        std::lock_guard const lock{mutex_};
        current_.swap(next);  // the old one dies after the lock is gone
    }
    /// Not null: an empty one before the first.
    [[nodiscard]] std::shared_ptr<snapshot const> get() const {
        std::lock_guard const lock{mutex_};
        return current_;
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<snapshot const> current_ = std::make_shared<snapshot const>();
};

}  // namespace monitor
