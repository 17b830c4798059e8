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
    /// The host has failed when so many probes in a row were lost and it kept silent for so long,
    /// from the sending of the first of them to the timeout of the last.
    std::chrono::nanoseconds outage = std::chrono::seconds{3};
    std::uint32_t outage_probes = 3;
    /// After an outage it is trusted again with so many replies.
    std::uint32_t replies_after_outage = 5;
    lifetime probes{std::chrono::seconds{10}, std::chrono::seconds{60}};
    lifetime bandwidth{std::chrono::minutes{10}, std::chrono::minutes{60}};
    /// What is expected of a path of which nothing is known; a field that is left out, or is no
    /// number, is as here.
    network_metrics<> prior{.latency_ms = 200, .bandwidth_mbps = 1, .packet_loss = 0.1,
                            .jitter_ms = 50};
};

/// All that is measured of the path to one host, as `network_metrics` at a given time.
///
/// It remembers the last `N` probes (as `probe_window`) and eight packet trains, none of them longer
/// than it counts. Nothing is known before the first reply, and no loss before the first timeout.
/// What was measured ages by `path_options::probes` since the newest reply, and `bandwidth` since the
/// newest train. Call `advance` now and then, after reading what has arrived; how often does not
/// matter. Outages and returns are noticed in the order of sending, a timeout after it.
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
    /// `first_sequence` as in `probe_window`.
    constexpr explicit path_monitor(path_options const& options = {},
                                    std::uint32_t first_sequence = 0) noexcept
        : options_{options}, probes_{options.probe_timeout, first_sequence} {
        auto const complete = [](std::optional<double>& field, std::optional<double> usual) {
            if (!field || !detail::is_quantity(*field)) field = usual;
        };
        network_metrics<> const usual = path_options{}.prior;
        complete(options_.prior.latency_ms, usual.latency_ms);
        complete(options_.prior.bandwidth_mbps, usual.bandwidth_mbps);
        complete(options_.prior.packet_loss, usual.packet_loss);
        complete(options_.prior.jitter_ms, usual.jitter_ms);
    }

    /// As `probe_window::sent`.
    constexpr std::uint32_t sent(instant now) noexcept {
        auto const sequence = probes_.sent(now);
        forget_stale();
        return sequence;
    }
    /// As `probe_window::reply`.
    constexpr push_result reply(std::uint32_t sequence, instant received_at) noexcept {
        return probes_.reply(sequence, received_at);
    }
    /// As `probe_window::advance`.
    constexpr void advance(instant now) noexcept {
        probes_.advance(now, [this](settled_probe probe) { judge(probe); });
        forget_stale();
    }

    /// What a packet train said, as `capacity_estimate::push`.
    constexpr push_result train(packet_train::result const& result, instant now) noexcept {
        capacity_.forget_before(before(now, options_.bandwidth.stale));
        return capacity_.push(result, now);
    }
    /// What the host says that it can send. It counts where no train has measured it, and does not
    /// age; beside a measurement that is too old, the lower of the two counts. Refuses what is not
    /// finite, or negative.
    constexpr push_result declare_bandwidth(double mbps) noexcept {
        if (!detail::is_finite(mbps)) return push_result::not_finite;
        if (!detail::is_quantity(mbps)) return push_result::negative;
        declared_mbps_ = mbps;
        return push_result::accepted;
    }

    /// Forgets everything that was measured: the path, or the clock, is another one now.
    constexpr void reset() noexcept {
        probes_.reset();
        capacity_.reset();
        silence_ = {};
        down_ = false;
        replies_ = 0;
    }

    /// Whether the host has failed: it fell silent, or is back from it with too few replies.
    [[nodiscard]] constexpr bool failed() const noexcept { return down_; }

    /// What is known at a time: means, aged. A time before the latest one that was given is that one.
    [[nodiscard]] constexpr network_metrics<> metrics(instant now) const noexcept {
        auto const probes = probes_.all();
        return aged({.latency_ms = probes.rtt_mean_ms(),
                     .bandwidth_mbps = capacity_.mbps(),
                     .packet_loss = probes.packet_loss(),
                     .jitter_ms = probes.jitter_ms(),
                     .failed = failed()},
                    now);
    }

    /// The same with the worse end of what each measurement leaves open at 95 %, but no worse than
    /// the prior where the mean is not: the fewer the probes, the worse. So ten perfect probes rank
    /// behind a thousand with one loss. O(N).
    [[nodiscard]] network_metrics<> pessimistic_metrics(instant now) const noexcept {
        auto const probes = probes_.all();
        auto const bounded = [](std::optional<double> mean, std::optional<double> deviation,
                                std::int64_t count, double prior) {
            if (!mean) return mean;
            double const worst = detail::larger(*mean, prior);
            auto const off = mean_uncertainty(deviation.value_or(0),
                                              static_cast<std::uint64_t>(count));
            return std::optional{off ? detail::smaller(*mean + *off, worst) : worst};
        };
        auto const loss = probes.loss().packet_loss_interval();
        return aged({.latency_ms = bounded(probes.rtt_mean_ms(), probes.rtt_deviation_ms(),
                                           probes.sums().received, *options_.prior.latency_ms),
                     .bandwidth_mbps = capacity_.lowest_mbps(),
                     .packet_loss = loss ? std::optional{loss->high} : std::nullopt,
                     .jitter_ms = bounded(probes.jitter_ms(), probes.jitter_deviation_ms(),
                                          probes.sums().pairs, *options_.prior.jitter_ms),
                     .failed = failed()},
                    now);
    }

    /// How far the path is known, 0 to 1: the share of the window that is settled, times how fresh
    /// the newest reply is. For display; rank by `pessimistic_metrics`.
    [[nodiscard]] constexpr double confidence(instant now) const noexcept {
        return static_cast<double>(probes_.all().settled()) / static_cast<double>(N) *
               freshness(now);
    }

    /// The probes, for all else that can be read of them.
    [[nodiscard]] constexpr probe_window<N> const& probes() const noexcept { return probes_; }
    /// The packet trains.
    [[nodiscard]] constexpr capacity_estimate<8> const& capacity() const noexcept {
        return capacity_;
    }

