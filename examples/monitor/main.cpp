// SPDX-License-Identifier: MIT
//
// hostpick-monitor: probes hosts without end, keeps a session on the best of them, and shows what
// it finds to Prometheus, to programs and to people.
#include "demo.hpp"
#include "exposition.hpp"
#include "historian.hpp"
#include "http_server.hpp"
#include "log.hpp"
#include "memory.hpp"
#include "pages.hpp"
#include "service.hpp"
#include "settings.hpp"

#include "target.hpp"

#include <hostpick/prometheus.hpp>
#include <hostpick/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

using namespace std::chrono_literals;
using namespace monitor;

std::uint64_t random_seed() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

bool is_loopback(std::string const& where) {
    auto const name = split_address(where).name;
    asio::error_code failed;
    auto const address = asio::ip::make_address(name, failed);
    return failed ? name == "localhost" : address.is_loopback();
}

/// The snapshot is a few seconds old at most, unless the thread that measures is stuck.
http_answer health_page(snapshot const& now) {
    bool const alive = steady_now() - now.taken.steady < 5s;
    return {std::string{"{\"status\":\""} + (alive ? "ok" : "stuck") + "\",\"hosts\":" +
                std::to_string(now.hosts.size()) + "}\n",
            "application/json", alive ? 200 : 503};
}

std::vector<http_page> pages_of(latest_snapshot const& latest, self_metrics& self,
                                demo_hosts* demo, historian const* history) {
    auto const metrics = [&latest, &self, history](auto const&) {
        return http_answer{metrics_page(*latest.get(), self, history),
                           std::string{content_type(hostpick::prometheus::format::text)}};
    };
    std::vector<http_page> pages{
        {"GET", "/",
         [](auto const&) { return http_answer{status_page(), "text/html; charset=utf-8"}; }},
        {"GET", "/metrics", metrics},
        {"GET", "/metrics/network", metrics},
        {"GET", "/hosts",
         [&](auto const&) { return http_answer{hosts_page(*latest.get()), "application/json"}; }},
        {"GET", "/alerts",
         [&](auto const&) { return http_answer{alerts_page(*latest.get()), "application/json"}; }},
        {"GET", "/decisions",
         [&](auto const&) {
             return http_answer{decisions_page(*latest.get()), "application/json"};
         }},
        {"GET", "/health", [&](auto const&) { return health_page(*latest.get()); }}};
    if (demo != nullptr)
        pages.push_back({"POST", "/demo/impair", [demo](auto const& parameters) {
                             try {
                                 demo->impair(parameters);
                             } catch (usage_error const& e) {
                                 return http_answer{e.what() + std::string{"\n"}, "text/plain",
                                                    400};
                             }
                             say("demo: " + parameters.find("host")->second +
                                 " is impaired otherwise from now on");
                             return http_answer{"done\n", "text/plain"};
                         }});
    return pages;
}

/// Everything is over in two seconds, even if a name server or a slow reader holds a thread: by
/// then nothing is left to be lost.
void leave_soon() {
    std::thread{[] {
        std::this_thread::sleep_for(1500ms);
        std::_Exit(0);
    }}.detach();
}

/// What the command line says against the configuration.
struct overrides {
    std::optional<std::string> listen{}, history{};

    void apply(settings& s) const {
        if (listen) s.listen = *listen;
        if (history) s.history.to = *history;
    }
};

/// Whether the first have a host that the second have not.
bool has_other_hosts(settings const& these, settings const& those) {
    std::set<std::string> known;
    for (host_settings const& host : those.hosts) known.insert(host.name);
    return std::any_of(these.hosts.begin(), these.hosts.end(),
                       [&](host_settings const& host) { return !known.contains(host.name); });
}

