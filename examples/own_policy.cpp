// SPDX-License-Identifier: MIT
//
// Writing one's own policy: any function of one's own metrics is one, and higher is better.
#include <hostpick/hostpick.hpp>

#include <algorithm>
#include <iostream>
#include <vector>

struct server {
    int id;
    double latency_ms;
    double packet_loss;
    double load;  // 0 idle to 1 full: hostpick knows nothing of it
};

/// Our delay in milliseconds: what a player feels, and a busy server feels slower.
struct felt_delay {
    double ms_per_percent_lost = 4;
    double latency_ceiling_ms = 250;  // optional: without it, 1000 ms

    double operator()(server const& s) const {
        double const queueing = 1 / std::max(0.05, 1 - s.load);
        return -(s.latency_ms * queueing + s.packet_loss * 100 * ms_per_percent_lost);
    }
};

int main() {
    std::vector<server> const servers{
        {1, 20, 0.000, 0.90},
        {2, 35, 0.001, 0.10},
        {3, 30, 0.020, 0.20},
        {4, 15, 1.000, 0.00},  // loses everything: our function is not even asked
    };
    // The elements are their own metrics, so the source of metrics is `{}`.
    auto const best = hostpick::select_best_host(servers, {}, felt_delay{}, {}, &server::id);
    std::cout << "server " << best->host << ", felt delay " << -best->score << " ms\n";

    // A lambda does as well, and so does a policy of ramps with one number changed.
    auto const near = hostpick::select_best_host(
        servers, {}, [](server const& s) { return -s.latency_ms; }, {}, &server::id);
    auto const steady = hostpick::select_best_host(
        servers, {}, {.bandwidth_mbps = {.weight = 0}, .packet_loss = {.worst = 0.02}}, {},
        &server::id);
    std::cout << "nearest " << near->host << ", steady " << steady->host << '\n';
    return best->host == 2 && near->host == 1 && steady->host == 1 ? 0 : 1;
}
