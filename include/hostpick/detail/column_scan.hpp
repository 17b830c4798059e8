// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/scan_kernels.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace hostpick::detail {

/// Rows that are looked into at a time: few enough that what is read of them stays near.
inline constexpr std::size_t search_block = 256;
static_assert(search_block % scan_block == 0);

/// The highest scores of groups of rows: `per_group` numbers for each `rows` rows in turn. There is
/// a multiple of `scan_block` of them.
template <real R>
struct group_maxima {
    R const* numbers = nullptr;
    std::size_t count = 0;
    std::size_t per_group = 1;
    std::size_t rows = 1;
};

/// The best `k` of many hosts, by the highest score of each group of them. The k-th highest of these
/// is a bar that at least `k` hosts reach, so only the groups that reach it are looked into, and the
/// hosts that do are passed to a sink, which ranks them as if they came one by one.
///
/// A source has a multiple of `scan_block` of `rows`. Of up to `search_block` of them, from some row
/// on, it gives the `scores` and the `ties`, as pointers that hold until it is asked for others.
template <class Build, real R, class ScanId, class Source>
class maxima_search {
public:
    maxima_search(scan_kernel<R, ScanId> const& run, group_maxima<R> const& maxima,
                  Source& source) noexcept
        : run_{run}, maxima_{maxima}, rows_{source.rows()}, source_{source} {}

    /// Hosts below `least` are of no interest.
    template <class Sink>
    void pass_best(std::size_t k, R least, Sink& sink) {
        // A sink may refuse hosts for reasons of its own; then the next ones are looked for.
        R passed = (std::numeric_limits<R>::max)();
        for (std::size_t wanted = k; passed > least; wanted *= 8) {
            R const bar = larger(kth_highest(wanted), least);
            if (bar < passed) pass_between(bar, passed, sink);
            if (sink.is_full()) return;
            passed = bar;
        }
    }

private:
    /// About the k-th highest of the maxima, and never above it; 0 where there are fewer.
    [[nodiscard]] R kth_highest(std::size_t k) const noexcept {
        if (k > maxima_.count || (rows_ <= scan_block && k > 1)) return 0;
        R low = 0, high = run_.largest(maxima_.numbers, maxima_.count);
        if (high <= low || k == 1) return larger(low, high);
        if (run_.count_from(maxima_.numbers, maxima_.count, high) >= k) return high;
        for (int halvings = 0; halvings < 24; ++halvings) {
            R const middle = low + (high - low) / 2;
            std::size_t const count = run_.count_from(maxima_.numbers, maxima_.count, middle);
            if (count < k) {
                high = middle;
            } else {
                low = middle;
                if (count <= k + k / 8) break;
            }
        }
        return low;
    }

    /// First the group of the best, and some that lie far apart, and then ever closer ones: whatever
    /// the order of the hosts, the bar rises soon, and few of the others have something to add.
    template <class Sink>
    void pass_between(R low, R below, Sink& sink) {
        scan_bar<R> bar{.score = low};
        if (rows_ <= search_block) return pass_block(0, rows_, below, bar, sink);
        std::size_t const none = maxima_.count;
        std::size_t best = none;
        for_each_group({.score = run_.largest(maxima_.numbers, maxima_.count)},
                       [&](std::size_t group) { best = best == none ? group : best; });
        if (best != none) pass_group(best, below, bar, sink);
        for (std::size_t apart : {512u, 64u, 8u, 1u})
            for_each_group(bar, [&](std::size_t group) {
                bool const seen = group == best || (apart < 512 && group % (8 * apart) == 0);
                if (group % apart == 0 && !seen) pass_group(group, below, bar, sink);
            });
    }

    /// The groups that may reach the bar.
    template <class Visit>
    void for_each_group(scan_bar<R> const& bar, Visit visit) {
        std::array<std::uint32_t, search_block> found;
        for (std::size_t first = 0; first < maxima_.count; first += search_block) {
            std::size_t const count = run_.hits(
                maxima_.numbers + first, smaller(search_block, maxima_.count - first),
                {.score = bar.score}, {}, found.data());
            std::size_t last = maxima_.count;
            for (std::size_t n = 0; n < count; ++n) {
                std::size_t const group = (first + found[n]) / maxima_.per_group;
                if (group != last && maxima_.numbers[first + found[n]] >= bar.score)
                    visit(last = group);
            }
        }
    }

    template <class Sink>
    void pass_group(std::size_t group, R below, scan_bar<R>& bar, Sink& sink) {
        std::size_t const begin = group * maxima_.rows;
        std::size_t const end = smaller(begin + maxima_.rows, rows_);
        for (std::size_t row = begin; row < end; row += search_block) {
            std::size_t const rows = smaller(search_block, end - row);
            bool const only_ties = maxima_.per_group == 1 && bar.settles_ties &&
                                   maxima_.numbers[group] <= bar.score;
            if (!only_ties || run_.any_wins_tie(rows, bar, source_.ties(row, rows, last_id_)))
                pass_block(row, rows, below, bar, sink);
        }
    }