void run(settings s, std::string const& file, overrides const& said, demo_hosts* demo) {
    said.apply(s);
    self_metrics self;
    latest_snapshot latest;
    asio::io_context io;
    service all{io, s, random_seed()};
    all.tell([&](auto const& taken) { latest.publish(taken); });
    std::optional<historian> history;
    std::optional<memory> usual;
    if (!s.history.to.empty()) {
        say("remembers in " + (history::is_mariadb(s.history.to)
                                   ? s.history.to
                                   : std::filesystem::absolute(s.history.to).string()));
        history.emplace(s.history, store_of(s.history), say);
        all.tell([&](auto const& taken) { history->take(*taken); });
        usual.emplace(
            s.history,
            [&](remembered const& known) { asio::post(io, [&, known] { all.remember(known); }); },
            say);
    }

    bool const may_impair = demo != nullptr && is_loopback(s.listen);
    http_server server{pages_of(latest, self, may_impair ? demo : nullptr,
                                history ? &*history : nullptr),
                       [&](auto const& path, int status) { self.request(path, status); }};
    auto const where = "http://" + s.listen.substr(0, s.listen.rfind(':') + 1) +
                       std::to_string(server.listen(s.listen));
    say("watches " + std::to_string(s.hosts.size()) + " hosts" +
        (demo == nullptr ? " of " + file : " of its own; see --help for others"));
    say("look at " + where + "/ and its /hosts /decisions /alerts /metrics");
    if (may_impair) {
        say("degrade one: curl -X POST '" + where +
            "/demo/impair?host=fibre&delay_ms=250&loss=0.1'");
        say("   and mend: curl -X POST '" + where + "/demo/impair?host=fibre&delay_ms=12&loss=0'");
    }

    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&](asio::error_code failed, int signal) {
        if (failed) return;
        leave_soon();
        say(std::string{"stops: "} + (signal == SIGINT ? "SIGINT" : "SIGTERM"));
        all.stop();
        io.stop();
    });
#if defined(SIGHUP)
    asio::signal_set reload{io, SIGHUP};
    std::function<void()> const await_reload = [&] {
        reload.async_wait([&](asio::error_code failed, int) {
            if (failed) return;
            await_reload();
            if (demo != nullptr) return say("SIGHUP: there is no configuration file to read again");
            try {
                settings fresh = read_settings(file);
                said.apply(fresh);
                if (fresh.listen != s.listen)
                    say("the address to listen at changes with the next start only");
                if (fresh.history != s.history)
                    say("/history changes with the next start only");
                all.apply(fresh);
                if (usual && has_other_hosts(fresh, s)) usual->ask_again();
                s.hosts = fresh.hosts;
                say("reloaded " + file + ": watches " + std::to_string(fresh.hosts.size()) +
                    " hosts");
            } catch (settings_error const& e) {
                all.refuse_settings(e.what());
                say(std::string{"not reloaded, all stays as it was: "} + e.what());
            }
        });
    };
    await_reload();
#endif
    all.start();
    io.run();
    server.stop();
    history.reset();  // it may have something to write, while the other waits for a database
}

}  // namespace

int main(int argc, char** argv) try {
    std::string file;
    overrides said;
    bool check = false, example = false;
    CLI::App app{"Probes hosts by UDP (STAMP, RFC 8762), keeps a session on the best of them, and\n"
                 "serves /metrics for Prometheus, /hosts, /decisions, /alerts and /health. Without a\n"
                 "configuration it watches four reflectors that it starts itself. SIGHUP reads\n"
                 "the configuration again, SIGTERM stops.\n"
                 "Exit code: 0 it was stopped, 2 bad input."};
    app.add_option("config", file, "JSON file of hosts and settings; see --example-config");
    app.add_option("--listen", said.listen,
                   "ADDRESS:PORT of the pages; 127.0.0.1:9464 unless the file says otherwise");
    app.add_option("--history", said.history,
                   "Where to remember what is seen, for hostpick-report: a file, or mariadb:db=...\n"
                   "user=... host=... with a password from HOSTPICK_HISTORY_PASSWORD")
        ->envname("HOSTPICK_HISTORY");
    app.set_version_flag("--version", std::to_string(HOSTPICK_VERSION_MAJOR) + "." +
                                          std::to_string(HOSTPICK_VERSION_MINOR) + "." +
                                          std::to_string(HOSTPICK_VERSION_PATCH));
    app.add_flag("--check", check, "Only check the configuration");
    app.add_flag("--example-config", example, "Print a configuration with everything in it");
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    if (example) {
        std::cout << example_settings().dump(2) << '\n';
        return 0;
    }
    if (said.listen) (void)split_address(*said.listen);
    if (said.history)
        if (auto const error = history::error_in_target(*said.history))
            throw usage_error{"--history: " + *error};
#if defined(__GLIBC__)
    mallopt(M_ARENA_MAX, 2);  // else each thread that writes a large page keeps memory for the next
#endif
    if (file.empty()) {
        if (check) throw usage_error{"--check: which file?"};
        demo_hosts demo;
        run(demo.watch(), {}, said, &demo);
        return 0;
    }
    settings s = read_settings(file);
    if (check) {
        std::cout << file << ": good, " << s.hosts.size() << " hosts\n";
        return 0;
    }
    run(std::move(s), file, said, nullptr);
    return 0;
} catch (std::exception const& e) {
    std::cerr << "hostpick-monitor: " << e.what() << '\n';
    return 2;
}
