// SPDX-License-Identifier: MIT
//
// quality_bench: how well rules choose, on measured round trips and on made-up ones.
#include "quality/load.hpp"
#include "quality/replay.hpp"
#include "quality/trace.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#ifndef HOSTPICK_SHARED_DATA
#define HOSTPICK_SHARED_DATA "../shared/data"
#endif

namespace {

using namespace quality;

std::vector<trace> measured(std::string const& folder) {
    struct known {
        char const *file, *name;
    };
    std::vector<trace> traces;
    for (auto const& [file, name] : {known{"seattle99_slots001_060.csv", "Seattle"},
                                     known{"planetlab100_slots01_09.csv", "PlanetLab, 9 slots"},
                                     known{"planetlab490_slot01.csv", "PlanetLab, 490 nodes"}}) {
        auto const path = std::filesystem::path{folder} / file;
        if (std::filesystem::exists(path)) traces.push_back(read_matrix(path.string(), name));
        else std::cerr << "quality_bench: skipped, because there is no " << path.string() << '\n';
    }
    return traces;
}

std::vector<trace> made_up() {
    std::vector<trace> traces;
    traces.push_back(synthetic(behaviour::quiet, "made up: quiet", 1));
    traces.push_back(synthetic(behaviour::drifting, "made up: drifting", 2));
    traces.push_back(synthetic(behaviour::stepping, "made up: stepping", 3));
    traces.push_back(synthetic(behaviour::spiking, "made up: spiking", 4));
    return traces;
}

void print(std::vector<result> const& results) {
    std::printf("%-22s %-7s %-24s %10s %11s %14s\n", "data", "part", "rule", "regret_ms",
                "moves/hour", "s/hour > 200ms");
    for (auto const& r : results)
        std::printf("%-22s %-7s %-24s %10.2f %11.1f %14.0f\n", r.data.c_str(), r.part.c_str(),
                    r.rule.c_str(), r.regret_ms, r.moves_per_hour, r.seconds_above_200ms);
}

/// Of the rules of others, the one with the least regret that moves at most so often.
result const& best_other(std::vector<result> const& results, result const& ours, double moves) {
    result const* best = nullptr;
    for (auto const& r : results)
        if (r.data == ours.data && r.part == ours.part && r.rule.rfind(us, 0) != 0 &&
            r.moves_per_hour <= moves && (best == nullptr || r.regret_ms < best->regret_ms))
            best = &r;
    if (best == nullptr) throw std::logic_error{"random never moves"};
    return *best;
}

/// Ours beside the best of the others, and beside the best that moves no more, part by part.
void print_aim(std::vector<result> const& results) {
    constexpr double aim = 0.85;
    std::printf("\nAim: at most %.2f times the regret of the best other rule, and no more moves\n",
                aim);
    std::printf("%-22s %-7s %9s %6s", "data", "part", "regret_ms", "moves");
    for (auto const* best : {"best other", "best at no more moves"})
        std::printf(" | %-22s %9s %6s %6s %-6s", best, "regret_ms", "moves", "ratio", "");
    std::printf("\n");
    for (auto const& ours : results) {
        if (ours.rule != us) continue;
        std::printf("%-22s %-7s %9.2f %6.1f", ours.data.c_str(), ours.part.c_str(), ours.regret_ms,
                    ours.moves_per_hour);
        for (double const moves : {1e300, ours.moves_per_hour}) {
            auto const& best = best_other(results, ours, moves);
            bool const met = ours.regret_ms <= aim * best.regret_ms &&
                             (moves < 1e300 || ours.moves_per_hour <= best.moves_per_hour);
            double const ratio =
                best.regret_ms > 0 ? ours.regret_ms / best.regret_ms : ours.regret_ms > 0 ? 1e9 : 1;
            std::printf(" | %-22s %9.2f %6.1f %6.2f %-6s", best.rule.c_str(), best.regret_ms,
                        best.moves_per_hour, ratio, met ? "met" : "missed");
        }
        std::printf("\n");
    }
}

void print(std::vector<load_result> const& results, load_settings const& s) {
    std::printf("\n%zu sessions at %zu hosts, whose load is reported every %zu arrivals\n",
                s.sessions, s.hosts, s.report_every);
    std::printf("%-22s %12s %11s %14s\n", "rule", "overloaded", "mean score", "fullest host");
    for (auto const& r : results)
        std::printf("%-22s %10.1f %% %11.1f %14zu\n", r.rule.c_str(), 100 * r.overloaded,
                    r.mean_score, r.busiest);
}

void write_json(std::string const& file, std::vector<result> const& results) {
    auto array = nlohmann::ordered_json::array();
    for (auto const& r : results)
        array.push_back({{"data", r.data},
                         {"part", r.part},
                         {"rule", r.rule},
                         {"regret_ms", r.regret_ms},
                         {"moves_per_hour", r.moves_per_hour},
                         {"seconds_above_200ms", r.seconds_above_200ms}});
    std::ofstream out{file, std::ios::binary};
    out << array.dump(1) << '\n';
    if (!out.flush()) throw std::runtime_error{file + ": cannot be written"};
}

}  // namespace

int main(int argc, char** argv) try {
    std::string data = HOSTPICK_SHARED_DATA, matrix, json;
    std::size_t hold = 0;
    replay_settings settings;

    CLI::App app{
        "Replays parties that live through measured round trips. Each rule sees the past, with\n"
        "noise and holes, and chooses a host for the next slot. Regret is the worst player's\n"
        "round trip above that of the host that was best in hindsight. Settings of ours were\n"
        "sought on the tuning part alone; the test part judges."};
    app.add_option("--data", data, "Folder of the measured matrices")->capture_default_str();
    auto* const matrix_option = app.add_option(
        "--matrix", matrix, "Only this file: slot,src,d0,d1,... or src,d0,...; milliseconds");
    app.add_option("--hold", hold,
                   "Steps that a slot of --matrix lasts; 0: 1, or more where there are few slots")
        ->needs(matrix_option)
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    app.add_option("--json", json, "Writes the results there, as an array");
    app.add_option("--sessions", settings.sessions, "Parties of each part")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--slot-seconds", settings.slot_seconds, "How long a step is")
        ->check(CLI::Range(0.1, 1e6))
        ->capture_default_str();
    app.add_option("--noise", settings.noise, "Deviation of what is seen, as a share of the truth")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--missing", settings.missing, "Share of the cells that are not seen")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--seed", settings.seed, "Of sessions, noise and lots")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }

    std::vector<trace> traces;
    if (!matrix.empty()) {
        traces.push_back(
            read_matrix(matrix, std::filesystem::path{matrix}.stem().string(), hold));
    } else {
        traces = measured(data);
        for (auto& t : made_up()) traces.push_back(std::move(t));
    }
    std::vector<result> results;
    for (auto const& t : traces) {
        for (auto const& part : t.parts)
            if (part.nodes < settings.players)
                throw std::runtime_error{t.name + ": " + std::to_string(settings.players) +
                                         " players need as many nodes,"
                                         " of a single slot in each half"};
        auto const some = replay(t, settings);
        results.insert(results.end(), some.begin(), some.end());
    }
    print(results);
    print_aim(results);
    if (matrix.empty()) {
        load_settings load;
        load.seed = settings.seed;
        print(spread(load), load);
    }
    if (!json.empty()) write_json(json, results);
    return 0;
} catch (std::exception const& e) {
    std::cerr << "quality_bench: " << e.what() << '\n';
    return 2;
}
