// SPDX-License-Identifier: MIT
#pragma once

#include "hosts.hpp"

#include <hostpick/assign.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#if __has_include(<lemon/network_simplex.h>)
#define HOSTPICK_LEMON 1
#define LEMON_ONLY_TEMPLATES
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>
#else
#define HOSTPICK_LEMON 0
#endif

// Sessions and hosts to assign, and another way to do it.
namespace bench {

struct assign_problem {
    std::size_t sessions, hosts;
    std::vector<double> scores;  ///< whole numbers up to a million, so that sums are exact
    std::vector<unsigned> capacities;

    [[nodiscard]] hostpick::score_matrix<double> matrix() const { return {scores, sessions, hosts}; }
};

/// Hosts all over a map, and sessions most of which are in one corner of it; a score is lower by the
/// distance, and no session goes further than `reach`, where the width of the map is 1. The hosts
/// have room for sessions / `load` together.
inline assign_problem crowded_map(std::size_t sessions, std::size_t hosts, double load, double reach = 2) {
    random_source random;
    struct place {
        double x, y;
    };
    std::vector<place> where(hosts);
    for (auto& host : where) host = {random.between(0, 1), random.between(0, 1)};
    assign_problem p{sessions, hosts, {}, {}};
    for (std::size_t i = 0; i < sessions; ++i) {
        double const x = random.between(0, 1), y = random.between(0, 1);
        for (auto const& host : where) {
            double const distance = std::hypot(x * x * x - host.x, y * y * y - host.y);
            p.scores.push_back(distance > reach ? std::numeric_limits<double>::quiet_NaN()
                                                : std::floor(1e6 - 7e5 * distance));
        }
    }
    auto const room = static_cast<std::size_t>(static_cast<double>(sessions) / load);
    for (std::size_t i = 0; i < hosts; ++i)
        p.capacities.push_back(static_cast<unsigned>(room * (i + 1) / hosts - room * i / hosts));
    return p;
}

/// Scores without any order, which is easier: nearly everybody finds something good.
inline assign_problem any_scores(std::size_t sessions, std::size_t hosts, double load) {
    auto p = crowded_map(sessions, hosts, load);
    random_source random;
    for (double& score : p.scores) score = std::floor(random.between(0, 1e6));
    return p;
}

#if HOSTPICK_LEMON

// g++ 12 with sanitizers takes the nodes and arcs that LEMON adds, and then fills, for read before.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

/// The network simplex method of LEMON (lemon.cs.elte.hu) on the same problem.
class lemon_assignment {
public:
    explicit lemon_assignment(assign_problem const& p) : cost_{graph_}, most_{graph_}, supply_{graph_}, flow_{graph_} {
        graph_.reserveNode(static_cast<int>(p.sessions + p.hosts + 1));
        graph_.reserveArc(static_cast<int>(p.sessions * p.hosts + p.sessions + p.hosts));
        auto const add = [&](graph::Node from, graph::Node to, std::int64_t cost, std::int64_t most) {
            auto const arc = graph_.addArc(from, to);
            cost_[arc] = cost, most_[arc] = most;
        };
        auto const end = graph_.addNode();
        supply_[end] = -static_cast<std::int64_t>(p.sessions);
        std::vector<graph::Node> hosts;
        for (unsigned const capacity : p.capacities) {
            hosts.push_back(graph_.addNode());
            add(hosts.back(), end, 0, capacity);
        }
        for (std::size_t i = 0; i < p.sessions; ++i) {
            auto const session = graph_.addNode();
            supply_[session] = 1;
            add(session, end, unplaced, 1);
            for (std::size_t host = 0; host < p.hosts; ++host)
                if (double const score = p.scores[i * p.hosts + host]; !std::isnan(score))
                    add(session, hosts[host], -static_cast<std::int64_t>(score), 1);
        }
    }
    /// The highest total of as many sessions as can be placed.
    [[nodiscard]] double solve() {
        lemon::NetworkSimplex<graph, std::int64_t, std::int64_t> method{graph_};
        method.upperMap(most_).costMap(cost_).supplyMap(supply_).run();
        method.flowMap(flow_);
        std::int64_t total = 0;
        for (graph::ArcIt arc{graph_}; arc != lemon::INVALID; ++arc)
            if (cost_[arc] < 0) total -= flow_[arc] * cost_[arc];
        return static_cast<double>(total);
    }

private:
    using graph = lemon::SmartDigraph;
    static constexpr std::int64_t unplaced = 10'000'000'000;
    graph graph_;
    graph::ArcMap<std::int64_t> cost_, most_;
    graph::NodeMap<std::int64_t> supply_;
    graph::ArcMap<std::int64_t> flow_;
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif

}  // namespace bench
