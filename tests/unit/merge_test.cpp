// SPDX-License-Identifier: MIT
#include <hostpick/merge.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

using namespace hostpick;
using oracle::splitmix64;

namespace {

struct record {
    int id;
    network_metrics<double> metrics;
};

auto top(std::vector<record> const& hosts, std::size_t k) {
    return select_top_hosts(hosts, &record::metrics, k, {}, {}, &record::id);
}

}  // namespace

TEST_CASE("the best of parts are the best of the whole") {
    for_all([](splitmix64& random) {
        if (!random.one_in(4)) return true;
        std::vector<record> whole;
        std::vector<std::vector<record>> parts(1 + random.below(5));
        std::size_t const n = random.below(random.one_in(20) ? 200 : 30);
        for (std::size_t i = 0; i < n; ++i) {
            record const host{static_cast<int>(random.below(random.one_in(2) ? 20 : 100'000)), oracle::any_host<double>(random)};
            whole.push_back(host);
            parts[random.below(parts.size())].push_back(host);
        }
        std::size_t const k = random.below(random.one_in(4) ? 60 : 12);
        std::vector<std::vector<host_choice<int>>> chosen;
        for (auto const& part : parts) chosen.push_back(top(part, k));
        auto const expected = top(whole, k);
        auto const merged = merge_top_hosts(chosen, k);
        if (merged.size() != expected.size()) return false;
        for (std::size_t i = 0; i < merged.size(); ++i)
            if (merged[i].host != expected[i].host || merged[i].score != expected[i].score) return false;
        std::vector<host_choice<int>> room(k);
        auto const into_room = merge_top_hosts(chosen, room);
        return std::vector(into_room.begin(), into_room.end()) == merged;
    });
}

TEST_CASE("nothing merges into nothing, and views of choices merge too") {
    CHECK(merge_top_hosts(std::vector<std::vector<host_choice<int>>>{}, 3).empty());
    host_choice<int> const a{1, 0, 90, 10, 0}, b{2, 0, 95, 10, 0}, again{1, 0, 80, 10, 4};
    std::array<std::span<host_choice<int> const>, 3> const parts{std::span{&a, 1}, {&b, 1}, {&again, 1}};
    auto const best = merge_top_hosts(parts, 5);
    REQUIRE(best.size() == 2);
    CHECK(best[0] == b);
    CHECK(best[1] == a);
    CHECK(merge_top_hosts(parts, 0).empty());
}
