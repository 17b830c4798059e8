// SPDX-License-Identifier: MIT
#include <hostpick/select_party.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace hostpick;
using oracle::splitmix64;

namespace {

/// A party with everything that one may have, and room for its numbers.
template <class Real>
struct any_party {
    std::size_t players, hosts;
    std::vector<Real> latency_ms, packet_loss, jitter_ms;
    std::vector<double> weights, scores;
    std::vector<int> ids;

    explicit any_party(splitmix64& random)
        : players{1 + random.below(6)}, hosts{random.below(random.one_in(100) ? 700 : 12)} {
        bool const few_values = random.one_in(3);
        for (std::size_t n = 0; n < players * hosts; ++n)
            latency_ms.push_back(random.one_in(12)   ? oracle::any_host<Real>(random).latency_ms.value_or(oracle::nan<Real>())
                                 : few_values ? static_cast<Real>(10 * random.below(5))
                                              : static_cast<Real>(random.below(4000)) / 16);
        if (random.one_in(3)) fill(packet_loss, random, 1.0 / 64);
        if (random.one_in(3)) fill(jitter_ms, random, 1);
        if (random.one_in(3))
            for (std::size_t n = 0; n < players; ++n) weights.push_back(static_cast<double>(random.below(4)) / 3);
        if (random.one_in(3))
            for (std::size_t n = 0; n < hosts; ++n)
                scores.push_back(random.one_in(20) ? oracle::nan() : static_cast<double>(random.below(100)));
        for (std::size_t n = 0; n < hosts; ++n) ids.push_back(static_cast<int>((n * 7919 + 13) % 1009) - 300);
    }
    [[nodiscard]] party<int, Real> view() const { return {latency_ms, players, packet_loss, jitter_ms, weights, scores, ids}; }

private:
    void fill(std::vector<Real>& to, splitmix64& random, double unit) const {
        for (std::size_t n = 0; n < players * hosts; ++n)
            to.push_back(random.one_in(15) ? oracle::nan<Real>() : static_cast<Real>(static_cast<double>(random.below(70)) * unit));
    }
};

party_policy any_party_policy(splitmix64& random) {
    party_policy p{.value = static_cast<party_value>(random.below(4)), .quantile = static_cast<double>(random.below(9)) / 8};
    if (random.one_in(2)) p.spread_weight = static_cast<double>(random.below(5)) / 2;
    if (random.one_in(2)) p.ms_per_jitter_ms = static_cast<double>(random.below(5));
    if (random.one_in(2)) p.ms_per_percent_lost = static_cast<double>(random.below(9));
    if (random.one_in(2)) p.ms_per_point = static_cast<double>(random.below(3));
    p.max_missing = random.below(3);
    if (random.one_in(3)) p.latency_ceiling_ms = 150.3;
    return p;
}

struct is_odd {
    bool asked = false;
    bool operator()(int id) const { return asked && id % 2 != 0; }
};

constraints<is_odd> any_rules(splitmix64& random) {
    constraints<is_odd> c{{}, {random.one_in(4)}, {}, 0};
    if (random.one_in(2)) c.limit.max_latency_ms = static_cast<double>(random.below(200));
    if (random.one_in(6)) c.limit.max_packet_loss = 0.4;
    if (random.one_in(6)) c.limit.max_jitter_ms = 40;
    if (random.one_in(6)) c.limit.min_score = 20;
    if (random.one_in(2)) {
        limits wide = c.limit;
        if (wide.max_latency_ms) *wide.max_latency_ms += 50;
        c.relaxed.add({10, wide});
        if (wide.max_latency_ms) *wide.max_latency_ms += 100;
        if (wide.min_score) wide.min_score = 5;
        c.relaxed.add({20, wide});
        c.waited_ms = static_cast<double>(random.below(30));
    }
    return c;
}

/// By its definition, in the plainest way.
struct plain_verdict {
    bool eligible = true;
    double value = 0, worst = -1;
    std::size_t worst_player = 0;
};
template <class Real>
plain_verdict plainly(any_party<Real> const& g, std::size_t host, party_policy const& p) {
    std::vector<std::pair<double, double>> delays;  // and weights
    std::size_t missing = 0;
    double weights = 0;
    plain_verdict v;
    for (std::size_t player = 0; player < g.players; ++player) {
        double const weight = g.weights.empty() ? 1 : g.weights[player];
        if (weight == 0) continue;
        std::size_t const cell = player * g.hosts + host;
        double delay = static_cast<double>(g.latency_ms[cell]);
        double const loss = g.packet_loss.empty() ? 0 : static_cast<double>(g.packet_loss[cell]);
        bool const usable = oracle::finite(g.latency_ms[cell]) && !oracle::negative(g.latency_ms[cell]) &&
                            g.latency_ms[cell] <= static_cast<Real>(p.latency_ceiling_ms);
        if (!usable || (oracle::finite(loss) && loss >= 1)) {
            delay = p.latency_ceiling_ms;
            ++missing;
        } else {
            if (!g.jitter_ms.empty() && p.ms_per_jitter_ms > 0) {
                double const jitter = static_cast<double>(g.jitter_ms[cell]);
                delay += p.ms_per_jitter_ms * (oracle::is_nan(jitter) ? p.latency_ceiling_ms : std::min(jitter, p.latency_ceiling_ms));
            }
            if (!g.packet_loss.empty() && p.ms_per_percent_lost > 0)
                delay += 100 * p.ms_per_percent_lost * (oracle::is_nan(loss) ? 1 : loss);
        }
        delay = std::min(delay, p.latency_ceiling_ms);
        if (delay > v.worst) v.worst = delay, v.worst_player = player;
        delays.emplace_back(delay, weight);
        weights += weight;
    }
    v.eligible = missing <= p.max_missing;
    std::sort(delays.begin(), delays.end());
    double mean = 0, squares = 0, below = 0;
    for (auto const& [delay, weight] : delays) mean += delay * weight / weights;
    for (auto const& [delay, weight] : delays) squares += (delay - mean) * (delay - mean) * weight / weights;
    switch (p.value) {
        case party_value::worst: v.value = v.worst; break;
        case party_value::mean: v.value = mean; break;
        case party_value::mean_and_spread: v.value = mean + p.spread_weight * std::sqrt(squares); break;
        case party_value::quantile:
            for (auto const& [delay, weight] : delays) {
                v.value = delay;
                if ((below += weight) >= p.quantile * weights - 1e-6) break;
            }
    }
    if (!g.scores.empty()) v.value += p.ms_per_point * (100 - g.scores[host]);
    return v;
}

template <class Verdict>
bool ranks_before(int id_a, Verdict const& a, int id_b, Verdict const& b) {
    return std::tuple{a.step, a.value_ms, a.worst_ms, id_a} < std::tuple{b.step, b.value_ms, b.worst_ms, id_b};
}

template <class Real>
std::vector<party_choice<int>> chosen(party<int, Real> const& group, std::size_t k, party_policy const& p,
                                      constraints<is_odd> const& rules) {
    std::vector<party_choice<int>> room(k);
    room.resize(select_top_hosts(group, room, p, rules).size());
    return room;
}

template <class Real>
void as_defined() {
    for (int n = 0; n < HOSTPICK_TEST_CASES / 10; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n)};
        any_party<Real> const g{random};
        auto const p = any_party_policy(random);
        if (g.view().error()) {
            CHECK(std::accumulate(g.weights.begin(), g.weights.end(), 0.0) == 0);
            continue;
        }
        for (std::size_t host = 0; host < g.hosts; ++host) {
            auto const v = judge_party_host(g.view(), host, p);
            bool const scored = g.scores.empty() || oracle::finite(g.scores[host]);
            auto const plain = plainly(g, host, p);
            bool const good = v.eligible() == (plain.eligible && scored) &&
                              (!v.eligible() || (std::abs(v.value_ms - plain.value) < 0.01 && std::abs(v.worst_ms - plain.worst) < 1e-6 && v.worst_player == plain.worst_player));
            if (!good) {
                CAPTURE(n, host, g.players, v.value_ms, plain.value, v.worst_ms, plain.worst, v.missing, static_cast<int>(v.reason), static_cast<int>(p.value));
                REQUIRE(good);
            }
        }
    }
}

