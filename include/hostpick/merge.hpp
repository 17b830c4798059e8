// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/top.hpp>
#include <hostpick/select.hpp>

#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>
#include <vector>

namespace hostpick {
namespace detail {

template <class Shards, class Places>
constexpr void enter_choices(Shards const& shards, Places& places) {
    for (auto const& shard : shards)
        for (auto const& choice : shard)
            places.enter(candidate<decltype((choice.host))>{choice.host, choice.step, choice.score,
                                                            choice.latency_ms, choice.index});
}

/// Choices that were made in several parts.
template <class Shards>
using shard_choice = std::remove_cvref_t<decltype(*std::begin(*std::begin(std::declval<Shards&>())))>;

}  // namespace detail

/// The best of the choices that were made among parts of the hosts, by threads, processes or
/// coordinators, best first, written into the caller's span; gives the part of it that was filled.
///
/// Where each part gave its `k` best by the same policy, these are the `k` best of the whole, for the
/// same reason that a league's champion is its division's. A host that is in several parts counts
/// once, as the best of them. `index` stays the position in its part. O(n log k) for n choices, in
/// whatever order; where ids repeat and `k` is above 16, up to k times that in the worst case. Choices have ids: positions in different parts would be taken for one host.
///
///     std::vector<std::vector<host_choice<int>>> parts = ask_all_coordinators();
///     for (auto const& choice : merge_top_hosts(parts, room)) invite(choice.host);
template <std::ranges::forward_range Shards, class Build = detail::this_build>
    requires std::ranges::forward_range<std::ranges::range_reference_t<Shards const>>
constexpr std::span<detail::shard_choice<Shards const>> merge_top_hosts(
    Shards const& shards,
    std::type_identity_t<std::span<detail::shard_choice<Shards const>>> room) {
    detail::filled_span<detail::shard_choice<Shards const>> kept{room};
    detail::keep_best<true, Build>(kept, room.size(),
                            [&](auto& places) { detail::enter_choices(shards, places); });
    return room.first(kept.size());
}

/// The same in a vector.
///
///     for (auto const& choice : merge_top_hosts(parts, 3)) invite(choice.host);
template <std::ranges::forward_range Shards, class Build = detail::this_build>
    requires std::ranges::forward_range<std::ranges::range_reference_t<Shards const>>
[[nodiscard]] constexpr std::vector<detail::shard_choice<Shards const>> merge_top_hosts(
    Shards const& shards, std::size_t k) {
    std::vector<detail::shard_choice<Shards const>> kept;
    detail::keep_best<true, Build>(kept, k, [&](auto& places) { detail::enter_choices(shards, places); });
    return kept;
}

}  // namespace hostpick
