// SPDX-License-Identifier: MIT
#include <hostpick/spread.hpp>

#include <hostpick/select.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace hostpick;
using oracle::splitmix64;

namespace {

struct choice {
    int host = 0;
    double score = 0;
    unsigned step = 0;
    double latency_ms = 0;
    int room = 1;
    friend bool operator==(choice const&, choice const&) = default;
};
using choices = std::vector<choice>;

std::uint64_t mixed(std::uint64_t x) { return splitmix64{x}(); }

/// What the documentation says: who may be chosen, and with which weight. Scores and margins of the
/// tests are multiples of powers of two, so that nothing is rounded.
std::vector<std::uint64_t> weights(choices const& all, spread_policy const& p) {
    auto const runs = [](choice const& c) { return oracle::finite(c.score) && c.room > 0; };
    unsigned step = ~0u;
    for (auto const& c : all)
        if (runs(c)) step = std::min(step, c.step);
    double best = -1e300;
    for (auto const& c : all)
        if (runs(c) && c.step == step) best = std::max(best, c.score);
    std::vector<std::uint64_t> result;
    for (auto const& c : all) {
        if (!runs(c) || c.step != step || best - c.score > p.margin) {
            result.push_back(0);
            continue;
        }
        double const closeness = c.score == best ? 1 : (p.margin - (best - c.score)) / p.margin;
        auto const wanted = static_cast<std::uint64_t>(1023 * (p.edge_weight + (1 - p.edge_weight) * closeness));
        result.push_back((1 + wanted) * static_cast<std::uint64_t>(std::min(c.room, 16383)));
    }
    return result;
}

/// How long each takes in the race, with the library's logarithm; infinite of those who do not run.
std::vector<long double> times(choices const& all, std::uint64_t seed, spread_policy const& p) {
    std::vector<long double> result;
    auto const w = weights(all, p);
    for (std::size_t n = 0; n < all.size(); ++n) {
        std::uint64_t const u = mixed(mixed(seed) ^ mixed(static_cast<std::uint64_t>(all[n].host)));
        result.push_back(w[n] == 0 ? 1e30L : (64 - std::log2(static_cast<long double>(u | 1))) / static_cast<long double>(w[n]));
    }
    return result;
}

/// Pearson's statistic; `expected` are probabilities, and where one is 0 nothing may have been counted.
double chi_square(std::vector<std::size_t> const& counted, std::vector<double> const& expected) {
    double all = 0, sum = 0;
    for (std::size_t const n : counted) all += static_cast<double>(n);
    for (std::size_t n = 0; n < counted.size(); ++n) {
        double const should = expected[n] * all, off = static_cast<double>(counted[n]) - should;
        if (should > 0) sum += off * off / should;
        else if (counted[n] > 0) return 1e9;
    }
    return sum;
}
/// What it exceeds with a probability of 1e-4, by Wilson and Hilferty; seeds are fixed, so a test
/// fails always or never.
double most_for(std::size_t degrees) {
    double const k = static_cast<double>(degrees), z = 3.719, c = 2 / (9 * k);
    double const root = 1 - c + z * std::sqrt(c);
    return k * root * root * root;
}

choices random_choices(splitmix64& random) {
    choices all;
    int id = static_cast<int>(random.below(100)) - 50;
    for (std::size_t n = random.below(9); n > 0; --n) {
        id += 1 + static_cast<int>(random.below(3));
        all.push_back({id, random.fraction<double>(80, 2), static_cast<unsigned>(random.below(2)), random.fraction<double>(9, 0),
                       static_cast<int>(random.below(5)) - 1});
        if (random.one_in(20)) all.back().score = oracle::nan();
        if (random.one_in(20)) all.back().score = oracle::infinity();
    }
    return all;
}
spread_policy random_policy(splitmix64& random) {
    constexpr double margins[] = {0, 1, 4, 8, 16, 64};
    constexpr double edges[] = {0, 0.25, 0.5, 1};
    return {random.pick(margins), random.pick(edges)};
}

std::vector<double> shares(std::vector<std::uint64_t> const& weights) {
    double sum = 0;
    std::vector<double> result;
    for (auto const w : weights) sum += static_cast<double>(w);
    for (auto const w : weights) result.push_back(static_cast<double>(w) / sum);
    return result;
}

}  // namespace

