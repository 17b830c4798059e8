// SPDX-License-Identifier: MIT
#include <hostpick/decide.hpp>
#include <hostpick/decision.hpp>
#include <hostpick/decision_ring.hpp>
#include <hostpick/profiles.hpp>
#include <hostpick/score.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace towns {

enum class town : unsigned char { paris, rome };
std::string_view to_text(town t) { return t == town::paris ? "Paris" : "Rome"; }

}  // namespace towns

namespace {

template <class R>
using record = std::pair<int, network_metrics<R>>;

template <class R>
struct is_odd {
    bool asked = false;
    bool operator()(record<R> const& r) const { return asked && r.first % 2 != 0; }
};

/// Hosts, a policy and rules; ids may repeat.
template <class R>
struct any_inputs {
    std::vector<record<R>> hosts;
    score_policy policy;
    constraints<is_odd<R>> rules;

    any_inputs(splitmix64& random, bool ids_repeat)
        : hosts(random.below(8)),
          policy{oracle::any_policy(random)},
          rules{oracle::any_constraints(random, is_odd<R>{random.one_in(4)})} {
        bool const few_values = random.one_in(4), usual = random.one_in(2);
        if (usual) policy = {.jitter_ms = {.weight = 0.1}};
        if (random.one_in(2)) rules = {};
        int id = -3;
        for (auto& [number, m] : hosts) {
            number = ids_repeat ? static_cast<int>(random.below(3)) : id += 1 + static_cast<int>(random.below(3));
            m = random.one_in(2) ? oracle::any_host<R>(random) : oracle::good_host<R>(random);
            if (few_values) m = {.latency_ms = static_cast<R>(10 * random.below(3)), .bandwidth_mbps = R{5}};
        }
        random.shuffle(hosts);
    }
    [[nodiscard]] auto best() const {
        return select_best_host(hosts, &record<R>::second, policy, rules, &record<R>::first);
    }
    [[nodiscard]] auto decided() const {
        return decide(hosts, &record<R>::second, policy, rules, &record<R>::first);
    }
};

#ifndef __FAST_MATH__

/// The reason by the reference, and the step.
template <class R, class Rules>
std::pair<exclusion, unsigned> reason_of(record<R> const& host, score_policy const& policy, Rules const& rules) {
    if (rules.excluded(host)) return {exclusion::excluded, 0};
    auto const unusable = oracle::unusable(host.second, policy.latency_ceiling_ms);
    if (unusable != exclusion::none) return {unusable, 0};
    return oracle::step_of(host.second, static_cast<double>(calculate_host_score(host.second, policy)), rules);
}

template <class R, class Rules>
std::vector<oracle::entry<int>> ranking_of(std::vector<record<R>> const& hosts, score_policy const& policy,
                                           Rules const& rules) {
    std::vector<oracle::entry<int>> all;
    for (std::size_t n = 0; n < hosts.size(); ++n) {
        auto const [reason, step] = reason_of(hosts[n], policy, rules);
        if (reason == exclusion::none)
            all.push_back({hosts[n].first, n, step,
                           static_cast<double>(calculate_host_score(hosts[n].second, policy)),
                           static_cast<double>(*hosts[n].second.latency_ms)});
    }
    return oracle::ranking(all);
}

constexpr oracle::metric in_oracle(metric m) {
    return m == metric::latency_ms       ? oracle::metric::latency
           : m == metric::bandwidth_mbps ? oracle::metric::bandwidth
           : m == metric::packet_loss    ? oracle::metric::loss
                                         : oracle::metric::jitter;
}

/// Whether the changes are those that change who is chosen, each at the first number that does.
template <class R>
bool are_the_changes(any_inputs<R> in, std::size_t index, bool to_the_best, short_list<metric_change, 4> const& changes) {
    auto const chosen = in.best()->host;
    network_metrics<R> const before = in.hosts[index].second;
    auto const changed_with = [&](metric which, std::optional<R> value) {
        in.hosts[index].second = before;
        oracle::field(in.hosts[index].second, in_oracle(which)) = value;
        auto const now = in.best();
        return !now || now->host != chosen;
    };
    for (metric const which : {metric::latency_ms, metric::bandwidth_mbps, metric::packet_loss, metric::jitter_ms}) {
        bool const high = (which == metric::bandwidth_mbps) == to_the_best;
        R const most = which == metric::packet_loss ? R{1} : std::numeric_limits<R>::max();
        auto const now = oracle::known(oracle::field(in.hosts[index].second = before, in_oracle(which)));
        auto const found = std::find_if(changes.begin(), changes.end(), [&](auto const& c) { return c.which == which; });
        if (found == changes.end()) {
            if (!to_the_best && !now) continue;  // it cannot get worse
            if (changed_with(which, high ? most : R{0})) return false;
            continue;
        }
        R const to = static_cast<R>(found->to);
        if (static_cast<double>(to) != found->to) return false;
        if (found->from.has_value() != now.has_value() || (now && *found->from != static_cast<double>(*now))) return false;
        if (!changed_with(which, to)) return false;
        // One number less is not enough, unless it is enough that there is a number.
        bool const any_number = !now && to == (high ? R{0} : which == metric::packet_loss ? R{1} : most);
        R const less = high ? oracle::before(to) : oracle::after(to);
        if (any_number ? changed_with(which, std::nullopt) : changed_with(which, less)) return false;
    }
    return true;
}

#endif

constexpr network_metrics<> at(double latency_ms) { return {.latency_ms = latency_ms}; }

std::array<std::string_view, 3> const cities{"london", "paris", "berlin"};
std::map<std::string_view, network_metrics<>> const known{{"paris", at(30)}, {"london", at(40)},
                                                          {"berlin", {.failed = true}}};
template <class D>
std::string line(D const& d) {
    return std::string{describe(d).view()};
}

static_assert(std::is_trivially_copyable_v<decision<int>>);
static_assert(sizeof(decision<int>) <= 1024);
static_assert([] {
    std::array const hosts{at(60), at(20), at(30)};
    auto const d = decide(hosts);
    return d.chosen->host == 1 && d.runner_up->host == 2 && d.considered == 3;
}());

}  // namespace

