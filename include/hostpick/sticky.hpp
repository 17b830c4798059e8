// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/instant.hpp>
#include <hostpick/sticky_policy.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

namespace hostpick {

/// The host of one running session: it changes only where that is wiser than to stay.
///
/// It is asked every few seconds with what is known of the hosts. Whoever is ahead by the margins and
/// beyond chance, for the lead's time, takes the session, if it has dwelt long enough, has moves left
/// this hour, and the gain will last for long enough to pay for the move. An incumbent that failed
/// loses the session at once; one that is not heard of keeps it for the time of grace.
///
/// What pays: the points that the challenger is ahead, less `confidence` standard deviations of that
/// difference, times the seconds that it lasts (until the session ends, either score changes, or the
/// horizon is reached), are more than the cost of a move.
///
/// Hosts that failed, whose score is not finite, or who are known by fewer samples than the policy
/// wants are not ready to take a session over, except where the session has no host or its host
/// failed: then whoever is best is. It allocates nothing but for ids. A decision that is refused
/// (`invalid_policy`, `clock_ran_back`) changes nothing. O(candidates).
///
///     sticky_choice<std::string> session;
///     auto const d = session.decide(candidates, now, 20min);
///     if (d.moved()) move_to(*d.host);
template <class Id>
class sticky_choice {
public:
    using candidate = sticky_candidate<Id>;
    using decision = sticky_decision<Id>;
    using instant = rolling::instant;
    using duration = std::chrono::nanoseconds;

    constexpr explicit sticky_choice(sticky_policy const& policy = {}) noexcept : policy_{policy} {}

    /// Where the session runs, or nothing before it has a host.
    [[nodiscard]] constexpr std::optional<Id> const& host() const noexcept { return host_; }
    /// Moves in the hour before `now`, the first choice not counted.
    [[nodiscard]] constexpr unsigned moves_in_last_hour(instant now) const noexcept {
        unsigned recent = 0;
        for (std::size_t n = 0; n < detail::smaller(made_, moves_.size()); ++n)
            recent += rolling::elapsed(moves_[n], now) < std::chrono::hours{1} ? 1 : 0;
        return recent;
    }

