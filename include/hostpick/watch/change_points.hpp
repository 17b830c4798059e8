// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/policy.hpp>
#include <hostpick/watch/rank_test.hpp>
#include <hostpick/watch/series.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hostpick::watch {

/// A point in time at which the level of a series changed.
struct level_change {
    unix_time last_before{};  ///< the last block of the old level
    unix_time at{};           ///< the first block of the new one: the change is between the two
    double before = 0;        ///< the median since the change before, or the start
    double after = 0;         ///< the median until the next change, or the end
    double p_value = 1;       ///< of the test between the change before and the next

    [[nodiscard]] constexpr double size() const noexcept { return after - before; }
    friend constexpr bool operator==(level_change const&, level_change const&) = default;
};

/// How changes are looked for.
struct change_policy {
    /// Readings count by their median in each block, a day unless said otherwise, so that the hours
    /// of a day are no changes. 0 ms: each reading is a block.
    std::chrono::milliseconds block = std::chrono::hours{24};
    std::chrono::minutes utc_offset{};
    std::size_t least_blocks = 7;  ///< of a level: what is shorter is an episode
    double significance = 0.01;    ///< how often a series without a change may seem to have one

    friend constexpr bool operator==(change_policy const&, change_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        if (block < block.zero() || block > unix_time{1'000'000'000'000})
            return setting_error{"block", "from 0 to 10^12 ms"};
        if (least_blocks < 2 || least_blocks > 1'000'000)
            return setting_error{"least_blocks", "from 2 to 1 000 000"};
        if (!detail::is_quantity(significance) || significance < 1e-12 || significance > 0.5)
            return setting_error{"significance", "from 10^-12 to 0.5"};
        return std::nullopt;
    }
};

namespace internal {

/// Looks for one change in stretches of all lengths, each three quarters over the next, the
/// shortest first, so that a change is found apart from its neighbours (Kovacs and others, "Seeded
/// binary segmentation", Biometrika 110, 2023). What it finds is near the change, not always at it.
[[nodiscard]] inline std::vector<std::size_t> find_changes(rank_test& test, std::size_t n,
                                                           std::size_t least, double significance) {
    double stretches = 0;
    for (std::size_t length = 2 * least; length <= n; length += length / 2)
        stretches += 4 * static_cast<double>(n) / static_cast<double>(length);
    double const needed = significance / (stretches + 1);

    std::vector<std::size_t> found;
    auto const holds_one = [&](std::size_t from, std::size_t to) {
        return std::any_of(found.begin(), found.end(),
                           [&](std::size_t c) { return from < c && c < to; });
    };
    for (std::size_t length = 2 * least;; length += length / 2) {
        length = detail::smaller(length, n);
        for (std::size_t from = 0;; from += length / 4) {
            from = detail::smaller(from, n - length);
            if (!holds_one(from, from + length)) {
                level_test const result = test(from, from + length, least);
                if (result.p_value <= needed) found.push_back(result.at);
            }
            if (from == n - length) break;
        }
        if (length == n) break;
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// Tests each change between its neighbours, where its place shows best and a false one shows too,
/// until none of them moves or goes any more; gives their p-values, by the place in `edges`, whose
/// ends are those of the series. In the last of 32 rounds none moves.
[[nodiscard]] inline std::vector<double> settle(rank_test& test, std::vector<std::size_t>& edges,
                                                std::size_t least, double significance) {
    std::vector<double> p_values(edges.size());
    bool moved = true;
    for (int round = 1; moved && round <= 32; ++round) {
        moved = false;
        for (std::size_t k = 1; k + 1 < edges.size();) {
            auto const result = test(edges[k - 1], edges[k + 1], least);
            if (!(result.p_value <= significance)) {
                edges.erase(edges.begin() + static_cast<std::ptrdiff_t>(k));
                moved = true;
                continue;
            }
            moved = moved || edges[k] != result.at;
            if (round < 32) edges[k] = result.at;
            p_values[k++] = result.p_value;
        }
    }
    return p_values;
}

}  // namespace internal

/// The points in time at which the level of a series changed, in order; none is an answer too.
///
/// It goes by ranks, so that outliers and heavy tails move nothing; by days, so that the hours of a
/// day do not count; and it allows for days that resemble each other. Times are in order. Fewer
/// blocks than two levels need are too few. It allocates O(n), and takes O(n log^2 n), n blocks.
/// The test is `rank_test`'s, corrected for the number of stretches that it looks at: of series
/// without a change fewer than `significance` have one. Measured with 0.01: at most 0.0007 of
/// independent blocks, and 0.015 where each correlates with the next by 0.6. A level has to last
/// some ten blocks to be told from its neighbours. A slow drift is no step, and may come out as
/// some: ask `trend_of`.
///
///     for (auto const& change : *change_points(downloads)) show(change.at, change.size());
inline finding<std::vector<level_change>> change_points(std::span<reading const> series,
                                                        change_policy const& policy = {}) {
    if (policy.error()) return unknown_because::invalid_policy;
    std::vector<reading> blocks;
    if (policy.block > policy.block.zero()) {
        auto made = block_medians(series, policy.block, policy.utc_offset);
        if (!made) return made.why();
        blocks = *made;
    } else {
        if (auto const fault = internal::fault_of(series, true); fault != unknown_because::none)
            return fault;
        blocks.assign(series.begin(), series.end());
    }
    std::size_t const n = blocks.size(), least = policy.least_blocks;
    if (n < 2 * least) return unknown_because::too_few;

    internal::rank_test test{blocks};
    std::vector<std::size_t> edges = internal::find_changes(test, n, least, policy.significance);
    edges.insert(edges.begin(), 0);
    edges.push_back(n);
    std::vector<double> p_values = internal::settle(test, edges, least, policy.significance);
    std::vector<level_change> changes;
    std::vector<double> values;
    auto const level = [&](std::size_t from, std::size_t to) {
        values.clear();
        for (std::size_t k = from; k < to; ++k) values.push_back(blocks[k].value);
        return internal::median_of(values);
    };
    for (std::size_t k = 1; k + 1 < edges.size(); ++k)
        changes.push_back({.last_before = blocks[edges[k] - 1].at,
                           .at = blocks[edges[k]].at,
                           .before = level(edges[k - 1], edges[k]),
                           .after = level(edges[k], edges[k + 1]),
                           .p_value = p_values[k]});
    return changes;
}

}  // namespace hostpick::watch
