// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/prometheus/latency_histogram.hpp>
#include <hostpick/prometheus/page.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hostpick::prometheus {

/// What is known of one host, for a page: what is not known has no series.
struct host_state {
    std::string_view host;
    latency_histogram const* rtt = nullptr;
    std::optional<std::uint64_t> probes_sent{};
    std::optional<std::uint64_t> probes_lost{};
    std::optional<double> latency_ms{};       ///< for the original names alone
    std::optional<double> jitter_ms{};
    std::optional<double> packet_loss{};      ///< ratio
    std::optional<double> throughput_mbps{};  ///< what it sends now
    std::optional<double> capacity_mbps{};    ///< what it can send
    std::optional<double> score{};            ///< 0 to 100
    std::optional<bool> chosen{};
    std::optional<double> last_success{};     ///< seconds since 1970
};

struct host_page_options {
    /// Of the hosts that come after so many only the number is written, as `hosts_left_out`: each
    /// host is two dozen series.
    std::size_t max_hosts = 1000;
    /// Also `network_latency_milliseconds`, `network_bandwidth_mbps`, `network_jitter_milliseconds`
    /// and `packet_loss_ratio`, as an early design named and scaled them.
    bool original_names = false;
};

namespace detail {

/// One family of all hosts: `value` gives a sample of a host, or nothing.
template <class Out, class Value>
void write_each(page<Out>& out, std::span<host_state const> hosts, family const& f, Value value) {
    out.begin(f);
    for (host_state const& h : hosts)
        if (auto const x = value(h)) out.sample({{"host", h.host}}, *x);
}
[[nodiscard]] constexpr std::optional<double> scaled(std::optional<double> const& x, double by) {
    return x ? std::optional{*x * by} : std::nullopt;
}
[[nodiscard]] constexpr std::optional<double> divided(std::optional<double> const& x, double by) {
    return x ? std::optional{*x / by} : std::nullopt;
}

}  // namespace detail

/// Writes what is known of hosts, in base units: seconds, bytes per second, ratios.
///
/// Hosts come in the caller's order, and a host that is left out of the span has no series any more.
/// A name should be there once. O(hosts).
///
///     std::string text;
///     page out{text, format::text};
///     write_hosts(out, hosts);
///     out.end();
template <class Out>
void write_hosts(page<Out>& out, std::span<host_state const> hosts,
                 host_page_options const& options = {}) {
    using enum metric_kind;
    using host = host_state const&;
    std::size_t const shown = hosts.size() < options.max_hosts ? hosts.size() : options.max_hosts;
    std::size_t const left_out = hosts.size() - shown;
    hosts = hosts.first(shown);
    auto const each = [&](family const& f, auto value) { detail::write_each(out, hosts, f, value); };
    constexpr double bytes_per_mbit = 125'000;

    each({"rtt_seconds", histogram, "Round trips of probes that were answered.", "seconds"},
         [](host h) { return h.rtt; });
    each({"probes_sent", counter, "Probes that were sent."}, [](host h) { return h.probes_sent; });
    each({"probes_lost", counter, "Probes that were not answered in time."},
         [](host h) { return h.probes_lost; });
    each({"packet_loss_ratio", gauge, "Share of recent probes that were lost.", "ratio"},
         [](host h) { return h.packet_loss; });
    each({"jitter_seconds", gauge, "Mean difference of consecutive round trips.", "seconds"},
         [](host h) { return detail::divided(h.jitter_ms, 1000); });
    each({"throughput_bytes_per_second", gauge, "What the host sends now.", "bytes_per_second"},
         [](host h) { return detail::scaled(h.throughput_mbps, bytes_per_mbit); });
    each({"upload_capacity_bytes_per_second", gauge, "What the host can send.", "bytes_per_second"},
         [](host h) { return detail::scaled(h.capacity_mbps, bytes_per_mbit); });
    each({"quality_score", gauge, "Score of the host, 0 to 100."}, [](host h) { return h.score; });
    each({"chosen_host", gauge, "1 for the host that is chosen, 0 for the others."},
         [](host h) { return h.chosen ? std::optional{*h.chosen ? 1.0 : 0.0} : std::nullopt; });
    each({"last_success_timestamp_seconds", gauge, "When the host answered last.", "seconds"},
         [](host h) { return h.last_success; });

    if (options.original_names) {
        auto const original = [&](std::string_view name, std::string_view help, auto value) {
            each({.name = name, .help = help, .has_prefix = false}, value);
        };
        original("network_latency_milliseconds", "Mean round trip.", [](host h) { return h.latency_ms; });
        original("network_bandwidth_mbps", "What the host can send.", [](host h) { return h.capacity_mbps; });
        original("network_jitter_milliseconds", "Mean difference of consecutive round trips.",
                 [](host h) { return h.jitter_ms; });
        original("packet_loss_ratio", "Share of recent probes that were lost.",
                 [](host h) { return h.packet_loss; });
    }
    out.begin({"hosts_left_out", gauge, "Hosts that are not on this page, because there are too many."});
    if (left_out > 0) out.sample({}, static_cast<std::uint64_t>(left_out));
}

}  // namespace hostpick::prometheus
