// SPDX-License-Identifier: MIT
#include <hostpick/election.hpp>
#include <hostpick/inputs_fingerprint.hpp>
#include <hostpick/profiles.hpp>
#include <hostpick/score.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace hostpick;
using oracle::splitmix64;

namespace {

enum class peer : std::uint8_t {};

struct is_odd {
    bool asked = false;
    bool operator()(int id) const { return asked && id % 2 != 0; }
};

/// Ids, what is known of some of them, a policy and rules.
template <class R>
struct any_inputs {
    std::vector<int> ids;
    std::map<int, network_metrics<R>> metrics;
    score_policy policy;
    constraints<is_odd> rules;

    explicit any_inputs(splitmix64& random)
        : policy{oracle::any_policy(random)},
          rules{oracle::any_constraints(random, is_odd{random.one_in(4)})} {
        bool const few_values = random.one_in(3);
        for (std::size_t n = random.below(8); n > 0; --n) {
            int const id = static_cast<int>(random.below(40)) - 10;
            if (metrics.contains(id)) continue;
            ids.push_back(id);
            if (random.one_in(12)) continue;
            auto& m = metrics[id];
            m = oracle::any_host<R>(random);
            if (few_values) m = {.latency_ms = static_cast<R>(10 * random.below(3)), .bandwidth_mbps = R{5}};
        }
    }
};

#ifndef __FAST_MATH__

/// The reason by the reference, with the score that decides about `min_score`.
template <class R>
std::pair<exclusion, unsigned> reason_of(any_inputs<R> const& in, int id) {
    if (in.rules.excluded(id)) return {exclusion::excluded, 0};
    auto const found = in.metrics.find(id);
    if (found == in.metrics.end()) return {exclusion::no_metrics, 0};
    auto const unusable = oracle::unusable(found->second, in.policy.latency_ceiling_ms);
    if (unusable != exclusion::none) return {unusable, 0};
    return oracle::step_of(found->second,
                           static_cast<double>(calculate_host_score(found->second, in.policy)), in.rules);
}

template <class R>
std::vector<oracle::entry<int>> ranking_of(any_inputs<R> const& in) {
    std::vector<oracle::entry<int>> all;
    for (std::size_t n = 0; n < in.ids.size(); ++n) {
        auto const [reason, step] = reason_of(in, in.ids[n]);
        if (reason != exclusion::none) continue;
        auto const& m = in.metrics.at(in.ids[n]);
        all.push_back({in.ids[n], n, step, static_cast<double>(calculate_host_score(m, in.policy)),
                       static_cast<double>(*m.latency_ms)});
    }
    return oracle::ranking(all);
}

/// Whether a check says what the ranking says of the host.
bool says_the_same(choice_check<int> const& check, std::optional<int> announced, bool is_host,
                   exclusion reason, std::vector<oracle::entry<int>> const& ranked) {
    bool const right = announced ? !ranked.empty() && ranked[0].host == *announced : ranked.empty();
    if ((check.result == announcement::right) != right) return false;
    if (check.accepted() != right) return false;
    if (check.best.has_value() != !ranked.empty()) return false;
    if (check.best && (check.best->host != ranked[0].host || check.best->verdict.score != ranked[0].score ||
                       check.best->verdict.step != ranked[0].step || !check.best->verdict.eligible()))
        return false;
    if (check.announced.has_value() != announced.has_value()) return false;
    if (!announced) return right || check.result == announcement::nobody_announced;
    if (check.announced->host != *announced) return false;
    if (check.announced->verdict.reason != (is_host ? reason : exclusion::no_metrics)) return false;
    auto const expected = right                        ? announcement::right
                          : !is_host                   ? announcement::not_among_hosts
                          : ranked.empty()             ? announcement::nobody_eligible
                          : reason != exclusion::none  ? announcement::not_eligible
                                                       : announcement::another_is_better;
    if (check.result != expected || check.behind.has_value() != (expected == announcement::another_is_better))
        return false;
    if (!check.behind) return true;
    auto const mine = std::find_if(ranked.begin(), ranked.end(), [&](auto const& e) { return e.host == *announced; });
    margin const& m = *check.behind;
    double const points = ranked[0].score - mine->score, ms = mine->latency_ms - ranked[0].latency_ms;
    int const steps = static_cast<int>(mine->step) - static_cast<int>(ranked[0].step);
    auto const decided = steps != 0    ? criterion::step
                         : points != 0 ? criterion::score
                         : ms != 0     ? criterion::latency
                                       : criterion::id;
    if (m != margin{decided, steps, points, ms}) return false;
    // Within a tolerance only in the same step: at the very distance, and not below it.
    if (steps != 0) return !check.accepted(1000);
    return points == 0 ? check.accepted(1e-9)
                       : check.accepted(points) && !check.accepted(points * 0.999);
}

#endif

constexpr network_metrics<> at(double latency_ms) { return {.latency_ms = latency_ms}; }

std::array<std::string_view, 4> const cities{"london", "paris", "berlin", "madrid"};
std::map<std::string_view, network_metrics<>> const known{{"paris", at(30)}, {"london", at(40)},
                                                          {"berlin", {.failed = true}}};

static_assert([] {
    std::array const hosts{at(60), at(20)};
    return verify_choice(hosts, {}, 1).accepted() && !verify_choice(hosts, {}, 0).accepted() &&
           inputs_fingerprint(hosts) != 0;
}());

template <class Id>
concept has_fingerprint = requires(std::vector<int> const& hosts, Id (*id_of)(int const&)) {
    inputs_fingerprint(hosts, [](int const&) { return at(1); }, score_policy{}, limits{}, id_of);
};
static_assert(has_fingerprint<int>);
static_assert(has_fingerprint<peer>);
static_assert(has_fingerprint<std::string>);
static_assert(has_fingerprint<char const*>);
static_assert(!has_fingerprint<int*>, "an address says nothing to another peer");
static_assert(!has_fingerprint<double>);

}  // namespace

