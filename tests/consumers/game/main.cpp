// SPDX-License-Identifier: MIT
//
// A game that uses the library with types of its own.
#include <hostpick/hostpick.hpp>

#include <string>
#include <vector>

#ifdef WITH_JSON
#include <hostpick/json.hpp>
#endif

struct link_quality {
    float latency_ms;
    float packet_loss;
    float bandwidth_mbps;
};

struct peer {
    std::string name;
    link_quality link;
};

int main() {
    std::vector<peer> const lobby{
        {"far", {180.0f, 0.00f, 50.0f}}, {"near", {12.0f, 0.00f, 8.0f}}, {"lossy", {9.0f, 1.0f, 50.0f}}};
    auto const best = hostpick::select_best_host(lobby, &peer::link, {}, {}, &peer::name);
    if (!best || best->host != "near" || best->index != 1) return 1;
#ifdef WITH_JSON
    auto const m = nlohmann::json::parse(R"({"latency_ms": 50, "bandwidth_mbps": 10, "packet_loss": 0.01})")
                       .get<hostpick::network_metrics<>>();
    if (hostpick::calculate_host_score(m) != 88.0) return 2;
#endif
    return 0;
}
