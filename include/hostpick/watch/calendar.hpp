// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <chrono>
#include <cstdint>
#include <ratio>

// Days and hours of reports. No time zone is known here: who has one passes its offset from UTC.
namespace hostpick::watch {

/// A point in time, since 1970-01-01 00:00 UTC; leap seconds are not counted.
using unix_time = std::chrono::milliseconds;

/// Whether a report takes it for a point in time: within 10^15 ms (31 000 years) of 1970.
[[nodiscard]] constexpr bool is_time(unix_time t) noexcept {
    constexpr unix_time most{1'000'000'000'000'000};
    return -most <= t && t <= most;
}

/// A day: from its midnight to the next, which is no longer part of it. On a day on which clocks
/// change it has 23 or 25 hours; then its two midnights come from whoever knows the time zone.
struct day_span {
    unix_time from{};
    unix_time to{};

    friend constexpr bool operator==(day_span const&, day_span const&) = default;
    /// Whether both ends are times, and in order.
    [[nodiscard]] constexpr bool is_valid() const noexcept {
        return is_time(from) && is_time(to) && from < to;
    }
    [[nodiscard]] constexpr bool contains(unix_time t) const noexcept {
        return from <= t && t < to;
    }
};

namespace internal {

using days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;
using whole_hours = std::chrono::duration<std::int64_t, std::ratio<3600>>;

/// What is no time, or no offset, is moved to the nearest one.
[[nodiscard]] constexpr unix_time nearest_time(unix_time t) noexcept {
    constexpr unix_time most{1'000'000'000'000'000};
    return detail::clamped(t, -most, most);
}
[[nodiscard]] constexpr unix_time nearest_offset(std::chrono::minutes utc_offset) noexcept {
    constexpr std::chrono::minutes day{24 * 60};
    return detail::clamped(utc_offset, -day, day);
}
/// What a clock on the wall shows, counted as if it were UTC.
[[nodiscard]] constexpr unix_time wall_time(unix_time t, std::chrono::minutes utc_offset) noexcept {
    return nearest_time(t) + nearest_offset(utc_offset);
}

}  // namespace internal

/// The day of 24 hours in which a point in time lies, at a fixed offset from UTC, of at most a day.
///
///     day_at(90'000s)      // 86'400 s to 172'800 s: the second of January 1970
///     day_at(90'000s, -2h) // 7'200 s to 93'600 s: still the first, two hours west of Greenwich
[[nodiscard]] constexpr day_span day_at(unix_time t,
                                        std::chrono::minutes utc_offset = {}) noexcept {
    unix_time const midnight =
        std::chrono::floor<internal::days>(internal::wall_time(t, utc_offset)) -
        internal::nearest_offset(utc_offset);
    return {midnight, midnight + internal::days{1}};
}

/// The hour that a clock on the wall shows, 0 to 23.
///
///     hour_of_day(90'000s)      // 1
///     hour_of_day(90'000s, -2h) // 23
[[nodiscard]] constexpr unsigned hour_of_day(unix_time t,
                                             std::chrono::minutes utc_offset = {}) noexcept {
    unix_time const wall = internal::wall_time(t, utc_offset);
    auto const hour = std::chrono::floor<internal::whole_hours>(wall).count() % 24;
    return static_cast<unsigned>(hour < 0 ? hour + 24 : hour);
}

/// Whether it is Saturday or Sunday.
///
///     is_weekend(2 * 86'400s)  // true: 1970-01-03 was a Saturday
[[nodiscard]] constexpr bool is_weekend(unix_time t,
                                        std::chrono::minutes utc_offset = {}) noexcept {
    unix_time const wall = internal::wall_time(t, utc_offset);
    // The first day of 1970 was a Thursday.
    auto const day = (std::chrono::floor<internal::days>(wall).count() + 3) % 7;
    return (day < 0 ? day + 7 : day) >= 5;
}

}  // namespace hostpick::watch
