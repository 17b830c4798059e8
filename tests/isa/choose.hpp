// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/hostpick.hpp>
#include <hostpick/scored_table.hpp>
#include <hostpick/select_columns.hpp>
#include <hostpick/select_party.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

using table = hostpick::host_table<std::uint32_t>;
using kept_table = hostpick::scored_table<std::uint32_t>;

// No container of the standard library that more than one file fills: it would be the linker's to
// choose whose code does that.
using many_metrics = std::array<hostpick::network_metrics<>, 5000>;
static void fill(many_metrics& all) {
    unsigned n = 0;
    for (auto& m : all) {
        m = {.latency_ms = (n * 7919 + 7) % 997, .bandwidth_mbps = n % 13, .jitter_ms = n % 7};
        ++n;
    }
}

/// Tables that are filled and changed in each of the ways that there are.
static kept_table changed_table(std::span<hostpick::network_metrics<> const> metrics) {
    using namespace hostpick;
    using std::chrono::seconds;
    table hosts;
    hosts.reserve(100);
    std::uint32_t n = 0;
    for (auto const& m : metrics) hosts.add(n++, m, seconds{1});
    hosts.update(5, metrics[6], seconds{2});
    hosts.remove(7);
    hosts.expire(seconds{1});
    kept_table kept{hosts};
    kept.reserve(n + 100);
    kept.judge_by({.latency_ms = {.worst = 300}}, {.max_latency_ms = 900});
    kept.add(n + 1, metrics[1], seconds{3});
    kept.update(n + 1, metrics[2], seconds{4});
    kept.remove(8);
    kept.expire(seconds{1});
    return kept;
}

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
    std::array<float, std::tuple_size_v<many_metrics>> latency_ms;
    for (std::size_t n = 0; n < metrics.size(); ++n) latency_ms[n] = static_cast<float>(*metrics[n].latency_ms);
    note(select_top_hosts(host_columns<std::uint32_t>{.latency_ms = latency_ms}, std::span{room}.first(30)));
    std::array<party_choice<std::size_t>, 5> invited;
    party<> const group{.latency_ms = latency_ms, .players = 8};
    for (auto const value : {party_value::worst, party_value::quantile, party_value::mean_and_spread}) {
        note(select_top_hosts(group, invited, {.value = value}, limits{.max_latency_ms = 900}));
        sum += judge_party_host(group, 3, {.value = value}).worst_player;
    }
    if (auto const best = select_best_host(hosts)) sum = sum * 31 + best->index;
    if (auto const best = select_best_host(kept)) sum = sum * 31 + best->index;
    if (auto const best = select_best_host(metrics)) sum = sum * 31 + best->index;
    return sum;
}
