// SPDX-License-Identifier: MIT
#include "choose.hpp"

#include <cstdio>

std::uint64_t choose_with_more(table const&, kept_table const&,
                               std::span<hostpick::network_metrics<> const>);

/// With an argument it calls what was compiled for a better machine, which this one may not be.
int main(int argc, char**) {
    static many_metrics metrics;
    fill(metrics);
    table hosts;
    for (std::uint32_t n = 0; n < metrics.size(); ++n) hosts.add(n, metrics[n]);
    kept_table const kept{hosts};
    std::uint64_t const sum = argc > 1 ? choose_with_more(hosts, kept, metrics) : choose(hosts, kept, metrics);
    std::printf("%llu\n", static_cast<unsigned long long>(sum));
    return sum == 0;
}
