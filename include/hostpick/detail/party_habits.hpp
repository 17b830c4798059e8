// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <array>
#include <cstddef>

// What a forecast learns of the hosts, or the players, of one session: from all of them together,
// because one alone changes too seldom to tell, and by age, which is how many steps ago it last
// changed. One that jumps, one that only spikes, one that is measured anew every five steps and one
// that never changes differ in just that. What is known of one age is drawn towards what is known
// of all, as if that had been seen in four steps more.
namespace hostpick::detail {

inline constexpr std::size_t oldest_age = 12;  // who changed longer ago is like this
inline constexpr double steps_of_all = 4;

/// How likely each of `count` changes in the next step. Beforehand: once in 200 steps.
class change_habits {
public:
    explicit constexpr change_habits(std::size_t count) noexcept
        : count_{static_cast<double>(count)} {}

    [[nodiscard]] constexpr double hazard(std::size_t age) const noexcept {
        double const usual =
            (all_.changes + rounded(0.1 * count_)) / (all_.steps + rounded(20 * count_));
        auto const& here = by_age_[smaller(age, oldest_age)];
        return (here.changes + rounded(steps_of_all * usual)) / (here.steps + steps_of_all);
    }
    /// One of that age changed now, with this probability.
    constexpr void add(std::size_t age, double changed) noexcept {
        for (seen* s : {&by_age_[smaller(age, oldest_age)], &all_}) {
            s->changes += changed;
            s->steps += 1;
        }
    }

private:
    struct seen {
        double changes = 0, steps = 0;
    };
    std::array<seen, oldest_age + 1> by_age_{};
    seen all_{};
    double count_;
};

/// Which share of its distance from its own long mean each of `count` loses by the next step: the
/// slope of a line through the origin. Beforehand: none.
class return_habits {
public:
    explicit constexpr return_habits(std::size_t count) noexcept
        : count_{static_cast<double>(count)} {}

    [[nodiscard]] constexpr double share(std::size_t age) const noexcept {
        double const mean = all_.steps > 0 ? all_.distance / all_.steps : 0;
        double const usual = part(all_.lost, all_.distance + rounded(20 * count_ * mean));
        auto const& here = by_age_[smaller(age, oldest_age)];
        double const more = rounded(steps_of_all * mean);
        return part(here.lost + rounded(more * usual), here.distance + more);
    }
    /// One of that age was `away_ms` above its long mean, and fell by `fell_ms`. A distance that is
    /// uncertain says less, or noise would look like a return to the mean.
    constexpr void add(std::size_t age, double away_ms, double fell_ms,
                       double variance_ms2) noexcept {
        for (seen* s : {&by_age_[smaller(age, oldest_age)], &all_}) {
            s->lost += rounded(away_ms * fell_ms);
            s->distance += rounded(away_ms * away_ms) + variance_ms2;
            s->steps += 1;
        }
    }

private:
    struct seen {
        double lost = 0, distance = 0, steps = 0;
    };
    static constexpr double part(double some, double whole) noexcept {
        return whole > 0 ? clamped(some / whole, 0.0, 1.0) : 0;
    }
    std::array<seen, oldest_age + 1> by_age_{};
    seen all_{};
    double count_;
};

/// The line of one host, or of one player: when it changes, all paths over it jump together.
class shared_line {
public:
    /// Before the paths of a step.
    constexpr void begin() noexcept { odds_ = 1, heard_ = false; }
    /// How many times likelier a sample of one path is if the path jumped.
    constexpr void hear(double odds) noexcept {
        odds_ = smaller(rounded(odds_ * odds), 1e100);
        heard_ = true;
    }
    /// After them: how likely the line changed. What is heard for the first time did not.
    constexpr void judge(change_habits const& habits) noexcept {
        changed_ = 0;
        if (!heard_ || age_ == 0) return;
        double const before = larger(habits.hazard(age_), 0.001);
        double const for_it = rounded(before * odds_);
        changed_ = for_it / (for_it + (1 - before));
    }
    /// At last, when everybody is judged.
    constexpr void learn(change_habits& habits) noexcept {
        if (heard_ && age_ > 0) habits.add(age_, changed_);
        if (heard_ || age_ > 0) age_ = changed_ > 0.5 ? 1 : smaller(age_ + 1, oldest_age);
    }

    [[nodiscard]] constexpr bool heard() const noexcept { return heard_; }
    [[nodiscard]] constexpr double changed() const noexcept { return changed_; }
    /// How many steps ago it last changed; 0 before it was heard of.
    [[nodiscard]] constexpr std::size_t age() const noexcept { return age_; }

private:
    double odds_ = 1, changed_ = 0;
    std::size_t age_ = 0;
    bool heard_ = false;
};

}  // namespace hostpick::detail
