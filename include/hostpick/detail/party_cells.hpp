// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/ready.hpp>
#include <hostpick/detail/real.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

// What the players of a party measure to one host, made into one number.
namespace hostpick::detail {

inline constexpr double most_cell_ms = 10'000, most_weight = 1000;

/// To the nearest multiple of 2^-Bits: sums of these are exact, so players may come in any order.
/// `x` is below 2^(51 - Bits).
template <int Bits>
HOSTPICK_INLINE [[nodiscard]] constexpr double on_grid(double x) noexcept {
    constexpr double one = 6755399441055744.0 / static_cast<double>(std::uint64_t{1} << Bits);
    return (x + one) - one;
}

/// The delays of players as they come, and what they make together.
struct party_sums {
    double weights = 0, sum = 0, worst = -1;
    std::size_t worst_player = 0;

    /// Without a branch: which player is worst off is not to be foreseen.
    HOSTPICK_INLINE constexpr void add(std::size_t player, double delay, double weight) noexcept {
        bool const further = delay > worst;
        worst = further ? delay : worst;
        worst_player = further ? player : worst_player;
        weights += weight;
        sum += on_grid<24>(rounded(weight * delay));
    }
    HOSTPICK_INLINE [[nodiscard]] constexpr double mean() const noexcept { return sum / weights; }
};

/// Judges the hosts of one party by one policy, both without fault.
template <class Build, class Party, class Policy>
class party_judge {
    using R = typename Party::real_type;

public:
    constexpr party_judge(Party const& group, Policy const& policy) noexcept
        : group_{group},
          policy_{policy},
          hosts_{group.hosts()},
          ceiling_ms_{static_cast<R>(policy.latency_ceiling_ms)} {
        for (double const w : group.weights) largest_weight_ = larger(largest_weight_, w);
    }

    [[nodiscard]] constexpr std::size_t hosts() const noexcept { return hosts_; }
    [[nodiscard]] constexpr double largest_weight() const noexcept { return largest_weight_; }

    /// As a share of the largest; that of most parties is 1 for all.
    HOSTPICK_INLINE [[nodiscard]] constexpr double weight(std::size_t player) const noexcept {
        return group_.weights.empty() ? 1 : on_grid<24>(group_.weights[player] / largest_weight_);
    }

