// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>

namespace hostpick {

/// What is wrong with a policy or with constraints: which member, and what it should be.
struct setting_error {
    char const* member;    ///< for example "packet_loss.weight"; empty where it is several
    char const* expected;  ///< for example "a finite weight, not negative"
    std::size_t step = 0;  ///< of constraints: in which step, where 0 is before any relaxation
};

/// A ramp turns one metric into 0..100: 100 at `best` or better, 0 at `worst` or worse,
/// linear between; `best == worst` is a step. A weight counts relative to the other weights.
struct latency_ramp {
    double best = 0;
    double worst = 200;
    double weight = 0.4;
    friend constexpr bool operator==(latency_ramp const&, latency_ramp const&) = default;
};

/// As `latency_ramp`, for bandwidth: more is better, so `best` is at least `worst`.
struct bandwidth_ramp {
    double best = 10;
    double worst = 0;
    double weight = 0.4;
    friend constexpr bool operator==(bandwidth_ramp const&, bandwidth_ramp const&) = default;
};

/// As `latency_ramp`, for packet loss as a ratio.
struct packet_loss_ramp {
    double best = 0;
    double worst = 0.10;
    double weight = 0.2;
    friend constexpr bool operator==(packet_loss_ramp const&, packet_loss_ramp const&) = default;
};

/// As `latency_ramp`, for jitter; it does not count until it is given a weight.
struct jitter_ramp {
    double best = 0;
    double worst = 50;
    double weight = 0;
    friend constexpr bool operator==(jitter_ramp const&, jitter_ramp const&) = default;
};

/// How the ramps of a policy become one score.
enum class combination : unsigned char {
    sum,      ///< the weighted mean of the ramps
    weakest,  ///< the lowest ramp that has a weight; how large the weight is does not matter
};

/// The points that one metric gave to a score, and what it cost.
///
/// With `combination::sum` the gains add up to the score. With `combination::weakest` a gain is
/// the score that the host would have if its other metrics were perfect. A metric that does not
/// count gains and loses nothing.
struct metric_points {
    double gained = 0;
    double lost = 0;
    field_state state = field_state::missing;
    friend constexpr bool operator==(metric_points const&, metric_points const&) = default;
};

/// A score taken apart.
struct score_parts {
    metric_points latency_ms;
    metric_points bandwidth_mbps;
    metric_points packet_loss;
    metric_points jitter_ms;
    friend constexpr bool operator==(score_parts const&, score_parts const&) = default;
};

namespace detail {

template <class Ramp>
inline constexpr bool higher_is_better = std::same_as<Ramp, bandwidth_ramp>;

/// A ramp ready for use: one subtraction and one multiplication.
template <real R, bool HigherIsBetter>
struct ramp_line {
    R worst;   ///< where the points are 0
    R low;     ///< the input is first moved into [low, high] ...
    R high;    ///< ... so that a caller's product cannot be fused into our difference
    R slope;   ///< points per unit; what it gives at `best` is at least `points`
    R points;  ///< what the metric can give

    /// A missing field counts as the worst.
    HOSTPICK_INLINE [[nodiscard]] constexpr R operator()(
        field_reading<R> const& field) const noexcept {
        R const x = clamped(field.value_or(worst), low, high);
        return smaller((HigherIsBetter ? x - worst : worst - x) * slope, points);
    }

