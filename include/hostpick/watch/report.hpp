// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/watch/calendar.hpp>
#include <hostpick/watch/daily_report.hpp>
#include <hostpick/watch/episodes.hpp>

#include <optional>

namespace hostpick::watch {

/// What became of a sample. Those from `empty` on were refused: they changed a counter and nothing
/// else.
enum class sample_result : unsigned char {
    measured,
    failed,          ///< no answer, a latency above the ceiling, or a loss that is not below 1
    empty,           ///< nothing was measured
    invalid,         ///< a negative or an infinite metric, or one beyond belief: above 2^20
    outside,         ///< not on this day, or the day or the policy makes no sense
    clock_ran_back,  ///< not after the sample before
};

/// Makes the report of a day from a stream of samples of one host, each later than the one before.
///
/// It holds no sample: 10 kB, whatever their number. An episode that is not over at midnight belongs
/// to both days: to the first up to its last bad sample there, to the second with its true start,
/// and as `continued`. O(1) an `add`, of the 961st latency O(960), and of the end of an episode
/// O(32).
///
///     daily_summary today{day_at(now)};
///     today.add(now, network_metrics<>{.latency_ms = 31, .packet_loss = 0.0});
///     today.report().latency_ms().mean()  // 31
class daily_summary {
public:
    /// Of a day or a policy that makes no sense it refuses every sample.
    constexpr explicit daily_summary(day_span day, report_policy const& policy = {}) noexcept
        : report_{day, policy}, usable_{day.is_valid() && !policy.error()} {}

    /// Takes what was measured at a point in time. A sample without a latency that did not fail
    /// neither lengthens an episode nor ends it.
    template <host_metrics M>
    constexpr sample_result add(unix_time at, M const& metrics) noexcept {
        if (!usable_ || !report_.day_.contains(at)) return refuse(sample_result::outside);
        if (last_ && at <= *last_) return refuse(sample_result::clock_ran_back);
        auto const m = detail::read_metrics<double>(metrics);
        if (has_failed(m)) {
            last_ = at;
            ++report_.failed_;
            note_bad(at, std::nullopt);
            return sample_result::failed;
        }
        if (sample_result const r = judge(m); r != sample_result::measured) return refuse(r);
        last_ = at;
        ++report_.measured_;
        if (m.packet_loss.measured()) report_.packet_loss_.add(m.packet_loss.value);
        if (m.jitter_ms.measured()) report_.jitter_ms_.add(m.jitter_ms.value);
        if (m.bandwidth_mbps.measured()) {
            if (m.bandwidth_mbps.value > 0) report_.bandwidth_mbps_.add(m.bandwidth_mbps.value);
            else ++report_.failed_bandwidths_;
        }
        if (m.latency_ms.measured()) note_latency(at, m.latency_ms.value);
        return sample_result::measured;
    }

    /// What is known so far; an episode that goes on is one of its episodes.
    [[nodiscard]] constexpr daily_report report() const noexcept {
        daily_report now = report_;
        if (open_) now.episodes_.add(*open_);
        return now;
    }

    /// An empty summary of a later day, into which an episode that is not over goes on. Of a day
    /// that is not later it knows no such episode.
    [[nodiscard]] constexpr daily_summary next(day_span day) const noexcept {
        daily_summary later{day, report_.policy_};
        if (day.from < report_.day_.to) return later;
        if (open_)
            later.open_ = episode{.start = open_->start, .end = open_->end, .continued = true};
        return later;
    }

private:
    using reading = detail::metrics_reading<double>;

    constexpr sample_result refuse(sample_result r) noexcept {
        ++report_.refused_;
        return r;
    }
    [[nodiscard]] constexpr bool has_failed(reading const& m) const noexcept {
        bool const lost_all = m.packet_loss.state != field_state::missing &&
                              !(m.packet_loss.value < 1);
        return m.failed || lost_all ||
               (m.latency_ms.measured() && m.latency_ms.value > report_.policy_.latency_ceiling_ms);
    }
    [[nodiscard]] constexpr sample_result judge(reading const& m) const noexcept {
        bool nothing = true;
        for (auto const* field : {&m.latency_ms, &m.bandwidth_mbps, &m.packet_loss, &m.jitter_ms}) {
            bool const too_large = field->measured() && field->value > quantile_digest::largest;
            if (field->state == field_state::invalid || too_large) return sample_result::invalid;
            nothing = nothing && field->state == field_state::missing;
        }
        return nothing ? sample_result::empty : sample_result::measured;
    }
    constexpr void note_latency(unix_time at, double ms) noexcept {
        report_.latency_ms_.add(ms);
        report_.latencies_.add(ms);
        if (ms > report_.policy_.incident_above_ms) {
            ++report_.above_;
            note_bad(at, ms);
        } else if (open_) {
            report_.episodes_.add(*open_);
            open_.reset();
        }
    }
    constexpr void note_bad(unix_time at, std::optional<double> ms) noexcept {
        if (open_ && at - open_->end > report_.policy_.longest_gap) {
            report_.episodes_.add(*open_);
            open_.reset();
        }
        if (!open_) open_ = episode{.start = at, .end = at};
        open_->end = at;
        ++open_->samples;
        if (!ms) ++open_->failed;
        else if (!open_->peak_ms || *ms > *open_->peak_ms) open_->peak_ms = ms;
    }

    daily_report report_;
    std::optional<unix_time> last_{};
    std::optional<episode> open_{};
    bool usable_;
};

}  // namespace hostpick::watch