// ---- the example of the documentation

TEST_CASE("a peer is told why another host is right") {
    auto const check = verify_choice(cities, known, "london");
    CHECK_FALSE(check.accepted());
    CHECK(check.accepted(2.5));
    CHECK(describe(check).view() == "london is not the best: paris is 2.00 points ahead of it");
}

TEMPLATE_TEST_CASE("an announced choice is right where it is that of the reference, and else wrong for its reason",
                   "", float, double) {
#ifndef __FAST_MATH__  // each call may be optimised in its own way, so equals may change places
    for_all([](splitmix64& random) {
        if (!random.one_in(8)) return true;
        any_inputs<TestType> in{random};
        auto const ranked = ranking_of(in);
        auto const check = [&](std::optional<int> const& announced) {
            return verify_choice(in.ids, in.metrics, announced, in.policy, in.rules);
        };
        bool holds = says_the_same(check(std::nullopt), std::nullopt, false, exclusion::none, ranked) &&
                     says_the_same(check(1000), 1000, false, exclusion::none, ranked);
        std::vector<choice_check<int>> checks;
        auto const announced = in.ids;
        for (int const id : announced) {
            checks.push_back(check(id));
            holds = holds && says_the_same(checks.back(), id, true, reason_of(in, id).first, ranked);
        }
        auto const fingerprint = inputs_fingerprint(in.ids, in.metrics, in.policy, in.rules);
        random.shuffle(in.ids);
        for (std::size_t n = 0; n < announced.size(); ++n) holds = holds && checks[n] == check(announced[n]);
        return holds && fingerprint == inputs_fingerprint(in.ids, in.metrics, in.policy, in.rules);
    });
#endif
}

TEST_CASE("what is chosen is always accepted") {
    for_all([](splitmix64& random) {
        if (!random.one_in(10)) return true;
        any_inputs<double> const in{random};
        auto const best = select_best_host(in.ids, in.metrics, in.policy, in.rules);
        auto const announced = best ? std::optional{best->host} : std::nullopt;
        return verify_choice(in.ids, in.metrics, announced, in.policy, in.rules).accepted(1e-6);
    });
}

