// SPDX-License-Identifier: MIT
#include <hostpick/sticky.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

using candidates = std::vector<sticky_candidate<char>>;

/// Moves for whatever is better, at once.
constexpr sticky_policy eager{.margin = 0, .relative_margin = 0, .confidence = 0, .min_samples = 0, .lead = 0s,
                              .dwell = 0s, .grace = 0s, .moves_per_hour = 60, .move_cost = 0};

/// A session that runs on `a` since 0 s.
sticky_choice<char> session_on_a(sticky_policy const& policy) {
    sticky_choice<char> session{policy};
    auto const first = session.decide(candidates{{'a', 50}}, 0s);
    REQUIRE(first.reason == sticky_reason::first_choice);
    REQUIRE(first.host == 'a');
    return session;
}
sticky_policy but(sticky_policy p, auto change) {
    change(p);
    return p;
}

}  // namespace

TEST_CASE("a session gets the best host that is known well enough, or else the best") {
    sticky_choice<char> session;
    CHECK(session.decide({}, 1s).reason == sticky_reason::nobody);
    CHECK_FALSE(session.host());
    CHECK(session.decide(candidates{{'a', 90, 1}, {'b', 50, 3}, {'c', 99, 9, 0, true}, {'d', oracle::nan(), 9}}, 2s).host == 'b');
    sticky_choice<char> other;
    CHECK(other.decide(candidates{{'a', 90, 1}, {'b', 50, 2}}, 2s).host == 'a');
    sticky_choice<char> third;
    CHECK(third.decide(candidates{{'z', 50}, {'b', 50}, {'c', 50}}, 2s).host == 'b');  // the smaller id
}

TEST_CASE("each rule keeps a session where it is, and says so") {
    auto const reason = [](sticky_policy const& policy, candidates const& known, std::chrono::seconds remaining = 3600s) {
        auto session = session_on_a(policy);
        auto const d = session.decide(known, 100s, remaining);
        CHECK(d.moved() == (session.host() == 'b'));
        return d.reason;
    };
    CHECK(reason(eager, {{'a', 50}, {'b', 50.1}}) == sticky_reason::better);
    CHECK(reason(eager, {{'a', 50}, {'b', 50}}) == sticky_reason::best);
    CHECK(reason(eager, {{'a', 50}}) == sticky_reason::best);
    CHECK(reason(eager, {{'a', 50}, {'b', 90, 1, 0, true}}) == sticky_reason::best);
    auto const margin = but(eager, [](auto& p) { p.margin = 5; });
    CHECK(reason(margin, {{'a', 50}, {'b', 54.9}}) == sticky_reason::within_margin);
    CHECK(reason(margin, {{'a', 50}, {'b', 55}}) == sticky_reason::better);
    auto const relative = but(eager, [](auto& p) { p.relative_margin = 0.1; });
    CHECK(reason(relative, {{'a', 50}, {'b', 54.9}}) == sticky_reason::within_margin);
    CHECK(reason(relative, {{'a', 50}, {'b', 55.1}}) == sticky_reason::better);
    CHECK(reason(relative, {{'a', -50}, {'b', -45.1}}) == sticky_reason::within_margin);
    auto const sure = but(eager, [](auto& p) { p.confidence = 2; });
    CHECK(reason(sure, {{'a', 50, 9, 3}, {'b', 59.9, 9, 4}}) == sticky_reason::not_sure);
    CHECK(reason(sure, {{'a', 50, 9, 3}, {'b', 60.1, 9, 4}}) == sticky_reason::better);
    auto const evidence = but(eager, [](auto& p) { p.min_samples = 3; });
    CHECK(reason(evidence, {{'a', 50, 3}, {'b', 60, 2}}) == sticky_reason::few_samples);
    CHECK(reason(evidence, {{'a', 50, 2}, {'b', 60, 3}}) == sticky_reason::few_samples);
    CHECK(reason(evidence, {{'a', 50, 3}, {'b', 60, 3}}) == sticky_reason::better);
    auto const cost = but(eager, [](auto& p) { p.move_cost = 300; });
    CHECK(reason(cost, {{'a', 50}, {'b', 60}}, 29s) == sticky_reason::not_worth_it);
    CHECK(reason(cost, {{'a', 50}, {'b', 60}}, 31s) == sticky_reason::better);
    auto const unsure = but(cost, [](auto& p) { p.confidence = 1; });  // 10 points, of them 5 for sure
    CHECK(reason(unsure, {{'a', 50, 9, 3}, {'b', 60, 9, 4}}, 59s) == sticky_reason::not_worth_it);
    CHECK(reason(unsure, {{'a', 50, 9, 3}, {'b', 60, 9, 4}}, 61s) == sticky_reason::better);
    auto const lasting = [](char host, double score, std::chrono::seconds lasts) {
        return sticky_candidate<char>{.host = host, .score = score, .lasts = lasts};
    };
    CHECK(reason(cost, {lasting('a', 50, 59s), lasting('b', 60, 59s)}) == sticky_reason::not_worth_it);
    CHECK(reason(cost, {lasting('a', 50, 61s), lasting('b', 60, 61s)}) == sticky_reason::better);
    CHECK(reason(cost, {lasting('a', 50, 31s), {'b', 60}}) == sticky_reason::better);
    CHECK(reason(cost, {lasting('a', 50, 0s), {'b', 60}}) == sticky_reason::not_worth_it);
    CHECK(reason(cost, {{'a', 50}, lasting('b', 60, -1s)}) == sticky_reason::not_worth_it);
    CHECK(reason(but(cost, [](auto& p) { p.horizon = 29s; }), {{'a', 50}, {'b', 60}}) == sticky_reason::not_worth_it);
    CHECK(reason(but(cost, [](auto& p) { p.horizon = 31s; }), {{'a', 50}, {'b', 60}}) == sticky_reason::better);
    CHECK(reason(but(eager, [](auto& p) { p.moves_per_hour = 0; }), {{'a', 50}, {'b', 60}}) == sticky_reason::budget_spent);
    CHECK(reason(but(eager, [](auto& p) { p.lead = 1s; }), {{'a', 50}, {'b', 60}}) == sticky_reason::short_lead);
}

