// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>

namespace hostpick {

/// What a host must keep to; an empty limit does not limit. Limits are inclusive, and a metric
/// that is missing fails its limit.
///
///     select_best_host(ids, metrics, {}, {.max_latency_ms = 80, .max_packet_loss = 0.02})
struct limits {
    std::optional<double> max_latency_ms{};
    std::optional<double> max_packet_loss{};  ///< ratio, 0 to 1
    std::optional<double> max_jitter_ms{};
    std::optional<double> min_bandwidth_mbps{};
    std::optional<double> min_score{};

    friend constexpr bool operator==(limits const&, limits const&) = default;
};

/// From `after_ms` of waiting on, hosts that keep to `allowed` are taken too. A limit that a step
/// leaves out stays as it was before: a step that widens the latency does not open the door to loss.
struct relaxation_step {
    double after_ms = 0;
    limits allowed{};

    friend constexpr bool operator==(relaxation_step const&, relaxation_step const&) = default;
};

/// Limits that widen step by step while a player waits; at most `max_steps` steps, kept inside.
/// Later steps are at least as wide as earlier ones in every limit.
///
///     relaxation{{to_ms(10s), {.max_latency_ms = 100}}, {to_ms(20s), {.max_latency_ms = 200}}}
class relaxation {
public:
    static constexpr std::size_t max_steps = 8;

    constexpr relaxation() noexcept = default;

    /// Steps beyond `max_steps` are not kept, and make the constraints invalid.
    constexpr relaxation(std::initializer_list<relaxation_step> steps) noexcept {
        for (relaxation_step const& step : steps) add(step);
    }

    constexpr void add(relaxation_step const& step) noexcept {
        if (size_ < max_steps) steps_[size_] = step;
        ++size_;
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr bool fits() const noexcept { return size_ <= max_steps; }
    [[nodiscard]] constexpr relaxation_step const* begin() const noexcept { return steps_.data(); }
    [[nodiscard]] constexpr relaxation_step const* end() const noexcept {
        return steps_.data() + (fits() ? size_ : max_steps);
    }

    friend constexpr bool operator==(relaxation const&, relaxation const&) = default;

private:
    std::array<relaxation_step, max_steps> steps_{};
    std::size_t size_ = 0;
};

/// The predicate that excludes nobody.
struct exclude_nobody {
    template <class Host>
    constexpr bool operator()(Host const&) const noexcept {
        return false;
    }
    friend constexpr bool operator==(exclude_nobody, exclude_nobody) noexcept = default;
};

/// Limits, how they widen with waiting, and hosts that are excluded whatever they measure.
///
/// A host's *step* is the first one that it keeps to: 0 is `limit`, 1 the first step of
/// `relaxed`. A host of an earlier step is chosen before any of a later one. The predicate gets
/// the element of the range of hosts, and is called before the host's metrics are looked up.
///
///     constraints{limits{.max_latency_ms = 50}, [&](host_id id) { return draining.contains(id); }}
template <class Excluded = exclude_nobody>
struct constraints {
    limits limit{};
    Excluded excluded{};
    relaxation relaxed{};
    double waited_ms = 0;

    friend bool operator==(constraints const&, constraints const&) = default;
};

constraints(limits) -> constraints<>;
template <class Excluded>
constraints(limits, Excluded) -> constraints<Excluded>;
template <class Excluded>
constraints(limits, Excluded, relaxation) -> constraints<Excluded>;
template <class Excluded>
constraints(limits, Excluded, relaxation, double) -> constraints<Excluded>;

/// The first thing that is wrong with limits, or nothing: they are finite and, but for
/// `min_score`, not negative; a loss is a ratio.
template <class Build = detail::this_build>
[[nodiscard]] constexpr std::optional<setting_error> error_in(limits const& l) noexcept {
    using detail::is_quantity;
    auto const bad = [](std::optional<double> const& x) { return x && !is_quantity(*x); };
    if (bad(l.max_latency_ms))
        return setting_error{"max_latency_ms", "finite milliseconds, not negative"};
    if (bad(l.max_packet_loss) || l.max_packet_loss > 1.0)
        return setting_error{"max_packet_loss", "a ratio from 0 to 1"};
    if (bad(l.max_jitter_ms))
        return setting_error{"max_jitter_ms", "finite milliseconds, not negative"};
    if (bad(l.min_bandwidth_mbps))
        return setting_error{"min_bandwidth_mbps", "finite Mbps, not negative"};
    if (l.min_score && !detail::is_finite(*l.min_score))
        return setting_error{"min_score", "a finite score"};
    return std::nullopt;
}

namespace detail {

/// The limits of a step, with those that it leaves out as they were before.
HOSTPICK_INLINE [[nodiscard]] constexpr limits completed(limits step, limits const& before) noexcept {
    auto const keep = [](std::optional<double>& limit, std::optional<double> const& old) {
        if (!limit) limit = old;
    };
    keep(step.max_latency_ms, before.max_latency_ms);
    keep(step.max_packet_loss, before.max_packet_loss);
    keep(step.max_jitter_ms, before.max_jitter_ms);
    keep(step.min_bandwidth_mbps, before.min_bandwidth_mbps);
    keep(step.min_score, before.min_score);
    return step;
}

/// What in `inner` is wider than in `outer`, or nothing.
HOSTPICK_INLINE [[nodiscard]] constexpr char const* wider(limits const& inner, limits const& outer) noexcept {
    using limit = std::optional<double>;
    auto const above = [](limit const& in, limit const& out) { return out && (!in || *in > *out); };
    auto const below = [](limit const& in, limit const& out) { return out && (!in || *in < *out); };
    if (above(inner.max_latency_ms, outer.max_latency_ms)) return "max_latency_ms";
    if (above(inner.max_packet_loss, outer.max_packet_loss)) return "max_packet_loss";
    if (above(inner.max_jitter_ms, outer.max_jitter_ms)) return "max_jitter_ms";
    if (below(inner.min_bandwidth_mbps, outer.min_bandwidth_mbps)) return "min_bandwidth_mbps";
    if (below(inner.min_score, outer.min_score)) return "min_score";
    return nullptr;
}

}  // namespace detail

/// The first thing that is wrong with constraints, or nothing: good limits in every step, steps
/// in the order of time, each at least as wide as the one before.
///
///     static_assert(!error_in(ranked_rules));
template <class Build = detail::this_build, class Excluded>
[[nodiscard]] constexpr std::optional<setting_error> error_in(
    constraints<Excluded> const& c) noexcept {
    if (auto e = error_in(c.limit)) return e;
    if (!c.relaxed.fits()) return setting_error{"relaxed", "at most 8 steps"};
    if (!detail::is_finite(c.waited_ms)) return setting_error{"waited_ms", "finite milliseconds"};
    double before_ms = 0;
    limits before = c.limit;
    std::size_t number = 0;
    for (relaxation_step const& step : c.relaxed) {
        ++number;
        if (auto e = error_in(step.allowed)) return setting_error{e->member, e->expected, number};
        if (!detail::is_quantity(step.after_ms) || step.after_ms < before_ms)
            return setting_error{"after_ms", "milliseconds, not before the step before", number};
        limits const allowed = detail::completed(step.allowed, before);
        if (char const* member = detail::wider(before, allowed))
            return setting_error{member, "at least as wide as in the step before", number};
        before_ms = step.after_ms;
        before = allowed;
    }
    return std::nullopt;
}

}  // namespace hostpick