TEST_CASE("the choice is the first in a race of exponential times, whatever the order of the hosts") {
    for_all([](splitmix64& random) {
        auto all = random_choices(random);
        auto const policy = random_policy(random);
        std::uint64_t const seed = random();
        auto const took = times(all, seed, policy);
        std::size_t first = 0, second = 0;
        for (std::size_t n = 0; n < all.size(); ++n)
            if (took[n] < took[first]) first = n;
        if (first == 0 && all.size() > 1) second = 1;
        for (std::size_t n = 0; n < all.size(); ++n)
            if (n != first && took[n] < took[second]) second = n;
        auto const winner = select_spread_host(all, seed, policy), of_two = select_host_of_two(all, seed, policy);
        if (all.empty() || took[first] >= 1e30L) return !winner && !of_two;
        if (!winner || !of_two) return false;
        auto const better = [](choice const& a, choice const& b) {
            if (a.score != b.score) return a.score > b.score;
            return a.latency_ms != b.latency_ms ? a.latency_ms < b.latency_ms : a.host < b.host;
        };
        bool const close = took[second] < took[first] * 1.000001L;  // closer than the logarithm is right to
        if (!close && winner->host != all[first].host) return false;
        bool const two = all.size() > 1 && took[second] < 1e30L;
        auto const& best = two && better(all[second], all[first]) ? all[second] : all[first];
        bool third_close = false;
        for (std::size_t n = 0; n < all.size(); ++n) third_close = third_close || (n != first && n != second && took[n] < took[second] * 1.000001L && took[n] < 1e30L);
        if (!close && !third_close && of_two->host != best.host) return false;

        random.shuffle(all);
        if (select_spread_host(all, seed, policy)->host != winner->host) return false;
        if (select_host_of_two(all, seed, policy)->host != of_two->host) return false;
        choice repeated = all[random.below(all.size())];  // an id counts once, with its largest weight
        repeated.room -= static_cast<int>(random.below(3));
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(random.below(all.size() + 1)), repeated);
        return select_spread_host(all, seed, policy)->host == winner->host && select_host_of_two(all, seed, policy)->host == of_two->host;
    });
}

TEST_CASE("the loss of a host, or a lower weight of it, moves only its own sessions") {
    for_all([](splitmix64& random) {
        auto all = random_choices(random);
        auto const policy = random_policy(random);
        std::uint64_t const seed = random();
        auto const before = select_spread_host(all, seed, policy);
        if (!before) return true;
        double best = 0;
        for (auto const& c : all)
            if (oracle::finite(c.score) && c.room > 0 && c.step == before->step) best = std::max(best, c.score);
        choice& other = all[random.below(all.size())];
        if (other.host == before->host || other.score == best) return true;
        other.room = random.one_in(2) ? 0 : other.room / 2;
        return select_spread_host(all, seed, policy) == before;
    });
}

TEST_CASE("hosts are chosen in proportion to their weights") {
    struct setting {
        choices all;
        spread_policy policy;
    };
    std::vector<setting> const settings{
        {{{1, 80}, {2, 80}, {3, 80}, {4, 80}, {5, 80}}, {}},
        {{{1, 80}, {2, 78}, {3, 76}, {4, 72}, {5, 71}}, {8, 0.25}},
        {{{1, 80, 0, 9, 10}, {2, 78, 0, 9, 5}, {3, 76, 0, 9, 1}, {4, 72, 0, 9, 100}, {5, 72, 1, 9, 9}}, {8, 0.5}},
        {{{-7, 80, 0, 9, 1}, {0, 80, 0, 9, 16383}, {7, 80, 0, 9, 99999}, {1 << 20, 80, 0, 9, 1000}}, {0, 1}},
        {{{1, 90, 1}, {2, 50}, {3, 49.5}, {4, 99, 0, 9, 0}}, {1, 0}},
    };
    for (auto const& [all, policy] : settings) {
        auto const expected = shares(weights(all, policy));
        for (std::uint64_t const first : {std::uint64_t{0}, std::uint64_t{1} << 40}) {
            std::vector<std::size_t> counted(all.size());
            for (std::uint64_t session = 0; session < 60'000; ++session) {
                auto const c = select_spread_host(all, first + session, policy);
                ++counted[static_cast<std::size_t>(std::find(all.begin(), all.end(), *c) - all.begin())];
            }
            CAPTURE(counted, expected, first);
            CHECK(chi_square(counted, expected) < most_for(static_cast<std::size_t>(std::count_if(expected.begin(), expected.end(), [](double e) { return e > 0; })) - 1));
        }
    }
}

