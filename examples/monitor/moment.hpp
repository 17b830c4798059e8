// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/rolling/instant.hpp>

namespace monitor {

/// A point in time of the wall clock: seconds since 1970, UTC. For people and for other programs.
using unix_seconds = double;

/// One moment by both clocks.
struct moment {
    hostpick::rolling::instant steady{};
    unix_seconds wall = 0;

    /// When that was by the wall clock, as it goes now.
    [[nodiscard]] unix_seconds when(hostpick::rolling::instant earlier) const {
        return wall - hostpick::to_ms(steady - earlier) / 1000;
    }
};

}  // namespace monitor
