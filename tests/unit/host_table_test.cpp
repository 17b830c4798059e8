// SPDX-License-Identifier: MIT
#include <hostpick/host_table.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
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
