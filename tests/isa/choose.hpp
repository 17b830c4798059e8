// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/hostpick.hpp>
#include <hostpick/scored_table.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

using table = hostpick::host_table<std::uint32_t>;
using kept_table = hostpick::scored_table<std::uint32_t>;

/// Chooses in each of the ways that there are, and gives a number that stands for all choices.
static std::uint64_t choose(table const& hosts, kept_table const& kept,
                            std::span<hostpick::network_metrics<> const> metrics) {
    using namespace hostpick;
    std::uint64_t sum = 0;
    auto const note = [&](auto const& choices) {
        for (auto const& choice : choices) sum = sum * 31 + choice.index;
    };
    std::array<host_choice<std::uint32_t>, 600> room;
    std::array<host_choice<std::size_t>, 40> places;
    score_policy const steep{.latency_ms = {.worst = 300}, .jitter_ms = {.weight = 0.2}};
    note(select_top_hosts(hosts, std::span{room}.first(20)));
    note(select_top_hosts(hosts, room, steep, limits{.max_latency_ms = 500}));
    note(select_top_hosts(kept, std::span{room}.first(50)));
    note(select_top_hosts(metrics, {}, places, steep));
    note(select_top_hosts(metrics, {}, std::span{places}.first(3)));
    if (auto const best = select_best_host(hosts)) sum = sum * 31 + best->index;
    if (auto const best = select_best_host(kept)) sum = sum * 31 + best->index;
    if (auto const best = select_best_host(metrics)) sum = sum * 31 + best->index;
    return sum;
}
