// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/detail/column_scan.hpp>
#include <hostpick/detail/ready.hpp>
#include <hostpick/detail/shortlist.hpp>
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
#include <utility>
#include <vector>

namespace hostpick {
namespace detail {

/// Many places, for the hosts of a table.
template <class Build, class Table, class Places>
class row_places {
    using R = typename Table::real_type;

public:
    row_places(Table const& table, Places& places) noexcept : table_{table}, places_{places} {}

    void enter(std::size_t row, R score) {
        double const points = score > 0 ? static_cast<double>(score) : 0;
        places_.enter(candidate<decltype(table_.id_at(row))>{
            table_.id_at(row), step_, points, static_cast<double>(table_.latency_at(row)), row});
    }
    [[nodiscard]] bool is_full() const { return places_.worst() != nullptr; }
    template <class ScanId>
    void raise(scan_bar<R>& bar, ScanId& id) const {
        auto const* const worst = places_.worst();
        if (worst == nullptr) return;
        bar = {static_cast<R>(worst->score), true, static_cast<R>(worst->latency_ms)};
        if constexpr (!std::same_as<ScanId, no_id>) id = static_cast<ScanId>(worst->host);
    }
    void end_step() noexcept { ++step_; }

private:
    Table const& table_;
    Places& places_;
    unsigned step_ = 0;
};

/// Lets hosts that a scan passes on take a place, but for those that the caller excludes, and those
/// that have one since an earlier step.
template <class Build, class Table, class Rules, class Ready, class Places>
class table_sink {
    using real_type = typename Table::real_type;

public:
    table_sink(Table const& table, Rules const& rules, Ready const& ready, Places& places,
               unsigned step) noexcept
        : table_{table}, rules_{rules}, ready_{ready}, places_{places}, step_{step} {}

