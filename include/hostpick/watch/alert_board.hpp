// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/describe.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/watch/alert.hpp>
#include <hostpick/watch/alert_rule.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace hostpick::watch {

/// What is known of one host, by what rules look at.
class alert_samples {
public:
    constexpr alert_samples() = default;
    /// What is measured: loss as a mere ratio, and no baseline. A failed host has no value.
    constexpr explicit alert_samples(network_metrics<> const& m) noexcept {
        if (m.failed) return;
        of(alert_value::latency_ms).value = m.latency_ms;
        of(alert_value::packet_loss).value = m.packet_loss;
        of(alert_value::jitter_ms).value = m.jitter_ms;
        of(alert_value::bandwidth_mbps).value = m.bandwidth_mbps;
    }
    [[nodiscard]] constexpr alert_sample& of(alert_value v) noexcept {
        return samples_[static_cast<std::size_t>(v)];
    }
    [[nodiscard]] constexpr alert_sample const& of(alert_value v) const noexcept {
        return samples_[static_cast<std::size_t>(v)];
    }

private:
    std::array<alert_sample, alert_values> samples_{};
};

/// An alert that is pending or fires.
template <class Id>
struct active_alert {
    Id host{};
    alert_rule rule{};
    alert_state state{};
    rolling::instant since{};  ///< it has been so
    std::optional<double> value{};
};

/// The alerts of many hosts by one list of rules.
///
/// Rules are judged in their order, so that `unless` may name an earlier one. The names that they
/// have are the caller's to keep. A list with an error judges nothing. A host comes with its first
/// sample, for which it allocates once; `see` is O(log hosts + rules).
///
///     alert_board<std::string> board{default_alert_rules()};
///     board.see("paris", alert_samples{metrics}, now,
///               [](alert_rule const& r, alert const&, alert_change c) { log(r, c); });
template <class Id>
class alert_board {
public:
    explicit alert_board(std::span<alert_rule const> rules) : rules_(rules.begin(), rules.end()) {
        for (alert_rule const& r : rules_) {
            quiet_while_.push_back(static_cast<std::size_t>(find(r.unless) - rules_.begin()));
            if (error_) continue;
            error_ = r.error();
            auto const own = static_cast<std::size_t>(&r - rules_.data());
            if (!error_ && static_cast<std::size_t>(find(r.name) - rules_.begin()) != own)
                error_ = setting_error{"name", "another name for each rule"};
            if (!error_ && !r.unless.empty() && quiet_while_.back() > own)
                error_ = setting_error{"unless", "the name of an earlier rule"};
        }
    }

    /// The first thing that is wrong with a rule, or nothing.
    [[nodiscard]] std::optional<setting_error> const& error() const noexcept { return error_; }
    [[nodiscard]] std::span<alert_rule const> rules() const noexcept { return rules_; }

    /// Judges what is known of a host, and tells of each change (and each refused sample).
    template <class Changed>
    void see(Id const& host, alert_samples const& samples, rolling::instant now, Changed changed) {
        if (error_) return;
        auto& row = hosts_.try_emplace(host, rules_.size()).first->second;
        for (std::size_t n = 0; n < rules_.size(); ++n) {
            bool const quiet = !rules_[n].unless.empty() && row[quiet_while_[n]].firing();
            auto const change = row[n].see(rules_[n], samples.of(rules_[n].value), now, quiet);
            if (change != alert_change::none) changed(rules_[n], std::as_const(row[n]), change);
        }
    }

    /// Forgets a host with its alerts. A host that is not here is forgotten already.
    void forget(Id const& host) { hosts_.erase(host); }

    /// The state of a rule for a host, or null.
    [[nodiscard]] alert const* find(Id const& host, std::string_view rule) const {
        auto const row = hosts_.find(host);
        auto const r = find(rule);
        if (row == hosts_.end() || r == rules_.end()) return nullptr;
        return &row->second[static_cast<std::size_t>(r - rules_.begin())];
    }

    /// What is pending or fires: what fires first, then the more severe, then the older, then by
    /// host. O(hosts × rules).
    [[nodiscard]] std::vector<active_alert<Id>> active() const {
        std::vector<active_alert<Id>> all;
        for (auto const& [host, row] : hosts_)
            for (std::size_t n = 0; n < row.size(); ++n)
                if (auto const since = row[n].active_since())
                    all.push_back({host, rules_[n], row[n].state(), *since, row[n].value()});
        std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
            if (a.state != b.state) return a.state > b.state;
            if (a.rule.level != b.rule.level) return a.rule.level > b.rule.level;
            return a.since < b.since;
        });
        return all;
    }

private:
    [[nodiscard]] std::vector<alert_rule>::const_iterator find(std::string_view name) const {
        return std::find_if(rules_.begin(), rules_.end(),
                            [&](alert_rule const& r) { return r.name == name; });
    }

    std::vector<alert_rule> rules_;
    std::vector<std::size_t> quiet_while_;
    std::optional<setting_error> error_;
    std::map<Id, std::vector<alert>, std::less<>> hosts_;
};

/// What a rule asks, and the value that it was asked for, as one line of text.
///
///     describe(rule, 312.0).view()  // "latency above 200.00 ms for 120 s: 312.00 ms"
[[nodiscard]] constexpr text_line describe(alert_rule const& r,
                                           std::optional<double> value = {}) noexcept {
    text_line line;
    double scale = 1;
    std::string_view unit;
    switch (r.value) {
        case alert_value::latency_ms: line << "latency", unit = " ms"; break;
        case alert_value::packet_loss: line << "packet loss", unit = " %", scale = 100; break;
        case alert_value::jitter_ms: line << "jitter", unit = " ms"; break;
        case alert_value::bandwidth_mbps: line << "bandwidth", unit = " Mbps"; break;
        case alert_value::score: line << "score"; break;
    }
    if (r.of_baseline) unit = " % of the usual", scale = 100;
    line << (r.is == comparison::above ? " above " : " below ") << r.threshold * scale << unit;
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(r.for_time).count();
    if (seconds > 0) line << " for " << static_cast<unsigned>(seconds) << " s";
    if (value) line << ": " << *value * scale << unit;
    return line;
}

}  // namespace hostpick::watch
