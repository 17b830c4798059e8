// SPDX-License-Identifier: MIT
#pragma once

#include "snapshot.hpp"

#include <string>

namespace monitor {

/// `/`: for people; it asks for the others by itself.
[[nodiscard]] std::string status_page();
/// `/hosts`: every host with its verdict, what is known of it and how it is measured, as JSON. What
/// is not known is left out.
[[nodiscard]] std::string hosts_page(snapshot const& now);
/// One of them alone.
[[nodiscard]] std::string routing_json(logged_routing const& r);
/// `/alerts`: those that are pending or fire, the gravest first, as JSON.
[[nodiscard]] std::string alerts_page(snapshot const& now);
/// `/decisions`: the last decisions with their reasons, the newest first, as JSON.
[[nodiscard]] std::string decisions_page(snapshot const& now);

}  // namespace monitor
