// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/scan_kernels.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace hostpick::detail {

/// Calls `visit(n)` for every `n` below `count`, in an order that no order of the hosts can be
/// against: the first visits say what the best are like, and later ones have little to add.
template <class Visit>
void visit_scattered(std::size_t count, Visit visit) {
    std::size_t stride = count * 5 / 8;
    while (std::gcd(stride, count) != 1) ++stride;
    for (std::size_t n = 0, at = 0; n < count; ++n, at = (at + stride) % count) visit(at);
}

/// The best `k` of the hosts in columns, in two passes. The first computes every score and keeps the
/// highest of each group of rows. The k-th highest of these is a bar that at least `k` hosts reach,
/// so the second looks only into the groups that reach it, and passes the hosts that do to a sink.
///
/// The sink is where they are ranked, as one by one: the scan only narrows them down.
template <class Build, real R, class ScanId>
class column_scan {
    static constexpr std::size_t room = 16384 / sizeof(R);
    static constexpr std::size_t block = 256;  // rows that are looked into at a time
    static_assert(block % scan_block == 0 && room % block == 0);

public:
    /// `rows` is a multiple of `scan_block`.
    column_scan(isa which, scan_plan<R> const& plan, std::size_t rows) noexcept
        : run_{scan_kernel_for<Build, R, ScanId>(which)}, plan_{plan}, rows_{rows} {}

    template <class Sink>
    void pass_best(std::size_t k, scan_ties<R, ScanId> ties, Sink& sink) {
        if (rows_ == 0) return;
        ties_ = ties;
        find_maxima(k);
        // A sink may refuse hosts for reasons of its own; then the next ones are looked for.
        R passed = (std::numeric_limits<R>::max)();
        for (std::size_t wanted = k; passed > plan_.min_score; wanted *= 8) {
            R const bar = larger(kth_highest(wanted), plan_.min_score);
            if (bar < passed) pass_between(bar, passed, sink);
            if (sink.is_full()) return;
            passed = bar;
        }
    }

private:
    void find_maxima(std::size_t k) noexcept {
        if (rows_ <= block) {  // every row is its own group
            run_.scores_of(plan_, rows_, scores_.data());
            maxima_count_ = rows_;
            return;
        }
        std::size_t const blocks = (rows_ + block - 1) / block;
        bool const per_lane = blocks < 2 * k && blocks * run_.lanes <= room;
        maxima_per_group_ = per_lane ? run_.lanes : 1;
        group_ = per_lane ? block : block * ((blocks + room - 1) / room);
        maxima_count_ = run_.maxima(plan_, rows_, group_, per_lane, maxima_.data(),
                                    kept() ? scores_.data() : nullptr);
        while (maxima_count_ % scan_block != 0) maxima_[maxima_count_++] = plan_.none;
    }
    /// Whether the scores are all there, and need not be computed again.
    [[nodiscard]] bool kept() const noexcept { return rows_ <= room; }

    /// About the k-th highest of the maxima, and never above it; 0 where there are fewer.
    [[nodiscard]] R kth_highest(std::size_t k) const noexcept {
        R const* const numbers = rows_ <= block ? scores_.data() : maxima_.data();
        if (k > maxima_count_) return 0;
        R low = 0, high = run_.largest(numbers, maxima_count_);
        if (high <= low || k == 1) return larger(low, high);
        if (run_.count_from(numbers, maxima_count_, high) >= k) return high;
        for (int halvings = 0; halvings < 24; ++halvings) {
            R const middle = low + (high - low) / 2;
            std::size_t const count = run_.count_from(numbers, maxima_count_, middle);
            if (count < k) {
                high = middle;
            } else {
                low = middle;
                if (count <= k + k / 8) break;
            }
        }
        return low;
    }

    template <class Sink>
    void pass_between(R low, R below, Sink& sink) {
        scan_bar<R> bar{.score = low};
        if (rows_ <= block) return pass_block(0, rows_, below, bar, sink);
        visit_scattered((maxima_count_ + block - 1) / block, [&](std::size_t part) {
            std::size_t const first = part * block;
            std::array<std::uint32_t, block> found;
            std::size_t count =
                run_.hits(maxima_.data() + first, std::min(block, maxima_count_ - first),
                          scan_bar<R>{.score = bar.score}, {}, found.data());
            for (std::size_t n = 0; n < count; ++n)
                found[n] = static_cast<std::uint32_t>((first + found[n]) / maxima_per_group_);
            if (maxima_per_group_ > 1)
                count = static_cast<std::size_t>(
                    std::unique(found.data(), found.data() + count) - found.data());
            visit_scattered(count, [&](std::size_t n) {
                std::size_t const begin = found[n] * group_;
                std::size_t const end = std::min(begin + group_, rows_);
                if (maxima_per_group_ == 1 && maxima_[found[n]] < bar.score) return;
                for (std::size_t row = begin; row < end; row += block)
                    pass_block(row, std::min(block, end - row), below, bar, sink);
            });
        });
    }

    template <class Sink>
    void pass_block(std::size_t row, std::size_t rows, R below, scan_bar<R>& bar, Sink& sink) {
        R const* scores = scores_.data() + row;
        if (!kept()) {
            run_.scores_of(plan_.from(row), rows, scores_.data());
            scores = scores_.data();
        }
        std::array<std::uint32_t, block> found;
        std::size_t const count = run_.hits(scores, rows, bar, ties_.from(row), found.data());
        for (std::size_t n = 0; n < count; ++n)
            if (scores[found[n]] < below) sink.enter(row + found[n], scores[found[n]]);
        if (count > 0) sink.raise(bar, ties_.bar);
    }

    scan_kernel<R, ScanId> const& run_;
    scan_plan<R> const& plan_;
    std::size_t rows_;
    scan_ties<R, ScanId> ties_{};
    std::size_t maxima_count_ = 0;
    std::size_t maxima_per_group_ = 1;
    std::size_t group_ = 1;  // rows
    alignas(64) std::array<R, room> maxima_;
    alignas(64) std::array<R, room> scores_;
};

}  // namespace hostpick::detail
