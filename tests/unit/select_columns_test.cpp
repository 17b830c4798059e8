// SPDX-License-Identifier: MIT
#include <hostpick/profiles.hpp>
#include <hostpick/select_columns.hpp>

#include "any_rows.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

using namespace hostpick;
using namespace any_rows;
using oracle::splitmix64;

namespace {

/// Numbers of a caller: of any kind, and ever so often not there.
template <class Real>
struct raw_columns {
    std::vector<Real> latency_ms, bandwidth_mbps, packet_loss, jitter_ms;

    explicit raw_columns(splitmix64& random) {
        std::size_t const size = any_size(random);
        bool const good = random.one_in(3), alike = random.one_in(8);
        auto const same = oracle::good_host<Real>(random);
        for (std::size_t n = 0; n < size; ++n) {
            auto const m = alike ? same : good ? oracle::good_host<Real>(random) : oracle::any_host<Real>(random);
            latency_ms.push_back(m.failed ? infinity : m.latency_ms.value_or(nan));
            bandwidth_mbps.push_back(m.bandwidth_mbps.value_or(nan));
            packet_loss.push_back(m.packet_loss.value_or(nan));
            jitter_ms.push_back(m.jitter_ms.value_or(nan));
        }
        for (auto* column : {&bandwidth_mbps, &packet_loss, &jitter_ms}) {
            if (random.one_in(4)) column->clear();
            if (random.one_in(8)) column->resize(random.below(size + 5));
        }
    }
    static constexpr Real nan = std::numeric_limits<Real>::quiet_NaN();
    static constexpr Real infinity = std::numeric_limits<Real>::infinity();
};

template <class Id, class Real>
struct record {
    Id id;
    network_metrics<Real> metrics;
};

template <class Id, class Real>
bool columns_agree(splitmix64& random) {
    raw_columns<Real> const raw{random};
    std::vector<Id> ids;
    bool const by_position = std::integral<Id> && random.one_in(2);
    if (!by_position) {
        for (std::size_t n = 0; n < raw.latency_ms.size(); ++n)
            if constexpr (std::same_as<Id, std::string>) ids.push_back(std::to_string(n * 7919 % 1'000'003));
            else ids.push_back(static_cast<Id>(n * 2'654'435'761u));
        if (random.one_in(8)) ids.resize(random.below(ids.size() + 1));
    }
    host_columns<Id, Real> const columns{raw.latency_ms, raw.bandwidth_mbps, raw.packet_loss, raw.jitter_ms, ids};

    std::vector<record<Id, Real>> records;
    for (std::size_t n = 0; n < raw.latency_ms.size(); ++n) {
        auto const number = [n](auto const& column) { return n < column.size() ? column[n] : raw_columns<Real>::nan; };
        network_metrics<Real> const m{.latency_ms = raw.latency_ms[n],
                                      .bandwidth_mbps = number(raw.bandwidth_mbps),
                                      .packet_loss = number(raw.packet_loss),
                                      .jitter_ms = number(raw.jitter_ms)};
        bool const by_itself = std::integral<Id> && ids.empty();  // also where all ids were cut off
        if constexpr (std::integral<Id>)
            if (by_itself) records.push_back({static_cast<Id>(n), m});
        if (!by_itself && n < ids.size()) records.push_back({ids[n], m});
    }

    score_policy const policy = random.one_in(2) ? oracle::any_policy(random) : score_policy{};
    auto rules = oracle::any_constraints<odd_ids>(random, {});
    if (random.one_in(2)) rules = {};
    rules.excluded.asked = random.one_in(4);
    std::size_t const k = random.one_in(2) ? 1 : random.below(random.one_in(9) ? 2000 : 30);
    auto const excluded = [&](record<Id, Real> const& r) { return rules.excluded(r.id); };
    auto const agrees = [&](detail::isa which, auto const& by) {
        std::vector<host_choice<Id>> kept;
        detail::choose_rows<detail::this_build>(which, columns, by, rules, k, kept);
        return same_choices(kept, select_top_hosts(records, &record<Id, Real>::metrics, k, by,
                                                   constraints{rules.limit, excluded, rules.relaxed, rules.waited_ms},
                                                   &record<Id, Real>::id));
    };
    for (auto const which : machine_isas())
        if (!agrees(which, policy)) return false;
    return !random.one_in(16) || agrees(detail::best_isa(), e_model{});
}

}  // namespace

TEST_CASE("columns are chosen from as their hosts would be one by one") {
    for_all([](splitmix64& random) {
        switch (random.below(6)) {
            case 0: return columns_agree<std::size_t, double>(random);
            case 1: return columns_agree<std::string, float>(random);
            case 2: return columns_agree<std::uint32_t, double>(random);
            case 3: return columns_agree<std::int64_t, float>(random);
            default: return columns_agree<std::size_t, float>(random);
        }
    });
}

TEST_CASE("the hosts of columns are their positions, or have ids") {
    std::vector<float> const rtt_ms{80, 20, 30, 20}, loss{0, 1, 0, 0};
    auto const best = select_best_host(host_columns<>{.latency_ms = rtt_ms, .packet_loss = loss});
    REQUIRE(best);
    CHECK(best->host == 3);
    CHECK(best->index == 3);
    CHECK(best->latency_ms == 20);
    CHECK(select_best_host(host_columns<>{.latency_ms = rtt_ms})->host == 1);

    std::vector<std::string> const names{"rome", "paris", "oslo", "bonn"};
    host_columns<std::string> const named{.latency_ms = rtt_ms, .ids = names};
    CHECK(select_best_host(named)->host == "bonn");
    CHECK(select_top_hosts(named, 3)[2].host == "oslo");
    CHECK(select_top_hosts(named, 9).size() == 4);
    CHECK(select_top_hosts(named, 0).empty());
    std::array<host_choice<std::string>, 2> room;
    CHECK(select_top_hosts(named, room, latency_only, limits{.max_latency_ms = 25}).size() == 2);
    CHECK(room[1].host == "paris");
    CHECK_FALSE(select_best_host(host_columns<std::string>{.latency_ms = rtt_ms}));
    CHECK_FALSE(select_best_host(host_columns<>{}));
}

TEST_CASE("the last numbers of a column are not read beyond its end") {
    for (std::size_t size : {1u, 63u, 64u, 65u, 255u, 256u, 257u, 1000u, 5000u}) {
        std::unique_ptr<float[]> const numbers{new float[size]};  // a sanitizer sees its end
        std::fill_n(numbers.get(), size, 50.f);
        numbers[size - 1] = 10;
        std::span<float const> const column{numbers.get(), size};
        host_columns<> const columns{.latency_ms = column, .bandwidth_mbps = column, .packet_loss = {}, .jitter_ms = column};
        CHECK(select_best_host(columns, latency_only)->host == size - 1);
        CHECK(select_top_hosts(columns, 20, latency_only).size() == std::min<std::size_t>(20, size));
    }
}
