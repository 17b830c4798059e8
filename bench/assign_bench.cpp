// SPDX-License-Identifier: MIT
#include "assign_problems.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/assign.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

// Sessions, most of them in one corner of the map, to hosts with room for 5 % more; for the fast way
// with the measured gap in per cent, and all beside LEMON's network simplex where it is installed.
namespace {

bench::assign_problem const& problem_of(std::size_t sessions, std::size_t hosts) {
    static std::map<std::pair<std::size_t, std::size_t>, bench::assign_problem> made;
    auto const key = std::pair{sessions, hosts};
    auto const found = made.find(key);
    return found != made.end() ? found->second : made.emplace(key, bench::crowded_map(sessions, hosts, 0.95)).first->second;
}

template <class F>
void measure(benchmark::State& state, bench::assign_problem const& p, F assign) {
    hostpick::assignment result;
    for (auto _ : state) {
        result = assign(p);
        benchmark::DoNotOptimize(result.host_of.data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(p.sessions));
    state.counters["gap_percent"] = 100 * result.gap();
}

using bench::assign_problem;

hostpick::assignment best_total(assign_problem const& p) { return hostpick::assign_sessions(p.matrix(), p.capacities); }
hostpick::assignment best_worst(assign_problem const& p) {
    return hostpick::assign_sessions(p.matrix(), p.capacities, {}, hostpick::assign_goal::worst_score);
}
hostpick::assignment fast(assign_problem const& p) { return hostpick::assign_sessions_fast(p.matrix(), p.capacities); }

#if HOSTPICK_LEMON
void by_lemon(benchmark::State& state, assign_problem const& p) {
    bench::lemon_assignment lemon{p};  // its graph is not counted
    double const expected = best_total(p).total;
    for (auto _ : state)
        if (lemon.solve() != expected) return state.SkipWithError("LEMON does not agree");
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(p.sessions));
}
#endif

[[maybe_unused]] bool const added = [] {
    struct size {
        std::size_t sessions, hosts;
    };
    for (auto const [sessions, hosts] : {size{200, 50}, size{2000, 200}, size{10'000, 1000}}) {
        auto const add = [n = sessions, m = hosts](char const* method, auto run) {
            auto const name = "assign/" + std::to_string(n) + "x" + std::to_string(m) + "/" + method;
            benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { run(state, problem_of(n, m)); })
                ->Unit(benchmark::kMillisecond);
        };
        add("fast", [](auto& state, auto const& p) { measure(state, p, fast); });
        add("total", [](auto& state, auto const& p) { measure(state, p, best_total); });
        add("worst", [](auto& state, auto const& p) { measure(state, p, best_worst); });
#if HOSTPICK_LEMON
        add("lemon", by_lemon);
#endif
    }
    return true;
}();

}  // namespace