private:
    /// Probes in a row that were lost.
    struct silence {
        std::uint32_t probes = 0;
        instant since{};
    };

    constexpr void judge(settled_probe probe) noexcept {
        if (probe.received) {
            silence_ = {};
            if (down_ && ++replies_ >= options_.replies_after_outage) down_ = false;
            return;
        }
        if (silence_.probes++ == 0) silence_.since = probe.sent_at;
        if (silence_.probes < options_.outage_probes) return;
        if (elapsed(silence_.since, probe.sent_at) < options_.outage - probes_.timeout()) return;
        down_ = true;
        replies_ = 0;
    }
    constexpr void forget_stale() noexcept {
        probes_.forget_before(before(probes_.latest(), options_.probes.stale));
    }
    /// The point in time that lies so far before another.
    [[nodiscard]] static constexpr instant before(instant at, std::chrono::nanoseconds age) noexcept {
        auto const first = (instant::min)();
        return elapsed(first, at) < age ? first : at - age;
    }
    [[nodiscard]] constexpr double freshness(instant now) const noexcept {
        auto const heard_at = probes_.heard_at();
        return heard_at ? options_.probes.freshness(elapsed(*heard_at, not_before(now))) : 0;
    }
    [[nodiscard]] constexpr instant not_before(instant now) const noexcept {
        return detail::larger(now, probes_.latest());
    }
    [[nodiscard]] constexpr network_metrics<> aged(network_metrics<> m, instant now) const noexcept {
        auto const& prior = options_.prior;
        double const fresh = freshness(now);
        m.latency_ms = aged_upwards(m.latency_ms, *prior.latency_ms, fresh);
        m.packet_loss = aged_upwards(m.packet_loss, *prior.packet_loss, fresh);
        m.jitter_ms = aged_upwards(m.jitter_ms, *prior.jitter_ms, fresh);
        auto const measured_at = capacity_.measured_at();
        if (!measured_at) {
            m.bandwidth_mbps = declared_mbps_;
            return m;
        }
        double const measured = *m.bandwidth_mbps;
        double const lasts = options_.bandwidth.freshness(elapsed(*measured_at, not_before(now)));
        m.bandwidth_mbps = aged_downwards(measured, *prior.bandwidth_mbps, lasts);
        if (!m.bandwidth_mbps && declared_mbps_)
            m.bandwidth_mbps = detail::smaller(
                *declared_mbps_, detail::smaller(measured, *prior.bandwidth_mbps));
        return m;
    }

    path_options options_;
    probe_window<N> probes_;
    capacity_estimate<8> capacity_{};
    std::optional<double> declared_mbps_{};
    silence silence_{};
    std::uint32_t replies_ = 0;  // since the outage was noticed last
    bool down_ = false;
};

}  // namespace hostpick::rolling
