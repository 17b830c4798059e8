// SPDX-License-Identifier: MIT
//
// The highest total that assign_sessions finds is the one that LEMON finds, and the fast way is as
// near to it as it says. Prints how long each took; exits with 1 where they differ, 77 without LEMON.
#include "../../bench/assign_problems.hpp"

#include <chrono>
#include <cstdio>

#if HOSTPICK_LEMON

namespace {

template <class F>
auto timed(F f, double& ms) {
    auto const start = std::chrono::steady_clock::now();
    auto result = f();
    ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    return result;
}

bool agrees(char const* name, bench::assign_problem const& p) {
    double exact_ms = 0, fast_ms = 0, lemon_ms = 0;
    auto const exact = timed([&] { return assign_sessions(p.matrix(), p.capacities); }, exact_ms);
    auto const fast = timed([&] { return assign_sessions_fast(p.matrix(), p.capacities); }, fast_ms);
    bench::lemon_assignment lemon{p};
    double const highest = timed([&] { return lemon.solve(); }, lemon_ms);
    std::printf("%5zu x %4zu %-16s %4zu unplaced, total %.0f: %7.1f ms, LEMON %7.1f ms, fast %6.1f ms, gap %.3f %% (truly %.3f %%)\n",
                p.sessions, p.hosts, name, exact.unplaced, exact.total, exact_ms, lemon_ms, fast_ms, 100 * fast.gap(),
                100 * (highest - fast.total) / highest);
    if (exact.total != highest) return std::printf("  LEMON's total is %.0f\n", highest), false;
    if (fast.unplaced != exact.unplaced || fast.total > highest || fast.upper_bound < highest || fast.gap() > 0.01)
        return std::printf("  the fast total is %.0f, its bound %.0f\n", fast.total, fast.upper_bound), false;
    return true;
}

}  // namespace

int main() {
    bool good = true;
    struct size {
        std::size_t sessions, hosts;
    };
    for (auto const [sessions, hosts] : {size{200, 50}, size{2000, 200}}) {
        good &= agrees("any scores", bench::any_scores(sessions, hosts, 0.95));
        good &= agrees("crowded", bench::crowded_map(sessions, hosts, 0.95));
        good &= agrees("crowded, limited", bench::crowded_map(sessions, hosts, 0.8, 0.6));
        good &= agrees("overcrowded", bench::crowded_map(sessions, hosts, 1.2));
    }
    return good ? 0 : 1;
}

#else

int main() {
    std::puts("LEMON is not installed (liblemon-dev)");
    return 77;
}

#endif
