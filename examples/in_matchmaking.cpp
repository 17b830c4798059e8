// SPDX-License-Identifier: MIT
//
// Choosing inside matchmaking code that has its own types: nothing is converted or copied.
#include <hostpick/hostpick.hpp>

#include <array>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

enum class peer_id : std::uint32_t {};

struct link_quality {  // whatever the game already keeps; plain floats, NaN where unknown
    float latency_ms;
    float packet_loss;
    float bandwidth_mbps;
};

struct peer {
    peer_id id;
    std::string gamertag;
    link_quality link;
    bool wants_to_host;
};

int main() {
    std::vector<peer> const lobby{
        {peer_id{17}, "Ada", {31.f, 0.002f, 12.f}, true},
        {peer_id{23}, "Brahe", {12.f, 0.f, 40.f}, false},  // the best link, but says no
        {peer_id{42}, "Curie", {28.f, 0.03f, 20.f}, true},
        {peer_id{58}, "Darwin", {24.f, 1.f, 20.f}, true},  // answers no packet: never chosen
    };
    auto const rules = hostpick::constraints{hostpick::limits{.max_latency_ms = 80},
                                             [](peer const& p) { return !p.wants_to_host; }};

    // The host, and who takes over if it fails: no allocation, the room is the caller's.
    std::array<hostpick::host_choice<peer_id>, 2> room;
    auto const chosen =
        hostpick::select_top_hosts(lobby, &peer::link, room, {}, rules, &peer::id);

    for (auto const& choice : chosen)
        std::cout << lobby[choice.index].gamertag << ": " << choice.score << '\n';

    hostpick::for_each_verdict(
        lobby, &peer::link,
        [](peer const& p, std::size_t, hostpick::verdict const& v) {
            std::cout << "  " << p.gamertag << ": " << hostpick::describe(v).view() << '\n';
        },
        {}, rules);
    return chosen.size() == 2 && chosen[0].host == peer_id{17} ? 0 : 1;
}
