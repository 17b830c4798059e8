// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/decision.hpp>
#include <hostpick/describe_decision.hpp>
#include <hostpick/detail/candidates.hpp>
#include <hostpick/detail/changes.hpp>
#include <hostpick/detail/contenders.hpp>
#include <hostpick/detail/ranking.hpp>
#include <hostpick/select.hpp>

#include <concepts>
#include <cstddef>
#include <optional>

namespace hostpick {

/// The record of a choice among the elements of `Hosts`.
template <class Hosts, class IdOf = detail::automatic_id>
using decision_of = decision<typename detail::ids_of<Hosts, IdOf>::type>;

namespace detail {

/// By how much `a` is before `b`, which ranks after it.
template <class Id>
[[nodiscard]] constexpr margin margin_between(judged_host<Id> const& a, judged_host<Id> const& b) {
    double const near = a.verdict.latency_ms.value_or(0), far = b.verdict.latency_ms.value_or(0);
    // The caller's own scores may be so far apart that their difference would be infinite.
    auto const bounded = [](double score) { return clamped(score, -0x1p1022, 0x1p1022); };
    margin m{.steps = static_cast<int>(b.verdict.step) - static_cast<int>(a.verdict.step),
             .points = bounded(a.verdict.score) - bounded(b.verdict.score),
             .latency_ms = far - near};
    m.decided_by = m.steps != 0                         ? criterion::step
                   : a.verdict.score != b.verdict.score ? criterion::score
                   : near != far                        ? criterion::latency
                                                        : criterion::id;
    return m;
}

/// Whether it can be asked what a host would be with another reading: ramps judge readings, and
/// another policy's metrics can be made of one.
template <class Ready, class M>
concept asks_readings = std::derived_from<Ready, ready_ramps<typename Ready::real_type>> ||
                        std::same_as<M, network_metrics<typename Ready::real_type>>;

}  // namespace detail

/// Chooses as `select_best_host` does, and records why: the runner-up and its distance, who was
/// excluded by what, and what would have changed the choice.
///
/// `lead` and `runner_up` are empty where fewer than two hosts are eligible, `chosen` where none
/// is. A change is of one metric of the runner-up towards the best, or of the chosen host towards
/// the worst, all else as it is: at `to` another host is chosen (or nobody), one representable
/// number less it is not. It is found by asking the policy, in the precision in which it judges; a
/// metric that is not measured cannot worsen. `blocked` is the best of the hosts that a limit
/// excludes, and nothing but this limit, where it would be chosen without it; a policy of the
/// caller's own is asked for the score of these hosts too.
///
/// A repeated id counts for each element in `considered`, `eligible` and the reasons; the runner-up
/// has another id, and a host whose best two elements are the best of all loses by no single
/// metric. O(n), and at most some 500 questions to the policy; no allocation but in copying ids,
/// which have to be default-initializable.
///
///     auto const d = decide(ids, metrics);
///     log(describe(d));
template <class Hosts, class Source = detail::itself, class Policy = score_policy,
          class Rules = limits, class IdOf = detail::default_id<Hosts, Source>,
          class Build = detail::this_build>
    requires selectable<Hosts, Source, Policy, Rules, IdOf> &&
             std::default_initializable<typename detail::ids_of<Hosts, IdOf>::type>
[[nodiscard]] constexpr decision_of<Hosts, IdOf> decide(Hosts&& hosts, Source const& metrics = {},
                                                        Policy const& policy = {},
                                                        Rules const& rules = {},
                                                        IdOf const& id_of = {}) {
    using ids = detail::ids_of<Hosts, IdOf>;
    using id_type = typename ids::type;
    using metrics_type = detail::metrics_from<Source, detail::element_of<Hosts>>;
    using ready = detail::ready_policy<Policy, metrics_type>;
    using real_type = typename ready::real_type;
    using reading_type = detail::metrics_reading<real_type>;

    ready const judge_by{policy};
    detail::ready_rules<Rules, real_type> const within{rules};
    detail::first_two<Build, id_type, real_type> first;
    detail::excluded_hosts<Build, id_type, real_type, Rules> excluded{rules};
    decision<id_type> d;
    for (auto const& host : hosts) {
        std::size_t const index = d.considered++;
        decltype(auto) id = ids::get(host, id_of, index);
        auto const exclude = [&](exclusion reason) {
            ++d.exclusions[static_cast<std::size_t>(reason)];
            excluded.list(id, reason);
        };
        if (detail::excludes(rules, host)) {
            exclude(exclusion::excluded);
        } else if (auto const known = detail::find_metrics(metrics, host); !known) {
            exclude(exclusion::no_metrics);
        } else {
            auto const reading = detail::read_metrics<real_type>(*known);
            auto const v = detail::judge<verdict>(*known, judge_by, within);
            if (!v.eligible()) {
                exclude(v.reason);
                if (detail::is_limit(v.reason))
                    excluded.consider(id, index, reading, *known, judge_by, v.reason);
                continue;
            }
            ++d.eligible;
            detail::candidate<decltype(id) const&> const entering{id, v.step, v.score,
                                                                  *v.latency_ms, index};
            if (first.wants(entering))
                first.enter({id_type(id), v.step, v.score, *v.latency_ms, index, v, reading});
        }
    }

    auto const* const best = first.best();
    auto const* const next = first.runner_up();
    excluded.write(d, best, within);
    if (best == nullptr) return d;
    d.chosen = best->judged();
    if (next != nullptr) {
        d.runner_up = next->judged();
        d.lead = detail::margin_between(*d.chosen, *d.runner_up);
    }
    if constexpr (detail::asks_readings<ready, metrics_type>) {
        detail::ready_policy<Policy, network_metrics<real_type>> const ask{policy};
        auto const judged = [&](reading_type const& m) {
            return detail::rank(m, detail::metrics_of(m), ask, within);
        };
        d.changes_known = true;
        if (next != nullptr)
            d.runner_up_wins = detail::changes_of(next->reading, true, [&](reading_type const& m) {
                auto const s = judged(m);
                return s.eligible() && detail::ranks_before(next->judged_as(s), *best);
            });
        if (!first.best_is_listed_again())
            d.chosen_loses = detail::changes_of(best->reading, false, [&](reading_type const& m) {
                auto const s = judged(m);
                return !s.eligible() ||
                       (next != nullptr && detail::ranks_before(*next, best->judged_as(s)));
            });
    }
    return d;
}

}  // namespace hostpick
