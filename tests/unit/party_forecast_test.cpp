// SPDX-License-Identifier: MIT
#include <hostpick/party_forecast.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <hostpick/sticky.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;
using oracle::splitmix64;

static_assert(!forecast_policy.error());
static_assert(!std::is_default_constructible_v<party_forecast>, "there is no usual size");

namespace {

using matrix = std::vector<double>;
constexpr double ceiling = party_forecast::ceiling_ms;

/// Nearly normal: mean 0, deviation 1.
double normal(splitmix64& random) {
    double sum = -6;
    for (int n = 0; n < 12; ++n) sum += random.fraction<double>(1 << 20, 20);
    return sum;
}

/// What a session may live through: paths that keep to a level, and what may befall them.
struct world {
    std::size_t players, hosts;
    splitmix64 random;
    bool own = false;  // host n is player n
    double noise = 0.05;
    std::uint64_t jumps = 0, spikes = 0, holes = 0;  // one in so many; 0: none
    std::vector<double> path{}, host{}, player{};

    world(std::size_t p, std::size_t h, std::uint64_t seed) : players{p}, hosts{h}, random{seed} {
        for (std::size_t n = 0; n < p * h; ++n) path.push_back(between(20, 200));
        host.assign(h, 1);
        player.assign(p, 1);
    }
    double between(double low, double high) {
        return low + (high - low) * random.fraction<double>(1 << 20, 20);
    }
    bool happens(std::uint64_t one_in) { return one_in > 0 && random.one_in(one_in); }
    matrix step() {
        for (auto* levels : {&host, &player})
            for (double& x : *levels)
                if (happens(jumps)) x = between(0.5, 3);
        matrix m;
        for (std::size_t p = 0; p < players; ++p)
            for (std::size_t h = 0; h < hosts; ++h) {
                double& level = path[p * hosts + h];
                if (happens(jumps)) level = between(20, 200);
                double ms = level * host[h] * player[p] * std::max(0.1, 1 + noise * normal(random));
                if (happens(spikes)) ms *= between(3, 10);
                m.push_back(own && p == h ? 0.0 : happens(holes) ? oracle::nan() : ms);
            }
        return m;
    }
};

/// The same forecast from its description: it keeps all that ever was, and asks it anew each time.
/// Only the levels of the paths are the library's; they have tests of their own.
class reference {
public:
    reference(std::size_t players, std::size_t hosts, double step_ns)
        : step_ns_{step_ns}, paths_(players, std::vector<path>(hosts)), players_(players),
          hosts_(hosts) {}

    void see(matrix const& rtt_ms) {
        auto const sample = [&](std::size_t p, std::size_t h) -> std::optional<double> {
            double const ms = rtt_ms[p * hosts_.size() + h];
            if (!oracle::finite(ms) || ms < 0) return std::nullopt;
            return std::min(ms, 1000.0);
        };
        for (auto& p : players_) p.odds.clear();
        for (auto& h : hosts_) h.odds.clear();
        for (std::size_t p = 0; p < players_.size(); ++p)
            for (std::size_t h = 0; h < hosts_.size(); ++h) {
                auto& one = paths_[p][h];
                auto const ms = sample(p, h);
                bool const heard = ms && *ms > 0;
                one.heard.push_back(heard);
                if (!heard) continue;
                players_[p].odds.push_back(one.rtt.change_odds(*ms));
                hosts_[h].odds.push_back(one.rtt.change_odds(*ms));
            }
        for (auto& p : players_) judge(p, player_events_, players_.size());
        for (auto& h : hosts_) judge(h, host_events_, hosts_.size());
        for (std::size_t h = 0; h < hosts_.size(); ++h) {
            auto& host = hosts_[h];
            std::optional<long double> worst;
            long double variance = 0;
            std::size_t missing = 0, own = 0;
            for (std::size_t p = 0; p < players_.size(); ++p) {
                auto& one = paths_[p][h];
                auto const ms = sample(p, h);
                if (ms && *ms <= 0) {
                    ++own;
                    continue;
                }
                if (long_silent(players_[p].heard)) continue;
                long double const told = host.changed + players_[p].changed -
                                         host.changed * players_[p].changed;
                if (ms) one.rtt.push_ms(*ms, static_cast<double>(told));
                else one.rtt.doubt(static_cast<double>(told));
                if (long_silent(one.heard)) {
                    ++missing;
                } else if (!worst || *one.rtt.level_ms() >= *worst) {
                    worst = *one.rtt.level_ms();
                    variance = *one.rtt.level_variance_ms2();
                }
            }
            if (own > 0 && !worst && missing == 0) worst = 0;
            bool const reached = !host.odds.empty() || (worst && *worst <= 0);
            host.missing.push_back(missing);
            host.reached.push_back(reached);
            if (reached && worst && missing == 0) {
                auto const before = host.worst.size();
                bool const next_to = host.reached.size() > 1 && host.reached.rbegin()[1] &&
                                     host.missing.rbegin()[1] == 0;
                long double const mean = long_mean(host);
                if (reached) host.all_changed += host.changed;
                if (next_to && before > 0)
                    return_events_.push_back({host.age, host.worst.back() - mean,
                                              host.worst.back() - *worst, host.variance});
                host.worst.push_back(*worst);
                host.variance = variance;
            } else if (reached) {
                host.all_changed += host.changed;
            }
        }
        for (auto& p : players_) age(p, player_events_);
        for (auto& h : hosts_) age(h, host_events_);
        long double sum = 0, count = 0;
        for (auto const& h : hosts_)
            if (!h.worst.empty()) sum += mean_of(h.worst), count += 1;
        usual_ = count > 0 ? sum / count : 0;
    }

