// SPDX-License-Identifier: MIT
//
// Statistics of the numbers on standard input, for against_scipy.py.
// in:  a word, how many rows, then two numbers for each
// out: "-" and the reason, or the numbers
#include <hostpick/watch/correlation.hpp>
#include <hostpick/watch/trend.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

using namespace hostpick::watch;

namespace {

void show(finding<correlation> const& c) {
    if (!c) return static_cast<void>(std::printf("- %s\n", describe(c.why())));
    std::printf("%.17g", c->r);
    if (c->r_95) std::printf(" %.17g %.17g", c->r_95->low, c->r_95->high);
    std::printf("\n");
}
void show(finding<trend> const& t) {
    if (!t) return static_cast<void>(std::printf("- %s\n", describe(t.why())));
    std::printf("%.17g %.17g %.17g\n", t->per_day, t->per_day_95.low, t->per_day_95.high);
}

}  // namespace

int main() {
    std::string what;
    for (std::size_t rows = 0; std::cin >> what >> rows;) {
        std::vector<double> a(rows), b(rows);
        std::vector<reading> series(rows);
        for (std::size_t n = 0; n < rows; ++n) {
            std::cin >> a[n] >> b[n];
            if (what == "trend") series[n] = {unix_time{static_cast<std::int64_t>(a[n])}, b[n]};
        }
        if (what == "pearson") show(pearson(a, b));
        else if (what == "spearman") show(spearman(a, b));
        else show(trend_of(series));
    }
}
