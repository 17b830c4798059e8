// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/detail/party_cells.hpp>
#include <hostpick/detail/ready.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/policy.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>

namespace hostpick {

/// The players of one session and the hosts that it could run on, with the caller's own numbers:
/// nothing of them is copied.
///
/// A matrix has a row for each player, with a number for each host: the round trip between the two.
/// NaN, a negative number, and an infinite one are missing. Hosts may be the players themselves; then
/// the cell of a player and itself is 0. Loss (a ratio) and jitter are matrices of the same shape, or
/// empty. `weights` has a number a player, `host_scores` and `ids` have one a host, or are empty:
/// then all players count the same, all hosts are as good, and a host is its position.
///
///     // two players, three hosts
///     std::array<float, 6> const rtt_ms{20, 35, 80,
///                                       90, 40, 15};
///     auto const best = select_best_host(party<>{.latency_ms = rtt_ms, .players = 2});
///     // best->host == 1: nobody is further than 40 ms
template <class Id = std::size_t, class Real = float>
struct party {
    static_assert(detail::real<Real>, "metrics are float or double");
    std::span<Real const> latency_ms;
    std::size_t players = 0;
    std::span<Real const> packet_loss{};
    std::span<Real const> jitter_ms{};
    std::span<double const> weights{};      ///< of 0: somebody who watches
    std::span<double const> host_scores{};  ///< 0 to 100, of whatever else makes a host good
    std::span<Id const> ids{};

    using id_type = Id;
    using real_type = Real;

    [[nodiscard]] constexpr std::size_t hosts() const noexcept {
        return players == 0 ? 0 : latency_ms.size() / players;
    }
    [[nodiscard]] constexpr Id id_at(std::size_t host) const {
        if constexpr (std::integral<Id>)
            if (ids.empty()) return static_cast<Id>(host);
        return ids[host];
    }

    /// The first thing that is wrong with the shapes and the weights, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        auto const fits = [](auto const& span, std::size_t size) {
            return span.empty() || span.size() == size;
        };
        std::size_t const cells = players * hosts();
        if (latency_ms.size() != cells) return setting_error{"latency_ms", "a row for each player"};
        if (!fits(packet_loss, cells)) return setting_error{"packet_loss", "empty, or as latency_ms"};
        if (!fits(jitter_ms, cells)) return setting_error{"jitter_ms", "empty, or as latency_ms"};
        if (!fits(weights, players)) return setting_error{"weights", "empty, or one for each player"};
        if (!fits(host_scores, hosts()))
            return setting_error{"host_scores", "empty, or one for each host"};
        if (ids.size() != hosts() && !(std::integral<Id> && ids.empty()))
            return setting_error{"ids", "one for each host"};
        double sum = 0;
        for (double const w : weights) {
            if (!detail::is_quantity(w) || w > detail::most_weight)
                return setting_error{"weights", "from 0 to 1000"};
            sum += w;
        }
        if (!weights.empty() && !(sum > 0)) return setting_error{"weights", "not all zero"};
        return std::nullopt;
    }
};

/// What of its players' delays makes a host good for a party.
enum class party_value : unsigned char {
    worst,            ///< the player who is worst off
    quantile,         ///< the player at `quantile`, by nearest rank: 0.5 is the median
    mean,             ///< all of them alike
    mean_and_spread,  ///< the mean and `spread_weight` standard deviations: nobody far from the others
};

/// How hosts are compared for a party, in milliseconds, of which fewer are better.
///
/// A player's delay is the latency, and what jitter and loss add to it. A missing cell, one above the
/// ceiling and one that loses everything count as the ceiling, and a host with more than
/// `max_missing` of them is not eligible. To the value of a host come `ms_per_point` milliseconds for
/// each point of its own score below 100.
///
///     party_policy const fair{.value = party_value::mean_and_spread, .ms_per_jitter_ms = 2};
struct party_policy {
    party_value value = party_value::worst;
    double quantile = 0.75;
    double spread_weight = 1;
    double ms_per_jitter_ms = 0;
    double ms_per_percent_lost = 0;
    double ms_per_point = 0;
    std::size_t max_missing = 0;
    double latency_ceiling_ms = default_latency_ceiling_ms;

    friend constexpr bool operator==(party_policy const&, party_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        constexpr char const* factor = "from 0 to 1000";
        auto const is_factor = [](double x) { return detail::is_quantity(x) && x <= 1000; };
        if (!detail::is_quantity(quantile) || quantile > 1)
            return setting_error{"quantile", "from 0 to 1"};
        if (!is_factor(spread_weight)) return setting_error{"spread_weight", factor};
        if (!is_factor(ms_per_jitter_ms)) return setting_error{"ms_per_jitter_ms", factor};
        if (!is_factor(ms_per_percent_lost)) return setting_error{"ms_per_percent_lost", factor};
        if (!is_factor(ms_per_point)) return setting_error{"ms_per_point", factor};
        if (!detail::is_quantity(latency_ceiling_ms) || latency_ceiling_ms > detail::most_cell_ms)
            return setting_error{"latency_ceiling_ms", "from 0 to 10 000 ms"};
        return std::nullopt;
    }
};

/// What a host is to a party: eligible, or why not, and for whom.
struct party_verdict {
    exclusion reason = exclusion::none;
    unsigned step = 0;             ///< of the relaxation, at which all players keep to their limits
    double value_ms = 0;           ///< by which hosts are compared
    double worst_ms = 0;           ///< the delay of the player who is worst off
    std::size_t worst_player = 0;  ///< the first of them; of a host that is not eligible, its reason's
    std::size_t missing = 0;       ///< players whose cell is

    [[nodiscard]] constexpr bool eligible() const noexcept { return reason == exclusion::none; }
    friend constexpr bool operator==(party_verdict const&, party_verdict const&) = default;
};

/// What a host, by its position, is to a party.
///
/// Limits are each player's: a host's step is the one at which every player keeps to them. A missing
/// cell breaks no limit of latency, it is counted; a missing loss or jitter does, where there is a
/// limit. `min_score` is of the host's own score, 0 where it has none. O(players), for a quantile
/// O(players^2).
///
///     auto const v = judge_party_host(group, 3);
///     if (!v.eligible()) log(reason_text(v.reason), v.worst_player);
template <class Id, class Real, class Rules = limits, class Build = detail::this_build>
[[nodiscard]] party_verdict judge_party_host(party<Id, Real> const& group, std::size_t host,
                                             party_policy const& policy = {},
                                             Rules const& rules = {}) {
    detail::ready_rules<Rules, Real> const limited{rules};
    if (policy.error() || group.error() || host >= group.hosts())
        return {.reason = exclusion::invalid_policy};
    if (!limited.valid()) return {.reason = exclusion::invalid_constraints};
    detail::party_judge<Build, party<Id, Real>, party_policy> const judge{group, policy};
    return judge.template verdict<party_verdict>(host, limited);
}

}  // namespace hostpick
