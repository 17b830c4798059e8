// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <cstddef>
#include <span>

namespace hostpick::watch::internal {

/// The sum of the products of numbers and those so many rows before: at 0 that of their squares.
[[nodiscard]] inline double lagged_products(std::span<double const> numbers,
                                            std::size_t lag) noexcept {
    double sum = 0;
    for (std::size_t n = lag; n < numbers.size(); ++n)
        sum += detail::rounded(numbers[n] * numbers[n - lag]);
    return sum;
}

/// How many independent pairs the rows of two columns in the order of time are worth, from 1 to all of
/// them: two paths that are slow for an hour now and then seem to have something to do with each
/// other until enough hours have passed.
///
/// 1 / worth = 1 / n + 2 / n * sum of (n - j) / n * a(j) b(j) over the lags j up to n / 5, where a and b
/// are the columns' autocorrelations, n / (n - j) of the sample's. Source: B. Pyper and R. Peterman,
/// "Comparison of methods to account for autocorrelation in correlation analyses of fish data",
/// Canadian Journal of Fisheries and Aquatic Sciences 55 (1998). Lags above 1000 are left out: O(n) for
/// each. Rows count as equally far apart. Both columns are centred, of one size, and vary.
[[nodiscard]] inline double effective_pairs(std::span<double const> a,
                                            std::span<double const> b) noexcept {
    std::size_t const n = a.size(), most = detail::smaller(n / 5, std::size_t{1000});
    double const aa = lagged_products(a, 0), bb = lagged_products(b, 0);
    double const count = static_cast<double>(n);
    double sum = 0;
    for (std::size_t lag = 1; lag <= most; ++lag) {
        double const both = lagged_products(a, lag) / aa * (lagged_products(b, lag) / bb);
        sum += detail::rounded(both) * count / static_cast<double>(n - lag);
    }
    return detail::larger(1.0, count / detail::larger(1.0, 1 + 2 * sum));
}

}  // namespace hostpick::watch::internal
