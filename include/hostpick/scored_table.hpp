// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/select_table.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace hostpick {

/// A `host_table` that keeps the scores of its hosts by one policy and limits, for many choices
/// between few updates: the best of a million hosts in a microsecond or less.
///
/// It changes as a `host_table` does, and `table()` reads as one. An update costs O(1) and scores
/// one host; sometimes it looks through the 256 scores of its group. Another policy scores all hosts
/// anew. Choosing while nobody changes it is safe from many threads.
///
///     scored_table<std::string> hosts{latency_only};
///     auto const paris = hosts.add("paris", network_metrics<>{.latency_ms = 30});
///     hosts.update(paris, network_metrics<>{.latency_ms = 20});
///     if (auto best = select_best_host(hosts)) connect(best->host);
template <class Id = std::uint64_t, class Real = float, class Hash = std::hash<Id>>
class scored_table {
public:
    using table_type = host_table<Id, Real, Hash>;
    using id_type = Id;
    using real_type = Real;
    using instant = typename table_type::instant;

    /// A policy or limits that make no sense (`error()`, `error_in`) find nobody eligible.
    explicit scored_table(score_policy const& policy = {}, limits const& within = {})
        : judge_by_{policy}, within_{within} {}
    /// Scores the hosts of a table. O(rows).
    template <class Build = detail::this_build>
    explicit scored_table(table_type table, score_policy const& policy = {},
                          limits const& within = {}, Build = {})
        : table_{std::move(table)}, judge_by_{policy}, within_{within} {
        rebuild<Build>();
    }

    HOSTPICK_INLINE scored_table(scored_table const&) = default;
    HOSTPICK_INLINE scored_table(scored_table&&) = default;
    HOSTPICK_INLINE scored_table& operator=(scored_table const&) = default;
    HOSTPICK_INLINE scored_table& operator=(scored_table&&) = default;
    HOSTPICK_INLINE ~scored_table() = default;

    /// Scores all hosts anew. O(rows).
    template <class Build = detail::this_build>
    void judge_by(score_policy const& policy, limits const& within = {}) {
        judge_by_ = detail::ready_ramps<Real>{policy};
        within_ = rules{within};
        rebuild<Build>();
    }

    /// Room for so many hosts, as `host_table::reserve`.
    template <class Build = detail::this_build>
    void reserve(std::size_t hosts) {
        table_.template reserve<Build>(hosts);
        scores_.reserve(hosts);
        maxima_.reserve(hosts / group + 1);
    }
    /// As in `host_table`.
    template <host_metrics M = network_metrics<Real>, class Build = detail::this_build>
    host_handle add(Id const& id, M const& metrics = {}, instant measured_at = {}) {
        make_room<Build>(table_.rows() + 1);
        host_handle const handle = table_.template add<M, Build>(id, metrics, measured_at);
        refresh<Build>(handle.row);
        return handle;
    }
    /// As in `host_table`.
    template <host_metrics M, class Build = detail::this_build>
    bool update(host_handle handle, M const& metrics, instant measured_at = {}) noexcept {
        bool const done = table_.template update<M, Build>(handle, metrics, measured_at);
        if (done) refresh<Build>(handle.row);
        return done;
    }
    template <host_metrics M, class Build = detail::this_build>
    bool update(Id const& id, M const& metrics, instant measured_at = {}) {
        auto const handle = table_.find(id);
        return handle && update<M, Build>(*handle, metrics, measured_at);
    }
    /// As in `host_table`.
    template <class Build = detail::this_build>
    bool remove(host_handle handle) {
        bool const done = table_.template remove<Build>(handle);
        if (done) refresh<Build>(handle.row);
        return done;
    }
    template <class Build = detail::this_build>
    bool remove(Id const& id) {
        auto const handle = table_.find(id);
        return handle && remove<Build>(*handle);
    }
    /// As in `host_table`.
    template <class Build = detail::this_build>
    std::size_t expire(instant before) noexcept {
        return table_.template expire<Build>(before,
                                             [this](std::size_t row) { refresh<Build>(row); });
    }

