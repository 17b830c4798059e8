// SPDX-License-Identifier: MIT
#include "alarms.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace monitor {

namespace watch = hostpick::watch;
using watch::alert_change;
using watch::alert_value;

std::optional<double> alarms::bandwidths::usual() const {
    if (last.size() < enough) return std::nullopt;
    std::vector<double> sorted(last.begin(), last.end());
    auto const middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
}

void alarms::apply(settings const& s) {
    if (board_ && s.alerts == settings_) return;
    settings_ = s.alerts;
    std::vector<watch::alert_rule> rules;
    for (alert_settings const& each : settings_) rules.push_back(each.with_names());
    board_.emplace(rules);
}

void alarms::remember(std::string const& host, std::vector<double> const& mbps) {
    if (std::exchange(tested_[host].has_past, true)) return;
    auto& last = tested_[host].last;
    last.insert(last.begin(), mbps.begin(), mbps.end());
    while (last.size() > bandwidths_remembered) last.pop_front();
}

watch::alert_samples alarms::samples_of(host_view const& host) {
    watch::alert_samples known{host.metrics};
    known.of(alert_value::latency_ms).samples = host.samples;
    known.of(alert_value::jitter_ms).samples = host.samples;
    // Also of a host that is silent, which loses everything and has nothing else to be judged by.
    known.of(alert_value::packet_loss) = watch::loss_sample(host.loss.lost, host.loss.settled);
    auto& bandwidth = tested_[host.name];
    if (host.tested && host.tested->ended != bandwidth.newest && host.metrics.bandwidth_mbps) {
        bandwidth.newest = host.tested->ended;
        bandwidth.last.push_back(*host.metrics.bandwidth_mbps);
        if (bandwidth.last.size() > bandwidths_remembered) bandwidth.last.pop_front();
    }
    known.of(alert_value::bandwidth_mbps).baseline = bandwidth.usual();
    if (host.chosen) known.of(alert_value::score).value = host.verdict.score;
    return known;
}

std::string alarms::line_of(std::string const& host, watch::alert_rule const& rule,
                            watch::alert const& state, alert_change change) const {
    std::string line = host;
    line += change == alert_change::fired ? ": ALERT " : ": alert resolved, ";
    line += rule.name;
    // What it is about may be as bad as before: a graver alert has taken over.
    watch::alert const* const graver =
        rule.unless.empty() ? nullptr : board_->find(host, rule.unless);
    if (change == alert_change::resolved && graver != nullptr &&
        graver->state() == watch::alert_state::firing)
        return line.append(" (").append(rule.unless).append(" has taken over)");
    return line.append(" (").append(describe(rule, state.value()).view()).append(")");
}

void alarms::judge(snapshot& now) {
    std::set<std::string> here;
    for (host_view const& host : now.hosts) {
        here.insert(host.name);
        board_->see(host.name, samples_of(host), now.taken.steady,
                    [&](watch::alert_rule const& rule, watch::alert const& state,
                        alert_change change) {
                        if (change == alert_change::fired || change == alert_change::resolved)
                            say_(line_of(host.name, rule, state, change));
                    });
    }
    std::erase_if(tested_, [&](auto const& known) {
        if (here.contains(known.first)) return false;
        board_->forget(known.first);
        return true;
    });
    for (auto const& active : board_->active())
        now.alerts.push_back({active.host, std::string{active.rule.name}, active.rule.level,
                              active.state, now.taken.when(active.since),
                              std::string{describe(active.rule, active.value).view()}});
}

}  // namespace monitor
