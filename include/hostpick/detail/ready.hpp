// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

// Policies and constraints made ready to judge many hosts: checked, converted and divided once.
namespace hostpick::detail {

template <class P>
concept has_ceiling = requires(P const& p) {
    { p.latency_ceiling_ms } -> std::convertible_to<double>;
};
template <class P>
concept has_error = requires(P const& p) { static_cast<bool>(p.error()); };
/// A member of that name is of the kind that we ask for, or there is none: a ceiling that we could
/// not read would be taken for the default's.
template <class P>
concept has_no_odd_setting = (has_ceiling<P> || !(requires { &P::latency_ceiling_ms; })) &&
                             (has_error<P> || !(requires { &P::error; }));
template <class P, class M>
concept explains = requires(P const& p, M const& m) {
    { p.explain(m) } -> std::same_as<score_parts>;
};

/// Whether neither scoring nor explaining throws.
template <class P, class M>
inline constexpr bool judges_noexcept =
    noexcept(static_cast<double>(std::declval<P const&>()(std::declval<M const&>())));
template <class P, class M>
    requires explains<P, M>
inline constexpr bool judges_noexcept<P, M> =
    noexcept(static_cast<double>(std::declval<P const&>()(std::declval<M const&>()))) &&
    noexcept(std::declval<P const&>().explain(std::declval<M const&>()));

/// A policy that is ready to judge metrics of type `M`: here the caller's own, by reference.
template <class P, host_metrics M>
class ready_policy {
public:
    using real_type = real_of<M>;
    using score_type = double;
    static constexpr bool is_noexcept = judges_noexcept<P, M>;

