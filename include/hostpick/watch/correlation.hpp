// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/confidence.hpp>
#include <hostpick/watch/effective_pairs.hpp>
#include <hostpick/watch/finding.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

namespace hostpick::watch {

/// How two series move together: 1 where one rises with the other, -1 where it falls, 0 where they
/// have nothing to do with each other. That one is the cause of the other it does not say.
struct correlation {
    double r = 0;
    std::optional<rolling::interval> r_95{};  ///< nothing of three pairs, or what is worth no more
    std::size_t pairs = 0;
    double worth = 0;  ///< as many pairs that do not depend on each other: at most `pairs`

    /// Whether it is told from 0 with 95 % confidence.
    [[nodiscard]] constexpr bool is_significant() const noexcept {
        return r_95 && (r_95->low > 0 || r_95->high < 0);
    }
    friend constexpr bool operator==(correlation const&, correlation const&) = default;
};

/// Whether a pair tells anything of the next one.
enum class rows_are : unsigned char {
    independent,       ///< it does not, as of players who are asked once
    in_order_of_time,  ///< it does, as of a path that is slow for an hour or an evening
};

namespace internal {

/// Fisher's z and back; of r = 1 or -1 both ends are that. The variance is `scale` / (worth - 3).
[[nodiscard]] inline correlation with_interval(double r, std::size_t n, double worth,
                                               double scale) noexcept {
    correlation c{.r = r, .pairs = n, .worth = worth};
    if (!(worth > 3 + 1e-9)) return c;
    if (!(r > -1 && r < 1)) {
        c.r_95 = rolling::interval{r, r};
        return c;
    }
    double const z = std::atanh(r);
    double const half = rolling::z_95 * std::sqrt(scale / (worth - 3));
    c.r_95 = rolling::interval{std::tanh(z - half), std::tanh(z + half)};
    return c;
}

/// The numbers less their mean, as multiples of the largest such difference, so that no square
/// overflows. False where they are the same, but for rounding.
[[nodiscard]] inline bool centre(std::span<double const> numbers, std::vector<double>& out) {
    auto const magnitude = [](double x) { return detail::magnitude(x); };
    // The mean of what is left of the first number: of a constant it is exactly 0.
    double const first = numbers.front();
    double sum = 0;
    for (double const x : numbers) sum += x - first;
    double const mean = sum / static_cast<double>(numbers.size());
    out.clear();
    double largest = 0, most = 0;
    for (double const x : numbers) {
        out.push_back(x - first - mean);
        largest = detail::larger(largest, magnitude(x));
        most = detail::larger(most, magnitude(out.back()));
    }
    if (!(most > detail::rounded(1e-13 * largest))) return false;
    for (double& x : out) x /= most;
    return true;
}

/// Ranks from 1; ties have the middle of theirs.
[[nodiscard]] inline std::vector<double> middle_ranks(std::span<double const> numbers) {
    std::vector<std::size_t> order(numbers.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
    std::vector<double> ranks(numbers.size());
    for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
        while (last < order.size() && !(numbers[order[first]] < numbers[order[last]])) ++last;
        for (std::size_t k = first; k < last; ++k)
            ranks[order[k]] = static_cast<double>(first + last + 1) / 2;
    }
    return ranks;
}

struct relation {
    double r = 0, worth = 0;
};
[[nodiscard]] inline finding<relation> correlate(std::span<double const> a,
                                                 std::span<double const> b, rows_are rows) {
    if (a.size() != b.size()) return unknown_because::invalid_policy;
    for (auto const column : {a, b})
        for (double const x : column)
            if (!detail::is_finite(x) || detail::magnitude(x) > 1e100)
                return unknown_because::invalid_reading;
    if (a.size() < 3) return unknown_because::too_few;
    std::vector<double> x, y;
    if (!centre(a, x) || !centre(b, y)) return unknown_because::no_variation;
    double xx = 0, yy = 0, xy = 0;
    for (std::size_t n = 0; n < x.size(); ++n) {
        xx += detail::rounded(x[n] * x[n]);
        yy += detail::rounded(y[n] * y[n]);
        xy += detail::rounded(x[n] * y[n]);
    }
    return relation{.r = detail::clamped(xy / std::sqrt(xx * yy), -1.0, 1.0),
                    .worth = rows == rows_are::independent ? static_cast<double>(x.size())
                                                           : effective_pairs(x, y)};
}

}  // namespace internal

/// Pearson's correlation of two columns of the same length: how near they are to a straight line.
/// The interval is Fisher's, which supposes normal numbers. Of rows in the order of time it is that of
/// as many independent pairs as they are worth (`effective_pairs`): measured, of weeks of hours that
/// have nothing to do with each other, where each hour correlates with the next by 0.9, 5 % seem to,
/// instead of 49 %.
///
/// Too few below three pairs; no variation where a column is constant, up to 10^-13 of its largest
/// number; an invalid policy where the columns have different lengths. It allocates O(n). O(n) of
/// independent rows; of others O(n) for each of n / 5 lags, at most 1000.
///
///     pearson(std::array{20.0, 40.0, 90.0}, std::array{5.0, 4.0, 1.0})->r  // -0.9993
inline finding<correlation> pearson(std::span<double const> a, std::span<double const> b,
                                    rows_are rows = rows_are::independent) {
    auto const found = internal::correlate(a, b, rows);
    if (!found) return found.why();
    return internal::with_interval(found->r, a.size(), found->worth, 1);
}

/// Spearman's correlation: Pearson's of the ranks, for which only the order counts; ties have the
/// middle of their ranks. The interval is that of Bonett and Wright, "Sample size requirements for
/// estimating Pearson, Kendall and Spearman correlations", Psychometrika 65 (2000).
///
/// Four pairs, or what is worth fewer than five, have no interval where all are in order: of those that
/// have nothing to do with each other one in twelve is so too. The rest as with `pearson`, and
/// O(n log n) besides.
inline finding<correlation> spearman(std::span<double const> a, std::span<double const> b,
                                     rows_are rows = rows_are::independent) {
    // Numbers that differ by next to nothing have ranks still.
    if (auto const why = internal::correlate(a, b, rows_are::independent).why();
        why != unknown_because::none && why != unknown_because::no_variation)
        return why;
    auto const found = internal::correlate(internal::middle_ranks(a), internal::middle_ranks(b), rows);
    if (!found) return found.why();
    auto c = internal::with_interval(found->r, a.size(), found->worth, 1 + found->r * found->r / 2);
    if (c.worth < 5 && !(c.r > -1 && c.r < 1)) c.r_95.reset();
    return c;
}

}  // namespace hostpick::watch
