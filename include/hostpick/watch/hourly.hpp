// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/watch/calendar.hpp>
#include <hostpick/watch/exact_mean.hpp>
#include <hostpick/watch/quantile_digest.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace hostpick::watch {

/// How a metric goes up and down over the hours of a day: a profile, which says nothing of a trend.
///
/// Each hour has a count, a mean and quantiles, which are exact of up to 960 numbers. It takes
/// 190 kB, whatever the count, and parts can be merged in any order with the same bits. For
/// weekends apart keep two of them (`is_weekend`).
///
///     hourly_profile latency_ms;
///     latency_ms.add(now, 31, utc_offset);
///     latency_ms.median(20);  // what players meet between eight and nine in the evening
class hourly_profile {
public:
    /// Whether it was taken: what is no time and what `quantile_digest` does not take is not.
    constexpr bool add(unix_time at, double x, std::chrono::minutes utc_offset = {}) noexcept {
        if (!is_time(at)) return false;
        hour_bin& hour = hours_[hour_of_day(at, utc_offset)];
        return hour.digest.add(x) && hour.mean.add(x);
    }
    /// As if the other's numbers had been added here; false, and nothing changes, where an hour
    /// would have more than 2^32 - 1.
    constexpr bool merge(hourly_profile const& other) noexcept {
        for (unsigned h = 0; h < 24; ++h)
            if (other.hours_[h].digest.size() >
                quantile_digest::most_samples - hours_[h].digest.size())
                return false;
        for (unsigned h = 0; h < 24; ++h) {
            hours_[h].digest.merge(other.hours_[h].digest);
            hours_[h].mean.merge(other.hours_[h].mean);
        }
        return true;
    }

    /// Of an hour from 0 to 23; of any other, and of one without numbers, nothing.
    [[nodiscard]] constexpr std::uint64_t count(unsigned hour) const noexcept {
        return hour < 24 ? hours_[hour].mean.count() : 0;
    }
    [[nodiscard]] constexpr std::optional<double> mean(unsigned hour) const noexcept {
        return hour < 24 ? hours_[hour].mean.mean() : std::nullopt;
    }
    [[nodiscard]] constexpr std::optional<double> quantile(unsigned hour, double q) const noexcept {
        return hour < 24 ? hours_[hour].digest.quantile(q) : std::nullopt;
    }
    [[nodiscard]] constexpr std::optional<double> median(unsigned hour) const noexcept {
        return quantile(hour, 0.5);
    }

private:
    struct hour_bin {
        exact_mean mean;
        quantile_digest digest;
    };
    std::array<hour_bin, 24> hours_{};
};

}  // namespace hostpick::watch
