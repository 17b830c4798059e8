// SPDX-License-Identifier: MIT
#include "choose.hpp"

#include <cstdio>
#include <vector>

std::uint64_t choose_with_more(table const&, kept_table const&,
                               std::span<hostpick::network_metrics<> const>);

/// With an argument it calls what was compiled for a better machine, which this one may not be.
int main(int argc, char**) {
    table hosts;
    std::vector<hostpick::network_metrics<>> metrics;
    for (unsigned n = 0; n < 5000; ++n) {
        hostpick::network_metrics<> const m{.latency_ms = (n * 7919 + 7) % 997,
                                            .bandwidth_mbps = n % 13, .jitter_ms = n % 7};
        hosts.add(n, m);
        metrics.push_back(m);
    }
    kept_table const kept{hosts};
    std::uint64_t const sum = argc > 1 ? choose_with_more(hosts, kept, metrics) : choose(hosts, kept, metrics);
    std::printf("%llu\n", static_cast<unsigned long long>(sum));
    return sum == 0;
}
