// SPDX-License-Identifier: MIT
#include "hosts.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/hostpick.hpp>

#include <cstddef>
#include <iterator>
#include <vector>

namespace {

constexpr std::size_t count = 1024;

/// Scores every host into a vector: the time of one call is that of an item.
template <class Metrics, class Score>
void score_all(benchmark::State& state, std::vector<Metrics> const& all, Score score) {
    std::vector<decltype(score(all.front()))> scores(all.size());
    for (auto _ : state) {
        for (std::size_t i = 0; i < all.size(); ++i) scores[i] = score(all[i]);
        benchmark::DoNotOptimize(scores.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * std::ssize(all));
}

template <class Real>
std::vector<hostpick::network_metrics<Real>> metrics() {
    std::vector<hostpick::network_metrics<Real>> all;
    bench::random_source random;
    for (auto const& host : bench::random_records<Real>(count, random)) all.push_back(host.metrics);
    return all;
}

/// A policy as a caller has it: known at run time only.
template <class Real, class Policy>
void with_policy(benchmark::State& state, Policy policy) {
    benchmark::DoNotOptimize(policy);
    score_all(state, metrics<Real>(),
              [&](auto const& m) { return hostpick::calculate_host_score(m, policy); });
}

template <class Real>
void default_policy(benchmark::State& state) {
    score_all(state, metrics<Real>(),
              [](auto const& m) { return hostpick::calculate_host_score(m); });
}
template <class Real>
void score_policy(benchmark::State& state) {
    with_policy<Real>(state, hostpick::score_policy{});
}
template <class Real>
void compiled(benchmark::State& state) {
    with_policy<Real>(state, hostpick::compiled_policy<Real>{hostpick::score_policy{}});
}
template <class Real>
void compiled_weakest(benchmark::State& state) {
    with_policy<Real>(state, hostpick::compiled_policy<Real>{hostpick::score_policy{
                                 .combine = hostpick::combination::weakest}});
}
template <class Real>
void e_model(benchmark::State& state) {
    with_policy<Real>(state, hostpick::e_model{});
}
template <class Real>
void lambda(benchmark::State& state) {
    with_policy<Real>(state, [](hostpick::network_metrics<Real> const& m) {
        return -(m.latency_ms.value_or(1000) + 2 * m.jitter_ms.value_or(100));
    });
}
void original_formula(benchmark::State& state) {
    std::vector<bench::original_metrics> all;
    for (auto const& m : metrics<double>()) all.push_back(bench::as_original(m));
    score_all(state, all, bench::original_score);
}

BENCHMARK(default_policy<double>)->Name("score/default/double");
BENCHMARK(default_policy<float>)->Name("score/default/float");
BENCHMARK(score_policy<double>)->Name("score/score_policy/double");
BENCHMARK(score_policy<float>)->Name("score/score_policy/float");
BENCHMARK(compiled<double>)->Name("score/compiled/double");
BENCHMARK(compiled<float>)->Name("score/compiled/float");
BENCHMARK(compiled_weakest<double>)->Name("score/compiled_weakest/double");
BENCHMARK(compiled_weakest<float>)->Name("score/compiled_weakest/float");
BENCHMARK(e_model<double>)->Name("score/e_model/double");
BENCHMARK(e_model<float>)->Name("score/e_model/float");
BENCHMARK(lambda<double>)->Name("score/lambda/double");
BENCHMARK(lambda<float>)->Name("score/lambda/float");
BENCHMARK(original_formula)->Name("score/original_formula/double");

}  // namespace
