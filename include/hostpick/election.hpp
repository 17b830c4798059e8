// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/decide.hpp>
#include <hostpick/decision.hpp>
#include <hostpick/describe_decision.hpp>
#include <hostpick/detail/candidates.hpp>
#include <hostpick/select_party.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

// An election without a coordinator: every peer makes the same choice from the same inputs, so
// nobody has to be believed. A peer that announces another host is told why it is wrong, and two
// peers that do not agree compare the fingerprints of their inputs: see inputs_fingerprint.hpp.
namespace hostpick {

/// What there is to say about the host that a peer announced.
enum class announcement : unsigned char {
    right,              ///< it is the best; or nobody was announced, and nobody is eligible
    not_among_hosts,    ///< it is none of the hosts
    nobody_eligible,    ///< a host was announced, and nobody is eligible
    not_eligible,       ///< it may not be chosen
    another_is_better,  ///< it might be chosen, and is not the best
    nobody_announced,   ///< though somebody is eligible
};

/// An announcement in words, as a clause about the host that was announced.
[[nodiscard]] constexpr std::string_view to_text(announcement a) noexcept {
    switch (a) {
        case announcement::right: return "is right";
        case announcement::not_among_hosts: return "is not among the hosts";
        case announcement::nobody_eligible: return "was announced, though no host is eligible";
        case announcement::not_eligible: return "is not eligible";
        case announcement::another_is_better: return "is not the best";
        case announcement::nobody_announced: return "was announced, though a host is eligible";
    }
    return "unknown";
}

/// An announcement as its name.
[[nodiscard]] constexpr std::string_view to_name(announcement a) noexcept {
    switch (a) {
        case announcement::right: return "right";
        case announcement::not_among_hosts: return "not_among_hosts";
        case announcement::nobody_eligible: return "nobody_eligible";
        case announcement::not_eligible: return "not_eligible";
        case announcement::another_is_better: return "another_is_better";
        case announcement::nobody_announced: return "nobody_announced";
    }
    return "unknown";
}

/// By how much one host is before another for a party, in the manner of `margin`.
struct party_margin {
    criterion decided_by = criterion::id;
    int steps = 0;        ///< relaxation steps earlier
    double value_ms = 0;  ///< of the party's policy, lower
    double worst_ms = 0;  ///< nearer to the player who is worst off

    friend constexpr bool operator==(party_margin const&, party_margin const&) = default;
};

namespace detail {

/// Whether the other host is of the same step and within so many points, or milliseconds.
[[nodiscard]] constexpr bool is_within(margin const& m, double points) noexcept {
    return m.steps == 0 && m.points <= points;
}
[[nodiscard]] constexpr bool is_within(party_margin const& m, double ms) noexcept {
    return m.steps == 0 && m.value_ms <= ms;
}

template <class Id>
[[nodiscard]] constexpr party_margin margin_between(judged_host<Id, party_verdict> const& a,
                                                    judged_host<Id, party_verdict> const& b) {
    party_margin m{.steps = static_cast<int>(b.verdict.step) - static_cast<int>(a.verdict.step),
                   .value_ms = b.verdict.value_ms - a.verdict.value_ms,
                   .worst_ms = b.verdict.worst_ms - a.verdict.worst_ms};
    m.decided_by = m.steps != 0                                     ? criterion::step
                   : a.verdict.value_ms != b.verdict.value_ms ? criterion::party_value
                   : a.verdict.worst_ms != b.verdict.worst_ms ? criterion::worst_player
                                                              : criterion::id;
    return m;
}

constexpr void write_lead(text_line& line, party_margin const& lead) noexcept {
    switch (lead.decided_by) {
        case criterion::step:
            line << static_cast<unsigned>(lead.steps) << " relaxation step(s) earlier than ";
            break;
        case criterion::party_value: line << lead.value_ms << " ms better than "; break;
        case criterion::worst_player:
            line << lead.worst_ms << " ms nearer to the player who is worst off than ";
            break;
        default: line << "equal but for the id to ";
    }
}

/// Whether `a` is chosen before `b`, both eligible; of records with one id the first counts.
template <class Given, class Id>
[[nodiscard]] constexpr bool is_before(Given const& id, verdict const& v,
                                       judged_host<Id> const& b) {
    return ranks_before(candidate<Given const&>{id, v.step, v.score, *v.latency_ms, 1},
                        candidate<Id const&>{b.host, b.verdict.step, b.verdict.score,
                                             *b.verdict.latency_ms, 0});
}
template <class Given, class Id>
[[nodiscard]] constexpr bool is_before(Given const& id, party_verdict const& v,
                                       judged_host<Id, party_verdict> const& b) {
    return party_ranks_before(
        party_choice<Id>{Id(id), v.step, v.value_ms, v.worst_ms, 0, 0, 1},
        party_choice<Id>{b.host, b.verdict.step, b.verdict.value_ms, b.verdict.worst_ms});
}

}  // namespace detail

/// What a peer finds of an announced choice, by its own inputs.
template <class Id, class Verdict = verdict>
struct choice_check {
    using margin_type =
        std::conditional_t<std::same_as<Verdict, party_verdict>, party_margin, margin>;

