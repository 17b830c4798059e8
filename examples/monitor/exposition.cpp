// SPDX-License-Identifier: MIT
#include "exposition.hpp"

#include "historian.hpp"

#include <hostpick/prometheus.hpp>
#include <hostpick/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace monitor {

namespace {

namespace prometheus = hostpick::prometheus;
using enum prometheus::metric_kind;
using text_page = prometheus::page<std::string>;
using std::chrono::steady_clock;

/// What the library writes of a host.
prometheus::host_state state_of(host_view const& h, exposition_settings const& how) {
    prometheus::host_state s{.host = h.name,
                             .probes_sent = h.light_sent + h.burst_sent,
                             .probes_lost = h.light_lost + h.burst_lost,
                             .latency_ms = h.metrics.latency_ms,
                             .jitter_ms = h.metrics.jitter_ms,
                             .packet_loss = h.metrics.packet_loss,
                             .capacity_mbps = h.metrics.bandwidth_mbps,
                             .chosen = h.chosen,
                             .last_success = h.last_success};
    if (how.rtt_histogram) s.rtt = &h.rtt;
    if (h.verdict.reason != hostpick::exclusion::latency_missing) s.score = h.verdict.score;
    return s;
}

void write_paths(text_page& out, snapshot const& now) {
    std::vector<prometheus::host_state> states;
    states.reserve(now.hosts.size());
    for (host_view const& h : now.hosts) states.push_back(state_of(h, now.exposition));
    write_hosts(out, std::span<prometheus::host_state const>{states},
                {.max_hosts = now.exposition.max_hosts,
                 .original_names = now.exposition.original_names});
}

/// What this program knows of hosts besides.
void write_more_of_hosts(text_page& out, snapshot const& now) {
    std::span const hosts = std::span{now.hosts}.first(
        std::min<std::size_t>(now.hosts.size(), now.exposition.max_hosts));
    using host = host_view const&;
    auto const each = [&](char const* name, prometheus::metric_kind kind, char const* help,
                          auto value) {
        out.begin({name, kind, help});
        for (host h : hosts)
            if (std::optional const x = value(h)) out.sample({{"host", h.name}}, *x);
    };
    using number = std::optional<double>;
    out.begin({"host_info", gauge, "A host that is watched, and where it is."});
    for (host h : hosts) {
        if (h.site.empty()) out.sample({{"host", h.name}, {"address", h.address}}, 1);
        else out.sample({{"host", h.name}, {"address", h.address}, {"site", h.site}}, 1);
    }
    each("host_eligible", gauge, "Whether the host may be chosen.",
         [](host h) -> number { return h.verdict.eligible() ? 1 : 0; });
    each("full_tests", counter, "Full tests that have ended.",
         [](host h) { return std::optional{h.tests}; });
    each("full_test_packets_sent", counter, "Packets of full tests, which are probes too.",
         [](host h) { return std::optional{h.burst_sent}; });
    each("full_test_packets_lost", counter, "Those that were not answered in time.",
         [](host h) { return std::optional{h.burst_lost}; });
    each("health_check_success", gauge, "Whether the last HTTP health check went well.",
         [](host h) { return h.health ? number{h.health->ok ? 1 : 0} : std::nullopt; });
    each("health_check_duration_seconds", gauge, "How long that took.", [](host h) {
        return h.health ? number{hostpick::to_ms(h.health->took) / 1000} : std::nullopt;
    });
}

void write_interfaces(text_page& out, snapshot const& now) {
    auto const bytes = [&](char const* name, char const* help, auto count) {
        out.begin({name, counter, help});
        for (interface_view const& i : now.interfaces) out.sample({{"device", i.name}}, i.*count);
    };
    bytes("interface_receive_bytes", "What a network interface here has received.",
          &interface_view::received_bytes);
    bytes("interface_transmit_bytes", "What it has sent.", &interface_view::sent_bytes);
    auto const rates = [&](char const* name, char const* help, auto mbps) {
        out.begin({name, gauge, help});
        for (interface_view const& i : now.interfaces)
            if (i.*mbps) out.sample({{"device", i.name}}, *(i.*mbps) * 125'000);
    };
    rates("interface_receive_bytes_per_second", "What it receives: the mean of 10 seconds.",
          &interface_view::received_mbps);
    rates("interface_transmit_bytes_per_second", "What it sends: the mean of 10 seconds.",
          &interface_view::sent_mbps);
}

void write_self(text_page& out, snapshot const& now, self_metrics const& self) {
    auto const one = [&](char const* name, prometheus::metric_kind kind, char const* help, auto x) {
        out.begin({name, kind, help});
        out.sample({}, x);
    };
    std::string const version = std::to_string(HOSTPICK_VERSION_MAJOR) + "." +
                                std::to_string(HOSTPICK_VERSION_MINOR) + "." +
                                std::to_string(HOSTPICK_VERSION_PATCH);
    out.begin({"build_info", gauge, "The version that runs."});
    out.sample({{"version", version}}, 1);
    one("start_time_seconds", gauge, "When the monitor was started.", self.started_at());
    one("hosts", gauge, "Hosts that are watched.", std::uint64_t{now.hosts.size()});
    one("moves", counter, "Moves of the session from one host to another.", now.moves);
    out.begin({"alerts_firing", gauge, "Alerts that fire, by severity."});
    for (auto const& [level, name] : {std::pair{hostpick::watch::severity::info, "info"},
                                      std::pair{hostpick::watch::severity::warning, "warning"},
                                      std::pair{hostpick::watch::severity::critical, "critical"}})
        out.sample({{"severity", name}},
                   static_cast<std::uint64_t>(std::count_if(
                       now.alerts.begin(), now.alerts.end(), [level = level](alert_view const& a) {
                           return a.level == level &&
                                  a.state == hostpick::watch::alert_state::firing;
                       })));
    one("full_tests_under_way", gauge, "Hosts that are tested at this moment.",
        std::uint64_t{now.tests_under_way});
    out.begin({"packets_refused", counter, "Packets that answered no question, by reason."});
    for (std::size_t n = 0; n < now.refused.size(); ++n)
        out.sample({{"reason", to_name(static_cast<refusal>(n))}}, now.refused[n]);
    one("packets_not_sent", counter, "Packets that the system would not send.", now.not_sent);
    out.begin({"config_reloads", counter, "Readings of the configuration, by result."});
    out.sample({{"result", "ok"}}, now.reloads);
    out.sample({{"result", "failed"}}, now.failed_reloads);
    one("config_last_reload_successful", gauge, "Whether the last one went well.",
        now.reload_trouble.empty() ? 1 : 0);
    out.begin({"http_requests", counter, "Requests, by path and status."});
    for (auto const& [request, count] : self.by_path())
        out.sample({{"path", request.first}, {"status", std::to_string(request.second)}}, count);
    if (auto const took = self.last_scrape())
        one("metrics_page_duration_seconds", gauge,
            "How long it took to write the page of metrics before this one.",
            hostpick::to_ms(*took) / 1000);
}

void write_history(text_page& out, history::writer_counts const& counts) {
    auto const one = [&](char const* name, prometheus::metric_kind kind, char const* help,
                         std::uint64_t x) {
        out.begin({name, kind, help});
        out.sample({}, x);
    };
    one("history_taken", counter, "Samples and decisions that are to be remembered.", counts.taken);
    one("history_written", counter, "Those that are.", counts.written);
    one("history_waiting", gauge, "Those that are not yet.", counts.waiting);
    one("history_refused_full", counter, "Those that were not taken: too many were waiting.",
        counts.refused_full);
    one("history_refused_invalid", counter, "Those that no database would take.",
        counts.refused_invalid);
    one("history_failures", counter, "Attempts to write that failed.", counts.failures);
    one("history_up", gauge, "Whether the last attempt went well.", counts.trouble.empty() ? 1 : 0);
}

}  // namespace

std::string metrics_page(snapshot const& now, self_metrics& self, historian const* history) {
    auto const begun = steady_clock::now();
    std::string text;
    text.reserve(4096 + 3072 * now.hosts.size());
    text_page out{text, prometheus::format::text};
    write_paths(out, now);
    write_more_of_hosts(out, now);
    write_interfaces(out, now);
    write_self(out, now, self);
    if (history != nullptr) write_history(out, history->counts());
    out.end();
    self.scrape(steady_clock::now() - begun);
    return text;
}

}  // namespace monitor
