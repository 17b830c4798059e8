// SPDX-License-Identifier: MIT
#include "hosts.hpp"
#include "read.hpp"
#include "turns.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/select_columns.hpp>
#include <hostpick/select_party.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

// A host for a party of 8, beside the plain way and beside summing the matrix; and a tick of a
// coordinator: 1 000 requests, each with round trips of its own, to 10 000 hosts.
namespace {

using hostpick::party;
using hostpick::party_policy;
using hostpick::party_value;
using choice = hostpick::party_choice<std::size_t>;

constexpr std::size_t players = 8;

/// Round trips as they are: players have a distance to the middle, and so have hosts.
std::vector<float> round_trips(std::size_t rows, std::size_t hosts, bench::random_source& random) {
    std::vector<float> host_ms, cells;
    for (std::size_t h = 0; h < hosts; ++h) host_ms.push_back(static_cast<float>(random.between(2, 90)));
    for (std::size_t p = 0; p < rows; ++p) {
        auto const own_ms = static_cast<float>(random.between(5, 60));
        for (std::size_t h = 0; h < hosts; ++h)
            cells.push_back(own_ms + host_ms[h] * static_cast<float>(random.between(0.3, 1.7)));
    }
    return cells;
}

/// As one would write it: each host's value, then the standard library's partial sort.
std::span<choice> plain_way(party<> const& group, party_value value, std::span<choice> room, std::vector<choice>& all) {
    std::size_t const hosts = group.hosts();
    all.clear();
    for (std::size_t h = 0; h < hosts; ++h) {
        choice c{.host = h, .index = h};
        double sum = 0;
        for (std::size_t p = 0; p < group.players; ++p) {
            double const ms = static_cast<double>(group.latency_ms[p * hosts + h]);
            if (!(ms >= 0 && ms <= 1000)) continue;
            c.worst_ms = std::max(c.worst_ms, ms);
            sum += ms;
        }
        c.value_ms = value == party_value::worst ? c.worst_ms : sum / static_cast<double>(group.players);
        all.push_back(c);
    }
    std::size_t const k = std::min(room.size(), all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end(), [](choice const& a, choice const& b) {
        return std::tuple{a.value_ms, a.worst_ms, a.host} < std::tuple{b.value_ms, b.worst_ms, b.host};
    });
    std::copy_n(all.begin(), k, room.begin());
    return room.first(k);
}

/// Nearly all cells, as three columns.
void read_all(std::span<float const> cells) {
    std::size_t const third = cells.size() / 3 / 64 * 64;
    benchmark::DoNotOptimize(bench::read_columns(cells.data(), cells.data() + third, cells.data() + 2 * third, third));
}

void choose_for_party(benchmark::State& state, std::size_t hosts, std::size_t k, party_value value) {
    bench::random_source random;
    std::vector<std::vector<float>> matrices;  // a branch predictor learns one by heart
    for (std::size_t n = 0; n == 0 || n * hosts < 4096; ++n) matrices.push_back(round_trips(players, hosts, random));
    std::vector<choice> room(k), other(k), all;
    all.reserve(hosts);
    party_policy const policy{.value = value};
    auto const group = [&](std::size_t n) { return party<>{.latency_ms = matrices[n], .players = players}; };
    for (std::size_t n = 0; n < matrices.size(); ++n) {
        auto const ours = select_top_hosts(group(n), room, policy), theirs = plain_way(group(n), value, other, all);
        for (std::size_t i = 0; i < ours.size(); ++i)
            if (ours[i].host != theirs[i].host) return state.SkipWithError("the two ways do not agree");
    }
    auto const each = [&](auto use) {
        return [&, use] { for (std::size_t n = 0; n < matrices.size(); ++n) use(n); };
    };
    for (auto _ : state) {
        auto const [ours, plain, read] = bench::median_in_turns(
            std::chrono::milliseconds{300}, each([&](std::size_t n) { benchmark::DoNotOptimize(select_top_hosts(group(n), room, policy).data()); }),
            each([&](std::size_t n) { benchmark::DoNotOptimize(plain_way(group(n), value, other, all).data()); }),
            each([&](std::size_t n) { read_all(matrices[n]); }));
        state.SetIterationTime(ours / static_cast<double>(matrices.size()));
        state.counters["over_plain"] = plain / ours;
        if (hosts >= 256) state.counters["over_read"] = ours / read;
    }
}

constexpr std::size_t requests = 1000, tick_hosts = 10'000, regions = 200;

/// Each request is one player, who has the round trips of the region, to hosts that have a load and
/// an upload: columns that all requests share, but for the latency.
void tick_of_players(benchmark::State& state) {
    bench::random_source random;
    auto const rtt_ms = round_trips(regions, tick_hosts, random);
    std::vector<float> upload_mbps, loss;
    for (std::size_t h = 0; h < tick_hosts; ++h) {
        upload_mbps.push_back(static_cast<float>(random.between(0.5, 15)));
        loss.push_back(static_cast<float>(random.between(0, 0.05)));
    }
    for (auto _ : state)
        for (std::size_t n = 0; n < requests; ++n) {
            std::span const row{rtt_ms.data() + n % regions * tick_hosts, tick_hosts};
            auto const best = select_best_host(hostpick::host_columns<>{.latency_ms = row, .bandwidth_mbps = upload_mbps, .packet_loss = loss},
                                               hostpick::score_policy{}, hostpick::limits{.max_latency_ms = 150});
            benchmark::DoNotOptimize(best);
        }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(requests));
}

/// Each request is a party from 8 regions, whose rows are copied beside each other first.
void tick_of_parties(benchmark::State& state) {
    bench::random_source random;
    auto const rtt_ms = round_trips(regions, tick_hosts, random);
    std::vector<float> matrix(players * tick_hosts);
    std::array<choice, 3> room;
    for (auto _ : state)
        for (std::size_t n = 0; n < requests; ++n) {
            for (std::size_t p = 0; p < players; ++p) {
                auto const region = (n * 31 + p * 17) % regions;
                std::copy_n(rtt_ms.begin() + static_cast<std::ptrdiff_t>(region * tick_hosts), tick_hosts,
                            matrix.begin() + static_cast<std::ptrdiff_t>(p * tick_hosts));
            }
            benchmark::DoNotOptimize(select_top_hosts(party<>{.latency_ms = matrix, .players = players}, room,
                                                      {.value = party_value::mean_and_spread}, hostpick::limits{.max_latency_ms = 150}).data());
        }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(requests));
}

[[maybe_unused]] bool const added = [] {
    for (std::size_t const hosts : {16u, 256u, 65'536u})
        for (std::size_t const k : {1u, 3u})
            for (auto const& [name, value] : {std::pair{"worst", party_value::worst}, std::pair{"mean", party_value::mean}})
                benchmark::RegisterBenchmark(("party/" + std::string{name} + "/" + std::to_string(hosts) + "/" + std::to_string(k)).c_str(),
                                             [=, value = value](benchmark::State& state) { choose_for_party(state, hosts, k, value); })
                    ->UseManualTime()->Iterations(1)->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark("tick/players", tick_of_players)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("tick/parties", tick_of_parties)->Unit(benchmark::kMillisecond);
    return true;
}();

}  // namespace