// ---- the examples of the documentation

TEST_CASE("a decision says who was chosen and why in one line") {
    CHECK(line(decide(cities, known)) ==
          "paris chosen: score 34.00, 2.00 points ahead of london; 2 of 3 eligible (1 failed); "
          "london wins with latency 30.00 ms or less (has 40.00); paris loses with latency 40.00 ms or more (has 30.00)");
}

TEST_CASE("a decision is kept with its time and its number") {
    decision_ring<decision<std::string_view>, 64> log;
    log.push(decide(cities, known), 5s);
    for (auto const& [sequence, time, d] : log) {
        CHECK(sequence == 0);
        CHECK(time == 5s);
        CHECK(d.chosen->host == "paris");
    }
    choice_counts<std::string_view, 32> counts;
    counts.add(decide(cities, known));
    CHECK(counts.of("paris") == 1u);
}

// ---- the choice, the runner-up, and who is excluded

TEMPLATE_TEST_CASE("a decision is that of the selection, and its reasons are those of the reference", "", float, double) {
#ifndef __FAST_MATH__  // each call may be optimised in its own way, so equals may change places
    for_all([](splitmix64& random) {
        if (!random.one_in(8)) return true;
        any_inputs<TestType> in{random, random.one_in(2)};
        auto const d = in.decided();
        auto const top = select_top_hosts(in.hosts, &record<TestType>::second, 2, in.policy, in.rules,
                                          &record<TestType>::first);
        auto const is = [](std::optional<judged_host<int>> const& host, host_choice<int> const& choice) {
            return host && host->host == choice.host && host->verdict.eligible() && host->verdict.step == choice.step &&
                   host->verdict.score == choice.score && host->verdict.latency_ms == choice.latency_ms &&
                   host->verdict.parts;
        };
        bool holds = top.empty() ? !d.chosen : is(d.chosen, top[0]);
        holds = holds && (top.size() < 2 ? !d.runner_up && !d.lead : is(d.runner_up, top[1]));
        if (holds && d.lead) {
            int const steps = static_cast<int>(top[1].step) - static_cast<int>(top[0].step);
            auto const decided = steps != 0                             ? criterion::step
                                 : top[0].score != top[1].score           ? criterion::score
                                 : top[0].latency_ms != top[1].latency_ms ? criterion::latency
                                                                          : criterion::id;
            holds = *d.lead == margin{decided, steps, top[0].score - top[1].score,
                                      top[1].latency_ms - top[0].latency_ms};
        }

        std::array<std::size_t, exclusion_kinds> counts{};
        std::vector<std::pair<int, exclusion>> excluded;
        for (auto const& host : in.hosts) {
            auto const reason = reason_of(host, in.policy, in.rules).first;
            ++counts[static_cast<std::size_t>(reason)];
            if (reason != exclusion::none) excluded.emplace_back(host.first, reason);
        }
        std::sort(excluded.begin(), excluded.end());
        excluded.erase(std::unique(excluded.begin(), excluded.end()), excluded.end());
        excluded.resize(std::min<std::size_t>(excluded.size(), 4));
        holds = holds && d.considered == in.hosts.size() && d.eligible == counts[0];
        for (std::size_t kind = 1; kind < exclusion_kinds; ++kind)
            holds = holds && d.excluded_by(static_cast<exclusion>(kind)) == counts[kind];
        holds = holds && std::equal(excluded.begin(), excluded.end(), d.first_excluded.begin(), d.first_excluded.end(),
                                    [](auto const& a, auto const& b) { return a.first == b.host && a.second == b.reason; });
        return holds && d.changes_known == d.chosen.has_value();
    });
#endif
}

