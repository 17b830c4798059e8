// SPDX-License-Identifier: MIT
//
// live_probe: measures the paths to hosts that answer STAMP, live, and names the host to choose.
#include "options.hpp"
#include "prober.hpp"

#include <hostpick/hostpick.hpp>
#include <hostpick/json.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#if defined(_WIN32)
#include <io.h>
static bool on_terminal() { return _isatty(_fileno(stdout)) != 0; }
#else
#include <unistd.h>
static bool on_terminal() { return isatty(STDOUT_FILENO) == 1; }
#endif

namespace {

using hostpick::rolling::instant;

std::string number(std::optional<double> const& x, int decimals, char const* unit = "") {
    if (!x) return "-";
    char text[64];
    std::snprintf(text, sizeof text, "%.*f%s", decimals, *x, unit);
    return text;
}
std::string percent(std::optional<double> const& ratio) {
    return ratio ? number(*ratio * 100, 1, " %") : "-";
}

/// One line for each host; gives the count of lines.
int print_table(prober const& all, instant now) {
    std::printf("%-16s %10s %10s %10s %8s %12s %7s %10s %11s\n", "host", "RTT", "p95", "jitter", "loss",
                "bandwidth", "score", "at least", "confidence");
    for (auto const& host : all.hosts()) {
        auto const m = host->path.metrics(now), low = host->path.pessimistic_metrics(now);
        auto const probes = host->path.probes().all();
        std::printf("%-16.16s %10s %10s %10s %8s %12s %7.2f %10.2f %9.0f %%%s\n", host->name.c_str(),
                    number(m.latency_ms, 2, " ms").c_str(),
                    number(probes.rtt_quantile_ms(0.95), 2, " ms").c_str(),
                    number(m.jitter_ms, 2, " ms").c_str(), percent(m.packet_loss).c_str(),
                    number(m.bandwidth_mbps, 1, " Mbps").c_str(), hostpick::calculate_host_score(m),
                    hostpick::calculate_host_score(low), host->path.confidence(now) * 100,
                    m.failed ? "  does not answer" : "");
    }
    return 1 + static_cast<int>(all.hosts().size());
}

auto choices(prober const& all, instant now, std::size_t k) {
    auto const metrics = [now](auto const& host) { return host->path.pessimistic_metrics(now); };
    return hostpick::select_top_hosts(all.hosts(), metrics, k, {}, {}, &probed_host::name);
}

int print_choice(prober const& all, instant now) {
    auto const best = choices(all, now, 3);
    if (best.empty()) {
        std::printf("\nno host is eligible\n");
        return 1;
    }
    std::printf("\nchosen: %s, at least %.2f points", best[0].host.c_str(), best[0].score);
    for (std::size_t n = 1; n < best.size(); ++n)
        std::printf("%s %s (%.2f)", n == 1 ? "; if it fails:" : ", then", best[n].host.c_str(), best[n].score);
    std::printf("\n");
    return 0;
}

int print_json(prober const& all, instant now) {
    nlohmann::ordered_json document{{"chosen", nullptr}, {"hosts", nlohmann::ordered_json::array()}};
    for (auto const& host : all.hosts()) {
        auto const m = host->path.metrics(now), low = host->path.pessimistic_metrics(now);
        auto const probes = host->path.probes().all();
        auto const& n = host->path.probes().counters();
        nlohmann::ordered_json entry{
            {"host", host->name}, {"metrics", m}, {"pessimistic_metrics", low},
            {"score", hostpick::calculate_host_score(m)},
            {"pessimistic_score", hostpick::calculate_host_score(low)},
            {"confidence", host->path.confidence(now)},
            {"probes", {{"sent", n.sent}, {"received", n.received}, {"lost", n.lost}, {"reordered", n.reordered},
                        {"duplicates", n.duplicates}, {"late", n.late}, {"unexpected", n.unexpected}}},
            {"trains", {{"accepted", host->path.capacity().trains()}, {"refused", host->path.capacity().refused()}}}};
        if (auto const rtt = probes.rtt_min_ms()) entry["rtt_min_ms"] = *rtt;
        if (auto const rtt = probes.rtt_quantile_ms(0.5)) entry["rtt_median_ms"] = *rtt;
        document["hosts"].push_back(std::move(entry));
    }
    auto const best = choices(all, now, 1);
    if (!best.empty()) document["chosen"] = best[0].host;
    document["strangers"] = all.strangers();
    std::cout << document.dump(2) << '\n';
    return best.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) try {
    std::vector<std::string> where;
    double seconds = 10, interval_ms = 50;
    bool no_trains = false;
    std::string format = "table";
    CLI::App app{"Probes hosts that answer STAMP (such as `reflector`) and names the one to choose.\n"
                 "Exit code: 0 a host was chosen, 1 no host is eligible, 2 bad input. Ctrl-C ends it early."};
    app.add_option("hosts", where, "Hosts as ADDRESS:PORT or NAME=ADDRESS:PORT")->required();
    app.add_option("--seconds", seconds, "How long, and a second more for the last answers")->check(number_from(0.1, 1e6))->capture_default_str();
    app.add_option("--interval-ms", interval_ms, "Between the probes of a host")->check(number_from(5, 60'000))->capture_default_str();
    app.add_flag("--no-trains", no_trains, "Do not measure bandwidth, which takes 75 kB every 1.5 seconds");
    app.add_option("--format", format, "How to print")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }

    asio::io_context io;
    probe_plan plan{.interval = std::chrono::microseconds{static_cast<long>(interval_ms * 1000)}, .trains = !no_trains};
    prober all{io, plan};
    for (std::string const& host : where) {
        auto const equals = host.find('=');
        auto const at = equals == std::string::npos ? host : host.substr(equals + 1);
        std::string name = equals == std::string::npos ? host : host.substr(0, equals);
        auto const has_name = [&](auto const& other) { return other->name == name; };
        if (std::any_of(all.hosts().begin(), all.hosts().end(), has_name))
            throw usage_error{name + ": is there twice"};
        auto const endpoint = resolve(io, at);
        if (endpoint.port() == 0) throw usage_error{at + ": nobody can be asked at port 0"};
        all.add(std::move(name), endpoint);
    }

    auto const begun = prober::now();
    auto const end = begun + std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
    bool const live = on_terminal() && format == "table";
    int lines = 0;
    asio::steady_timer tick{io};
    std::function<void()> const go_on = [&] {
        all.advance();
        auto const now = prober::now();
        if (live) {
            if (lines > 0) std::printf("\x1b[%dA\x1b[J", lines);
            std::printf("\x1b[?7l");  // a line that is too long is cut off, not wrapped
            lines = print_table(all, now) + 1;
            std::printf("\x1b[?7h%.1f of %.1f seconds\n", hostpick::to_ms(now - begun) / 1000, seconds);
            std::fflush(stdout);
        }
        if (now >= end) all.stop();
        if (now >= end + plan.path.probe_timeout) return io.stop();
        tick.expires_after(std::chrono::milliseconds{live ? 200 : 50});
        tick.async_wait([&](asio::error_code cancelled) {
            if (!cancelled) go_on();
        });
    };
    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&io](asio::error_code, int) { io.stop(); });
    all.start();
    go_on();
    io.run();

    all.stop();
    all.advance();
    auto const now = prober::now();
    if (format == "json") return print_json(all, now);
    if (lines > 0) std::printf("\x1b[%dA\x1b[J", lines);
    print_table(all, now);
    return print_choice(all, now);
} catch (std::exception const& e) {
    std::cerr << "live_probe: " << e.what() << '\n';
    return 2;
}
