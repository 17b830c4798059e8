// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/detail/ready.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>

#include <concepts>
#include <optional>

namespace hostpick {

/// Everything there is to say about one host: whether it may be chosen or why not, its score and
/// the parts of it. Selection, explanations and records all share this one value.
struct verdict {
    exclusion reason = exclusion::none;
    double score = 0;  ///< 0 where the host is not eligible
    unsigned step = 0;  ///< the first relaxation step that the host keeps to
    std::optional<double> latency_ms{};  ///< where measured; decides between equal scores
    std::optional<score_parts> parts{};  ///< of eligible hosts, where the policy can tell

    [[nodiscard]] constexpr bool eligible() const noexcept { return reason == exclusion::none; }
    friend constexpr bool operator==(verdict const&, verdict const&) = default;
};

/// Something that scores metrics of type `M`: a `score_policy`, or the caller's own function of
/// `M`, where higher is better. The caller's function is called for eligible hosts only; what it
/// gives is not clamped, and a host for which it gives NaN or an infinity is not eligible.
///
/// Optional members of a policy: the number `latency_ceiling_ms`; `error()`, which is empty where
/// the policy is usable; `explain(M const&)`, which gives `score_parts`.
template <class P, class M>
concept policy_for = host_metrics<M> && requires(P const& p, M const& m) {
    { p(m) } -> std::convertible_to<double>;
} && detail::has_no_odd_setting<P>;

namespace detail {

/// The part of a verdict that ranks a host, which is all that a loop over many hosts needs: zeros
/// where the host is not eligible.
struct standing {
    exclusion reason = exclusion::none;
    unsigned step = 0;
    double score = 0;
    double latency_ms = 0;

    [[nodiscard]] constexpr bool eligible() const noexcept { return reason == exclusion::none; }
};

/// The one place where a host is judged.
template <real R, class M, class Policy, class Rules>
HOSTPICK_INLINE [[nodiscard]] constexpr standing rank(
    metrics_reading<R> const& reading, M const& m, Policy const& policy,
    Rules const& rules) noexcept(Policy::is_noexcept) {
    if (!policy.valid()) return {.reason = exclusion::invalid_policy};
    if (!rules.valid()) return {.reason = exclusion::invalid_constraints};
    standing s{.reason = unusable(reading, policy.ceiling_ms())};
    if (!s.eligible()) return s;
    unsigned step = 0;
    s.reason = rules.first_kept(reading, step);
    if (!s.eligible()) return s;
    double const score = policy.score(reading, m);
    s.reason = is_finite(score) ? rules.first_kept(score, step) : exclusion::score_not_finite;
    if (!s.eligible()) return s;
    return {
        .step = step, .score = score, .latency_ms = static_cast<double>(reading.latency_ms.value)};
}

/// A `standing`, or the whole `verdict`.
template <class Judgement, class M, class Policy, class Rules>
HOSTPICK_INLINE [[nodiscard]] constexpr Judgement judge(
    M const& m, Policy const& policy, Rules const& rules) noexcept(Policy::is_noexcept) {
    auto const reading = read_metrics<typename Policy::real_type>(m);
    standing const s = rank(reading, m, policy, rules);
    if constexpr (std::same_as<Judgement, standing>) {
        return s;
    } else {
        Judgement v{.reason = s.reason, .score = s.score, .step = s.step};
        if (reading.latency_ms.measured())
            v.latency_ms = static_cast<double>(reading.latency_ms.value);
        if (v.eligible()) v.parts = policy.explain(reading, m);
        return v;
    }
}

}  // namespace detail

/// The verdict on one host: what `select_best_host` would find of it.
///
/// O(1), and O(steps) with a relaxation. The predicate of `constraints` is not asked here: it
/// judges hosts, not metrics.
///
///     judge_host(network_metrics<>{.failed = true}).reason  // exclusion::failed
template <host_metrics M, policy_for<M> Policy = score_policy, detail::rules Rules = limits,
          class Build = detail::this_build>
[[nodiscard]] constexpr verdict judge_host(M const& metrics, Policy const& policy = {},
                                           Rules const& rules = {})
    noexcept(detail::ready_policy<Policy, M>::is_noexcept) {
    using ready = detail::ready_policy<Policy, M>;
    return detail::judge<verdict>(metrics, ready{policy},
                                  detail::ready_rules<Rules, typename ready::real_type>{rules});
}

}  // namespace hostpick
