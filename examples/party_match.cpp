// SPDX-License-Identifier: MIT
//
// Six players in six cities: which data centre is the fairest for all of them, and which two stand
// by, each of another provider?
#include <hostpick/describe.hpp>
#include <hostpick/select_party.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <limits>

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

constexpr std::array players{"Lisbon", "Paris", "Oslo", "Warsaw", "Athens", "Dublin"};
struct data_centre {
    char const* name;
    char const* provider;
};
constexpr std::array<data_centre, 5> centres{{{"madrid-1", "Cumulus"},
                                              {"frankfurt-1", "Cumulus"},
                                              {"frankfurt-2", "Nimbus"},
                                              {"stockholm-1", "Nimbus"},
                                              {"london-1", "Stratus"}}};

// Round trips in milliseconds, a row a player; Athens has not reached stockholm-1 yet.
constexpr std::array<float, players.size() * centres.size()> rtt_ms{
    18, 46, 47, 72, 38,       // Lisbon
    27, 14, 15, 38, 12,       // Paris
    62, 28, 26, 11, 34,       // Oslo
    55, 22, 21, 30, 37,       // Warsaw
    61, 43, 45, unknown, 58,  // Athens
    45, 29, 30, 44, 14,       // Dublin
};

int main() {
    using namespace hostpick;
    party<> const group{.latency_ms = rtt_ms, .players = players.size()};
    // The mean, and nobody far from the others; nobody above 60 ms.
    party_policy const fair{.value = party_value::mean_and_spread};
    limits const playable{.max_latency_ms = 60};

    std::array<party_choice<std::size_t>, 3> room;
    auto const provider = [](std::size_t host) { return centres[host].provider; };
    auto const chosen = select_top_hosts(group, room, fair, playable, provider);
    for (auto const& choice : chosen)
        std::cout << (&choice == chosen.data() ? "chosen:   " : "stands by: ") << centres[choice.host].name
                  << ", " << choice.value_ms << " ms; " << players[choice.worst_player]
                  << " is worst off with " << choice.worst_ms << " ms\n";
    for (std::size_t host = 0; host < centres.size(); ++host) {
        auto const v = judge_party_host(group, host, fair, playable);
        if (!v.eligible())
            std::cout << "left out: " << centres[host].name << ": " << to_text(v.reason) << " ("
                      << players[v.worst_player] << ")\n";
    }
    return chosen.size() == 3 ? 0 : 1;
}