TEST_CASE("of a repeated id the best record counts, whatever their order") {
    for_all([](splitmix64& random) {
        if (!random.one_in(10)) return true;
        std::vector<std::pair<int, network_metrics<>>> records(random.below(8));
        for (auto& [id, m] : records) {
            id = static_cast<int>(random.below(4));
            m = random.one_in(2) ? oracle::any_host<double>(random) : at(static_cast<double>(10 * random.below(3)));
        }
        auto const rules = oracle::any_limits(random);
        using record = std::pair<int, network_metrics<>>;
        int const announced = static_cast<int>(random.below(4));
        auto const check = [&] {
            return verify_choice(records, &record::second, announced, {}, rules, &record::first);
        };
        auto const before = check();
        auto const best = select_best_host(records, &record::second, {}, rules, &record::first);
        bool holds = before.accepted(1e-6) || !best || best->host != announced;
        holds = holds && before.best.has_value() == best.has_value() && (!best || before.best->host == best->host);
        random.shuffle(records);
        auto const after = check();
        return holds && before.result == after.result && before.behind == after.behind &&
               before.announced->verdict.reason == after.announced->verdict.reason &&
               before.announced->verdict.score == after.announced->verdict.score;
    });
}

TEST_CASE("of a repeated id that may not be chosen, the first reason there is counts") {
    using record = std::pair<int, network_metrics<>>;
    std::array records{record{7, at(90)}, record{7, {.failed = true}}};
    for (int turn = 0; turn < 2; ++turn, std::swap(records[0], records[1]))
        CHECK(verify_choice(records, &record::second, 7, score_policy{}, limits{.max_latency_ms = 50}, &record::first)
                  .announced->verdict.reason == exclusion::failed);
}

TEST_CASE("every way to be wrong has a result, a line and a name") {
    auto const line = [](auto const& announced, auto const& rules) {
        auto const check = verify_choice(cities, known, announced, score_policy{}, rules);
        return std::string{to_name(check.result)} + ": " + std::string{describe(check).view()};
    };
    limits const none{};
    limits const near{.max_latency_ms = 20};
    CHECK(line("paris", none) == "right: paris is right");
    CHECK(line("oslo", none) == "not_among_hosts: oslo is not among the hosts; the best is paris");
    CHECK(line("paris", near) == "nobody_eligible: paris was announced, though no host is eligible");
    CHECK(line("berlin", none) == "not_eligible: berlin is not eligible: did not answer; the best is paris");
    CHECK(line("london", none) == "another_is_better: london is not the best: paris is 2.00 points ahead of it");
    CHECK(line(std::nullopt, none) ==
          "nobody_announced: nobody was announced, though a host is eligible; the best is paris");
    CHECK(line(std::nullopt, near) == "right: nobody was announced, and nobody is eligible");
    constraints<> const widening{near, {}, {{0, {.max_latency_ms = 30}}, {0, {.max_latency_ms = 40}}}, 0};
    CHECK(line("london", widening) ==
          "another_is_better: london is not the best: paris is 1 relaxation step(s) earlier than it");
    CHECK(to_text(static_cast<announcement>(99)) == "unknown");
    CHECK(to_name(static_cast<announcement>(99)) == "unknown");
    CHECK(to_name(static_cast<criterion>(99)) == "unknown");
}

TEST_CASE("what decided is told, and what did not") {
    network_metrics<> const fast_link{.latency_ms = 100, .bandwidth_mbps = 10};  // 20 + 40 points
    network_metrics<> const near{.latency_ms = 50, .bandwidth_mbps = 7.5};       // 30 + 30 points
    std::array const ids{peer{1}, peer{2}, peer{3}};
    std::map<peer, network_metrics<>> const metrics{{peer{1}, fast_link}, {peer{2}, near}, {peer{3}, near}};
    auto const latency = verify_choice(ids, metrics, peer{1});
    CHECK(latency.behind == margin{criterion::latency, 0, 0, 50});
    CHECK(describe(latency).view() == "1 is not the best: 2 is 50.00 ms nearer than it");
    auto const id = verify_choice(ids, metrics, peer{3});
    CHECK(id.behind == margin{});
    CHECK(describe(id).view() == "3 is not the best: 2 is equal but for the id to it");
    CHECK_FALSE(id.accepted());
    CHECK(id.accepted(0.001));
}

TEST_CASE("what is no tolerance is none") {
    auto const check = verify_choice(cities, known, "london");
    CHECK(check.accepted(2));
    CHECK_FALSE(check.accepted(1.99));
    for (double const bad : {0.0, -0.0, -5.0, oracle::nan(), oracle::infinity(), oracle::minus_infinity()}) {
        CHECK_FALSE(check.accepted(bad));
        CHECK(verify_choice(cities, known, "paris").accepted(bad));
    }
    CHECK_FALSE(verify_choice(cities, known, "berlin").accepted(1000));
    CHECK_FALSE(verify_choice(cities, known, std::nullopt).accepted(1000));
}