    HOSTPICK_INLINE [[nodiscard]] table_type const& table() const noexcept { return table_; }
    /// The score of a host; nothing where it may not be chosen, or is not in the table.
    HOSTPICK_INLINE [[nodiscard]] std::optional<double> score(host_handle handle) const noexcept {
        if (!table_.contains(handle) || !(scores_[handle.row] >= 0)) return std::nullopt;
        return static_cast<double>(scores_[handle.row]);
    }

    /// The scores, and the highest of each group, for those who search them.
    HOSTPICK_INLINE [[nodiscard]] Real const* scores() const noexcept { return scores_.data(); }
    HOSTPICK_INLINE [[nodiscard]] detail::group_maxima<Real> maxima() const noexcept {
        if (table_.column_size() <= group)
            return {.numbers = scores_.data(), .count = table_.column_size()};
        return {.numbers = maxima_.data(), .count = maxima_.filled_size(), .rows = group};
    }

private:
    static constexpr std::size_t group = detail::search_block;
    static constexpr Real out = detail::scan_plan<Real>::out;
    using rules = detail::ready_rules<limits, Real>;

    template <class Build>
    void make_room(std::size_t rows) {
        maxima_.grow((rows + group - 1) / group, out);
        scores_.grow(rows, out);
    }
    template <class Build>
    [[nodiscard]] Real score_at(std::size_t row) const noexcept {
        if (table_.reason_at(row) != exclusion::none) return out;
        auto const s = detail::judge<detail::standing>(table_.metrics_at(row), judge_by_, within_);
        return s.eligible() ? static_cast<Real>(s.score) : out;
    }
    template <class Build>
    void refresh(std::size_t row) noexcept {
        Real const before = scores_[row], now = score_at<Build>(row);
        Real& highest = maxima_[row / group];
        scores_[row] = now;
        if (now >= highest) highest = now;
        else if (before == highest) highest = highest_of<Build>(row / group);
    }
    template <class Build>
    [[nodiscard]] Real highest_of(std::size_t n) const noexcept {
        std::size_t const first = n * group;
        return detail::largest_of<Build>(scores_.data() + first,
                                         detail::smaller(group, scores_.filled_size() - first));
    }
    template <class Build>
    void rebuild() {
        make_room<Build>(table_.rows());
        for (std::size_t row = 0; row < table_.rows(); ++row) scores_[row] = score_at<Build>(row);
        for (std::size_t n = 0; n < maxima_.size(); ++n) maxima_[n] = highest_of<Build>(n);
    }

    table_type table_;
    detail::ready_ramps<Real> judge_by_;
    rules within_;
    detail::column<Real> scores_;
    detail::column<Real> maxima_;
};

namespace detail {

/// A search's source where the scores are there already.
template <class Scored>
struct kept_scores {
    using real_type = typename Scored::real_type;
    using scan_number = typename scan_id<typename Scored::id_type>::type;
    Scored const& hosts;

