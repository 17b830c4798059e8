// SPDX-License-Identifier: MIT
#include "hosts.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/rolling/histogram_window.hpp>
#include <hostpick/rolling/path_monitor.hpp>
#include <hostpick/rolling/probe_window.hpp>
#include <hostpick/rolling/sample_window.hpp>
#include <hostpick/score.hpp>

#if __has_include(<boost/accumulators/statistics/rolling_variance.hpp>)
#define BENCH_BOOST
#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics/rolling_mean.hpp>
#include <boost/accumulators/statistics/rolling_variance.hpp>
#include <boost/accumulators/statistics/stats.hpp>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace hostpick::rolling;
using namespace std::chrono_literals;

/// Round trips as a path gives them: most near 30 ms, some far above.
std::vector<std::uint32_t> const& round_trips_us() {
    static auto const made = [] {
        bench::random_source random;
        std::vector<std::uint32_t> all(1 << 14);
        for (auto& us : all)
            us = static_cast<std::uint32_t>(30'000 * std::exp(random.between(-0.3, 0.3)) +
                                            (random.below(100) == 0 ? 400'000 : 0));
        return all;
    }();
    return made;
}

class next_round_trip {
public:
    std::uint32_t operator()() {
        auto const& all = round_trips_us();
        return all[at_++ % all.size()];
    }

private:
    std::size_t at_ = 0;
};

void per_push(benchmark::State& state) { state.SetItemsProcessed(state.iterations()); }

// ---- one probe: sent, answered, time moved on; with all reads or none

template <std::size_t N>
void probe_window_push(benchmark::State& state) {
    probe_window<N> window;
    next_round_trip next;
    instant now{};
    for (auto _ : state) {
        now += 50ms;
        auto const sequence = window.sent(now);
        window.reply(sequence, now + std::chrono::microseconds{next()});
        window.advance(now);
        benchmark::DoNotOptimize(window);
    }
    per_push(state);
    state.counters["bytes"] = sizeof window;
}

template <std::size_t N>
auto full_window() {
    probe_window<N> window;
    next_round_trip next;
    for (std::size_t n = 0; n < 2 * N; ++n) {
        instant const now = 50ms * n;
        auto const sequence = window.sent(now);
        if (n % 16 != 3) window.reply(sequence, now + std::chrono::microseconds{next()});
    }
    window.advance(1h);
    return window;
}

template <std::size_t N, class Read>
void probe_window_read(benchmark::State& state, Read read) {
    auto window = full_window<N>();
    for (auto _ : state) {
        benchmark::DoNotOptimize(window);
        benchmark::DoNotOptimize(read(window.all()));
    }
}

template <std::size_t N>
void smoothed_metrics(benchmark::State& state, bool pessimistic) {
    path_monitor<N> path;
    next_round_trip next;
    instant now{};
    for (std::size_t n = 0; n < 2 * N; ++n, now += 50ms) {
        auto const sequence = path.sent(now);
        if (n % 16 != 3) path.reply(sequence, now + std::chrono::microseconds{next()});
    }
    path.advance(now + 1s);
    for (auto _ : state) {
        benchmark::DoNotOptimize(path);
        benchmark::DoNotOptimize(pessimistic ? path.pessimistic_metrics(now) : path.metrics(now));
    }
    state.counters["bytes"] = sizeof path;
}

// ---- quantiles and moments of the last N numbers, ours and others'

template <class Window, bool Read>
void push_number(benchmark::State& state) {
    Window window;
    next_round_trip next;
    for (auto _ : state) {
        window.push(next());
        if constexpr (Read) benchmark::DoNotOptimize(window.quantile(0.95));
        benchmark::DoNotOptimize(window);
    }
    per_push(state);
    state.counters["bytes"] = sizeof window;
}
/// The textbook way: a queue for the order of coming, a multiset for the order of size.
template <std::size_t N>
class multiset_window {
public:
    void push(std::uint32_t x) {
        order_.push_back(x);
        sorted_.insert(x);
        if (order_.size() <= N) return;
        sorted_.erase(sorted_.find(order_.front()));
        order_.pop_front();
    }
    [[nodiscard]] double quantile(double q) const {
        auto const steps = static_cast<std::ptrdiff_t>(q * static_cast<double>(sorted_.size() - 1));
        return *std::next(sorted_.begin(), steps);
    }

private:
    std::deque<std::uint32_t> order_;
    std::multiset<std::uint32_t> sorted_;
};

/// The naive way: keep the numbers, compute everything when asked.
template <std::size_t N>
class naive_window {
public:
    void push(std::uint32_t x) {
        numbers_.push_back(x);
        if (numbers_.size() > N) numbers_.pop_front();
    }
    [[nodiscard]] double quantile(double q) const {
        std::vector<std::uint32_t> sorted(numbers_.begin(), numbers_.end());
        std::sort(sorted.begin(), sorted.end());
        return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
    }
    [[nodiscard]] double mean_and_deviation() const {
        double const n = static_cast<double>(numbers_.size());
        double const mean = std::accumulate(numbers_.begin(), numbers_.end(), 0.0) / n;
        double squares = 0;
        for (double const x : numbers_) squares += (x - mean) * (x - mean);
        return mean + std::sqrt(squares / n);
    }

private:
    std::deque<std::uint32_t> numbers_;
};

template <std::size_t N>
void naive_moments(benchmark::State& state) {
    naive_window<N> window;
    next_round_trip next;
    for (auto _ : state) {
        window.push(next());
        benchmark::DoNotOptimize(window.mean_and_deviation());
    }
    per_push(state);
}

#ifdef BENCH_BOOST
template <std::size_t N>
void boost_moments(benchmark::State& state, bool read) {
    using namespace boost::accumulators;
    accumulator_set<double, stats<tag::rolling_mean, tag::rolling_variance>> window(
        tag::rolling_window::window_size = N);
    next_round_trip next;
    for (auto _ : state) {
        window(static_cast<double>(next()));
        if (read) benchmark::DoNotOptimize(rolling_mean(window) + rolling_variance(window));
        benchmark::DoNotOptimize(window);
    }
    per_push(state);
}
#endif

// ---- a million hosts in one process

void million_paths(benchmark::State& state) {
    constexpr std::size_t hosts = 1'000'000;
    auto const paths = std::make_unique<std::array<path_monitor<32>, hosts>>();
    bench::random_source random;
    next_round_trip next;
    instant now{};
    for (auto _ : state) {
        // The hosts in any order, as their replies come in.
        for (std::size_t n = 0; n < hosts / 8; ++n) {
            auto& path = (*paths)[random.below(hosts)];
            now += 1us;
            auto const sequence = path.sent(now);
            path.reply(sequence, now + std::chrono::microseconds{next()});
            path.advance(now);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(hosts / 8));
    state.counters["bytes_per_host"] = sizeof(path_monitor<32>);
}

template <std::size_t N>
void add() {
    auto const name = [](char const* what) { return "rolling/" + std::string{what} + "/" + std::to_string(N); };
    auto const plain = [&](char const* what, auto f) { benchmark::RegisterBenchmark(name(what).c_str(), f); };
    plain("probe_window/push", probe_window_push<N>);
    auto const read = [&](char const* what, auto f) {
        benchmark::RegisterBenchmark(name(what).c_str(), [f](benchmark::State& s) { probe_window_read<N>(s, f); });
    };
    read("probe_window/mean_jitter_loss", [](auto const& v) { return *v.rtt_mean_ms() + *v.jitter_ms() + *v.packet_loss(); });
    read("probe_window/deviation", [](auto const& v) { return *v.rtt_deviation_ms(); });
    read("probe_window/p95", [](auto const& v) { return *v.rtt_quantile_ms(0.95); });
    plain("path_monitor/metrics", [](benchmark::State& s) { smoothed_metrics<N>(s, false); });
    plain("path_monitor/pessimistic_metrics", [](benchmark::State& s) { smoothed_metrics<N>(s, true); });
    plain("moments/naive", naive_moments<N>);
#ifdef BENCH_BOOST
    plain("moments/boost_push", [](benchmark::State& s) { boost_moments<N>(s, false); });
    plain("moments/boost_push_and_read", [](benchmark::State& s) { boost_moments<N>(s, true); });
#endif
    auto const quantiles = [&]<class Window>(std::string const& of, std::type_identity<Window>) {
        plain(("quantile/" + of + "/push").c_str(), push_number<Window, false>);
        plain(("quantile/" + of + "/push_and_p95").c_str(), push_number<Window, true>);
    };
    quantiles("sample_window", std::type_identity<sample_window<std::uint32_t, N>>{});
    quantiles("histogram_window", std::type_identity<histogram_window<N>>{});
    quantiles("multiset", std::type_identity<multiset_window<N>>{});
    quantiles("naive", std::type_identity<naive_window<N>>{});
}

[[maybe_unused]] bool const added = [] {
    add<32>(), add<128>(), add<1024>();
    benchmark::RegisterBenchmark("rolling/million_paths", million_paths);
    return true;
}();

}  // namespace
