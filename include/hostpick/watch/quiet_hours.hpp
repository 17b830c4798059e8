// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/policy.hpp>
#include <hostpick/watch/finding.hpp>
#include <hostpick/watch/hourly.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::watch {

/// Which hours are quiet.
struct quiet_policy {
    std::size_t hours = 4;           ///< how many are wanted, 1 to 12
    std::uint64_t min_samples = 12;  ///< without which nothing is known of an hour
    double quantile = 0.5;           ///< by which hours are compared
    bool higher_is_better = false;   ///< for bandwidths; of latencies and loads less is better

    friend constexpr bool operator==(quiet_policy const&, quiet_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        if (hours < 1 || hours > 12) return setting_error{"hours", "from 1 to 12"};
        if (min_samples < 1) return setting_error{"min_samples", "at least 1"};
        if (!detail::is_quantity(quantile) || quantile > 1)
            return setting_error{"quantile", "from 0 to 1"};
        return std::nullopt;
    }
};

/// Some hours of the day, the best first.
struct hour_list {
    std::array<std::uint8_t, 24> hours{};
    std::size_t size = 0;

    [[nodiscard]] constexpr bool contains(unsigned hour) const noexcept {
        for (std::size_t n = 0; n < size; ++n)
            if (hours[n] == hour) return true;
        return false;
    }
    friend constexpr bool operator==(hour_list const&, hour_list const&) = default;
};

/// The hours of the day in which the metric is best: when a detailed test disturbs least.
///
/// Of hours that are as good the earlier comes first. They are too few unless enough is known of
/// twice as many hours as are wanted, and there is no variation where all known hours are as good.
///
///     auto const quiet = quiet_hours(profile);
///     if (quiet && quiet->contains(hour_of_day(now, utc_offset))) test_everything();
[[nodiscard]] constexpr finding<hour_list> quiet_hours(hourly_profile const& profile,
                                                       quiet_policy const& policy = {}) noexcept {
    if (policy.error()) return unknown_because::invalid_policy;
    std::array<double, 24> level{};
    hour_list known;
    for (unsigned h = 0; h < 24; ++h) {
        auto const x = profile.quantile(h, policy.quantile);
        if (!x || profile.count(h) < policy.min_samples) continue;
        level[h] = policy.higher_is_better ? -*x : *x;
        known.hours[known.size++] = static_cast<std::uint8_t>(h);
    }
    if (known.size < 2 * policy.hours) return unknown_because::too_few;
    auto const end = known.hours.begin() + static_cast<std::ptrdiff_t>(known.size);
    std::sort(known.hours.begin(), end, [&](auto a, auto b) {
        return level[a] != level[b] ? level[a] < level[b] : a < b;
    });
    if (level[known.hours[0]] == level[known.hours[known.size - 1]])
        return unknown_because::no_variation;
    known.size = policy.hours;
    std::fill(known.hours.begin() + static_cast<std::ptrdiff_t>(known.size), known.hours.end(),
              std::uint8_t{0});
    return known;
}

}  // namespace hostpick::watch
