// SPDX-License-Identifier: MIT
//
// Any bytes as a file of hosts, JSON or CSV: refused with the one error type, or a list of hosts
// whose metrics are valid and among which choosing works.
#include "host_file.hpp"

#include <hostpick/hostpick.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) try {
    std::string const text{data, data + size};
    auto const hosts = read_hosts(text, "fuzz");
    for (auto const& [host, metrics] : hosts) {
        if (metrics.packet_loss && !(*metrics.packet_loss >= 0 && *metrics.packet_loss <= 1))
            std::abort();
        if (metrics.latency_ms && !(*metrics.latency_ms >= 0)) std::abort();
        if (hostpick::network_metrics<> const again = nlohmann::json(metrics);
            calculate_host_score(again) != calculate_host_score(metrics))
            std::abort();
    }
    auto const best = hostpick::select_best_host(hosts, &host_record::metrics, {}, {},
                                                 &host_record::host);
    if (best && !(best->score >= 0 && best->score <= 100)) std::abort();
    return 0;
} catch (input_error const&) {
    return 0;
}
