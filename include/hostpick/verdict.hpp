// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace hostpick {

/// Everything there is to say about one host: whether it may be chosen or why not, its score and
/// the parts of it. Selection, explanations and records all share this one value.
struct verdict {
    exclusion reason = exclusion::none;
    double score = 0;  ///< 0 where the host is not eligible
    unsigned step = 0; ///< the first relaxation step that the host keeps to
    std::optional<double> latency_ms{};   ///< where measured; decides between equal scores
    std::optional<score_parts> parts{};   ///< of eligible hosts, where the policy can tell

    [[nodiscard]] constexpr bool eligible() const noexcept { return reason == exclusion::none; }
    friend constexpr bool operator==(verdict const&, verdict const&) = default;
};

/// Something that scores metrics of type `M`: a `score_policy`, or the caller's own function of
/// `M`, where higher is better. The caller's function is called for eligible hosts only; what it
/// gives is not clamped, and a host for which it gives NaN or an infinity is not eligible.
///
/// Optional members of a policy: `latency_ceiling_ms`; `error()`, which is empty where the
/// policy is usable; `explain(M const&)`, which gives `score_parts`.
template <class P, class M>
concept policy_for = host_metrics<M> && requires(P const& p, M const& m) {
    { p(m) } -> std::convertible_to<double>;
};

namespace detail {

template <class P>
concept has_ceiling = requires(P const& p) {
    { p.latency_ceiling_ms } -> std::convertible_to<double>;
};
template <class P>
concept has_error = requires(P const& p) { static_cast<bool>(p.error()); };
template <class P, class M>
concept explains = requires(P const& p, M const& m) {
    { p.explain(m) } -> std::same_as<score_parts>;
};

/// A policy that is ready to judge metrics of type `M`: here the caller's own, by reference.
template <class P, host_metrics M>
class ready_policy {
public:
    using real_type = real_of<M>;
    using score_type = double;
    static constexpr bool is_noexcept =
        noexcept(static_cast<double>(std::declval<P const&>()(std::declval<M const&>())));

    constexpr explicit ready_policy(P const& p) noexcept : policy_{p} {
        double ceiling_ms = default_latency_ceiling_ms;
        if constexpr (has_ceiling<P>) ceiling_ms = static_cast<double>(p.latency_ceiling_ms);
        if constexpr (has_error<P>) valid_ = !static_cast<bool>(p.error());
        valid_ = valid_ && is_quantity(ceiling_ms);
        if (valid_) ceiling_ms_ = narrowed<real_type>(ceiling_ms);
    }

    [[nodiscard]] constexpr bool valid() const noexcept { return valid_; }
    [[nodiscard]] constexpr real_type ceiling_ms() const noexcept { return ceiling_ms_; }
    [[nodiscard]] constexpr double score(metrics_reading<real_type> const&, M const& m) const
        noexcept(is_noexcept) {
        return static_cast<double>(policy_(m));
    }
    [[nodiscard]] constexpr std::optional<score_parts> explain(metrics_reading<real_type> const&,
                                                               M const& m) const
        noexcept(is_noexcept) {
        if constexpr (explains<P, M>) return policy_.explain(m);
        return std::nullopt;
    }

private:
    P const& policy_;
    bool valid_ = true;
    real_type ceiling_ms_ = 0;
};

/// Ramps, which judge the reading instead of the metrics.
template <real R>
class ready_ramps {
public:
    using real_type = R;
    using score_type = R;
    static constexpr bool is_noexcept = true;

    constexpr explicit ready_ramps(score_policy const& p) noexcept : ramps_{p} {}
    constexpr explicit ready_ramps(compiled_policy<R> const& p) noexcept : ramps_{p} {}

    [[nodiscard]] constexpr bool valid() const noexcept { return ramps_.valid(); }
    [[nodiscard]] constexpr R ceiling_ms() const noexcept { return ramps_.ceiling_ms(); }
    template <class M>
    [[nodiscard]] constexpr double score(metrics_reading<R> const& reading, M const&) const noexcept {
        return static_cast<double>(ramps_.score(reading));
    }
    template <class M>
    [[nodiscard]] constexpr std::optional<score_parts> explain(metrics_reading<R> const& reading,
                                                               M const&) const noexcept {
        return ramps_.explain(reading);
    }

private:
    compiled_policy<R> ramps_;
};
template <host_metrics M>
class ready_policy<score_policy, M> : public ready_ramps<real_of<M>> {
    using ready_ramps<real_of<M>>::ready_ramps;
};
template <class R, host_metrics M>
class ready_policy<compiled_policy<R>, M> : public ready_ramps<R> {
    using ready_ramps<R>::ready_ramps;
};

/// The limits of one step as plain numbers: what is not limited is compared with the largest
/// number, and what is missing counts as that number, so that only a real limit refuses it.
template <real R>
struct ready_limits {
    static constexpr R most = std::numeric_limits<R>::max();
    R max_latency_ms = most, max_packet_loss = most, max_jitter_ms = most;
    R min_bandwidth_mbps = -most;
    double min_score = -std::numeric_limits<double>::max();