    announcement result = announcement::right;
    /// As announced, and what is known of it: `no_metrics` where it is not among the hosts.
    std::optional<judged_host<Id, Verdict>> announced{};
    std::optional<judged_host<Id, Verdict>> best{};  ///< who should have been
    std::optional<margin_type> behind{};             ///< the best over it, where both may be chosen

    /// Whether the choice is right, or no worse than the best by more than the tolerance: points of
    /// score, for a party milliseconds of its policy's value. Peers that measure by themselves have
    /// slightly different numbers. A host of a later relaxation step is not within any tolerance.
    /// What is no tolerance (NaN, infinite, negative) is 0, with which only the best itself is
    /// accepted.
    ///
    ///     if (!verify_choice(ids, metrics, announced).accepted(2.5)) object();
    [[nodiscard]] constexpr bool accepted(double tolerance = 0) const noexcept {
        if (result == announcement::right) return true;
        return behind && detail::is_quantity(tolerance) && tolerance > 0 &&
               detail::is_within(*behind, tolerance);
    }
    friend constexpr bool operator==(choice_check const&, choice_check const&) = default;
};

namespace detail {

/// Looks at the hosts one by one, in any order.
template <class Build, class Id, class Verdict>
class check_maker {
public:
    constexpr explicit check_maker(std::optional<Id> const& announced) : announced_{announced} {}

    template <class Given>
    constexpr void see(Given const& id, Verdict const& v) {
        if (v.eligible() && (!check_.best || is_before(id, v, *check_.best)))
            check_.best = {Id(id), v};
        if (announced_ && id == *announced_ && counts(id, v)) check_.announced = {Id(id), v};
    }

    [[nodiscard]] constexpr choice_check<Id, Verdict> result() const {
        choice_check<Id, Verdict> c = check_;
        c.result = compare();
        if (announced_ && !c.announced)
            c.announced = {*announced_, {.reason = exclusion::no_metrics}};
        if (c.result == announcement::another_is_better)
            c.behind = margin_between(*c.best, *c.announced);
        return c;
    }

private:
    /// Of a repeated id the best record counts; of several reasons the first there is.
    template <class Given>
    [[nodiscard]] constexpr bool counts(Given const& id, Verdict const& v) const {
        if (!check_.announced) return true;
        Verdict const& known = check_.announced->verdict;
        if (v.eligible() != known.eligible()) return v.eligible();
        return v.eligible() ? is_before(id, v, *check_.announced) : v.reason < known.reason;
    }
    [[nodiscard]] constexpr announcement compare() const {
        if (!announced_) return check_.best ? announcement::nobody_announced : announcement::right;
        if (!check_.announced) return announcement::not_among_hosts;
        if (!check_.best) return announcement::nobody_eligible;
        if (!check_.announced->verdict.eligible()) return announcement::not_eligible;
        return check_.best->host == *announced_ ? announcement::right
                                                : announcement::another_is_better;
    }