    /// Decides by what is known now. Of a session that will last for an unknown time `remaining` is
    /// the longest time there is. In a tie the candidate with the smaller id is the challenger; of
    /// candidates with one id the first counts.
    decision decide(std::span<candidate const> candidates, instant now,
                              duration remaining = (duration::max)()) {
        if (policy_.error()) return stay(sticky_reason::invalid_policy, nullptr, nullptr);
        if (asked_ && now < last_asked_) return stay(sticky_reason::clock_ran_back, nullptr, nullptr);
        last_asked_ = now;
        asked_ = true;

        candidate const* const incumbent = find(candidates);
        if (!host_ || (incumbent != nullptr && incumbent->failed)) {
            candidate const* ready = best_of(candidates, policy_.min_samples);
            if (ready == nullptr) ready = best_of(candidates, 0);
            if (ready == nullptr)
                return stay(host_ ? sticky_reason::no_backup : sticky_reason::nobody, incumbent, nullptr);
            return move(host_ ? sticky_reason::incumbent_failed : sticky_reason::first_choice,
                        incumbent, *ready);
        }
        candidate const* const challenger = best_of(candidates, policy_.min_samples);
        if (incumbent == nullptr || !detail::is_finite(incumbent->score)) {
            if (rolling::elapsed(last_heard_, now) <= policy_.grace)
                return stay(sticky_reason::sample_missing, nullptr, challenger);
            if (challenger == nullptr) return stay(sticky_reason::no_backup, nullptr, nullptr);
            return move(sticky_reason::incumbent_gone, nullptr, *challenger);
        }
        last_heard_ = now;
        sticky_reason const reason = weigh(*incumbent, candidates, challenger, remaining);
        return is_move(reason) ? move(reason, incumbent, *challenger)
                               : stay(reason, incumbent, challenger);
    }

private:
    /// Whether the challenger takes over; keeps the time since when it is far enough ahead.
    sticky_reason weigh(candidate const& incumbent, std::span<candidate const> candidates,
                                  candidate const* challenger, duration remaining) {
        sticky_reason const ahead = compare(incumbent, candidates, challenger);
        if (ahead != sticky_reason::better) {
            leading_since_.reset();
            return ahead;
        }
        if (!leading_since_) leading_since_ = last_asked_;
        if (rolling::elapsed(*leading_since_, last_asked_) < policy_.lead)
            return sticky_reason::short_lead;
        if (made_ > 0 && rolling::elapsed(moves_[(made_ - 1) % moves_.size()], last_asked_) < policy_.dwell)
            return sticky_reason::dwelling;
        if (policy_.moves_per_hour && moves_in_last_hour(last_asked_) >= *policy_.moves_per_hour)
            return sticky_reason::budget_spent;
        double const seconds = lasting_seconds(incumbent, *challenger, remaining);
        if (!(sure_gain(incumbent, *challenger) * seconds > policy_.move_cost))
            return sticky_reason::not_worth_it;
        return sticky_reason::better;
    }
    /// Whether the challenger is better by enough at this moment.
    [[nodiscard]] sticky_reason compare(candidate const& incumbent,
                                                  std::span<candidate const> candidates,
                                                  candidate const* challenger) const {
        candidate const* const first = best_of(candidates, 0);
        if (first == nullptr || !(first->score > incumbent.score)) return sticky_reason::best;
        if (incumbent.samples < policy_.min_samples || challenger == nullptr ||
            !(challenger->score > incumbent.score))
            return sticky_reason::few_samples;
        double const gain = challenger->score - incumbent.score;
        if (gain < policy_.margin ||
            gain < detail::rounded(policy_.relative_margin * detail::magnitude(incumbent.score)))
            return sticky_reason::within_margin;
        return sure_gain(incumbent, *challenger) > 0 ? sticky_reason::better
                                                     : sticky_reason::not_sure;
    }
    /// The points that the challenger is ahead, less what may be chance.
    [[nodiscard]] double sure_gain(candidate const& incumbent, candidate const& challenger) const {
        double const a = spread_of(incumbent), b = spread_of(challenger);
        double const error = std::sqrt(detail::rounded(a * a) + detail::rounded(b * b));
        return challenger.score - incumbent.score - detail::rounded(policy_.confidence * error);
    }
    /// For how long the gain lasts: it ends when either host changes, so of two that are alike half
    /// as long as each.
    [[nodiscard]] double lasting_seconds(candidate const& incumbent, candidate const& challenger,
                                         duration remaining) const {
        auto const seconds = [](duration d) {
            return detail::larger(std::chrono::duration<double>(d).count(), 0.0);
        };
        double const a = seconds(incumbent.lasts), b = seconds(challenger.lasts);
        double const both = a > 0 && b > 0 ? 1 / (1 / a + 1 / b) : 0;
        return detail::smaller(both, detail::smaller(seconds(remaining), seconds(policy_.horizon)));
    }
    /// What is no deviation says nothing.
    [[nodiscard]] static double spread_of(candidate const& c) noexcept {
        return detail::is_quantity(c.deviation) ? c.deviation : 0;
    }

    [[nodiscard]] constexpr candidate const* find(std::span<candidate const> candidates) const {
        for (candidate const& c : candidates)
            if (host_ && c.host == *host_) return &c;
        return nullptr;
    }
    /// The best of those that could take the session over.
    [[nodiscard]] constexpr candidate const* best_of(std::span<candidate const> candidates,
                                                     unsigned min_samples) const {
        candidate const* best = nullptr;
        for (candidate const& c : candidates) {
            if (c.failed || !detail::is_finite(c.score) || c.samples < min_samples) continue;
            if (host_ && c.host == *host_) continue;
            if (best == nullptr || c.score > best->score ||
                (c.score == best->score && c.host < best->host))
                best = &c;
        }
        return best;
    }

    [[nodiscard]] constexpr decision stay(sticky_reason reason, candidate const* incumbent,
                                          candidate const* challenger) const {
        decision d{host_, reason, std::nullopt, 0};
        if (challenger != nullptr) d.challenger = challenger->host;
        if (challenger != nullptr && incumbent != nullptr && detail::is_finite(incumbent->score))
            d.gain = challenger->score - incumbent->score;
        return d;
    }
    constexpr decision move(sticky_reason reason, candidate const* incumbent,
                            candidate const& challenger) {
        decision d = stay(reason, incumbent, &challenger);
        if (host_) {
            moves_[made_++ % moves_.size()] = last_asked_;
        }
        host_ = challenger.host;
        d.host = host_;
        last_heard_ = last_asked_;
        leading_since_.reset();
        return d;
    }

    sticky_policy policy_;
    std::optional<Id> host_{};
    std::optional<instant> leading_since_{};
    instant last_asked_{}, last_heard_{};
    bool asked_ = false;
    std::array<instant, 60> moves_{};  // the last of them, as a ring
    std::size_t made_ = 0;
};

}  // namespace hostpick