template <class Real>
void best_of_verdicts() {
    for (int n = 0; n < HOSTPICK_TEST_CASES / 10; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n)};
        any_party<Real> const g{random};
        auto const p = any_party_policy(random);
        auto const rules = any_rules(random);
        std::vector<std::size_t> order;
        std::vector<party_verdict> verdicts;
        for (std::size_t host = 0; host < g.hosts; ++host) {
            verdicts.push_back(judge_party_host(g.view(), host, p, rules));
            if (verdicts.back().eligible() && !rules.excluded(g.ids[host])) order.push_back(host);
        }
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return ranks_before(g.ids[a], verdicts[a], g.ids[b], verdicts[b]);
        });
        std::size_t const k = random.below(5);
        auto const best = chosen(g.view(), k, p, rules);
        bool good = best.size() == std::min(k, order.size());
        for (std::size_t place = 0; good && place < best.size(); ++place) {
            auto const& v = verdicts[order[place]];
            auto const& c = best[place];
            good = c.index == order[place] && c.host == g.ids[c.index] && c.step == v.step && c.value_ms == v.value_ms &&
                   c.worst_ms == v.worst_ms && c.worst_player == v.worst_player && c.missing == v.missing;
        }
        INFO("case " << n);
        REQUIRE(good);
    }
}

