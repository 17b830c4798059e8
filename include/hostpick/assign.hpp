// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/assign_auction.hpp>
#include <hostpick/detail/assign_paths.hpp>
#include <hostpick/detail/assign_scores.hpp>
#include <hostpick/detail/assign_seats.hpp>
#include <hostpick/detail/assign_worst.hpp>
#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/real.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace hostpick {

/// Instead of a host: the session is not placed.
inline constexpr std::uint32_t no_host = detail::nowhere;

/// How well each session would run on each host: a view of the caller's memory, one row for each
/// session, one column for each host. Higher is better; the unit is the caller's.
///
/// A pair must not be used where its score is NaN, infinite or beyond +-1e30: sentinels such as the
/// lowest float live up there.
///
///     std::vector<double> const scores{90, 80,   // of session 0 on hosts 0 and 1
///                                      88, 20};  // of session 1
///     score_matrix{scores, 2, 2};
template <detail::real Real>
struct score_matrix {
    std::span<Real const> scores;
    std::size_t sessions = 0;
    std::size_t hosts = 0;
};
template <class Range>
score_matrix(Range const&, std::size_t, std::size_t)
    -> score_matrix<std::remove_cv_t<typename Range::value_type>>;

/// Where the sessions run now, so that they stay there unless a move is worth it: each session's
/// host or `no_host`, as in `assignment::host_of`; empty where none runs.
///
/// `stay_bonus`, finite and not negative, is added to the score of a session on its host whenever
/// scores are compared, totals and worst scores alike, but not in what is reported. So for the
/// highest total n sessions move only where the total grows by more than n times the bonus, or more
/// can be placed. Ties never move a session, also at a bonus of 0.
struct previous_assignment {
    std::span<std::uint32_t const> host_of = {};
    double stay_bonus = 0;
};

/// What an assignment is best in, after placing as many sessions as possible.
enum class assign_goal : unsigned char {
    total_score,  ///< the highest total
    worst_score,  ///< the highest score of the session that is worst off, then the highest total
};

/// Why nothing was assigned; `none` where it was.
enum class assign_error : unsigned char {
    none,
    scores,      ///< there are not sessions times hosts of them, or more than 2^32 - 2 of either
    capacities,  ///< not one for each host
    previous,    ///< not one for each session, or a host that does not exist
    stay_bonus,  ///< negative or not finite
    step,        ///< not from 2^-24 to 1
};

/// Which session runs on which host, how good that is, and how good it could be at most.
struct assignment {
    assign_error error = assign_error::none;
    std::vector<std::uint32_t> host_of{};  ///< of each session; `no_host` where it is not placed
    std::size_t unplaced = 0;            ///< sessions
    double total = 0;                    ///< of the scores of placed sessions, without bonuses
    std::optional<double> worst{};       ///< of these scores; nothing where none is placed
    /// No assignment that places as many, and whose worst score is as high where that is the goal,
    /// has a higher total, where bonuses count as points.
    double upper_bound = 0;

    /// How much might be lost against the highest total, as a share of it; 0 where nothing is.
    HOSTPICK_INLINE [[nodiscard]] double gap() const noexcept {
        using detail::magnitude;
        double const most = detail::larger(magnitude(total), magnitude(upper_bound));
        return most > 0 ? (upper_bound - total) / most : 0;
    }
};

namespace detail {

template <class Build, class Real>
[[nodiscard]] assign_error error_in(score_matrix<Real> const& matrix,
                                    std::span<unsigned const> capacities,
                                    previous_assignment const& previous) noexcept {
    auto const& [scores, sessions, hosts] = matrix;
    if (sessions >= nowhere || hosts >= nowhere) return assign_error::scores;
    if (std::uint64_t{sessions} * hosts != scores.size()) return assign_error::scores;
    if (capacities.size() != hosts) return assign_error::capacities;
    if (!previous.host_of.empty() && previous.host_of.size() != sessions)
        return assign_error::previous;
    for (std::uint32_t const host : previous.host_of)
        if (host != nowhere && host >= hosts) return assign_error::previous;
    return is_quantity(previous.stay_bonus) ? assign_error::none : assign_error::stay_bonus;
}

template <class Build, class Scores>
[[nodiscard]] assignment assigned(Scores const& scores, seats<Build> const& plan) {
    assignment result{.host_of = plan.host_of(), .unplaced = scores.sessions() - plan.placed()};
    for (std::size_t session = 0; session < scores.sessions(); ++session) {
        if (result.host_of[session] == no_host) continue;
        double const score = scores.plain(session, result.host_of[session]);
        result.total += score;
        result.worst = smaller(score, result.worst.value_or(score));
    }
    result.upper_bound = result.total;
    return result;
}

}  // namespace detail

