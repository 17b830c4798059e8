// SPDX-License-Identifier: MIT
#include <hostpick/profiles.hpp>
#include <hostpick/select_table.hpp>

#include "any_rows.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace hostpick;
using namespace any_rows;
using oracle::splitmix64;

namespace {

template <class Id, class Real>
struct row {
    Id id;
    network_metrics<Real> metrics;
};

/// What a table holds, as records, for the function that judges host by host.
template <class Table>
auto records_of(Table const& table) {
    std::vector<row<typename Table::id_type, typename Table::real_type>> all;
    for (std::size_t n = 0; n < table.rows(); ++n)
        if (table.has_row(n)) all.push_back({table.id_at(n), table.metrics_at(n)});
    return all;
}

template <class Table, class Policy, class Rules>
auto by_scan(detail::isa which, Table const& table, std::size_t k, Policy const& policy, Rules const& rules) {
    std::vector<table_choice<Table>> kept;
    detail::choose_rows<detail::this_build>(which, table, policy, rules, k, kept);
    return kept;
}

template <class Table, class Policy, class Rules>
auto one_by_one(Table const& table, std::size_t k, Policy const& policy, Rules const& by_id) {
    auto const records = records_of(table);
    using record = typename decltype(records)::value_type;
    auto const excluded = [&](record const& r) { return by_id.excluded(r.id); };
    return select_top_hosts(records, &record::metrics, k, policy,
                            constraints{by_id.limit, excluded, by_id.relaxed, by_id.waited_ms}, &record::id);
}

template <class Id, class Real>
host_table<Id, Real> any_table(splitmix64& random) {
    host_table<Id, Real> table;
    std::size_t const size = any_size(random);
    auto const same = oracle::good_host<Real>(random);
    bool const alike = random.one_in(8), good = random.one_in(3);
    for (std::size_t n = 0; n < size; ++n) {
        auto const m = alike ? same : good ? oracle::good_host<Real>(random) : oracle::any_host<Real>(random);
        auto const handle = table.add(any_id<Id>(random, size), m, std::chrono::seconds{random.below(100)});
        if (random.one_in(16)) table.remove(handle);
    }
    if (random.one_in(8)) table.expire(std::chrono::seconds{random.below(60)});
    return table;
}

template <class Id, class Real>
bool scan_agrees(splitmix64& random) {
    auto const table = any_table<Id, Real>(random);
    score_policy const policy = random.one_in(2) ? oracle::any_policy(random) : score_policy{};
    auto rules = oracle::any_constraints<odd_ids>(random, {});
    if (random.one_in(2)) rules = {};
    rules.excluded.asked = random.one_in(4);
    std::size_t const k = random.one_in(2) ? 1 : random.one_in(2) ? random.below(20) : random.below(random.one_in(9) ? 2000 : 300);
    auto const expected = one_by_one(table, k, policy, rules);
    for (auto const which : machine_isas())
        if (!same_choices(by_scan(which, table, k, policy, rules), expected)) return false;
    return true;
}

}  // namespace

TEST_CASE("a scan chooses whom judging one by one chooses") {
    for_all([](splitmix64& random) {
        switch (random.below(8)) {
            case 0: return scan_agrees<int, double>(random);
            case 1: return scan_agrees<std::int64_t, float>(random);
            case 2: return scan_agrees<std::string, float>(random);
            case 3: return scan_agrees<std::int16_t, float>(random);
            case 4: return scan_agrees<std::uint64_t, double>(random);
            default: return scan_agrees<std::uint32_t, float>(random);
        }
    });
}

TEST_CASE("policies that are no ramps, and ramps of another width, judge a table host by host") {
    for_all([](splitmix64& random) {
        if (!random.one_in(8)) return true;
        auto const table = any_table<std::uint32_t, float>(random);
        auto rules = oracle::any_constraints<odd_ids>(random, {});
        std::size_t const k = 1 + random.below(30);
        auto const agrees = [&](auto const& policy) {
            return same_choices(by_scan(detail::best_isa(), table, k, policy, rules),
                                one_by_one(table, k, policy, rules));
        };
        score_policy const ramps = oracle::any_policy(random);
        return agrees([](network_metrics<float> const& m) { return -m.latency_ms.value_or(0); }) && agrees(e_model{}) &&
               agrees(compiled_policy<float>{ramps}) && agrees(compiled_policy<double>{ramps});
    });
}

