// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/lots.hpp>
#include <hostpick/detail/real.hpp>
#include <hostpick/policy.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hostpick {

/// Which hosts are nearly as good as the best, and how much they are wanted: the best has the
/// weight 1, one that is `margin` points below it `edge_weight`, linear between, and worse ones
/// none. A weight is multiplied by the free seats of the host.
///
/// The more sessions come before the load is known again, from coordinators that do not see each
/// other's choices, the wider the margin and the more choices to draw from: for 500 hosts and 250
/// sessions the default and all hosts do, and 16 hosts do not (see bench/quality/load.hpp). With a
/// margin of 0 only ties are spread.
struct spread_policy {
    double margin = 20;
    double edge_weight = 0;  ///< 0 to 1
    friend constexpr bool operator==(spread_policy const&, spread_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    template <class Build = detail::this_build>
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        if (!detail::is_quantity(margin)) return setting_error{"margin", "finite, not negative"};
        if (!detail::is_quantity(edge_weight) || edge_weight > 1)
            return setting_error{"edge_weight", "from 0 to 1"};
        return std::nullopt;
    }
};

/// A number for an id that is the same in every program: of whole numbers and enumerators, their
/// value; of text, FNV-1a over its bytes. Other ids need a function of the caller's.
///
///     select_spread_host(choices, seed + stable_hash{}(session_name));
struct stable_hash {
    template <class Id>
        requires std::integral<Id> || std::is_enum_v<Id> ||
                 std::convertible_to<Id const&, std::string_view>
    [[nodiscard]] constexpr std::uint64_t operator()(Id const& id) const noexcept {
        if constexpr (std::same_as<Id, char>) {  // which is signed here and unsigned there
            return static_cast<unsigned char>(id);
        } else if constexpr (std::integral<Id> || std::is_enum_v<Id>) {
            return static_cast<std::uint64_t>(id);
        } else {
            std::uint64_t hash = 0xCBF2'9CE4'8422'2325u;
            for (char const c : std::string_view{id})
                hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3u;
            return hash;
        }
    }
};

/// The `room` of a choice where it has one, else 1.
struct room_of_choice {
    template <class Choice>
    [[nodiscard]] constexpr auto operator()(Choice const& choice) const noexcept {
        if constexpr (requires { choice.room; }) return choice.room;
        else return 1;
    }
};

/// The type of what is chosen from a range of choices.
template <class Choices>
using spread_choice = std::remove_cvref_t<decltype(*std::begin(std::declval<Choices const&>()))>;

/// A range of choices, as `select_top_hosts` gives them: each has a `host` and a `score`. A `step`
/// and a `latency_ms` count where there are any.
template <class Choices, class RoomOf, class HashOf>
concept spreadable = requires(Choices const& choices, spread_choice<Choices> const& c,
                              RoomOf const& room_of, HashOf const& hash_of) {
    requires std::is_lvalue_reference_v<decltype(*std::begin(choices))>;
    { c.score } -> std::convertible_to<double>;
    { c.host == c.host } -> std::convertible_to<bool>;
    { c.host < c.host } -> std::convertible_to<bool>;
    requires std::integral<std::remove_cvref_t<decltype(std::invoke(room_of, c))>>;
    { std::invoke(hash_of, c.host) } -> std::convertible_to<std::uint64_t>;
} && std::copyable<spread_choice<Choices>>;

namespace detail {

template <class Choice>
HOSTPICK_INLINE [[nodiscard]] constexpr auto step_of(Choice const& choice) noexcept {
    if constexpr (requires { choice.step; }) return choice.step;
    else return 0;
}

/// As hosts of one step rank: the higher score, the lower latency, the smaller id.
template <class Choice>
HOSTPICK_INLINE [[nodiscard]] constexpr bool is_better(Choice const& a, Choice const& b) {
    if (a.score != b.score) return a.score > b.score;
    if constexpr (requires { a.latency_ms; })
        if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
    return a.host < b.host;
}

inline constexpr std::uint64_t most_room = 16383;

/// A choice with what decides in the race: it takes `log` / `weight` of time.
template <class Choice>
struct racer {
    Choice const* choice = nullptr;
    std::uint64_t log = 0, weight = 0;  // at most 2^38 and 2^24: their product fits

