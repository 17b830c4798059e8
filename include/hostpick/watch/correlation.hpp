// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/confidence.hpp>
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
    std::optional<rolling::interval> r_95{};  ///< nothing of three pairs
    std::size_t pairs = 0;

    /// Whether it is told from 0 with 95 % confidence.
    [[nodiscard]] constexpr bool is_significant() const noexcept {
        return r_95 && (r_95->low > 0 || r_95->high < 0);
    }
    friend constexpr bool operator==(correlation const&, correlation const&) = default;
};

namespace internal {

/// Fisher's z and back; of r = 1 or -1 both ends are that. The variance is `scale` / (n - 3).
[[nodiscard]] inline correlation with_interval(double r, std::size_t n, double scale) noexcept {
    correlation c{.r = r, .pairs = n};
    if (n < 4) return c;
    if (!(r > -1 && r < 1)) {
        c.r_95 = rolling::interval{r, r};
        return c;
    }
    double const z = std::atanh(r);
    double const half = rolling::z_95 * std::sqrt(scale / static_cast<double>(n - 3));
    c.r_95 = rolling::interval{std::tanh(z - half), std::tanh(z + half)};
    return c;
}

/// The numbers less their mean, as multiples of the largest such difference, so that no square
/// overflows. False where they are the same, but for rounding.
[[nodiscard]] inline bool centre(std::span<double const> numbers, std::vector<double>& out) {
    auto const magnitude = [](double x) { return detail::magnitude(x); };
    double const mean = std::accumulate(numbers.begin(), numbers.end(), 0.0) /
                        static_cast<double>(numbers.size());
    out.clear();
    double largest = 0, most = 0;
    for (double const x : numbers) {
        out.push_back(x - mean);
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

[[nodiscard]] inline finding<double> correlate(std::span<double const> a,
                                               std::span<double const> b) {
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
    return detail::clamped(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

}  // namespace internal

/// Pearson's correlation of two columns of the same length: how near they are to a straight line.
/// The interval is Fisher's, which supposes normal numbers that do not depend on each other.
///
/// Too few below three pairs; no variation where a column is constant, up to 10^-13 of its largest
/// number; an invalid policy where the columns have different lengths. It allocates O(n). O(n).
///
///     pearson(std::array{20.0, 40.0, 90.0}, std::array{5.0, 4.0, 1.0})->r  // -0.9993
inline finding<correlation> pearson(std::span<double const> a, std::span<double const> b) {
    auto const r = internal::correlate(a, b);
    if (!r) return r.why();
    return internal::with_interval(*r, a.size(), 1);
}

/// Spearman's correlation: Pearson's of the ranks, for which only the order counts; ties have the
/// middle of their ranks. The interval is that of Bonett and Wright, "Sample size requirements for
/// estimating Pearson, Kendall and Spearman correlations", Psychometrika 65 (2000).
///
/// The rest as with `pearson`. O(n log n).
inline finding<correlation> spearman(std::span<double const> a, std::span<double const> b) {
    // Numbers that differ by next to nothing have ranks still.
    if (auto const why = internal::correlate(a, b).why();
        why != unknown_because::none && why != unknown_because::no_variation)
        return why;
    auto const r = internal::correlate(internal::middle_ranks(a), internal::middle_ranks(b));
    if (!r) return r.why();
    return internal::with_interval(*r, a.size(), 1 + *r * *r / 2);
}

}  // namespace hostpick::watch
