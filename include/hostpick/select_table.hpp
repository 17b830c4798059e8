// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/detail/column_scan.hpp>
#include <hostpick/detail/ready.hpp>
#include <hostpick/detail/top.hpp>
#include <hostpick/host_table.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/select.hpp>
#include <hostpick/verdict.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace hostpick {
namespace detail {

template <class Id>
struct scan_id {
    using type = no_id;
};
template <class Id>
    requires(std::integral<Id> || std::is_enum_v<Id>) && (sizeof(Id) == 4 || sizeof(Id) == 8)
struct scan_id<Id> {
    using number = typename std::conditional_t<std::is_enum_v<Id>, std::underlying_type<Id>,
                                               std::type_identity<Id>>::type;
    // By width: `long` and `long long` are one.
    using type = std::conditional_t<
        std::is_signed_v<number>,
        std::conditional_t<sizeof(number) == 4, std::int32_t, std::int64_t>,
        std::conditional_t<sizeof(number) == 4, std::uint32_t, std::uint64_t>>;
};

/// Where the hosts go that a scan passes on: each to its place, if it has one.
template <class Table, class Rules, class Ready, class Places>
class table_sink {
    using real_type = typename Table::real_type;
    using id_type = typename Table::id_type;

public:
    table_sink(Table const& table, Rules const& rules, Ready const& ready, Places& places,
               unsigned step) noexcept
        : table_{table}, rules_{rules}, ready_{ready}, places_{places}, step_{step} {}

    void enter(std::size_t row, real_type score) {
        id_type const& id = table_.id_at(row);
        if (excludes(rules_, id)) return;
        double const points = score > 0 ? static_cast<double>(score) : 0;
        if (step_ > 0 && first_step(row, points) < step_) return;  // it has its place already
        places_.enter(candidate<id_type const&>{
            id, step_, points, static_cast<double>(table_.columns().latency_ms[row]), row});
    }
    [[nodiscard]] bool is_full() const { return places_.worst() != nullptr; }

    /// What comes next must rank before the last of the places.
    template <class ScanId>
    void raise(scan_bar<real_type>& bar, ScanId& id) const {
        auto const* const worst = places_.worst();
        if (worst == nullptr) return;
        bar = {static_cast<real_type>(worst->score), true,
               static_cast<real_type>(worst->latency_ms)};
        if constexpr (!std::same_as<ScanId, no_id>) id = static_cast<ScanId>(worst->host);
    }

private:
    [[nodiscard]] unsigned first_step(std::size_t row, double score) const noexcept {
        unsigned step = 0;
        (void)ready_.first_kept(read_metrics<real_type>(table_.metrics_at(row)), step);
        (void)ready_.first_kept(score, step);
        return step;
    }

    Table const& table_;
    Rules const& rules_;
    Ready const& ready_;
    Places& places_;
    unsigned step_;
};

/// What decides between the hosts of a table whose scores are equal.
template <class Table>
[[nodiscard]] auto ties_of(Table const& table) noexcept {
    using number = typename scan_id<typename Table::id_type>::type;
    return scan_ties<typename Table::real_type, number>{
        .latency_ms = table.columns().latency_ms,
        .ids = reinterpret_cast<std::byte const*>(table.ids())};
}

/// Policies that a scan understands.
template <class Policy, class Real>
concept scannable = std::same_as<Policy, score_policy> || std::same_as<Policy, compiled_policy<Real>>;

template <class Build, class Table, class Policy, class Rules, class Places>
void enter_rows(isa which, Table const& table, Policy const& policy, Rules const& rules,
                std::size_t k, Places& places) {
    using R = typename Table::real_type;
    using ready = ready_policy<Policy, network_metrics<R>>;
    ready const judge_by{policy};
    ready_rules<Rules, R> const limited{rules};
    if (!judge_by.valid() || !limited.valid()) return;
    if constexpr (scannable<Policy, R>) {
        if (can_scan(judge_by.ramps())) {
            using scan_number = typename scan_id<typename Table::id_type>::type;
            for (unsigned step = 0; step < limited.size() && places.worst() == nullptr; ++step) {
                auto const plan = plan_of(judge_by.ramps(), limited.step(step), table.columns());
                table_sink<Table, Rules, ready_rules<Rules, R>, Places> sink{
                    table, rules, limited, places, step};
                scan_columns<Build, R, scan_number>(which, plan, table.column_size(), k,
                                                    ties_of(table), sink);
            }
            return;
        }
    }
    for (std::size_t row = 0; row < table.rows(); ++row) {
        if (table.reason_at(row) != exclusion::none || excludes(rules, table.id_at(row))) continue;
        standing const s = judge<standing>(table.metrics_at(row), judge_by, limited);
        if (s.eligible())
            places.enter(candidate<typename Table::id_type const&>{table.id_at(row), s.step, s.score,
                                                                   s.latency_ms, row});
    }
}

}  // namespace detail

/// The choice among the hosts of a table.
template <class Table>
using table_choice = host_choice<typename Table::id_type>;

/// The best of the hosts of a table, or nothing where none is eligible: the same host, to the bit of
/// its score, as `select_best_host` gives over the metrics that the table keeps.
///
/// A policy made of ramps is computed for many hosts at a time, with whatever instructions the
/// machine has; another is called host by host. The predicate of constraints gets ids, and is asked
/// only of hosts that would be chosen. `index` is the row. O(rows), one pass and a little more (for
/// each step of a relaxation that is needed), no allocation but in copying the id.
///
///     if (auto best = select_best_host(table, {}, {.max_latency_ms = 80})) connect(best->host);
template <class Id, class Real, class Hash, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits>
[[nodiscard]] std::optional<host_choice<Id>> select_best_host(
    host_table<Id, Real, Hash> const& table, Policy const& policy = {}, Rules const& rules = {}) {
    detail::few_places<host_choice<Id>, false, 1> place{1};
    detail::enter_rows<detail::this_build>(detail::best_isa(), table, policy, rules, 1, place);
    return place.give_best();
}

/// The best of the hosts of a table, as many as the caller's span has room for, best first; gives
/// the part of it that was filled. As `select_best_host`.
///
///     std::array<host_choice<std::uint64_t>, 3> room;
///     for (auto const& choice : select_top_hosts(table, room)) invite(choice.host);
template <class Id, class Real, class Hash, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits>
std::span<host_choice<Id>> select_top_hosts(host_table<Id, Real, Hash> const& table,
                                            std::type_identity_t<std::span<host_choice<Id>>> room,
                                            Policy const& policy = {}, Rules const& rules = {}) {
    detail::filled_span<host_choice<Id>> kept{room};
    detail::keep_best<false>(kept, room.size(), [&](auto& places) {
        detail::enter_rows<detail::this_build>(detail::best_isa(), table, policy, rules,
                                               room.size(), places);
    });
    return room.first(kept.size());
}

/// The `k` best of the hosts of a table in a vector, best first. It reserves nothing in advance.
///
///     for (auto const& choice : select_top_hosts(table, 3)) invite(choice.host);
template <class Id, class Real, class Hash, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits>
[[nodiscard]] std::vector<host_choice<Id>> select_top_hosts(host_table<Id, Real, Hash> const& table,
                                                            std::size_t k,
                                                            Policy const& policy = {},
                                                            Rules const& rules = {}) {
    std::vector<host_choice<Id>> kept;
    detail::keep_best<false>(kept, k, [&](auto& places) {
        detail::enter_rows<detail::this_build>(detail::best_isa(), table, policy, rules, k, places);
    });
    return kept;
}

}  // namespace hostpick
