// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/column_blocks.hpp>
#include <hostpick/select_table.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace hostpick {

/// Columns of metrics that the caller keeps, a number a host: nothing of them is copied.
///
/// There are as many hosts as latencies. NaN is a missing number, as is one beyond the end of a
/// shorter column (an empty one is missing of every host); an infinite latency is a host that
/// failed. Without ids a host is its position. Ids are all different, as many as the hosts: one
/// that has none cannot be chosen.
///
///     std::vector<float> rtt_ms = ..., loss = ...;
///     auto best = select_best_host(host_columns<>{.latency_ms = rtt_ms, .packet_loss = loss});
///     if (best) connect(servers[best->index]);
template <class Id = std::size_t, class Real = float>
struct host_columns {
    static_assert(detail::real<Real>, "metrics are float or double");
    std::span<Real const> latency_ms;
    std::span<Real const> bandwidth_mbps{};
    std::span<Real const> packet_loss{};
    std::span<Real const> jitter_ms{};
    std::span<Id const> ids{};

    using id_type = Id;
    using real_type = Real;

    HOSTPICK_INLINE [[nodiscard]] constexpr std::size_t rows() const noexcept {
        if (std::integral<Id> && ids.empty()) return latency_ms.size();
        return detail::smaller(latency_ms.size(), ids.size());
    }
    HOSTPICK_INLINE [[nodiscard]] constexpr decltype(auto) id_at(std::size_t row) const noexcept {
        if constexpr (std::integral<Id>)
            return ids.empty() ? static_cast<Id>(row) : ids[row];
        else return (ids[row]);
    }
    /// As far as it is known, and as a `host_table` keeps it.
    HOSTPICK_INLINE [[nodiscard]] constexpr network_metrics<Real> metrics_at(std::size_t row) const noexcept {
        network_metrics<Real> m;
        auto const set = [row](std::optional<Real>& field, std::span<Real const> column)
                             HOSTPICK_INLINE_LAMBDA {
            if (row < column.size()) field = column[row];
        };
        set(m.latency_ms, latency_ms), set(m.bandwidth_mbps, bandwidth_mbps);
        set(m.packet_loss, packet_loss), set(m.jitter_ms, jitter_ms);
        if (m.latency_ms == kept::most) m.latency_ms = kept::largest;
        return m;
    }
    /// Of a host that has one.
    HOSTPICK_INLINE [[nodiscard]] constexpr Real latency_at(std::size_t row) const noexcept {
        return latency_ms[row] > 0 ? detail::smaller(latency_ms[row], kept::largest) : Real{0};
    }

private:
    using kept = detail::stored<Real>;
};

namespace detail {

template <class Build, class Id, class R>
[[nodiscard]] column_blocks<Build, host_columns<Id, R>> scan_of(
    Build, host_columns<Id, R> const& columns, compiled_policy<R> const& ramps,
    ready_limits<R> const& limits) noexcept {
    return {columns, ramps, limits};
}

}  // namespace detail

/// The best of the hosts in columns, or nothing where none is eligible: as `select_best_host` of a
/// `host_table` with the same numbers. `index` is the position. O(hosts), one pass and a little
/// more.
///
///     select_best_host(host_columns<>{.latency_ms = rtt_ms}, latency_only, {.max_latency_ms = 80})
template <class Id, class Real, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits, class Build = detail::this_build>
[[nodiscard]] std::optional<host_choice<Id>> select_best_host(host_columns<Id, Real> const& columns,
                                                              Policy const& policy = {},
                                                              Rules const& rules = {}) {
    detail::one_place<host_choice<Id>> place;
    detail::choose_rows<Build>(detail::best_isa(), columns, policy, rules, 1, place);
    return std::move(place.choice);
}

/// The best of the hosts in columns, as many as the caller's span has room for, best first; gives
/// the part of it that was filled.
///
///     for (auto const& choice : select_top_hosts(columns, room)) invite(choice.host);
template <class Id, class Real, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits, class Build = detail::this_build>
std::span<host_choice<Id>> select_top_hosts(host_columns<Id, Real> const& columns,
                                            std::type_identity_t<std::span<host_choice<Id>>> room,
                                            Policy const& policy = {}, Rules const& rules = {}) {
    detail::filled_span<host_choice<Id>> kept{room};
    detail::choose_rows<Build>(detail::best_isa(), columns, policy, rules, room.size(), kept);
    return room.first(kept.size());
}

/// The `k` best of the hosts in columns in a vector, best first.
///
///     for (auto const& choice : select_top_hosts(columns, 3)) invite(choice.host);
template <class Id, class Real, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits, class Build = detail::this_build>
[[nodiscard]] std::vector<host_choice<Id>> select_top_hosts(host_columns<Id, Real> const& columns,
                                                            std::size_t k,
                                                            Policy const& policy = {},
                                                            Rules const& rules = {}) {
    std::vector<host_choice<Id>> kept;
    detail::choose_rows<Build>(detail::best_isa(), columns, policy, rules, k, kept);
    return kept;
}

}  // namespace hostpick