TEST_CASE("a decision is the same for hosts in any order") {
#ifndef __FAST_MATH__
    for_all([](splitmix64& random) {
        if (!random.one_in(20)) return true;
        any_inputs<double> in{random, false};
        auto const d = in.decided();
        random.shuffle(in.hosts);
        return in.decided() == d;
    });
#endif
}

// ---- what would have changed the choice

TEMPLATE_TEST_CASE("each change changes the choice, and one number less does not", "", float, double) {
#ifndef __FAST_MATH__
    std::size_t wins = 0, losses = 0, unmeasured = 0;
    for_all([&](splitmix64& random) {
        if (!random.one_in(10)) return true;
        any_inputs<TestType> const in{random, random.one_in(4)};
        auto const d = in.decided();
        auto const top = select_top_hosts(in.hosts, &record<TestType>::second, 2, in.policy, in.rules,
                                          &record<TestType>::first);
        if (top.empty()) return d.runner_up_wins.empty() && d.chosen_loses.empty();
        wins += d.runner_up_wins.size(), losses += d.chosen_loses.size();
        for (auto const& c : d.runner_up_wins) unmeasured += c.from ? 0u : 1u;
        if (top.size() < 2 && !d.runner_up_wins.empty()) return false;
        return are_the_changes(in, top[0].index, false, d.chosen_loses) &&
               (top.size() < 2 || are_the_changes(in, top[1].index, true, d.runner_up_wins));
    });
    CHECK(wins > HOSTPICK_TEST_CASES / 100);
    CHECK(losses > HOSTPICK_TEST_CASES / 100);
    CHECK(unmeasured > HOSTPICK_TEST_CASES / 1000);
#endif
}

TEST_CASE("another policy is asked too, where the metrics can be made") {
    std::array const hosts{network_metrics<>{.latency_ms = 60, .packet_loss = 0.01},
                           network_metrics<>{.latency_ms = 60, .packet_loss = 0.03}};
    auto d = decide(hosts, {}, e_model{});
    REQUIRE(d.changes_known);
    REQUIRE(d.runner_up_wins.size() >= 1);
    for (auto const& c : d.runner_up_wins) {
        auto changed = hosts;
        (c.which == metric::latency_ms ? changed[1].latency_ms : changed[1].packet_loss) = c.to;
        CHECK(select_best_host(changed, {}, e_model{})->host == 1);
    }
    auto const nearest = [](network_metrics<> const& m) { return -*m.latency_ms; };
    d = decide(std::array{at(10), at(20)}, {}, nearest);
    REQUIRE(d.runner_up_wins.size() == 1);
    CHECK(d.runner_up_wins[0].to == oracle::before(10.0));
    REQUIRE(d.chosen_loses.size() == 1);  // a loss that is not known cannot worsen
    CHECK(d.chosen_loses[0] == metric_change{metric::latency_ms, 10, oracle::after(20.0)});
}

