// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/verdict.hpp>

namespace hostpick {

/// The type of a score: that of the metrics for ramps, `double` for the caller's own policy.
template <host_metrics M, policy_for<M> Policy>
using score_of = typename detail::ready_policy<Policy, M>::score_type;

/// How good a host is: 0 to 100 with a policy of ours, 0 where the host is not eligible.
///
/// A better metric never lowers the score; a missing one counts as the worst. The caller's own
/// policy is asked for eligible hosts only and is not clamped. `judge_host` tells why a score is
/// what it is.
///
///     calculate_host_score(
///         network_metrics<>{.latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01})  // 88
template <host_metrics M, policy_for<M> Policy = score_policy>
[[nodiscard]] constexpr score_of<M, Policy> calculate_host_score(M const& metrics,
                                                                 Policy const& policy = {})
    noexcept(detail::ready_policy<Policy, M>::is_noexcept) {
    using ready = detail::ready_policy<Policy, M>;
    return static_cast<score_of<M, Policy>>(
        detail::judge<detail::standing>(metrics, ready{policy}, detail::no_rules{}).score);
}

}  // namespace hostpick
