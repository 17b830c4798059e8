// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/candidates.hpp>
#include <hostpick/select.hpp>
#include <hostpick/select_party.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace hostpick {

namespace detail {

/// The last step of SplitMix64 (Steele, Lea and Flood 2014): every bit of the result depends on
/// every bit of `x`.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ x >> 30) * 0xBF58'476D'1CE4'E5B9u;
    x = (x ^ x >> 27) * 0x94D0'49BB'1331'11EBu;
    return x ^ x >> 31;
}

/// A digest of numbers in their order, which says the same on every machine.
class digest {
public:
    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }

    template <std::integral T>
    constexpr void add(T x) noexcept {
        value_ = mixed((value_ ^ static_cast<std::uint64_t>(x)) + 0x9E37'79B9'7F4A'7C15u);
    }
    template <class T>
        requires std::is_enum_v<T>
    constexpr void add(T x) noexcept {
        add(static_cast<std::underlying_type_t<T>>(x));
    }
    /// One zero, and one NaN.
    template <real R>
    constexpr void add(R x) noexcept {
        double const wide = is_finite(x) ? static_cast<double>(x) : 0;
        auto const bits = std::bit_cast<std::uint64_t>(wide);
        add(is_finite(x) ? 1 : is_nan(x) ? 2 : 3);
        add(bits == sign_bit<double> ? 0 : bits);
    }
    constexpr void add(std::string_view text) noexcept {
        add(text.size());
        for (char const c : text) add(static_cast<unsigned char>(c));
    }
    template <real R>
    constexpr void add(field_reading<R> const& f) noexcept {
        add(f.state);
        if (f.measured()) add(f.value);
        // Of what is invalid it matters whether it is infinite or negative.
        if (f.state == field_state::invalid) add(std::bit_cast<bits_of<R>>(f.value) < sign_bit<R>);
    }
    template <real R>
    constexpr void add(metrics_reading<R> const& m) noexcept {
        add(m.failed);
        if (m.failed) return;  // it outweighs every field
        add(m.latency_ms), add(m.bandwidth_mbps), add(m.packet_loss), add(m.jitter_ms);
    }
    template <real R, bool HigherIsBetter>
    constexpr void add(ramp_line<R, HigherIsBetter> const& l) noexcept {
        add(l.worst), add(l.low), add(l.high), add(l.slope), add(l.points);
    }
    template <real R>
    constexpr void add(policy_lines<R> const& l) noexcept {
        add(l.latency_ms), add(l.bandwidth_mbps), add(l.packet_loss), add(l.jitter_ms);
        add(l.combine);
    }
    /// The limits of the steps that the waiting time has reached.
    template <real R, std::size_t MaxSteps>
    constexpr void add(ready_constraints<R, MaxSteps> const& c) noexcept {
        add(c.valid());
        add(c.size());
        for (std::size_t n = 0; n < c.size(); ++n) {
            auto const& s = c.step(n);
            add(s.max_latency_ms), add(s.max_packet_loss), add(s.max_jitter_ms);
            add(s.min_bandwidth_mbps), add(s.min_score);
        }
    }

private:
    std::uint64_t value_ = 0;
};

/// An id that is the same number, or the same text, for every peer; an address is not.
template <class Id>
concept portable_id = std::integral<Id> || std::is_enum_v<Id> ||
                      (text<Id> && !std::is_pointer_v<Id>);

template <portable_id Id>
constexpr void add_id(digest& to, Id const& id) noexcept {
    if constexpr (text<Id>) to.add(std::string_view{id});
    else to.add(id);
}

}  // namespace detail

/// A number that stands for all that a choice depends on. Peers whose fingerprints are equal make
/// the same choice, but for one chance in 2^64; where they differ, so do their inputs.
///
/// It covers the ids and the metrics as they are read, in any order of the hosts; the policy and
/// its ceiling; the limits that the waiting time has reached, whatever that time is. Of a predicate
/// and of a policy that is not ramps it covers the answers on each host, not the function itself. A
/// failed host has failed, whatever else is known of it. It does not cover the positions of hosts,
/// which only matter where they have no id; nor is it proof against somebody who wants two inputs
/// to collide. A host that is listed twice counts twice. Ids are integers, enumerators or text:
/// project others to one with `id_of`. The same on every platform, though the answers of the
/// caller's own functions may not be. O(n), no allocation.
///
///     send(inputs_fingerprint(ids, metrics));
template <class Hosts, class Source = detail::itself, class Policy = score_policy,
          class Rules = limits, class IdOf = detail::default_id<Hosts, Source>,
          class Build = detail::this_build>
    requires selectable<Hosts, Source, Policy, Rules, IdOf> &&
             detail::portable_id<typename detail::ids_of<Hosts, IdOf>::type>