TEST_CASE("to know a metric may be enough, whatever it is") {
    auto const knows_bandwidth = [](network_metrics<> const& m) { return m.bandwidth_mbps ? 1 : 0; };
    auto known_bandwidth = at(20);
    known_bandwidth.bandwidth_mbps = 5;
    auto const d = decide(std::array{known_bandwidth, at(10)}, {}, knows_bandwidth);
    CHECK(d.chosen->host == 0);
    REQUIRE(d.runner_up_wins.size() == 1);
    CHECK(d.runner_up_wins[0] == metric_change{metric::bandwidth_mbps, std::nullopt, 0});
}

TEST_CASE("a policy that takes the caller's own metrics is not asked") {
    struct ping { double latency_ms, packet_loss; int region; };
    std::array const hosts{ping{10, 0, 1}, ping{20, 0, 2}};
    auto const d = decide(hosts, {}, [](auto const& m) { return m.region * 2.0; });
    CHECK(d.chosen->host == 1);
    CHECK_FALSE(d.changes_known);
    CHECK(d.chosen_loses.empty());
    // Ramps judge what is read of them, whole numbers too.
    struct whole { int latency_ms; double packet_loss; };
    CHECK(decide(std::array{whole{10, 0}, whole{20, 0}}).runner_up_wins[0] == metric_change{metric::latency_ms, 20, oracle::before(10.0)});
}

TEST_CASE("a host with the best two records loses by no single metric") {
    std::array const records{record<double>{1, at(10)}, record<double>{1, at(20)}, record<double>{2, at(30)}};
    auto const d = decide(records, &record<double>::second, {}, {}, &record<double>::first);
    CHECK(d.runner_up->host == 2);
    CHECK(d.chosen_loses.empty());
    CHECK(d.runner_up_wins.size() >= 1);
}

TEST_CASE("where no single metric changes the choice, the line says so") {
    decision<int> d{.chosen = {{7, {.score = 50}}}, .changes_known = true};
    CHECK(line(d) == "7 chosen: score 50.00; 0 of 0 eligible; no single metric would change that");
}

// ---- the host that a limit keeps from being chosen