    [[nodiscard]] std::optional<party_outlook> expect(std::size_t index) const {
        auto const& h = hosts_[index];
        if (h.reached.empty() || !h.reached.back()) return std::nullopt;
        if (h.missing.back() > 0)
            return party_outlook{1000, 0, (std::chrono::nanoseconds::max)(), h.missing.back()};
        long double const lost =
            std::max(hazard(host_events_, hosts_.size(), h.age), returning(h.age));
        long double const worst = h.worst.back();
        return party_outlook{
            static_cast<double>((1 - lost) * worst + lost * long_mean(h)),
            static_cast<double>(std::sqrt(h.variance)),
            std::chrono::nanoseconds{static_cast<std::int64_t>(step_ns_ / std::max(lost, 1e-6L))},
            0};
    }

private:
    struct path {
        rolling::adaptive_rtt rtt{};
        std::vector<bool> heard{};
    };
    struct line {
        std::vector<double> odds{};
        std::vector<bool> heard{};
        long double changed = 0;
        std::size_t age = 0;
    };
    struct host_line : line {
        std::vector<long double> worst{};
        std::vector<std::size_t> missing{};
        std::vector<bool> reached{};
        long double variance = 0, all_changed = 1;
    };
    struct change_event {
        std::size_t age;
        long double probability;
    };
    struct return_event {
        std::size_t age;
        long double away, fell, variance;
    };