    template <class Sink>
    void pass_block(std::size_t row, std::size_t rows, R below, scan_bar<R>& bar, Sink& sink) {
        R const* const scores = source_.scores(row, rows);
        std::array<std::uint32_t, search_block> found;
        std::size_t const count =
            run_.hits(scores, rows, bar, source_.ties(row, rows, last_id_), found.data());
        for (std::size_t n = 0; n < count; ++n)
            if (scores[found[n]] < below) sink.enter(row + found[n], scores[found[n]]);
        if (count > 0) sink.raise(bar, last_id_);
    }

    scan_kernel<R, ScanId> const& run_;
    group_maxima<R> maxima_;
    std::size_t rows_;
    Source& source_;
    ScanId last_id_{};  // of the host that is the bar, where that settles ties
};

/// Columns that begin where a cache line does and fill whole blocks: they are read where they are.
template <class Build, real R, class ScanId>
struct columns_in_place {
    scan_plan<R> of_all;
    scan_ties<R, ScanId> all_ties;
    std::size_t row_count;

    [[nodiscard]] std::size_t rows() const noexcept { return row_count; }
    [[nodiscard]] scan_plan<R> const& plan() const noexcept { return of_all; }
    [[nodiscard]] scan_ties<R, ScanId> ties(scan_kernel<R, ScanId> const&, std::size_t row,
                                            std::size_t, ScanId last_id) const noexcept {
        return all_ties.from(row, last_id);
    }
    void scores(scan_kernel<R, ScanId> const& run, std::size_t row, std::size_t rows,
                R* out) const noexcept {
        run.scores_of(of_all, row, rows, out);
    }
    /// As the kernel's, of all rows.
    std::size_t maxima(scan_kernel<R, ScanId> const& run, std::size_t rows_per_group, bool per_lane,
                       R* out, R* scores_out) const noexcept {
        return run.maxima(of_all, row_count, rows_per_group, per_lane, out, scores_out);
    }
};

/// The best `k` of the hosts in columns: a first pass computes all scores and the highest of each
/// group, then the groups that matter are searched.
template <class Build, real R, class ScanId, class Columns>
class column_scan {
public:
    column_scan(isa which, Columns& columns) noexcept
        : run_{scan_kernel_for<Build, R, ScanId>(which)}, columns_{columns} {}

    template <class Sink>
    void pass_best(std::size_t k, Sink& sink) {
        if (rows() == 0) return;
        maxima_search<Build, R, ScanId, column_scan> search{run_, first_pass(k), *this};
        search.pass_best(k, columns_.plan().min_score, sink);
    }

    [[nodiscard]] std::size_t rows() const noexcept { return columns_.rows(); }
    [[nodiscard]] R const* scores(std::size_t row, std::size_t rows) noexcept {
        if (all_scores_kept()) return scores_.data() + row;
        columns_.scores(run_, row, rows, scores_.data());
        return scores_.data();
    }
    [[nodiscard]] scan_ties<R, ScanId> ties(std::size_t row, std::size_t rows,
                                            ScanId last_id) noexcept {
        return columns_.ties(run_, row, rows, last_id);
    }

private:
    static constexpr std::size_t room = 16384 / sizeof(R);
    static_assert(room % search_block == 0);

    [[nodiscard]] bool all_scores_kept() const noexcept { return rows() <= room; }

    [[nodiscard]] group_maxima<R> first_pass(std::size_t k) noexcept {
        if (rows() <= search_block) {  // every row is its own group
            columns_.scores(run_, 0, rows(), scores_.data());
            return {.numbers = scores_.data(), .count = rows()};
        }
        // The more hosts are wanted, the smaller the groups, as long as there is room for maxima.
        std::size_t const blocks = (rows() + search_block - 1) / search_block;
        bool const per_lane = blocks < 2 * k && blocks * run_.lanes <= room;
        bool const halves = !per_lane && blocks < 16 * k && blocks * 2 <= room;
        group_maxima<R> groups{.numbers = maxima_.data(),
                               .per_group = per_lane ? run_.lanes : 1,
                               .rows = halves     ? search_block / 2
                                       : per_lane ? search_block
                                                  : search_block * ((blocks + room - 1) / room)};
        groups.count = columns_.maxima(run_, groups.rows, per_lane, maxima_.data(),
                                       all_scores_kept() ? scores_.data() : nullptr);
        while (groups.count % scan_block != 0) maxima_[groups.count++] = columns_.plan().none;
        return groups;
    }

    scan_kernel<R, ScanId> const& run_;
    Columns& columns_;
    alignas(64) std::array<R, room> maxima_, scores_;
};

}  // namespace hostpick::detail
