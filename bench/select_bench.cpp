// SPDX-License-Identifier: MIT
#include "hosts.hpp"
#include "turns.hpp"
#include "ways.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/hostpick.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

template <class Data>
bench::host_sets<Data>& sets_of(std::size_t n) {
    static std::map<std::size_t, bench::host_sets<Data>> made;
    return made.try_emplace(n, n).first->second;
}

template <class Way, class Sets>
void choose_once(Way const& way, Sets& sets, std::size_t k) {
    benchmark::DoNotOptimize(way(sets.next(), k));
    benchmark::ClobberMemory();
}

template <class Way, class Data>
void choose(benchmark::State& state, Way const& way, std::size_t n, std::size_t k) {
    auto& sets = sets_of<Data>(n);
    for (auto _ : state) choose_once(way, sets, k);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}

/// How much longer each rival takes: as long as `state`'s own loop took, in turns with it.
template <class Data, class Way, class... Rivals>
void compare(benchmark::State& state, std::size_t n, std::size_t k, Way const& way,
             Rivals const&... rivals) {
    auto& sets = sets_of<Data>(n);
    for (std::size_t i = 0; i < sets.size(); ++i)
        if (Data const& data = sets.next(); !(bench::agrees(rivals, way, data, k) && ...))
            return state.SkipWithError("the ways to choose do not agree");

    auto const start = bench::clock::now();
    choose<Way, Data>(state, way, n, k);
    auto const taken = bench::clock::now() - start;

    auto const all_sets = [&](auto const& f) {
        return [&] {
            for (std::size_t i = 0; i < sets.size(); ++i) choose_once(f, sets, k);
        };
    };
    auto const times = bench::median_in_turns(taken, all_sets(way), all_sets(rivals)...);
    std::size_t next = 1;
    auto const count = [&](char const* name) {
        state.counters["over_" + std::string{name}] = times[next++] / times[0];
    };
    (count(Rivals::name), ...);
}

template <class Data>
void ours(benchmark::State& state, std::size_t n, std::size_t k) {
    using namespace bench;
    if (k == 1)
        compare<Data>(state, n, k, ours_best{}, std_sort{}, original_formula{}, partial_sort{},
                      nth_element{}, scan{});
    else
        compare<Data>(state, n, k, ours_top{std::vector<hostpick::host_choice<int>>(k)},
                      std_sort{}, original_formula{}, partial_sort{}, nth_element{});
}

template <class Data, class Way>
void add_rival(std::string const& where, std::size_t n, std::size_t k) {
    benchmark::RegisterBenchmark(
        (Way::name + where).c_str(),
        [=](benchmark::State& state) { choose<Way, Data>(state, Way{}, n, k); });
}

template <class Data>
void add(std::size_t most) {
    for (std::size_t n : {16u, 256u, 4096u, 65536u, 1048576u})
        for (std::size_t k : {1u, 10u, 100u}) {
            if (n > most || k > n) continue;
            auto const where =
                std::string{"/"} + Data::name + "/" + std::to_string(n) + "/" + std::to_string(k);
            benchmark::RegisterBenchmark(("select" + where).c_str(), [=](benchmark::State& state) {
                ours<Data>(state, n, k);
            });
            add_rival<Data, bench::std_sort>(where, n, k);
            add_rival<Data, bench::original_formula>(where, n, k);
            add_rival<Data, bench::partial_sort>(where, n, k);
            add_rival<Data, bench::nth_element>(where, n, k);
            if (k == 1) add_rival<Data, bench::scan>(where, n, k);
        }
}

// ---- orders and values that may be hard on the way we choose

using records = std::vector<bench::record<>>;

bool scores_less(bench::record<> const& a, bench::record<> const& b) {
    return hostpick::calculate_host_score(a.metrics) < hostpick::calculate_host_score(b.metrics);
}

/// Each host is better than all before it: every one of them enters the heap.
void ascending(records& hosts) { std::sort(hosts.begin(), hosts.end(), scores_less); }
void descending(records& hosts) { std::sort(hosts.rbegin(), hosts.rend(), scores_less); }

/// Only the id decides.
void all_equal(records& hosts) {
    for (auto& host : hosts) host.metrics = hosts.front().metrics;
}

void few_latencies(records& hosts) {
    bench::random_source random;
    for (auto& host : hosts)
        host.metrics = {.latency_ms = static_cast<double>(20 + random.below(10))};
}

void none_eligible(records& hosts) {
    for (auto& host : hosts) host.metrics.failed = true;
}

/// As in the field: one host in eight failed, and as often each other field is unknown.
void some_missing(records& hosts) {
    bench::random_source random;
    for (auto& host : hosts) {
        host.metrics.failed = random.below(8) == 0;
        if (random.below(8) == 0) host.metrics.bandwidth_mbps.reset();
        if (random.below(8) == 0) host.metrics.packet_loss.reset();
        if (random.below(8) == 0) host.metrics.jitter_ms.reset();
    }
}

template <class Way>
void choose_changed(benchmark::State& state, Way const& way, void (*change)(records&),
                    std::size_t k) {
    bench::random_source random;
    auto hosts = bench::random_records(65536, random);
    change(hosts);
    bench::in_records const data{std::move(hosts), random};
    for (auto _ : state) {
        benchmark::DoNotOptimize(way(data, k));
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(data.size()));
}

void add_order(std::string const& name, void (*change)(records&)) {
    for (std::size_t k : {1u, 10u, 100u})
        benchmark::RegisterBenchmark(
            ("order/" + name + "/" + std::to_string(k)).c_str(), [=](benchmark::State& state) {
                if (k == 1)
                    choose_changed(state, bench::ours_best{}, change, k);
                else
                    choose_changed(state, bench::ours_top{std::vector<hostpick::host_choice<int>>(k)},
                                   change, k);
            });
}

[[maybe_unused]] bool const added = [] {
    add<bench::in_records>(1048576);
    add<bench::in_map>(65536);
    add_order("ascending", ascending);
    add_order("descending", descending);
    add_order("all_equal", all_equal);
    add_order("few_latencies", few_latencies);
    add_order("none_eligible", none_eligible);
    add_order("some_missing", some_missing);
    return true;
}();

}  // namespace
