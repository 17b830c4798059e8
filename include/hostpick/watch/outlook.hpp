// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/watch/trend.hpp>

#include <chrono>
#include <optional>

namespace hostpick::watch {

/// When a trend crosses a limit.
struct crossing {
    unix_time at{};                    ///< on the line of the trend
    unix_time earliest{};              ///< on the steepest line of its interval
    std::optional<unix_time> latest{}; ///< on the least steep; nothing beyond the horizon
    friend constexpr bool operator==(crossing const&, crossing const&) = default;
};

/// When a trend crosses a limit, such as the latency above which nobody wants to play, if it goes
/// on as it did; or why that cannot be foreseen.
///
/// No trend where the interval of the slope holds zero. Moving away where the trend had its last
/// reading beyond the limit already, or leads away from it. Too far ahead where it crosses later
/// than `horizon` after the last reading; a policy is invalid where the limit is not finite or
/// above 10^100, or the horizon is negative or above 365 000 days. The interval is that of the
/// slope alone; earliest is at least the last reading.
///
///     auto const when = outlook(*trend_of(days), 80);  // 80 ms
inline finding<crossing> outlook(trend const& t, double limit,
                                 std::chrono::hours horizon = std::chrono::hours{24 * 365}) {
    if (!detail::is_finite(limit) || detail::magnitude(limit) > 1e100 || horizon < horizon.zero() ||
        horizon > std::chrono::hours{24 * 365'000})
        return unknown_because::invalid_policy;
    if (!t.is_significant()) return unknown_because::no_trend;
    double const to_go = limit - t.value_at(t.last);
    if ((to_go > 0) != (t.per_day > 0) || !(to_go > 0 || to_go < 0))
        return unknown_because::moving_away;

    // Days from the middle of the readings, through which all three lines go.
    auto const days_to = [&](double per_day) { return (limit - t.middle_value) / per_day; };
    double const since_middle = static_cast<double>((t.last - t.middle).count()) / 86'400'000;
    double const most = since_middle + static_cast<double>(horizon.count()) / 24;
    auto const time_of = [&](double days) {
        double const ms = detail::larger(days, since_middle) * 86'400'000;
        return t.middle + unix_time{static_cast<std::int64_t>(ms + 0.5)};
    };
    bool const rising = t.per_day > 0;
    double const at = days_to(t.per_day);
    if (at > most) return unknown_because::too_far_ahead;
    crossing c{.at = time_of(at),
               .earliest = time_of(days_to(rising ? t.per_day_95.high : t.per_day_95.low))};
    double const latest = days_to(rising ? t.per_day_95.low : t.per_day_95.high);
    if (latest <= most) c.latest = time_of(latest);
    return c;
}

}  // namespace hostpick::watch
