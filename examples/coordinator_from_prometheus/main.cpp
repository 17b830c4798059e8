// SPDX-License-Identifier: MIT
//
// coordinator_from_prometheus: chooses a host by what Prometheus, Thanos, Mimir or anything else
// with their query API knows of all hosts. Several coordinators that ask the same API share one
// view, and choose the same host.
#include "query_api.hpp"

#include <hostpick/hostpick.hpp>
#include <hostpick/json.hpp>

#include <CLI/CLI.hpp>
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

/// What is asked, in base units: seconds, ratios, bytes per second. Where several monitors measure
/// a host, the worst that any of them finds counts.
struct queries {
    std::string latency =
        "max by (host) (rate(hostpick_rtt_seconds_sum[1m]) / "
        "(rate(hostpick_rtt_seconds_count[1m]) > 0))";
    std::string jitter = "max by (host) (hostpick_jitter_seconds)";
    std::string loss = "max by (host) (hostpick_packet_loss_ratio)";
    std::string capacity = "min by (host) (hostpick_upload_capacity_bytes_per_second)";
    std::string age = "max by (host) (time() - hostpick_last_success_timestamp_seconds)";
};

class query_api {
public:
    query_api(std::string const& url, httplib::Headers headers, double timeout_s)
        : client_{url.substr(0, path_of(url))},
          prefix_{url.substr(path_of(url))},
          headers_{std::move(headers)} {
        if (!client_.is_valid()) throw query_error{url + ": expected http://HOST:PORT"};
        while (!prefix_.empty() && prefix_.back() == '/') prefix_.pop_back();
        auto const timeout = std::chrono::milliseconds{std::llround(timeout_s * 1000)};
        client_.set_connection_timeout(timeout);
        client_.set_read_timeout(timeout);
        client_.set_write_timeout(timeout);
    }

    instant_vector ask(std::string const& query, std::string const& label) {
        httplib::Params const parameters{{"query", query}, {"time", std::to_string(at_)}};
        auto const answer = client_.Get(prefix_ + "/api/v1/query", parameters, headers_);
        if (!answer) throw query_error{"no answer: " + httplib::to_string(answer.error())};
        try {
            auto v = read_vector(answer->body, label);
            for (auto const& warning : v.warnings)
                std::cerr << "coordinator_from_prometheus: " << warning << '\n';
            return v;
        } catch (query_error const& e) {
            throw query_error{"status " + std::to_string(answer->status) + ", " + e.what() +
                              "\n  of the query " + query};
        }
    }

private:
    static std::size_t path_of(std::string const& url) {
        auto const scheme = url.find("://");
        return std::min(url.size(), url.find('/', scheme == std::string::npos ? 0 : scheme + 3));
    }
    httplib::Client client_;
    std::string prefix_;
    httplib::Headers headers_;
    std::time_t at_ = std::time(nullptr);  // all queries are of one moment
};

using known_hosts = std::map<std::string, hostpick::network_metrics<>>;

known_hosts read_hosts(query_api& api, queries const& q, std::string const& label,
                       double max_age_s) {
    using metrics = hostpick::network_metrics<>;
    known_hosts hosts;
    // A host that anything is known of is a host; what is not known of it is missing.
    auto const read = [&](std::string const& query, std::optional<double> metrics::*field,
                          double scale) {
        if (query.empty()) return;
        for (auto const& [name, x] : api.ask(query, label).by_label)
            if (x >= 0) hosts[name].*field = x * scale;
    };
    read(q.latency, &metrics::latency_ms, 1e3);
    read(q.jitter, &metrics::jitter_ms, 1e3);
    read(q.loss, &metrics::packet_loss, 1);
    read(q.capacity, &metrics::bandwidth_mbps, 8e-6);
    // Prometheus goes on to answer with the last value of a series for five minutes: a host counts
    // only where it is known to have answered lately.
    if (!q.age.empty()) {
        auto const ages = api.ask(q.age, label).by_label;
        for (auto const& [name, age_s] : ages)
            if (age_s > max_age_s) hosts[name].failed = true;
        for (auto& [name, known] : hosts)
            if (!ages.contains(name)) known.failed = true;
    }
    return hosts;
}

std::string number(std::optional<double> const& x, int decimals, char const* unit) {
    char text[64] = "-";
    if (x) std::snprintf(text, sizeof text, "%.*f%s", decimals, *x, unit);
    return text;
}