TEST_CASE("settings that make no sense leave nobody to announce") {
    score_policy const wrong{.latency_ms = {.weight = -1}};
    auto const check = verify_choice(cities, known, "paris", wrong);
    CHECK(check.result == announcement::nobody_eligible);
    CHECK(check.announced->verdict.reason == exclusion::invalid_policy);
    CHECK(verify_choice(cities, known, std::nullopt, wrong).accepted());
    CHECK(verify_choice(std::array<int, 0>{}, std::map<int, network_metrics<>>{}, std::nullopt).accepted());
}

TEST_CASE("a huge score of the caller's own leaves a finite margin") {
    std::array const hosts{at(1), at(2)};
    auto const policy = [](network_metrics<> const& m) { return m.latency_ms < 1.5 ? 1.7e308 : -1.7e308; };
    auto const check = verify_choice(hosts, {}, 1, policy);
    REQUIRE(check.behind);
    CHECK(oracle::finite(check.behind->points));
}

TEST_CASE("checking allocates nothing where ids do not") {
    std::array const ids{1, 2, 3};
    auto const metrics = [](int id) { return at(10.0 * id); };
    CHECK(allocations::in([&] { (void)verify_choice(ids, metrics, 2); }) == 0);
    CHECK(allocations::in([&] { (void)inputs_fingerprint(ids, metrics); }) == 0);
}

// ---- parties

TEST_CASE("a choice for a party is right where it is the best by its verdicts") {
#ifndef __FAST_MATH__
    for_all([](splitmix64& random) {
        if (!random.one_in(20)) return true;
        std::size_t const players = 1 + random.below(4), hosts = random.below(6);
        std::vector<float> rtt;
        for (std::size_t n = 0; n < players * hosts; ++n)
            rtt.push_back(random.one_in(20) ? oracle::nan<float>() : static_cast<float>(10 * random.below(12)));
        std::vector<int> ids;
        for (std::size_t n = 0; n < hosts; ++n) ids.push_back(static_cast<int>((n * 5 + 3) % 7));
        party<int> const group{.latency_ms = rtt, .players = players, .ids = ids};
        party_policy const policy{.value = static_cast<party_value>(random.below(4)), .max_missing = random.below(2)};
        constraints<is_odd> rules{{}, {random.one_in(4)}, {}, 0};
        if (random.one_in(2)) rules.limit.max_latency_ms = 60;
        if (random.one_in(2)) rules.relaxed.add({0, {.max_latency_ms = 90}});

        auto const best = select_best_host(group, policy, rules);
        bool holds = verify_choice(group, best ? std::optional{best->host} : std::nullopt, policy, rules).result ==
                     announcement::right;
        for (std::size_t n = 0; n < hosts; ++n) {
            auto const check = verify_choice(group, ids[n], policy, rules);
            auto v = judge_party_host(group, n, policy, rules);
            if (rules.excluded(ids[n])) v = {.reason = exclusion::excluded};
            holds = holds && check.announced->verdict == v && check.accepted() == (best && best->host == ids[n]);
            auto const expected = !best                      ? announcement::nobody_eligible
                                  : !v.eligible()            ? announcement::not_eligible
                                  : best->host == ids[n]     ? announcement::right
                                                             : announcement::another_is_better;
            holds = holds && check.result == expected;
            if (!check.behind) continue;
            double const ms = v.value_ms - best->value_ms, worst = v.worst_ms - best->worst_ms;
            int const steps = static_cast<int>(v.step) - static_cast<int>(best->step);
            auto const decided = steps != 0    ? criterion::step
                                 : ms != 0     ? criterion::party_value
                                 : worst != 0  ? criterion::worst_player
                                               : criterion::id;
            holds = holds && *check.behind == party_margin{decided, steps, ms, worst};
            holds = holds && check.accepted(1e6) == (steps == 0) && (ms == 0 || !check.accepted(ms * 0.99));
        }
        return holds && verify_choice(group, 99, policy, rules).result == announcement::not_among_hosts;
    });
#endif
}