    static bool long_silent(std::vector<bool> const& heard) {
        auto const last = std::find(heard.rbegin(), heard.rend(), true);
        return last == heard.rend() || last - heard.rbegin() > 4;
    }
    static long double mean_of(std::vector<long double> const& all) {
        return std::accumulate(all.begin(), all.end(), 0.0L) /
               static_cast<long double>(all.size());
    }
    static bool alike(std::size_t a, std::size_t b) {
        return std::min<std::size_t>(a, 12) == std::min<std::size_t>(b, 12);
    }
    static long double hazard(std::vector<change_event> const& events, std::size_t count,
                              std::size_t age) {
        auto const n = static_cast<long double>(count);
        long double changes = 0, here = 0, steps_here = 0;
        for (auto const& e : events) {
            changes += e.probability;
            if (alike(e.age, age)) here += e.probability, steps_here += 1;
        }
        auto const steps = static_cast<long double>(events.size());
        long double const usual = (changes + n / 10) / (steps + 20 * n);
        return (here + 4 * usual) / (steps_here + 4);
    }
    [[nodiscard]] long double returning(std::size_t age) const {
        if (return_events_.empty()) return 0;
        long double lost = 0, distance = 0, lost_here = 0, distance_here = 0;
        for (auto const& e : return_events_) {
            long double const weight = e.away * e.away + e.variance;
            lost += e.away * e.fell;
            distance += weight;
            if (alike(e.age, age)) lost_here += e.away * e.fell, distance_here += weight;
        }
        long double const mean = distance / static_cast<long double>(return_events_.size());
        long double const twenty = 20 * mean * static_cast<long double>(hosts_.size());
        if (!(mean > 0)) return 0;
        long double const usual = std::clamp(lost / (distance + twenty), 0.0L, 1.0L);
        return std::clamp((lost_here + 4 * mean * usual) / (distance_here + 4 * mean), 0.0L, 1.0L);
    }
    [[nodiscard]] long double long_mean(host_line const& h) const {
        if (h.worst.empty()) return usual_;
        long double const weight =
            h.all_changed + static_cast<long double>(h.worst.size()) / 10;
        return (weight * mean_of(h.worst) + usual_) / (weight + 1);
    }
    static void judge(line& l, std::vector<change_event> const& events, std::size_t count) {
        l.heard.push_back(!l.odds.empty());
        l.changed = 0;
        if (l.odds.empty() || l.age == 0) return;
        long double const h = std::max(hazard(events, count, l.age), 0.001L);
        long double odds = h / (1 - h);
        for (double const o : l.odds) odds *= o;
        l.changed = odds / (odds + 1);
    }
    static void age(line& l, std::vector<change_event>& events) {
        if (!l.odds.empty() && l.age > 0) events.push_back({l.age, l.changed});
        if (l.changed > 0.5L) l.age = 1;
        else if (!l.odds.empty() || l.age > 0) ++l.age;
    }

    long double step_ns_, usual_ = 0;
    std::vector<std::vector<path>> paths_;
    std::vector<line> players_;
    std::vector<host_line> hosts_;
    std::vector<change_event> player_events_{}, host_events_{};
    std::vector<return_event> return_events_{};
};

bool same(party_forecast const& a, party_forecast const& b) {
    return std::equal(a.candidates().begin(), a.candidates().end(), b.candidates().begin(),
                      b.candidates().end());
}

/// How often a session moves in these steps, and where it is then.
struct played {
    std::size_t moves = 0, host = 0;
};
class game {
public:
    game(std::size_t players, std::size_t hosts) : forecast{players, hosts, 15s} {}
    played play(std::size_t steps, auto next) {
        played p;
        for (std::size_t n = 0; n < steps; ++n) {
            forecast.see(next());
            auto const d = session.decide(forecast.candidates(), now += 15s);
            p.moves += d.moved() ? 1 : 0;
            p.host = d.host.value_or(99);
        }
        return p;
    }
    party_forecast forecast;
    sticky_choice<std::size_t> session{forecast_policy};

private:
    rolling::instant now{};
};

}  // namespace

TEST_CASE("before the first step nothing is expected") {
    party_forecast const forecast{2, 3, 15s};
    CHECK(forecast.players() == 2);
    CHECK(forecast.hosts() == 3);
    CHECK(forecast.candidates().empty());
    CHECK_FALSE(forecast.expect(0));
    CHECK_FALSE(forecast.expect(3));
}

TEST_CASE("the first step is expected again, of its worst player") {
    party_forecast forecast{2, 3, 15s};
    REQUIRE(forecast.see(matrix{20, 35, 80,  //
                                90, 40, 15}));
    CHECK(forecast.steps() == 1);
    REQUIRE(forecast.candidates().size() == 3);
    for (auto const& [host, ms] : {std::pair{0, 90.0}, {1, 40.0}, {2, 80.0}}) {
        auto const& c = forecast.candidates()[static_cast<std::size_t>(host)];
        CHECK(c.host == static_cast<std::size_t>(host));
        CHECK(c.score == Catch::Approx(-ms).epsilon(0.01));  // a little towards the usual
        CHECK(c.samples == 1);
        CHECK_FALSE(c.failed);
        auto const outlook = *forecast.expect(c.host);
        CHECK(outlook.worst_ms == -c.score);
        CHECK(outlook.deviation_ms == c.deviation);
        CHECK(outlook.deviation_ms > 0);
        CHECK(outlook.lasts == c.lasts);
        CHECK(outlook.lasts > 15s);
        CHECK(outlook.missing == 0);
    }
    sticky_choice<std::size_t> session{forecast_policy};
    CHECK(session.decide(forecast.candidates(), 15s).host == 1);
}

