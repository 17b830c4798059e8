// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

// How far a handful of samples can be trusted.
namespace hostpick::rolling {

/// A range that holds the truth with the confidence asked for.
struct interval {
    double low = 0;
    double high = 0;
    [[nodiscard]] friend constexpr bool operator==(interval const&, interval const&) = default;
};

/// The z of a two-sided 95 % interval.
inline constexpr double z_95 = 1.959963984540054;

/// The Wilson score interval of a proportion: `hits` of `trials`.
///
/// Nothing without trials. Exactly 0 at the low end of no hits, exactly 1 at the high end of
/// nothing but hits. More hits than trials count as all. `z` is from 0 to 1000. Source: E. B. Wilson, "Probable inference,
/// the law of succession, and statistical inference", JASA 22 (1927).
///
///     wilson_interval(0, 10)  // 0 to 0.2775: ten perfect probes say little
[[nodiscard]] inline std::optional<interval> wilson_interval(std::uint64_t hits,
                                                             std::uint64_t trials,
                                                             double z = z_95) noexcept {
    if (trials == 0 || !detail::is_quantity(z) || z > 1000) return std::nullopt;
    if (hits > trials) hits = trials;
    double const n = static_cast<double>(trials), p = static_cast<double>(hits) / n;
    double const z2 = z * z, centre = p + z2 / (2 * n), scale = 1 + z2 / n;
    double const half = detail::rounded(z * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)));
    return interval{hits == 0 ? 0 : detail::larger((centre - half) / scale, 0.0),
                    hits == trials ? 1 : detail::smaller((centre + half) / scale, 1.0)};
}

/// How many probes it takes to meet at least one loss with the given confidence, where `loss` is
/// the truth: with fewer, a path that loses as much may well look perfect.
///
/// Nothing where no number would do: a loss or a confidence that is not inside (0, 1).
///
///     probes_to_see(0.02)  // 149
[[nodiscard]] inline std::optional<std::uint64_t> probes_to_see(
    double loss, double confidence = 0.95) noexcept {
    auto const inside = [](double x) { return detail::is_quantity(x) && x > 0 && x < 1; };
    if (!inside(loss) || !inside(confidence)) return std::nullopt;
    double const probes = std::ceil(std::log1p(-confidence) / std::log1p(-loss));
    if (!(probes < 1e18)) return std::nullopt;
    return static_cast<std::uint64_t>(probes);
}

/// How far the mean of `count` samples with this sample deviation may lie from the truth, at 95 %,
/// for independent samples: Student's t times the standard error. Nothing below two samples, or of
/// a deviation that is no number.
///
///     mean_uncertainty(2.0, 16)  // 1.065: t of 15 degrees of freedom is 2.131
[[nodiscard]] inline std::optional<double> mean_uncertainty(double sample_deviation,
                                                            std::uint64_t count) noexcept {
    // The quantile for 1 to 10 degrees of freedom; beyond, its expansion around the normal one
    // (Abramowitz and Stegun, 26.7.5) is within 0.1 %.
    constexpr std::array t{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
    if (count < 2 || !detail::is_quantity(sample_deviation)) return std::nullopt;
    double const freedom = static_cast<double>(count - 1);
    double const factor = count - 2 < t.size()
                              ? t[static_cast<std::size_t>(count - 2)]
                              : z_95 + 2.3722712 / freedom + 2.8225 / (freedom * freedom);
    return factor * sample_deviation / std::sqrt(static_cast<double>(count));
}

/// How many samples a quantile needs before it says more than the extremes do: one on its outer
/// side, on average. 2 for the median, 20 for the 95th percentile.
[[nodiscard]] constexpr std::optional<std::uint64_t> samples_for_quantile(double q) noexcept {
    if (!detail::is_quantity(q) || q >= 1 || !(q > 0)) return std::nullopt;
    double const outside = detail::smaller(q, 1 - q);
    if (outside < 1e-15) return std::nullopt;
    double const samples = 1 / outside;
    auto const whole = static_cast<std::uint64_t>(samples + 0.999999);
    return whole;
}

}  // namespace hostpick::rolling
