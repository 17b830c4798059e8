// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/confidence.hpp>
#include <hostpick/watch/series.hpp>
#include <hostpick/watch/slopes.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hostpick::watch {

/// Where a series is going: a line through its middle, with the median of all slopes.
struct trend {
    double per_day = 0;               ///< the slope, in the unit of the readings
    rolling::interval per_day_95{};   ///< which holds the true slope with 95 % confidence
    unix_time middle{};               ///< the median of the times ...
    double middle_value = 0;          ///< ... and of the readings, through which the line goes
    unix_time last{};                 ///< of the times
    std::size_t readings = 0;

    /// Whether it is told from no trend: whether zero is outside of the interval.
    [[nodiscard]] constexpr bool is_significant() const noexcept {
        return per_day_95.low > 0 || per_day_95.high < 0;
    }
    /// The line at a point in time.
    [[nodiscard]] constexpr double value_at(unix_time t) const noexcept {
        double const days = static_cast<double>((t - middle).count()) / 86'400'000;
        return middle_value + detail::rounded(per_day * days);
    }
    friend constexpr bool operator==(trend const&, trend const&) = default;
};

namespace internal {

/// The variance of Kendall's S without a trend, with ties in either series (Kendall, "Rank
/// Correlation Methods", 1955). Both spans are sorted, and of the same size, at least 3.
[[nodiscard]] inline double kendall_variance(std::span<double const> xs,
                                             std::span<double const> ys) noexcept {
    struct ties {
        double pairs = 0, triples = 0, variance = 0;

        void add(std::size_t equal) noexcept {
            double const k = static_cast<double>(equal);
            pairs += k * (k - 1);
            triples += k * (k - 1) * (k - 2);
            variance += k * (k - 1) * (2 * k + 5);
        }
        explicit ties(std::span<double const> sorted) noexcept {
            for (std::size_t from = 0, to = 0; from < sorted.size(); from = to) {
                while (to < sorted.size() && !(sorted[from] < sorted[to])) ++to;
                add(to - from);
            }
        }
    };
    ties all{{}};
    all.add(xs.size());
    ties const x{xs}, y{ys};
    return (all.variance - x.variance - y.variance) / 18 + x.pairs * y.pairs / (2 * all.pairs) +
           x.triples * y.triples / (9 * all.triples);
}

}  // namespace internal

/// The Theil-Sen trend of a series: the median slope of all pairs of readings, which up to 29 % of
/// them, however wild, cannot carry away. Its interval is Sen's, with ties.
///
/// The interval supposes readings that do not depend on each other. Latencies minutes apart do, and
/// follow the hours of the day: ask for the trend of `block_medians(series, 24h)`. Readings may be
/// in any order, and times may repeat. Fewer than five are too few. It allocates O(n), and takes
/// O(n log n) for each of at most 3 * 64 steps of bisection. It is exact for any n, but for slopes
/// that differ by no more than rounding. Source: P. K. Sen, "Estimates of the regression
/// coefficient based on Kendall's tau", JASA 63 (1968).
///
///     std::vector<reading> days;
///     for (int d = 0; d < 9; ++d) days.push_back({86'400s * d, 20 + 0.5 * d});
///     trend_of(days)->per_day  // 0.5
inline finding<trend> trend_of(std::span<reading const> series) {
    if (auto const fault = internal::fault_of(series, false); fault != unknown_because::none)
        return fault;
    if (series.size() < 5) return unknown_because::too_few;
    unix_time first = series.front().at;
    for (reading const& r : series) first = detail::smaller(first, r.at);
    std::vector<internal::point> points;
    points.reserve(series.size());
    for (reading const& r : series)
        points.push_back({static_cast<double>((r.at - first).count()), r.value});
    std::sort(points.begin(), points.end(), [](auto const& a, auto const& b) {
        return a.x != b.x ? a.x < b.x : a.y < b.y;
    });

    internal::slopes slopes{points};
    std::uint64_t const pairs = slopes.size();
    if (pairs == 0) return unknown_because::one_moment;
    std::vector<double> xs, ys;
    for (auto const& p : points) xs.push_back(p.x), ys.push_back(p.y);
    std::sort(ys.begin(), ys.end());

    // Sen's ranks, rounded as in SciPy.
    double const variance = detail::larger(0.0, internal::kendall_variance(xs, ys));
    double const spread = rolling::z_95 * std::sqrt(variance);
    double const low = std::floor((static_cast<double>(pairs) - spread) / 2 + 0.5) - 1;
    double const high = std::floor((static_cast<double>(pairs) + spread) / 2 + 0.5);
    double const last = static_cast<double>(pairs - 1);
    auto const per_day = [&](std::uint64_t rank) { return slopes.nth(rank) * 86'400'000; };
    auto const per_day_at = [&](double rank) {
        return per_day(static_cast<std::uint64_t>(detail::clamped(rank, 0.0, last)));
    };
    trend t{.per_day = per_day(pairs / 2),
            .per_day_95 = {per_day_at(low), per_day_at(high)},
            .middle = first + unix_time{static_cast<std::int64_t>(internal::median_of(xs))},
            .middle_value = internal::median_of(ys),
            .last = first + unix_time{static_cast<std::int64_t>(points.back().x)},
            .readings = points.size()};
    if (pairs % 2 == 0) t.per_day = (t.per_day + per_day(pairs / 2 - 1)) / 2;
    // Slopes that are equal but for rounding may have come in another order.
    t.per_day_95.low = detail::smaller(t.per_day_95.low, t.per_day);
    t.per_day_95.high = detail::larger(t.per_day_95.high, t.per_day);
    return t;
}

}  // namespace hostpick::watch
