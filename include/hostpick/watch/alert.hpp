// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/watch/alert_rule.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace hostpick::watch {

enum class alert_state : unsigned char {
    inactive,
    pending,  ///< it is so, but not yet for the time of the rule
    firing,
};

/// A state as its name.
[[nodiscard]] constexpr std::string_view to_name(alert_state s) noexcept {
    switch (s) {
        case alert_state::inactive: return "inactive";
        case alert_state::pending: return "pending";
        case alert_state::firing: return "firing";
    }
    return "unknown";
}

/// What a sample changed.
enum class alert_change : unsigned char {
    none,
    became_pending,
    fired,
    resolved,   ///< it fired, and does so no longer
    withdrawn,  ///< it was pending, and has not fired
    refused,    ///< nothing: the time was before that of the last sample
};

/// A change as its name.
[[nodiscard]] constexpr std::string_view to_name(alert_change c) noexcept {
    switch (c) {
        case alert_change::none: return "none";
        case alert_change::became_pending: return "became_pending";
        case alert_change::fired: return "fired";
        case alert_change::resolved: return "resolved";
        case alert_change::withdrawn: return "withdrawn";
        case alert_change::refused: return "refused";
    }
    return "unknown";
}

/// The state of one rule for one host: inactive until the value is beyond the threshold, then
/// pending, and firing once it has been so for the rule's time, judged at each sample as Prometheus
/// does at each evaluation.
///
/// A missing value (unknown, NaN, of too few samples, without the baseline that the rule needs) is
/// one that is not beyond, except that for `hold_missing_for` after the last known one it changes
/// nothing. Before it fires, all of `within` must be beyond the threshold; once it fires, the value
/// itself must not be beyond `clears_at` any more. A sample before the last one in time is refused
/// and counted; at the same time it is taken. A rule that is not valid never fires.
///
///     alert far;
///     if (far.see(rule, {.value = 312.0}, now) == alert_change::fired) tell(rule.name);
class alert {
public:
    constexpr alert_change see(alert_rule const& rule, alert_sample const& sample,
                               rolling::instant now, bool quiet = false) noexcept {
        if (seen_ && now < last_) return ++refused_, alert_change::refused;
        seen_ = true;
        last_ = now;
        auto const value = value_of(rule, sample);
        double const unit = rule.of_baseline && value ? *sample.baseline : 1;
        if (value) {
            value_ = known(*value / unit);
            last_known_ = now;
        } else if (rolling::elapsed(last_known_, now) < rule.hold_missing_for) {
            return alert_change::none;
        }
        bool const holds = value && !quiet && !rule.error() && is_so(rule, sample, *value, unit);
        return holds ? rises(rule, now) : falls(rule, now);
    }

    [[nodiscard]] constexpr alert_state state() const noexcept { return state_; }
    [[nodiscard]] constexpr bool firing() const noexcept { return state_ == alert_state::firing; }
    /// Since when it has been pending, or was before it fired; nothing while it is inactive.
    [[nodiscard]] constexpr std::optional<rolling::instant> active_since() const noexcept {
        return state_ == alert_state::inactive ? std::nullopt : std::optional{active_since_};
    }
    /// Since when it fires.
    [[nodiscard]] constexpr std::optional<rolling::instant> firing_since() const noexcept {
        return firing() ? std::optional{firing_since_} : std::nullopt;
    }
    /// The last known value, of a rule on the baseline as a share of it.
    [[nodiscard]] constexpr std::optional<double> value() const noexcept { return value_; }
    /// How many samples were refused.
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }

private:
    /// What is known of a value, as a number: nothing of NaN, the last number of an infinity.
    [[nodiscard]] static constexpr std::optional<double> known(
        std::optional<double> const& x) noexcept {
        if (!x || detail::is_nan(*x)) return std::nullopt;
        if (detail::is_finite(*x)) return *x;
        constexpr double most = (std::numeric_limits<double>::max)();
        return std::bit_cast<std::int64_t>(*x) < 0 ? -most : most;
    }
    [[nodiscard]] static constexpr std::optional<double> value_of(
        alert_rule const& rule, alert_sample const& sample) noexcept {
        if (sample.samples < rule.min_samples) return std::nullopt;
        bool const is_usual = sample.baseline && detail::is_quantity(*sample.baseline) &&
                              *sample.baseline > 0;
        return rule.of_baseline && !is_usual ? std::nullopt : known(sample.value);
    }
    /// With limits in so many of the value's units: a share of the baseline, or the value itself.
    [[nodiscard]] constexpr bool is_so(alert_rule const& rule, alert_sample const& sample,
                                       double value, double unit) const noexcept {
        if (firing()) return rule.beyond(value, rule.clears_at.value_or(rule.threshold) * unit);
        if (!sample.within || rule.of_baseline) return rule.beyond(value, rule.threshold * unit);
        bool const above = rule.is == comparison::above;
        auto const nearest = known(above ? sample.within->low : sample.within->high);
        return nearest && rule.beyond(*nearest, rule.threshold);
    }
    constexpr alert_change rises(alert_rule const& rule, rolling::instant now) noexcept {
        ends_ = false;
        bool const begins = state_ == alert_state::inactive;
        if (begins) {
            state_ = alert_state::pending;
            active_since_ = now;
        }
        if (state_ == alert_state::pending &&
            rolling::elapsed(active_since_, now) >= rule.for_time) {
            state_ = alert_state::firing;
            firing_since_ = now;
            return alert_change::fired;
        }
        return begins ? alert_change::became_pending : alert_change::none;
    }
    constexpr alert_change falls(alert_rule const& rule, rolling::instant now) noexcept {
        if (state_ == alert_state::inactive) return alert_change::none;
        if (firing() && rule.keep_firing_for > rule.keep_firing_for.zero()) {
            if (!ends_) not_so_since_ = now;
            ends_ = true;
            if (rolling::elapsed(not_so_since_, now) < rule.keep_firing_for)
                return alert_change::none;
        }
        bool const fired = firing();
        state_ = alert_state::inactive;
        return fired ? alert_change::resolved : alert_change::withdrawn;
    }

    alert_state state_ = alert_state::inactive;
    bool seen_ = false;
    bool ends_ = false;  ///< it fires, though it is not so any more
    rolling::instant last_{}, last_known_{}, active_since_{}, firing_since_{}, not_so_since_{};
    std::optional<double> value_{};
    std::uint64_t refused_ = 0;
};

}  // namespace hostpick::watch