TEST_CASE("two are drawn without putting the first one back, and the better is chosen") {
    choices const all{{1, 80, 0, 9, 1}, {2, 79, 0, 9, 2}, {3, 78, 0, 9, 3}, {4, 77, 0, 9, 4}};
    spread_policy const policy{16, 1};
    std::vector<std::size_t> counted(4);
    for (std::uint64_t session = 0; session < 60'000; ++session) ++counted[static_cast<std::size_t>(select_host_of_two(all, session, policy)->host) - 1];
    std::vector<double> const p = shares(weights(all, policy));
    std::vector<double> expected(4);
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = 0; b < 4; ++b)
            if (a != b) expected[std::min(a, b)] += p[a] * p[b] / (1 - p[a]);
    CAPTURE(counted);
    CHECK(expected[3] == 0);
    CHECK(chi_square(counted, expected) < most_for(2));
}

TEST_CASE("neighbouring sessions choose independently") {
    choices const all{{1, 80}, {2, 80}, {3, 80}};
    std::vector<std::size_t> counted(9);
    for (std::uint64_t session = 0; session < 60'000; ++session) {
        auto const a = select_spread_host(all, 2 * session), b = select_spread_host(all, 2 * session + 1);
        ++counted[static_cast<std::size_t>(3 * a->host + b->host - 4)];
    }
    CAPTURE(counted);
    CHECK(chi_square(counted, std::vector<double>(9, 1.0 / 9)) < most_for(8));
}

TEST_CASE("who is nobody's choice") {
    CHECK_FALSE(select_spread_host(choices{}, 1));
    CHECK_FALSE(select_spread_host(choices{{1, 80, 0, 9, 0}, {2, 80, 0, 9, -1}, {3, oracle::nan()}, {4, oracle::infinity()}, {5, oracle::minus_infinity()}}, 1));
    CHECK_FALSE(select_host_of_two(choices{}, 1));
    CHECK(select_host_of_two(choices{{7, 80}}, 1)->host == 7);
    choices const all{{1, 80}, {2, 80}};
    for (double const bad : {-1.0, oracle::nan(), oracle::infinity()}) {
        CHECK(spread_policy{.margin = bad}.error()->member == std::string_view{"margin"});
        CHECK(spread_policy{.edge_weight = bad}.error()->member == std::string_view{"edge_weight"});
        CHECK_FALSE(select_spread_host(all, 1, {.margin = bad}));
        CHECK_FALSE(select_host_of_two(all, 1, {.edge_weight = bad}));
    }
    CHECK(spread_policy{.edge_weight = 1.5}.error());
    CHECK_FALSE(spread_policy{.margin = 0, .edge_weight = 0}.error());
    CHECK(select_spread_host(choices{{1, 1e308}, {2, -1e308}}, 1, {.margin = 1e308})->host == 1);
    choices const far{{1, 80}, {2, 59.75}, {3, 90, 1}};
    for (std::uint64_t seed = 0; seed < 100; ++seed) CHECK(select_spread_host(far, seed)->host == 1);
}

