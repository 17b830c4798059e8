// SPDX-License-Identifier: MIT
#include "hosts.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/watch/change_points.hpp>
#include <hostpick/watch/correlation.hpp>
#include <hostpick/watch/hourly.hpp>
#include <hostpick/watch/report.hpp>
#include <hostpick/watch/trend.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace hostpick::watch;
using namespace std::chrono_literals;
using metrics = hostpick::network_metrics<>;

/// A day's worth of kinds of samples: most near 30 ms, now and then a bad minute, or a failure.
std::vector<metrics> const& samples() {
    static auto const made = [] {
        bench::random_source random;
        std::vector<metrics> all(1 << 14);
        bool bad = false;
        for (auto& m : all) {
            if (random.below(100) == 0) bad = !bad;
            m = {.latency_ms = 30 * std::exp(random.between(-0.3, 0.3)) + (bad ? 250 : 0),
                 .packet_loss = random.between(0, 0.05),
                 .jitter_ms = random.between(0, 9)};
            if (random.below(10) == 0) m.bandwidth_mbps = random.between(1, 12);
            m.failed = random.below(500) == 0;
        }
        return all;
    }();
    return made;
}

/// Readings five minutes apart, with a daily cycle, a slow rise, outliers, and a step.
std::vector<reading> readings(std::size_t n) {
    bench::random_source random;
    std::vector<reading> all;
    for (std::size_t k = 0; k < n; ++k) {
        double const x = static_cast<double>(k);
        all.push_back({5min * static_cast<std::int64_t>(k),
                       30 + 4 * std::sin(x * 2 * 3.141592653589793 / 288) + x * 1e-4 +
                           random.between(-5, 5) + (random.below(50) == 0 ? 400 : 0) +
                           (k > n / 2 ? 9 : 0)});
    }
    return all;
}

void daily_summary_of_a_stream(benchmark::State& state) {
    auto const& all = samples();
    auto const n = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        daily_summary summary{day_span{0ms, 24h}};
        for (std::size_t k = 0; k < n; ++k)
            summary.add(5ms * static_cast<std::int64_t>(k), all[k % all.size()]);
        auto const report = summary.report();
        benchmark::DoNotOptimize(report.latency_p95_ms());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.counters["bytes"] = sizeof(daily_summary);
}
BENCHMARK(daily_summary_of_a_stream)->Arg(288)->Arg(17'280)->Arg(10'000'000)
    ->Unit(benchmark::kMillisecond);

/// As one would with the standard library: keep all of it, then sort.
void daily_summary_by_keeping(benchmark::State& state) {
    auto const& all = samples();
    auto const n = static_cast<std::size_t>(state.range(0));
    std::size_t bytes = 0;
    for (auto _ : state) {
        std::vector<std::pair<std::int64_t, metrics>> day;
        for (std::size_t k = 0; k < n; ++k)
            day.emplace_back(5 * static_cast<std::int64_t>(k), all[k % all.size()]);
        std::vector<double> latency;
        double loss = 0, jitter = 0, bandwidth = 0, sum = 0;
        std::size_t incidents = 0;
        bool was_bad = false;
        for (auto const& [at, m] : day) {
            bool const bad = m.failed || *m.latency_ms > 200;
            incidents += bad && !was_bad;
            was_bad = bad;
            if (m.failed) continue;
            latency.push_back(*m.latency_ms);
            sum += *m.latency_ms;
            loss += m.packet_loss.value_or(0), jitter += m.jitter_ms.value_or(0);
            bandwidth += m.bandwidth_mbps.value_or(0);
        }
        auto const p95 = latency.begin() + static_cast<std::ptrdiff_t>(latency.size() * 95 / 100);
        std::nth_element(latency.begin(), p95, latency.end());
        benchmark::DoNotOptimize(*p95 + sum + loss + jitter + bandwidth);
        benchmark::DoNotOptimize(incidents);
        bytes = day.capacity() * sizeof(day[0]) + latency.capacity() * sizeof(double);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(daily_summary_by_keeping)->Arg(288)->Arg(17'280)->Arg(10'000'000)
    ->Unit(benchmark::kMillisecond);

void daily_report_merge(benchmark::State& state) {
    daily_summary summary{day_span{0ms, 24h}};
    auto at = 0ms;
    for (metrics const& m : samples()) summary.add(at += 5s, m);
    auto const report = summary.report();
    for (auto _ : state) {
        auto both = report;
        benchmark::DoNotOptimize(both.merge(report));
    }
}
BENCHMARK(daily_report_merge);

void hourly_profile_add(benchmark::State& state) {
    auto const all = readings(1 << 14);
    auto const profile = std::make_unique<hourly_profile>();
    std::size_t k = 0;
    for (auto _ : state) {
        auto const& r = all[k++ % all.size()];
        benchmark::DoNotOptimize(profile->add(r.at, r.value));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hourly_profile_add);

void theil_sen(benchmark::State& state) {
    auto const all = readings(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(trend_of(all)->per_day);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(theil_sen)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

/// The median and the two ends of the interval from all slopes.
void theil_sen_from_all_slopes(benchmark::State& state) {
    auto const all = readings(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        std::vector<double> slopes;
        slopes.reserve(all.size() * (all.size() - 1) / 2);
        for (std::size_t a = 0; a < all.size(); ++a)
            for (std::size_t b = a + 1; b < all.size(); ++b)
                slopes.push_back((all[b].value - all[a].value) /
                                 static_cast<double>((all[b].at - all[a].at).count()));
        for (double const q : {0.5, 0.49, 0.51}) {
            auto const rank = q * static_cast<double>(slopes.size());
            auto const at = slopes.begin() + static_cast<std::ptrdiff_t>(rank);
            std::nth_element(slopes.begin(), at, slopes.end());
            benchmark::DoNotOptimize(*at);
        }
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(theil_sen_from_all_slopes)->Arg(100)->Arg(1'000)->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

void change_points_by_day(benchmark::State& state) {
    auto const all = readings(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(change_points(all)->size());
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(change_points_by_day)->Arg(10'000)->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

void change_points_by_reading(benchmark::State& state) {
    auto const all = readings(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(change_points(all, {.block = 0ms})->size());
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(change_points_by_reading)->Arg(10'000)->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

/// One change alone, by the sums of squares of both sides: what a first attempt looks like.
void one_change_by_squares(benchmark::State& state) {
    auto const all = readings(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        std::vector<double> sums{0};
        for (auto const& r : all) sums.push_back(sums.back() + r.value);
        double best = 0;
        std::size_t at = 0;
        for (std::size_t k = 1; k < all.size(); ++k) {
            double const before = sums[k] / static_cast<double>(k);
            double const after = (sums.back() - sums[k]) / static_cast<double>(all.size() - k);
            double const gain = (after - before) * (after - before) * static_cast<double>(k) *
                                static_cast<double>(all.size() - k);
            if (gain > best) best = gain, at = k;
        }
        benchmark::DoNotOptimize(at);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(one_change_by_squares)->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

void spearman_of_columns(benchmark::State& state) {
    bench::random_source random;
    std::vector<double> a(static_cast<std::size_t>(state.range(0))), b(a.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
        a[k] = random.between(0, 100);
        b[k] = a[k] + random.between(0, 300);
    }
    for (auto _ : state) benchmark::DoNotOptimize(spearman(a, b)->r);
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(spearman_of_columns)->Arg(1'000)->Arg(100'000);

}  // namespace
