// SPDX-License-Identifier: MIT
#include <hostpick/host_table.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;
using oracle::splitmix64;

TEST_CASE("a host is found by its id and by its handle, until it is removed") {
    host_table<std::string> hosts;
    CHECK(hosts.empty());
    auto const paris = hosts.add("paris", network_metrics<>{.latency_ms = 30, .packet_loss = 0.01}, 5s);
    auto const oslo = hosts.add("oslo");
    CHECK(hosts.size() == 2);
    CHECK(hosts.find("paris") == paris);
    CHECK_FALSE(hosts.find("rome"));
    CHECK(hosts.id(oslo) == "oslo");
    CHECK(hosts.metrics(paris) == network_metrics<float>{.latency_ms = 30.f, .packet_loss = 0.01f});
    CHECK(hosts.metrics(oslo) == network_metrics<float>{});
    CHECK(hosts.measured_at(paris) == 5s);

    CHECK(hosts.remove("paris"));
    CHECK_FALSE(hosts.remove("paris"));
    CHECK_FALSE(hosts.remove(paris));
    CHECK_FALSE(hosts.contains(paris));
    CHECK_FALSE(hosts.metrics(paris));
    CHECK_FALSE(hosts.measured_at(paris));
    CHECK_FALSE(hosts.update(paris, network_metrics<>{.latency_ms = 1}));
    // Its row is another's now, and its handle does not become that one's.
    auto const rome = hosts.add("rome", network_metrics<>{.latency_ms = 40});
    CHECK(rome.row == paris.row);
    CHECK(hosts.rows() == 2);
    CHECK_FALSE(hosts.contains(paris));
    CHECK(hosts.metrics(rome)->latency_ms == 40.f);
    CHECK_FALSE(hosts.metrics(rome)->packet_loss);
    CHECK_FALSE(hosts.contains(host_handle{}));
    CHECK_FALSE(hosts.contains(host_handle{77, 1}));
}

TEST_CASE("what is added again is updated") {
    host_table<int> hosts;
    auto const first = hosts.add(7, network_metrics<>{.latency_ms = 30}, 10s);
    CHECK(hosts.add(7, network_metrics<>{.latency_ms = 20}, 11s) == first);
    CHECK(hosts.size() == 1);
    CHECK(hosts.metrics(first)->latency_ms == 20.f);
}

TEST_CASE("older news of a host is refused") {
    host_table<int> hosts;
    auto const one = hosts.add(1, network_metrics<>{.latency_ms = 30}, 10s);
    CHECK_FALSE(hosts.update(one, network_metrics<>{.latency_ms = 99}, 9s));
    CHECK_FALSE(hosts.update(1, network_metrics<>{.latency_ms = 99}, 9s));
    CHECK(hosts.metrics(one)->latency_ms == 30.f);
    CHECK(hosts.update(one, network_metrics<>{.latency_ms = 31}, 10s));
    CHECK(hosts.update(1, network_metrics<>{.latency_ms = 32}, 12s));
    CHECK_FALSE(hosts.update(2, network_metrics<>{}, 12s));
    CHECK(hosts.metrics(one)->latency_ms == 32.f);
}

TEST_CASE("what was measured too long ago is not known any more") {
    host_table<int> hosts;
    auto const old = hosts.add(1, network_metrics<>{.latency_ms = 30, .jitter_ms = 2}, 10s);
    auto const fresh = hosts.add(2, network_metrics<>{.latency_ms = 40}, 20s);
    CHECK(hosts.expire(10s) == 0);
    CHECK(hosts.expire(20s) == 1);
    CHECK(hosts.expire(20s) == 0);
    CHECK(hosts.reason_at(old.row) == exclusion::expired);
    CHECK_FALSE(hosts.metrics(old)->latency_ms);
    CHECK(hosts.metrics(old)->jitter_ms == 2.f);
    CHECK(hosts.metrics(fresh)->latency_ms == 40.f);
    hosts.update(old, network_metrics<>{.latency_ms = 50}, 21s);
    CHECK(hosts.reason_at(old.row) == exclusion::none);
    CHECK(hosts.metrics(old)->latency_ms == 50.f);
}

TEST_CASE("a host that is not usable says why") {
    host_table<int, double> hosts;
    auto const reason = [&](network_metrics<> const& m) { return hosts.reason_at(hosts.add(1, m).row); };
    CHECK(reason({.latency_ms = 1}) == exclusion::none);
    CHECK(reason({}) == exclusion::latency_missing);
    CHECK(reason({.latency_ms = -1}) == exclusion::latency_invalid);
    CHECK(reason({.latency_ms = oracle::nan()}) == exclusion::latency_missing);
    CHECK(reason({.latency_ms = oracle::infinity()}) == exclusion::failed);
    CHECK(reason({.latency_ms = 1, .packet_loss = 1}) == exclusion::packet_loss_total);
    CHECK(reason({.latency_ms = 1, .failed = true}) == exclusion::failed);
    CHECK(hosts.metrics(*hosts.find(1))->failed);
    CHECK(reason({.latency_ms = 1e6}) == exclusion::none);  // too far for whom? the policy says
}

