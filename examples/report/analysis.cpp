// SPDX-License-Identifier: MIT
#include "analysis.hpp"

#include <hostpick/watch/pairing.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace report {

namespace {

/// Of days that are blocks already.
constexpr watch::change_policy by_day{.block = unix_time{0}};

/// Of an even count the mean of the middle two, as `block_medians` has it; of each what is made of it.
template <class Digest, class Make>
std::optional<double> median(Digest const& numbers, Make make) {
    if (numbers.size() == 0) return std::nullopt;
    double const next = 0.5 + 0.5 / static_cast<double>(numbers.size());
    return (make(*numbers.quantile(0.5)) + make(*numbers.quantile(next))) / 2;
}
template <class Digest>
std::optional<double> median(Digest const& numbers) {
    return median(numbers, [](double x) { return x; });
}
template <class Digest>
std::optional<double> rounded_median(Digest const& numbers) {
    return median(numbers, [](double x) { return *Digest::rounded(x); });
}

using reading_of = std::optional<double> day_row::*;
std::vector<watch::reading> series(std::vector<day_row> const& rows, reading_of value) {
    std::vector<watch::reading> all;
    for (day_row const& r : rows)
        if (r.*value) all.push_back({r.day.span.from, *(r.*value)});
    return all;
}

/// Where the session ran before is in the record, as JSON: after a start it may be nowhere.
decision_row row_of(history::decision const& d) {
    decision_row row{d.at, {}, {}, d.reason};
    if (!d.host.empty()) row.host = d.host;
    auto const record = nlohmann::json::parse(d.record, nullptr, false);
    if (!record.is_object()) return row;
    if (auto const before = record.find("before"); before != record.end() && before->is_string())
        row.before = before->get<std::string>();
    return row;
}

}  // namespace

host_analyst::host_analyst(std::string host, std::vector<named_day> const& days, zone const& z,
                           report_settings const& settings, unix_time from)
    : days_{days},
      zone_{z},
      stretch_{settings.correlation_stretch},
      summary_{days.empty() ? watch::day_span{} : watch::day_span{from, days.front().span.from},
               settings.policy} {
    row_.host = std::move(host);
    row_.latency_trend.limit = settings.policy.incident_above_ms;
    row_.bandwidth_trend.limit = settings.least_bandwidth_mbps;
}

void host_analyst::add(history::stored_sample const& s) {
    while (today_ < days_.size() && s.at >= (before_all_ ? days_.front().span.from
                                                         : days_[today_].span.to))
        end_day();
    if (today_ == days_.size()) return;
    auto const& m = s.metrics;
    bool const is_score_alone = s.score && !m.failed && !m.latency_ms && !m.bandwidth_mbps &&
                                !m.packet_loss && !m.jitter_ms;
    if (is_score_alone) ++score_alone_;
    auto const became = is_score_alone ? watch::sample_result::measured : summary_.add(s.at, m);
    bool const taken = became == watch::sample_result::measured;
    if (became == watch::sample_result::failed || (taken && m.latency_ms)) last_judged_ = s.at;
    if (before_all_) return;
    ++row_.samples;
    if (!taken) return;

    auto const start = start_of_stretch(s.at, stretch_);
    if (start != begun_) end_stretch();
    begun_ = start;
    auto const offset = zone_.offset_at(s.at);
    if (m.latency_ms) {
        profiles_->of_day_ms.add(*m.latency_ms);
        profiles_->latency_ms.add(s.at, *m.latency_ms, offset);
        date::weekday const weekday{date::floor<date::days>(
            date::sys_time<std::chrono::milliseconds>{s.at + offset})};
        profiles_->latency_by_weekday[weekday.iso_encoding() - 1]
                                     [watch::hour_of_day(s.at, offset)].add(*m.latency_ms);
        means_.latency_ms.add(*m.latency_ms);
    }
    if (m.bandwidth_mbps && *m.bandwidth_mbps > 0) {
        profiles_->bandwidth_mbps.add(s.at, *m.bandwidth_mbps, offset);
        profiles_->of_day_mbps.add(*m.bandwidth_mbps);
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
        score_alone_ = 0;
        summary_ = summary_.next(days_.front().span);
        return;
    }
    watch::daily_report const r = summary_.report();
    auto const& of_day_ms = profiles_->of_day_ms;
    auto const& of_day_mbps = profiles_->of_day_mbps;
    if (r.samples() + score_alone_ + r.refused() > 0) {
        auto const kept = r.episodes().kept();
        bool const any = !kept.empty();
        if (r.samples() > 0 && !rows_.empty() && rows_.back().open_since &&
            !(any && kept.front().continued && kept.front().start == rows_.back().open_since))
            rows_.back().open_since.reset();  // it ended with the day
        rows_.push_back({.host = row_.host,
                         .day = days_[today_],
                         .samples = r.samples() + score_alone_,
                         .failed = r.failed(),
                         .refused = r.refused(),
                         .bad = r.bad_samples(),
                         .incidents = r.episodes().begun(),
                         .failed_bandwidths = r.failed_bandwidths(),
                         .latency_mean_ms = r.latency_ms().mean(),
                         .latency_min_ms = r.latency_ms().least(),
                         .latency_p5_ms = of_day_ms.quantile(0.05),
                         .latency_median_ms = median(of_day_ms),
                         .latency_p95_ms = of_day_ms.quantile(0.95),
                         .latency_max_ms = r.latency_ms().most(),
                         .jitter_mean_ms = r.jitter_ms().mean(),
                         .packet_loss_mean = r.packet_loss().mean(),
                         .bandwidth_mean_mbps = r.bandwidth_mbps().mean(),
                         .bandwidth_median_mbps = median(of_day_mbps),
                         .score_mean = scores_.mean(),
                         .episodes = {kept.begin(), kept.end()},
                         .episodes_dropped = r.episodes().dropped(),
                         .open_since = any && kept.back().end == last_judged_
                                           ? std::optional{kept.back().start}
                                           : std::nullopt});
    }
    unix_time const midnight = days_[today_].span.from;
    if (auto const x = rounded_median(of_day_ms)) rounded_latencies_.push_back({midnight, *x});
    if (auto const x = rounded_median(of_day_mbps)) rounded_bandwidths_.push_back({midnight, *x});
    is_latency_rounded_ = is_latency_rounded_ || !of_day_ms.is_exact();
    is_bandwidth_rounded_ = is_bandwidth_rounded_ || !of_day_mbps.is_exact();
    profiles_->of_day_ms = {};
    profiles_->of_day_mbps = {};
    scores_ = {};
    score_alone_ = 0;
    ++today_;
    if (today_ < days_.size()) summary_ = summary_.next(days_[today_].span);
}