TEST_CASE("any ids, any choices") {
    struct bare {
        std::string_view host;
        int score;
    };
    std::list<bare> const some{{"ams", 80}, {"fra", 80}, {"par", 80}};
    CHECK(select_spread_host(some, 7));
    bare const array[] = {{"ams", 80}, {"fra", 80}};
    CHECK(select_host_of_two(array, 7));
    enum class site : unsigned char { ams, fra };
    struct at_site {
        site host;
        float score;
        std::size_t free;
    };
    std::array<at_site, 2> const sites{at_site{site::ams, 80, 0}, at_site{site::fra, 75, 1}};
    CHECK(select_spread_host(sites, 7, {}, &at_site::free)->host == site::fra);
    struct pair_id {
        std::pair<int, int> host;
        double score;
    };
    std::vector<pair_id> const pairs{{{1, 2}, 80}, {{3, 4}, 80}};
    CHECK(select_spread_host(pairs, 7, {}, room_of_choice{}, [](auto const& p) { return static_cast<std::uint64_t>(p.first); }));
    static_assert(!spreadable<std::vector<pair_id>, room_of_choice, stable_hash>, "a hash of its own is needed");
    static_assert(!spreadable<std::vector<int>, room_of_choice, stable_hash>, "a number is no choice");
    static_assert(spreadable<std::span<host_choice<std::string> const>, room_of_choice, stable_hash>);

    std::vector<network_metrics<>> const hosts{{.latency_ms = 20}, {.latency_ms = 24}, {.latency_ms = 150}, {.failed = true}};
    auto const top = select_top_hosts(hosts, std::identity{}, 16);
    std::vector<std::uint32_t> const free{3, 4, 9, 9};
    auto const seats = [&](auto const& c) { return free[c.index]; };
    std::map<std::size_t, int> chosen;
    for (std::uint64_t session = 0; session < 1000; ++session) ++chosen[select_spread_host(top, session, {.margin = 5}, seats)->host];
    CHECK(chosen.size() == 2);
    CHECK(chosen[0] > 350);
    CHECK(chosen[1] > 350);
}

TEST_CASE("a tie in the race is decided as hosts rank") {
    auto const all_alike = [](int) { return std::uint64_t{7}; };
    choices all{{5, 80, 0, 30}, {4, 80, 0, 20}, {3, 80, 0, 20}, {2, 79, 0, 10}, {1, 79, 0, 9}};
    splitmix64 random{3};
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        random.shuffle(all);
        CHECK(select_spread_host(all, seed, {.edge_weight = 1}, room_of_choice{}, all_alike)->host == 3);
    }
}

TEST_CASE("the choice allocates nothing") {
    choices all;
    for (int n = 0; n < 100; ++n) all.push_back({n, 80});
    CHECK(allocations::in([&] { (void)select_spread_host(all, 3); }) == 0);
    CHECK(allocations::in([&] { (void)select_host_of_two(all, 3); }) == 0);
}

namespace {

/// The first choices of a seed among five hosts of one id type.
template <class Id>
std::string first_choices(std::array<Id, 5> const& ids, std::uint64_t seed) {
    struct any {
        Id host;
        double score;
        int room;
    };
    std::vector<any> all;
    for (std::size_t n = 0; n < 5; ++n) all.push_back({ids[n], 80 - 2.0 * static_cast<double>(n), static_cast<int>(n) + 1});
    std::string result;
    for (std::uint64_t session = 0; session < 16; ++session) {
        auto const c = select_spread_host(all, seed + session, {.margin = 8, .edge_weight = 0.5});
        for (std::size_t n = 0; n < 5; ++n)
            if (all[n].host == c->host) result += static_cast<char>('a' + n);
    }
    return result;
}

}  // namespace

