// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/watch/calendar.hpp>
#include <hostpick/watch/finding.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hostpick::watch {

/// One number of a series: a latency, a bandwidth, how content the players were. What was not
/// measured has no reading.
struct reading {
    unix_time at{};
    double value = 0;
    friend constexpr bool operator==(reading const&, reading const&) = default;
};

namespace internal {

/// What is wrong with a series, or `none`; times may repeat, and run back unless `in_order`.
[[nodiscard]] constexpr unknown_because fault_of(std::span<reading const> series,
                                                 bool in_order) noexcept {
    for (std::size_t n = 0; n < series.size(); ++n) {
        double const x = detail::magnitude(series[n].value);
        if (!is_time(series[n].at) || !detail::is_finite(x) || x > 1e100)
            return unknown_because::invalid_reading;
        if (in_order && n > 0 && series[n].at < series[n - 1].at)
            return unknown_because::not_in_order;
    }
    return unknown_because::none;
}

/// The median of numbers that it puts into another order; of an even count the mean of the middle
/// two. Precondition: there are some.
[[nodiscard]] constexpr double median_of(std::span<double> numbers) noexcept {
    auto const middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
    std::nth_element(numbers.begin(), middle, numbers.end());
    if (numbers.size() % 2 == 1) return *middle;
    return (*std::max_element(numbers.begin(), middle) + *middle) / 2;
}

}  // namespace internal

/// The median of each block of time, such as a day: a series without the cycle of the day, whose
/// readings depend less on each other, for trends and change points. The time of a block is its
/// start; a block without readings is left out. `utc_offset` says when days begin.
///
/// Times are in order. Too few of no readings; an invalid policy where `width` is not from 1 ms to
/// 10^12 ms (31 years). It allocates its result and a scratch buffer. O(n).
///
///     auto const days = block_medians(latencies, 24h);
inline finding<std::vector<reading>> block_medians(std::span<reading const> series,
                                                   std::chrono::milliseconds width,
                                                   std::chrono::minutes utc_offset = {}) {
    if (width < unix_time{1} || width > unix_time{1'000'000'000'000})
        return unknown_because::invalid_policy;
    if (auto const fault = internal::fault_of(series, true); fault != unknown_because::none)
        return fault;
    if (series.empty()) return unknown_because::too_few;
    auto const block_of = [&](unix_time t) {
        unix_time const wall = internal::wall_time(t, utc_offset);
        auto const whole = wall / width;
        return wall < whole * width ? whole - 1 : whole;
    };
    std::vector<reading> blocks;
    std::vector<double> values;
    for (std::size_t n = 0; n < series.size(); ++n) {
        values.push_back(series[n].value);
        auto const block = block_of(series[n].at);
        if (n + 1 < series.size() && block_of(series[n + 1].at) == block) continue;
        blocks.push_back({block * width - internal::nearest_offset(utc_offset),
                          internal::median_of(values)});
        values.clear();
    }
    return blocks;
}

}  // namespace hostpick::watch