TEST_CASE("a forecast is what its description says") {
    for (std::size_t n = 0; n < 120; ++n) {
        splitmix64 random{n};
        std::size_t const players = 1 + random.below(6), hosts = 1 + random.below(6);
        world w{players, hosts, n + 1000};
        w.own = random.one_in(2);
        w.noise = random.fraction<double>(16, 6);
        w.jumps = random.below(60);
        w.spikes = random.below(40);
        w.holes = random.one_in(3) ? 2 + random.below(30) : 0;
        party_forecast forecast{players, hosts, 7s};
        reference expected{players, hosts, 7e9};
        std::size_t gone = hosts;
        for (int i = 0; i < 80; ++i) {
            auto m = w.step();
            if (random.one_in(25)) gone = random.below(hosts + 1);
            for (std::size_t p = 0; gone < hosts && p < players; ++p)  // a host is down
                m[p * hosts + gone] = random.one_in(2) ? -1 : oracle::infinity();
            if (n % 4 == 0 && i > 30 && i < 45) std::fill_n(m.begin(), hosts, oracle::nan());
            if (random.one_in(20)) m[random.below(m.size())] = 5000;
            REQUIRE(forecast.see(m));
            expected.see(m);
            for (std::size_t h = 0; h < hosts; ++h) {
                CAPTURE(n, i, h, players, hosts);
                auto const a = forecast.expect(h), b = expected.expect(h);
                REQUIRE(a.has_value() == b.has_value());
                if (!a) continue;
                REQUIRE(a->worst_ms == Catch::Approx(b->worst_ms).epsilon(1e-6).margin(1e-9));
                REQUIRE(a->deviation_ms == Catch::Approx(b->deviation_ms).epsilon(1e-6));
                REQUIRE(a->missing == b->missing);
                REQUIRE(static_cast<double>(a->lasts.count()) ==
                        Catch::Approx(static_cast<double>(b->lasts.count())).epsilon(1e-6));
            }
        }
    }
}

TEST_CASE("a session follows its host's jump at once, and once") {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        CAPTURE(seed);
        world w{4, 3, seed};
        std::fill(w.path.begin(), w.path.end(), 50);
        w.host = {1, 1.5, 2};
        game g{4, 3};
        auto const next = [&] { return w.step(); };
        CHECK(g.play(60, next).host == 0);
        w.host[0] = 4;
        auto const after = g.play(1, next);
        CHECK(after.moves == 1);
        CHECK(after.host == 1);
        CHECK(g.play(60, next).moves == 0);
    }
}

TEST_CASE("a session stays through the spikes that it has learned to expect") {
    std::size_t moves = 0, spikes = 0, on_best = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        world w{4, 3, seed};
        std::fill(w.path.begin(), w.path.end(), 50);
        w.host = {1, 1.5, 2};
        w.spikes = 60;
        game g{4, 3};
        g.play(150, [&] { return w.step(); });
        on_best += g.session.host() == 0U ? 1 : 0;
        moves += g.play(150, [&] { return w.step(); }).moves;
        spikes += 150 * 4 / 60;
    }
    CHECK(on_best >= 18);
    CHECK(moves < spikes / 10);
}

TEST_CASE("a session with equal hosts settles") {
    std::size_t moves = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        world w{6, 6, seed};
        std::fill(w.path.begin(), w.path.end(), 80);
        w.noise = 0.1;
        game g{6, 6};
        g.play(60, [&] { return w.step(); });
        moves += g.play(200, [&] { return w.step(); }).moves;
    }
    CHECK(moves < 20 * 200 / 50);  // the newest sample's best changes nearly every step
}