/// Assigns many sessions to many hosts at once, none to more than the host's capacity: as many as
/// possible, and of the ways to do that the best by `goal`.
///
/// What cannot be placed has `no_host`; no sessions, no hosts and capacities of 0 are no errors, an
/// input that makes no sense assigns nobody and says why. The highest total, and how many are
/// placed, do not depend on the order of sessions and hosts. Of ways that are equally good, one
/// that moves nobody is taken if there is one, else the same one for the same input. Scores are
/// rounded to multiples of 2^-44 of the largest for 1 000 hosts, 2^-46 for 200, 2^-21 at worst; a
/// bonus above all scores makes that coarser, by at most eight times the number of hosts.
///
/// For n sessions and m hosts O(n^2 m) at worst, mostly less than O(n m^2); `worst_score` takes up
/// to 51 searches for a placement more, mostly O(n m) each (see bench/assign_bench.cpp). Memory for
/// 12 bytes for each pair of hosts, or of session and host where these are fewer. For the
/// algorithms see `detail::shortest_paths` and `detail::highest_floor`.
///
///     std::vector<double> const scores{90, 80, 88, 20};
///     std::vector<unsigned> const capacities{1, 1};
///     auto const best = assign_sessions(score_matrix{scores, 2, 2}, capacities);
///     best.host_of;  // {1, 0}: 80 + 88 is more than 90 + 20
template <class Real, class Build = detail::this_build>
[[nodiscard]] assignment assign_sessions(score_matrix<Real> const& matrix,
                                         std::span<unsigned const> capacities,
                                         previous_assignment const& previous = {},
                                         assign_goal goal = assign_goal::total_score) {
    auto const error = detail::error_in<Build>(matrix, capacities, previous);
    if (error != assign_error::none) return {.error = error};
    using whole_scores = detail::whole_scores<Real, Build>;
    whole_scores scores{matrix.scores, matrix.sessions, matrix.hosts, previous.host_of,
                        previous.stay_bonus};
    if (goal == assign_goal::worst_score)
        scores.set_floor(detail::highest_floor<Build>(scores, capacities));
    detail::shortest_paths<whole_scores, Build> paths{scores, capacities};
    for (std::uint32_t session = 0; session < scores.sessions(); ++session) paths.place(session);
    return detail::assigned(scores, paths.plan());
}

/// The same for the highest total, sooner, and with a bound on what that costs: it places as many
/// sessions, and `gap()` says how far from the highest total they may be.
///
/// `step`, from 2^-24 to 1, is how much a session may lose on average, as a share of the range of
/// scores: from the lowest that may be used to the highest, with its bonus. Where any session may
/// use any host, `upper_bound - total` is at most sessions * step * range, and in practice less;
/// where many pairs must not be used it may be more, but is never hidden. A smaller step takes
/// longer: O(n / step) bids at worst, each O(m) or less, and then O(n^2 m) at worst to place whom
/// they did not. A session may move for a step less than its bonus, and the total may depend on the
/// order of sessions; rounding and errors are as of `assign_sessions`. Memory for 4 bytes for each
/// score. For the algorithm see `detail::auction`.
///
///     auto const good = assign_sessions_fast(score_matrix{scores, 2, 2}, capacities);
///     good.gap();  // 0.01 would mean: at most 1 % below the highest total
template <class Real, class Build = detail::this_build>
[[nodiscard]] assignment assign_sessions_fast(score_matrix<Real> const& matrix,
                                              std::span<unsigned const> capacities,
                                              previous_assignment const& previous = {},
                                              double step = 1.0 / 64) {
    auto const error = detail::error_in<Build>(matrix, capacities, previous);
    if (error != assign_error::none) return {.error = error};
    if (!detail::is_finite(step) || step < 0x1p-24 || step > 1)
        return {.error = assign_error::step};
    using whole_scores = detail::whole_scores<Real, Build>;
    whole_scores const scores{matrix.scores, matrix.sessions, matrix.hosts, previous.host_of,
                              previous.stay_bonus};
    detail::auction<whole_scores, Build> const auction{scores, capacities, step};
    detail::seats<Build> plan{scores.sessions(), capacities};
    auction.fill(plan);
    detail::seat_more(scores, plan);
    auto result = detail::assigned(scores, plan);
    // Rounding the scores and the bonus moves either total by at most two units for each session;
    // adding up the differences, by far less than a part in a thousand million.
    double const rounding = 4 * scores.unit() * static_cast<double>(plan.placed());
    result.upper_bound += auction.gap(plan) * scores.unit() * (1 + 1e-9) + rounding;
    return result;
}

}  // namespace hostpick
