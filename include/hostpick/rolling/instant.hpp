// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace hostpick::rolling {

/// A point in time, since whatever epoch the caller's monotonic clock has.
using instant = std::chrono::nanoseconds;

/// The time from one point to a later one, also where their difference would overflow: then the
/// longest there is. Zero where `to` is not later.
[[nodiscard]] constexpr std::chrono::nanoseconds elapsed(instant from, instant to) noexcept {
    if (to <= from) return std::chrono::nanoseconds::zero();
    auto const difference = static_cast<std::uint64_t>(to.count()) -
                            static_cast<std::uint64_t>(from.count());
    constexpr auto most = (std::chrono::nanoseconds::max)();
    return difference > static_cast<std::uint64_t>(most.count())
               ? most
               : std::chrono::nanoseconds{static_cast<std::int64_t>(difference)};
}

}  // namespace hostpick::rolling