TEST_CASE("when a player's line changes all of its paths are believed, when a host's does too") {
    auto const player = GENERATE(true, false);
    world w{8, 8, 5};
    std::fill(w.path.begin(), w.path.end(), 100);
    party_forecast forecast{8, 8, 15s};
    for (int n = 0; n < 60; ++n) forecast.see(w.step());
    auto const near_again = [&](matrix const& m) {
        auto after = forecast;
        after.see(m);
        double sum = 0;
        for (auto const& c : after.candidates()) sum -= c.score / 8;
        return sum;
    };
    auto const usual = w.step();
    auto one = usual, line = usual;
    for (std::size_t n = 0; n < 8; ++n) (player ? line[3 * 8 + n] : line[n * 8 + 3]) = 130;
    one[3 * 8 + 3] = 130;
    double const moved = near_again(line) - near_again(usual);
    CHECK(moved > (player ? 20 : 20.0 / 8));
    CHECK(near_again(one) - near_again(usual) < moved / (player ? 8 : 1));
}

TEST_CASE("the order of players and hosts does not matter") {
    for (std::size_t n = 0; n < 60; ++n) {
        world w{5, 4, n};
        w.jumps = 50, w.spikes = 60, w.holes = 40;
        splitmix64 random{n};
        std::vector<std::size_t> player(5), host(4);
        std::iota(player.begin(), player.end(), 0U);
        std::iota(host.begin(), host.end(), 0U);
        for (auto* order : {&player, &host})
            for (std::size_t i = order->size(); i > 1; --i)
                std::swap((*order)[i - 1], (*order)[random.below(i)]);
        party_forecast forecast{5, 4, 15s}, other{5, 4, 15s};
        for (int i = 0; i < 60; ++i) {
            auto const m = w.step();
            matrix mixed(m.size());
            for (std::size_t p = 0; p < 5; ++p)
                for (std::size_t h = 0; h < 4; ++h) mixed[p * 4 + h] = m[player[p] * 4 + host[h]];
            forecast.see(m);
            other.see(mixed);
            for (std::size_t h = 0; h < 4; ++h) {
                auto const a = other.expect(h), b = forecast.expect(host[h]);
                REQUIRE(a.has_value() == b.has_value());
                if (!a) continue;
                REQUIRE(a->worst_ms == Catch::Approx(b->worst_ms).epsilon(1e-6));
                REQUIRE(a->deviation_ms == Catch::Approx(b->deviation_ms).epsilon(1e-6));
            }
        }
    }
}

TEST_CASE("a host that nobody reaches has no outlook, and loses its session after the grace") {
    party_forecast forecast{2, 2, 15s};
    sticky_choice<std::size_t> session{forecast_policy};
    double const none = oracle::nan();
    rolling::instant now{};
    auto const reason = [&](matrix const& m) {
        forecast.see(m);
        return session.decide(forecast.candidates(), now += 15s).reason;
    };
    CHECK(reason({30, 60, 30, 60}) == sticky_reason::first_choice);
    CHECK(reason({none, 60, none, 60}) == sticky_reason::sample_missing);
    CHECK_FALSE(forecast.expect(0));
    CHECK(forecast.expect(1));
    CHECK(reason({30, 60, 30, 60}) == sticky_reason::best);
    CHECK(reason({none, 60, none, 60}) == sticky_reason::sample_missing);
    CHECK(reason({none, 60, none, 60}) == sticky_reason::sample_missing);
    CHECK(reason({none, 60, none, 60}) == sticky_reason::incumbent_gone);
    CHECK(session.host() == 1U);
    CHECK(reason({none, none, none, none}) == sticky_reason::sample_missing);
    CHECK(forecast.candidates().empty());
}

TEST_CASE("a path that is missing keeps its level for four steps, then it is the worst there is") {
    party_forecast forecast{2, 2, 15s};
    double const none = oracle::nan();
    forecast.see(matrix{30, 60, 30, 60});
    for (int n = 1; n <= 6; ++n) {
        CAPTURE(n);
        forecast.see(matrix{30, 60, none, 60});
        auto const outlook = *forecast.expect(0);
        CHECK(outlook.missing == (n > 4 ? 1U : 0U));
        CHECK((outlook.worst_ms == ceiling) == (n > 4));
        CHECK(forecast.expect(1)->worst_ms < 70);
    }
    forecast.see(matrix{30, 60, 31, 60});
    CHECK(forecast.expect(0)->missing == 0);
    CHECK(forecast.expect(0)->worst_ms < 50);

    party_forecast never{2, 2, 15s};
    never.see(matrix{30, 60, none, 60});
    CHECK(never.expect(0)->worst_ms == ceiling);
    sticky_choice<std::size_t> session{forecast_policy};
    CHECK(session.decide(never.candidates(), 15s).host == 1);
}

