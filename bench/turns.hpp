// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

using clock = std::chrono::steady_clock;

inline double median(std::vector<double> v) {
    auto const middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
    std::nth_element(v.begin(), middle, v.end());
    return *middle;
}

/// The median time of each function, in seconds.
///
/// They take turns, A B C A B C, so that what slows the machine down for a while slows all of
/// them down; at least five rounds, and more until `at_least` has passed.
template <class... F>
std::array<double, sizeof...(F)> median_in_turns(clock::duration at_least,
                                                 F const&... functions) {
    std::array<std::vector<double>, sizeof...(F)> times;
    auto const start = clock::now();
    for (int round = 0; round < 5 || clock::now() - start < at_least; ++round) {
        std::size_t next = 0;
        auto const take_turn = [&](auto const& f) {
            auto const from = clock::now();
            f();
            std::chrono::duration<double> const taken = clock::now() - from;
            times[next++].push_back(taken.count());
        };
        (take_turn(functions), ...);
    }
    std::array<double, sizeof...(F)> medians{};
    std::transform(times.begin(), times.end(), medians.begin(), median);
    return medians;
}

}  // namespace bench
