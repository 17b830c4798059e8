// SPDX-License-Identifier: MIT
//
// Compiled for a machine with more instructions than the rest of the program.
#include "choose.hpp"

std::uint64_t choose_with_more(table const& hosts, kept_table const& kept,
                               std::span<hostpick::network_metrics<> const> metrics) {
    return choose(hosts, kept, metrics);
}
