// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/rolling/ageing.hpp>
#include <hostpick/rolling/confidence.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/packet_train.hpp>
#include <hostpick/rolling/probe_window.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// When a path is believed, and when not. Times are what a game coordinator would take that probes
/// every second and tests bandwidth every five minutes.
struct path_options {
    std::chrono::nanoseconds probe_timeout = std::chrono::seconds{1};
    /// The host has failed when all probes of this time were lost, and at least so many.
    std::chrono::nanoseconds outage = std::chrono::seconds{3};
    std::uint32_t outage_probes = 3;
    /// After an outage it is trusted again with so many replies.
    std::uint32_t replies_after_outage = 5;
    lifetime probes{std::chrono::seconds{10}, std::chrono::seconds{60}};
    lifetime bandwidth{std::chrono::minutes{10}, std::chrono::minutes{60}};
    /// What is expected of a path of which nothing is known.
    network_metrics<> prior{.latency_ms = 200, .bandwidth_mbps = 1, .packet_loss = 0.1,
                            .jitter_ms = 50};
};

/// All that is measured of the path to one host, as `network_metrics` at a given time.
///
/// It remembers the last `N` probes (as `probe_window`) and eight packet trains. Nothing is known
/// before the first reply. What was measured ages by `path_options::probes` since the newest reply,
/// and `bandwidth` since the newest train.
///
///     path_monitor<64> path;
///     auto const sequence = path.sent(now);
///     path.reply(sequence, now + 20ms);
///     path.advance(now + 2s);
///     calculate_host_score(path.metrics(now + 2s));
///     calculate_host_score(path.pessimistic_metrics(now + 2s));  // for ranking by confidence
template <std::size_t N = 64>
class path_monitor {
public:
    constexpr explicit path_monitor(path_options const& options = {},
                                    std::uint32_t first_sequence = 0) noexcept
        : options_{options}, probes_{options.probe_timeout, first_sequence} {}

    /// As `probe_window::sent`.
    constexpr std::uint32_t sent(instant now) noexcept { return probes_.sent(now); }

    /// As `probe_window::reply`.
    constexpr push_result reply(std::uint32_t sequence, instant received_at) noexcept {
        push_result const result = probes_.reply(sequence, received_at);
        if (!was_refused(result) && down_ && ++replies_ >= options_.replies_after_outage)
            down_ = false;
        return result;
    }

    /// As `probe_window::advance`; notices an outage.
    constexpr void advance(instant now) noexcept {
        probes_.advance(now);
        if (!is_silent(now)) return;
        down_ = true;
        replies_ = 0;
    }

    /// What a packet train said, as `capacity_estimate::push`.
    constexpr push_result train(packet_train::result const& result, instant now) noexcept {
        return capacity_.push(result, now);
    }
    /// What the host says that it can send, which counts where no train has measured it lately, and
    /// does not age. Refuses what is not finite, or negative.
    constexpr push_result declare_bandwidth(double mbps) noexcept {
        if (!detail::is_finite(mbps)) return push_result::not_finite;
        if (!detail::is_quantity(mbps)) return push_result::negative;
        declared_mbps_ = mbps;
        return push_result::accepted;
    }

    /// Forgets everything that was measured: the path is another one now.
    constexpr void reset() noexcept {
        probes_.reset();
        capacity_.reset();
        down_ = false;
        replies_ = 0;
    }

    /// Whether the host has failed: it fell silent, or is back from it with too few replies.
    [[nodiscard]] constexpr bool failed(instant now) const noexcept {
        return down_ || is_silent(now);
    }

    /// What is known at a time: means, aged.
    [[nodiscard]] constexpr network_metrics<> metrics(instant now) const noexcept {
        auto const probes = probes_.all();
        return aged({.latency_ms = probes.rtt_mean_ms(),
                     .bandwidth_mbps = capacity_.mbps(),
                     .packet_loss = probes.packet_loss(),
                     .jitter_ms = probes.jitter_ms(),
                     .failed = failed(now)},
                    now);
    }

    /// The same with the worse end of what each measurement leaves open at 95 %: the fewer the
    /// probes, the worse. So ten perfect probes rank behind a thousand with one loss. O(N).
    [[nodiscard]] network_metrics<> pessimistic_metrics(instant now) const noexcept {
        auto const probes = probes_.all();
        auto const bounded = [](std::optional<double> mean, std::optional<double> deviation,
                                std::int64_t count, double prior) {
            if (!mean) return mean;
            auto const off = mean_uncertainty(deviation.value_or(0),
                                              static_cast<std::uint64_t>(count));
            return std::optional{off ? *mean + *off : detail::larger(*mean, prior)};
        };
        auto const loss = probes.loss().packet_loss_interval();
        return aged({.latency_ms = bounded(probes.rtt_mean_ms(), probes.rtt_deviation_ms(),
                                           probes.sums().received, options_.prior.latency_ms.value_or(0)),
                     .bandwidth_mbps = capacity_.lowest_mbps(),
                     .packet_loss = loss ? std::optional{loss->high} : std::nullopt,
                     .jitter_ms = bounded(probes.jitter_ms(), probes.jitter_deviation_ms(),
                                          probes.sums().pairs, options_.prior.jitter_ms.value_or(0)),
                     .failed = failed(now)},
                    now);
    }

    /// How far the path is known, 0 to 1: the share of the window that is decided, times how fresh
    /// the newest reply is. For display; rank by `pessimistic_metrics`.
    [[nodiscard]] constexpr double confidence(instant now) const noexcept {
        auto const probes = probes_.all();
        double const decided = static_cast<double>(probes.received() + probes.lost());
        return decided / static_cast<double>(N) * freshness(now);
    }

    [[nodiscard]] constexpr probe_window<N> const& probes() const noexcept { return probes_; }
    [[nodiscard]] constexpr capacity_estimate<8> const& capacity() const noexcept {
        return capacity_;
    }

private:
    [[nodiscard]] constexpr double freshness(instant now) const noexcept {
        auto const heard_at = probes_.heard_at();
        return heard_at ? options_.probes.freshness(elapsed(*heard_at, now)) : 0;
    }
    [[nodiscard]] constexpr bool is_silent(instant now) const noexcept {
        auto const silence = probes_.silence();
        return silence.probes > 0 && silence.probes >= options_.outage_probes &&
               elapsed(silence.since, now) >= options_.outage;
    }
    [[nodiscard]] constexpr network_metrics<> aged(network_metrics<> m, instant now) const noexcept {
        auto const& prior = options_.prior;
        double const fresh = freshness(now);
        m.latency_ms = aged_upwards(m.latency_ms, prior.latency_ms.value_or(0), fresh);
        m.packet_loss = aged_upwards(m.packet_loss, prior.packet_loss.value_or(0), fresh);
        m.jitter_ms = aged_upwards(m.jitter_ms, prior.jitter_ms.value_or(0), fresh);
        auto const measured_at = capacity_.measured_at();
        double const lasts =
            measured_at ? options_.bandwidth.freshness(elapsed(*measured_at, now)) : 0;
        m.bandwidth_mbps =
            aged_downwards(m.bandwidth_mbps, prior.bandwidth_mbps.value_or(0), lasts);
        if (!m.bandwidth_mbps) m.bandwidth_mbps = declared_mbps_;
        return m;
    }

    path_options options_;
    probe_window<N> probes_;
    capacity_estimate<8> capacity_{};
    std::optional<double> declared_mbps_{};
    std::uint32_t replies_ = 0;  // since the outage was noticed last
    bool down_ = false;
};

}  // namespace hostpick::rolling
