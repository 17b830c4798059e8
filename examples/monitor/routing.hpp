// SPDX-License-Identifier: MIT
#pragma once

#include "moment.hpp"

#include <hostpick/decision.hpp>
#include <hostpick/decision_ring.hpp>
#include <hostpick/sticky_policy.hpp>

#include <memory>
#include <optional>
#include <string>

namespace monitor {

/// One decision about where the session runs: what was decided, and the record of what there was to
/// choose from.
struct routing {
    unix_seconds at = 0;
    std::optional<std::string> before{};              ///< where it ran until then
    hostpick::sticky_decision<std::string> decided{};
    hostpick::decision<std::string> record{};
};

/// One that is kept: it is shared by all who look at it, and has a number.
using logged_routing = hostpick::ring_entry<std::shared_ptr<routing const>>;

/// Whether it is worth a line of the log, and to be remembered: that the session stays is not.
[[nodiscard]] bool is_news(hostpick::sticky_reason reason);

/// A routing as a line of text.
[[nodiscard]] std::string line_of(routing const& r);

}  // namespace monitor
