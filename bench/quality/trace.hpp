// SPDX-License-Identifier: MIT
#pragma once

#include "random.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quality {

/// A probe waits no longer: a round trip that is unknown or longer counts as this.
inline constexpr double cap_ms = 1000;

/// Round trips between any two nodes, slot after slot: what is true, which no rule sees.
struct trace {
    std::string name;
    std::size_t nodes = 0;
    std::vector<std::vector<double>> slots;  ///< of nodes x nodes, row by row
    std::size_t hold = 1;                    ///< how many steps a slot lasts
    /// Where sessions draw their nodes, and which steps count, while settings are sought, and when
    /// they are judged.
    struct part {
        std::string name;
        std::size_t first_node, nodes, first_step, steps;
    };
    std::vector<part> parts;

    [[nodiscard]] std::size_t steps() const { return slots.size() * hold; }
    [[nodiscard]] double rtt_ms(std::size_t step, std::size_t from, std::size_t to) const {
        return from == to ? 0 : slots[step / hold][from * nodes + to];
    }
};

/// The first slots to seek settings with, the others to judge them.
inline void split_by_time(trace& t) {
    std::size_t const first = t.slots.size() / 2 * t.hold;
    t.parts = {{"tuning", 0, t.nodes, 0, first}, {"test", 0, t.nodes, first, t.steps() - first}};
}
/// The first nodes to seek settings with, the others to judge them.
inline void split_by_nodes(trace& t) {
    std::size_t const half = t.nodes / 2;
    t.parts = {{"tuning", 0, half, 0, t.steps()}, {"test", half, t.nodes - half, 0, t.steps()}};
}

/// Reads `slot,src,d0,d1,...`, or `src,d0,...` of a single slot, in milliseconds. A cell that is
/// empty is unknown, and so is a zero off the diagonal. Few slots are held for some steps each, so
/// that a session has time to learn: then the steps of one slot differ in their noise alone.
inline trace read_matrix(std::string const& file, std::string name, std::size_t hold = 0) {
    std::ifstream in{file, std::ios::binary};
    if (!in) throw std::runtime_error{file + ": cannot be opened"};
    std::string line;
    std::size_t line_number = 1;
    auto const fail = [&](std::string const& what) {
        throw std::runtime_error{file + ":" + std::to_string(line_number) + ": " + what};
    };
    auto const next_line = [&] {
        if (!std::getline(in, line)) return false;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return true;
    };
    if (!next_line()) fail("expected a header");
    std::size_t const before = line.rfind("slot,src,", 0) == 0 ? 2 : 1;
    if (before == 1 && line.rfind("src,", 0) != 0)
        fail("expected a header slot,src,d0,... or src,d0,...");
    trace t;
    t.name = std::move(name);
    t.nodes = static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1 - before;

    std::vector<double> slot;
    std::string slot_name;
    for (; ++line_number, next_line();) {
        std::string_view rest = line;
        std::size_t columns = 0;
        for (bool more = true; more; ++columns) {
            std::size_t const comma = rest.find(',');
            more = comma != std::string_view::npos;
            std::string_view const cell = rest.substr(0, comma);
            rest.remove_prefix(more ? comma + 1 : rest.size());
            if (columns == 0 && before == 2) {
                if (slot.empty()) slot_name = cell;
                else if (slot_name != cell) fail("expected a row for each node of " + slot_name);
            }
            if (columns < before) continue;
            double ms = 0;
            auto const [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), ms);
            if (!cell.empty() && (error != std::errc{} || end != cell.data() + cell.size() ||
                                  !(ms >= 0 && ms < 1e12)))
                fail("expected milliseconds: " + std::string{cell});
            slot.push_back(ms > 0 ? std::min(ms, cap_ms) : cap_ms);
        }
        if (columns != before + t.nodes)
            fail("expected " + std::to_string(before + t.nodes) + " cells");
        if (slot.size() == t.nodes * t.nodes) t.slots.push_back(std::exchange(slot, {}));
    }
    if (!in.eof()) fail("cannot be read");
    if (!slot.empty() || t.slots.empty()) fail("expected a row for each node");
    t.hold = hold > 0 ? hold : t.slots.size() == 1 ? 120 : t.slots.size() < 30 ? 20 : 1;
    if (t.slots.size() == 1) split_by_nodes(t);
    else split_by_time(t);
    return t;
}

/// What a made-up path does, next to its noise.
enum class behaviour { quiet, drifting, stepping, spiking };

/// 40 nodes for 240 steps, an hour. Paths keep to a level; or stroll by 5 % a step; or jump every
/// 60 steps, by a factor that is mostly below two; or, each with a probability of its own from 0 to
/// 15 %, take three to ten times as long for one step.
inline trace synthetic(behaviour kind, std::string name, std::uint64_t seed) {
    constexpr std::size_t nodes = 40, steps = 240;
    random_source random{seed};
    trace t{.name = std::move(name), .nodes = nodes, .slots = {}, .hold = 1, .parts = {}};
    std::vector<double> base(nodes * nodes), now, spikes(nodes * nodes);
    for (double& ms : base) ms = 80 * std::exp(0.6 * random.normal());
    for (double& p : spikes) p = 0.15 * std::pow(random.fraction(), 3);
    now = base;
    for (std::size_t step = 0; step < steps; ++step) {
        auto& slot = t.slots.emplace_back();
        for (std::size_t i = 0; i < base.size(); ++i) {
            if (kind == behaviour::drifting) now[i] *= std::exp(0.05 * random.normal());
            if (kind == behaviour::stepping && random.with_probability(1.0 / 60))
                now[i] = base[i] * std::exp(0.6 * random.normal());
            bool const spike = kind == behaviour::spiking && random.with_probability(spikes[i]);
            slot.push_back(std::min(cap_ms, spike ? now[i] * random.between(3, 10) : now[i]));
        }
    }
    split_by_time(t);
    return t;
}

}  // namespace quality