    [[nodiscard]] constexpr metric_points explain(field_reading<R> const& field) const noexcept {
        if (low == high) return {.state = field.state};
        R const gained = (*this)(field);
        return {.gained = static_cast<double>(gained),
                .lost = static_cast<double>(points - gained),
                .state = field.state};
    }
};

template <real R, class Ramp>
using line_for = ramp_line<R, higher_is_better<Ramp>>;

/// The line of a ramp. A step is a ramp to the nearest number that is worse; below `tiny` the
/// slope would not be finite, so there a step and a ramp cannot be told apart.
template <real R, class Ramp>
HOSTPICK_INLINE [[nodiscard]] constexpr line_for<R, Ramp> line_of(Ramp const& ramp, R points) noexcept {
    constexpr R tiny = static_cast<R>(1e-30);
    R const best = smaller(narrowed<R>(ramp.best), next_down((std::numeric_limits<R>::max)()));
    R worst = narrowed<R>(ramp.worst);
    if constexpr (higher_is_better<Ramp>) worst = smaller(worst, best);
    if (magnitude(best - worst) < tiny) {
        if constexpr (higher_is_better<Ramp>) worst = smaller(next_down(best), best - tiny);
        else worst = larger(next_up(best), best + tiny);
    }
    R const width = magnitude(best - worst);
    R slope = points / width;
    if (slope * width < points) slope = next_up(slope);
    return {worst, smaller(best, worst), larger(best, worst), slope, points};
}

/// The line of a metric that does not count: all of `points`, whatever was measured.
template <real R, class Ramp>
HOSTPICK_INLINE [[nodiscard]] constexpr line_for<R, Ramp> constant_line(R points) noexcept {
    R const worst = higher_is_better<Ramp> ? 0 : 1, input = 1 - worst;
    return {.worst = worst, .low = input, .high = input, .slope = points, .points = points};
}

/// A policy ready for use.
template <real R>
struct policy_lines {
    line_for<R, latency_ramp> latency_ms{};
    line_for<R, bandwidth_ramp> bandwidth_mbps{};
    line_for<R, packet_loss_ramp> packet_loss{};
    line_for<R, jitter_ramp> jitter_ms{};
    combination combine = combination::sum;
};

template <class Ramp>
HOSTPICK_INLINE [[nodiscard]] constexpr std::optional<setting_error> ramp_error(Ramp const& ramp, double most,
                                                                setting_error best,
                                                                setting_error worst,
                                                                setting_error weight) noexcept {
    if (!is_quantity(ramp.best) || ramp.best > most) return best;
    if (!is_quantity(ramp.worst) || ramp.worst > most) return worst;
    if (higher_is_better<Ramp> ? ramp.best < ramp.worst : ramp.worst < ramp.best)
        return setting_error{worst.member, higher_is_better<Ramp> ? "at most best" : "at least best"};
    if (!is_quantity(ramp.weight)) return weight;
    return std::nullopt;
}

}  // namespace detail

template <class Real>
class compiled_policy;

/// A policy made of ramps: how good a host is, from 0 to 100, by its metrics.
///
/// The default is the plan "0.4 latency, 0.4 bandwidth, 0.2 stability": 50 ms, 10 Mbps and 1 %
/// loss give 0.4 * 75 + 0.4 * 100 + 0.2 * 90 = 88. Change only what you want changed:
///
///     constexpr score_policy near_first{.latency_ms = {.worst = 120, .weight = 0.7}};
///
/// A policy whose numbers make no sense (`error()`) finds nobody eligible.
struct score_policy {
    latency_ramp latency_ms{};
    bandwidth_ramp bandwidth_mbps{};
    packet_loss_ramp packet_loss{};
    jitter_ramp jitter_ms{};
    combination combine = combination::sum;
    double latency_ceiling_ms = default_latency_ceiling_ms;

    friend constexpr bool operator==(score_policy const&, score_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing: ramps are finite, not
    /// negative and not reversed, a loss is a ratio, weights are finite, not negative and not
    /// all zero.
    template <class Build = detail::this_build>
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        constexpr double any = (std::numeric_limits<double>::max)();
        constexpr char const* ms = "finite milliseconds, not negative";
        constexpr char const* mbps = "finite Mbps, not negative";
        constexpr char const* ratio = "a ratio from 0 to 1";
        constexpr char const* weight = "a finite weight, not negative";
        if (auto e = detail::ramp_error(latency_ms, any, {"latency_ms.best", ms},
                                        {"latency_ms.worst", ms}, {"latency_ms.weight", weight}))
            return e;
        if (auto e = detail::ramp_error(bandwidth_mbps, any, {"bandwidth_mbps.best", mbps},
                                        {"bandwidth_mbps.worst", mbps},
                                        {"bandwidth_mbps.weight", weight}))
            return e;
        if (auto e = detail::ramp_error(packet_loss, 1, {"packet_loss.best", ratio},
                                        {"packet_loss.worst", ratio},
                                        {"packet_loss.weight", weight}))
            return e;
        if (auto e = detail::ramp_error(jitter_ms, any, {"jitter_ms.best", ms},
                                        {"jitter_ms.worst", ms}, {"jitter_ms.weight", weight}))
            return e;
        double const weights =
            latency_ms.weight + bandwidth_mbps.weight + packet_loss.weight + jitter_ms.weight;
        if (!(weights > 0) || !detail::is_finite(weights))
            return setting_error{"", "weights with a finite sum above zero"};
        if (!detail::is_quantity(latency_ceiling_ms))
            return setting_error{"latency_ceiling_ms", ms};
        return std::nullopt;
    }