TEMPLATE_TEST_CASE("who is blocked is the best of those that only one limit excludes", "", float, double) {
#ifndef __FAST_MATH__
    std::size_t blocked = 0;
    for_all([&](splitmix64& random) {
        if (!random.one_in(8)) return true;
        any_inputs<TestType> const in{random, false};
        auto const d = in.decided();
        auto const freed = [](limits l, exclusion e) {
            if (e == exclusion::latency_limit) l.max_latency_ms.reset();
            if (e == exclusion::packet_loss_limit) l.max_packet_loss.reset();
            if (e == exclusion::jitter_limit) l.max_jitter_ms.reset();
            if (e == exclusion::bandwidth_limit) l.min_bandwidth_mbps.reset();
            if (e == exclusion::score_limit) l.min_score.reset();
            return l;
        };
        std::vector<oracle::entry<int>> candidates;
        std::map<int, exclusion> limit;
        for (std::size_t n = 0; n < in.hosts.size(); ++n) {
            auto const& [id, m] = in.hosts[n];
            auto const reason = reason_of(in.hosts[n], in.policy, in.rules).first;
            if (reason < exclusion::latency_limit || reason > exclusion::score_limit) continue;
            auto rules = in.rules;
            rules.limit = freed(rules.limit, reason);
            rules.relaxed = {};
            for (auto const& s : in.rules.relaxed) rules.relaxed.add({s.after_ms, freed(s.allowed, reason)});
            auto const [still, step] = reason_of(in.hosts[n], in.policy, rules);
            if (still != exclusion::none) continue;
            limit[id] = reason;
            candidates.push_back({id, n, step, static_cast<double>(calculate_host_score(m, in.policy)),
                                  static_cast<double>(*m.latency_ms)});
        }
        candidates = oracle::ranking(candidates);
        bool wins = !candidates.empty();
        if (wins && d.chosen) {
            auto const ranked = ranking_of(in.hosts, in.policy, in.rules);
            wins = oracle::ranking(std::vector{ranked[0], candidates[0]})[0].host == candidates[0].host;
        }
        if (d.blocked.has_value() != wins) return false;
        if (!wins) return true;
        ++blocked;
        auto const& first = candidates[0];
        auto const& m = in.hosts[first.index].second;
        limits widest = in.rules.limit;
        for (auto const& s : in.rules.relaxed)
            if (s.after_ms <= in.rules.waited_ms) widest = detail::completed(s.allowed, widest);
        auto const as_double = [](auto const& x) { return x ? std::optional<double>{*x} : std::nullopt; };
        auto const [has, allows] = [&]() -> std::pair<std::optional<double>, double> {
            switch (limit[first.host]) {
                case exclusion::latency_limit: return {as_double(oracle::known(m.latency_ms)), *widest.max_latency_ms};
                case exclusion::packet_loss_limit: return {as_double(oracle::known(m.packet_loss)), *widest.max_packet_loss};
                case exclusion::jitter_limit: return {as_double(oracle::known(m.jitter_ms)), *widest.max_jitter_ms};
                case exclusion::bandwidth_limit: return {as_double(oracle::known(m.bandwidth_mbps)), *widest.min_bandwidth_mbps};
                default: return {first.score, *widest.min_score};
            }
        }();
        return *d.blocked == blocked_host<int>{first.host, limit[first.host], allows, has, first.score};
    });
    CHECK(blocked > HOSTPICK_TEST_CASES / 200);
#endif
}

TEST_CASE("a host that a limit keeps out is named with its limit") {
    CHECK(line(decide(cities, known, score_policy{}, limits{.max_latency_ms = 20})) ==
          "nobody chosen; 0 of 3 eligible (1 failed, 2 latency_limit); paris wins without the latency_limit");
    auto const d = decide(cities, known, score_policy{}, limits{.max_latency_ms = 20});
    CHECK(d.blocked == blocked_host<std::string_view>{"paris", exclusion::latency_limit, 20, 30, 34});
    // One that breaks two limits would still not be chosen without one of them.
    CHECK_FALSE(decide(cities, known, score_policy{}, limits{.max_latency_ms = 20, .max_jitter_ms = 1}).blocked);
}

// ---- edges

TEST_CASE("a limit that keeps out another record of the chosen host keeps nobody out") {
    std::array const hosts{record<double>{1, at(50)}, record<double>{1, {.latency_ms = 10, .jitter_ms = 30}},
                           record<double>{2, at(60)}};
    limits const calm{.max_jitter_ms = 20};
    auto without_jitter = hosts;
    for (auto& [id, m] : without_jitter) m.jitter_ms = m.jitter_ms.value_or(1);
    auto const d = decide(without_jitter, &record<double>::second, score_policy{}, calm, &record<double>::first);
    CHECK(d.chosen->host == 1);
    CHECK(d.excluded_by(exclusion::jitter_limit) == 1);
    CHECK_FALSE(d.blocked);
}

TEST_CASE("of nothing, nobody is chosen") {
    auto const d = decide(std::array<int, 0>{}, std::map<int, network_metrics<>>{});
    CHECK(d == decision<int>{});
    CHECK(line(d) == "nobody chosen; 0 of 0 eligible");
    auto const one = decide(std::array{at(30)});
    CHECK(one.chosen->host == 0);
    CHECK_FALSE(one.runner_up);
    CHECK_FALSE(one.lead);
    REQUIRE(one.chosen_loses.size() == 1);
    CHECK(one.chosen_loses[0] == metric_change{metric::latency_ms, 30, oracle::after(1000.0)});
    CHECK(line(one) == "0 chosen: score 34.00; 1 of 1 eligible; 0 loses with latency above 1000.00 ms (has 30.00)");
    auto const wrong = decide(std::array{at(30)}, {}, {.latency_ms = {.weight = -1}}, limits{.max_latency_ms = 10});
    CHECK(wrong.excluded_by(exclusion::invalid_policy) == 1);
    CHECK_FALSE(wrong.blocked);
    CHECK(decide(std::array{at(30)}, {}, {}, limits{.max_latency_ms = -10}).excluded_by(exclusion::invalid_constraints) == 1);
    CHECK(wrong.excluded_by(static_cast<exclusion>(200)) == 0);
}