TEST_CASE("a player of whom nothing is known does not count") {
    double const none = oracle::nan();
    party_forecast forecast{3, 2, 15s};  // the third may join later
    forecast.see(matrix{30, 60, 40, 50, none, none});
    CHECK(forecast.expect(0)->worst_ms == Catch::Approx(40).epsilon(0.05));
    forecast.see(matrix{30, 60, 40, 50, 300, 20});
    CHECK(forecast.expect(0)->worst_ms > 250);
    for (int n = 1; n <= 6; ++n) {
        forecast.see(matrix{30, 60, 40, 50, none, none});  // and leave
        CAPTURE(n);
        if (n <= 4) CHECK(forecast.expect(0)->worst_ms > 250);
    }
    for (int n = 0; n < 20; ++n) forecast.see(matrix{30, 60, 40, 50, none, none});
    CHECK(forecast.expect(0)->worst_ms < 80);
    CHECK(forecast.expect(0)->missing == 0);
}

TEST_CASE("a player who is the host is never its worst") {
    party_forecast forecast{2, 2, 15s};
    forecast.see(matrix{0, 60, 30, -0.0});
    CHECK(forecast.expect(0)->worst_ms == Catch::Approx(30).epsilon(0.05));
    CHECK(forecast.expect(1)->worst_ms == Catch::Approx(60).epsilon(0.05));

    party_forecast alone{1, 1, 15s};
    alone.see(matrix{0});
    CHECK(alone.expect(0)->worst_ms == 0);
    CHECK(alone.expect(0)->deviation_ms == 0);

    party_forecast down{2, 1, 15s};  // its own cell does not say that it is up
    down.see(matrix{0, 30});
    down.see(matrix{0, oracle::nan()});
    CHECK_FALSE(down.expect(0));
    for (int n = 0; n < 5; ++n) down.see(matrix{0, oracle::nan()});
    CHECK(down.expect(0)->worst_ms < 1);  // there is nobody else any more
}

TEST_CASE("a matrix of another shape changes nothing but a counter") {
    world w{3, 4, 9};
    party_forecast forecast{3, 4, 15s};
    for (int n = 0; n < 10; ++n) forecast.see(w.step());
    auto const before = forecast;
    CHECK_FALSE(forecast.see(matrix{}));
    CHECK_FALSE(forecast.see(matrix(11, 50.0)));
    CHECK_FALSE(forecast.see(std::vector<float>(13, 50.0F)));
    CHECK(forecast.refused() == 3);
    CHECK(forecast.steps() == 10);
    CHECK(same(forecast, before));
    auto untouched = before;
    auto const next = w.step();
    forecast.see(next);
    untouched.see(next);
    CHECK(same(forecast, untouched));
}

TEST_CASE("sizes of none and one are as good as any") {
    for (std::size_t players = 0; players < 2; ++players)
        for (std::size_t hosts = 0; hosts < 2; ++hosts) {
            party_forecast forecast{players, hosts, 15s};
            CHECK(forecast.see(matrix(players * hosts, 50.0)));
            CHECK(forecast.candidates().size() == players * hosts);
        }
}

TEST_CASE("floats are taken as doubles are") {
    world w{3, 3, 11};
    party_forecast a{3, 3, 15s}, b{3, 3, 15s};
    for (int n = 0; n < 40; ++n) {
        auto const m = w.step();
        std::vector<float> const narrow(m.begin(), m.end());
        a.see(narrow);
        b.see(matrix(narrow.begin(), narrow.end()));
        REQUIRE(same(a, b));
    }
}

TEST_CASE("a forecast allocates nothing after it is made") {
    world w{8, 8, 12};
    w.holes = 20;
    party_forecast forecast{8, 8, 15s};
    std::vector<matrix> steps;
    for (int n = 0; n < 50; ++n) steps.push_back(w.step());
    CHECK(allocations::in([&] {
              for (auto const& m : steps) forecast.see(m);
          }) == 0);
    CHECK(forecast.candidates().size() == 8);
}

