// SPDX-License-Identifier: MIT
#pragma once

#include "settings.hpp"
#include "snapshot.hpp"

#include <hostpick/watch/alert_board.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace monitor {

/// The alerts of all hosts: judged by the mean metrics, by the loss of probes and full tests
/// together, by the bandwidth beside what is usual, and of the chosen host by its score.
class alarms {
public:
    static constexpr std::size_t bandwidths_remembered = 288;  ///< a day of tests

    explicit alarms(std::function<void(std::string const&)> say) : say_{std::move(say)} {}

    /// Judges by these rules from now on. Other rules start anew.
    void apply(settings const& s);

    /// Bandwidths that were measured before this start, the earliest first: part of what is usual,
    /// the first time that they are told.
    void remember(std::string const& host, std::vector<double> const& mbps);

    /// Judges what is known of the hosts, and writes what is active into the snapshot.
    void judge(snapshot& now);

private:
    /// The bandwidths that the last tests of a host have found: half of them are below the usual.
    struct bandwidths {
        static constexpr std::size_t enough = 6;
        std::deque<double> last{};
        std::optional<hostpick::rolling::instant> newest{};
        bool has_past = false;

        [[nodiscard]] std::optional<double> usual() const;
    };
    [[nodiscard]] std::string line_of(std::string const& host,
                                      hostpick::watch::alert_rule const& rule,
                                      hostpick::watch::alert const& state,
                                      hostpick::watch::alert_change change) const;
    [[nodiscard]] hostpick::watch::alert_samples samples_of(host_view const& host);

    std::function<void(std::string const&)> say_;
    std::vector<alert_settings> settings_{};  // owns the names
    std::optional<hostpick::watch::alert_board<std::string>> board_{};
    std::map<std::string, bandwidths> tested_{};
};

}  // namespace monitor