    std::optional<Id> const& announced_;
    choice_check<Id, Verdict> check_{};
};

}  // namespace detail

/// Whether the host that another peer announced, or nobody, is the choice that `select_best_host`
/// makes of one's own inputs, and if it is not, why.
///
/// Takes what `select_best_host` takes, and gives the same for hosts in any order. Of a repeated id
/// the best record counts. O(n), no allocation but in copying ids.
///
///     auto const check = verify_choice(ids, metrics, "paris");
///     if (!check.accepted()) object(describe(check));
///     // "paris is not the best: london is 2.00 points ahead of it"
template <class Hosts, class Source = detail::itself, class Policy = score_policy,
          class Rules = limits, class IdOf = detail::default_id<Hosts, Source>,
          class Build = detail::this_build>
    requires selectable<Hosts, Source, Policy, Rules, IdOf> &&
             std::default_initializable<typename detail::ids_of<Hosts, IdOf>::type>
[[nodiscard]] constexpr choice_check<typename detail::ids_of<Hosts, IdOf>::type> verify_choice(
    Hosts&& hosts, Source const& metrics,
    std::optional<typename detail::ids_of<Hosts, IdOf>::type> const& announced,
    Policy const& policy = {}, Rules const& rules = {}, IdOf const& id_of = {}) {
    using ids = detail::ids_of<Hosts, IdOf>;
    detail::check_maker<Build, typename ids::type, verdict> maker{announced};
    detail::judge_each<verdict>(hosts, metrics, policy, rules,
                                [&](auto const& host, std::size_t position, verdict const& v) {
                                    maker.see(ids::get(host, id_of, position), v);
                                });
    return maker.result();
}

/// The same for a party.
///
///     if (!verify_choice(group, announced, fair).accepted(5)) object();  // 5 ms
template <class Id, class Real, class Rules = limits, class Build = detail::this_build>
    requires detail::rules_for<Rules, Id>
[[nodiscard]] choice_check<Id, party_verdict> verify_choice(
    party<Id, Real> const& group, std::type_identity_t<std::optional<Id>> const& announced,
    party_policy const& policy = {}, Rules const& rules = {}) {
    if (group.error()) {
        choice_check<Id, party_verdict> c;
        if (!announced) return c;
        c.result = announcement::nobody_eligible;
        c.announced = {*announced, {.reason = exclusion::invalid_policy}};
        return c;
    }
    detail::check_maker<Build, Id, party_verdict> maker{announced};
    detail::ready_rules<Rules, Real> const limited{rules};
    detail::party_judge<Build, party<Id, Real>, party_policy> const judge{group, policy};
    for (std::size_t host = 0; host < group.hosts(); ++host) {
        Id const id = group.id_at(host);
        maker.see(id, detail::excludes(rules, id)
                          ? party_verdict{.reason = exclusion::excluded}
                      : policy.error()   ? party_verdict{.reason = exclusion::invalid_policy}
                      : !limited.valid() ? party_verdict{.reason = exclusion::invalid_constraints}
                                         : judge.template verdict<party_verdict>(host, limited));
    }
    return maker.result();
}

/// A check as one line of text; ids are shown as `describe` of a decision shows them.
template <class Id, class Verdict>
[[nodiscard]] constexpr text_line describe(choice_check<Id, Verdict> const& c) {
    text_line line;
    if (!c.announced && c.result == announcement::right)
        return line << "nobody was announced, and nobody is eligible";
    if (c.announced) detail::write_id(line, c.announced->host);
    else line << "nobody";
    line << " " << to_text(c.result);
    if (c.announced && c.result == announcement::not_eligible)
        line << ": " << to_text(c.announced->verdict.reason);
    if (c.best && c.result != announcement::right) {
        line << (c.behind ? ": " : "; the best is ");
        detail::write_id(line, c.best->host);
        if (c.behind) {
            line << " is ";
            detail::write_lead(line, *c.behind);
            line << "it";
        }
    }
    return line;
}

}  // namespace hostpick