    [[nodiscard]] std::size_t rows() const noexcept { return hosts.table().column_size(); }
    [[nodiscard]] real_type const* scores(std::size_t row, std::size_t) const noexcept {
        return hosts.scores() + row;
    }
    [[nodiscard]] scan_ties<real_type, scan_number> ties(std::size_t row, std::size_t,
                                                         scan_number last_id) const noexcept {
        return ties_of(hosts.table()).from(row, last_id);
    }
};

template <class Excluded, class Id>
concept excludes_ids = std::predicate<Excluded const&, Id const&>;

/// The caller's predicate, where it is.
template <class Excluded>
struct referred {
    Excluded const& excluded;
    template <class Id>
    bool operator()(Id const& id) const {
        return static_cast<bool>(excluded(id));
    }
};

template <class Build, class Scored, class Excluded, class Places>
void search_scores(isa which, Scored const& hosts, Excluded const& excluded, std::size_t k,
                   Places& places) {
    using R = typename Scored::real_type;
    auto const& table = hosts.table();
    using rules = constraints<referred<Excluded>>;
    rules const all{{}, {excluded}, {}, 0};
    ready_rules<limits, R> const no_limits{limits{}};
    table_sink<Build, typename Scored::table_type, rules, ready_rules<limits, R>, Places> sink{table, all, no_limits, places, 0};
    kept_scores<Scored> source{hosts};
    using scan_number = typename kept_scores<Scored>::scan_number;
    maxima_search<Build, R, scan_number, kept_scores<Scored>> search{
        scan_kernel_for<Build, R, scan_number>(which), hosts.maxima(), source};
    search.pass_best(k, R{0}, sink);
    places.end_step();
}

/// Fills `kept`, which is empty, with the `k` best hosts, best first.
template <class Build, class Scored, class Excluded, class Kept>
void choose_scored(isa which, Scored const& hosts, Excluded const& excluded, std::size_t k,
                   Kept& kept) {
    using table = typename Scored::table_type;
    if (k == 0 || hosts.table().column_size() == 0) return;
    if (shortlist<Build, table>::can_hold(k, hosts.table())) {
        shortlist<Build, table> list{which, hosts.table(), k};
        search_scores<Build>(which, hosts, excluded, k, list);
        return list.template give_to<host_choice<typename table::id_type>>(kept);
    }
    keep_best<false, Build>(kept, k, [&](auto& places) {
        row_places<Build, table, std::remove_reference_t<decltype(places)>> rows{hosts.table(), places};
        search_scores<Build>(which, hosts, excluded, k, rows);
    });
}

}  // namespace detail

/// The best of hosts whose scores are kept, of those that a predicate of ids does not exclude: as
/// `select_best_host` of the table with the policy and limits that it keeps. O(rows / 256) and a
/// little more; where nearly all scores are equal, or the predicate excludes nearly all, O(rows).
///
///     select_best_host(hosts, [&](auto const& id) { return draining.contains(id); })
template <class Id, class Real, class Hash, detail::excludes_ids<Id> Excluded = exclude_nobody,
          class Build = detail::this_build>
[[nodiscard]] std::optional<host_choice<Id>> select_best_host(
    scored_table<Id, Real, Hash> const& hosts, Excluded const& excluded = {}) {
    detail::one_place<host_choice<Id>> place;
    detail::choose_scored<Build>(detail::best_isa(), hosts, excluded, 1, place);
    return std::move(place.choice);
}

/// The best of them, as many as the caller's span has room for, best first; gives the part of it
/// that was filled.
///
///     for (auto const& choice : select_top_hosts(hosts, room)) invite(choice.host);
template <class Id, class Real, class Hash, detail::excludes_ids<Id> Excluded = exclude_nobody,
          class Build = detail::this_build>
std::span<host_choice<Id>> select_top_hosts(scored_table<Id, Real, Hash> const& hosts,
                                            std::type_identity_t<std::span<host_choice<Id>>> room,
                                            Excluded const& excluded = {}) {
    detail::filled_span<host_choice<Id>> kept{room};
    detail::choose_scored<Build>(detail::best_isa(), hosts, excluded, room.size(), kept);
    return room.first(kept.size());
}

/// The `k` best of them in a vector, best first.
///
///     for (auto const& choice : select_top_hosts(hosts, 3)) invite(choice.host);
template <class Id, class Real, class Hash, detail::excludes_ids<Id> Excluded = exclude_nobody,
          class Build = detail::this_build>
[[nodiscard]] std::vector<host_choice<Id>> select_top_hosts(
    scored_table<Id, Real, Hash> const& hosts, std::size_t k, Excluded const& excluded = {}) {
    std::vector<host_choice<Id>> kept;
    detail::choose_scored<Build>(detail::best_isa(), hosts, excluded, k, kept);
    return kept;
}

}  // namespace hostpick
