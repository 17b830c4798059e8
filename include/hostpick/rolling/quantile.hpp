// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

namespace hostpick::rolling {

/// Where a quantile lies among sorted numbers: at an index, and so far on the way to the next
/// (type 7 of Hyndman and Fan, as in NumPy and Prometheus).
struct quantile_place {
    std::size_t below = 0;
    double rest = 0;

    /// Nothing among no numbers, or where `q` is not from 0 to 1.
    [[nodiscard]] static constexpr std::optional<quantile_place> of(double q,
                                                                    std::size_t size) noexcept {
        if (size == 0 || !detail::is_quantity(q) || q > 1) return std::nullopt;
        double const place = q * static_cast<double>(size - 1);
        auto const below = static_cast<std::size_t>(place);
        return quantile_place{below, place - static_cast<double>(below)};
    }
    /// `low` is the number at the index; `high`, the next, is asked for only where it counts.
    template <class High>
    [[nodiscard]] constexpr double between(double low, High high) const {
        if (!(rest > 0)) return low;
        double const top = static_cast<double>(high()), width = top - low;
        if (!detail::is_finite(width)) return low * (1 - rest) + detail::rounded(top * rest);
        return low + detail::rounded(rest * width);
    }
};

/// The `q` quantile of the numbers, which it puts into another order; between two of them it is
/// interpolated (type 7). O(n).
///
/// Nothing of no numbers, or where `q` is not from 0 to 1; of one number, that number. The numbers
/// are finite. `samples_for_quantile` says how many it takes to mean something.
///
///     std::array<unsigned, 3> numbers{4, 0, 1};
///     quantile<unsigned>(numbers, 0.75)  // 2.5
template <class T>
[[nodiscard]] constexpr std::optional<double> quantile(std::span<T> numbers, double q) {
    auto const place = quantile_place::of(q, numbers.size());
    if (!place) return std::nullopt;
    auto const at = numbers.begin() + static_cast<std::ptrdiff_t>(place->below);
    std::nth_element(numbers.begin(), at, numbers.end());
    return place->between(static_cast<double>(*at),
                          [&] { return *std::min_element(at + 1, numbers.end()); });
}

}  // namespace hostpick::rolling
