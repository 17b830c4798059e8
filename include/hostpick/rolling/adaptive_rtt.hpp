// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// The round trip of a path that keeps its level for a while and then, perhaps, jumps to another.
///
/// A fixed smoothing is wrong somewhere: a path that is only noisy wants the mean of all its
/// samples, one that was rerouted its newest sample alone. This estimate learns which it has:
///
/// 1. The noise is the median distance of consecutive samples, so that jumps do not count as noise.
/// 2. Each sample is weighed: how likely is it if the level stayed, and if it jumped? How often the
///    path has jumped before is what speaks for a jump beforehand. Where it jumped, the level is
///    the sample; where it stayed, the mean of the samples since the jump; between, in between.
/// 3. Three means forget at different paces, and each counts as far as it has foretold the samples:
///    on a path that drifts the one that forgets fast, on a calm one the one that hardly does.
///
/// All distances are relative to the level, all densities are rational: no root, no logarithm, the
/// same bits everywhere. Constant time and memory. Source: the run lengths of Adams and MacKay,
/// "Bayesian Online Changepoint Detection" (2007), kept as one expected run instead of all of them;
/// the weights of the means are those of Herbster and Warmuth, "Tracking the Best Expert" (1998),
/// with a fixed share for each.
///
///     adaptive_rtt rtt;
///     for (double const ms : {40, 44, 42, 42}) rtt.push_ms(ms);
///     rtt.level_ms();    // about 42
///     rtt.push_ms(120);  // a jump
///     rtt.level_ms();    // above 115
///
/// Paths to one place jump together, when its own line changes. Who knows several of them asks each
/// how much a sample looks like a jump (`change_odds`), and tells each what all of them say.
class adaptive_rtt {
public:
    /// Takes a sample. `changed` is the probability, known from elsewhere, that the path has jumped
    /// since the sample before; one that is no probability counts as 0. Refuses what is negative or
    /// not finite.
    constexpr push_result push_ms(double rtt_ms, double changed = 0) noexcept {
        if (!detail::is_finite(rtt_ms)) return ++refused_, push_result::not_finite;
        if (!detail::is_quantity(rtt_ms)) return ++refused_, push_result::negative;
        if (rtt_ms > longest_ms) return ++refused_, push_result::too_large;
        double const x = detail::larger(rtt_ms, shortest_ms);
        if (run_ > 0) {
            learn_noise(x);
            judge(x, probability(changed));
        } else {
            levels_.fill(x);
            weights_.fill(1.0 / memories);
            run_ = 1;
        }
        last_ms_ = x;
        if (samples_ < many) ++samples_;
        return push_result::accepted;
    }

    /// No sample came, but with this probability the path has jumped: the level is worth less.
    constexpr void doubt(double changed) noexcept {
        if (run_ > 0)
            run_ = detail::larger(detail::rounded((1 - probability(changed)) * run_), shortest_run);
    }

    /// How many times likelier this sample is if the path jumped than if nothing more is known than
    /// how often it does; 1 before the first sample, and for what `push_ms` would refuse.
    [[nodiscard]] constexpr double change_odds(double rtt_ms) const noexcept {
        if (run_ <= 0 || !detail::is_quantity(rtt_ms) || rtt_ms > longest_ms) return 1;
        auto const seen = densities(detail::larger(rtt_ms, shortest_ms));
        return seen.jumped / (detail::rounded(hazard() * seen.jumped) +
                              detail::rounded((1 - hazard()) * seen.stayed));
    }

    /// Where the path is now.
    [[nodiscard]] constexpr std::optional<double> level_ms() const noexcept {
        return run_ > 0 ? std::optional{mixed()} : std::nullopt;
    }
    /// The variance of `level_ms`: that of one sample, as far as a new sample would move the level.
    [[nodiscard]] constexpr std::optional<double> level_variance_ms2() const noexcept {
        if (run_ <= 0) return std::nullopt;
        double const noise_ms = noise_ * mixed();
        double moved = 0;
        for (std::size_t k = 0; k < memories; ++k)
            moved += detail::rounded(weights_[k] * gain(k, run_));
        return noise_ms * noise_ms * moved;
    }
    /// The standard deviation of a sample around the level, as a share of the level.
    [[nodiscard]] constexpr std::optional<double> noise() const noexcept {
        return samples_ > 1 ? std::optional{noise_} : std::nullopt;
    }
    /// How many samples the level has lasted, about.
    [[nodiscard]] constexpr double run() const noexcept { return run_; }
    /// The probability that the newest sample began a new level.
    [[nodiscard]] constexpr double changed() const noexcept { return changed_; }
    /// How often the path jumps, per sample.
    [[nodiscard]] constexpr double hazard() const noexcept {
        return (jumps_ + prior_jumps) / (weighed_ + prior_samples);
    }
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }
    /// Forgets the samples, but not the counter.
    constexpr void reset() noexcept {
        auto const refused = refused_;
        *this = {};
        refused_ = refused;
    }

    static constexpr double shortest_ms = 1;  ///< what is below counts as this: noise is relative
    static constexpr double longest_ms = 1e12;

