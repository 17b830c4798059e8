// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/policy.hpp>
#include <hostpick/watch/correlation.hpp>
#include <hostpick/watch/pairing.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <vector>

namespace hostpick::watch {

/// Which lags are tried: whole steps from `first` to `last`, which may be negative.
struct lag_policy {
    std::chrono::milliseconds step = std::chrono::minutes{5};
    int first = 0;
    int last = 12;
    std::chrono::milliseconds tolerance = std::chrono::milliseconds{150'000};
    bool by_rank = true;  ///< Spearman's correlation, else Pearson's

    friend constexpr bool operator==(lag_policy const&, lag_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        if (step <= step.zero() || step > unix_time{1'000'000'000})
            return setting_error{"step", "from 1 to 10^9 ms"};
        if (first > last || first < -10'000 || last > 10'000)
            return setting_error{"first", "at most last, both from -10 000 to 10 000"};
        if (tolerance < tolerance.zero() || !is_time(tolerance))
            return setting_error{"tolerance", "from 0 to 10^15 ms"};
        return std::nullopt;
    }
};

/// What a series has to do with another that much later.
struct lagged_correlation {
    std::chrono::milliseconds lag{};
    finding<correlation> result = unknown_because::too_few;
};

/// The correlation of a quality with what players felt later, for each lag in order; of nothing
/// else than an invalid policy, no lag at all. As `pair_by_time` and `spearman` of rows
/// in the order of time.
///
///     auto const lags = correlate_lags(latency_ms, rating, {.step = 1min, .last = 30});
///     if (auto const* best = strongest(lags)) show(best->lag, best->result->r);
inline std::vector<lagged_correlation> correlate_lags(std::span<reading const> quality,
                                                      std::span<reading const> experience,
                                                      lag_policy const& policy = {}) {
    std::vector<lagged_correlation> all;
    if (policy.error()) return all;
    for (int n = policy.first; n <= policy.last; ++n) {
        lagged_correlation one{.lag = policy.step * n};
        auto const rows = pair_by_time(quality, experience, policy.tolerance, one.lag);
        if (!rows) one.result = rows.why();
        else one.result = policy.by_rank
                              ? spearman(rows->first, rows->second, rows_are::in_order_of_time)
                              : pearson(rows->first, rows->second, rows_are::in_order_of_time);
        all.push_back(one);
    }
    return all;
}

/// The lag with the correlation furthest from 0, of equals the first; none where there is no
/// correlation. As the best of many it looks better than it is: its interval is that of one.
[[nodiscard]] inline lagged_correlation const* strongest(
    std::span<lagged_correlation const> lags) noexcept {
    lagged_correlation const* best = nullptr;
    auto const strength = [](lagged_correlation const& l) {
        return detail::magnitude(l.result->r);
    };
    for (auto const& l : lags)
        if (l.result && (best == nullptr || strength(l) > strength(*best))) best = &l;
    return best;
}

}  // namespace hostpick::watch
