// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/detail/candidates.hpp>
#include <hostpick/detail/top.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/verdict.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace hostpick {

/// A host that was chosen.
template <class Id>
struct host_choice {
    Id host;                ///< its id, or its position where it has none
    unsigned step = 0;      ///< the first relaxation step that it keeps to
    double score = 0;       ///< as `calculate_host_score` gives it
    double latency_ms = 0;  ///< what decides between equal scores
    std::size_t index = 0;  ///< its position in the range

    friend bool operator==(host_choice const&, host_choice const&) = default;
};

/// The range of hosts, source of metrics, policy, rules and id projection that fit together.
template <class Hosts, class Source, class Policy, class Rules, class IdOf>
concept selectable =
    detail::host_range<Hosts> && detail::metrics_source<Source, detail::element_of<Hosts>> &&
    policy_for<Policy, detail::metrics_from<Source, detail::element_of<Hosts>>> &&
    detail::rules_for<Rules, detail::element_of<Hosts>> &&
    detail::id_projection<detail::element_of<Hosts>, IdOf>;

/// The choice among the elements of `Hosts`.
template <class Hosts, class IdOf = detail::automatic_id>
using choice_of = host_choice<typename detail::ids_of<Hosts, IdOf>::type>;

namespace detail {

static_assert(relaxation::max_steps <= most_leading_steps);

/// A host under consideration: a choice whose id is not copied yet.
template <class IdRef>
struct candidate {
    IdRef host;
    unsigned step;
    double score;
    double latency_ms;
    std::size_t index;

    template <class Id>
    constexpr explicit operator host_choice<Id>() const {
        return {Id(host), step, score, latency_ms, index};
    }
    /// As assigning the choice, but without a second copy of the id: a string keeps its memory.
    template <class Id>
    constexpr void store_in(host_choice<Id>& choice) const {
        choice.host = host;
        choice.step = step;
        choice.score = score;
        choice.latency_ms = latency_ms;
        choice.index = index;
    }
};

/// Lets every host that may be chosen enter, as a candidate.
template <class Hosts, class Source, class Policy, class Rules, class IdOf, class Places>
constexpr void enter_eligible(Hosts& hosts, Source const& source, Policy const& policy,
                              Rules const& rules, IdOf const& id_of, Places& places) {
    judge_each<standing>(
        hosts, source, policy, rules,
        [&](auto const& host, std::size_t position, standing const& s) {
            if (!s.eligible()) return;
            decltype(auto) id = ids_of<Hosts, IdOf>::get(host, id_of, position);
            places.enter(candidate<decltype(id) const&>{id, s.step, s.score, s.latency_ms, position});
        });
}

}  // namespace detail

/// The best of the available hosts, or nothing where none is eligible.
///
/// `hosts` is a range of ids or of the caller's own records, which are not copied. `metrics`
/// tells what is known of an element: a map from ids to metrics, or a function or member
/// (`&record::metrics`) that gives metrics, or a pointer or optional that may be empty. A
/// host of which nothing is known is passed over. Without it, the elements are metrics.
///
/// Score decides (after the relaxation step), then the lower latency, then the smaller id, so
/// the order of the range does not matter. Numbers, enumerators, pointers and text are ids, and so
/// is whatever is looked up in a map; other elements go by their position unless `id_of` projects
/// them to an id (`&record::id`). Pointers are ordered by address; a bare `char const*` (not null)
/// or an array of characters is text, of which the choice keeps a view. A repeated id counts once. O(n) calls of the policy, no allocation but in copying the id.
///
///     std::vector<std::string> const ids{"frankfurt", "paris"};
///     std::map<std::string, network_metrics<>> const metrics{{"paris", {.latency_ms = 30}}};
///     if (auto best = select_best_host(ids, metrics)) connect(best->host);
template <class Hosts, class Source = detail::itself, class Policy = score_policy,
          class Rules = limits, class IdOf = detail::default_id<Hosts, Source>,
          class Build = detail::this_build>
    requires selectable<Hosts, Source, Policy, Rules, IdOf>
