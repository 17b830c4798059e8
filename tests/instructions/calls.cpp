// SPDX-License-Identifier: MIT
//
// Calls whose instructions callgrind counts: one profile for each case, of so many calls that what
// one input needs more than another evens out. Prints a line for each: its name and how many calls
// the profile has, or 0 where the machine cannot run it.
#include <hostpick/hostpick.hpp>
#include <hostpick/scored_table.hpp>

#include <valgrind/callgrind.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using hostpick::detail::isa;
using table = hostpick::host_table<std::uint32_t>;
using choice = hostpick::host_choice<std::uint32_t>;

/// Makes the compiler believe that somebody looks at it.
void use(void const* made) { asm volatile("" : : "r"(made) : "memory"); }

/// The standard's distributions differ between libraries.
class random_source {
public:
    template <class Real>
    hostpick::network_metrics<Real> metrics() {
        return {.latency_ms = between<Real>(5, 250),
                .bandwidth_mbps = between<Real>(0.5, 15),
                .packet_loss = between<Real>(0, 0.05)};
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }

private:
    template <class Real>
    Real between(double low, double high) {
        return static_cast<Real>(low + (high - low) * (static_cast<double>(engine_() >> 11) * 0x1p-53));
    }
    std::mt19937_64 engine_{42};
};

table random_table(std::size_t n, random_source& random) {
    table hosts;
    hosts.reserve(n);
    for (std::size_t i = 0; i < n; ++i)
        hosts.add(static_cast<std::uint32_t>(i * 2'654'435'761u), random.metrics<float>());
    return hosts;
}

/// Counts `calls` of `call(n)`, but not the first one, in which the linker looks functions up.
template <class Call>
void count(std::string const& name, std::size_t calls, Call const& call) {
    call(0);
    CALLGRIND_ZERO_STATS;
    for (std::size_t n = 1; n <= calls; ++n) call(n);
    CALLGRIND_DUMP_STATS_AT(name.c_str());
    std::printf("%s %zu\n", name.c_str(), calls);
}

void choose_with(isa which, char const* isa_name, std::span<table const> all, std::size_t k,
                 std::size_t calls) {
    namespace d = hostpick::detail;
    auto const name = "table/" + std::to_string(all[0].rows()) + "/" + std::to_string(k) + "/" + isa_name;
    if (which > d::best_isa()) {
        std::printf("%s 0\n", name.c_str());
        return;
    }
    std::vector<choice> room(k);
    count(name, calls, [&](std::size_t call) {
        d::filled_span<choice> kept{std::span{room}};
        d::choose_rows<d::this_build>(which, all[call % all.size()], hostpick::score_policy{},
                                      hostpick::limits{}, k, kept);
        use(room.data());
    });
}

void choose(std::size_t n, std::size_t k, std::size_t tables, std::size_t calls) {
    random_source random;
    std::vector<table> all;
    for (std::size_t i = 0; i < tables; ++i) all.push_back(random_table(n, random));
    choose_with(isa::base, "base", all, k, calls);
    choose_with(isa::avx2, "avx2", all, k, calls);
}

void update_kept() {
    random_source random;
    std::size_t const hosts = 65536;
    hostpick::scored_table<std::uint32_t> kept{random_table(hosts, random)};
    std::vector<std::pair<hostpick::host_handle, hostpick::network_metrics<float>>> updates;
    for (int i = 0; i < 1000; ++i)
        updates.emplace_back(kept.table().handle_at(random.below(hosts)), random.metrics<float>());
    count("kept/update", 10'000, [&](std::size_t call) {
        auto const& [handle, metrics] = updates[call % updates.size()];
        kept.update(handle, metrics);
        use(&kept);
    });
}

void score() {
    random_source random;
    std::array<hostpick::network_metrics<>, 64> hosts;
    for (auto& metrics : hosts) metrics = random.metrics<double>();
    hostpick::compiled_policy<double> const policy{hostpick::score_policy{}};
    use(&policy);
    count("score/compiled", 1000, [&](std::size_t call) {
        double const points = hostpick::calculate_host_score(hosts[call % hosts.size()], policy);
        use(&points);
    });
}

struct record {
    int id = 0;
    hostpick::network_metrics<> metrics;
};

void choose_records() {
    random_source random;
    std::array<std::vector<record>, 16> all;
    for (auto& hosts : all)
        for (int id = 0; id < 256; ++id) hosts.push_back({id, random.metrics<double>()});
    count("records/256/1", 32, [&](std::size_t call) {
        auto const best = hostpick::select_best_host(all[call % all.size()], &record::metrics, {},
                                                     {}, &record::id);
        use(&best);
    });
}

}  // namespace

int main() {
    choose(16, 1, 64, 128);
    choose(4096, 1, 4, 8);
    choose(4096, 10, 4, 8);
    choose(65536, 1, 1, 2);
    choose(65536, 100, 1, 2);
    update_kept();
    score();
    choose_records();
}