TEST_CASE("a table is a map that forgets what cannot be kept") {
    std::size_t operations = 0;
    for (std::uint64_t seed = 1; operations < HOSTPICK_TEST_CASES; ++seed) {
        splitmix64 random{seed * 0x1'0000'0000u};
        host_table<std::uint32_t, double> table;
        std::map<std::uint32_t, std::pair<host_handle, network_metrics<>>> reference;
        std::vector<host_handle> gone;
        bool good = true;
        for (int n = 0; n < 300 && good; ++n, ++operations) {
            auto const id = static_cast<std::uint32_t>(random.below(60));
            auto const m = oracle::good_host<double>(random);
            auto const known = reference.find(id);
            switch (random.below(4)) {
                case 0: {
                    auto const handle = table.add(id, m);
                    good = known == reference.end() || known->second.first == handle;
                    reference[id] = {handle, m};
                    break;
                }
                case 1:
                    good = table.update(id, m) == (known != reference.end());
                    if (known != reference.end()) known->second.second = m;
                    break;
                case 2:
                    if (known == reference.end()) break;
                    good = table.update(known->second.first, m);
                    known->second.second = m;
                    break;
                default:
                    good = table.remove(id) == (known != reference.end());
                    if (known == reference.end()) break;
                    gone.push_back(known->second.first);
                    reference.erase(known);
            }
            good = good && table.size() == reference.size();
        }
        for (auto const& [id, entry] : reference)
            good = good && table.find(id) == entry.first && table.id(entry.first) == id &&
                   table.metrics(entry.first) == entry.second;
        for (auto const& handle : gone) good = good && !table.contains(handle);
        INFO("seed " << seed);
        REQUIRE(good);
    }
}

#ifdef __cpp_exceptions
namespace {

/// An id that cannot always be copied.
struct shy_id {
    int number = 0;
    static inline int copies_left = 1'000'000;

    shy_id() = default;
    explicit shy_id(int n) : number{n} {}
    shy_id(shy_id const& other) : number{other.number} { count(); }
    shy_id& operator=(shy_id const& other) {
        count();
        number = other.number;
        return *this;
    }
    static void count() {
        if (copies_left-- <= 0) throw std::runtime_error{"shy"};
    }
    friend bool operator==(shy_id const& a, shy_id const& b) { return a.number == b.number; }
};
struct shy_hash {
    std::size_t operator()(shy_id const& id) const { return std::hash<int>{}(id.number); }
};

/// Whether hosts 0 to n - 1, and nobody else, are in a table, each with its number as latency.
template <class Table>
bool holds_numbers(Table const& table, int n) {
    bool all = table.size() == static_cast<std::size_t>(n);
    for (int i = 0; i < n && all; ++i) {
        auto const handle = table.find(typename Table::id_type(i));
        all = handle && table.metrics(*handle)->latency_ms == static_cast<float>(i + 1);
    }
    return all && !table.find(typename Table::id_type(n));
}
network_metrics<float> numbered(int n) { return {.latency_ms = static_cast<float>(n + 1)}; }

}  // namespace

TEST_CASE("a host that cannot be added leaves the table as it was") {
    for (int n : {0, 1, 64, 128, 200}) {
        for (std::size_t allowed = 0; allowed < 9; ++allowed) {
            host_table<int> table;
            for (int i = 0; i < n; ++i) table.add(i, numbered(i));
            bool failed = false;
            try {
                allocations::allow(allowed, [&] { table.add(n, numbered(n)); });
            } catch (std::bad_alloc const&) {
                failed = true;
            }
            CAPTURE(n, allowed);
            REQUIRE(holds_numbers(table, failed ? n : n + 1));
            table.add(n, numbered(n));
            REQUIRE(holds_numbers(table, n + 1));
        }
        for (int copies = 0; copies < 3; ++copies) {
            host_table<shy_id, float, shy_hash> table;
            for (int i = 0; i < n; ++i) table.add(shy_id{i}, numbered(i));
            table.add(shy_id{1000});
            table.remove(shy_id{1000});
            shy_id::copies_left = copies;
            bool failed = false;
            try {
                table.add(shy_id{n}, numbered(n));
            } catch (std::runtime_error const&) {
                failed = true;
            }
            shy_id::copies_left = 1'000'000;
            REQUIRE(failed == (copies < 2));
            REQUIRE(holds_numbers(table, failed ? n : n + 1));
            table.add(shy_id{n}, numbered(n));
            REQUIRE(holds_numbers(table, n + 1));
            REQUIRE(table.rows() == static_cast<std::size_t>(n + 1));
        }
    }
}
#endif

TEST_CASE("a table whose hosts were moved away begins anew") {
    host_table<int> from;
    from.add(1), from.add(2), from.add(3);
    from.remove(2);
    host_table<int> const to = std::move(from);
    CHECK(to.size() == 2);
    from = {};
    host_table<int> again;
    again.add(4), again.add(5);
    again.remove(4);
    from = std::move(again);
    again.add(7, network_metrics<>{.latency_ms = 1});  // NOLINT: that it can be used is what is tried
    CHECK(again.size() == 1);
    CHECK(again.rows() == 1);
    CHECK(from.size() == 1);
    host_table<int> const copy{from};
    CHECK(copy.find(5) == from.find(5));
}

TEST_CASE("room that was reserved is enough") {
    host_table<int> table;
    table.reserve(1000);
    // An unordered_map allocates for each host; nothing else does.
    CHECK(allocations::in([&] { for (int i = 0; i < 1000; ++i) table.add(i); }) == 1000);
}

TEST_CASE("a row that is used again does not know when its last host was measured") {
    host_table<int> table;
    auto const first = table.add(1, network_metrics<>{.latency_ms = 30}, 50s);
    CHECK(table.add(1, network_metrics<>{.latency_ms = 99}, 49s) == first);  // older news
    CHECK(table.metrics(first)->latency_ms == 30.f);
    table.remove(1);
    auto const second = table.add(2, network_metrics<>{.latency_ms = 40}, 10s);
    CHECK(second.row == first.row);
    CHECK(table.update(2, network_metrics<>{.latency_ms = 41}, 11s));
    CHECK(table.metrics(second)->latency_ms == 41.f);
}