    constexpr ready_limits() noexcept = default;
    constexpr explicit ready_limits(limits const& l) noexcept {
        auto const set = [](R& number, std::optional<double> const& limit) {
            if (limit) number = smaller(narrowed<R>(*limit), next_down(most));
        };
        set(max_latency_ms, l.max_latency_ms);
        set(max_packet_loss, l.max_packet_loss);
        set(max_jitter_ms, l.max_jitter_ms);
        set(min_bandwidth_mbps, l.min_bandwidth_mbps);
        if (l.min_score) min_score = static_cast<double>(narrowed<R>(*l.min_score));
    }

    [[nodiscard]] constexpr exclusion broken_by(metrics_reading<R> const& m) const noexcept {
        if (m.latency_ms.value > max_latency_ms) return exclusion::latency_limit;
        if (m.packet_loss.value_or(most) > max_packet_loss) return exclusion::packet_loss_limit;
        if (m.jitter_ms.value_or(most) > max_jitter_ms) return exclusion::jitter_limit;
        if (m.bandwidth_mbps.value_or(-most) < min_bandwidth_mbps) return exclusion::bandwidth_limit;
        return exclusion::none;
    }
};

/// Constraints made ready: the steps that the waiting time has reached.
template <real R, std::size_t MaxSteps>
class ready_constraints {
public:
    constexpr explicit ready_constraints(limits const& l) noexcept : valid_{!error_in(l)} {
        if (valid_) steps_[0] = ready_limits<R>{l};
    }

    template <class Excluded>
    constexpr explicit ready_constraints(constraints<Excluded> const& c) noexcept
        : ready_constraints{c.limit} {
        valid_ = !error_in(c);
        if (!valid_) return;
        for (relaxation_step const& step : c.relaxed)
            if (step.after_ms <= c.waited_ms) steps_[size_++] = ready_limits<R>{step.allowed};
    }

    [[nodiscard]] constexpr bool valid() const noexcept { return valid_; }

    /// The first step at or after `step` that the metrics keep to; else why not to the last.
    [[nodiscard]] constexpr exclusion first_kept(metrics_reading<R> const& m,
                                                 unsigned& step) const noexcept {
        exclusion reason = steps_[0].broken_by(m);
        while (reason != exclusion::none && step + 1 < size_) reason = steps_[++step].broken_by(m);
        return reason;
    }
    [[nodiscard]] constexpr exclusion first_kept(double score, unsigned& step) const noexcept {
        while (score < steps_[step].min_score)
            if (++step == size_) return exclusion::score_limit;
        return exclusion::none;
    }

private:
    std::array<ready_limits<R>, MaxSteps> steps_{};
    std::size_t size_ = 1;
    bool valid_;
};

template <real R>
ready_constraints<R, 1> make_ready(limits const&);
template <real R, class Excluded>
ready_constraints<R, 1 + relaxation::max_steps> make_ready(constraints<Excluded> const&);

/// Constraints of either form, made ready for metrics that are read as `R`.
template <class Rules, real R>
using ready_rules = decltype(make_ready<R>(std::declval<Rules const&>()));

/// No constraints at all.
struct no_rules {
    static constexpr bool valid() noexcept { return true; }
    template <real R>
    static constexpr exclusion first_kept(metrics_reading<R> const&, unsigned&) noexcept {
        return exclusion::none;
    }
    static constexpr exclusion first_kept(double, unsigned&) noexcept { return exclusion::none; }
};

/// The part of a verdict that ranks a host; all that a loop over many hosts needs.
struct standing {
    exclusion reason = exclusion::none;
    unsigned step = 0;
    double score = 0;
    double latency_ms = 0;

    [[nodiscard]] constexpr bool eligible() const noexcept { return reason == exclusion::none; }
};

/// The one place where a host is judged.
template <real R, class M, class Policy, class Rules>
[[nodiscard]] constexpr standing rank(metrics_reading<R> const& reading, M const& m,
                                      Policy const& policy,
                                      Rules const& rules) noexcept(Policy::is_noexcept) {
    if (!policy.valid()) return {.reason = exclusion::invalid_policy};
    if (!rules.valid()) return {.reason = exclusion::invalid_constraints};
    standing s{.reason = unusable(reading, policy.ceiling_ms())};
    if (!s.eligible()) return s;
    s.latency_ms = static_cast<double>(reading.latency_ms.value);
    s.reason = rules.first_kept(reading, s.step);
    if (!s.eligible()) return s;
    double const score = policy.score(reading, m);
    s.reason = is_finite(score) ? rules.first_kept(score, s.step) : exclusion::score_not_finite;
    if (s.eligible()) s.score = score;
    return s;
}

/// A `standing`, or the whole `verdict`.
template <class Judgement, class M, class Policy, class Rules>
[[nodiscard]] constexpr Judgement judge(M const& m, Policy const& policy,
                                        Rules const& rules) noexcept(Policy::is_noexcept) {
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
template <host_metrics M, policy_for<M> Policy = score_policy, class Rules = limits>
[[nodiscard]] constexpr verdict judge_host(M const& metrics, Policy const& policy = {},
                                           Rules const& rules = {})
    noexcept(detail::ready_policy<Policy, M>::is_noexcept) {
    using ready = detail::ready_policy<Policy, M>;
    return detail::judge<verdict>(metrics, ready{policy},
                                  detail::ready_rules<Rules, typename ready::real_type>{rules});
}

}  // namespace hostpick