TEST_CASE("a level lasts as many steps as its hosts' habits say, however long a step is") {
    world calm{4, 4, 13}, wild{4, 4, 13};
    wild.jumps = 5;
    party_forecast one{4, 4, 1s}, ten{4, 4, 10s}, shaken{4, 4, 1s}, none{4, 4, 0s},
        back{4, 4, -1s}, ever{4, 4, (std::chrono::nanoseconds::max)()};
    for (int n = 0; n < 100; ++n) {
        auto const m = calm.step();
        for (auto* f : {&one, &ten, &none, &back, &ever}) f->see(m);
        shaken.see(wild.step());
    }
    for (std::size_t h = 0; h < 4; ++h) {
        CHECK(one.expect(h)->lasts > 10s);
        CHECK(static_cast<double>(ten.expect(h)->lasts.count()) ==
              Catch::Approx(10 * static_cast<double>(one.expect(h)->lasts.count())));
        CHECK(shaken.expect(h)->lasts < one.expect(h)->lasts / 2);
        CHECK(none.expect(h)->lasts == 0s);
        CHECK(back.expect(h)->lasts == 0s);
        CHECK(ever.expect(h)->lasts == (std::chrono::nanoseconds::max)());
    }
}

TEST_CASE("whatever comes, what is expected is finite and below the ceiling") {
    for (std::size_t n = 0; n < 500; ++n) {
        splitmix64 random{n};
        std::size_t const players = 1 + random.below(20), hosts = 1 + random.below(5);
        party_forecast forecast{players, hosts, 15s};
        for (int i = 0; i < 40; ++i) {
            matrix m;
            for (std::size_t c = 0; c < players * hosts; ++c)
                m.push_back(random.one_in(4)
                                ? oracle::extreme<double>(oracle::metric::latency, random)
                                : oracle::ordinary<double>(oracle::metric::latency, random));
            REQUIRE(forecast.see(m));
            for (auto const& c : forecast.candidates()) {
                CAPTURE(n, i, c.host, c.score, c.deviation);
                REQUIRE(oracle::finite(c.score));
                REQUIRE(c.score <= 0);
                REQUIRE(c.score >= -ceiling * (1 + 1e-9));
                REQUIRE(oracle::finite(c.deviation));
                REQUIRE(c.deviation >= 0);
                REQUIRE(c.deviation <= ceiling);
                REQUIRE(c.lasts >= 0s);
            }
        }
    }
}

TEST_CASE("many players who all jump leave a number") {
    party_forecast forecast{300, 2, 15s};
    matrix low(600, 20.0), high(600, 900.0);
    for (int n = 0; n < 200; ++n) {
        forecast.see(n % 2 == 0 ? low : high);
        if (n < 30) forecast.see(low);
        for (auto const& c : forecast.candidates()) REQUIRE(oracle::finite(c.score));
    }
}

#ifndef __FAST_MATH__
TEST_CASE("a forecast has the same bits everywhere") {
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325u;
    auto const add = [&](std::uint64_t x) {
        for (int shift = 0; shift < 64; shift += 8)
            hash = (hash ^ (x >> shift & 0xFFu)) * 0x0000'0100'0000'01B3u;
    };
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        splitmix64 random{seed};
        party_forecast forecast{5, 6, 15s};
        for (int n = 0; n < 60; ++n) {
            // Exact numbers: what a compiler does with the world's products is its own affair.
            matrix m;
            for (int c = 0; c < 30; ++c)
                m.push_back(random.one_in(30) ? -1.0
                            : random.one_in(20)
                                ? 300 + random.fraction<double>(1 << 20, 10)
                                : 40 + c + random.fraction<double>(1 << 13, 10));
            forecast.see(m);
            for (auto const& c : forecast.candidates()) {
                add(std::bit_cast<std::uint64_t>(c.score));
                add(std::bit_cast<std::uint64_t>(c.deviation));
                add(static_cast<std::uint64_t>(c.lasts.count()));
            }
        }
    }
    CHECK(hash == 0x0E95'C76A'420D'93EFu);
}
#endif