TEST_CASE("who leads must lead for a while") {
    auto session = session_on_a(but(eager, [](auto& p) { p.lead = 10s; }));
    candidates const b_leads{{'a', 50}, {'b', 60}}, nobody_leads{{'a', 50}, {'b', 50}};
    CHECK(session.decide(b_leads, 100s).reason == sticky_reason::short_lead);
    CHECK(session.decide(b_leads, 109s).reason == sticky_reason::short_lead);
    CHECK(session.decide(nobody_leads, 109s).reason == sticky_reason::best);
    CHECK(session.decide(b_leads, 110s).reason == sticky_reason::short_lead);
    CHECK(session.decide(b_leads, 120s).reason == sticky_reason::better);
    CHECK(session.host() == 'b');
}

TEST_CASE("after a move comes a rest, and an hour has so many moves") {
    auto session = session_on_a(but(eager, [](auto& p) { p.dwell = 60s, p.moves_per_hour = 2; }));
    candidates const b_leads{{'a', 50}, {'b', 60}}, a_leads{{'a', 50}, {'b', 40}};
    CHECK(session.decide(b_leads, 100s).reason == sticky_reason::better);
    CHECK(session.decide(a_leads, 159s).reason == sticky_reason::dwelling);
    CHECK(session.decide(a_leads, 160s).reason == sticky_reason::better);
    CHECK(session.moves_in_last_hour(160s) == 2);
    CHECK(session.decide(b_leads, 3000s).reason == sticky_reason::budget_spent);
    CHECK(session.decide(b_leads, 3699s).reason == sticky_reason::budget_spent);
    CHECK(session.decide(b_leads, 3700s).reason == sticky_reason::better);
    CHECK(session.moves_in_last_hour(3700s) == 2);
}

TEST_CASE("an incumbent that failed loses the session at once, whatever the rules") {
    sticky_policy const rigid{.margin = 99, .min_samples = 5, .lead = 1h, .dwell = 1h, .moves_per_hour = 0, .move_cost = 1e9};
    auto session = session_on_a(rigid);
    candidates const failed{{'a', 80, 9, 0, true}, {'b', 40, 1}, {'c', 30, 9}};
    auto const d = session.decide(failed, 1s);
    CHECK(d.reason == sticky_reason::incumbent_failed);
    CHECK(d.host == 'c');  // the first that is ready
    auto other = session_on_a(rigid);
    CHECK(other.decide(candidates{{'a', 80, 9, 0, true}, {'b', 40, 1}}, 1s).host == 'b');
    auto alone = session_on_a(rigid);
    auto const kept = alone.decide(candidates{{'a', 80, 9, 0, true}}, 1s);
    CHECK(kept.reason == sticky_reason::no_backup);
    CHECK(kept.host == 'a');
}

TEST_CASE("an incumbent that is not heard of keeps the session for a moment") {
    auto session = session_on_a(but(eager, [](auto& p) { p.grace = 15s; }));
    candidates const only_b{{'b', 90}}, no_number{{'a', oracle::nan()}, {'b', 90}};
    CHECK(session.decide(only_b, 10s).reason == sticky_reason::sample_missing);
    CHECK(session.decide(no_number, 15s).reason == sticky_reason::sample_missing);
    CHECK(session.decide(candidates{{'a', 95}, {'b', 90}}, 16s).reason == sticky_reason::best);
    CHECK(session.decide(only_b, 31s).reason == sticky_reason::sample_missing);
    CHECK(session.decide({}, 32s).reason == sticky_reason::no_backup);
    CHECK(session.decide(only_b, 33s).reason == sticky_reason::incumbent_gone);
    CHECK(session.host() == 'b');
}

