// SPDX-License-Identifier: MIT
#pragma once

#include "analysis.hpp"
#include "table.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace report {

/// The names of the sections, in the order in which they are shown.
[[nodiscard]] std::vector<std::string> section_names();

/// How many incidents are counted, but in no list: there were too many in a day.
[[nodiscard]] std::uint64_t incidents_not_listed(analysis const& a);

/// A section as a table. Precondition: there is one of that name.
[[nodiscard]] table section(std::string const& name, analysis const& a, zone const& z);

/// All sections, with all digits; what is not known is null, or says why.
[[nodiscard]] nlohmann::ordered_json to_json(analysis const& a, zone const& z);

/// One page without scripts and without anything to be fetched: tables, and charts as SVG.
void print_html(std::ostream& out, analysis const& a, zone const& z);

}  // namespace report
