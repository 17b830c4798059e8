// SPDX-License-Identifier: MIT
#pragma once

#include "host_file.hpp"

#include <hostpick/hostpick.hpp>

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

/// What there is to say about a choice: the ranking and everybody who is not in it.
struct report {
    struct ranked_host {
        hostpick::host_choice<std::string> choice;
        hostpick::verdict verdict;
        hostpick::network_metrics<> metrics;
        std::optional<double> mos;  ///< of the E-model only
    };
    struct passed_over_host {
        std::string host;
        std::string reason;       ///< a name, for programs
        std::string explanation;  ///< for people
    };
    std::vector<ranked_host> ranking;
    std::vector<passed_over_host> passed_over;
    std::size_t eligible = 0;                             ///< how many could have been chosen
    std::optional<hostpick::host_choice<std::string>> runner_up;
};

void print_table(std::ostream& out, report const& r);
void print_json(std::ostream& out, report const& r);

template <class Policy>
report make_report(std::vector<host_record> const& hosts, Policy const& policy,
                   hostpick::constraints<> const& rules, std::size_t top) {
    std::vector<hostpick::verdict> verdicts;
    hostpick::for_each_verdict(
        hosts, &host_record::metrics,
        [&](auto const&, std::size_t, hostpick::verdict const& v) { verdicts.push_back(v); },
        policy, rules);

    auto const chosen = hostpick::select_top_hosts(hosts, &host_record::metrics, hosts.size(),
                                                   policy, rules, &host_record::host);
    report r;
    r.eligible = chosen.size();
    if (chosen.size() > 1) r.runner_up = chosen[1];
    std::vector<bool> ranked(hosts.size());
    for (auto const& choice : chosen) {
        ranked[choice.index] = true;
        if (r.ranking.size() == top) continue;
        std::optional<double> mos;
        if constexpr (std::same_as<Policy, hostpick::e_model>)
            mos = hostpick::e_model_mos(choice.score);
        r.ranking.push_back({choice, verdicts[choice.index], hosts[choice.index].metrics, mos});
    }
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (ranked[i]) continue;
        hostpick::exclusion const reason = verdicts[i].reason;
        if (reason == hostpick::exclusion::none)
            r.passed_over.push_back({hosts[i].host, "repeated", "is listed again, and better"});
        else
            r.passed_over.push_back({hosts[i].host, std::string{to_name(reason)},
                                     std::string{to_text(reason)}});
    }
    return r;
}