    HOSTPICK_INLINE constexpr explicit ready_policy(P const& p) noexcept : policy_{p} {
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

/// The policy that is used where none is given, compiled by the compiler.
template <real R>
inline constexpr compiled_policy<R> default_ramps{score_policy{}};

/// By its bits, because `-ffast-math` may take a NaN for equal to anything.
HOSTPICK_INLINE [[nodiscard]] constexpr bool is_default(score_policy const& p) noexcept {
    constexpr score_policy same{};
    auto const bits = [](auto const& ramp) {
        return std::bit_cast<std::array<std::uint64_t, 3>>(ramp);
    };
    return bits(p.latency_ms) == bits(same.latency_ms) &&
           bits(p.bandwidth_mbps) == bits(same.bandwidth_mbps) &&
           bits(p.packet_loss) == bits(same.packet_loss) &&
           bits(p.jitter_ms) == bits(same.jitter_ms) && p.combine == same.combine &&
           std::bit_cast<std::uint64_t>(p.latency_ceiling_ms) ==
               std::bit_cast<std::uint64_t>(same.latency_ceiling_ms);
}

/// Ramps, which judge the reading instead of the metrics.
template <real R>
class ready_ramps {
public:
    using real_type = R;
    using score_type = R;
    static constexpr bool is_noexcept = true;

    HOSTPICK_INLINE constexpr explicit ready_ramps(score_policy const& p) noexcept
        : ramps_{is_default(p) ? default_ramps<R> : compiled_policy<R>{p}} {}
    HOSTPICK_INLINE constexpr explicit ready_ramps(compiled_policy<R> const& p) noexcept : ramps_{p} {}

    [[nodiscard]] constexpr compiled_policy<R> const& ramps() const noexcept { return ramps_; }
    [[nodiscard]] constexpr bool valid() const noexcept { return ramps_.valid(); }
    [[nodiscard]] constexpr R ceiling_ms() const noexcept { return ramps_.ceiling_ms(); }
    template <class M>
    HOSTPICK_INLINE [[nodiscard]] constexpr double score(metrics_reading<R> const& reading,
                                                         M const&) const noexcept {
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
public:
    HOSTPICK_INLINE constexpr explicit ready_policy(score_policy const& p) noexcept
        : ready_ramps<real_of<M>>{p} {}
};
template <class R, host_metrics M>
class ready_policy<compiled_policy<R>, M> : public ready_ramps<R> {
public:
    HOSTPICK_INLINE constexpr explicit ready_policy(compiled_policy<R> const& p) noexcept
        : ready_ramps<R>{p} {}
};

/// The limits of one step as plain numbers: what is not limited is compared with the largest
/// number, and what is missing counts as that number, so that only a real limit refuses it.
template <real R>
struct ready_limits {
    static constexpr R most = (std::numeric_limits<R>::max)();
    R max_latency_ms = most, max_packet_loss = most, max_jitter_ms = most;
    R min_bandwidth_mbps = -most;
    double min_score = -(std::numeric_limits<double>::max)();

    constexpr ready_limits() noexcept = default;
    HOSTPICK_INLINE constexpr explicit ready_limits(limits const& l) noexcept {
        auto const set = [](R& number, std::optional<double> const& limit) HOSTPICK_INLINE_LAMBDA {
            if (limit) number = smaller(narrowed<R>(*limit), next_down(most));
        };
        if (l.max_latency_ms) max_latency_ms = narrowed<R>(*l.max_latency_ms);
        set(max_packet_loss, l.max_packet_loss);
        set(max_jitter_ms, l.max_jitter_ms);
        if (l.min_bandwidth_mbps) min_bandwidth_mbps = narrowed<R>(*l.min_bandwidth_mbps);
        if (l.min_score) min_score = *l.min_score;
    }

    HOSTPICK_INLINE static constexpr R known(field_reading<R> const& f) noexcept {
        return f.measured() ? smaller(f.value, next_down(most)) : most;
    }
    HOSTPICK_INLINE [[nodiscard]] constexpr exclusion broken_by(metrics_reading<R> const& m) const noexcept {
        if (m.latency_ms.value > max_latency_ms) return exclusion::latency_limit;
        if (known(m.packet_loss) > max_packet_loss) return exclusion::packet_loss_limit;
        if (known(m.jitter_ms) > max_jitter_ms) return exclusion::jitter_limit;
        if (m.bandwidth_mbps.value_or(-most) < min_bandwidth_mbps)
            return exclusion::bandwidth_limit;
        return exclusion::none;
    }
};

HOSTPICK_INLINE [[nodiscard]] constexpr bool any_limit(limits const& l) noexcept {
    return l.max_latency_ms || l.max_packet_loss || l.max_jitter_ms || l.min_bandwidth_mbps ||
           l.min_score;
}

/// Constraints made ready: the steps that the waiting time has reached.
template <real R, std::size_t MaxSteps>
class ready_constraints {
public:
    HOSTPICK_INLINE constexpr explicit ready_constraints(limits const& l) noexcept : limited_{any_limit(l)} {
        if (!limited_) return;
        valid_ = !error_in(l);
        if (valid_) steps_[0] = ready_limits<R>{l};
    }

    template <class Excluded>
    HOSTPICK_INLINE constexpr explicit ready_constraints(constraints<Excluded> const& c) noexcept
        : ready_constraints{c.limit} {
        valid_ = !error_in(c);
        limited_ = limited_ || !valid_;
        if (!valid_) return;
        limits allowed = c.limit;
        for (relaxation_step const& step : c.relaxed) {
            allowed = completed(step.allowed, allowed);
            if (step.after_ms <= c.waited_ms) steps_[size_++] = ready_limits<R>{allowed};
        }
    }

    [[nodiscard]] constexpr bool valid() const noexcept { return valid_; }
    /// Whether there is anything to ask; without limits, the usual case, there is not.
    [[nodiscard]] constexpr bool limited() const noexcept { return limited_; }

    /// How many steps there are, with the one before any relaxation.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr ready_limits<R> const& step(std::size_t n) const noexcept {
        return steps_[n];
    }

    /// The first step at or after `step` that the metrics keep to; else why not to the last.
    HOSTPICK_INLINE [[nodiscard]] constexpr exclusion first_kept(metrics_reading<R> const& m,
                                                                 unsigned& step) const noexcept {
        exclusion reason = steps_[0].broken_by(m);
        while (reason != exclusion::none && step + 1 < size_) reason = steps_[++step].broken_by(m);
        return reason;
    }
    HOSTPICK_INLINE [[nodiscard]] constexpr exclusion first_kept(double score,
                                                                 unsigned& step) const noexcept {
        while (score < steps_[step].min_score)
            if (++step == size_) return exclusion::score_limit;
        return exclusion::none;
    }

private:
    std::array<ready_limits<R>, MaxSteps> steps_{};
    std::size_t size_ = 1;
    bool valid_ = true;
    bool limited_;
};

template <real R>
ready_constraints<R, 1> make_ready(limits const&);
template <real R, class Excluded>
ready_constraints<R, 1 + relaxation::max_steps> make_ready(constraints<Excluded> const&);

template <class Rules>
concept rules = requires(Rules const& r) { make_ready<double>(r); };

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

}  // namespace hostpick::detail
