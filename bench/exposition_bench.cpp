// SPDX-License-Identifier: MIT
#include "hosts.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/prometheus.hpp>

#ifdef HOSTPICK_BENCH_PROMETHEUS_CPP
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace hostpick::prometheus;

/// What a monitor knows of hosts that answer.
struct watched_hosts {
    std::vector<std::string> names;
    std::vector<latency_histogram> rtts;
    std::vector<host_state> states;

    explicit watched_hosts(std::size_t count) : rtts(count) {
        bench::random_source random;
        for (std::size_t n = 0; n < count; ++n)
            names.push_back("host-" + std::to_string(n) + ".example:8620");
        for (std::size_t n = 0; n < count; ++n) {
            for (int probe = 0; probe < 1000; ++probe)
                rtts[n].push(std::chrono::microseconds{random.below(250'000)});
            states.push_back({.host = names[n],
                              .rtt = &rtts[n],
                              .probes_sent = random.below(100'000) + 1000,
                              .probes_lost = random.below(1000),
                              .latency_ms = random.between(5, 250),
                              .jitter_ms = random.between(0, 20),
                              .packet_loss = random.between(0, 0.1),
                              .throughput_mbps = random.between(0, 10),
                              .capacity_mbps = random.between(1, 50),
                              .score = random.between(0, 100),
                              .chosen = n == 7,
                              .last_success = 1.76e9 + random.between(0, 1)});
        }
    }
};

void write(std::string& text, watched_hosts const& hosts, format f) {
    text.clear();
    page<std::string> out{text, f};
    write_hosts(out, hosts.states);
    out.end();
}

void set_bytes(benchmark::State& state, std::size_t bytes) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
    state.counters["page_bytes"] = static_cast<double>(bytes);
}

void ours(benchmark::State& state, format f) {
    watched_hosts const hosts{static_cast<std::size_t>(state.range(0))};
    std::string text;
    for (auto _ : state) {
        write(text, hosts, f);
        benchmark::DoNotOptimize(text.data());
    }
    set_bytes(state, text.size());
}
BENCHMARK_CAPTURE(ours, text, format::text)->Name("exposition/text")->Arg(1000);
BENCHMARK_CAPTURE(ours, openmetrics, format::openmetrics)->Name("exposition/openmetrics")->Arg(1000);

/// The machine's own limit: the finished page is copied.
void copying(benchmark::State& state) {
    watched_hosts const hosts{static_cast<std::size_t>(state.range(0))};
    std::string text, copy;
    write(text, hosts, format::text);
    for (auto _ : state) {
        copy.assign(text);
        benchmark::DoNotOptimize(copy.data());
    }
    set_bytes(state, text.size());
}
BENCHMARK(copying)->Name("exposition/copy")->Arg(1000);

#ifdef HOSTPICK_BENCH_PROMETHEUS_CPP
/// The same series as families of prometheus-cpp, which are made beforehand and not measured.
std::vector<prometheus::MetricFamily> families(watched_hosts const& hosts) {
    using prometheus::ClientMetric, prometheus::MetricType;
    std::vector<prometheus::MetricFamily> all;
    auto const each = [&](char const* name, MetricType type, char const* help, auto set) {
        prometheus::MetricFamily family{std::string{"hostpick_"} + name, help, type, {}};
        for (host_state const& h : hosts.states) {
            ClientMetric metric;
            metric.label.push_back({"host", std::string{h.host}});
            set(metric, h);
            family.metric.push_back(std::move(metric));
        }
        all.push_back(std::move(family));
    };
    auto const gauge = [&](char const* name, auto value) {
        each(name, MetricType::Gauge, "What this gauge says.",
             [&](ClientMetric& m, host_state const& h) { m.gauge.value = value(h); });
    };
    using host = host_state const&;
    each("rtt_seconds", MetricType::Histogram, "Round trips of probes that were answered.",
         [](ClientMetric& m, host h) {
             for (std::size_t b = 0; b <= latency_histogram::bounds.size(); ++b)
                 m.histogram.bucket.push_back(
                     {h.rtt->count_within(b),
                      b < latency_histogram::bounds.size()
                          ? std::chrono::duration<double>(latency_histogram::bounds[b]).count()
                          : std::numeric_limits<double>::infinity()});
             m.histogram.sample_count = h.rtt->count();
             m.histogram.sample_sum = h.rtt->sum_seconds();
         });
    for (auto const* name : {"probes_sent_total", "probes_lost_total"})
        each(name, MetricType::Counter, "Probes.", [&](ClientMetric& m, host h) {
            m.counter.value = static_cast<double>(*(name[7] == 's' ? h.probes_sent : h.probes_lost));
        });
    gauge("packet_loss_ratio", [](host h) { return *h.packet_loss; });
    gauge("jitter_seconds", [](host h) { return *h.jitter_ms / 1000; });
    gauge("throughput_bytes_per_second", [](host h) { return *h.throughput_mbps * 125'000; });
    gauge("upload_capacity_bytes_per_second", [](host h) { return *h.capacity_mbps * 125'000; });
    gauge("quality_score", [](host h) { return *h.score; });
    gauge("chosen_host", [](host h) { return *h.chosen ? 1.0 : 0.0; });
    gauge("last_success_timestamp_seconds", [](host h) { return *h.last_success; });
    return all;
}

void prometheus_cpp(benchmark::State& state) {
    watched_hosts const hosts{static_cast<std::size_t>(state.range(0))};
    auto const all = families(hosts);
    prometheus::TextSerializer const serializer;
    std::string text;
    for (auto _ : state) {
        text = serializer.Serialize(all);
        benchmark::DoNotOptimize(text.data());
    }
    set_bytes(state, text.size());
}
BENCHMARK(prometheus_cpp)->Name("exposition/prometheus_cpp")->Arg(1000);
#endif

}  // namespace