[[nodiscard]] constexpr std::optional<choice_of<Hosts, IdOf>> select_best_host(
    Hosts&& hosts, Source const& metrics = {}, Policy const& policy = {}, Rules const& rules = {},
    IdOf const& id_of = {}) {
    detail::few_places<choice_of<Hosts, IdOf>, false, 1, Build> place{1};
    detail::enter_eligible(hosts, metrics, policy, rules, id_of, place);
    return place.give_best();
}

/// The `k` best of the available hosts, best first, written into the caller's span of `k`
/// choices; gives the part of it that was filled.
///
/// As `select_best_host`. Fewer than `k` where fewer are eligible, none for a `k` of 0.
/// O(n log k), no allocation but in copying ids. For a `k` above 16, where ids repeat among the
/// best, the range is walked again to fill the places that the repeats had taken, at most `k`
/// times: so a range of ids must allow several walks (a `std::forward_iterator`).
///
///     std::array<choice_of<std::vector<int>>, 3> room;
///     for (auto const& choice : select_top_hosts(ids, metrics, room)) invite(choice.host);
template <class Hosts, class Source = detail::itself, class Policy = score_policy,
          class Rules = limits, class IdOf = detail::default_id<Hosts, Source>,
          class Build = detail::this_build>
    requires selectable<Hosts, Source, Policy, Rules, IdOf> && detail::top_selectable<Hosts, IdOf>
constexpr std::span<choice_of<Hosts, IdOf>> select_top_hosts(
    Hosts&& hosts, Source const& metrics, std::span<choice_of<Hosts, IdOf>> room,
    Policy const& policy = {}, Rules const& rules = {}, IdOf const& id_of = {}) {
    detail::filled_span<choice_of<Hosts, IdOf>> kept{room};
    detail::keep_best<detail::ids_of<Hosts, IdOf>::has_id, Build>(kept, room.size(), [&](auto& places) {
        detail::enter_eligible(hosts, metrics, policy, rules, id_of, places);
    });
    return room.first(kept.size());
}

/// The `k` best of the available hosts in a vector, best first. It reserves nothing in advance:
/// a huge `k` costs no more than the hosts that there are.
///
///     for (auto const& choice : select_top_hosts(ids, metrics, 3)) invite(choice.host);
template <class Hosts, class Source = detail::itself, class Policy = score_policy,
          class Rules = limits, class IdOf = detail::default_id<Hosts, Source>,
          class Build = detail::this_build>
    requires selectable<Hosts, Source, Policy, Rules, IdOf> && detail::top_selectable<Hosts, IdOf>
[[nodiscard]] constexpr std::vector<choice_of<Hosts, IdOf>> select_top_hosts(
    Hosts&& hosts, Source const& metrics, std::size_t k, Policy const& policy = {},
    Rules const& rules = {}, IdOf const& id_of = {}) {
    std::vector<choice_of<Hosts, IdOf>> kept;
    detail::keep_best<detail::ids_of<Hosts, IdOf>::has_id, Build>(kept, k, [&](auto& places) {
        detail::enter_eligible(hosts, metrics, policy, rules, id_of, places);
    });
    return kept;
}

/// Passes the verdict on every host, in the order of the range, to `visit(host, position,
/// verdict)`: who was passed over and why, with the same judgement that selection goes by.
///
///     for_each_verdict(ids, metrics, [](int id, std::size_t, verdict const& v) { log(id, v); });
template <class Hosts, class Source, class Visit, class Policy = score_policy,
          class Rules = limits, class Build = detail::this_build>
    requires selectable<Hosts, Source, Policy, Rules, detail::automatic_id> &&
             std::invocable<Visit&, detail::element_of<Hosts> const&, std::size_t, verdict const&>
constexpr void for_each_verdict(Hosts&& hosts, Source const& metrics, Visit visit,
                                Policy const& policy = {}, Rules const& rules = {}) {
    detail::judge_each<verdict>(hosts, metrics, policy, rules, visit);
}

}  // namespace hostpick
