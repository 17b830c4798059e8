// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/rolling/instant.hpp>

#include <chrono>
#include <optional>

namespace hostpick::rolling {

/// How long a measurement counts.
struct lifetime {
    std::chrono::nanoseconds fresh;  ///< up to this age in full
    std::chrono::nanoseconds stale;  ///< from this age on it is unknown

    /// 1 while it is fresh, 0 once it is stale, linear between; at once where `stale` is not the
    /// longer one.
    [[nodiscard]] constexpr double freshness(std::chrono::nanoseconds age) const noexcept {
        if (age <= fresh) return 1;
        if (age >= stale) return 0;
        return 1 - to_ms(elapsed(fresh, age)) / to_ms(elapsed(fresh, stale));
    }
};

/// A measurement that ages: it moves from itself to the worse of itself and `prior`, what one would
/// expect of a path of which nothing is known, and then to unknown. Value and prior are finite.
///
///     aged_upwards(30.0, 200.0, 0.5)  // 115: milliseconds, half way to the prior
[[nodiscard]] constexpr std::optional<double> aged_upwards(std::optional<double> value, double prior,
                                                           double freshness) noexcept {
    if (!value || !(freshness > 0)) return std::nullopt;
    double const worse = detail::larger(*value, prior);
    return worse - detail::rounded((worse - *value) * detail::smaller(freshness, 1.0));
}
/// The same where less is worse.
[[nodiscard]] constexpr std::optional<double> aged_downwards(std::optional<double> value,
                                                             double prior,
                                                             double freshness) noexcept {
    if (!value || !(freshness > 0)) return std::nullopt;
    double const worse = detail::smaller(*value, prior);
    return worse + detail::rounded((*value - worse) * detail::smaller(freshness, 1.0));
}

}  // namespace hostpick::rolling