void print_table(known_hosts const& hosts, hostpick::score_policy const& policy,
                 hostpick::limits const& limits, std::string const& chosen) {
    std::printf("  %-24s %10s %10s %8s %12s  %s\n", "host", "RTT", "jitter", "loss", "bandwidth",
                "verdict");
    for (auto const& [name, m] : hosts) {
        auto loss = m.packet_loss;
        if (loss) *loss *= 100;
        auto const verdict = hostpick::describe(hostpick::judge_host(m, policy, limits));
        std::printf("%c %-24.24s %10s %10s %8s %12s  %s\n", name == chosen ? '*' : ' ',
                    name.c_str(), number(m.latency_ms, 2, " ms").c_str(),
                    number(m.jitter_ms, 2, " ms").c_str(), number(loss, 2, " %").c_str(),
                    number(m.bandwidth_mbps, 1, " Mbps").c_str(),
                    std::string{verdict.view()}.c_str());
    }
}

}  // namespace

int main(int argc, char** argv) try {
    std::string url = "http://127.0.0.1:9090", label = "host", format = "table";
    queries q;
    hostpick::limits limits;
    double timeout_s = 5, max_age_s = 60;
    std::vector<std::string> header_lines;
    CLI::App app{"Chooses the best host by what a Prometheus-compatible query API knows.\n"
                 "Exit code: 0 a host was chosen, 1 no host is eligible, 2 bad input or no answer."};
    auto const option = [&app](char const* name, auto& value, char const* text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    option("url", url, "Of the API, with the path before /api/v1: Mimir's http://HOST/prometheus");
    option("--label", label, "That names the host");
    option("--latency", q.latency, "PromQL: seconds of round trip");
    option("--jitter", q.jitter, "PromQL: seconds; \"\" for none");
    option("--loss", q.loss, "PromQL: a ratio from 0 to 1; \"\" for none");
    option("--capacity", q.capacity, "PromQL: bytes/s that it can send; \"\" for none");
    option("--age", q.age, "PromQL: seconds since the host answered, else it has failed; \"\" for none");
    option("--max-age-s", max_age_s, "A host that was silent for longer has failed")
        ->check(CLI::Range(0.0, 1e9));
    app.add_option("--max-latency-ms", limits.max_latency_ms, "Pass over hosts above it");
    app.add_option("--max-packet-loss", limits.max_packet_loss, "The same; a ratio from 0 to 1");
    app.add_option("--min-bandwidth-mbps", limits.min_bandwidth_mbps, "Pass over hosts below it");
    app.add_option("--header", header_lines,
                   "NAME: VALUE, as \"X-Scope-OrgID: games\" or \"Authorization: Bearer ...\"");
    option("--timeout-s", timeout_s, "For each query")->check(CLI::Range(0.01, 600.0));
    option("--format", format, "How to print")->check(CLI::IsMember({"table", "json"}));
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    if (auto const error = hostpick::error_in(limits))
        throw query_error{std::string{error->member} + ": expected " + error->expected};
    httplib::Headers headers;
    for (std::string const& line : header_lines) {
        auto const colon = line.find(':');
        if (colon == std::string::npos || colon == 0 ||
            line.find_first_of("\r\n") != std::string::npos)
            throw query_error{"--header: expected NAME: VALUE, found " + line};
        auto const value = line.find_first_not_of(' ', colon + 1);
        headers.emplace(line.substr(0, colon),
                        value == std::string::npos ? "" : line.substr(value));
    }

    query_api api{url, std::move(headers), timeout_s};
    auto const hosts = read_hosts(api, q, label, max_age_s);
    std::vector<std::string> names;
    for (auto const& [name, metrics] : hosts) names.push_back(name);
    hostpick::score_policy const policy;
    auto const best = hostpick::select_top_hosts(names, hosts, 3, policy, limits);
    std::string const chosen = best.empty() ? "" : best[0].host;

    if (format == "json") {
        using json = nlohmann::ordered_json;
        json document{{"chosen", nullptr}, {"best", best}, {"hosts", json::array()}};
        if (!best.empty()) document["chosen"] = chosen;
        for (auto const& [name, m] : hosts)
            document["hosts"].push_back({{"host", name},
                                         {"metrics", m},
                                         {"verdict", hostpick::judge_host(m, policy, limits)}});
        std::cout << document.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
        return best.empty() ? 1 : 0;
    }
    print_table(hosts, policy, limits, chosen);
    if (best.empty()) {
        std::printf("\nno host is eligible, of %zu\n", hosts.size());
        return 1;
    }
    std::printf("\nchosen: %s, %.2f points", chosen.c_str(), best[0].score);
    for (std::size_t n = 1; n < best.size(); ++n)
        std::printf("%s %s (%.2f)", n == 1 ? "; if it fails:" : ", then", best[n].host.c_str(),
                    best[n].score);
    std::printf("\n");
    return 0;
} catch (std::exception const& e) {
    std::cerr << "coordinator_from_prometheus: " << e.what() << '\n';
    return 2;
}