template <class Real>
void any_order() {
    for (int n = 0; n < HOSTPICK_TEST_CASES / 10; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n)};
        any_party<Real> const g{random};
        auto const p = any_party_policy(random);
        auto const rules = any_rules(random);
        auto const shuffled = [&](std::size_t count) {
            std::vector<std::size_t> order(count);
            std::iota(order.begin(), order.end(), std::size_t{0});
            for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
            return order;
        };
        auto const players = shuffled(g.players), hosts = shuffled(g.hosts);
        any_party<Real> other = g;
        for (std::size_t a = 0; a < g.players; ++a)
            for (std::size_t b = 0; b < g.hosts; ++b) {
                std::size_t const to = a * g.hosts + b, from = players[a] * g.hosts + hosts[b];
                other.latency_ms[to] = g.latency_ms[from];
                if (!g.packet_loss.empty()) other.packet_loss[to] = g.packet_loss[from];
                if (!g.jitter_ms.empty()) other.jitter_ms[to] = g.jitter_ms[from];
            }
        for (std::size_t a = 0; a < g.weights.size(); ++a) other.weights[a] = g.weights[players[a]];
        for (std::size_t b = 0; b < g.hosts; ++b) other.ids[b] = g.ids[hosts[b]];
        for (std::size_t b = 0; b < g.scores.size(); ++b) other.scores[b] = g.scores[hosts[b]];
        auto const before = chosen(g.view(), 3, p, rules), after = chosen(other.view(), 3, p, rules);
        bool good = before.size() == after.size();
        for (std::size_t i = 0; good && i < before.size(); ++i)
#ifdef __FAST_MATH__  // sums are not exact then, so equals may change places
            good = std::abs(before[i].value_ms - after[i].value_ms) < 0.01 && before[i].step == after[i].step;
#else
            good = before[i].host == after[i].host && before[i].value_ms == after[i].value_ms && before[i].step == after[i].step;
#endif
        INFO("case " << n);
        REQUIRE(good);
    }
}

}  // namespace

TEST_CASE("a host is to a party what the definitions say") {
    as_defined<float>();
    as_defined<double>();
}
TEST_CASE("the best hosts for a party are the best of all verdicts") {
    best_of_verdicts<float>();
    best_of_verdicts<double>();
}
TEST_CASE("the order of players and of hosts does not change the choice") {
    any_order<float>();
    any_order<double>();
}

