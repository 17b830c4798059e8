// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/watch/series.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace hostpick::watch::internal {

/// Where a stretch of numbers is most likely to change its level, and how sure that is.
struct level_test {
    std::size_t at = 0;   // the first of the new level
    double square = 0;    // z^2 of the ranks before it
    double p_value = 1;   // the chance of so much without a change
};

/// The chance that z^2 is so large somewhere in a stretch without a change, of which a share at
/// either end is left out (R. Miller and D. Siegmund, "Maximally selected chi square statistics",
/// Biometrics 38, 1982).
[[nodiscard]] inline double largest_by_chance(double square, double share_left_out) noexcept {
    if (!(square > 1)) return 1;
    double const z = std::sqrt(square);
    double const density = std::exp(-square / 2) / 2.5066282746310002;
    double const width = 2 * std::log((1 - share_left_out) / share_left_out);
    return detail::smaller(1.0, density * (4 / z + (z - 1 / z) * width));
}

/// The chance that of n numbers in random order the first, so many, are all below the others, or all
/// above: nothing that is said of an order can be rarer.
[[nodiscard]] inline double chance_to_be_apart(std::size_t first, std::size_t n) noexcept {
    double chance = 2;
    for (std::size_t k = 1; k <= first; ++k)
        chance *= static_cast<double>(k) / static_cast<double>(n - first + k);
    return detail::smaller(1.0, chance);
}

/// Tests where the ranks of what lies before differ most from those of what lies after: only the
/// order of the numbers counts, not how far off the wild ones are. Ties have the middle of their
/// ranks.
///
/// The ranks are compared as numbers would be by Student's t (W. Conover and R. Iman, "Rank
/// transformations as a bridge between parametric and nonparametric statistics", The American
/// Statistician 35, 1981), and t is made z by D. Wallace ("Bounds on normal approximations to
/// Student's and the chi-square distributions", Annals of Mathematical Statistics 30, 1959): a rank
/// sum's own z cannot be large in a short stretch, however clear the change. As neighbours that
/// resemble each other seem to change together, z^2 is divided by (1 + r) / (1 - r), where r is how
/// ranks correlate with the next around the mean of either side. That comes out too small, by (1 + 3
/// r) / n or so for each mean that is taken off, and once more as the place is where it fits best.
class rank_test {
public:
    explicit rank_test(std::span<reading const> series) : series_{series} {}

    /// Of the numbers from one to before another, with at least so many on either side.
    [[nodiscard]] level_test operator()(std::size_t from, std::size_t to, std::size_t least) {
        std::size_t const n = to - from;
        level_test best;
        if (n < 2 * least) return best;
        rank(from, to);
        double const count = static_cast<double>(n);
        double sum = 0, most = 0, squares = 0;
        for (std::size_t k = 0; k < n; ++k) {
            double const before = static_cast<double>(k);
            if (k >= least && k <= n - least) {
                double const square = sum * sum / (before * (count - before));
                if (square > most) most = square, best.at = from + k;
            }
            sum += ranks_[k];
            squares += detail::rounded(ranks_[k] * ranks_[k]);
        }
        if (!(most > 0)) return best;
        double const seen = correlation(best.at - from);
        double const r = detail::clamped(seen + 3 * (1 + 3 * seen) / count, 0.0, 0.95);
        double const unexplained = detail::clamped(1 - most / squares * count, 1e-12, 1.0);
        double const freedom = count - 2;
        double const wallace = (8 * freedom + 1) / (8 * freedom + 3);
        best.square = wallace * wallace * freedom * -std::log(unexplained) * ((1 - r) / (1 + r));
        best.p_value =
            detail::larger(largest_by_chance(best.square, static_cast<double>(least) / count),
                           chance_to_be_apart(best.at - from, n));
        return best;
    }

private:
    /// Twice the ranks, less their mean.
    void rank(std::size_t from, std::size_t to) {
        order_.resize(to - from);
        ranks_.resize(to - from);
        for (std::size_t k = 0; k < order_.size(); ++k) order_[k] = {series_[from + k].value, k};
        std::sort(order_.begin(), order_.end(),
                  [](ordered const& a, ordered const& b) { return a.value < b.value; });
        double const mean = static_cast<double>(order_.size() + 1);
        for (std::size_t first = 0, last = 0; first < order_.size(); first = last) {
            while (last < order_.size() && !(order_[first].value < order_[last].value)) ++last;
            for (std::size_t k = first; k < last; ++k)
                ranks_[order_[k].at] = static_cast<double>(first + last + 1) - mean;
        }
    }
    /// Of neighbours on one side, from 0 to 0.95.
    [[nodiscard]] double correlation(std::size_t at) const {
        double products = 0, squares = 0;
        auto const side = [&](std::span<double const> ranks) {
            double const mean = std::accumulate(ranks.begin(), ranks.end(), 0.0) /
                                static_cast<double>(ranks.size());
            for (std::size_t k = 0; k < ranks.size(); ++k) {
                double const x = ranks[k] - mean;
                squares += detail::rounded(x * x);
                if (k > 0) products += detail::rounded(x * (ranks[k - 1] - mean));
            }
        };
        side(std::span{ranks_}.first(at));
        side(std::span{ranks_}.subspan(at));
        return squares > 0 ? detail::clamped(products / squares, 0.0, 0.95) : 0.0;
    }

    struct ordered {
        double value;
        std::size_t at;
    };
    std::span<reading const> series_;
    std::vector<ordered> order_;
    std::vector<double> ranks_;
};

}  // namespace hostpick::watch::internal