TEST_CASE("a check for a party reads as a sentence") {
    std::array<float, 6> const rtt_ms{20, 35, 80,  //
                                      90, 40, 15};
    party<> const group{.latency_ms = rtt_ms, .players = 2};
    CHECK(describe(verify_choice(group, 1)).view() == "1 is right");
    CHECK(describe(verify_choice(group, 0)).view() == "0 is not the best: 1 is 50.00 ms better than it");
    CHECK(describe(verify_choice(group, 0, {}, limits{.max_latency_ms = 80})).view() ==
          "0 is not eligible: latency is above the limit; the best is 1");
    party<> const wrong{.latency_ms = std::span{rtt_ms}.first(5), .players = 2};
    CHECK(verify_choice(wrong, 0).result == announcement::nobody_eligible);
    CHECK(verify_choice(wrong, 0).announced->verdict.reason == exclusion::invalid_policy);
    CHECK(verify_choice(wrong, std::nullopt).accepted());
    CHECK(verify_choice(group, 0, {.quantile = -1}).announced->verdict.reason == exclusion::invalid_policy);
    CHECK(verify_choice(group, 0, {}, limits{.max_latency_ms = -1}).announced->verdict.reason ==
          exclusion::invalid_constraints);
}

// ---- fingerprints

TEST_CASE("a fingerprint is the same number everywhere") {
#ifndef __FAST_MATH__
    std::array const ids{7, -5};
    auto const metrics = [](int id) {
        return network_metrics<>{.latency_ms = id + 20.5, .packet_loss = 0.015625};
    };
    CHECK(inputs_fingerprint(ids, metrics) == 0x43E7'28B0'C037'C9E5u);
    CHECK(inputs_fingerprint(cities, known, score_policy{}, limits{.max_latency_ms = 80}) ==
          0xBDA6'4859'D5F9'C469u);
    std::array<float, 4> const rtt_ms{20, 35, 80, 90};
    CHECK(inputs_fingerprint(party<>{.latency_ms = rtt_ms, .players = 2}) ==
          0x3587'5B94'89BD'6232u);
#endif
}

TEST_CASE("any one input that is changed changes the fingerprint") {
    for_all([](splitmix64& random) {
        if (!random.one_in(10)) return true;
        any_inputs<double> in{random};
        auto const fingerprint = [&] { return inputs_fingerprint(in.ids, in.metrics, in.policy, in.rules); };
        auto const before = fingerprint();
        if (in.ids.empty()) {
            in.ids.push_back(0);
            return fingerprint() != before;
        }
        int const id = in.ids[random.below(in.ids.size())];
        if (in.rules.excluded(id)) {  // it does not matter what is known of it
            in.metrics[id] = at(3);
            return fingerprint() == before;
        }
        auto const found = in.metrics.find(id);
        switch (random.below(6)) {
            case 0: std::replace(in.ids.begin(), in.ids.end(), id, id + 1000); break;
            case 1: in.ids.push_back(id); break;
            case 2:
                if (found != in.metrics.end()) in.metrics.erase(found);
                else in.metrics[id] = {};
                break;
            default: {
                if (found == in.metrics.end()) return true;
                auto const old = found->second;
                auto const which = random.pick(oracle::all_metrics);
                auto& field = oracle::field(found->second, which);
                if (random.one_in(3)) field.reset();
                else if (field && oracle::finite(*field) && random.one_in(2)) field = oracle::after(*field);
                else field = oracle::ordinary<double>(which, random);
                auto const a = detail::read_metrics<double>(old), b = detail::read_metrics<double>(found->second);
                auto const same = [](auto const& x, auto const& y) {
                    return x.state == y.state && (!x.measured() || oracle::same_bits(x.value, y.value)) &&
                           (x.state != field_state::invalid || oracle::negative(x.value) == oracle::negative(y.value));
                };
                bool const all_same = (a.failed && b.failed) ||
                                      (a.failed == b.failed && same(a.latency_ms, b.latency_ms) &&
                                       same(a.bandwidth_mbps, b.bandwidth_mbps) &&
                                       same(a.packet_loss, b.packet_loss) && same(a.jitter_ms, b.jitter_ms));
                return (fingerprint() == before) == all_same;
            }
        }
        return fingerprint() != before;
    });
}

TEST_CASE("the numbers of the policy and the limits are in the fingerprint") {
    std::set<std::uint64_t> seen;
    std::size_t tried = 0;
    auto const look = [&](auto const& policy, auto const& rules) {
        ++tried;
        seen.insert(inputs_fingerprint(cities, known, policy, rules));
    };
    score_policy const p{};
    look(p, limits{});
    auto const with = [&](auto change) {
        score_policy other;
        change(other);
        look(other, limits{});
    };
    with([](auto& o) { o.latency_ms.worst = 201; });
    with([](auto& o) { o.latency_ms.best = 1; });
    with([](auto& o) { o.latency_ms.weight = 0.5; });
    with([](auto& o) { o.bandwidth_mbps.best = 11; });
    with([](auto& o) { o.packet_loss.worst = 0.2; });
    with([](auto& o) { o.jitter_ms.weight = 0.1; });
    with([](auto& o) { o.latency_ceiling_ms = 999; });
    with([](auto& o) { o.latency_ms.weight = -1; });  // no sense
    with([](auto& o) { o.combine = combination::weakest; });
    look(p, limits{.max_latency_ms = 80});
    look(p, limits{.max_packet_loss = 0.5});
    look(p, limits{.max_jitter_ms = 80});
    look(p, limits{.min_bandwidth_mbps = 0.5});
    look(p, limits{.min_score = 0.5});
    look(p, limits{.max_latency_ms = -1});  // no sense
    look(p, constraints{limits{}, [](std::string_view id) { return id == "paris"; }});
    constraints<> waiting{{.max_latency_ms = 80}, {}, {{10, {.max_latency_ms = 90}}, {20, {.max_latency_ms = 99}}}, 10};
    look(p, waiting);
    waiting.waited_ms = 20;
    look(p, waiting);
    look(e_model{}, limits{});
    look(e_model{.bpl = 20}, limits{.max_jitter_ms = 80});
    look([](network_metrics<> const& m) { return *m.latency_ms; }, limits{});
    look([](network_metrics<> const& m) { return *m.latency_ms + 1; }, limits{});
    CHECK(seen.size() == tried);
}

TEST_CASE("what makes no difference to the choice makes none to the fingerprint") {
    auto const base = inputs_fingerprint(cities, known);
    CHECK(base == inputs_fingerprint(cities, known, score_policy{}, constraints<>{}));
    CHECK(base == inputs_fingerprint(cities, known, compiled_policy<double>{score_policy{}}));
    CHECK(base == inputs_fingerprint(std::array<std::string, 4>{"madrid", "berlin", "paris", "london"},
                                     std::map<std::string, network_metrics<>>{known.begin(), known.end()}));
    auto const fails = [&](network_metrics<> const& m) {
        return inputs_fingerprint(std::array{1}, [&](int) { return &m; });
    };
    CHECK(fails({.failed = true}) == fails({.latency_ms = 3, .failed = true}));
    CHECK(fails({.failed = true}) == fails({.latency_ms = oracle::infinity()}));
    CHECK(fails({.latency_ms = -1}) != fails({}));
    CHECK(fails({.latency_ms = 1, .packet_loss = -1}) != fails({.latency_ms = 1, .packet_loss = oracle::infinity()}));
    CHECK(fails({.latency_ms = 0.0}) == fails({.latency_ms = -0.0}));

    // Within a step it does not matter how long somebody has waited.
    constraints<> waiting{{.max_latency_ms = 80}, {}, {{10, {.max_latency_ms = 90}}}, 11};
    auto const longer = [&](double ms) {
        waiting.waited_ms = ms;
        return inputs_fingerprint(cities, known, score_policy{}, waiting);
    };
    CHECK(longer(11) == longer(1000));
    CHECK(longer(9) != longer(11));
    CHECK(longer(9) == inputs_fingerprint(cities, known, score_policy{}, limits{.max_latency_ms = 80}));

    // Ids are the same number whatever its type.
    auto const one = [](auto const& id) {
        return inputs_fingerprint(std::array{id}, [](auto const&) { return at(1); });
    };
    CHECK(one(std::int64_t{-7}) == one(std::int8_t{-7}));
    CHECK(one(7u) == one(peer{7}));
    CHECK(one(std::string{"a"}) == one("a"));
}

TEST_CASE("zero is zero in a fingerprint, whatever its sign") {
    auto const of = [](double zero) {
        std::array const hosts{network_metrics<>{.latency_ms = zero, .packet_loss = zero}};
        score_policy const policy{.latency_ms = {.best = zero}, .jitter_ms = {.weight = zero}};
        return inputs_fingerprint(hosts, {}, policy, limits{.max_latency_ms = 50, .max_packet_loss = zero});
    };
    CHECK(of(0.0) == of(-0.0));
}

TEST_CASE("the fingerprint of a party is that of its hosts and players in any order") {
    for_all([](splitmix64& random) {
        if (!random.one_in(20)) return true;
        std::size_t const players = 1 + random.below(4), hosts = 1 + random.below(5);
        std::vector<float> rtt, jitter;
        std::vector<int> ids;
        std::vector<double> weights, scores;
        for (std::size_t n = 0; n < players * hosts; ++n) {
            rtt.push_back(static_cast<float>(random.below(200)));
            jitter.push_back(static_cast<float>(random.below(20)));
        }
        for (std::size_t n = 0; n < hosts; ++n) {
            ids.push_back(static_cast<int>(n));
            scores.push_back(static_cast<double>(random.below(100)));
        }
        for (std::size_t n = 0; n < players; ++n) weights.push_back(static_cast<double>(1 + random.below(3)));
        auto const print = [&](party_policy const& policy = {}) {
            return inputs_fingerprint(
                party<int>{.latency_ms = rtt, .players = players, .jitter_ms = jitter, .weights = weights,
                           .host_scores = scores, .ids = ids}, policy);
        };
        auto const before = print();
        auto const swap_columns = [&](std::size_t a, std::size_t b) {
            for (std::size_t p = 0; p < players; ++p) {
                std::swap(rtt[p * hosts + a], rtt[p * hosts + b]);
                std::swap(jitter[p * hosts + a], jitter[p * hosts + b]);
            }
            std::swap(ids[a], ids[b]);
            std::swap(scores[a], scores[b]);
        };
        auto const swap_rows = [&](std::size_t a, std::size_t b) {
            for (std::size_t h = 0; h < hosts; ++h) {
                std::swap(rtt[a * hosts + h], rtt[b * hosts + h]);
                std::swap(jitter[a * hosts + h], jitter[b * hosts + h]);
            }
            std::swap(weights[a], weights[b]);
        };
        swap_columns(random.below(hosts), random.below(hosts));
        swap_rows(random.below(players), random.below(players));
        bool holds = print() == before;
        for (double& w : weights) w *= 2;
        holds = holds && print() == before && print({.quantile = 0.5}) != before;
        std::size_t const cell = random.below(rtt.size());
        switch (random.below(5)) {
            case 0: rtt[cell] += 1; break;
            case 1: jitter[cell] += 1; break;
            case 2: scores[random.below(hosts)] += 1; break;
            case 3: ids[random.below(hosts)] += 100; break;
            default:
                if (players == 1) return holds;
                weights[random.below(players)] *= 8;
        }
        return holds && print() != before;
    });
}

TEST_CASE("a party that makes no sense has one fingerprint, and who watches does not count") {
    std::array<float, 4> const rtt_ms{20, 35, 80, 90};
    std::array<float, 4> const other_ms{20, 35, 7, 9};
    std::array<double, 2> const watched{1, 0};
    auto const with = [&](std::span<float const> rtt) {
        return inputs_fingerprint(party<>{.latency_ms = rtt, .players = 2, .weights = watched});
    };
    CHECK(with(rtt_ms) == with(other_ms));
    auto const nothing = with(std::span{rtt_ms}.first(3));
    CHECK(nothing == with(std::span{other_ms}.first(1)));
    CHECK(nothing != with(rtt_ms));
    party<> const group{.latency_ms = rtt_ms, .players = 2};
    CHECK(inputs_fingerprint(group, {.quantile = 7}) == nothing);
    CHECK(inputs_fingerprint(group, {}, limits{.max_latency_ms = -7}) == nothing);
    CHECK(inputs_fingerprint(group, {}, limits{.max_latency_ms = 7}) != inputs_fingerprint(group));
}
