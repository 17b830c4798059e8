// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/party_habits.hpp>
#include <hostpick/detail/real.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/rolling/adaptive_rtt.hpp>
#include <hostpick/sticky_policy.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hostpick {

/// What is expected of a host in the next step.
struct party_outlook {
    double worst_ms = 0;       ///< round trip of the player who is worst off
    double deviation_ms = 0;   ///< its standard deviation
    std::chrono::nanoseconds lasts = (std::chrono::nanoseconds::max)();  ///< for which it stays so
    std::size_t missing = 0;   ///< players who do not reach it: then `worst_ms` is the ceiling

    friend constexpr bool operator==(party_outlook const&, party_outlook const&) = default;
};

/// When a session moves by a forecast: where the gain that is expected pays for the move while it
/// lasts. Points are milliseconds, so a move costs as much as 4 ms more for a minute. A forecast
/// allows for noise and spikes itself, so it needs no lead and no dwell, and only so much margin
/// that equals do not swap: 3 % halve the moves where the network is calm, for at most 6 % more
/// regret where it drifts (bench/quality_bench.cpp). `grace` is two steps of 15 s: with other steps,
/// take two of those.
inline constexpr sticky_policy forecast_policy{.margin = 0,
                                               .relative_margin = 0.03,
                                               .confidence = 0.1,
                                               .min_samples = 1,
                                               .lead = std::chrono::seconds{0},
                                               .dwell = std::chrono::seconds{0},
                                               .grace = std::chrono::seconds{30},
                                               .moves_per_hour = {},
                                               .move_cost = 240,
                                               .horizon = std::chrono::minutes{5}};

/// How each host's worst player is likely to fare in the next step, from the round trips between
/// all players and all hosts in the steps so far.
///
/// 1. Each path's level is an `adaptive_rtt`. Paths of one host jump together when the host's own
///    line changes, those of one player when the player's does: what the samples of all of them say
///    of a jump is multiplied, and each path is told.
/// 2. A host's worst level comes back towards its own long mean. By how much within a step is
///    learned from all hosts, by how many steps ago they last changed: a spike is over at once, a
///    new route stays. The same number says how long a level lasts.
///
/// A matrix is that of a `party`: a row for each player with a number for each host. NaN, a
/// negative number and an infinite one are missing; one above `ceiling_ms` counts as that; 0 is a
/// player who is the host, and never the worst. A path that is missing keeps its level for
/// `patience` steps. After them, or before its first sample, the host's outlook is the ceiling. A
/// player of whom no path is known for as long, or ever, does not count, so rows may be kept for
/// those who join later. A host that nobody reaches in a step has no outlook after it:
/// `sticky_choice` waits for its `grace`, then leaves.
///
/// Steps are counted, not timed: call `see` once in each, also where nothing was measured. It
/// allocates at construction only. O(players * hosts) a step, 120 bytes a path.
///
///     party_forecast forecast{players, hosts, 15s};
///     sticky_choice<std::size_t> session{forecast_policy};
///     // every 15 s:
///     forecast.see(rtt_ms);
///     auto const d = session.decide(forecast.candidates(), now);
///     if (d.moved()) move_to(*d.host);
class party_forecast {
public:
    using duration = std::chrono::nanoseconds;
    using candidate = sticky_candidate<std::size_t>;

    static constexpr double ceiling_ms = default_latency_ceiling_ms;
    static constexpr unsigned patience = 4;

    /// `step` is the time from one matrix to the next; of one that is not above 0 nothing lasts, so
    /// that nothing is worth a move. Throws what `std::vector` does where there is no memory.
    party_forecast(std::size_t players, std::size_t hosts, duration step)
        : step_ns_{static_cast<double>(step.count())},
          host_changes_{hosts},
          player_changes_{players},
          returns_{hosts},
          players_(players),
          hosts_(hosts),
          paths_(cells(players, hosts)) {
        candidates_.reserve(hosts);
    }

    [[nodiscard]] std::size_t players() const noexcept { return players_.size(); }
    [[nodiscard]] std::size_t hosts() const noexcept { return hosts_.size(); }

