// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/decision.hpp>
#include <hostpick/decision_ring.hpp>
#include <hostpick/election.hpp>
#include <hostpick/json.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>

// Decisions, their log and their counts, and checks of announced choices, written as JSON.
//
//     nlohmann::json const report = hostpick::decide(ids, metrics);
//
// Ids are written as nlohmann-json writes them: enumerators as numbers. Text that is not UTF-8 is
// refused by `dump` unless it is told to replace it.
namespace hostpick {

/// A margin as JSON: what decided, and all numbers of it.
template <class Json>
void to_json(Json& j, margin const& m) {
    j = Json{{"decided_by", to_name(m.decided_by)},
             {"steps", m.steps},
             {"points", m.points},
             {"latency_ms", m.latency_ms}};
}
template <class Json>
void to_json(Json& j, party_margin const& m) {
    j = Json{{"decided_by", to_name(m.decided_by)},
             {"steps", m.steps},
             {"value_ms", m.value_ms},
             {"worst_ms", m.worst_ms}};
}

/// A verdict on a host of a party as JSON: as that on a host.
template <class Json>
void to_json(Json& j, party_verdict const& v) {
    j = Json{{"eligible", v.eligible()}, {"worst_player", v.worst_player}, {"missing", v.missing}};
    if (!v.eligible()) {
        j["reason"] = to_name(v.reason);
        return;
    }
    j["step"] = v.step;
    j["value_ms"] = v.value_ms;
    j["worst_ms"] = v.worst_ms;
}

template <class Json, class Id, class Verdict>
void to_json(Json& j, judged_host<Id, Verdict> const& h) {
    j = Json{{"host", h.host}, {"verdict", h.verdict}};
}

/// A change of one metric as JSON: `from` is null where it was not measured.
template <class Json>
void to_json(Json& j, metric_change const& c) {
    j = Json{{"metric", to_name(c.which)}, {"from", nullptr}, {"to", c.to}};
    if (c.from) j["from"] = *c.from;
}

template <class Json, class Id>
void to_json(Json& j, excluded_host<Id> const& h) {
    j = Json{{"host", h.host}, {"reason", to_name(h.reason)}};
}

template <class Json, class Id>
void to_json(Json& j, blocked_host<Id> const& h) {
    j = Json{{"host", h.host},
             {"limit", to_name(h.limit)},
             {"allows", h.allows},
             {"has", nullptr},
             {"score", h.score}};
    if (h.has) j["has"] = *h.has;
}

/// A decision as JSON. `chosen`, `runner_up` and `lead` are null where there is none, `changes`
/// where it is not known what would have changed the choice; of the reasons only those that
/// occurred.
template <class Json, class Id>
void to_json(Json& j, decision<Id> const& d) {
    auto const list = [](auto const& items) {
        Json all = Json::array();
        for (auto const& item : items) all.push_back(item);
        return all;
    };
    j = Json{{"chosen", nullptr},
             {"runner_up", nullptr},
             {"lead", nullptr},
             {"considered", d.considered},
             {"eligible", d.eligible},
             {"excluded", Json::object()},
             {"first_excluded", list(d.first_excluded)},
             {"changes", nullptr},
             {"blocked", nullptr}};
    if (d.chosen) j["chosen"] = *d.chosen;
    if (d.runner_up) j["runner_up"] = *d.runner_up;
    if (d.lead) j["lead"] = *d.lead;
    for (std::size_t kind = 0; kind < exclusion_kinds; ++kind)
        if (d.exclusions[kind] > 0)
            j["excluded"][std::string{to_name(static_cast<exclusion>(kind))}] = d.exclusions[kind];
    if (d.changes_known)
        j["changes"] = Json{{"runner_up_wins", list(d.runner_up_wins)},
                            {"chosen_loses", list(d.chosen_loses)}};
    if (d.blocked) j["blocked"] = *d.blocked;
}

/// A check of an announced choice as JSON: its `result`, then what is known of the host that was
/// announced and of the best, each null where there is none.
template <class Json, class Id, class Verdict>
void to_json(Json& j, choice_check<Id, Verdict> const& c) {
    j = Json{{"result", to_name(c.result)},
             {"announced", nullptr},
             {"best", nullptr},
             {"behind", nullptr}};
    if (c.announced) j["announced"] = *c.announced;
    if (c.best) j["best"] = *c.best;
    if (c.behind) j["behind"] = *c.behind;
}

/// An entry of a ring as JSON; `at_ns` is in nanoseconds.
template <class Json, class Decision>
void to_json(Json& j, ring_entry<Decision> const& e) {
    j = Json{{"sequence", e.sequence}, {"at_ns", e.at.count()}, {"decision", e.decision}};
}

/// A ring as JSON: its entries from the oldest to the newest.
template <class Json, class Decision, std::size_t N>
void to_json(Json& j, decision_ring<Decision, N> const& ring) {
    j = Json{{"overwritten", ring.overwritten()},
             {"refused", ring.refused()},
             {"entries", Json::array()}};
    for (auto const& entry : ring) j["entries"].push_back(entry);
}

/// Counts as JSON; `at_step` up to the last step at which anybody was chosen.
template <class Json, class Id, std::size_t MaxHosts>
void to_json(Json& j, choice_counts<Id, MaxHosts> const& c) {
    j = Json{{"decisions", c.decisions()}, {"changes", c.changes()},      {"nobody", c.nobody()},
             {"others", c.others()},       {"at_step", Json::array()}, {"hosts", Json::array()}};
    std::size_t steps = c.steps;
    while (steps > 0 && c.at_step(steps - 1) == 0) --steps;
    for (std::size_t n = 0; n < steps; ++n) j["at_step"].push_back(c.at_step(n));
    for (auto const& h : c.hosts()) j["hosts"].push_back({{"host", h.host}, {"times", h.times}});
}

}  // namespace hostpick