    void enter(std::size_t row, real_type score) {
        if (excludes(rules_, table_.id_at(row))) return;
        if (step_ > 0 && first_step(row, static_cast<double>(score)) < step_) return;
        places_.enter(row, score);
    }
    [[nodiscard]] bool is_full() const { return places_.is_full(); }
    template <class ScanId>
    void raise(scan_bar<real_type>& bar, ScanId& id) {
        places_.raise(bar, id);
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
HOSTPICK_INLINE [[nodiscard]] inline auto ties_of(Table const& table) noexcept {
    using number = typename scan_id<typename Table::id_type>::type;
    return scan_ties<typename Table::real_type, number>{
        .latency_ms = table.columns().latency_ms,
        .ids = reinterpret_cast<std::byte const*>(table.ids())};
}

/// The columns of a table for a scan of one step.
template <class Build, class Id, class R, class Hash>
[[nodiscard]] columns_in_place<Build, R, typename scan_id<Id>::type> scan_of(
    Build, host_table<Id, R, Hash> const& table, compiled_policy<R> const& ramps,
    ready_limits<R> const& limits) noexcept {
    return {
        plan_of<Build>(ramps, limits, table.columns()), ties_of(table), table.column_size()};
}

/// Policies that a scan understands.
template <class Policy, class Real>
concept scannable = std::same_as<Policy, score_policy> || std::same_as<Policy, compiled_policy<Real>>;

/// One scan for each step of the rules, until all places are taken.
template <class Build, class Table, class Ramps, class Rules, class Ready, class Places>
void scan_steps(isa which, Table const& table, Ramps const& ramps, Rules const& rules,
                Ready const& ready, std::size_t k, Places& places) {
    for (unsigned step = 0; step < ready.size() && !places.is_full(); ++step) {
        auto columns = scan_of(Build{}, table, ramps, ready.step(step));
        column_scan<Build, typename Table::real_type, typename scan_id<typename Table::id_type>::type,
                    decltype(columns)>
            scan{which, columns};
        table_sink<Build, Table, Rules, Ready, Places> sink{table, rules, ready, places, step};
        scan.pass_best(k, sink);
        places.end_step();
    }
}

/// Fills `kept`, which is empty, with the `k` best hosts of a table, best first.
template <class Build, class Table, class Policy, class Rules, class Kept>
void choose_rows(isa which, Table const& table, Policy const& policy, Rules const& rules,
                 std::size_t k, Kept& kept) {
    using R = typename Table::real_type;
    using choice = host_choice<typename Table::id_type>;
    using ready = ready_policy<Policy, network_metrics<R>>;
    ready const judge_by{policy};
    ready_rules<Rules, typename ready::real_type> const limited{rules};
    if (k == 0 || !judge_by.valid() || !limited.valid()) return;
    if constexpr (scannable<Policy, R>) {
        if (can_scan(judge_by.ramps()) && shortlist<Build, Table>::can_hold(k, table)) {
            shortlist<Build, Table> list{which, table, k};
            scan_steps<Build>(which, table, judge_by.ramps(), rules, limited, k, list);
            return list.template give_to<choice>(kept);
        }
        if (can_scan(judge_by.ramps()))
            return keep_best<false, Build>(kept, k, [&](auto& places) {
                row_places<Build, Table, std::remove_reference_t<decltype(places)>> rows{table, places};
                scan_steps<Build>(which, table, judge_by.ramps(), rules, limited, k, rows);
            });
    }
    keep_best<false, Build>(kept, k, [&](auto& places) {
        for (std::size_t row = 0; row < table.rows(); ++row) {
            standing const s = judge<standing>(table.metrics_at(row), judge_by, limited);
            if (s.eligible() && !excludes(rules, table.id_at(row)))
                places.enter(candidate<decltype(table.id_at(row))>{
                    table.id_at(row), s.step, s.score, s.latency_ms, row});
        }
    });
}

/// Room for one choice.
template <class Choice>
struct one_place {
    std::optional<Choice> choice{};

    HOSTPICK_INLINE [[nodiscard]] std::size_t size() const noexcept { return choice ? 1 : 0; }
    HOSTPICK_INLINE [[nodiscard]] Choice* begin() noexcept { return choice ? &*choice : nullptr; }
    HOSTPICK_INLINE [[nodiscard]] Choice* end() noexcept { return begin() + size(); }
    HOSTPICK_INLINE void push_back(Choice c) { choice = std::move(c); }
};

}  // namespace detail

/// The choice among the hosts of a table.
template <class Table>
using table_choice = host_choice<typename Table::id_type>;

/// The best of the hosts of a table, or nothing where none is eligible: the same host, to the bit of
/// its score, as `select_best_host` gives over the metrics that the table keeps.
///
/// A policy made of ramps is computed for many hosts at a time, with whatever instructions the
/// machine has; another is called host by host. The predicate of constraints gets ids, and is asked
/// of the few hosts that would be chosen, perhaps more than once. `index` is the row. O(rows), one pass and a little more (for
/// each step of a relaxation that is needed), no allocation but in copying the id.
///
///     if (auto best = select_best_host(table, {}, {.max_latency_ms = 80})) connect(best->host);
template <class Id, class Real, class Hash, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits, class Build = detail::this_build>
[[nodiscard]] std::optional<host_choice<Id>> select_best_host(
    host_table<Id, Real, Hash> const& table, Policy const& policy = {}, Rules const& rules = {}) {
    detail::one_place<host_choice<Id>> place;
    detail::choose_rows<Build>(detail::best_isa(), table, policy, rules, 1, place);
    return std::move(place.choice);
}

/// The best of the hosts of a table, as many as the caller's span has room for, best first; gives
/// the part of it that was filled. As `select_best_host`.
///
///     std::array<host_choice<std::uint64_t>, 3> room;
///     for (auto const& choice : select_top_hosts(table, room)) invite(choice.host);
template <class Id, class Real, class Hash, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits, class Build = detail::this_build>
std::span<host_choice<Id>> select_top_hosts(host_table<Id, Real, Hash> const& table,
                                            std::type_identity_t<std::span<host_choice<Id>>> room,
                                            Policy const& policy = {}, Rules const& rules = {}) {
    detail::filled_span<host_choice<Id>> kept{room};
    detail::choose_rows<Build>(detail::best_isa(), table, policy, rules, room.size(),
                                            kept);
    return room.first(kept.size());
}

/// The `k` best of the hosts of a table in a vector, best first. It reserves nothing in advance.
///
///     for (auto const& choice : select_top_hosts(table, 3)) invite(choice.host);
template <class Id, class Real, class Hash, policy_for<network_metrics<Real>> Policy = score_policy,
          detail::rules_for<Id> Rules = limits, class Build = detail::this_build>
[[nodiscard]] std::vector<host_choice<Id>> select_top_hosts(host_table<Id, Real, Hash> const& table,
                                                            std::size_t k,
                                                            Policy const& policy = {},
                                                            Rules const& rules = {}) {
    std::vector<host_choice<Id>> kept;
    detail::choose_rows<Build>(detail::best_isa(), table, policy, rules, k, kept);
    return kept;
}

}  // namespace hostpick
