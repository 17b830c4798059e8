// SPDX-License-Identifier: MIT
//
// The whole library at once, on hosts that somebody measured.
#include <hostpick/hostpick.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace hostpick;

namespace {

struct country {
    std::string code;
    network_metrics<> median;
};

/// The columns of one line of comma-separated values.
std::vector<std::string> columns(std::string const& line) {
    std::vector<std::string> cells;
    std::istringstream rest{line};
    for (std::string cell; std::getline(rest, cell, ',');) cells.push_back(cell);
    return cells;
}

/// The medians that M-Lab measured in each country; nothing where the file is absent.
std::vector<country> measured_countries() {
    std::ifstream file{HOSTPICK_SHARED_DATA "/mlab_country_percentiles_2024-10.csv"};
    std::string line;
    if (!std::getline(file, line)) return {};
    auto const header = columns(line);
    auto const column = [&](std::string_view name) {
        return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
    };
    auto const code = column("country"), latency = column("latency_ms_p50"),
               upload = column("up_mbps_p50"), loss = column("loss_ratio_p50");
    std::vector<country> all;
    while (std::getline(file, line)) {
        auto const cells = columns(line);
        auto const number = [&](std::size_t n) { return std::strtod(cells.at(n).c_str(), nullptr); };
        all.push_back({cells.at(code),
                       {.latency_ms = number(latency),
                        .bandwidth_mbps = number(upload),
                        .packet_loss = number(loss)}});
    }
    return all;
}

/// A few hosts of our own making that go the same way through the code.
std::vector<country> made_up_countries() {
    std::vector<country> all;
    oracle::splitmix64 random{42};
    for (char first = 'a'; first <= 'z'; ++first)
        for (char second = 'a'; second <= 'i'; ++second)
            all.push_back({{first, second}, oracle::good_host<double>(random)});
    return all;
}

void chosen_as_the_reference_chooses(std::vector<country> const& all) {
    score_policy const policy{};
    std::vector<oracle::entry<std::string>> eligible;
    for (std::size_t n = 0; n < all.size(); ++n) {
        auto const& [code, median] = all[n];
        double const score = calculate_host_score(median);
        if (std::abs(score - static_cast<double>(oracle::score(median, policy))) > 1e-9) {
            CAPTURE(code, score);
            CHECK(score == static_cast<double>(oracle::score(median, policy)));
        }
        if (oracle::unusable(median, default_latency_ceiling_ms) == exclusion::none)
            eligible.push_back({code, n, 0, score, median.latency_ms.value()});
    }
    auto const ranked = oracle::ranking(eligible);
    REQUIRE(ranked.size() > 10);

    auto const best = select_best_host(all, &country::median, policy, {}, &country::code);
    REQUIRE(best);
    CHECK(best->host == ranked[0].host);
    for (std::size_t const k : {std::size_t{1}, std::size_t{10}, all.size()})
        CHECK(oracle::same_choices(
            select_top_hosts(all, &country::median, k, policy, {}, &country::code), ranked, k));

    // The same from a list of names and what is known of some of them.
    std::map<std::string, network_metrics<>> known;
    std::vector<std::string> codes;
    for (auto const& [code, median] : all) {
        codes.push_back(code);
        if (code != ranked[0].host) known.emplace(code, median);
    }
    std::reverse(codes.begin(), codes.end());
    auto const second = select_best_host(codes, known);
    REQUIRE(second);
    CHECK(second->host == ranked[1].host);
}

}  // namespace

TEST_CASE("among measured countries, the reference's choice is chosen") {
    auto const all = measured_countries();
    if (all.empty()) {
        WARN("skipped, because there are no measured countries in " HOSTPICK_SHARED_DATA);
        return;
    }
    CHECK(all.size() == 239);
    chosen_as_the_reference_chooses(all);
}

TEST_CASE("among made-up countries, the reference's choice is chosen") {
    chosen_as_the_reference_chooses(made_up_countries());
}
