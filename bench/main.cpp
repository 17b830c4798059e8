// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <vector>

int main(int argc, char** argv) {
    // Less than the library's own 0.5 s, so that all of them take some two minutes; what is given
    // on the command line comes later and wins.
    char min_time[] = "--benchmark_min_time=0.2";
    std::vector<char*> arguments(argv, argv + argc);
    arguments.insert(arguments.begin() + (argc > 0), min_time);
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