TEST_CASE("who is excluded is listed by id") {
    std::array const ids{9, 3, 7, 1, 5, 3, 0};
    auto const excluded = [](int id) { return id == 3; };
    std::map<int, network_metrics<>> const metrics{{0, at(10)}};
    auto const d = decide(ids, metrics, {}, constraints{limits{}, excluded});
    REQUIRE(d.first_excluded.size() == 4);
    CHECK(d.first_excluded[0] == excluded_host<int>{1, exclusion::no_metrics});
    CHECK(d.first_excluded[1] == excluded_host<int>{3, exclusion::excluded});
    CHECK(d.first_excluded[2] == excluded_host<int>{5, exclusion::no_metrics});
    CHECK(d.first_excluded[3] == excluded_host<int>{7, exclusion::no_metrics});
    CHECK(d.excluded_by(exclusion::excluded) == 2);
    CHECK(d.excluded_by(exclusion::no_metrics) == 4);
}

TEST_CASE("a decision allocates nothing where ids do not") {
    std::array const ids{1, 2, 3};
    auto const metrics = [](int id) { return at(10.0 * id); };
    CHECK(allocations::in([&] {
              auto const d = decide(ids, metrics, score_policy{}, limits{.max_latency_ms = 15});
              (void)describe(d);
          }) == 0);
}

// ---- the line

