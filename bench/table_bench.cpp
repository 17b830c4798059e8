// SPDX-License-Identifier: MIT
#include "hosts.hpp"
#include "isa.hpp"
#include "read.hpp"
#include "turns.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/scored_table.hpp>
#include <hostpick/select_columns.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Choosing from a table beside reading its columns, and beside scoring all and sorting pairs.
namespace {

using table = hostpick::host_table<std::uint32_t>;
using choice = hostpick::host_choice<std::uint32_t>;
using metrics = hostpick::network_metrics<float>;

metrics random_metrics(bench::random_source& random) {
    auto const number = [&](double low, double high) { return static_cast<float>(random.between(low, high)); };
    return {.latency_ms = number(5, 250), .bandwidth_mbps = number(0.5, 15), .packet_loss = number(0, 0.05)};
}

table random_table(std::size_t n, bench::random_source& random) {
    table hosts;
    hosts.reserve(n);
    for (std::size_t i = 0; i < n; ++i)
        hosts.add(static_cast<std::uint32_t>(i * 2'654'435'761u), random_metrics(random));
    return hosts;
}

/// Several tables where they are small: a branch predictor learns one by heart.
class tables {
public:
    explicit tables(std::size_t n) {
        bench::random_source random;
        for (std::size_t i = 0; i == 0 || i * n < 4096; ++i) all_.push_back(random_table(n, random));
    }
    [[nodiscard]] table const& next() {
        if (++turn_ >= all_.size()) turn_ = 0;
        return all_[turn_];
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    static tables& of(std::size_t n) {
        static std::map<std::size_t, std::unique_ptr<tables>> made;
        auto& found = made[n];
        if (!found) {
            if (n > 1'000'000) made.clear();  // one large table at a time
            auto& place = made[n];
            place = std::make_unique<tables>(n);
            return *place;
        }
        return *found;
    }

private:
    std::vector<table> all_;
    std::size_t turn_ = 0;
};

template <class Hosts>
std::span<choice> choose(Hosts const& hosts, std::vector<choice>& room) {
    namespace d = hostpick::detail;
    d::filled_span<choice> kept{std::span{room}};
    d::choose_rows<d::this_build>(bench::forced_isa(), hosts, hostpick::score_policy{},
                                  hostpick::limits{}, room.size(), kept);
    return std::span{room}.first(kept.size());
}

// ---- the standard ways: a pair for each host, and then the k best of them to the front

struct pair {
    float score;
    float latency_ms;
    std::uint32_t host;
};
bool ranks_before(pair const& a, pair const& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
    return a.host < b.host;
}
/// What is read of one row, with the columns as plain arrays.
struct plain {
    float latency_ms, bandwidth_mbps, packet_loss;
};
void score_all(table const& hosts, std::vector<pair>& pairs) {
    hostpick::compiled_policy<float> const score{hostpick::score_policy{}};
    auto const columns = hosts.columns();
    pairs.resize(hosts.rows());
    for (std::size_t row = 0; row < pairs.size(); ++row)
        pairs[row] = {score(plain{columns.latency_ms[row], columns.bandwidth_mbps[row], columns.packet_loss[row]}),
                      columns.latency_ms[row], hosts.ids()[row]};
}
auto first(std::vector<pair>& pairs, std::size_t k) { return pairs.begin() + static_cast<std::ptrdiff_t>(k); }

void by_sort(table const& hosts, std::vector<pair>& pairs, std::size_t) {
    score_all(hosts, pairs);
    std::sort(pairs.begin(), pairs.end(), ranks_before);
}
void by_partial_sort(table const& hosts, std::vector<pair>& pairs, std::size_t k) {
    score_all(hosts, pairs);
    std::partial_sort(pairs.begin(), first(pairs, k), pairs.end(), ranks_before);
}
void by_nth_element(table const& hosts, std::vector<pair>& pairs, std::size_t k) {
    score_all(hosts, pairs);
    std::nth_element(pairs.begin(), first(pairs, k) - 1, pairs.end(), ranks_before);
    std::sort(pairs.begin(), first(pairs, k), ranks_before);
}

void choose_from_table(benchmark::State& state, std::size_t n, std::size_t k) {
    auto& sets = tables::of(n);
    std::vector<choice> room(k);
    std::vector<pair> pairs;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        auto const& hosts = sets.next();
        auto const chosen = choose(hosts, room);
        by_partial_sort(hosts, pairs, k);
        if (!std::equal(chosen.begin(), chosen.end(), pairs.begin(), first(pairs, k),
                        [](choice const& c, pair const& p) { return c.host == p.host; }))
            return state.SkipWithError("the ways to choose do not agree");
    }
    auto const start = bench::clock::now();
    for (auto _ : state) benchmark::DoNotOptimize(choose(sets.next(), room).data());
    auto const taken = bench::clock::now() - start;
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));

    std::size_t const calls = sets.size() * std::max<std::size_t>(1, 16384 / (n * sets.size()));
    auto const often = [&](auto f) {
        return [&sets, calls, f] {
            for (std::size_t i = 0; i < calls; ++i) f(sets.next());
        };
    };
    auto const ours = often([&](table const& hosts) { benchmark::DoNotOptimize(choose(hosts, room).data()); });
    auto const read = often([](table const& hosts) {
        auto const c = hosts.columns();
        benchmark::DoNotOptimize(
            bench::read_columns(c.latency_ms, c.bandwidth_mbps, c.packet_loss, hosts.column_size()));
    });
    auto const standard = [&](auto way) {
        return often([&, way](table const& hosts) {
            way(hosts, pairs, k);
            benchmark::DoNotOptimize(pairs.data());
        });
    };
    auto const near = bench::median_in_turns(taken, ours, read);
    state.counters["over_read"] = near[0] / near[1];
    state.counters["read_ns"] = near[1] * 1e9 / static_cast<double>(calls);
    // std::sort of ten million is never the fastest, and takes a second.
    auto const far = bench::median_in_turns(taken, ours, standard(by_partial_sort), standard(by_nth_element));
    double fastest = std::min(far[1], far[2]);
    if (n <= 65536) {
        auto const all = bench::median_in_turns(taken, ours, standard(by_sort));
        fastest = std::min(fastest, all[1] * far[0] / all[0]);
    }
    state.counters["over_std"] = fastest / far[0];
}

/// The same hosts in columns of the caller's own.
void choose_from_columns(benchmark::State& state, std::size_t n, std::size_t k) {
    auto const& hosts = tables::of(n).next();
    auto const c = hosts.columns();
    // Not where a cache line begins, as columns of others are not.
    std::vector<float> const latency_ms(c.latency_ms, c.latency_ms + n), bandwidth_mbps(c.bandwidth_mbps, c.bandwidth_mbps + n),
        packet_loss(c.packet_loss, c.packet_loss + n);
    std::vector<std::uint32_t> const ids(hosts.ids(), hosts.ids() + n);
    hostpick::host_columns<std::uint32_t> const columns{latency_ms, bandwidth_mbps, packet_loss, {}, ids};
    std::vector<choice> room(k);
    auto const ours = [&] { benchmark::DoNotOptimize(choose(columns, room).data()); };
    auto const start = bench::clock::now();
    for (auto _ : state) ours();
    auto const times = bench::median_in_turns(bench::clock::now() - start, ours,
                                              [&] { benchmark::DoNotOptimize(choose(hosts, room).data()); });
    state.counters["over_table"] = times[0] / times[1];
}

// ---- orders and values that may be hard on a scan

table table_of(std::size_t n, void (*make)(std::size_t, std::size_t, metrics&, std::uint32_t&)) {
    bench::random_source random;
    table hosts;
    hosts.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        metrics m = random_metrics(random);
        auto id = static_cast<std::uint32_t>(i * 2'654'435'761u);
        make(i, n, m, id);
        hosts.add(id, m);
    }
    return hosts;
}
float share(std::size_t i, std::size_t n) { return static_cast<float>(i) / static_cast<float>(n); }
struct hard_order {
    char const* name;
    void (*make)(std::size_t, std::size_t, metrics&, std::uint32_t&);
};
hard_order const hard_orders[] = {
    {"all_equal", [](std::size_t, std::size_t, metrics& m, std::uint32_t&) { m = {.latency_ms = 20.f}; }},
    {"all_equal_falling_ids", [](std::size_t i, std::size_t n, metrics& m, std::uint32_t& id) {
         m = {.latency_ms = 20.f};
         id = static_cast<std::uint32_t>(n - i);
     }},
    {"ascending", [](std::size_t i, std::size_t n, metrics& m, std::uint32_t&) {
         m = {.latency_ms = 200 - 200 * share(i, n), .bandwidth_mbps = 10.f, .packet_loss = 0.f};
     }},
    {"descending", [](std::size_t i, std::size_t n, metrics& m, std::uint32_t&) {
         m = {.latency_ms = 200 * share(i, n), .bandwidth_mbps = 10.f, .packet_loss = 0.f};
     }},
    {"none_eligible", [](std::size_t, std::size_t, metrics& m, std::uint32_t&) { m.failed = true; }},
    {"integer_ms", [](std::size_t i, std::size_t, metrics& m, std::uint32_t&) {
         m = {.latency_ms = static_cast<float>(20 + i * 7919 % 100), .bandwidth_mbps = 10.f, .packet_loss = 0.f};
     }},
    {"few_good_at_the_end", [](std::size_t i, std::size_t n, metrics& m, std::uint32_t&) {
         if (i + 5 < n) m = {.latency_ms = 900.f};
     }}};

void choose_hard(benchmark::State& state, hard_order const& order, std::size_t k) {
    static std::map<std::string, table> made;
    auto const found = made.find(order.name);
    if (found == made.end()) made.clear();  // one at a time
    auto const& hosts = found != made.end() ? found->second : made.emplace(order.name, table_of(1'048'576, order.make)).first->second;
    std::vector<choice> room(k);
    auto const ours = [&] { benchmark::DoNotOptimize(choose(hosts, room).data()); };
    auto const start = bench::clock::now();
    for (auto _ : state) ours();
    auto const times = bench::median_in_turns(bench::clock::now() - start, ours, [&] {
        auto const c = hosts.columns();
        benchmark::DoNotOptimize(
            bench::read_columns(c.latency_ms, c.bandwidth_mbps, c.packet_loss, hosts.column_size()));
    });
    state.counters["over_read"] = times[0] / times[1];
}

// ---- kept scores

struct kept {
    hostpick::scored_table<std::uint32_t> hosts;
    std::vector<std::pair<hostpick::host_handle, metrics>> updates;