private:
    struct seen_as {
        double stayed, jumped;
    };

    static constexpr std::size_t memories = 3;
    static constexpr double least_gains[memories] = {1.0 / 64, 1.0 / 12, 1.0 / 3};
    static constexpr double forgotten = 0.005;  // of what is known about the memories, per sample
    static constexpr double jump_size = 0.5;   // a jump is any, up to twice or half the level
    static constexpr double prior_jumps = 0.1, prior_samples = 20;
    static constexpr double least_noise = 0.002, most_noise = 0.5;
    static constexpr double shortest_run = 0.1;
    static constexpr int many = 1 << 10;

    [[nodiscard]] static constexpr double probability(double p) noexcept {
        return detail::is_quantity(p) ? detail::smaller(p, 1.0) : 0;
    }
    /// The distance of two samples as a share of their mean, between -2 and 2.
    [[nodiscard]] static constexpr double apart(double x, double y) noexcept {
        return (x - y) / (0.5 * x + 0.5 * y);
    }
    /// About exp(-z^2 / 2) / deviation: its series, turned over, so that no tail is ever zero.
    [[nodiscard]] static constexpr double density(double e, double deviation) noexcept {
        using detail::rounded;
        double const z = e / deviation;
        double const u = rounded(z * z) / 2;
        double const series = 1 + u + rounded(u * u) / 2 + rounded(u * u * u) / 6 +
                              rounded(u * u * (u * u)) / 24;
        return 1 / (series * deviation);
    }
    [[nodiscard]] static constexpr double gain(std::size_t k, double run) noexcept {
        return detail::larger(least_gains[k], 1 / detail::larger(run, 1.0));
    }
    [[nodiscard]] constexpr double mixed() const noexcept {
        double sum = 0;
        for (std::size_t k = 0; k < memories; ++k) sum += detail::rounded(weights_[k] * levels_[k]);
        return sum;
    }
    /// If the level stayed, the sample is as far from it as its noise and the error of the level.
    [[nodiscard]] constexpr double density_of(std::size_t k, double x) const noexcept {
        double const error = detail::larger(least_gains[k], 1 / run_) / 2;
        return density(apart(x, levels_[k]), noise_ + detail::rounded(noise_ * error));
    }
    [[nodiscard]] constexpr seen_as densities(double x) const noexcept {
        double stayed = 0;
        for (std::size_t k = 0; k < memories; ++k)
            stayed += detail::rounded(weights_[k] * density_of(k, x));
        double const error = noise_ / (2 * run_);
        return {stayed, density(apart(x, mixed()), noise_ + error + jump_size)};
    }

    /// Steps towards the median of |x - x'| / sqrt(2): by half at first, later by 3 %.
    constexpr void learn_noise(double x) noexcept {
        double const step = 1 + detail::larger(0.03, 0.5 / samples_);
        double const d = detail::magnitude(apart(x, last_ms_)) / 1.4142135623730951;
        double const next = d > 0.6744897501960817 * noise_ ? noise_ * step : noise_ / step;
        noise_ = detail::clamped(next, least_noise, most_noise);
    }

    constexpr void judge(double x, double told) noexcept {
        using detail::rounded;
        auto const seen = densities(x);
        double const h = hazard();
        double const jumped = rounded(h * seen.jumped), stayed = rounded((1 - h) * seen.stayed);
        double const own = rounded((1 - told) * (jumped / (jumped + stayed)));
        jumps_ += own;  // what was told has another cause, and is counted there
        if (weighed_ < many) weighed_ += 1;
        else jumps_ -= jumps_ / many;
        changed_ = detail::smaller(told + own, 1.0);

        double const before = run_ + 1;
        for (std::size_t k = 0; k < memories; ++k) {
            // What a jump says about a memory, it says about all of them alike.
            double const likelier = rounded(weights_[k] * density_of(k, x)) / seen.stayed;
            double const known =
                rounded((1 - changed_) * likelier) + rounded(changed_ * weights_[k]);
            weights_[k] = rounded((1 - forgotten) * known) + forgotten / memories;
            double const level = levels_[k] + rounded(gain(k, before) * (x - levels_[k]));
            levels_[k] = rounded((1 - changed_) * level) + rounded(changed_ * x);
        }
        run_ = detail::smaller(rounded((1 - changed_) * before) + changed_, 1.0 * many);
    }

    std::array<double, memories> levels_{};   // means that forget at different paces
    std::array<double, memories> weights_{};  // and how well each of them foretells
    double last_ms_ = 0;
    double run_ = 0;
    double noise_ = 0.2;
    double changed_ = 0;
    double jumps_ = 0;
    double weighed_ = 0;
    std::uint64_t refused_ = 0;
    int samples_ = 0;
};

}  // namespace hostpick::rolling