TEST_CASE("the same choices everywhere and in every version") {
    // As a program in another language gives them, with a logarithm of its own.
    std::array<int, 5> const numbers{1, 2, 3, 4, 5};
    std::array<long long, 5> const negative{-1, -2, -3, -4, -5};
    std::array<std::string, 5> const names{"ams", "fra", "par", "z\xC3\xBCrich", ""};
    CHECK(first_choices(numbers, 0) == "eabcdeceaedcecdc");
    CHECK(first_choices(numbers, 42) == "eceecaaebdadeeee");
    CHECK(first_choices(negative, 42) == "edcdbebadebebdcd");
    CHECK(first_choices(names, 0) == "eccbeededcedaeea");
    CHECK(first_choices(names, 0xDEAD'BEEF'0000'0001u) == "ddbedaecbacdbcda");
}

static_assert(stable_hash{}(-1) == ~std::uint64_t{0});
static_assert(stable_hash{}(-1) == stable_hash{}(-1LL));
static_assert(stable_hash{}('\xFF') == 255, "whether char is signed or not");
static_assert(stable_hash{}(std::string_view{}) == 0xCBF2'9CE4'8422'2325u);
static_assert(stable_hash{}(std::string_view{"a"}) == 0xAF63'DC4C'8601'EC8Cu, "the reference's test vector");
static_assert(stable_hash{}("foobar") == 0x8594'4171'F739'67E8u, "the reference's test vector");
static_assert(detail::splitmix64{1234567}.next() == 6457827717110365317u, "the reference's test vector");
static_assert([] {
    std::array const two{choice{.host = 3, .score = 9}, choice{.host = 4, .score = 8}};
    return select_spread_host(two, 1)->host + select_host_of_two(two, 1)->host;
}() == 7);

static_assert(detail::minus_log2(0) == std::uint64_t{64} << 32);
static_assert(detail::minus_log2(1) == std::uint64_t{64} << 32);
static_assert(detail::minus_log2(std::uint64_t{1} << 63) == std::uint64_t{1} << 32);
static_assert(detail::least_minus_log2(0) <= std::uint64_t{64} << 32);
static_assert(detail::least_minus_log2(~std::uint64_t{0}) == 0);
static_assert(detail::minus_log2(~std::uint64_t{0}) > 0);
static_assert(detail::minus_log2(~std::uint64_t{0}) < 8);

TEST_CASE("the logarithm in whole numbers is right to a few units") {
    for_all([](splitmix64& random) {
        std::uint64_t const x = random() >> random.below(64) | 1;
        long double const exact = (64 - std::log2(static_cast<long double>(x))) * 0x1p32L;
        long double const off = static_cast<long double>(detail::minus_log2(x)) - exact;
        return off > -1 && off < 8 && detail::least_minus_log2(x) <= detail::minus_log2(x) &&
               static_cast<long double>(detail::least_minus_log2(x)) > exact - 0.1L * 0x1p32L;
    });
}

TEST_CASE("a product of 128 bits") {
#ifdef __SIZEOF_INT128__
    __extension__ using wide = unsigned __int128;
    for_all([](splitmix64& random) {
        std::uint64_t const a = random.one_in(8) ? ~std::uint64_t{0} : random() >> random.below(64), b = random.one_in(8) ? ~std::uint64_t{0} : random() >> random.below(64);
        auto const product = detail::multiply(a, b);
        return (static_cast<wide>(product.high) << 64 | product.low) == static_cast<wide>(a) * b;
    });
#endif
    constexpr auto most = detail::multiply(~std::uint64_t{0}, ~std::uint64_t{0});
    static_assert(most.high == ~std::uint64_t{0} - 1 && most.low == 1);
}

TEST_CASE("numbers below a bound are equally likely, also below one that does not divide 2^64") {
    for (std::uint64_t const n : {std::uint64_t{3}, std::uint64_t{10}, std::uint64_t{3} << 62}) {
        detail::splitmix64 random{n};
        std::vector<std::size_t> third(3), part(n == 10 ? 10u : 3u);
        std::uint64_t const size = n / part.size();
        bool below = true;
        for (int draws = 0; draws < 60'000; ++draws) {
            std::uint64_t const x = detail::draw_below(random, n);
            below = below && x < n;
            ++third[x % 3];
            ++part[x / size];
        }
        CAPTURE(n, third, part);
        CHECK(below);
        if (n != 10) CHECK(chi_square(third, std::vector<double>(3, 1.0 / 3)) < most_for(2));
        CHECK(chi_square(part, std::vector<double>(part.size(), 1.0 / static_cast<double>(part.size()))) < most_for(part.size() - 1));
    }
    detail::splitmix64 random{1};
    CHECK(detail::draw_below(random, 1) == 0);
}

TEST_CASE("two different positions, each pair as likely") {
    CHECK_FALSE(draw_two(0, 1));
    CHECK(draw_two(1, 1) == std::array<std::size_t, 2>{0, 0});
    std::vector<std::size_t> pairs(25);
    for (std::uint64_t seed = 0; seed < 60'000; ++seed) {
        auto const [a, b] = *draw_two(5, seed);
        ++pairs.at(5 * a + b);
    }
    std::vector<double> expected(25, 1.0 / 20);
    for (std::size_t n = 0; n < 5; ++n) expected[6 * n] = 0;
    CHECK(chi_square(pairs, expected) < most_for(19));
    static_assert((*draw_two(2, 7))[0] != (*draw_two(2, 7))[1]);
    auto const golden = *draw_two(10'000, 42);
    CHECK(golden[0] == 7415);
    CHECK(golden[1] == 1598);
}
