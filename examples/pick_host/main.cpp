// SPDX-License-Identifier: MIT
//
// pick_host: ranks the hosts of a JSON or CSV file, and says why.
#include "host_file.hpp"
#include "report.hpp"

#include <hostpick/hostpick.hpp>
#include <hostpick/json.hpp>

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

std::string text_of(std::string const& file) {
    try {
        std::ifstream stream;
        if (file != "-") stream.open(file, std::ios::binary);
        if (!stream) throw input_error{file + ": cannot be opened"};
        std::istream& in = file == "-" ? std::cin : stream;
        return {std::istreambuf_iterator<char>{in}, {}};
    } catch (std::ios_base::failure const&) {  // a directory, for example
        throw input_error{file + ": cannot be read"};
    }
}

/// The settings in a JSON file, on top of which come those of the command line.
template <class Settings>
Settings settings_of(std::string const& file) {
    try {
        return parse_json(text_of(file), file).get<Settings>();
    } catch (hostpick::json_error const& e) {
        throw input_error{file + ": " + e.what()};
    }
}

}  // namespace

int main(int argc, char** argv) try {
    std::string hosts_file = "-", policy_file, constraints_file, profile = "default",
                format = "table";
    int top = 10;
    hostpick::limits limits;
    double waited_ms = 0;
    csv_columns columns;
    std::map<std::string, std::string*> const column_names{
        {"host", &columns.host},
        {"latency_ms", &columns.latency_ms},
        {"bandwidth_mbps", &columns.bandwidth_mbps},
        {"packet_loss", &columns.packet_loss},
        {"packet_loss_percent", &columns.packet_loss_percent},
        {"jitter_ms", &columns.jitter_ms},
        {"failed", &columns.failed}};

    CLI::App app{"Ranks game hosts by latency, bandwidth, packet loss and jitter, and says why.\n"
                 "Exit code: 0 a host was chosen, 1 no host is eligible, 2 bad input."};
    app.add_option("hosts", hosts_file, "JSON or CSV file of hosts; - for standard input")
        ->capture_default_str();
    app.footer("CSV has the columns host and latency_ms, and may have bandwidth_mbps, packet_loss (a\n"
               "ratio) or packet_loss_percent, jitter_ms, failed. JSON is an array of objects with these\n"
               "members, or an object with such an array under \"hosts\". What is empty is missing.");
    auto* const profile_option =
        app.add_option("--profile", profile, "How to score")
            ->check(CLI::IsMember({"default", "latency_only", "e_model"}))
            ->capture_default_str();
    app.add_option("--policy", policy_file, "JSON file with ramps and weights")
        ->excludes(profile_option);
    app.add_option("--constraints", constraints_file, "JSON file with limits and relaxation steps");
    app.add_option("--waited-ms", waited_ms, "How long the session has waited, for the relaxation")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--max-latency-ms", limits.max_latency_ms, "Pass over hosts above it");
    app.add_option("--max-packet-loss", limits.max_packet_loss, "The same; a ratio from 0 to 1");
    app.add_option("--max-jitter-ms", limits.max_jitter_ms, "The same");
    app.add_option("--min-bandwidth-mbps", limits.min_bandwidth_mbps, "Pass over hosts below it");
    app.add_option("--min-score", limits.min_score, "The same");
    app.add_option("--top", top, "How many hosts to show")
        ->check(CLI::Range(1, 1'000'000'000))
        ->capture_default_str();
    app.add_option("--format", format, "How to print")
        ->check(CLI::IsMember({"table", "json"}))
        ->capture_default_str();
    app.add_option_function<std::vector<std::string>>(
           "--column",
           [&](std::vector<std::string> const& assignments) {
               for (std::string const& a : assignments) {
                   auto const equals = a.find('=');
                   auto const name = column_names.find(a.substr(0, equals));
                   if (equals == std::string::npos || name == column_names.end())
                       throw CLI::ValidationError{"--column", "expected NAME=HEADER, with the name "
                                                              "of one of our columns: " + a};
                   *name->second = a.substr(equals + 1);
               }
           },
           "CSV column under another header, e.g. latency_ms=rtt_p50")
        ->type_name("NAME=HEADER")
        ->allow_extra_args(false);
    app.set_version_flag("--version", std::to_string(HOSTPICK_VERSION_MAJOR) + "." +
                                          std::to_string(HOSTPICK_VERSION_MINOR) + "." +
                                          std::to_string(HOSTPICK_VERSION_PATCH));
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }

    hostpick::constraints<> rules;
    if (!constraints_file.empty()) rules = settings_of<hostpick::constraints<>>(constraints_file);
    auto const set = [](auto& to, auto const& from) { if (from) to = from; };
    set(rules.limit.max_latency_ms, limits.max_latency_ms);
    set(rules.limit.max_packet_loss, limits.max_packet_loss);
    set(rules.limit.max_jitter_ms, limits.max_jitter_ms);
    set(rules.limit.min_bandwidth_mbps, limits.min_bandwidth_mbps);
    set(rules.limit.min_score, limits.min_score);
    if (app.count("--waited-ms") > 0) rules.waited_ms = waited_ms;
    if (auto const error = hostpick::error_in(rules))
        throw input_error{std::string{"limits"} +
                          (error->step > 0 ? ", step " + std::to_string(error->step) : "") + ": " +
                          error->member + ": expected " + error->expected};

    auto const hosts = read_hosts(text_of(hosts_file), hosts_file, columns);
    auto const run = [&](auto const& policy) {
        report const result = make_report(hosts, policy, rules, static_cast<std::size_t>(top));
        if (format == "json") print_json(std::cout, result);
        else print_table(std::cout, result);
        return result.ranking.empty() ? 1 : 0;
    };
    if (profile == "e_model") return run(hostpick::e_model{});
    if (profile == "latency_only") return run(hostpick::latency_only);
    return run(policy_file.empty() ? hostpick::score_policy{}
                                   : settings_of<hostpick::score_policy>(policy_file));
} catch (std::exception const& e) {
    std::cerr << "pick_host: " << e.what() << '\n';
    return 2;
}
