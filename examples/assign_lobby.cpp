// SPDX-License-Identifier: MIT
//
// Nine matches wait in a lobby, and three hosts have room: all are placed at once, so that the total
// is the best there is, or else the match that is worst off; not each match's own choice. Then a host
// loses a rack, and nobody moves who does not have to.
#include <hostpick/assign.hpp>
#include <hostpick/profiles.hpp>
#include <hostpick/score.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <limits>
#include <vector>

using namespace hostpick;

constexpr std::array hosts{"amsterdam", "milan", "lisbon"};

// The worst player's round trip of each match to each host, in milliseconds; 0: not reachable.
constexpr double rtt_ms[][hosts.size()] = {{12, 30, 48}, {10, 40, 95}, {11, 90, 61}, {22, 25, 70},
                                           {20, 48, 99}, {16, 0, 140}, {40, 15, 45}, {44, 38, 9},
                                           {20, 60, 31}};
constexpr std::size_t matches = std::size(rtt_ms);

void print(char const* what, assignment const& a, std::vector<std::uint32_t> const& before) {
    std::size_t moved = 0;
    for (std::size_t host = 0; host < hosts.size(); ++host) {
        std::cout << (host == 0 ? what : "            ") << hosts[host] << ":";
        for (std::size_t match = 0; match < matches; ++match) {
            if (a.host_of[match] != host) continue;
            bool const arrives = !before.empty() && before[match] != host;
            std::cout << ' ' << match << (arrives ? "*" : "");
            moved += arrives;
        }
        std::cout << '\n';
    }
    std::cout << "            mean score " << a.total / static_cast<double>(matches - a.unplaced)
              << ", worst " << *a.worst << ", " << a.unplaced << " without a host, " << moved
              << " moved\n";
}

int main() {
    std::vector<double> scores;
    for (auto const& match : rtt_ms)
        for (double const ms : match)
            scores.push_back(ms > 0 ? calculate_host_score(network_metrics<>{.latency_ms = ms},
                                                           latency_only)
                                    : -std::numeric_limits<double>::infinity());
    score_matrix const matrix{scores, matches, hosts.size()};

    std::vector<unsigned> room{3, 3, 4};
    auto const first = assign_sessions(matrix, room);
    print("first:      ", first, {});

    auto const fair = assign_sessions(matrix, room, {}, assign_goal::worst_score);
    print("fair:       ", fair, {});

    room[1] = 2;  // milan loses a rack
    // A match moves only where more than 5 points are gained for each that does.
    auto const next = assign_sessions(matrix, room, {first.host_of, 5});
    print("then:       ", next, first.host_of);
    return next.unplaced == 0 && first.unplaced == 0 ? 0 : 1;
}
