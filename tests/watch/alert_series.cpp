// SPDX-License-Identifier: MIT
//
// Reads alert rules with series of evaluations 15 s apart, and prints the state after each: i, p, f.
//
//     above|below THRESHOLD FOR_S KEEP_FIRING_S N  VALUE...     a value, or - where it is missing
#include <hostpick/watch/alert.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string>

using namespace hostpick::watch;
using std::chrono::seconds;

int main() {
    std::string is, value;
    double threshold = 0;
    long for_s = 0, keep_s = 0;
    std::size_t n = 0;
    while (std::cin >> is >> threshold >> for_s >> keep_s >> n) {
        alert_rule const rule{.name = "rule",
                              .is = is == "above" ? comparison::above : comparison::below,
                              .threshold = threshold,
                              .for_time = seconds{for_s},
                              .keep_firing_for = seconds{keep_s}};
        if (rule.error()) return 1;
        alert one;
        std::string states;
        for (std::size_t step = 0; step < n; ++step) {
            std::cin >> value;
            alert_sample sample;
            if (value != "-") sample.value = std::strtod(value.c_str(), nullptr);
            one.see(rule, sample, seconds{15 * step});
            states += to_name(one.state())[0];
        }
        std::cout << states << '\n';
    }
}
