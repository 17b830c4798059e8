// SPDX-License-Identifier: MIT
#pragma once

#include "self_metrics.hpp"
#include "snapshot.hpp"

#include <string>

namespace monitor {

class historian;

/// `/metrics`: everything that is known, in Prometheus' text format and base units. What is not
/// known has no series.
[[nodiscard]] std::string metrics_page(snapshot const& now, self_metrics& self,
                                       historian const* history = nullptr);

}  // namespace monitor
