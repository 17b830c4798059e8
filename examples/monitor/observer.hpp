// SPDX-License-Identifier: MIT
#pragma once

#include "measurements.hpp"
#include "moment.hpp"
#include "settings.hpp"
#include "snapshot.hpp"

namespace monitor {

/// What is known of a host at a moment.
[[nodiscard]] host_view view_of(watched_host const& host, settings const& s, moment now);

}  // namespace monitor
