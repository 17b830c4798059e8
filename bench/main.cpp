// SPDX-License-Identifier: MIT
#include "isa.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string_view>
#include <vector>

namespace {

/// `--isa=base|avx2|avx512`: false where the machine does not have it, or there is no such.
bool force_isa(std::string_view name) {
    using hostpick::detail::isa;
    isa const which = name == "avx512" ? isa::avx512 : name == "avx2" ? isa::avx2 : isa::base;
    if ((which == isa::base && name != "base") || which > hostpick::detail::best_isa()) return false;
    bench::forced_isa() = which;
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    // Less than the library's own 0.5 s, so that all of them take some minutes; what is given on the
    // command line comes later and wins.
    char min_time[] = "--benchmark_min_time=0.2";
    std::vector<char*> arguments{argv[0], min_time};
    for (int n = 1; n < argc; ++n) {
        std::string_view const argument = argv[n];
        if (!argument.starts_with("--isa=")) {
            arguments.push_back(argv[n]);
        } else if (!force_isa(argument.substr(6))) {
            std::fprintf(stderr, "%s: base, avx2 or avx512, and what this machine has\n", argv[n]);
            return 1;
        }
    }
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