    template <class Verdict, class Limited>
    [[nodiscard]] Verdict verdict(std::size_t host, Limited const& limited) const {
        Verdict v;
        bool const has_score = !group_.host_scores.empty();
        double own = has_score ? group_.host_scores[host] : 0;
        if (!is_finite(own)) return {.reason = exclusion::score_not_finite};
        own = clamped(own, 0.0, 100.0);
        v.reason = limited.first_kept(own, v.step);
        if (v.reason != exclusion::none) return v;

        party_sums sums;
        std::size_t first_missing = 0;
        for (std::size_t player = 0; player < group_.players; ++player) {
            double const its_weight = weight(player);
            if (its_weight == 0) continue;
            cell const c = cell_at(player, host);
            sums.add(player, c.delay_ms, its_weight);
            if (!c.known && ++v.missing == 1) first_missing = player;
            if (!c.known || !limited.limited()) continue;
            unsigned step = 0;
            v.reason = limited.first_kept(reading_at(player, host), step);
            if (v.reason != exclusion::none) {
                v.worst_player = player;
                return v;
            }
            v.step = larger(v.step, step);
        }
        if (v.missing > policy_.max_missing) {
            v.reason = exclusion::latency_missing;
            v.worst_player = first_missing;
            return v;
        }
        v.worst_ms = sums.worst, v.worst_player = sums.worst_player;
        v.value_ms = value(sums, host);
        if (has_score) v.value_ms += rounded(policy_.ms_per_point * (100 - own));
        return v;
    }

private:
    [[nodiscard]] constexpr metrics_reading<R> reading_at(std::size_t player,
                                                          std::size_t host) const noexcept {
        std::size_t const at = player * hosts_ + host;
        metrics_reading<R> m;
        m.latency_ms = read_field<R>(group_.latency_ms[at]);
        if (!group_.packet_loss.empty()) m.packet_loss = read_field<R>(group_.packet_loss[at]);
        if (!group_.jitter_ms.empty()) m.jitter_ms = read_field<R>(group_.jitter_ms[at]);
        return m;
    }
    /// What a player would feel on a host: the ceiling where that is missing.
    struct cell {
        double delay_ms;
        bool known;
    };
    HOSTPICK_INLINE [[nodiscard]] constexpr cell cell_at(std::size_t player,
                                                         std::size_t host) const noexcept {
        std::size_t const at = player * hosts_ + host;
        double const ceiling = policy_.latency_ceiling_ms;
        R const latency = group_.latency_ms[at];
        bool known = is_quantity(latency) && latency <= ceiling_ms_;
        double delay = static_cast<double>(known ? latency : R{0});
        if (!group_.jitter_ms.empty())
            delay += added(group_.jitter_ms[at], ceiling, policy_.ms_per_jitter_ms);
        if (!group_.packet_loss.empty()) {
            known = known && !loses_all(group_.packet_loss[at]);
            delay += added(group_.packet_loss[at], 1, 100 * policy_.ms_per_percent_lost);
        }
        return {known ? smaller(delay, ceiling) : ceiling, known};
    }
    /// What is missing counts as the most there is.
    [[nodiscard]] static constexpr double added(R x, double most, double factor) noexcept {
        auto const field = read_field<R>(x);
        if (factor == 0) return 0;
        return rounded(factor * (field.measured() ? smaller(static_cast<double>(field.value), most) : most));
    }
    [[nodiscard]] static constexpr bool loses_all(R loss) noexcept {
        metrics_reading<R> m;
        m.latency_ms = read_field<R>(R{0});
        m.packet_loss = read_field<R>(loss);
        return unusable(m, R{0}) != exclusion::none;
    }
    HOSTPICK_INLINE [[nodiscard]] constexpr double delay_at(std::size_t player,
                                                            std::size_t host) const noexcept {
        return cell_at(player, host).delay_ms;
    }
    [[nodiscard]] double value(party_sums const& sums, std::size_t host) const {
        using enum_type = decltype(policy_.value);
        switch (policy_.value) {
            case enum_type::worst: return sums.worst;
            case enum_type::quantile:  // thirds need not add up to the last bit
                return quantile(host, policy_.quantile * sums.weights * (1 - 1e-6));
            case enum_type::mean: return sums.mean();
            case enum_type::mean_and_spread: break;
        }
        double const mean = sums.mean();
        return mean + rounded(policy_.spread_weight * deviation(host, mean, sums.weights));
    }
    [[nodiscard]] double deviation(std::size_t host, double mean, double weights) const noexcept {
        double squares = 0;
        for (std::size_t player = 0; player < group_.players; ++player) {
            double const off = delay_at(player, host) - mean;
            squares += on_grid<16>(rounded(weight(player) * rounded(off * off)));
        }
        return std::sqrt(squares / weights);
    }
    /// The least delay such that players of at least that weight have it or less.
    [[nodiscard]] constexpr double quantile(std::size_t host, double weight_below) const noexcept {
        double least = policy_.latency_ceiling_ms;
        for (std::size_t candidate = 0; candidate < group_.players; ++candidate) {
            if (weight(candidate) == 0) continue;
            double const delay = delay_at(candidate, host);
            if (delay >= least) continue;
            double sum = 0;
            for (std::size_t player = 0; player < group_.players; ++player)
                if (delay_at(player, host) <= delay) sum += weight(player);
            if (sum >= weight_below) least = delay;
        }
        return least;
    }

    Party const& group_;
    Policy const& policy_;
    std::size_t hosts_;
    R ceiling_ms_;
    double largest_weight_ = 0;
};

}  // namespace hostpick::detail
