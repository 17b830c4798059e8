// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/hostpick.hpp>
#include <hostpick/scored_table.hpp>

#include <array>
#include <cstdint>

/// Chooses from a table in each of the ways that there are, and says which row was the best.
inline std::size_t choose(unsigned seed) {
    using namespace hostpick;
    host_table<std::uint32_t> table;
    for (unsigned n = 0; n < 5000; ++n)
        table.add(n, network_metrics<float>{.latency_ms = static_cast<float>((n * 7919 + seed) % 997),
                                            .bandwidth_mbps = static_cast<float>(n % 13)});
    std::array<host_choice<std::uint32_t>, 600> room;
    std::size_t const few = select_top_hosts(table, std::span{room}.first(20)).size();
    std::size_t const many = select_top_hosts(table, room, {}, {.max_latency_ms = 500}).size();
    scored_table<std::uint32_t> const kept{table};
    auto const best = select_best_host(kept);
    return few == 20 && many == 600 && best ? best->index : 0;
}
