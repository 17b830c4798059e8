// SPDX-License-Identifier: MIT
//
// What tests of the history ask of it:
//     history_driver run TARGET SECONDS SAMPLES_PER_SECOND MOST_WAITING [KEEP_HOURS]
//         writes samples of the host "a" as they would come, of each millisecond from 2024-01-01 on,
//         and says twenty times a second what became of them.
//     history_driver fill TARGET HOSTS SAMPLES_EACH STEP_MS
//         writes that many, from 2024-01-01 on, as fast as it can.
//     history_driver dump TARGET
#include "store.hpp"
#include "writer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

namespace {

using history::unix_time;

constexpr unix_time start{1'704'067'200'000};

history::sample numbered(std::string const& host, std::int64_t n, std::int64_t step_ms) {
    auto const noise = static_cast<double>(n * 7919 % 1000) / 50;
    history::sample s{.host = host,
                      .at = start + unix_time{n * step_ms},
                      .metrics = {.latency_ms = 30 + noise, .packet_loss = 0.0, .jitter_ms = 1.5},
                      .score = 80.0};
    if (n % 300 == 0) s.metrics.bandwidth_mbps = 40 + noise;
    if (n % 1000 == 999) s.metrics = {.failed = true};
    return s;
}

void show(history::writer const& w, std::uint64_t given) {
    auto const c = w.counts();
    std::printf("{\"given\": %llu, \"taken\": %llu, \"written\": %llu, \"waiting\": %llu, "
                "\"refused\": %llu, \"failures\": %llu, \"trouble\": %s}\n",
                static_cast<unsigned long long>(given), static_cast<unsigned long long>(c.taken),
                static_cast<unsigned long long>(c.written),
                static_cast<unsigned long long>(c.waiting),
                static_cast<unsigned long long>(c.refused_full),
                static_cast<unsigned long long>(c.failures), c.trouble.empty() ? "false" : "true");
    std::fflush(stdout);
}

int run(std::string const& target, double seconds, double rate, std::size_t most_waiting,
        int keep_hours) {
    history::writer_settings settings;
    settings.batch = 500;
    settings.longest_wait = std::chrono::milliseconds{200};
    settings.most_waiting = most_waiting;
    settings.first_retry = std::chrono::milliseconds{50};
    settings.longest_retry = std::chrono::milliseconds{200};
    if (keep_hours > 0) settings.keep = std::chrono::hours{keep_hours};
    settings.at_exit = std::chrono::milliseconds{500};
    std::uint64_t given = 0;
    double slowest_ms = 0;
    using clock = std::chrono::steady_clock;
    {
        history::writer w{[&] { return std::make_unique<history::store>(target); }, settings,
                          [](std::string const& line) { std::cerr << line << '\n'; }};
        auto const began = clock::now();
        for (auto passed = clock::duration{}; passed < std::chrono::duration<double>(seconds);
             passed = clock::now() - began) {
            auto const wanted = static_cast<std::uint64_t>(
                std::chrono::duration<double>(passed).count() * rate);
            auto const before = clock::now();
            for (; given < wanted; ++given)
                w.add(numbered("a", static_cast<std::int64_t>(given), 1));
            std::chrono::duration<double, std::milli> const took = clock::now() - before;
            slowest_ms = std::max(slowest_ms, took.count());
            show(w, given);
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        w.wait_until_written(std::chrono::seconds{3});
        show(w, given);
    }
    std::cerr << "slowest " << slowest_ms << " ms\n";
    return 0;
}

int fill(std::string const& target, int hosts, std::int64_t each, std::int64_t step_ms) {
    history::store db{target};
    for (int h = 0; h < hosts; ++h) {
        history::batch b;
        for (std::int64_t n = 0; n < each; ++n) {
            b.samples.push_back(numbered("host" + std::to_string(h), n, step_ms));
            if (b.size() < 20'000 && n + 1 < each) continue;
            db.write(b);
            b = {};
        }
    }
    return 0;
}

int dump(std::string const& target) {
    history::store db{target, history::store::access::read};
    for (auto const& host : db.hosts())
        db.for_each_sample(host, unix_time{0}, unix_time{4'000'000'000'000},
                           [&](history::stored_sample const& s) {
                               std::printf("%s,%lld,%.17g\n", host.c_str(),
                                           static_cast<long long>(s.at.count()),
                                           s.metrics.latency_ms.value_or(-1.0));
                           });
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    std::string const what = argc > 2 ? argv[1] : "";
    if (what == "run" && argc >= 6)
        return run(argv[2], std::stod(argv[3]), std::stod(argv[4]), std::stoul(argv[5]),
                   argc > 6 ? std::stoi(argv[6]) : 0);
    if (what == "fill" && argc == 6)
        return fill(argv[2], std::stoi(argv[3]), std::stoll(argv[4]), std::stoll(argv[5]));
    if (what == "dump") return dump(argv[2]);
    std::cerr << "usage: see the source\n";
    return 2;
} catch (std::exception const& e) {
    std::cerr << "history_driver: " << e.what() << '\n';
    return 2;
}
