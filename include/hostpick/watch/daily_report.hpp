// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/eligibility.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/watch/calendar.hpp>
#include <hostpick/watch/episodes.hpp>
#include <hostpick/watch/exact_mean.hpp>
#include <hostpick/watch/quantile_digest.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace hostpick::watch {

/// What counts as an incident of a day, and what as a sample that failed.
struct report_policy {
    double incident_above_ms = 200;
    /// Two bad samples that are further apart belong to two episodes: nobody looked in between.
    std::chrono::milliseconds longest_gap = std::chrono::minutes{15};
    double latency_ceiling_ms = default_latency_ceiling_ms;

    friend constexpr bool operator==(report_policy const&, report_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        if (!detail::is_quantity(latency_ceiling_ms) || latency_ceiling_ms > 10'000)
            return setting_error{"latency_ceiling_ms", "from 0 to 10 000 ms"};
        if (!detail::is_quantity(incident_above_ms) || incident_above_ms > latency_ceiling_ms)
            return setting_error{"incident_above_ms", "from 0 to latency_ceiling_ms"};
        if (longest_gap < std::chrono::milliseconds::zero() || !is_time(longest_gap))
            return setting_error{"longest_gap", "from 0 to 10^15 ms"};
        return std::nullopt;
    }
};

/// One day of one host, as one or more coordinators saw it.
///
/// Nothing of a failed sample enters a mean or a quantile: it is counted. The same holds for a
/// bandwidth of 0, which is how a test that did not run is written down. Latencies, bandwidths,
/// losses and jitters that were not measured are not counted with.
class daily_report {
public:
    constexpr explicit daily_report(day_span day = {}, report_policy const& policy = {}) noexcept
        : day_{day}, policy_{policy} {}

    [[nodiscard]] constexpr day_span day() const noexcept { return day_; }
    [[nodiscard]] constexpr report_policy const& policy() const noexcept { return policy_; }

    /// All that were not refused: measured and failed.
    [[nodiscard]] constexpr std::uint64_t samples() const noexcept { return measured_ + failed_; }
    [[nodiscard]] constexpr std::uint64_t measured() const noexcept { return measured_; }
    [[nodiscard]] constexpr std::uint64_t failed() const noexcept { return failed_; }
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }
    [[nodiscard]] constexpr std::uint64_t failed_bandwidths() const noexcept {
        return failed_bandwidths_;
    }

    [[nodiscard]] constexpr exact_mean const& latency_ms() const noexcept { return latency_ms_; }
    [[nodiscard]] constexpr exact_mean const& bandwidth_mbps() const noexcept {
        return bandwidth_mbps_;
    }
    [[nodiscard]] constexpr exact_mean const& packet_loss() const noexcept { return packet_loss_; }
    [[nodiscard]] constexpr exact_mean const& jitter_ms() const noexcept { return jitter_ms_; }
    /// By nearest rank: exact of up to 960 latencies, then within 1/128 (`quantile_digest`).
    /// Nothing of none. O(960).
    [[nodiscard]] constexpr std::optional<double> latency_quantile_ms(double q) const noexcept {
        auto const x = latencies_.quantile(q);
        if (!x) return std::nullopt;
        return detail::clamped(*x, *latency_ms_.least(), *latency_ms_.most());
    }
    [[nodiscard]] constexpr std::optional<double> latency_p95_ms() const noexcept {
        return latency_quantile_ms(0.95);
    }

    /// Samples above the policy's limit, and those that failed.
    [[nodiscard]] constexpr std::uint64_t bad_samples() const noexcept { return above_ + failed_; }
    /// Runs of bad samples: `begun()` of them are the incidents of this day.
    [[nodiscard]] constexpr episode_list const& episodes() const noexcept { return episodes_; }

    /// Adds what another coordinator saw. Reports of one day can be merged in any order with the
    /// same bits, as long as no list of episodes drops one.
    ///
    /// False, and nothing changes, where the day or the policy is another, or where there would be
    /// more than 2^32 - 1 latencies. The same samples twice count twice. O(960).
    constexpr bool merge(daily_report const& other) noexcept {
        if (other.day_ != day_ || other.policy_ != policy_ || !latencies_.merge(other.latencies_))
            return false;
        measured_ += other.measured_;
        failed_ += other.failed_;
        refused_ += other.refused_;
        above_ += other.above_;
        failed_bandwidths_ += other.failed_bandwidths_;
        latency_ms_.merge(other.latency_ms_);
        bandwidth_mbps_.merge(other.bandwidth_mbps_);
        packet_loss_.merge(other.packet_loss_);
        jitter_ms_.merge(other.jitter_ms_);
        episodes_.merge(other.episodes_);
        return true;
    }

private:
    friend class daily_summary;

    day_span day_;
    report_policy policy_;
    std::uint64_t measured_ = 0, failed_ = 0, refused_ = 0, above_ = 0, failed_bandwidths_ = 0;
    exact_mean latency_ms_, bandwidth_mbps_, packet_loss_, jitter_ms_;
    quantile_digest latencies_;
    episode_list episodes_;
};

/// A report and the host that it is of: a row of a table.
template <class Id>
struct host_report {
    Id host;
    daily_report report;
};

/// The order of a table of reports: the newest day first, then the lowest mean latency, hosts
/// without one last, then the smaller id. For whatever has a `host` and a `report`, or a pointer to
/// one.
///
///     std::sort(rows.begin(), rows.end(), report_order{});
struct report_order {
    template <class Row>
    [[nodiscard]] constexpr bool operator()(Row const& a, Row const& b) const {
        daily_report const &x = of(a.report), &y = of(b.report);
        if (x.day().from != y.day().from) return x.day().from > y.day().from;
        auto const p = x.latency_ms().mean(), q = y.latency_ms().mean();
        if (p.has_value() != q.has_value()) return p.has_value();
        if (p && *p != *q) return *p < *q;
        return a.host < b.host;
    }

private:
    static constexpr daily_report const& of(daily_report const& r) noexcept { return r; }
    static constexpr daily_report const& of(daily_report const* r) noexcept { return *r; }
};

}  // namespace hostpick::watch