    static kept& of(std::size_t n) {
        static kept made{n};
        return made;
    }
    explicit kept(std::size_t n) {
        bench::random_source random;
        hosts = hostpick::scored_table<std::uint32_t>{random_table(n, random)};
        for (int i = 0; i < 1000; ++i)
            updates.emplace_back(hosts.table().handle_at(random.below(n)), random_metrics(random));
    }
};
constexpr std::size_t many = 1'048'576;

void kept_update(benchmark::State& state) {
    auto& k = kept::of(many);
    std::size_t n = 0;
    for (auto _ : state) {
        auto const& [handle, m] = k.updates[n++ % k.updates.size()];
        benchmark::DoNotOptimize(k.hosts.update(handle, m));
    }
}
void set_update(benchmark::State& state) {
    auto& k = kept::of(many);
    std::set<std::pair<float, std::uint32_t>> scores;
    std::vector<float> by_row(many);
    for (std::uint32_t row = 0; row < many; ++row)
        scores.emplace(by_row[row] = k.hosts.scores()[row], row);
    hostpick::compiled_policy<float> const score{hostpick::score_policy{}};
    std::size_t n = 0;
    for (auto _ : state) {
        auto const& [handle, m] = k.updates[n++ % k.updates.size()];
        auto node = scores.extract({by_row[handle.row], handle.row});
        node.value().first = by_row[handle.row] = score(m);
        scores.insert(std::move(node));
    }
    benchmark::DoNotOptimize(scores);
}
void kept_choose(benchmark::State& state, std::size_t n) {
    auto& k = kept::of(many);
    std::vector<choice> room(n);
    for (auto const& [handle, m] : k.updates) k.hosts.update(handle, m);
    auto const from_kept = [&] { benchmark::DoNotOptimize(hostpick::select_top_hosts(k.hosts, room).data()); };
    auto const start = bench::clock::now();
    for (auto _ : state) from_kept();
    auto const times = bench::median_in_turns(bench::clock::now() - start, [&] {
        for (int i = 0; i < 100; ++i) from_kept();
    }, [&] { benchmark::DoNotOptimize(choose(k.hosts.table(), room).data()); });
    state.counters["scan_over_kept"] = 100 * times[1] / times[0];
}

[[maybe_unused]] bool const added = [] {
    for (std::size_t const n : {16u, 256u, 1024u, 4096u, 16384u, 65536u, 262144u, 1048576u, 10485760u})
        for (std::size_t const k : {1u, 10u, 100u, 1000u}) {
            if (k > n || (k == 1000 && n != 1048576)) continue;
            benchmark::RegisterBenchmark(("table/" + std::to_string(n) + "/" + std::to_string(k)).c_str(),
                                         [=](benchmark::State& state) { choose_from_table(state, n, k); });
        }
    for (std::size_t const n : {4096u, 65536u, 1048576u})
        benchmark::RegisterBenchmark(("columns/" + std::to_string(n) + "/10").c_str(),
                                     [=](benchmark::State& state) { choose_from_columns(state, n, 10); });
    for (auto const& order : hard_orders)
        for (std::size_t const k : {1u, 10u, 100u})
            benchmark::RegisterBenchmark(("table_order/" + std::string{order.name} + "/" + std::to_string(k)).c_str(),
                                         [&order, k](benchmark::State& state) { choose_hard(state, order, k); });
    benchmark::RegisterBenchmark("kept/update", kept_update);
    benchmark::RegisterBenchmark("kept/update_std_set", set_update);
    for (std::size_t const k : {1u, 10u, 100u})
        benchmark::RegisterBenchmark(("kept/choose/" + std::to_string(k)).c_str(),
                                     [=](benchmark::State& state) { kept_choose(state, k); });
    return true;
}();

}  // namespace