    /// Takes the round trips of one step, in milliseconds. One of another shape is refused: false.
    bool see(std::span<double const> rtt_ms) noexcept { return take(rtt_ms); }
    bool see(std::span<float const> rtt_ms) noexcept { return take(rtt_ms); }

    /// What is expected of the host at this position; nothing where nobody reached it in the last
    /// step, or there is no such host.
    [[nodiscard]] std::optional<party_outlook> expect(std::size_t host) const noexcept {
        if (host >= hosts_.size() || !hosts_[host].reached) return std::nullopt;
        host_state const& h = hosts_[host];
        if (h.missing > 0) return party_outlook{.worst_ms = ceiling_ms, .missing = h.missing};
        double const away_ms = h.worst_ms - long_mean_ms(h);
        std::size_t const age = h.line.age();
        double const lost = detail::larger(host_changes_.hazard(age), returns_.share(age));
        return party_outlook{.worst_ms = h.worst_ms - detail::rounded(lost * away_ms),
                             .deviation_ms = std::sqrt(h.variance_ms2),
                             .lasts = lasting(lost)};
    }
    /// The hosts that have an outlook, for `sticky_choice::decide`: the id is the position, the
    /// score is minus the milliseconds. Valid until the next `see`.
    [[nodiscard]] std::span<candidate const> candidates() const noexcept { return candidates_; }

    /// How many matrices were taken, and how many refused.
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

private:
    /// How many steps it is since there was a sample.
    class silence {
    public:
        constexpr void add(bool sample) noexcept {
            steps_ = sample ? 0 : detail::smaller(steps_ + 1, patience + 1);
        }
        [[nodiscard]] constexpr bool too_long() const noexcept { return steps_ > patience; }

    private:
        unsigned steps_ = patience + 1;
    };
    struct path {
        rolling::adaptive_rtt rtt{};
        silence silent{};
    };
    struct player_state {
        detail::shared_line line{};
        silence silent{};
    };
    struct host_state {
        detail::shared_line line{};
        double worst_ms = 0, variance_ms2 = 0;  // the worst level of all players, now
        double mean_ms = 0;                     // of it, in so many steps
        unsigned mean_of = 0;
        double changes = 1;
        std::size_t missing = 0;
        unsigned samples = 0;                   // steps in which it was reached
        bool reached = false;
    };
    static constexpr unsigned many = 1'000'000;

    /// A product that is too large becomes what no vector can hold.
    [[nodiscard]] static constexpr std::size_t cells(std::size_t players,
                                                     std::size_t hosts) noexcept {
        constexpr auto most = static_cast<std::size_t>(-1);
        return players == 0 || hosts <= most / players ? players * hosts : most;
    }
    /// What is above 0 is a sample; 0 is a player who is the host; below, it is missing.
    template <detail::real Real>
    [[nodiscard]] static constexpr double cell(Real ms) noexcept {
        return detail::is_quantity(ms) ? detail::smaller(static_cast<double>(ms), ceiling_ms) : -1;
    }

    template <detail::real Real>
    bool take(std::span<Real const> rtt_ms) noexcept {
        if (rtt_ms.size() != paths_.size()) return ++refused_, false;
        for (auto& h : hosts_) h.line.begin();
        for (std::size_t p = 0; p < players_.size(); ++p) hear(p, rtt_ms);
        for (auto& p : players_) p.line.judge(player_changes_);
        for (auto& h : hosts_) h.line.judge(host_changes_);
        for (std::size_t h = 0; h < hosts_.size(); ++h) update(h, rtt_ms);
        for (auto& p : players_) p.line.learn(player_changes_);
        for (auto& h : hosts_) h.line.learn(host_changes_);
        ++steps_;
        set_usual();
        set_candidates();
        return true;
    }

