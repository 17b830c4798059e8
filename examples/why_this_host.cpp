// SPDX-License-Identifier: MIT
//
// A match of peers without a coordinator: every peer chooses by itself, checks what the others
// announce, and keeps a record of why its host is the right one and what would have changed that.
#include <hostpick/decide.hpp>
#include <hostpick/decision_ring.hpp>
#include <hostpick/election.hpp>
#include <hostpick/inputs_fingerprint.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;

using links = std::map<std::string, network_metrics<>>;

std::vector<std::string> const peers{"ada", "grace", "linus", "margaret", "tim"};
limits const playable{.max_latency_ms = 80, .max_jitter_ms = 20};

// What the peers told each other about their links.
links const shared{
    {"ada", {.latency_ms = 42, .bandwidth_mbps = 9.5, .packet_loss = 0.004, .jitter_ms = 4}},
    {"grace", {.latency_ms = 38, .bandwidth_mbps = 8, .packet_loss = 0.01, .jitter_ms = 6}},
    {"linus", {.latency_ms = 21, .bandwidth_mbps = 10, .packet_loss = 0.002, .jitter_ms = 26}},
    {"margaret", {.latency_ms = 95, .bandwidth_mbps = 10, .packet_loss = 0, .jitter_ms = 2}},
    {"tim", {.failed = true}},
};

int main() {
    decision_ring<decision<std::string>, 8> log;
    choice_counts<std::string, 8> counts;
    auto const choose = [&](links const& known, rolling::instant now) {
        auto const d = decide(peers, known, score_policy{}, playable);
        log.push(d, now);
        counts.add(d);
    };

    choose(shared, 0s);
    links later = shared;
    later["ada"].latency_ms = 79.5;
    choose(later, 5s);

    for (auto const& [sequence, at, d] : log) {
        std::cout << "decision " << sequence << ": " << describe(d) << '\n';
        for (auto const& host : d.first_excluded)
            std::cout << "    " << host.host << " " << to_text(host.reason) << '\n';
        for (auto const& change : d.runner_up_wins)
            std::cout << "    " << d.runner_up->host << " would win with "
                      << to_name(change.which) << " " << change.to << '\n';
    }
    std::cout << counts.changes() << " change in " << counts.decisions() << " decisions\n\n";

    // What the others announce, at a time when this peer still knows what was shared.
    for (std::string const announced : {"ada", "grace", "linus", "zoe"}) {
        auto const check = verify_choice(peers, shared, announced, score_policy{}, playable);
        std::cout << describe(check) << (check.accepted(7.5) ? ": close enough" : ": refused") << '\n';
    }

    // Who announced another host: did they start from other numbers?
    bool const same = inputs_fingerprint(peers, shared, score_policy{}, playable) ==
                      inputs_fingerprint(peers, later, score_policy{}, playable);
    std::cout << "the inputs of both decisions are " << (same ? "the same" : "different") << '\n';
    return log.newest().decision.chosen->host == "grace" && counts.changes() == 1 && !same ? 0 : 1;
}
