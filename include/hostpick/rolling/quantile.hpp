// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

namespace hostpick::rolling {

/// The `q` quantile of the numbers, which it puts into another order; between two of them it is
/// interpolated (type 7 of Hyndman and Fan, as in NumPy and Prometheus). O(n).
///
/// Nothing of no numbers, or where `q` is not from 0 to 1; of one number, that number.
///
///     std::array<unsigned, 3> numbers{4, 0, 1};
///     quantile<unsigned>(numbers, 0.75)  // 2.5
template <class T>
[[nodiscard]] constexpr std::optional<double> quantile(std::span<T> numbers, double q) {
    if (numbers.empty() || !detail::is_quantity(q) || q > 1) return std::nullopt;
    double const place = q * static_cast<double>(numbers.size() - 1);
    auto const below = static_cast<std::size_t>(place);
    auto const at = numbers.begin() + static_cast<std::ptrdiff_t>(below);
    std::nth_element(numbers.begin(), at, numbers.end());
    double const low = static_cast<double>(*at);
    if (below + 1 == numbers.size()) return low;
    double const high = static_cast<double>(*std::min_element(at + 1, numbers.end()));
    return low + (place - static_cast<double>(below)) * (high - low);
}

}  // namespace hostpick::rolling
