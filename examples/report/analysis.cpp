// SPDX-License-Identifier: MIT
#include "analysis.hpp"

#include <hostpick/watch/pairing.hpp>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace report {

namespace {

/// The day before the first, for an episode that goes on at midnight.
watch::day_span day_before(named_day const& first) {
    return {first.span.from - std::chrono::hours{24}, first.span.from};
}

/// Of days that are blocks already.
constexpr watch::change_policy by_day{.block = unix_time{0}};

/// Of an even count the mean of the middle two, as `block_medians` has it.
template <class Quantile>
std::optional<double> median(std::uint64_t count, Quantile quantile) {
    if (count == 0) return std::nullopt;
    double const next = 0.5 + 0.5 / static_cast<double>(count);
    return (*quantile(0.5) + *quantile(next)) / 2;
}

using reading_of = std::optional<double> day_row::*;
std::vector<watch::reading> series(std::vector<day_row> const& rows, reading_of value) {
    std::vector<watch::reading> all;
    for (day_row const& r : rows)
        if (r.*value) all.push_back({r.day.span.from, *(r.*value)});
    return all;
}

}  // namespace

host_analyst::host_analyst(std::string host, std::vector<named_day> const& days, zone const& z,
                           watch::report_policy const& policy)
    : days_{days},
      zone_{z},
      summary_{days.empty() ? watch::day_span{} : day_before(days.front()), policy},
      limit_ms_{policy.incident_above_ms} {
    row_.host = std::move(host);
}

void host_analyst::add(history::stored_sample const& s) {
    while (today_ < days_.size() && s.at >= (before_all_ ? days_.front().span.from
                                                         : days_[today_].span.to))
        end_day();
    if (today_ == days_.size()) return;
    bool const taken = summary_.add(s.at, s.metrics) == watch::sample_result::measured;
    if (before_all_) return;
    ++row_.samples;
    if (!taken) return;

    auto const start = std::chrono::floor<std::chrono::hours>(s.at);
    if (start != hour_) end_hour();
    hour_ = start;
    auto const offset = zone_.offset_at(s.at);
    auto const& m = s.metrics;
    if (m.latency_ms) {
        profiles_->latency_ms.add(s.at, *m.latency_ms, offset);
        date::weekday const weekday{date::floor<date::days>(
            date::sys_time<std::chrono::milliseconds>{s.at + offset})};
        profiles_->latency_by_weekday[weekday.iso_encoding() - 1]
                                     [watch::hour_of_day(s.at, offset)].add(*m.latency_ms);
        means_.latency_ms.add(*m.latency_ms);
    }
    if (m.bandwidth_mbps && *m.bandwidth_mbps > 0) {
        profiles_->bandwidth_mbps.add(s.at, *m.bandwidth_mbps, offset);
        bandwidths_.add(*m.bandwidth_mbps);
        means_.bandwidth_mbps.add(*m.bandwidth_mbps);
    }
    if (m.packet_loss) means_.packet_loss.add(*m.packet_loss);
    if (m.jitter_ms) means_.jitter_ms.add(*m.jitter_ms);
    if (s.score) {
        scores_.add(*s.score);
        means_.score.add(*s.score);
    }
}

/// Writes a day down, if there was anything, and begins the next.
void host_analyst::end_day() {
    if (before_all_) {
        before_all_ = false;
        summary_ = summary_.next(days_.front().span);
        return;
    }
    watch::daily_report const r = summary_.report();
    if (r.samples() + r.refused() > 0) {
        auto const kept = r.episodes().kept();
        rows_.push_back({.host = row_.host,
                         .day = days_[today_],
                         .samples = r.samples(),
                         .failed = r.failed(),
                         .refused = r.refused(),
                         .bad = r.bad_samples(),
                         .incidents = r.episodes().begun(),
                         .failed_bandwidths = r.failed_bandwidths(),
                         .latency_mean_ms = r.latency_ms().mean(),
                         .latency_min_ms = r.latency_ms().least(),
                         .latency_p5_ms = r.latency_quantile_ms(0.05),
                         .latency_median_ms = median(
                             r.latency_ms().count(),
                             [&](double q) { return r.latency_quantile_ms(q); }),
                         .latency_p95_ms = r.latency_p95_ms(),
                         .latency_max_ms = r.latency_ms().most(),
                         .jitter_mean_ms = r.jitter_ms().mean(),
                         .packet_loss_mean = r.packet_loss().mean(),
                         .bandwidth_mean_mbps = r.bandwidth_mbps().mean(),
                         .bandwidth_median_mbps = median(
                             bandwidths_.size(),
                             [&](double q) { return bandwidths_.quantile(q); }),
                         .score_mean = scores_.mean(),
                         .episodes = {kept.begin(), kept.end()},
                         .episodes_dropped = r.episodes().dropped()});
    }
    bandwidths_ = {};
    scores_ = {};
    ++today_;
    if (today_ < days_.size()) summary_ = summary_.next(days_[today_].span);
}

