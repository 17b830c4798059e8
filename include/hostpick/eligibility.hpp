// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>

namespace hostpick {

/// Why a host may not be chosen; `none` where it may.
enum class exclusion : unsigned char {
    none,
    invalid_policy,         ///< the policy's own numbers make no sense: it can judge nobody
    invalid_constraints,    ///< the same of the constraints
    excluded,               ///< by the caller's predicate
    no_metrics,             ///< nothing is known about the host
    failed,                 ///< the host did not answer
    latency_missing,        ///< without a round trip nothing says that the host can be reached
    latency_invalid,        ///< negative
    latency_above_ceiling,  ///< no player wants it, and sentinels live up there
    packet_loss_total,      ///< a loss that is not below 1
    latency_limit,          ///< above the caller's limit
    packet_loss_limit,      ///< above the caller's limit, or missing where there is a limit
    jitter_limit,           ///< above the caller's limit, or missing where there is a limit
    bandwidth_limit,        ///< below the caller's limit, or missing where there is a limit
    score_limit,            ///< below the caller's limit
    score_not_finite,       ///< the caller's own policy gave NaN or an infinity
    expired,                ///< what is known of the host was measured too long ago
};

/// The highest latency of a host that may be chosen, unless the policy says otherwise. It keeps
/// out sentinels such as the 1 800 000 ms that some systems record for a failed test.
inline constexpr double default_latency_ceiling_ms = 1000;

namespace detail {

/// Why this path can carry no session at all, whatever the caller wants.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr exclusion unusable(metrics_reading<R> const& m,
                                                           R ceiling_ms) noexcept {
    if (m.failed) return exclusion::failed;
    if (m.latency_ms.state == field_state::missing) return exclusion::latency_missing;
    if (m.latency_ms.state == field_state::invalid) return exclusion::latency_invalid;
    if (m.latency_ms.value > ceiling_ms) return exclusion::latency_above_ceiling;
    // An infinite loss is as little below 1 as any other; a negative one is merely unknown.
    if (m.packet_loss.state != field_state::missing && !(m.packet_loss.value < 1))
        return exclusion::packet_loss_total;
    return exclusion::none;
}

}  // namespace detail

}  // namespace hostpick