    /// The score of one host, 0 where it is not eligible.
    template <host_metrics M>
    [[nodiscard]] constexpr detail::real_of<M> operator()(M const& m) const noexcept {
        return compiled_policy<detail::real_of<M>>{*this}(m);
    }
};

/// A `score_policy` with its divisions done, for scoring many hosts one by one; a policy itself.
/// The functions that choose among many hosts compile their policy themselves. Metrics are read as
/// `Real`: what differs only beyond a `float` is equal to a `compiled_policy<float>`.
///
///     compiled_policy const score{score_policy{}};  // <double>
///     score(network_metrics<>{.latency_ms = 50});  // the same as calculate_host_score
template <class Real>
class compiled_policy {
    static_assert(detail::real<Real>, "scores are computed in float or double");
    using reading = detail::metrics_reading<Real>;

public:
    template <class Build = detail::this_build>
    constexpr explicit compiled_policy(score_policy const& p) noexcept
        : valid_{!p.error()},
          ceiling_ms_{detail::narrowed<Real>(valid_ ? p.latency_ceiling_ms : 0)} {
        if (!valid_) return;
        lines_.combine = p.combine;
        // Each metric gets what lifts the sum so far to its share of 100, so that the points
        // add up to 100 exactly, in the order in which `score` adds them.
        double const all = p.latency_ms.weight + p.bandwidth_mbps.weight + p.packet_loss.weight +
                           p.jitter_ms.weight;
        double weight_so_far = 0;
        Real points_so_far = 0;
        auto const line = [&]<class Ramp>(Ramp const& ramp) HOSTPICK_INLINE_LAMBDA {
            if (p.combine == combination::weakest)
                return ramp.weight > 0 ? detail::line_of<Real>(ramp, Real{100})
                                       : detail::constant_line<Real, Ramp>(100);
            weight_so_far += ramp.weight;
            Real const share =
                static_cast<Real>(detail::smaller(100 * (weight_so_far / all), 100.0));
            Real const points = detail::larger(share - points_so_far, Real{0});
            points_so_far += points;
            return detail::line_of<Real>(ramp, points);
        };
        lines_.latency_ms = line(p.latency_ms);
        lines_.bandwidth_mbps = line(p.bandwidth_mbps);
        lines_.packet_loss = line(p.packet_loss);
        lines_.jitter_ms = line(p.jitter_ms);
    }

    /// Whether the policy made sense; one that did not finds nobody eligible.
    [[nodiscard]] constexpr bool valid() const noexcept { return valid_; }
    /// The highest latency of an eligible host; 0 of an invalid policy.
    [[nodiscard]] constexpr Real ceiling_ms() const noexcept { return ceiling_ms_; }

    /// The score of one host, 0 where it is not eligible.
    template <host_metrics M>
    [[nodiscard]] constexpr Real operator()(M const& m) const noexcept {
        auto const r = detail::read_metrics<Real>(m);
        return valid_ && detail::unusable(r, ceiling_ms_) == exclusion::none ? score(r) : Real{0};
    }

    /// The score of a host that is known to be eligible.
    HOSTPICK_INLINE [[nodiscard]] constexpr Real score(reading const& m) const noexcept {
        Real const l = lines_.latency_ms(m.latency_ms), b = lines_.bandwidth_mbps(m.bandwidth_mbps),
                   p = lines_.packet_loss(m.packet_loss), j = lines_.jitter_ms(m.jitter_ms);
        using detail::smaller;
        return lines_.combine == combination::sum ? smaller(((l + b) + p) + j, Real{100})
                                                  : smaller(smaller(smaller(l, b), p), j);
    }

    /// The same score taken apart.
    [[nodiscard]] constexpr score_parts explain(reading const& m) const noexcept {
        return {lines_.latency_ms.explain(m.latency_ms),
                lines_.bandwidth_mbps.explain(m.bandwidth_mbps),
                lines_.packet_loss.explain(m.packet_loss), lines_.jitter_ms.explain(m.jitter_ms)};
    }

    /// What it is made of, for those who score many hosts at a time.
    [[nodiscard]] constexpr detail::policy_lines<Real> const& lines() const noexcept {
        return lines_;
    }

private:
    detail::policy_lines<Real> lines_{};
    bool valid_;
    Real ceiling_ms_;
};

compiled_policy(score_policy const&) -> compiled_policy<double>;

}  // namespace hostpick
