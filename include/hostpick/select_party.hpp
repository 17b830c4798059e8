// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/candidates.hpp>
#include <hostpick/detail/party_block.hpp>
#include <hostpick/party.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace hostpick {

/// A host that was chosen for a party.
template <class Id>
struct party_choice {
    Id host{};
    unsigned step = 0;             ///< of the relaxation
    double value_ms = 0;           ///< by which hosts are compared
    double worst_ms = 0;           ///< the delay of the player who is worst off
    std::size_t worst_player = 0;  ///< the first of them
    std::size_t missing = 0;       ///< players whose cell is
    std::size_t index = 0;         ///< of the host

    friend constexpr bool operator==(party_choice const&, party_choice const&) = default;
};

namespace detail {

/// Whether `a` is chosen before `b`: the earlier step, then the lower value, then the better off is
/// the player who is worst off, then the smaller id.
template <class Choice>
HOSTPICK_INLINE [[nodiscard]] constexpr bool party_ranks_before(Choice const& a, Choice const& b) {
    if (a.step != b.step) return a.step < b.step;
    if (a.value_ms != b.value_ms) return a.value_ms < b.value_ms;
    if (a.worst_ms != b.worst_ms) return a.worst_ms < b.worst_ms;
    return a.host == b.host ? a.index < b.index : a.host < b.host;
}

/// The best so far, best first, in the caller's room; of hosts of one site only the best.
template <class Build, class Choice, class Site>
class party_places {
public:
    constexpr party_places(std::span<Choice> room, Site const& site) noexcept
        : room_{room}, site_{site} {}

    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    /// The value that a host must not exceed to be of interest, where only the value decides.
    [[nodiscard]] constexpr std::optional<double> bar_ms() const noexcept {
        if (size_ < room_.size() || room_[size_ - 1].step > 0) return std::nullopt;
        return room_[size_ - 1].value_ms;
    }
    constexpr void enter(Choice const& choice) {
        std::size_t place = size_;
        while (place > 0 && party_ranks_before(choice, room_[place - 1])) --place;
        std::size_t last = size_;  // where somebody leaves
        if constexpr (!std::is_same_v<Site, std::identity>) {
            for (std::size_t n = 0; n < size_; ++n)
                if (site_(room_[n].index) == site_(choice.index)) last = n;
            if (last < place) return;
        }
        if (last == size_) {
            if (place == room_.size()) return;
            if (size_ < room_.size()) ++size_;
            last = size_ - 1;
        }
        for (; last > place; --last) room_[last] = std::move(room_[last - 1]);
        room_[place] = choice;
    }

private:
    std::span<Choice> room_;
    Site const& site_;
    std::size_t size_ = 0;
};

}  // namespace detail

/// The best hosts for a party, as many as the caller's span has room for, best first; gives the part
/// of it that was filled.
///
/// Hosts rank by the relaxation step at which all players keep to their limits, then by the value of
/// the policy, then by the player who is worst off, then by id. The predicate of constraints gets
/// ids. Backups may be asked to be diverse: `site` gives the key (a place, a network, an owner) of
/// the host at a position, and of the hosts of one key only the best is there. Settings that make no
/// sense (`error()`) choose nobody. O(hosts * players), and O(k) for each host that takes a place.
///
///     std::array<party_choice<std::size_t>, 3> room;
///     auto const site = [&](std::size_t host) { return servers[host].data_center; };
///     for (auto const& choice : select_top_hosts(group, room, {}, {}, site)) invite(choice);
template <class Id, class Real, class Rules = limits, class Site = std::identity,
          class Build = detail::this_build>
    requires detail::rules_for<Rules, Id>
std::span<party_choice<Id>> select_top_hosts(
    party<Id, Real> const& group, std::type_identity_t<std::span<party_choice<Id>>> room,
    party_policy const& policy = {}, Rules const& rules = {}, Site const& site = {}) {
    detail::ready_rules<Rules, Real> const limited{rules};
    if (room.empty() || policy.error() || group.error() || !limited.valid()) return room.first(0);
    detail::party_judge<Build, party<Id, Real>, party_policy> const judge{group, policy};
    detail::party_places<Build, party_choice<Id>, Site> places{room, site};
    Real const worst_allowed_ms = limited.step(limited.size() - 1).max_latency_ms;
    auto const consider = [&](std::size_t host) {
        auto const v = judge.template verdict<party_verdict>(host, limited);
        if (!v.eligible() || detail::excludes(rules, group.id_at(host))) return;
        places.enter({group.id_at(host), v.step, v.value_ms, v.worst_ms, v.worst_player, v.missing,
                      host});
    };
    detail::for_each_promising<Build>(group, policy, judge, worst_allowed_ms, places, consider);
    return room.first(places.size());
}

/// The best host for a party, or nothing where none is eligible.
///
///     if (auto best = select_best_host(group, {.value = party_value::mean}, {.max_latency_ms = 120}))
///         start(best->host);
template <class Id, class Real, class Rules = limits, class Build = detail::this_build>
    requires detail::rules_for<Rules, Id>
[[nodiscard]] std::optional<party_choice<Id>> select_best_host(
    party<Id, Real> const& group, party_policy const& policy = {}, Rules const& rules = {}) {
    party_choice<Id> best{};
    if (select_top_hosts(group, std::span{&best, 1}, policy, rules).empty()) return std::nullopt;
    return best;
}

}  // namespace hostpick
