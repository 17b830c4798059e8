// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>

#include <concepts>
#include <cstdint>
#include <optional>

namespace hostpick {

/// How much of its score a host loses as it fills: nothing up to a share of `best` of its seats in
/// use, `cost` from `worst` on, linear between. A full host has no score, whatever the ramp.
struct fill_ramp {
    double best = 0.5;
    double worst = 1;
    double cost = 0.5;  ///< as a share of the score
    friend constexpr bool operator==(fill_ramp const&, fill_ramp const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    template <class Build = detail::this_build>
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        constexpr char const* ratio = "a ratio from 0 to 1";
        auto const is_ratio = [](double x) { return detail::is_quantity(x) && x <= 1; };
        if (!is_ratio(best)) return setting_error{"best", ratio};
        if (!is_ratio(worst)) return setting_error{"worst", ratio};
        if (worst < best) return setting_error{"worst", "at least best"};
        if (!is_ratio(cost)) return setting_error{"cost", ratio};
        return std::nullopt;
    }
};

/// The score of a host that fills: `score`, moved into 0 to 100, less what the ramp takes. A larger
/// share in use never raises it.
///
/// 0 where the host is full (a share of 1), and where the share is not a number from 0 to 1, the
/// score is not finite, or the ramp makes no sense. A full host is kept out of a choice by
/// constraints, because others may score 0 too:
///
///     struct known : network_metrics<> { double share_in_use = 1; };
///     auto const knowledge = [&](std::size_t host) {
///         return known{metrics_with_load(paths[host], book.in_use(host)),
///                      book.share_in_use(host)};
///     };
///     auto const policy = [](known const& k) {
///         return score_when_filled(calculate_host_score(k), k.share_in_use);
///     };
///     auto const full = [&](std::size_t host) { return book.free_seats(host) == 0; };
///     auto const best = select_best_host(hosts, knowledge, policy, constraints{limits{}, full});
HOSTPICK_INLINE [[nodiscard]] constexpr double score_when_filled(
    double score, double share_in_use, fill_ramp const& ramp = {}) noexcept {
    if (!detail::is_finite(score) || !detail::is_quantity(share_in_use)) return 0;
    if (share_in_use >= 1 || ramp.error()) return 0;
    score = detail::clamped(score, 0.0, 100.0);
    if (share_in_use <= ramp.best) return score;
    double const way =
        share_in_use < ramp.worst ? (share_in_use - ramp.best) / (ramp.worst - ramp.best) : 1;
    return score * (1 - detail::rounded(ramp.cost * way));
}

/// The metrics of a host as one session more would find them: its bandwidth is shared evenly by the
/// sessions that are there and by the new one. What was not measured, or is no quantity, stays as
/// it is; a whole number is rounded down.
///
///     metrics_with_load(network_metrics<>{.bandwidth_mbps = 40}, 3).bandwidth_mbps  // 10
template <host_metrics M>
    requires detail::has_bandwidth<M> && std::copyable<M>
HOSTPICK_INLINE [[nodiscard]] constexpr M metrics_with_load(M metrics,
                                                            std::uint64_t sessions) noexcept {
    using number = detail::number_of<decltype(metrics.bandwidth_mbps)>;
    auto const all = detail::read_field<double>(metrics.bandwidth_mbps);
    double const sharing = static_cast<double>(sessions) + 1;
    if (sessions > 0 && all.measured())
        metrics.bandwidth_mbps = static_cast<number>(all.value / sharing);
    return metrics;
}

}  // namespace hostpick