[[nodiscard]] constexpr std::uint64_t inputs_fingerprint(Hosts&& hosts, Source const& metrics = {},
                                                         Policy const& policy = {},
                                                         Rules const& rules = {},
                                                         IdOf const& id_of = {}) {
    using ids = detail::ids_of<Hosts, IdOf>;
    using metrics_type = detail::metrics_from<Source, detail::element_of<Hosts>>;
    using ready = detail::ready_policy<Policy, metrics_type>;
    using real_type = typename ready::real_type;
    constexpr bool ramps = std::derived_from<ready, detail::ready_ramps<real_type>>;
    ready const judge_by{policy};
    detail::ready_rules<Rules, real_type> const within{rules};

    std::uint64_t sum = 0;
    std::size_t count = 0;
    for (auto const& host : hosts) {
        detail::digest one;
        detail::add_id(one, typename ids::type(ids::get(host, id_of, count++)));
        if (detail::excludes(rules, host)) {
            one.add(exclusion::excluded);
        } else if (auto const known = detail::find_metrics(metrics, host); !known) {
            one.add(exclusion::no_metrics);
        } else {
            auto const reading = detail::read_metrics<real_type>(*known);
            one.add(exclusion::none);
            one.add(reading);
            if constexpr (!ramps) {
                auto const s = detail::rank(reading, *known, judge_by, within);
                one.add(s.reason), one.add(s.score);
            }
        }
        sum += one.value();
    }
    detail::digest all;
    all.add(sum), all.add(count);
    all.add(judge_by.valid()), all.add(judge_by.ceiling_ms());
    if constexpr (ramps) all.add(judge_by.ramps().lines());
    all.add(within);
    return all.value();
}

/// The same for a party, whose players may come in any order too; equal weights are as good as
/// none. Where the party, the policy or the constraints make no sense, it is always the same
/// number.
template <class Id, class Real, class Rules = limits, class Build = detail::this_build>
    requires detail::rules_for<Rules, Id> && detail::portable_id<Id>
[[nodiscard]] std::uint64_t inputs_fingerprint(party<Id, Real> const& group,
                                               party_policy const& policy = {},
                                               Rules const& rules = {}) {
    detail::ready_rules<Rules, Real> const within{rules};
    detail::digest all;
    if (group.error() || policy.error() || !within.valid()) return all.value();
    detail::party_judge<Build, party<Id, Real>, party_policy> const judge{group, policy};
    std::uint64_t sum = 0;
    for (std::size_t host = 0; host < group.hosts(); ++host) {
        std::uint64_t players = 0;
        for (std::size_t player = 0; player < group.players; ++player) {
            if (judge.weight(player) == 0) continue;  // somebody who watches
            std::size_t const cell = player * group.hosts() + host;
            detail::digest one;
            one.add(judge.weight(player));
            for (auto const& matrix : {group.latency_ms, group.packet_loss, group.jitter_ms})
                if (!matrix.empty()) one.add(detail::read_field<Real>(matrix[cell]));
            players += one.value();
        }
        detail::digest one;
        Id const id = group.id_at(host);
        detail::add_id(one, id);
        one.add(players), one.add(detail::excludes(rules, id));
        if (!group.host_scores.empty()) one.add(group.host_scores[host]);
        sum += one.value();
    }
    all.add(sum), all.add(group.hosts());
    all.add(!group.packet_loss.empty()), all.add(!group.jitter_ms.empty());
    all.add(!group.host_scores.empty());
    all.add(policy.value), all.add(policy.quantile), all.add(policy.spread_weight);
    all.add(policy.ms_per_jitter_ms), all.add(policy.ms_per_percent_lost);
    all.add(policy.ms_per_point), all.add(policy.max_missing), all.add(policy.latency_ceiling_ms);
    all.add(within);
    return all.value();
}

}  // namespace hostpick