void host_analyst::end_stretch() {
    watch::exact_mean const* const means[] = {&means_.latency_ms, &means_.bandwidth_mbps,
                                              &means_.packet_loss, &means_.jitter_ms,
                                              &means_.score};
    for (std::size_t n = 0; n < std::size(means); ++n)
        if (auto const x = means[n]->mean()) series_[n].push_back({begun_, *x});
    means_ = {};
}

void host_analyst::finish(experience const& players, analysis& into) {
    while (today_ < days_.size()) end_day();
    end_stretch();

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

    auto const latencies =
        is_latency_rounded_ ? rounded_latencies_ : series(rows_, &day_row::latency_median_ms);
    auto const bandwidths =
        is_bandwidth_rounded_ ? rounded_bandwidths_ : series(rows_, &day_row::bandwidth_median_mbps);
    row_.latency_changes = watch::change_points(latencies, by_day);
    row_.bandwidth_changes = watch::change_points(bandwidths, by_day);
    for (auto const& [row, readings] : {std::pair{&row_.latency_trend, &latencies},
                                        std::pair{&row_.bandwidth_trend, &bandwidths}}) {
        row->trend = watch::trend_of(*readings);
        if (row->trend) row->outlook = watch::outlook(*row->trend, row->limit);
        else row->outlook = row->trend.why();
    }

    constexpr char const* names[] = {"latency_ms", "bandwidth_mbps", "packet_loss", "jitter_ms",
                                     "score"};
    constexpr auto in_order = watch::rows_are::in_order_of_time;
    auto const correlate = [&](std::size_t a, char const* other,
                               std::vector<watch::reading> const& readings,
                               std::optional<std::chrono::milliseconds> lag = {}) {
        correlation_row row{names[a], other, lag, watch::unknown_because::too_few,
                            watch::unknown_because::too_few};
        if (auto const rows = watch::pair_by_time(series_[a], readings, unix_time{0})) {
            row.spearman = watch::spearman(rows->first, rows->second, in_order);
            row.pearson = watch::pearson(rows->first, rows->second, in_order);
        } else {
            row.spearman = row.pearson = rows.why();
        }
        row_.correlations.push_back(std::move(row));
    };
    constexpr std::pair<std::size_t, std::size_t> pairs[] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}};
    for (auto const& pair : pairs) correlate(pair.first, names[pair.second], series_[pair.second]);
    for (auto const lag : players.lags()) {
        auto const felt = players.of(row_.host, lag);
        if (felt.empty()) continue;
        for (std::size_t n = 0; n < std::size(names); ++n) correlate(n, "experience", felt, lag);
    }
    into.hosts.push_back(std::move(row_));
    std::move(rows_.begin(), rows_.end(), std::back_inserter(into.days));
}

analysis analyse(history::store& db, std::vector<std::string> const& hosts,
                 std::vector<named_day> const& days, zone const& z,
                 report_settings const& settings, experience const& players,
                 std::function<void(std::uint64_t)> const& seen) {
    analysis all{.asked_for = days, .settings = settings, .days = {}, .hosts = {}, .decisions = {}};
    if (days.empty()) return all;
    std::uint64_t count = 0;
    for (std::string const& host : hosts) {
        // What goes on at the first midnight began after the last good sample before it.
        unix_time const midnight = days.front().span.from;
        auto const good = db.last_good_before(host, midnight, settings.policy.incident_above_ms);
        auto const span = db.span_of(host);
        unix_time const from = std::min(midnight - unix_time{1}, good ? *good : span ? span->first : midnight);
        host_analyst analyst{host, days, z, settings, from};
        db.for_each_sample(host, from, days.back().span.to,
                           [&](history::stored_sample const& s) {
                               analyst.add(s);
                               if (++count % 10'000 == 0) seen(count);
                           });
        analyst.finish(players, all);
    }
    seen(count);
    auto const is_asked_for = [&](std::optional<std::string> const& host) {
        return host && std::binary_search(hosts.begin(), hosts.end(), *host);
    };
    db.for_each_decision(days.front().span.from, days.back().span.to,
                         [&](history::decision const& d) {
                             decision_row row = row_of(d);
                             bool const nowhere = !row.before && !row.host;
                             if (nowhere || is_asked_for(row.before) || is_asked_for(row.host))
                                 all.decisions.push_back(std::move(row));
                         });
    std::reverse(all.decisions.begin(), all.decisions.end());
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
