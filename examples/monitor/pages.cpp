// SPDX-License-Identifier: MIT
#include "pages.hpp"

#include "log.hpp"

#include <hostpick/decision_json.hpp>
#include <hostpick/describe.hpp>
#include <hostpick/json.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>

namespace monitor {

namespace {

using json = nlohmann::ordered_json;

void set(json& j, char const* key, std::optional<double> const& x) {
    if (x) j[key] = *x;
}
void set(json& j, char const* key, std::string const& text) {
    if (!text.empty()) j[key] = text;
}

/// One word for what a host is like.
char const* state_of(host_view const& host) {
    if (host.at.empty()) return "not_found";
    if (host.unhealthy) return "unhealthy";
    if (host.metrics.failed) return "silent";
    if (host.verdict.eligible()) return "eligible";
    return host.metrics.latency_ms ? "excluded" : "unknown";
}

json full_test_of(host_view const& host) {
    json j{{"ended", to_utc(*host.tested_at)},
           {"packets", host.tested->loss.settled},
           {"lost", host.tested->loss.lost}};
    set(j, "rtt_median_ms", host.tested->rtt_median_ms);
    set(j, "rtt_p99_ms", host.tested->rtt_p99_ms);
    set(j, "jitter_ms", host.tested->jitter_ms);
    return j;
}

json health_of(health_result const& health) {
    json j{{"ok", health.ok}, {"took_ms", hostpick::to_ms(health.took)}};
    if (health.status > 0) j["status"] = health.status;
    set(j, "trouble", health.trouble);
    return j;
}

json alert_of(alert_view const& alert) {
    static constexpr std::array severities{"info", "warning", "critical"};
    return {{"host", alert.host},
            {"rule", alert.rule},
            {"severity", severities[static_cast<std::size_t>(alert.level)]},
            {"state", to_name(alert.state)},
            {"since", to_utc(alert.since)},
            {"text", alert.text}};
}

json host_of(host_view const& host) {
    json j{{"host", host.name}, {"address", host.address}};
    set(j, "at", host.at);
    if (host.at.empty()) set(j, "trouble", host.trouble);
    set(j, "site", host.site);
    j["state"] = state_of(host);
    j["chosen"] = host.chosen;
    j["verdict"] = host.verdict;
    j["why"] = hostpick::describe(host.verdict).view();
    j["metrics"] = host.metrics;
    j["pessimistic_metrics"] = host.pessimistic_metrics;
    j["confidence"] = host.confidence;
    json& rtt = j["rtt_ms"] = json::object();
    set(rtt, "min", host.rtt_min_ms);
    set(rtt, "median", host.rtt_median_ms);
    set(rtt, "p95", host.rtt_p95_ms);
    json& recent = rtt["recent"] = json::array();
    for (auto const& x : host.recent_rtt_ms) {
        if (!x) recent.push_back(nullptr);
        else recent.push_back(std::round(double{*x} * 1000) / 1000);
    }
    if (host.last_success) j["last_success"] = to_utc(*host.last_success);
    j["probes"] = {{"sent", host.light_sent}, {"lost", host.light_lost}};
    j["full_tests"] = {{"ended", host.tests},
                       {"detailed", host.detailed_tests},
                       {"under_way", host.under_test},
                       {"packets_sent", host.burst_sent},
                       {"packets_lost", host.burst_lost},
                       {"trains_refused", host.trains_refused}};
    if (host.tested) j["full_tests"]["last"] = full_test_of(host);
    if (host.quiet_hours) {
        json& hours = j["full_tests"]["quiet_hours_utc"] = json::array();
        for (std::size_t n = 0; n < host.quiet_hours->size; ++n)
            hours.push_back(host.quiet_hours->hours[n]);
    }
    if (host.health) j["health"] = health_of(*host.health);
    return j;
}

json routing_of(logged_routing const& entry) {
    routing const& r = *entry.decision;
    json j{{"sequence", entry.sequence}, {"at", to_utc(r.at)}, {"moved", r.decided.moved()}};
    if (r.before) j["before"] = *r.before;
    if (r.decided.host) j["host"] = *r.decided.host;
    j["reason"] = hostpick::to_text(r.decided.reason);
    if (r.decided.challenger) {
        j["challenger"] = *r.decided.challenger;
        j["gain"] = r.decided.gain;
    }
    j["line"] = line_of(r);
    j["record"] = r.record;
    return j;
}

json alerts_of(snapshot const& now) {
    json all = json::array();
    for (alert_view const& alert : now.alerts) all.push_back(alert_of(alert));
    return all;
}

std::string text_of(json const& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string status_page() {
    static constexpr unsigned char bytes[] = {
#include "status_page.inc"
    };
    return {std::begin(bytes), std::end(bytes)};
}

std::string hosts_page(snapshot const& now) {
    json j{{"at", to_utc(now.taken.wall)}, {"chosen", nullptr}, {"backups", now.backups}};
    if (now.chosen) j["chosen"] = *now.chosen;
    j["tests_under_way"] = now.tests_under_way;
    j["alerts"] = alerts_of(now);
    json& hosts = j["hosts"] = json::array();
    for (host_view const& host : now.hosts) hosts.push_back(host_of(host));
    return text_of(j);
}

std::string alerts_page(snapshot const& now) {
    return text_of({{"at", to_utc(now.taken.wall)}, {"alerts", alerts_of(now)}});
}

std::string routing_json(logged_routing const& r) { return text_of(routing_of(r)); }

std::string decisions_page(snapshot const& now) {
    json j{{"at", to_utc(now.taken.wall)}, {"chosen", nullptr}, {"moves", now.moves}};
    if (now.chosen) j["chosen"] = *now.chosen;
    json& all = j["decisions"] = json::array();
    for (auto r = now.routings.rbegin(); r != now.routings.rend(); ++r)
        all.push_back(routing_of(*r));
    return text_of(j);
}

}  // namespace monitor