TEST_CASE("backups of one site are not diverse") {
    std::array<float, 5> const rtt_ms{10, 11, 12, 40, 41};
    std::array<char const*, 5> const site{"paris", "paris", "paris", "oslo", "oslo"};
    std::array<party_choice<std::size_t>, 4> room;
    party<> const group{.latency_ms = rtt_ms, .players = 1};
    auto const diverse = select_top_hosts(group, room, {}, {}, [&](std::size_t host) { return std::string{site[host]}; });
    REQUIRE(diverse.size() == 2);
    CHECK(diverse[0].host == 0);
    CHECK(diverse[1].host == 3);
    CHECK(select_top_hosts(group, room).size() == 4);
    // Whatever the order in which they come.
    std::array<float, 5> const rising{41, 12, 40, 11, 10};
    std::array<int, 5> const key{2, 1, 2, 1, 1};
    auto const again = select_top_hosts(party<>{.latency_ms = rising, .players = 1}, room, {}, {}, [&](std::size_t host) { return key[host]; });
    REQUIRE(again.size() == 2);
    CHECK(again[0].host == 4);
    CHECK(again[1].host == 2);
}

TEST_CASE("hosts may be the players themselves") {
    // Ann and Bob are near each other, Cid is far from both: nobody hosts better than Bob.
    std::array<float, 9> const rtt_ms{0,  20, 95,
                                      20, 0,  80,
                                      95, 80, 0};
    party<> const group{.latency_ms = rtt_ms, .players = 3};
    auto const best = select_best_host(group);
    REQUIRE(best);
    CHECK(best->host == 1);
    CHECK(best->worst_player == 2);
    CHECK(best->worst_ms == 80);
    CHECK(select_best_host(group, {.value = party_value::mean})->value_ms == 100.0 / 3);
    std::array<double, 3> const weights{1, 0, 3};
    CHECK(select_best_host(party<>{.latency_ms = rtt_ms, .players = 3, .weights = weights}, {.value = party_value::mean})->host == 2);
    CHECK_FALSE(select_best_host(group, {}, limits{.max_latency_ms = 79}));
    constraints<> waits{limits{.max_latency_ms = 50}, {}, {{1000, {.max_latency_ms = 90}}}, 1500};
    CHECK(select_best_host(group, {}, waits)->step == 1);
    // A limit is for a player, not for the mean.
    CHECK_FALSE(select_best_host(group, {.value = party_value::mean}, limits{.max_latency_ms = 79}));
}

TEST_CASE("what makes no sense chooses nobody, and says what is wrong") {
    std::array<float, 6> const rtt_ms{1, 2, 3, 4, 5, 6};
    party<> group{.latency_ms = rtt_ms, .players = 2};
    CHECK_FALSE(group.error());
    CHECK(judge_party_host(group, 3).reason == exclusion::invalid_policy);
    CHECK(judge_party_host(group, 0, {}, limits{.max_latency_ms = -1}).reason == exclusion::invalid_constraints);
    CHECK_FALSE(select_best_host(group, {.quantile = 2}));
    CHECK(party_policy{.quantile = 2}.error()->member == std::string{"quantile"});
    CHECK(party_policy{.ms_per_point = -1}.error());
    CHECK(party_policy{.latency_ceiling_ms = 1e9}.error());
    group.players = 4;
    CHECK(group.error()->member == std::string{"latency_ms"});
    CHECK_FALSE(select_best_host(group));
    std::array<double, 2> const none{0, 0}, odd{1, oracle::nan()};
    CHECK(party<>{.latency_ms = rtt_ms, .players = 2, .weights = none}.error()->member == std::string{"weights"});
    CHECK(party<>{.latency_ms = rtt_ms, .players = 2, .weights = odd}.error());
    CHECK(party<>{.latency_ms = rtt_ms, .players = 2, .packet_loss = std::span{rtt_ms}.first(2)}.error());
    CHECK(party<std::string>{.latency_ms = rtt_ms, .players = 2}.error()->member == std::string{"ids"});
    CHECK_FALSE(party<>{}.error());
    CHECK_FALSE(select_best_host(party<>{}));
    CHECK_FALSE(select_best_host(party<>{.latency_ms = {}, .players = 3}));
    std::array<party_choice<std::size_t>, 1> room;
    CHECK(select_top_hosts(party<>{.latency_ms = rtt_ms, .players = 2}, std::span{room}.first(0)).empty());
}