TEST_CASE("what makes no sense changes nothing") {
    sticky_choice<char> invalid{{.margin = -1}};
    CHECK(invalid.decide(candidates{{'a', 50}}, 1s).reason == sticky_reason::invalid_policy);
    CHECK_FALSE(invalid.host());
    CHECK(sticky_policy{.moves_per_hour = 61}.error()->member == std::string{"moves_per_hour"});
    CHECK(sticky_policy{.dwell = -1s}.error());
    CHECK(sticky_policy{.horizon = -1s}.error());
    CHECK_FALSE(sticky_policy{.moves_per_hour = {}}.error());
    CHECK(sticky_policy{.move_cost = oracle::nan()}.error());
    CHECK_FALSE(sticky_policy{}.error());
    auto session = session_on_a(eager);
    CHECK(session.decide(candidates{{'a', 50}}, 10s).reason == sticky_reason::best);
    CHECK(session.decide(candidates{{'a', 50}, {'b', 60}}, 9s).reason == sticky_reason::clock_ran_back);
    CHECK(session.host() == 'a');
    CHECK(session.decide(candidates{{'a', 50}, {'b', 60}}, 10s).moved());
    CHECK(session.decide(candidates{{'b', 50}, {'b', 70}, {'c', 60}}, 11s).host == 'c');  // the first of an id counts
}

TEST_CASE("no session breaks the promises of its policy") {
    for (int n = 0; n < HOSTPICK_TEST_CASES / 100; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n)};
        auto const seconds = [&](std::size_t below) { return std::chrono::seconds{random.below(below)}; };
        sticky_policy const p{.margin = static_cast<double>(random.below(10)), .relative_margin = static_cast<double>(random.below(3)) / 10,
                              .confidence = static_cast<double>(random.below(3)), .min_samples = static_cast<unsigned>(random.below(4)),
                              .lead = seconds(20), .dwell = seconds(100), .grace = seconds(20),
                              .moves_per_hour = random.one_in(9) ? std::nullopt : std::optional{static_cast<unsigned>(random.below(8))},
                              .move_cost = static_cast<double>(random.below(300)) + 0.37, .horizon = random.one_in(2) ? 1h : seconds(200)};
        sticky_choice<char> session{p};
        std::chrono::nanoseconds now{}, last_move{-1h}, lead_since{}, heard{};
        std::vector<std::chrono::nanoseconds> moves;
        bool good = true, leading = false;
        for (int step = 0; step < 100 && good; ++step) {
            now += seconds(60);
            candidates known;
            for (char id = 'a'; id < 'e'; ++id)
                if (!random.one_in(6))
                    known.push_back({id, random.one_in(20) ? oracle::nan() : static_cast<double>(random.below(60)),
                                     static_cast<unsigned>(random.below(9)), static_cast<double>(random.below(4)), random.one_in(30), random.one_in(2) ? 1h : seconds(300)});
            auto const remaining = seconds(200);
            auto const before = session.host();
            auto const d = session.decide(known, now, remaining);
            sticky_candidate<char> const* incumbent = nullptr;
            sticky_candidate<char> const* best = nullptr;
            for (auto const& c : known) {
                if (before && c.host == *before) incumbent = &c;
                else if (!c.failed && oracle::finite(c.score) && c.samples >= p.min_samples && (best == nullptr || c.score > best->score)) best = &c;
            }
            bool const known_now = incumbent != nullptr && !incumbent->failed && oracle::finite(incumbent->score);
            double const gain = known_now && best != nullptr ? best->score - incumbent->score : 0;
            double const sure = gain > 0 ? gain - p.confidence * std::hypot(incumbent->deviation, best->deviation) : 0;
            bool const ahead = gain > 0 && gain >= p.margin && gain >= p.relative_margin * std::abs(incumbent->score) - 1e-9 &&
                               incumbent->samples >= p.min_samples && sure > 1e-9;
            if (ahead && !leading) lead_since = now;
            if (known_now) leading = ahead;
            std::size_t recent = 0;
            for (auto const at : moves) recent += now - at < 1h;
            auto const in_seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
            double lasts = std::min(in_seconds(remaining), in_seconds(p.horizon));
            if (ahead) {
                double const a = in_seconds(incumbent->lasts), b = in_seconds(best->lasts);
                lasts = std::min(lasts, a + b > 0 ? a * b / (a + b) : 0);
            }
            bool const should = ahead && now - lead_since >= p.lead && (moves.empty() || now - last_move >= p.dwell) &&
                                (!p.moves_per_hour || recent < *p.moves_per_hour) && sure * lasts > p.move_cost;
            good = session.host() == d.host && d.moved() == (before != d.host);
            if (!before) good = good && d.moved() == d.host.has_value();
            else if (incumbent != nullptr && incumbent->failed) good = good && d.moved() == (d.reason == sticky_reason::incumbent_failed);
            else if (!known_now) good = good && d.moved() == (now - heard > p.grace && best != nullptr);
            else good = good && d.moved() == should && (!should || d.host == best->host);
            if (known_now || d.moved()) heard = now;
            if (d.moved()) {
                leading = false;
                if (before) moves.push_back(last_move = now);
            }
        }
        INFO("case " << n);
        REQUIRE(good);
    }
}
