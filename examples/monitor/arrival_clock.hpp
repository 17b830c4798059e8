// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/instant.hpp>

#include <chrono>

namespace monitor {

/// When packets arrived, by the monotonic clock: from the kernel's stamps, which are by the wall
/// clock, and that may jump.
///
/// A stamp counts only where both clocks have gone alike since the socket was last empty: then all
/// that is in it now was stamped by a wall clock that has not jumped. Otherwise a packet arrived
/// when it was read, which is never too early. A wall clock that is slewed by 1 in 2000 (the most
/// of adjtime) goes alike; a jump of less than a millisecond is not seen.
///
///     arrival_clock arrivals;
///     arrivals.empty({.steady = 10s, .wall = 1'000'000s});
///     arrivals.arrived({.steady = 12s, .wall = 1'000'002s}, 1'000'001s);  // 11 s
///     arrivals.arrived({.steady = 12s, .wall = 1'000'005s}, 1'000'001s);  // 12 s: it has jumped
class arrival_clock {
public:
    using instant = hostpick::rolling::instant;

    /// Both clocks at one moment.
    struct reading {
        instant steady{};
        std::chrono::nanoseconds wall{};  ///< since 1970
    };

    /// At that moment the socket was empty.
    void empty(reading const& now) { empty_ = now; }

    /// When a packet arrived that is read now and has this stamp.
    [[nodiscard]] instant arrived(reading const& now, std::chrono::nanoseconds stamp) const {
        auto const by_steady = now.steady - empty_.steady, by_wall = now.wall - empty_.wall;
        auto const apart = by_wall > by_steady ? by_wall - by_steady : by_steady - by_wall;
        auto const ago = now.wall - stamp;
        bool const alike = apart <= std::chrono::milliseconds{1} + by_steady / 2000;
        return alike && ago.count() > 0 && ago <= by_steady ? now.steady - ago : now.steady;
    }

private:
    reading empty_{};
};

}  // namespace monitor
