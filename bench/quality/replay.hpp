// SPDX-License-Identifier: MIT
#pragma once

#include "ours.hpp"
#include "rules.hpp"
#include "trace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace quality {

struct replay_settings {
    std::size_t sessions = 300;
    std::size_t players = 8;
    double slot_seconds = slot_seconds_default;
    double noise = 0.1;       ///< deviation of an observation, as a share of what is true
    double missing = 0.02;    ///< share of the observations that never come
    std::uint64_t seed = 42;
};

struct result {
    std::string data, part, rule;
    double regret_ms = 0;            ///< mean over slots: the worst player's, less the best host's
    double moves_per_hour = 0;
    double seconds_above_200ms = 0;  ///< per hour of play, for the worst player
};

/// What one session is, and what it sees: the same for every rule.
struct session {
    std::vector<std::size_t> nodes;            ///< the players, each of them a host
    std::vector<std::vector<double>> seen;     ///< by step, host by host
    std::vector<std::vector<double>> worst_ms; ///< what is true: by step and host
};

inline session make_session(trace const& t, trace::part const& part, replay_settings const& s,
                            std::uint64_t seed) {
    random_source random{seed};
    session made{.nodes = random.some_of(part.nodes, s.players), .seen = {}, .worst_ms = {}};
    for (auto& node : made.nodes) node += part.first_node;
    for (std::size_t step = 0; step < t.steps(); ++step) {
        auto& seen = made.seen.emplace_back();
        auto& worst = made.worst_ms.emplace_back(s.players, 0);
        for (std::size_t h = 0; h < s.players; ++h)
            for (std::size_t p = 0; p < s.players; ++p) {
                double const ms = t.rtt_ms(step, made.nodes[h], made.nodes[p]);
                double const noisy = ms * std::max(0.1, 1 + s.noise * random.normal());
                bool const lost = random.with_probability(s.missing);
                worst[h] = std::max(worst[h], ms);
                seen.push_back(h == p ? own_path : lost ? missing : std::min(noisy, cap_ms));
            }
    }
    return made;
}

/// Every rule lives through every session. It sees a slot, chooses, and plays the next one there;
/// what it played is judged by what was true in it. The first choice is no move.
inline std::vector<result> replay(trace const& t, replay_settings const& s) {
    std::vector<result> results;
    for (auto const& part : t.parts) {
        auto rules = others(s.slot_seconds);
        for (auto& r : ours(s.slot_seconds)) rules.push_back(std::move(r));
        std::vector<result> sums;
        for (auto const& r : rules) sums.push_back({t.name, part.name, r.name, 0, 0, 0});
        double played = 0;
        for (std::size_t n = 0; n < s.sessions; ++n) {
            std::uint64_t const seed = s.seed * 1'000'003 + n * 7919 + part.first_node;
            session const it = make_session(t, part, s, seed);
            for (std::size_t r = 0; r < rules.size(); ++r) {
                rules[r].it->start(s.players, s.players, seed);
                std::size_t current = nobody;
                for (std::size_t step = 1; step < t.steps(); ++step) {
                    rules[r].it->see(it.seen[step - 1]);
                    std::size_t const next = rules[r].it->choose(current);
                    bool const moved = current != nobody && next != current;
                    current = next;
                    if (step < part.first_step || step >= part.first_step + part.steps) continue;
                    auto const& worst = it.worst_ms[step];
                    double const best = *std::min_element(worst.begin(), worst.end());
                    sums[r].regret_ms += worst[current] - best;
                    sums[r].moves_per_hour += moved;
                    sums[r].seconds_above_200ms += worst[current] > 200;
                    played += r == 0;
                }
            }
        }
        for (auto& sum : sums) {
            sum.regret_ms /= played;
            sum.moves_per_hour *= 3600 / s.slot_seconds / played;
            sum.seconds_above_200ms *= 3600 / played;
        }
        results.insert(results.end(), sums.begin(), sums.end());
    }
    return results;
}

}  // namespace quality