TEST_CASE("ids are shown as what they are") {
    auto const shown = [](auto const& id) {
        text_line text;
        detail::write_id(text, id);
        return std::string{text.view()};
    };
    CHECK(shown(0) == "0");
    CHECK(shown(-17) == "-17");
    CHECK(shown(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(shown(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(shown(towns::town::rome) == "Rome");
    enum class number : short {};
    CHECK(shown(number{-3}) == "-3");
    CHECK(shown(std::string{"a\nb\x1b[31m\x7f"}) == "a?b?[31m?");
    CHECK(shown(std::string(32, 'x')) == std::string(32, 'x'));
    CHECK(shown(std::string(33, 'x')) == std::string(29, 'x') + "...");
    std::string accents;
    for (int n = 0; n < 20; ++n) accents += "\xC3\xA9";  // é
    CHECK(shown(accents) == accents.substr(0, 28) + "...");
    CHECK(shown(std::string(40, '\x80')) == "...");
    CHECK(shown(std::pair{1, 2}) == "(a host)");
}

TEST_CASE("a bound is rounded to where it still holds") {
    auto const bound = [](double to, bool or_more, metric which = metric::latency_ms) {
        text_line text;
        detail::write_bound(text, to, detail::text_of(which), or_more);
        return std::string{text.view()};
    };
    CHECK(bound(38.2, false) == "38.20 ms or less");
    CHECK(bound(38.2, true) == "38.20 ms or more");
    CHECK(bound(38.2049, false) == "38.20 ms or less");
    CHECK(bound(38.2051, false) == "38.20 ms or less");
    CHECK(bound(38.2049, true) == "38.21 ms or more");
    CHECK(bound(38.2051, true) == "38.21 ms or more");
    CHECK(bound(oracle::after(60.0), true) == "above 60.00 ms");
    CHECK(bound(oracle::before(60.0), false) == "below 60.00 ms");
    CHECK(bound(oracle::before(60.0), true) == "60.00 ms or more");
    CHECK(bound(static_cast<double>(oracle::after(60.0f)), true) == "above 60.00 ms");
    CHECK(bound(0, false) == "0.00 ms or less");
    CHECK(bound(0, true) == "0.00 ms or more");
    CHECK(bound(0.012, false, metric::packet_loss) == "1.20 % or less");
    CHECK(bound(0.01234567, true, metric::packet_loss) == "1.24 % or more");
    CHECK(bound(std::numeric_limits<double>::max(), true, metric::bandwidth_mbps) == "above 1e15 Mbps or more");
}

TEST_CASE("a clause for which there is no room is left out") {
    std::array const ids{std::string(50, 'a'), std::string(50, 'b'), std::string(50, 'c')};
    std::map<std::string, network_metrics<>> const metrics{{ids[0], at(10)}, {ids[1], at(20)}};
    std::string const text = line(decide(ids, metrics));
    CHECK(text.size() <= 240);
    CHECK(text.starts_with(std::string(29, 'a') + "... chosen: score 38.00, 2.00 points ahead of"));
    CHECK((text.ends_with(")") || text.ends_with("eligible")));
}

TEST_CASE("what decided is told in the line") {
    auto const lead = [](margin const& m) {
        return line(decision<int>{.chosen = {{1, {.score = 50, .step = 1}}}, .runner_up = {{2, {}}}, .lead = m});
    };
    CHECK(lead({criterion::step, 2, -3, 0}) ==
          "1 chosen: score 50.00, relaxation step 1, 2 relaxation step(s) earlier than 2; 0 of 0 eligible");
    CHECK(lead({criterion::latency, 0, 0, 3.5}) ==
          "1 chosen: score 50.00, relaxation step 1, 3.50 ms nearer than 2; 0 of 0 eligible");
    CHECK(lead({}) == "1 chosen: score 50.00, relaxation step 1, equal but for the id to 2; 0 of 0 eligible");
    CHECK(to_name(metric::latency_ms) == "latency_ms");
    CHECK(to_name(metric::bandwidth_mbps) == "bandwidth_mbps");
    CHECK(to_name(metric::packet_loss) == "packet_loss");
    CHECK(to_name(metric::jitter_ms) == "jitter_ms");
    CHECK(to_name(static_cast<metric>(99)) == "unknown");
}

TEST_CASE("the smallest change is shown: one of what is measured, by its share") {
    decision<int> d{.chosen = {{1, {}}}, .runner_up = {{2, {}}}, .changes_known = true};
    d.runner_up_wins.push_back({metric::jitter_ms, std::nullopt, 3});
    d.runner_up_wins.push_back({metric::latency_ms, 100, 50});
    d.runner_up_wins.push_back({metric::packet_loss, 0.02, 0.015});
    d.runner_up_wins.push_back({metric::bandwidth_mbps, 2, 4});
    CHECK(line(d).ends_with("; 2 wins with packet loss 1.50 % or less (has 2.00)"));
    CHECK_FALSE(d.runner_up_wins.push_back({}));
    CHECK(d.runner_up_wins.size() == 4);
    decision<int> unknown{.chosen = {{1, {}}}, .runner_up = {{2, {}}}, .changes_known = true};
    unknown.runner_up_wins.push_back({metric::bandwidth_mbps, std::nullopt, 4});
    CHECK(line(unknown).ends_with("; 2 wins with bandwidth 4.00 Mbps or more (not measured)"));
}

// ---- the ring and the counts

TEST_CASE("a ring keeps the last entries in their order") {
    for_all([](splitmix64& random) {
        if (!random.one_in(100)) return true;
        decision_ring<int, 5> ring;
        std::deque<std::tuple<std::uint64_t, rolling::instant, int>> kept;
        std::uint64_t pushed = 0, refused = 0;
        rolling::instant now = -3s;
        bool holds = true;
        for (std::size_t n = random.below(30); n > 0; --n) {
            rolling::instant const then = now + std::chrono::seconds{static_cast<int>(random.below(4)) - 1};
            int const value = static_cast<int>(random.below(100));
            auto const result = ring.push(value, then);
            if (!kept.empty() && then < now) {
                ++refused;
                holds = holds && result == rolling::push_result::clock_ran_back;
            } else {
                now = then;
                holds = holds && result == rolling::push_result::accepted;
                kept.emplace_back(pushed++, then, value);
                if (kept.size() > 5) kept.pop_front();
            }
            auto const same = [](auto const& entry, auto const& k) {
                return std::tuple{entry.sequence, entry.at, entry.decision} == k;
            };
            holds = holds && std::equal(ring.begin(), ring.end(), kept.begin(), kept.end(), same) &&
                    std::equal(ring.rbegin(), ring.rend(), kept.rbegin(), kept.rend(), same) &&
                    ring.size() == kept.size() && ring.refused() == refused &&
                    ring.overwritten() == pushed - kept.size() && ring.empty() == kept.empty();
            if (!kept.empty()) holds = holds && same(ring.oldest(), kept.front()) && same(ring.newest(), kept.back());
        }
        return holds;
    });
}

TEST_CASE("an iterator of a ring goes both ways") {
    decision_ring<int, 2> ring;
    CHECK(ring.begin() == ring.end());
    CHECK(ring.capacity() == 2);
    for (int n = 0; n < 3; ++n) ring.push(n, 0s);
    auto it = ring.begin();
    CHECK((it++)->decision == 1);
    CHECK((it--)->decision == 2);
    CHECK(it == ring.begin());
    CHECK((++it)->decision == 2);
    CHECK(std::next(it) == ring.end());
    CHECK(decision_ring<int, 2>::iterator{} == decision_ring<int, 2>::iterator{});
}
static_assert(std::bidirectional_iterator<decision_ring<int, 3>::iterator>);
static_assert([] {
    decision_ring<int, 1> ring;
    ring.push(7, 1ns);
    ring.push(8, 1ns);
    ring.push(9, 0ns);
    return ring.newest().decision == 8 && ring.overwritten() == 1 && ring.refused() == 1;
}());

TEST_CASE("counts are those of the choices") {
    for_all([](splitmix64& random) {
        if (!random.one_in(100)) return true;
        choice_counts<int, 3> counts;
        std::map<int, std::uint64_t> times;
        std::vector<int> order;
        std::map<unsigned, std::uint64_t> steps;
        std::uint64_t nobody = 0, changes = 0, others = 0, decisions = 0;
        int last = -2;
        for (std::size_t n = random.below(40); n > 0; --n) {
            int const chosen = static_cast<int>(random.below(6)) - 1;  // -1: nobody
            auto const step = static_cast<unsigned>(random.below(12));
            if (random.one_in(2)) {
                decision<int> d;
                if (chosen >= 0) d.chosen = {chosen, {.step = step}};
                counts.add(d);
            } else if (chosen >= 0) {
                counts.add(chosen, step);
            } else {
                counts.add(std::nullopt, step);
            }
            changes += decisions++ > 0 && last != chosen ? 1 : 0;
            last = chosen;
            if (chosen < 0) {
                ++nobody;
                continue;
            }
            ++steps[std::min(step, 8u)];
            if (!times.contains(chosen) && times.size() == 3) {
                ++others;
                continue;
            }
            if (times[chosen]++ == 0) order.push_back(chosen);
        }
        bool holds = counts.decisions() == decisions && counts.nobody() == nobody && counts.changes() == changes &&
                     counts.others() == others && counts.hosts().size() == order.size();
        for (unsigned step = 0; step < 12; ++step) holds = holds && counts.at_step(step) == (step > 8 ? 0 : steps[step]);
        for (std::size_t n = 0; n < order.size(); ++n)
            holds = holds && counts.hosts()[n] == host_count<int>{order[n], times[order[n]]};
        for (int host = 0; host < 5; ++host) {
            auto const of = counts.of(host);
            holds = holds && (times.contains(host) ? of == times[host] : others == 0 ? of == 0u : !of);
        }
        return holds;
    });
}

TEST_CASE("without room for a host, all are others") {
    choice_counts<int, 0> counts;
    counts.add(7);
    CHECK(counts.others() == 1);
    CHECK(counts.hosts().empty());
    CHECK_FALSE(counts.of(7));
}