    /// What the paths of a player say of jumps, before they take their samples.
    template <detail::real Real>
    void hear(std::size_t player, std::span<Real const> rtt_ms) noexcept {
        auto& line = players_[player].line;
        line.begin();
        for (std::size_t h = 0, at = player * hosts(); h < hosts(); ++h, ++at) {
            double const ms = cell(rtt_ms[at]);
            if (ms > 0) {
                double const odds = paths_[at].rtt.change_odds(ms);
                line.hear(odds);
                hosts_[h].line.hear(odds);
            }
            paths_[at].silent.add(ms > 0);
        }
        players_[player].silent.add(line.heard());
    }

    /// Paths of a host take their samples, and the worst of their levels is the host's.
    template <detail::real Real>
    void update(std::size_t host, std::span<Real const> rtt_ms) noexcept {
        host_state& h = hosts_[host];
        host_state const old = h;
        double worst_ms = 0, variance_ms2 = 0;
        std::size_t missing = 0, own = 0;
        for (std::size_t p = 0, at = host; p < players(); ++p, at += hosts()) {
            double const ms = cell(rtt_ms[at]);
            own += ms == 0 ? 1 : 0;
            if (ms == 0 || players_[p].silent.too_long()) continue;
            auto& [rtt, silent] = paths_[at];
            double const same =
                detail::rounded((1 - h.line.changed()) * (1 - players_[p].line.changed()));
            if (ms > 0) rtt.push_ms(ms, 1 - same);
            else rtt.doubt(1 - same);
            if (silent.too_long()) {
                ++missing;
                continue;
            }
            if (*rtt.level_ms() < worst_ms) continue;
            worst_ms = *rtt.level_ms();
            variance_ms2 = *rtt.level_variance_ms2();
        }
        h.missing = missing;
        h.reached = h.line.heard() || (own > 0 && missing == 0 && worst_ms <= 0);
        if (!h.reached) return;
        h.samples = detail::smaller(h.samples + 1, many);
        h.changes += h.line.changed();
        if (missing > 0) return;
        if (old.reached && old.missing == 0)
            returns_.add(h.line.age(), old.worst_ms - long_mean_ms(old), old.worst_ms - worst_ms,
                         old.variance_ms2);
        h.worst_ms = worst_ms;
        h.variance_ms2 = variance_ms2;
        h.mean_of = detail::smaller(h.mean_of + 1, many);
        h.mean_ms += (worst_ms - h.mean_ms) / h.mean_of;
    }

    void set_usual() noexcept {
        double sum = 0, count = 0;
        for (auto const& h : hosts_)
            if (h.mean_of > 0) sum += h.mean_ms, count += 1;
        usual_ms_ = count > 0 ? sum / count : 0;
    }
    void set_candidates() noexcept {
        candidates_.clear();
        for (std::size_t h = 0; h < hosts(); ++h)
            if (auto const outlook = expect(h))
                candidates_.push_back({.host = h,
                                       .score = -outlook->worst_ms,
                                       .samples = hosts_[h].samples,
                                       .deviation = outlook->deviation_ms,
                                       .lasts = outlook->lasts});
    }
    /// The mean of a host that changed seldom says little yet: it is drawn to that of all hosts.
    [[nodiscard]] double long_mean_ms(host_state const& h) const noexcept {
        double const weight = h.changes + detail::rounded(0.1 * h.mean_of);
        return (detail::rounded(weight * h.mean_ms) + usual_ms_) / (weight + 1);
    }
    /// What loses that share in each step lasts for so many steps, about.
    [[nodiscard]] duration lasting(double lost) const noexcept {
        double const ns = detail::larger(step_ns_, 0.0) / detail::larger(lost, 1e-6);
        constexpr double most = 9.2e18;
        return ns < most ? duration{static_cast<duration::rep>(ns)} : (duration::max)();
    }

    double step_ns_;
    detail::change_habits host_changes_, player_changes_;
    detail::return_habits returns_;
    std::vector<player_state> players_;
    std::vector<host_state> hosts_;
    std::vector<path> paths_;  // as in the matrix
    std::vector<candidate> candidates_{};
    double usual_ms_ = 0;
    std::uint64_t steps_ = 0, refused_ = 0;
};

}  // namespace hostpick
