// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/rolling/confidence.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hostpick::watch {

enum class severity : unsigned char { info, warning, critical };

/// What a rule looks at. The unit of its threshold is that of the value.
enum class alert_value : unsigned char {
    latency_ms,
    packet_loss,
    jitter_ms,
    bandwidth_mbps,
    score,
};

inline constexpr std::size_t alert_values = 5;

enum class comparison : unsigned char { above, below };

/// A value as a rule is asked about it.
///
/// What is not known, or is NaN, is missing; an infinity is as far as a number can be. `within` is
/// where the truth surely lies, for an alert that should not fire by chance.
struct alert_sample {
    std::optional<double> value{};
    std::optional<double> baseline{};           ///< what is usual here
    std::uint64_t samples = 1'000'000;          ///< that the value is made of
    std::optional<rolling::interval> within{};
};

/// A packet loss with its 95 % Wilson interval, so that it fires only when the loss is surely above
/// the threshold: one of ten lost is 0.1, and at least 0.018. Nothing sent is a missing value.
///
///     lossy.see(rule, loss_sample(3, 60), now);
[[nodiscard]] inline alert_sample loss_sample(std::uint64_t lost, std::uint64_t sent) noexcept {
    alert_sample s{.samples = sent, .within = rolling::wilson_interval(lost, sent)};
    if (sent > 0)
        s.value = static_cast<double>(lost < sent ? lost : sent) / static_cast<double>(sent);
    return s;
}

/// When an alert fires, as data. Without `clears_at`, `min_samples`, `unless` and
/// `hold_missing_for`, and with samples that have no `within`, it fires as a rule of Prometheus with
/// this comparison, `for` and `keep_firing_for` does.
///
///     alert_rule const far{.name = "far", .value = alert_value::latency_ms, .threshold = 200,
///                          .clears_at = 180, .for_time = 2min, .level = severity::critical};
struct alert_rule {
    std::string_view name{};
    alert_value value{};
    comparison is = comparison::above;      ///< strictly
    double threshold = 0;                   ///< in the value's unit, or a share of the baseline
    bool of_baseline = false;               ///< a sample without baseline is a missing one
    /// Once it fires, it does so until the value is not beyond this any more. On the good side of
    /// the threshold, which it is by default.
    std::optional<double> clears_at{};
    std::chrono::nanoseconds for_time{};         ///< for which it must have been so
    std::chrono::nanoseconds keep_firing_for{};  ///< for which it must not be so any more
    std::chrono::nanoseconds hold_missing_for{}; ///< for which a missing value changes nothing
    std::uint64_t min_samples = 0;               ///< a value of fewer is a missing one
    severity level = severity::warning;
    /// The name of an earlier rule: while that one fires, this one is quiet.
    std::string_view unless{};

    friend constexpr bool operator==(alert_rule const&, alert_rule const&) = default;

    /// The first thing that is wrong with it, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        constexpr char const* time = "not negative";
        if (name.empty()) return setting_error{"name", "not empty"};
        if (value > alert_value::score) return setting_error{"value", "one of the five"};
        if (!detail::is_finite(threshold)) return setting_error{"threshold", "finite"};
        if (clears_at && (!detail::is_finite(*clears_at) || beyond(*clears_at, threshold)))
            return setting_error{"clears_at", "finite, on the good side of the threshold"};
        if (for_time < for_time.zero()) return setting_error{"for_time", time};
        if (keep_firing_for < for_time.zero()) return setting_error{"keep_firing_for", time};
        if (hold_missing_for < for_time.zero()) return setting_error{"hold_missing_for", time};
        if (unless == name) return setting_error{"unless", "another rule"};
        return std::nullopt;
    }

    /// Whether one number is worse than another.
    [[nodiscard]] constexpr bool beyond(double x, double limit) const noexcept {
        return is == comparison::above ? x > limit : x < limit;
    }
};

/// Critical above 200 ms or 2 % of loss, warning above 100 ms or 0.5 %, info below half of the usual
/// bandwidth, and a warning of a score below 60, of which samples should have that of the chosen
/// host alone.
///
/// Names, thresholds and times are those of the rules for Prometheus in `examples/monitoring`. A
/// warning is quiet while its critical alert fires, and what fires clears a little on the good side.
[[nodiscard]] constexpr std::array<alert_rule, 6> default_alert_rules() noexcept {
    using namespace std::chrono_literals;
    using enum alert_value;
    using enum severity;
    return {{{.name = "HostpickLatencyCritical", .value = latency_ms, .threshold = 200,
              .clears_at = 180, .for_time = 2min, .keep_firing_for = 5min, .min_samples = 3,
              .level = critical},
             {.name = "HostpickLatencyWarning", .value = latency_ms, .threshold = 100,
              .clears_at = 90, .for_time = 2min, .keep_firing_for = 5min, .min_samples = 3,
              .unless = "HostpickLatencyCritical"},
             {.name = "HostpickPacketLossCritical", .value = packet_loss, .threshold = 0.02,
              .clears_at = 0.015, .for_time = 2min, .keep_firing_for = 5min, .min_samples = 30,
              .level = critical},
             {.name = "HostpickPacketLossWarning", .value = packet_loss, .threshold = 0.005,
              .clears_at = 0.004, .for_time = 2min, .keep_firing_for = 5min, .min_samples = 30,
              .unless = "HostpickPacketLossCritical"},
             {.name = "HostpickBandwidthBelowBaseline", .value = bandwidth_mbps,
              .is = comparison::below, .threshold = 0.5, .of_baseline = true, .clears_at = 0.6,
              .for_time = 10min, .keep_firing_for = 10min, .level = info},
             {.name = "HostpickChosenHostPoor", .value = score, .is = comparison::below,
              .threshold = 60, .clears_at = 65, .for_time = 5min, .keep_firing_for = 5min}}};
}

}  // namespace hostpick::watch
