// SPDX-License-Identifier: MIT
//
// What the README's code mentions and does not declare.
#include <hostpick/hostpick.hpp>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;

using peer_id = int;
struct my_metrics {
    double latency_ms, packet_loss, bandwidth_mbps, jitter_ms;
};
struct peer {
    peer_id id;
    hostpick::network_metrics<float> link;
};
struct metrics_table {
    my_metrics const* find_metrics(peer_id) const { return nullptr; }
};
void invite(peer_id) {}

void choose(std::vector<peer_id> const& ids,
            std::map<peer_id, hostpick::network_metrics<>> const& metrics,
            metrics_table const& table, std::vector<peer> const& peers,
            std::set<peer_id> const& draining, std::chrono::milliseconds waited,
            my_metrics const& m) {
#include "choose.inc"
}

void score(my_metrics const& m) {
    using namespace hostpick;
#include "score.inc"
}
