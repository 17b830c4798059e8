// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/assign_seats.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hostpick::detail {

/// The highest floor under the scores with which as many sessions can be placed as without one.
///
/// Bisects the range of the scores, at most 51 times; a floor that holds is raised to the lowest
/// score that its plan uses, and its plan is where the next one starts. Source: Garfinkel, "An
/// improved algorithm for the bottleneck assignment problem", 1971.
template <class Build, class Scores>
[[nodiscard]] std::int64_t highest_floor(Scores scores, std::span<unsigned const> capacities) {
    // Of two plans with the same worst score the total decides, not who happens to be worst off.
    scores.count_ties();
    seats<Build> best{scores.sessions(), capacities};
    seat_more(scores, best);
    std::size_t const unplaced = scores.sessions() - best.placed();
    std::int64_t high = scores.range().highest;
    auto const lowest_used = [&] {
        std::int64_t lowest = high;
        for (std::uint32_t session = 0; session < scores.sessions(); ++session)
            if (std::uint32_t const host = best.host_of()[session]; host != nowhere)
                lowest = (std::min)(lowest, scores(session, host));
        return lowest;
    };
    std::int64_t low = lowest_used();
    while (low < high) {
        std::int64_t const floor = high - (high - low) / 2;  // above `low`
        auto trial = best;
        for (std::uint32_t session = 0; session < scores.sessions(); ++session) {
            std::uint32_t const host = trial.host_of()[session];
            if (host != nowhere && scores(session, host) < floor) trial.leave(session);
        }
        auto raised = scores;
        raised.set_floor(floor);
        seat_more(raised, trial, unplaced);
        if (scores.sessions() - trial.placed() > unplaced) {
            high = floor - 1;
        } else {
            best = trial;
            low = lowest_used();
        }
    }
    return low;
}

}  // namespace hostpick::detail