    HOSTPICK_INLINE [[nodiscard]] constexpr bool is_before(racer const& other) const {
        if (other.choice == nullptr) return true;
        std::uint64_t const here = log * other.weight, there = other.log * weight;
        return here != there ? here < there : is_better(*choice, *other.choice);
    }
};

/// The first ones of a race, which each choice wins with a probability in proportion to its weight.
template <std::size_t Places, class Build, class Choices, class RoomOf, class HashOf>
[[nodiscard]] constexpr auto race(Choices const& choices, std::uint64_t seed,
                                  spread_policy const& policy, RoomOf const& room_of,
                                  HashOf const& hash_of) {
    using racer = detail::racer<spread_choice<Choices>>;
    std::array<racer, Places> first{};
    if (policy.error()) return first;
    auto const runs = [&](auto const& c) {
        return is_finite(static_cast<double>(c.score)) && std::invoke(room_of, c) > 0;
    };
    spread_choice<Choices> const* best = nullptr;
    for (auto const& c : choices)
        if (runs(c) && (best == nullptr || step_of(c) < step_of(*best) ||
                        (step_of(c) == step_of(*best) && c.score > best->score)))
            best = &c;
    if (best == nullptr) return first;
    std::uint64_t const key = splitmix64{seed}.next();
    for (auto const& c : choices) {
        double const behind = static_cast<double>(best->score) - static_cast<double>(c.score);
        if (!runs(c) || step_of(c) != step_of(*best) || behind > policy.margin) continue;
        double const closeness = behind > 0 ? 1 - behind / policy.margin : 1;
        double const wanted = policy.edge_weight + rounded((1 - policy.edge_weight) * closeness);
        std::uint64_t const id = splitmix64{std::invoke(hash_of, c.host)}.next();
        std::uint64_t const drawn = splitmix64{key ^ id}.next();
        auto const seats = static_cast<std::uint64_t>(std::invoke(room_of, c));
        std::uint64_t const weight =
            (1 + static_cast<std::uint64_t>(1023 * wanted)) * smaller(seats, most_room);
        racer& last = first[Places - 1];
        if (last.choice != nullptr && least_minus_log2(drawn) * last.weight > last.log * weight)
            continue;
        racer const r{&c, minus_log2(drawn), weight};
        if (first[0].choice != nullptr && c.host == first[0].choice->host) {
            if (r.is_before(first[0])) first[0] = r;
        } else if (r.is_before(first[0])) {
            if constexpr (Places > 1) first[1] = first[0];
            first[0] = r;
        } else if (Places > 1 && r.is_before(last)) {
            last = r;
        }
    }
    return first;
}

}  // namespace detail

/// One of the hosts that are nearly as good as the best, by lot, so that sessions which arrive
/// together do not all go to one host; nothing where there is none with a free seat.
///
/// The lots are weighted as `policy` says, among the choices of the best one's relaxation step.
/// `room_of` gives a choice's free seats: by default its member `room`, else 1; what has none, or a
/// score that is not finite, is passed over, and more than 16 383 seats count as so many. Settings
/// that make no sense (`error()`) choose nobody.
///
/// `seed` is the caller's seed plus the number of the session. The same seed and hosts give the
/// same choice everywhere and in any order; a repeated id counts once. Where a host is lost, or its
/// weight falls, only sessions that had it choose again, and where one is added only those that get
/// it change, as long as the best score stays: weighted rendezvous hashing. O(n), no allocation.
///
/// Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998; weights
/// by the first of exponential times, Efraimidis and Spirakis, "Weighted random sampling with a
/// reservoir", 2006.
///
///     auto const top = select_top_hosts(ids, metrics, 200);
///     auto const seats = [&](auto const& choice) { return book.free_seats(choice.index); };
///     if (auto const host = select_spread_host(top, seed + session, {}, seats))
///         book.reserve(host->index, now);
template <class Choices, class RoomOf = room_of_choice, class HashOf = stable_hash,
          class Build = detail::this_build>
    requires spreadable<Choices, RoomOf, HashOf>
[[nodiscard]] constexpr std::optional<spread_choice<Choices>> select_spread_host(
    Choices const& choices, std::uint64_t seed, spread_policy const& policy = {},
    RoomOf const& room_of = {}, HashOf const& hash_of = {}) {
    auto const first = detail::race<1, Build>(choices, seed, policy, room_of, hash_of);
    if (first[0].choice == nullptr) return std::nullopt;
    return *first[0].choice;
}

/// The better of two hosts that are drawn as `select_spread_host` does: the power of two choices.
/// Nothing where there is none, and the only one where there is one.
///
/// It leans towards the best host, and so needs scores that fall as hosts fill. Source:
/// Mitzenmacher, "The power of two choices in randomized load balancing", 2001.
///
///     select_host_of_two(top, seed + session, {.margin = 100, .edge_weight = 1});
template <class Choices, class RoomOf = room_of_choice, class HashOf = stable_hash,
          class Build = detail::this_build>
    requires spreadable<Choices, RoomOf, HashOf>
[[nodiscard]] constexpr std::optional<spread_choice<Choices>> select_host_of_two(
    Choices const& choices, std::uint64_t seed, spread_policy const& policy = {},
    RoomOf const& room_of = {}, HashOf const& hash_of = {}) {
    auto const [a, b] = detail::race<2, Build>(choices, seed, policy, room_of, hash_of);
    if (a.choice == nullptr) return std::nullopt;
    return b.choice != nullptr && detail::is_better(*b.choice, *a.choice) ? *b.choice : *a.choice;
}

/// Two different positions below `count`, each pair as likely, where there are too many hosts to
/// judge them all; the same position twice of 1, nothing of 0. O(1).
///
///     auto const [a, b] = *draw_two(hosts.size(), seed + session);
///     auto const host = score_of(hosts[b]) > score_of(hosts[a]) ? b : a;
template <class Build = detail::this_build>
[[nodiscard]] constexpr std::optional<std::array<std::size_t, 2>> draw_two(
    std::size_t count, std::uint64_t seed) noexcept {
    if (count == 0) return std::nullopt;
    if (count == 1) return std::array<std::size_t, 2>{0, 0};
    detail::splitmix64 random{seed};
    auto const a = static_cast<std::size_t>(detail::draw_below(random, count));
    auto const b = static_cast<std::size_t>(detail::draw_below(random, count - 1));
    return std::array{a, b + (b >= a ? 1u : 0u)};
}

}  // namespace hostpick