TEST_CASE("nothing is chosen from nothing, for nobody, or by a policy that makes no sense") {
    host_table<int> table;
    CHECK_FALSE(select_best_host(table));
    CHECK(select_top_hosts(table, 3).empty());
    auto const one = table.add(1, network_metrics<>{.latency_ms = 30});
    CHECK(select_best_host(table)->host == 1);
    CHECK(select_best_host(table)->index == one.row);
    CHECK(select_top_hosts(table, 0).empty());
    CHECK(select_top_hosts(table, 5).size() == 1);
    CHECK_FALSE(select_best_host(table, {.latency_ms = {.weight = -1}}));
    CHECK_FALSE(select_best_host(table, {}, {.max_latency_ms = -1}));
    CHECK_FALSE(select_best_host(table, {}, {.max_latency_ms = 29}));
    CHECK_FALSE(select_best_host(table, {}, constraints{limits{}, [](int id) { return id == 1; }}));
    table.expire(std::chrono::seconds{1});
    CHECK_FALSE(select_best_host(table));
    table.remove(1);
    CHECK_FALSE(select_best_host(table));
}

TEST_CASE("a bandwidth of nothing is told from none where that decides") {
    // Any bandwidth is as good as another, but a missing one is not.
    score_policy const any_bandwidth{.bandwidth_mbps = {.best = 0, .worst = 0}};
    host_table<int> table;
    table.add(1, network_metrics<>{.latency_ms = 20});
    table.add(2, network_metrics<>{.latency_ms = 30, .bandwidth_mbps = 0});
    CHECK(select_best_host(table, any_bandwidth)->host == 2);
    CHECK(select_top_hosts(table, 2, any_bandwidth)[1].host == 1);
    CHECK(select_best_host(table, {}, {.min_bandwidth_mbps = 0})->host == 2);
    CHECK(select_top_hosts(table, 2, {}, limits{.min_bandwidth_mbps = 0}).size() == 1);
}

TEST_CASE("ids of half the width of the metrics are not read beyond their end") {
    host_table<std::uint32_t, double> table;
    table.reserve(512);
    for (std::uint32_t n = 0; n < 512; ++n) table.add(1000 - n, network_metrics<>{.latency_ms = 20});
    for (auto const which : machine_isas())  // a sanitizer sees the end
        CHECK(by_scan(which, table, 1, score_policy{}, limits{})[0].host == 489);
}

TEST_CASE("limits of minus zero are limits of zero") {
    host_table<int> table;
    table.add(1, network_metrics<>{.latency_ms = 20, .bandwidth_mbps = 0, .packet_loss = 0, .jitter_ms = 0});
    table.add(2, network_metrics<>{.latency_ms = 10});
    for (limits const& l : {limits{.max_packet_loss = -0.0}, limits{.max_jitter_ms = -0.0}, limits{.min_bandwidth_mbps = -0.0}})
        CHECK(select_top_hosts(table, 5, {}, l).size() == 1);
}

namespace {

enum class reversed : int {};
constexpr bool operator<(reversed a, reversed b) { return static_cast<int>(b) < static_cast<int>(a); }

}  // namespace

TEST_CASE("enumerations are ranked by their own order") {
    host_table<reversed> table;
    for (int n = 0; n < 5000; ++n) table.add(reversed{n}, network_metrics<>{.latency_ms = 20});
    for (auto const which : machine_isas())
        CHECK(by_scan(which, table, 1, score_policy{}, limits{})[0].host == reversed{4999});
}

TEST_CASE("a crowd whose scores rise fits in the places") {
    host_table<std::uint32_t> table;
    for (std::uint32_t n = 0; n < 4000; ++n)
        table.add(n, network_metrics<float>{.latency_ms = 190.f - 0.04f * static_cast<float>(n)});
    for (std::size_t k : {500u, 505u, 511u, 512u, 513u, 600u})
        for (auto const which : machine_isas()) {
            auto const best = by_scan(which, table, k, score_policy{}, limits{});
            REQUIRE(best.size() == k);
            for (std::size_t n = 0; n < k; ++n) REQUIRE(best[n].host == 3999 - n);
        }
}

TEST_CASE("more than a million hosts, and the best of them anywhere") {
    auto const fill = [](auto& table, std::size_t size) {
        table.reserve(size);
        for (std::size_t n = 0; n < size; ++n)
            table.add(static_cast<std::uint32_t>(n), network_metrics<float>{.latency_ms = static_cast<float>(50 + n % 97)});
        for (std::size_t n : {std::size_t{3}, size / 2 + 17, size - 1})
            table.update(static_cast<std::uint32_t>(n), network_metrics<float>{.latency_ms = static_cast<float>(size - n) / static_cast<float>(size)});
        for (auto const which : machine_isas()) {
            auto const best = by_scan(which, table, 4, score_policy{}, limits{});
            REQUIRE(best.size() == 4);
            CHECK(best[0].index == size - 1);
            CHECK(best[1].index == size / 2 + 17);
            CHECK(best[2].index == 3);
            CHECK(best[3].index == 0);
            CHECK(by_scan(which, table, 2000, score_policy{}, limits{}).size() == 2000);
        }
    };
    host_table<std::uint32_t, float> floats;
    fill(floats, 1'100'000);
    host_table<std::uint32_t, double> doubles;
    fill(doubles, 600'000);
}
