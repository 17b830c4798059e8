// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/watch/series.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace hostpick::watch {

/// Two columns of the same length: what belongs together stands in one row.
struct paired {
    std::vector<double> first;
    std::vector<double> second;
};

/// The readings of two series that belong to the same time.
///
/// A reading of the first belongs to the one of the second that is nearest to it, `lag` later, if
/// it is also the nearest the other way, and not further off than `tolerance`: so each is used at
/// most once. Of two as near it is the earlier. Times are in order, and a time that is repeated
/// counts once, by its first reading. No pair is an answer too. It allocates the columns. O(n + m).
///
///     // How content players were, two minutes after the latency was measured.
///     auto const rows = pair_by_time(latency_ms, rating, 30s, 2min);
inline finding<paired> pair_by_time(std::span<reading const> first, std::span<reading const> second,
                                    std::chrono::milliseconds tolerance,
                                    std::chrono::milliseconds lag = {}) {
    if (tolerance < tolerance.zero() || !is_time(tolerance) || !is_time(lag))
        return unknown_because::invalid_policy;
    for (auto const series : {first, second})
        if (auto const fault = internal::fault_of(series, true); fault != unknown_because::none)
            return fault;
    // Goes through a series to what is nearest to a time, for times in order.
    struct walk {
        std::span<reading const> to;
        std::size_t at = 0, next = 0;  // the nearest so far, and the first of a later time

        std::size_t nearest(unix_time t) {
            auto const distance = [&](std::size_t n) {
                return to[n].at < t ? t - to[n].at : to[n].at - t;
            };
            while (true) {
                while (next < to.size() && to[next].at == to[at].at) ++next;
                if (next == to.size() || distance(next) >= distance(at)) return at;
                at = next;
            }
        }
    };
    paired rows;
    if (second.empty()) return rows;
    walk forth{second}, back{first};
    for (std::size_t n = 0; n < first.size(); ++n) {
        unix_time const wanted = first[n].at + lag;
        std::size_t const there = forth.nearest(wanted);
        unix_time const off = second[there].at - wanted;
        if (off > tolerance || off < -tolerance) continue;
        if (back.nearest(second[there].at - lag) != n) continue;  // nor is it where a time is repeated
        rows.first.push_back(first[n].value);
        rows.second.push_back(second[there].value);
    }
    return rows;
}

}  // namespace hostpick::watch