void host_analyst::end_hour() {
    watch::exact_mean const* const means[] = {&means_.latency_ms, &means_.bandwidth_mbps,
                                              &means_.packet_loss, &means_.jitter_ms,
                                              &means_.score};
    for (std::size_t n = 0; n < std::size(means); ++n)
        if (auto const x = means[n]->mean()) hourly_[n].push_back({hour_, *x});
    means_ = {};
}

void host_analyst::finish(std::vector<watch::reading> const& players, analysis& into) {
    while (today_ < days_.size()) end_day();
    end_hour();

    auto const& latency = profiles_->latency_ms;
    auto const& bandwidth = profiles_->bandwidth_mbps;
    for (unsigned h = 0; h < 24; ++h)
        row_.hours[h] = {.latencies = latency.count(h),
                         .bandwidths = bandwidth.count(h),
                         .latency_mean_ms = latency.mean(h),
                         .latency_p50_ms = latency.median(h),
                         .latency_p95_ms = latency.quantile(h, 0.95),
                         .bandwidth_p10_mbps = bandwidth.quantile(h, 0.1),
                         .bandwidth_p50_mbps = bandwidth.median(h)};
    for (std::size_t d = 0; d < 7; ++d)
        for (std::size_t h = 0; h < 24; ++h)
            row_.latency_by_weekday_ms[d][h] = profiles_->latency_by_weekday[d][h].quantile(0.5);
    row_.quiet_hours = watch::quiet_hours(latency);

    auto const latencies = series(rows_, &day_row::latency_median_ms);
    auto const bandwidths = series(rows_, &day_row::bandwidth_median_mbps);
    row_.latency_trend = watch::trend_of(latencies);
    row_.bandwidth_trend = watch::trend_of(bandwidths);
    row_.latency_changes = watch::change_points(latencies, by_day);
    row_.bandwidth_changes = watch::change_points(bandwidths, by_day);
    if (row_.latency_trend) row_.latency_outlook = watch::outlook(*row_.latency_trend, limit_ms_);
    else row_.latency_outlook = row_.latency_trend.why();

    constexpr char const* names[] = {"latency_ms", "bandwidth_mbps", "packet_loss", "jitter_ms",
                                     "score"};
    auto const correlate = [&](std::size_t a, char const* other,
                               std::vector<watch::reading> const& readings) {
        auto const rows = watch::pair_by_time(hourly_[a], readings, unix_time{0});
        row_.correlations.push_back({names[a], other,
                                     rows ? watch::spearman(rows->first, rows->second)
                                          : watch::finding<watch::correlation>{rows.why()}});
    };
    constexpr std::pair<std::size_t, std::size_t> pairs[] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}};
    for (auto const& pair : pairs) correlate(pair.first, names[pair.second], hourly_[pair.second]);
    if (!players.empty())
        for (std::size_t n = 0; n < std::size(names); ++n) correlate(n, "experience", players);
    into.hosts.push_back(std::move(row_));
    std::move(rows_.begin(), rows_.end(), std::back_inserter(into.days));
}

analysis analyse(history::store& db, std::vector<std::string> const& hosts,
                 std::vector<named_day> const& days, zone const& z,
                 watch::report_policy const& policy, experience const& players,
                 std::function<void(std::uint64_t)> const& seen) {
    analysis all{.asked_for = days, .policy = policy, .days = {}, .hosts = {}};
    if (days.empty()) return all;
    std::uint64_t count = 0;
    for (std::string const& host : hosts) {
        host_analyst analyst{host, days, z, policy};
        db.for_each_sample(host, day_before(days.front()).from, days.back().span.to,
                           [&](history::stored_sample const& s) {
                               analyst.add(s);
                               if (++count % 10'000 == 0) seen(count);
                           });
        analyst.finish(players.of(host), all);
    }
    seen(count);
    // The order of `report_order`, of rows that are no longer reports.
    std::sort(all.days.begin(), all.days.end(), [](day_row const& a, day_row const& b) {
        auto const key = [](day_row const& r) {
            return std::tuple{-r.day.span.from.count(), !r.latency_mean_ms,
                              r.latency_mean_ms.value_or(0.0)};
        };
        return key(a) != key(b) ? key(a) < key(b) : a.host < b.host;
    });
    return all;
}

}  // namespace report
