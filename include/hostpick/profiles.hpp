// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>

#include <optional>

namespace hostpick {

/// For those who only ping: the default's latency ramp alone, so 50 ms are 75 points.
///
///     auto best = select_best_host(ids, pings, latency_only);
inline constexpr score_policy latency_only{.latency_ms = {.weight = 1},
                                           .bandwidth_mbps = {.weight = 0},
                                           .packet_loss = {.weight = 0}};

/// What an application asks of one metric in the terms of Quality of Outcome.
struct outcome_requirement {
    double rop;   ///< requirement for optimal performance: as good as it gets from here on
    double cpup;  ///< conditions at the point of unacceptable performance: no use beyond
};

/// The IETF's Quality of Outcome: each metric runs from 100 at its ROP to 0 at its CPUP, and the
/// weakest metric is the score.
///
/// The draft asks for latency at one or more percentiles: give the metrics' `latency_ms` at the
/// percentile that the requirement is for, and with several percentiles take the lowest score.
/// `min_bandwidth_mbps` is all or nothing; 0 asks for none. A requirement of packet loss cannot be
/// left out; a missing metric that is asked for scores 0.
/// Source: draft-ietf-ippm-qoo, `QoO = min(latency, loss, throughput)`.
///
///     // The worked example of the draft: p99 350 ms, 2 % loss.
///     constexpr score_policy draft = quality_of_outcome({200, 500}, {0.01, 0.05});
///     calculate_host_score(network_metrics<>{.latency_ms = 350, .packet_loss = 0.02}, draft) // 50
[[nodiscard]] constexpr score_policy quality_of_outcome(outcome_requirement latency_ms,
                                                        outcome_requirement packet_loss,
                                                        double min_bandwidth_mbps = 0) noexcept {
    return {.latency_ms = {.best = latency_ms.rop, .worst = latency_ms.cpup, .weight = 1},
            .bandwidth_mbps = {.best = min_bandwidth_mbps,
                               .worst = min_bandwidth_mbps,
                               .weight = min_bandwidth_mbps > 0 ? 1.0 : 0.0},
            .packet_loss = {.best = packet_loss.rop, .worst = packet_loss.cpup, .weight = 1},
            .combine = combination::weakest};
}

/// The simplified E-model: how a voice call would sound over the path, as the rating R.
///
/// R = 93.2 - Id - Ie_eff with Id = 0.024 d + 0.11 max(0, d - 177.3) for a one-way delay d of
/// half the round trip, and Ie_eff = Ie + (95 - Ie) P / (P / BurstR + Bpl) for a loss of P
/// percent; every term is clamped, so R lies in [0, 93.2]. Missing loss counts as all lost.
/// The defaults are G.711's with packet loss concealment. Below 177 ms one way it is far flatter
/// than games feel. Rank by R; show people `e_model_mos`. Source: ITU-T G.107, simplified.
///
///     select_best_host(ids, metrics, e_model{});
struct e_model {
    double ie = 0;       ///< equipment impairment of the codec
    double bpl = 25.1;   ///< packet-loss robustness of the codec
    double burst_r = 1;  ///< burst ratio: 1 for random loss, above 1 for bursts
    double latency_ceiling_ms = default_latency_ceiling_ms;

    friend constexpr bool operator==(e_model const&, e_model const&) = default;

    static constexpr double best_r = 93.2;

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        using detail::is_quantity;
        if (!is_quantity(ie) || ie > 95) return setting_error{"ie", "from 0 to 95"};
        if (!is_quantity(bpl) || bpl < 1) return setting_error{"bpl", "finite, at least 1"};
        if (!is_quantity(burst_r) || burst_r < 1)
            return setting_error{"burst_r", "finite, at least 1"};
        if (!is_quantity(latency_ceiling_ms))
            return setting_error{"latency_ceiling_ms", "finite milliseconds, not negative"};
        return std::nullopt;
    }

    /// The rating R of one host, 0 where it is not eligible.
    template <host_metrics M>
    [[nodiscard]] constexpr double operator()(M const& m) const noexcept {
        auto const reading = detail::read_metrics<double>(m);
        if (error() || detail::unusable(reading, latency_ceiling_ms) != exclusion::none) return 0;
        return detail::larger(
            (best_r - delay_impairment(reading)) - loss_impairment(reading), 0.0);
    }

    /// R taken apart: what delay and loss cost, and what R would be without the other; all zero
    /// where the host is not eligible.
    template <host_metrics M>
    [[nodiscard]] constexpr score_parts explain(M const& m) const noexcept {
        auto const reading = detail::read_metrics<double>(m);
        if (error() || detail::unusable(reading, latency_ceiling_ms) != exclusion::none) return {};
        double const delay = delay_impairment(reading), loss = loss_impairment(reading);
        return {.latency_ms = {best_r - delay, delay, reading.latency_ms.state},
                .bandwidth_mbps = {.state = reading.bandwidth_mbps.state},
                .packet_loss = {best_r - loss, loss, reading.packet_loss.state},
                .jitter_ms = {.state = reading.jitter_ms.state}};
    }

private:
    using reading_type = detail::metrics_reading<double>;

    // Each product is clamped before it is added, which bounds it and keeps a compiler from
    // fusing it into the sum.
    static constexpr double delay_impairment(reading_type const& m) noexcept {
        using detail::clamped;
        double const one_way_ms = clamped(m.latency_ms.value * 0.5, 0.0, 1e6);
        double const delay = clamped(0.024 * one_way_ms, 0.0, best_r);
        double const echo = clamped(0.11 * clamped(one_way_ms - 177.3, 0.0, 1e6), 0.0, best_r);
        return clamped(delay + echo, 0.0, best_r);
    }
    constexpr double loss_impairment(reading_type const& m) const noexcept {
        using detail::clamped;
        double const percent = clamped(m.packet_loss.value_or(1.0) * 100, 0.0, 100.0);
        double const loss = percent > 1e-9
                                ? clamped((95 - ie) / (1 / burst_r + bpl / percent), 0.0, best_r)
                                : 0.0;
        return clamped(ie + loss, 0.0, best_r);
    }
};

/// The mean opinion score, 1 (bad) to 4.5, that the E-model gives to a rating R.
///
/// MOS = 1 + 0.035 R + 7e-6 R (R - 60) (100 - R), clamped: the cubic dips below 1 for R below
/// 6.5. For display; rank by R. Source: ITU-T G.107, Annex B.
///
///     e_model_mos(93.2)  // 4.41
[[nodiscard]] constexpr double e_model_mos(double r) noexcept {
    using detail::clamped;
    double const rating = detail::is_nan(r) ? 0.0 : clamped(r, 0.0, 100.0);
    double const line = clamped(0.035 * rating, 0.0, 3.5);
    double const cubic = clamped(7e-6 * rating * (rating - 60) * (100 - rating), -1.0, 1.0);
    return clamped(1 + line + cubic, 1.0, 4.5);
}

}  // namespace hostpick
