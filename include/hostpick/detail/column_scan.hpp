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
template <class Build, real R, class ScanId, class Scores>
class maxima_search {
public:
    /// `scores(row, rows)` gives the scores of rows, a multiple of `scan_block`.
    maxima_search(scan_kernel<R, ScanId> const& run, group_maxima<R> const& maxima,
                  std::size_t rows, scan_ties<R, ScanId> const& ties, Scores scores) noexcept
        : run_{run}, maxima_{maxima}, rows_{rows}, ties_{ties}, scores_{scores} {}

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
        if (k > maxima_.count || (rows_ <= search_block && 8 * k > rows_)) return 0;
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
            if (!only_ties || run_.any_wins_tie(rows, bar, ties_.from(row)))
                pass_block(row, rows, below, bar, sink);
        }
    }

    template <class Sink>
    void pass_block(std::size_t row, std::size_t rows, R below, scan_bar<R>& bar, Sink& sink) {
        R const* const scores = scores_(row, rows);
        std::array<std::uint32_t, search_block> found;
        std::size_t const count = run_.hits(scores, rows, bar, ties_.from(row), found.data());
        for (std::size_t n = 0; n < count; ++n)
            if (scores[found[n]] < below) sink.enter(row + found[n], scores[found[n]]);
        if (count > 0) sink.raise(bar, ties_.bar);
    }

    scan_kernel<R, ScanId> const& run_;
    group_maxima<R> maxima_;
    std::size_t rows_;
    scan_ties<R, ScanId> ties_;
    Scores scores_;
};

/// The best `k` of the hosts in columns: a first pass computes all scores and the highest of each
/// group, then the groups that matter are searched. `rows` is a multiple of `scan_block`.
template <class Build, real R, class ScanId, class Sink>
void scan_columns(isa which, scan_plan<R> const& plan, std::size_t rows, std::size_t k,
                  scan_ties<R, ScanId> const& ties, Sink& sink) {
    constexpr std::size_t room = 16384 / sizeof(R);
    static_assert(room % search_block == 0);
    if (rows == 0) return;
    auto const& run = scan_kernel_for<Build, R, ScanId>(which);
    alignas(64) std::array<R, room> maxima, scores;
    bool const kept = rows <= room;  // all of the scores
    group_maxima<R> groups{.numbers = maxima.data()};
    if (rows <= search_block) {  // every row is its own group
        run.scores_of(plan, rows, scores.data());
        groups = {.numbers = scores.data(), .count = rows};
    } else {
        std::size_t const blocks = (rows + search_block - 1) / search_block;
        bool const per_lane = blocks < 2 * k && blocks * run.lanes <= room;
        groups.per_group = per_lane ? run.lanes : 1;
        groups.rows = per_lane ? search_block : search_block * ((blocks + room - 1) / room);
        groups.count = run.maxima(plan, rows, groups.rows, per_lane, maxima.data(),
                                  kept ? scores.data() : nullptr);
        while (groups.count % scan_block != 0) maxima[groups.count++] = plan.none;
    }
    auto const scores_of = [&](std::size_t row, std::size_t count) -> R const* {
        if (kept) return scores.data() + row;
        run.scores_of(plan.from(row), count, scores.data());
        return scores.data();
    };
    maxima_search<Build, R, ScanId, decltype(scores_of)> search{run, groups, rows, ties, scores_of};
    search.pass_best(k, plan.min_score, sink);
}

}  // namespace hostpick::detail
