// SPDX-License-Identifier: MIT
#pragma once

#include "experience.hpp"
#include "zone.hpp"

#include "store.hpp"

#include <hostpick/watch/change_points.hpp>
#include <hostpick/watch/correlation.hpp>
#include <hostpick/watch/daily_report.hpp>
#include <hostpick/watch/exact_mean.hpp>
#include <hostpick/watch/hourly.hpp>
#include <hostpick/watch/outlook.hpp>
#include <hostpick/watch/quiet_hours.hpp>
#include <hostpick/watch/report.hpp>
#include <hostpick/watch/trend.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace report {

namespace watch = hostpick::watch;

/// One day of one host: what is shown of a `daily_report`, which takes 10 kB.
struct day_row {
    std::string host;
    named_day day;
    std::uint64_t samples = 0, failed = 0, refused = 0, bad = 0, incidents = 0,
                  failed_bandwidths = 0;
    std::optional<double> latency_mean_ms, latency_min_ms, latency_p5_ms, latency_median_ms,
        latency_p95_ms, latency_max_ms, jitter_mean_ms, packet_loss_mean, bandwidth_mean_mbps,
        bandwidth_median_mbps, score_mean;
    std::vector<watch::episode> episodes;
    std::uint64_t episodes_dropped = 0;  ///< too short to be kept among so many
    /// The start of the episode that was not over at the end of the day, nor at the first sample of
    /// the next.
    std::optional<unix_time> open_since;

    /// The share of samples that did not fail; nothing where all were refused.
    [[nodiscard]] std::optional<double> available() const {
        if (samples == 0) return std::nullopt;
        return static_cast<double>(samples - failed) / static_cast<double>(samples);
    }
};

/// One hour of the clock, over all days.
struct hour_row {
    std::uint64_t latencies = 0, bandwidths = 0;
    std::optional<double> latency_mean_ms, latency_p50_ms, latency_p95_ms, bandwidth_p10_mbps,
        bandwidth_p50_mbps;
};

/// How the means of two metrics, or of one and of what players say, move together.
struct correlation_row {
    char const *first, *second;
    std::optional<std::chrono::milliseconds> lag;  ///< of what players say
    watch::finding<watch::correlation> spearman, pearson;
};

/// Where a metric is going, and when it will have crossed a limit.
struct trend_row {
    watch::finding<watch::trend> trend = watch::unknown_because::too_few;
    double limit = 0;
    watch::finding<watch::crossing> outlook = watch::unknown_because::too_few;
};

/// A decision of the monitor's that is news: where the session ran from then on, and why.
struct decision_row {
    unix_time at{};
    std::optional<std::string> before, host;
    std::string reason;
};

/// What is asked of a report.
struct report_settings {
    watch::report_policy policy{};  ///< whose `incident_above_ms` is the limit of an outlook too
    double least_bandwidth_mbps = 10;  ///< the limit of bandwidths
    /// What is correlated are the means of stretches of time that are so long.
    std::chrono::minutes correlation_stretch{60};
};

/// All that a report says of a host, but for its days.
struct host_row {
    std::string host;
    std::uint64_t samples = 0;
    std::array<hour_row, 24> hours{};
    /// Medians, from Monday.
    std::array<std::array<std::optional<double>, 24>, 7> latency_by_weekday_ms{};
    trend_row latency_trend, bandwidth_trend;
    watch::finding<std::vector<watch::level_change>> latency_changes =
                                                         watch::unknown_because::too_few,
                                                     bandwidth_changes =
                                                         watch::unknown_because::too_few;
    std::vector<correlation_row> correlations;
    watch::finding<watch::hour_list> quiet_hours = watch::unknown_because::too_few;
};

struct analysis {
    std::vector<named_day> asked_for;
    report_settings settings;
    std::vector<day_row> days;  ///< the newest first, then the lowest mean latency; with samples
    std::vector<host_row> hosts;
    std::vector<decision_row> decisions;  ///< the newest first: to, from, and to none of these hosts
};

/// Makes the rows of one host from its samples, which come in the order of their times.
///
/// It holds no sample: 2 MB, a row for each day, and five means for each stretch of time.
class host_analyst {
public:
    /// `from` is where its samples start, before the first day.
    host_analyst(std::string host, std::vector<named_day> const& days, zone const& z,
                 report_settings const& settings, unix_time from);

    /// A sample before the first day is only asked for an episode that goes on into it.
    void add(history::stored_sample const& s);
    void finish(experience const& players, analysis& into);

private:
    struct stretch_means {
        watch::exact_mean latency_ms{}, bandwidth_mbps{}, packet_loss{}, jitter_ms{}, score{};
    };
    struct profiles {  // too large for the stack
        watch::hourly_profile latency_ms{}, bandwidth_mbps{};
        std::array<std::array<watch::quantile_digest, 24>, 7> latency_by_weekday{};
        // Days are compared, of whatever number of samples each.
        watch::basic_quantile_digest<1024> of_day_ms{}, of_day_mbps{};
    };
    void end_day();
    void end_stretch();

    std::vector<named_day> const& days_;
    zone const& zone_;
    std::chrono::minutes const stretch_;
    host_row row_{};
    std::vector<day_row> rows_{};

    std::size_t today_ = 0;  // of days_
    bool before_all_ = true;
    watch::daily_summary summary_;
    std::uint64_t score_alone_ = 0;  // samples
    unix_time last_judged_{};        // sample of this day that was bad or good
    // Of each day, as it is where there are too many samples: compared with that where one day has.
    std::vector<watch::reading> rounded_latencies_{}, rounded_bandwidths_{};
    bool is_latency_rounded_ = false, is_bandwidth_rounded_ = false;
    watch::exact_mean scores_{};
    std::unique_ptr<profiles> profiles_ = std::make_unique<profiles>();

    unix_time begun_{};  // the stretch that the means are of
    stretch_means means_{};
    std::vector<watch::reading> series_[5]{};  // in the order of stretch_means
};

/// Makes the report of some hosts, in the order of their bytes, and days. `seen` is told after every
/// 10 000 samples how many there were.
[[nodiscard]] analysis analyse(history::store& db, std::vector<std::string> const& hosts,
                               std::vector<named_day> const& days, zone const& z,
                               report_settings const& settings, experience const& players,
                               std::function<void(std::uint64_t)> const& seen);

}  // namespace report
