// SPDX-License-Identifier: MIT
#include <hostpick/profiles.hpp>
#include <hostpick/score.hpp>
#include <hostpick/scored_table.hpp>
#include <hostpick/select.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <forward_list>
#include <functional>
#include <istream>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace std::string_literals;
using namespace std::string_view_literals;
using oracle::splitmix64;

namespace {

enum class host_id : std::uint32_t {};

/// Metrics with nothing but a latency, which the default policy turns into up to 40 points.
constexpr network_metrics<> at(double latency_ms) { return {.latency_ms = latency_ms}; }

/// A caller's record, which cannot be copied.
struct record {
    int id;
    network_metrics<> metrics;

    record(int i, network_metrics<> const& m) : id{i}, metrics{m} {}
    record(record&&) = default;
    record(record const&) = delete;

    int number() const { return id; }
    network_metrics<> const& measured() const { return metrics; }
    network_metrics<> copied() const noexcept { return metrics; }
};

std::vector<record> three_records() {
    std::vector<record> records;
    records.emplace_back(30, at(40));
    records.emplace_back(10, at(20));
    records.emplace_back(20, at(60));
    return records;
}

/// Whether a choice among ids is the expected one.
template <class Best, class Id>
bool chose(Best const& best, Id const& host, std::size_t index) {
    return best && best->host == host && best->index == index;
}

template <class Choices>
auto hosts_of(Choices const& choices) {
    std::vector<std::remove_cvref_t<decltype(choices[0].host)>> hosts;
    for (auto const& choice : choices) hosts.push_back(choice.host);
    return hosts;
}

template <class Choices>
std::vector<std::size_t> indices_of(Choices const& choices) {
    std::vector<std::size_t> indices;
    for (auto const& choice : choices) indices.push_back(choice.index);
    return indices;
}

// ---- what can be chosen from, and what cannot

template <class Hosts, class Source = detail::itself, class Policy = score_policy,
          class Rules = limits, class IdOf = detail::automatic_id>
concept can_select = requires(Hosts& hosts, Source const& source, Policy const& policy,
                              Rules const& rules, IdOf const& id_of) {
    select_best_host(hosts, source, policy, rules, id_of);
    select_top_hosts(hosts, source, std::size_t{}, policy, rules, id_of);
    for_each_verdict(hosts, source, [](auto const&...) {}, policy, rules);
};

using ints = std::vector<int>;
using pings = std::vector<network_metrics<>>;
using by_int = std::map<int, network_metrics<>>;
template <class Given>
using gives = Given (*)(int const&);

struct unordered { int x; };

struct uncopied {
    double latency_ms, packet_loss;
    uncopied(double latency, double loss) : latency_ms{latency}, packet_loss{loss} {}
    uncopied(uncopied const&) = delete;
};

static_assert(can_select<pings>);
static_assert(can_select<pings const>);
static_assert(can_select<network_metrics<float>[3]>);
static_assert(can_select<ints, by_int>);
static_assert(can_select<ints, std::unordered_map<int, network_metrics<float>>>);
static_assert(can_select<ints, gives<network_metrics<>>>);
static_assert(can_select<ints, gives<network_metrics<> const&>>);
static_assert(can_select<ints, gives<network_metrics<>&>>);
static_assert(can_select<ints, gives<std::optional<network_metrics<>>>>);
static_assert(can_select<ints, gives<network_metrics<> const*>>);
static_assert(can_select<ints, gives<std::unique_ptr<network_metrics<>>>>);
static_assert(can_select<std::vector<record>, network_metrics<> record::*>);
static_assert(can_select<std::vector<record>, network_metrics<> record::*, score_policy, limits,
                         int record::*>);
static_assert(can_select<ints, by_int, e_model>);
static_assert(can_select<ints, by_int, compiled_policy<float>>);
static_assert(can_select<ints, by_int, score_policy, constraints<bool (*)(int const&)>>);

static_assert(can_select<std::list<uncopied>>, "metrics are not copied where they lie somewhere");
static_assert(can_select<ints, std::map<int, uncopied>>);
static_assert(can_select<ints, gives<uncopied const&>>);
static_assert(can_select<ints, gives<std::optional<uncopied> const&>>);
static_assert(can_select<ints, gives<std::shared_ptr<uncopied>>>);

static_assert(!can_select<ints>, "a number is no metrics");
static_assert(!can_select<int, by_int>, "one host is no range");
static_assert(!can_select<ints, gives<int>>, "a number is no metrics");
static_assert(!can_select<ints, gives<std::optional<int>>>);
static_assert(!can_select<ints, gives<void>>);
static_assert(!can_select<ints, std::map<int, double>>);
static_assert(!can_select<ints, std::map<std::string, network_metrics<>>>, "other keys");
static_assert(!can_select<std::vector<record>>, "a record without a projection is no metrics");
static_assert(!can_select<std::vector<record>, int record::*>);
static_assert(!can_select<std::vector<record>, by_int>);
static_assert(!can_select<ints, by_int, double>, "a number is no policy");
static_assert(!can_select<ints, by_int, std::string (*)(network_metrics<> const&)>);
static_assert(!can_select<ints, by_int, double (*)(record const&)>, "a policy for other metrics");
static_assert(!can_select<ints, by_int, score_policy, int>, "a number is no rules");
static_assert(!can_select<ints, by_int, score_policy, constraints<bool (*)(record const&)>>,
              "a predicate for other hosts");
static_assert(!can_select<ints, by_int, score_policy, limits, unordered (*)(int const&)>,
              "an id without an order");
static_assert(!can_select<ints, by_int, score_policy, limits,
                          std::unique_ptr<int> (*)(int const&)>,
              "an id that cannot be given away");

// What can be walked over once only would miss hosts whose places were taken by repeated ids.
using once = std::istream_iterator<int>;
struct read_once { once begin() const; once end() const; };
static_assert(!can_select<read_once, by_int>);
template <class Hosts>
concept can_select_best = requires(Hosts const& hosts, by_int const& metrics) {
    select_best_host(hosts, metrics);
};
static_assert(can_select_best<read_once>);

static_assert(can_select<ints, std::map<int, std::optional<network_metrics<>>>>);

template <class Given>
concept can_be_projected = can_select<ints, by_int, score_policy, limits, gives<Given>>;
static_assert(can_be_projected<std::tuple<int, std::string>>);
static_assert(!can_be_projected<std::tuple<int&, int&>>, "choosing would assign to what it refers to");
static_assert(!can_be_projected<std::pair<int, int const&>>);
static_assert(!can_be_projected<std::vector<bool>::reference>);
static_assert(!can_be_projected<int (&)[2]>, "an array would be compared by its address");
static_assert(can_be_projected<char const (&)[4]>, "but for text");
struct without_default {
    int x;
    explicit without_default(int i) : x{i} {}
    without_default(without_default const&) = default;
    without_default& operator=(without_default const&) = default;
    bool operator==(without_default const& other) const { return x == other.x; }  // not constexpr
    auto operator<=>(without_default const& other) const { return x <=> other.x; }
};
static_assert(can_be_projected<without_default>);

struct unmoved {
    double latency_ms, packet_loss;
    unmoved(unmoved&&) = delete;
};
static_assert(!can_select<ints, gives<unmoved>>, "it cannot be kept while it is judged");
static_assert(can_select<ints, gives<unmoved const&>>);
struct by_value_handle {
    explicit operator bool() const;
    network_metrics<> operator*() const;
};
static_assert(!can_select<ints, std::map<int, by_value_handle>>);
static_assert(!can_select<ints, by_int, score_policy, constraints<void (*)(int const&)>>,
              "a predicate says yes or no");
static_assert(!can_select<ints, by_int, score_policy, constraints<std::string (*)(int const&)>>);
template <class Visit>
concept can_visit = requires(ints const& hosts, by_int const& metrics, Visit visit) {
    for_each_verdict(hosts, metrics, visit);
};
static_assert(can_visit<void (*)(int const&, std::size_t, verdict const&)>);
static_assert(!can_visit<int>);
static_assert(!can_visit<void (*)(int)>);
static_assert(can_select<ints, std::map<int, std::shared_ptr<network_metrics<> const>>>);
static_assert(can_select<std::vector<std::reference_wrapper<record>>, network_metrics<> record::*,
                         score_policy, limits, int record::*>);
static_assert(!can_select<ints, by_int, score_policy, limits, double record::*>,
              "a projection of other hosts");

// ---- what a choice holds

template <class Hosts, class IdOf = detail::automatic_id>
using id_of_choice = decltype(choice_of<Hosts, IdOf>::host);
static_assert(std::same_as<id_of_choice<ints>, int>);
static_assert(std::same_as<id_of_choice<ints const&>, int>);
static_assert(std::same_as<id_of_choice<host_id[2]>, host_id>);
static_assert(std::same_as<id_of_choice<std::vector<std::string>>, std::string>);
static_assert(std::same_as<id_of_choice<char const* [2]>, std::string_view>);
static_assert(std::same_as<id_of_choice<std::vector<std::string_view>>, std::string_view>);
static_assert(std::same_as<id_of_choice<std::vector<record*>>, record*>);
static_assert(std::same_as<id_of_choice<pings>, std::size_t>, "metrics have no id");
static_assert(std::same_as<id_of_choice<std::vector<record>>, std::size_t>);
static_assert(std::same_as<id_of_choice<std::vector<record>, int record::*>, int>);

// ---- choosing at compile time

static_assert([] {
    std::array const hosts{at(60), at(20), network_metrics<>{.failed = true}};
    auto const best = select_best_host(hosts);
    return best && best->host == 1 && best->index == 1 && best->score == 36 && best->step == 0 &&
           best->latency_ms == 20;
}());
static_assert([] {
    std::array const ids{7, 5, 9};
    auto const metrics = [](int id) { return at(id == 5 ? 80 : 30); };
    std::array<choice_of<std::array<int, 3>>, 2> room;
    auto const chosen = select_top_hosts(ids, metrics, room);
    return chosen.size() == 2 && chosen[0].host == 7 && chosen[1].host == 9;
}());
static_assert(!select_best_host(std::array<network_metrics<>, 0>{}));

}  // namespace

// ---- the examples of the documentation

TEST_CASE("the call site reads as documented") {
    std::string connected;
    auto const connect = [&](std::string const& host) { connected = host; };

    std::vector<std::string> const ids{"frankfurt", "paris"};
    std::map<std::string, network_metrics<>> const metrics{{"paris", {.latency_ms = 30}}};
    if (auto best = select_best_host(ids, metrics)) connect(best->host);
    CHECK(connected == "paris");
}

TEST_CASE("the best hosts are invited, from the caller's room or from a vector") {
    std::vector<int> invited;
    auto const invite = [&](int host) { invited.push_back(host); };
    std::vector<int> const ids{1, 2, 3, 4};
    auto const metrics = [](int id) { return at(100 - 10 * id); };

    std::array<choice_of<std::vector<int>>, 3> room;
    for (auto const& choice : select_top_hosts(ids, metrics, room)) invite(choice.host);
    CHECK(invited == ints{4, 3, 2});

    invited.clear();
    for (auto const& choice : select_top_hosts(ids, metrics, 3)) invite(choice.host);
    CHECK(invited == ints{4, 3, 2});
}

TEST_CASE("limits are given where the policy stays the default") {
    std::vector<int> const ids{1, 2};
    auto const metrics = [](int id) {
        return network_metrics<>{.latency_ms = 50.0 * id, .packet_loss = 0.03 - 0.01 * id};
    };
    auto const best =
        select_best_host(ids, metrics, {}, {.max_latency_ms = 180, .max_packet_loss = 0.015});
    CHECK(chose(best, 2, 1));
    CHECK_FALSE(select_best_host(ids, metrics, {}, {.max_latency_ms = 80, .max_packet_loss = 0.015}));
}

TEST_CASE("every verdict is passed on in the order of the range") {
    std::vector<std::pair<int, exclusion>> logged;
    auto const log = [&](int id, verdict const& v) { logged.emplace_back(id, v.reason); };
    std::vector<int> const ids{8, 6, 7, 6};
    by_int const metrics{{6, at(20)}, {7, {.failed = true}}};
    for_each_verdict(ids, metrics, [&](int id, std::size_t, verdict const& v) { log(id, v); });
    CHECK(logged == std::vector<std::pair<int, exclusion>>{{8, exclusion::no_metrics},
                                                           {6, exclusion::none},
                                                           {7, exclusion::failed},
                                                           {6, exclusion::none}});
}

// ---- order

TEST_CASE("score decides, then the lower latency, then the smaller id") {
    network_metrics<> const fast_link{.latency_ms = 100, .bandwidth_mbps = 10};  // 20 + 40 points
    network_metrics<> const near{.latency_ms = 50, .bandwidth_mbps = 7.5};       // 30 + 30 points
    std::array const ids{4, 3, 2, 1};
    auto const choose = [&](network_metrics<> const& m4, network_metrics<> const& m3,
                            network_metrics<> const& m2, network_metrics<> const& m1) {
        by_int const metrics{{4, m4}, {3, m3}, {2, m2}, {1, m1}};
        return hosts_of(select_top_hosts(ids, metrics, 4));
    };
    REQUIRE(calculate_host_score(fast_link) == calculate_host_score(near));
    CHECK(choose(at(10), at(20), at(30), at(40)) == ints{4, 3, 2, 1});
    CHECK(choose(at(40), at(30), at(20), at(10)) == ints{1, 2, 3, 4});
    CHECK(choose(near, fast_link, at(10), at(20)) == ints{4, 3, 2, 1});
    CHECK(choose(fast_link, near, at(10), at(20)) == ints{3, 4, 2, 1});
    CHECK(choose(near, near, fast_link, near) == ints{1, 3, 4, 2});
}

TEST_CASE("hosts without an id go by their position") {
    std::array const hosts{at(30), at(20), at(20), at(20)};
    CHECK(indices_of(select_top_hosts(hosts, {}, 3)) == std::vector<std::size_t>{1, 2, 3});
    CHECK(hosts_of(select_top_hosts(hosts, {}, 3)) == std::vector<std::size_t>{1, 2, 3});
    CHECK(chose(select_best_host(hosts), 1u, 1));
}

TEST_CASE("a NaN is nothing that an order could trip over") {
    double const nan = oracle::nan();
    std::array<network_metrics<>, 5> const hosts{
        network_metrics<>{.latency_ms = nan, .bandwidth_mbps = 10, .packet_loss = 0},
        network_metrics<>{.latency_ms = 30, .bandwidth_mbps = nan, .packet_loss = nan},
        at(40),
        network_metrics<>{.latency_ms = 20, .bandwidth_mbps = 10, .packet_loss = nan},
        network_metrics<>{.latency_ms = nan}};
    CHECK(indices_of(select_top_hosts(hosts, {}, 5)) == std::vector<std::size_t>{3, 1, 2});
}

TEST_CASE("a repeated id counts once, by its best metrics, and of equal ones by the first") {
    std::vector<record> records;
    for (auto const& [id, latency_ms] : {std::pair{1, 50}, {2, 30}, {1, 20}, {2, 30}, {1, 20}})
        records.emplace_back(id, at(latency_ms));
    auto const choices = select_top_hosts(records, &record::metrics, 9, {}, {}, &record::id);
    CHECK(hosts_of(choices) == ints{1, 2});
    CHECK(indices_of(choices) == std::vector<std::size_t>{2, 1});
    CHECK(chose(select_best_host(records, &record::metrics, {}, {}, &record::id), 1, 2));
    // Without a projection, each record is a host.
    CHECK(indices_of(select_top_hosts(records, &record::metrics, 9)) ==
          std::vector<std::size_t>{2, 4, 1, 3, 0});
}

TEST_CASE("of equal repeats the first is chosen, also where a better host displaces one") {
    std::vector<record> records;
    for (auto const& [id, latency_ms] : {std::pair{1, 20}, {1, 20}, {2, 10}})
        records.emplace_back(id, at(latency_ms));
    CHECK(indices_of(select_top_hosts(records, &record::metrics, 2, {}, {}, &record::id)) ==
          std::vector<std::size_t>{2, 0});
}

TEST_CASE("where repeats fill the places, the next best hosts take them") {
    ints ids;
    for (int n = 0; n < 60; ++n) ids.push_back(n % 3 == 0 ? n / 3 : 100);
    auto const metrics = [](int id) { return at(id == 100 ? 1 : 10 + id); };
    ints expected{100};
    for (int n = 0; n < 20; ++n) expected.push_back(n);
    for (std::size_t k = 0; k < 24; ++k) {
        auto const chosen = hosts_of(select_top_hosts(ids, metrics, k));
        std::size_t const most = std::min(k, expected.size());
        CHECK(chosen == ints(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(most)));
    }
}

TEST_CASE("a few ids that repeat with many metrics cost a few walks") {
    ints hosts(40000);
    for (std::size_t n = 0; n < hosts.size(); ++n) hosts[n] = static_cast<int>(n);
    auto const id_of = [](int host) { return host / 8000; };
    for (std::size_t const k : {3u, 10u, 16u, 17u, 100u}) {
        CAPTURE(k);
        std::size_t judged = 0;
        auto const metrics = [&](int host) { return ++judged, at(1 + host / 100.0); };
        auto const chosen = select_top_hosts(hosts, metrics, k, {}, {}, id_of);
        auto const best = std::min<std::size_t>(k, 5);
        REQUIRE(chosen.size() == best);
        for (std::size_t n = 0; n < best; ++n) {
            CHECK(chosen[n].host == static_cast<int>(n));
            CHECK(chosen[n].index == 8000 * n);
        }
        CHECK(judged <= (k <= 16 ? 1 : 6) * hosts.size());
    }
}

TEST_CASE("an id that improves again and again is copied into memory that is there already") {
    struct named { std::string name; network_metrics<> metrics; };
    std::vector<named> hosts;
    for (int n = 1000; n > 0; --n) hosts.push_back({std::string(100, 'x'), at(n / 2.0)});
    std::string best;
    CHECK(allocations::in([&] {
              best = select_best_host(hosts, &named::metrics, {}, {}, &named::name)->host;
          }) <= 2);
    CHECK(best == hosts.front().name);
    for (std::size_t n = 0; n < hosts.size(); ++n) hosts[n].name[n % 100] = static_cast<char>('a' + n / 100);
    std::array<host_choice<std::string>, 5> room;
    CHECK(allocations::in([&] {
              (void)select_top_hosts(hosts, &named::metrics, room, {}, {}, &named::name);
          }) <= 10);
    CHECK(room[0].host == hosts.back().name);
}

TEST_CASE("scores that differ by their last bits only, or in sign, are in order") {
    struct ping { double latency_ms, packet_loss, given; };
    auto const given = [](ping const& p) { return p.given; };
    double const up = std::numeric_limits<double>::epsilon();
    CHECK(indices_of(select_top_hosts(std::array{ping{20, 0, 0.0}, ping{10, 0, -0.0}}, {}, 2, given)) ==
          std::vector<std::size_t>{1, 0});
    std::vector<ping> hosts;
    for (int n = -20; n <= 20; ++n) hosts.push_back({10, 0, 1 + n * up});
    for (int n = -20; n <= 20; ++n) hosts.push_back({10, 0, -1 - n * up});
    for (double const x : {1e300, -1e300, 5e-324, -5e-324, 2.0, -2.0}) hosts.push_back({10, 0, x});
    hosts.push_back({20, 0, 0.0});
    hosts.push_back({10, 0, -0.0});
    std::vector<std::size_t> expected(hosts.size());
    for (std::size_t n = 0; n < expected.size(); ++n) expected[n] = n;
    std::stable_sort(expected.begin(), expected.end(), [&](std::size_t a, std::size_t b) {
        if (hosts[a].given != hosts[b].given) return hosts[a].given > hosts[b].given;
        return hosts[a].latency_ms < hosts[b].latency_ms;
    });
    for (std::size_t k = 1; k <= hosts.size(); ++k) {
        auto const chosen = indices_of(select_top_hosts(hosts, {}, k, given));
        CHECK(chosen == std::vector(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(k)));
    }
}

TEST_CASE("many hosts are chosen from very many, with repeats and without") {
    for (int const repeats : {1, 2, 3}) {
        ints ids(3000);
        for (std::size_t n = 0; n < ids.size(); ++n) ids[n] = static_cast<int>(n) * 7 % 3000 / repeats;
        auto const metrics = [](int id) { return at(id / 20); };
        for (std::size_t const k : {17u, 100u, 128u, 129u, 255u, 256u, 257u, 600u, 999u}) {
            CAPTURE(repeats, k);
            auto const chosen = hosts_of(select_top_hosts(ids, metrics, k));
            ints expected(k);
            for (std::size_t n = 0; n < k; ++n) expected[n] = static_cast<int>(n);
            CHECK(chosen == expected);
        }
    }
}

// ---- nothing to choose

TEST_CASE("where nobody can be chosen, nobody is, and no metrics are no error") {
    by_int const nothing_known;
    CHECK_FALSE(select_best_host(ints{}, nothing_known));
    CHECK_FALSE(select_best_host(ints{1, 2, 3}, nothing_known));
    CHECK_FALSE(select_best_host(pings{}));
    CHECK_FALSE(select_best_host(pings(3)));
    CHECK(select_top_hosts(ints{1, 2, 3}, nothing_known, 3).empty());
    CHECK(select_top_hosts(pings{at(1), at(2)}, {}, 0).empty());
    CHECK(select_top_hosts(pings{at(1001), at(-1)}, {}, 5).empty());
    CHECK_FALSE(select_best_host(pings{at(1)}, {}, score_policy{.latency_ms = {.weight = -1}}));
}

TEST_CASE("a host of which nothing is known is passed over") {
    network_metrics<> const known = at(80);
    auto const pointer = [&](int id) { return id == 2 ? &known : nullptr; };
    auto const optional = [&](int id) { return id == 2 ? std::optional{known} : std::nullopt; };
    std::array const ids{1, 2, 3};
    CHECK(chose(select_best_host(ids, pointer), 2, 1));
    CHECK(chose(select_best_host(ids, optional), 2, 1));
    CHECK(chose(select_best_host(ids, by_int{{2, known}}), 2, 1));
}

// ---- ids

TEST_CASE("an id may be a number, an enumerator, a text or a pointer") {
    auto const by_size = [](auto const& name) { return at(static_cast<double>(10 * name.size())); };
    CHECK(chose(select_best_host(std::array<std::uint8_t, 2>{9, 4},
                                 [](std::uint8_t id) { return at(id); }),
                4, 1));
    CHECK(chose(select_best_host(std::array{host_id{9}, host_id{4}},
                                 [](host_id id) { return at(static_cast<double>(id)); }),
                host_id{4}, 1));
    CHECK(chose(select_best_host(std::array{"berlin"s, "rome"s, "oslo"s}, by_size), "oslo"s, 2));
    CHECK(chose(select_best_host(std::array{"berlin"sv, "rome"sv, "oslo"sv}, by_size), "oslo"sv, 2));

    char const* const names[] = {"berlin", "rome", "oslo"};
    std::map<std::string, network_metrics<>> const by_name{{"rome", at(30)}, {"oslo", at(30)}};
    auto const best = select_best_host(names, by_name);
    CHECK(chose(best, "oslo"sv, 2));
    CHECK(hosts_of(select_top_hosts(names, by_name, 2)) == std::vector{"oslo"sv, "rome"sv});

    auto const records = three_records();
    std::vector<record const*> pointers;
    for (auto const& r : records) pointers.push_back(&r);
    CHECK(chose(select_best_host(pointers, &record::metrics), &records[1], 1));
}

TEST_CASE("text that lies in different places is one id") {
    std::string const other_paris = "paris";
    char const* const names[] = {"paris", "rome", other_paris.c_str()};
    auto const metrics = [](char const*) { return at(30); };
    CHECK(hosts_of(select_top_hosts(names, metrics, 3)) == std::vector{"paris"sv, "rome"sv});
}

TEST_CASE("the id of a record comes from a member, a member function or any function") {
    auto const records = three_records();
    CHECK(chose(select_best_host(records, &record::metrics, {}, {}, &record::id), 10, 1));
    CHECK(chose(select_best_host(records, &record::measured, {}, {}, &record::number), 10, 1));
    CHECK(chose(select_best_host(records, &record::copied, {}, {},
                                 [](record const& r) { return std::to_string(r.id); }),
                "10"s, 1));
    CHECK(chose(select_best_host(records, [](record const& r) -> auto& { return r.metrics; }, {},
                                 {}, [](record const& r) { return host_id(r.id); }),
                host_id{10}, 1));
    CHECK(chose(select_best_host(records, &record::metrics), 1u, 1));
}

TEST_CASE("a record with names of any length is chosen by name") {
    struct named { char name[12]; network_metrics<> metrics; };
    std::array const hosts{named{"rome", at(30)}, named{"oslo", at(30)}, named{"bern", at(90)}};
    CHECK(hosts_of(select_top_hosts(hosts, &named::metrics, 3, {}, {}, &named::name)) ==
          std::vector{"oslo"sv, "rome"sv, "bern"sv});
}

TEST_CASE("records may lie behind pointers") {
    std::vector<std::unique_ptr<record>> hosts;
    for (record& r : three_records()) hosts.push_back(std::make_unique<record>(std::move(r)));
    std::vector<std::reference_wrapper<record>> references;
    for (auto const& host : hosts) references.push_back(*host);
    CHECK(chose(select_best_host(references, &record::metrics, {}, {}, &record::id), 10, 1));
    CHECK(chose(select_best_host(hosts, &record::metrics, {}, {}, &record::id), 10, 1));
    CHECK(chose(select_best_host(hosts, &record::measured, {}, {}, &record::number), 10, 1));
    CHECK(chose(select_best_host(hosts, &record::metrics), 1u, 1));
}

TEST_CASE("a member with metrics may be empty") {
    struct seen { int id; std::optional<network_metrics<>> last; };
    std::array const hosts{seen{1, {}}, seen{2, at(70)}, seen{3, at(60)}, seen{4, {}}};
    CHECK(hosts_of(select_top_hosts(hosts, &seen::last, 4, {}, {}, &seen::id)) == ints{3, 2});
}

// ---- ranges

namespace {

/// The numbers from 0 on, made while one walks over them.
struct generated {
    struct iterator {
        int n;
        int operator*() const { return n; }
        iterator& operator++() { return ++n, *this; }
        bool operator!=(iterator const& other) const { return n != other.n; }
    };
    int count;
    iterator begin() const { return {0}; }
    iterator end() const { return {count}; }
};

}  // namespace

TEST_CASE("hosts may stand in any range that can be walked over") {
    auto const metrics = [](int id) { return at(90 - 10 * id); };
    int array[] = {1, 3, 2};
    CHECK(chose(select_best_host(array, metrics), 3, 1));
    CHECK(chose(select_best_host(std::list{1, 3, 2}, metrics), 3, 1));
    CHECK(chose(select_best_host(std::forward_list{1, 3, 2}, metrics), 3, 1));
    CHECK(chose(select_best_host(std::set{1, 3, 2}, metrics), 3, 2));
    CHECK(chose(select_best_host(std::initializer_list<int>{1, 3, 2}, metrics), 3, 1));
    CHECK(chose(select_best_host(std::span{array}, metrics), 3, 1));
    CHECK(chose(select_best_host(generated{4}, metrics), 3, 3));
}

TEST_CASE("a map of records is a range of hosts too") {
    std::map<std::string, network_metrics<>> const hosts{{"rome", at(30)}, {"oslo", at(20)}};
    using entry = std::pair<std::string const, network_metrics<>>;
    CHECK(chose(select_best_host(hosts, &entry::second, {}, {}, &entry::first), "oslo"s, 0));
}

// ---- metrics

TEST_CASE("metrics may come from a map, a hash map or a function") {
    std::array const ids{3, 1, 2};
    std::map<int, network_metrics<>> const map{{1, at(20)}, {2, at(10)}};
    std::unordered_map<int, network_metrics<>> const hash_map{map.begin(), map.end()};
    CHECK(chose(select_best_host(ids, map), 2, 2));
    CHECK(chose(select_best_host(ids, hash_map), 2, 2));
    CHECK(chose(select_best_host(ids, [&](int id) -> auto& { return hash_map.find(id % 2 + 1)->second; }),
                1, 1));
    CHECK(chose(select_best_host(ids, std::function{[](int id) { return at(id); }}), 1, 1));
    CHECK(chose(select_best_host(ids, [](int id) { return std::make_unique<network_metrics<>>(at(id)); }),
                1, 1));
}

TEST_CASE("a map may hold metrics that are empty, or lie elsewhere") {
    std::array const ids{3, 1, 2};
    std::map<int, std::optional<network_metrics<>>> const optional{{1, at(20)}, {2, std::nullopt}};
    CHECK(hosts_of(select_top_hosts(ids, optional, 3)) == ints{1});
    network_metrics<> const known = at(30);
    std::unordered_map<int, network_metrics<> const*> const pointers{{1, nullptr}, {3, &known}};
    CHECK(hosts_of(select_top_hosts(ids, pointers, 3)) == ints{3});
    std::vector<exclusion> reasons;
    auto const note = [&](int, std::size_t, verdict const& v) { reasons.push_back(v.reason); };
    for_each_verdict(ids, optional, note);
    for_each_verdict(ids, pointers, note);
    auto const unknown = exclusion::no_metrics;
    CHECK(reasons == std::vector{unknown, exclusion::none, unknown, exclusion::none, unknown, unknown});
}

TEST_CASE("metrics may be the caller's own struct, with numbers of any kind") {
    struct ping { float latency_ms, packet_loss; };
    struct counters { int latency_ms; std::uint8_t packet_loss; unsigned bandwidth_mbps; };
    float const nan = oracle::nan<float>();
    CHECK(chose(select_best_host(std::array{ping{nan, 0}, ping{40, 0}, ping{30, nan}}), 1u, 1));
    CHECK(chose(select_best_host(std::array{counters{9, 1, 9}, counters{30, 0, 2}, counters{40, 0, 9}}),
                2u, 2));
}

TEST_CASE("records are neither copied nor changed") {
    auto hosts = three_records();
    CHECK(chose(select_best_host(hosts, &record::metrics), 1u, 1));
    CHECK(hosts_of(select_top_hosts(hosts, &record::metrics, 3, {}, {}, &record::id)) ==
          ints{10, 30, 20});
    CHECK(hosts_of(select_top_hosts(std::move(hosts), &record::metrics, 3, {}, {}, &record::id)) ==
          ints{10, 30, 20});
    CHECK(hosts.size() == 3);
}

// ---- room

TEST_CASE("only the places that are given back are written to") {
    choice_of<ints> const untouched{.host = -1, .score = -1, .latency_ms = -1};
    std::array<choice_of<ints>, 5> room;
    room.fill(untouched);
    ints const ids{1, 2, 3};
    auto const chosen = select_top_hosts(ids, [](int id) { return at(id); }, room);
    CHECK(chosen.data() == room.data());
    CHECK(hosts_of(chosen) == ints{1, 2, 3});
    CHECK(room[3] == untouched);
    CHECK(room[4] == untouched);
}

TEST_CASE("room for nobody is enough to choose nobody") {
    ints const ids{1, 2, 3};
    auto const metrics = [](int id) { return at(id); };
    CHECK(select_top_hosts(ids, metrics, std::span<choice_of<ints>>{}).empty());
}

TEST_CASE("choosing into the caller's room allocates nothing") {
    ints ids(1000);
    for (std::size_t n = 0; n < ids.size(); ++n) ids[n] = static_cast<int>(n / 2);  // each twice
    std::array<choice_of<ints>, 200> room;
    auto const metrics = [](int id) { return at(id % 97); };
    std::size_t chosen = 0;
    for (std::size_t const k : {1u, 16u, 64u, 200u}) {  // sorted places, and heaps
        CAPTURE(k);
        auto const places = std::span{room}.first(k);
        CHECK(allocations::in([&] { chosen = select_top_hosts(ids, metrics, places).size(); }) == 0);
        CHECK(chosen == k);
    }
    CHECK(allocations::in([&] { chosen = select_best_host(ids, metrics)->index; }) == 0);
    CHECK(chosen == 0);
}

TEST_CASE("a huge k costs no more than the hosts that there are") {
    ints const ids{1, 2, 3};
    std::size_t const before = allocations::bytes;
    auto const chosen = select_top_hosts(ids, [](int id) { return at(id); }, SIZE_MAX);
    CHECK(hosts_of(chosen) == ints{1, 2, 3});
    CHECK(allocations::bytes - before < 4096);
}

// ---- the caller's policy

TEST_CASE("a caller's policy is asked once for each eligible host and for no other") {
    struct ping { int id; double latency_ms, packet_loss; };
    std::array const hosts{ping{0, 30, 0}, ping{1, 2000, 0}, ping{2, 40, 0}, ping{3, 20, 1},
                           ping{4, oracle::nan(), 0}, ping{5, 90, 0}, ping{6, 50, 0}};
    ints asked;
    auto const farthest = [&](ping const& p) {
        asked.push_back(p.id);
        return p.latency_ms;
    };
    constraints const rules{limits{.max_latency_ms = 80}, [](ping const& p) { return p.id == 6; }};
    auto const best = select_best_host(hosts, {}, farthest, rules, &ping::id);
    CHECK(chose(best, 2, 2));
    CHECK(asked == ints{0, 2});
}

TEST_CASE("where no id repeats among the best, the hosts are walked over once") {
    ints const ids{1, 2, 3, 4, 5};
    pings const hosts(5, at(30));
    std::size_t calls = 0;
    auto const policy = [&calls](network_metrics<> const&) { return static_cast<double>(++calls); };
    for (std::size_t const k : {1u, 3u, 5u, 6u, 100u}) {
        CAPTURE(k);
        calls = 0;
        CHECK(select_top_hosts(ids, [](int id) { return at(id); }, k, policy).size() == std::min(k, ids.size()));
        CHECK(calls == 5);
        CHECK(select_top_hosts(hosts, {}, k, policy).size() == std::min(k, ids.size()));
        CHECK(calls == 10);
    }
}

TEST_CASE("a caller's score is not clamped, and what is no finite number is not eligible") {
    struct ping { double latency_ms, packet_loss, given; };
    std::array const hosts{ping{10, 0, oracle::nan()}, ping{10, 0, oracle::infinity()},
                           ping{10, 0, -500}, ping{10, 0, -20},
                           ping{10, 0, oracle::minus_infinity()}, ping{10, 1, 7}};
    auto const choices = select_top_hosts(hosts, {}, 9, [](ping const& p) { return p.given; });
    CHECK(indices_of(choices) == std::vector<std::size_t>{3, 2});
    CHECK(choices[0].score == -20);
    CHECK(choices[1].score == -500);
}

// ---- properties

namespace {

/// The reference: every host judged alone, all of them sorted.
template <class R, class Rules, class IdOf>
auto brute_force(std::vector<network_metrics<R>> const& all, score_policy const& policy,
                 Rules const& rules, IdOf id_of) {
    using id = decltype(id_of(std::size_t{}));
    std::vector<oracle::entry<id>> eligible;
    for (std::size_t n = 0; n < all.size(); ++n) {
        if (rules.excluded(n)) continue;
        if (oracle::unusable(all[n], policy.latency_ceiling_ms) != exclusion::none) continue;
        double const score = calculate_host_score(all[n], policy);
        auto const [reason, step] = oracle::step_of(all[n], score, rules);
        if (reason == exclusion::none)
            eligible.push_back({id_of(n), n, step, score, *all[n].latency_ms + R{0}});
    }
    return oracle::ranking(eligible);
}

/// Hosts of which many are equal.
template <class R>
std::vector<network_metrics<R>> many_hosts(std::size_t count, splitmix64& random) {
    std::vector<network_metrics<R>> hosts(count);
    bool const alike = random.one_in(2);
    for (std::size_t n = 0; n < count; ++n)
        hosts[n] = n > 0 && random.one_in(4) ? hosts[random.below(n)]
                   : alike ? network_metrics<R>{.latency_ms = static_cast<R>(10 * random.below(4))}
                   : random.one_in(2) ? oracle::good_host<R>(random)
                                      : oracle::any_host<R>(random);
    return hosts;
}

std::size_t any_k(std::size_t count, splitmix64& random) {
    std::size_t const edges[] = {0, 1, 2, count, count + 1, SIZE_MAX};
    return random.one_in(2) ? random.pick(edges) : random.below(count + 1);
}

/// Positions as hosts, so that predicates and projections have something to tell them apart by.
std::vector<std::size_t> positions(std::size_t count) {
    std::vector<std::size_t> all(count);
    for (std::size_t n = 0; n < count; ++n) all[n] = n;
    return all;
}

}  // namespace

TEMPLATE_TEST_CASE("selection chooses what sorting all hosts would", "", float, double) {
    for_all([](splitmix64& random) {
        std::size_t const count = random.one_in(64) ? random.below(300) : random.below(9);
        auto const all = many_hosts<TestType>(count, random);
        auto const hosts = positions(count);
        auto const policy = oracle::any_policy(random);
        std::size_t const banned = random.below(8), ids = 1 + random.below(count + 1);
        auto const rules = oracle::any_constraints(
            random, [banned](std::size_t n) { return n % 8 == banned; });
        auto const metrics = [&](std::size_t n) -> auto& { return all[n]; };
        auto const id_of = [ids](std::size_t n) { return static_cast<int>(n * 7 % ids); };

        auto const ranked = brute_force(all, policy, rules, id_of);
        std::size_t const k = any_k(count, random);
        auto const best = select_best_host(hosts, metrics, policy, rules, id_of);
        auto const top = select_top_hosts(hosts, metrics, k, policy, rules, id_of);
        std::array<choice_of<decltype(hosts), decltype(id_of)>, 4> room;
        auto const few = select_top_hosts(hosts, metrics, room, policy, rules, id_of);
        return best.has_value() == !ranked.empty() &&
               (!best || oracle::same_choices(std::span{&*best, 1}, ranked, 1)) &&
               oracle::same_choices(top, ranked, k) && oracle::same_choices(few, ranked, 4);
    });
}

TEMPLATE_TEST_CASE("hosts without ids are chosen as sorting them would", "", float, double) {
    for_all([](splitmix64& random) {
        std::size_t const count = random.below(9);
        auto const all = many_hosts<TestType>(count, random);
        constraints<> const rules{oracle::any_limits(random), {}, {}, 0};
        auto const ranked = brute_force(all, {}, rules, [](std::size_t n) { return n; });
        std::size_t const k = any_k(count, random);
        return oracle::same_choices(select_top_hosts(all, {}, k, {}, rules.limit), ranked, k);
    });
}

TEMPLATE_TEST_CASE("the same hosts in any order give the same choice", "", float, double) {
    for_all([](splitmix64& random) {
        bool const many = random.one_in(64);  // enough of them to fill a heap
        std::size_t const count = random.below(many ? 300 : 8);
        auto const all = many_hosts<TestType>(count, random);
        auto const metrics = [&](std::size_t n) -> auto& { return all[n]; };
        auto const rules = oracle::any_constraints(random);
        std::size_t const ids = 1 + random.below(many ? 300 : 8), k = any_k(count, random);
        auto const id_of = [ids](std::size_t n) { return n % ids; };
        auto hosts = positions(count);
        // The best, then the k best; positions differ, of course.
        auto const choose = [&] {
            auto chosen = select_top_hosts(hosts, metrics, k, {}, rules, id_of);
            if (auto const best = select_best_host(hosts, metrics, {}, rules, id_of))
                chosen.insert(chosen.begin(), *best);
            for (auto& choice : chosen) choice.index = 0;
            return chosen;
        };
        auto const in_order = choose();
        random.shuffle(hosts);
        auto const shuffled = choose();
        return oracle::same_choices(shuffled, in_order, in_order.size()) &&
               (in_order.size() < 2 || oracle::same_choice(in_order[0], in_order[1]));
    });
}

TEMPLATE_TEST_CASE("what a broken probe writes never raises a rank", "", float, double) {
    for_all([](splitmix64& random) {
        auto const [good, spoilt] = oracle::spoilt_host<TestType>(random);
        std::array hosts{good, oracle::any_host<TestType>(random),
                         oracle::any_host<TestType>(random)};
        auto const policy = oracle::any_policy(random);
        auto const rank_of_first = [&] {
            std::size_t rank = 0;
            for (auto const& choice : select_top_hosts(hosts, {}, 3, policy)) {
                if (choice.index == 0) return rank;
                ++rank;
            }
            return hosts.size();
        };
        std::size_t const before = rank_of_first();
        hosts[0] = spoilt;
        return rank_of_first() >= before;
    });
}

TEST_CASE("names are chosen as numbers are") {
    for_all([](splitmix64& random) {
        auto const all = many_hosts<double>(random.below(6), random);
        auto const hosts = positions(all.size());
        auto const metrics = [&](std::size_t n) -> auto& { return all[n]; };
        auto const name_of = [](std::size_t n) {
            return "a name too long to lie in itself " + std::string{"cab"[n % 3]};
        };
        constraints<> const rules{};
        std::size_t const k = any_k(hosts.size(), random);
        return oracle::same_choices(select_top_hosts(hosts, metrics, k, {}, {}, name_of),
                                    brute_force(all, {}, rules, name_of), k);
    });
}

namespace {

struct drainable {
    int id;
    bool draining;
    network_metrics<> net;
};

}  // namespace

TEST_CASE("a member of the record can be the predicate that excludes") {
    std::vector<drainable> const hosts{{1, true, {.latency_ms = 5}}, {2, false, {.latency_ms = 9}}};
    auto const chosen = [&](auto const& rules) {
        return select_best_host(hosts, &drainable::net, {}, rules, &drainable::id)->host;
    };
    CHECK(chosen(constraints{limits{}, &drainable::draining}) == 2);
    CHECK(chosen(constraints{limits{}}) == 1);
}

TEST_CASE("what is looked up in a map is its id, also where it is a struct of the caller's") {
    struct uuid {
        int high, low;
        auto operator<=>(uuid const&) const = default;
    };
    std::map<uuid, network_metrics<>> const metrics{{{1, 3}, at(30)}, {{1, 9}, at(30)}};
    std::vector<uuid> const ids{{1, 9}, {1, 3}, {1, 9}};
    CHECK(chose(select_best_host(ids, metrics), uuid{1, 3}, 1));
    CHECK(hosts_of(select_top_hosts(ids, metrics, 3)) == std::vector<uuid>{{1, 3}, {1, 9}});
    auto const by_function = [&](uuid const& id) { return metrics.at(id); };
    CHECK(chose(select_best_host(ids, by_function), 0u, 0));
    CHECK(chose(select_best_host(ids, by_function, {}, {}, std::identity{}), uuid{1, 3}, 1));
}

TEST_CASE("an id needs no default, and its comparisons need not be constexpr") {
    auto const id_of = [](int host) { return without_default{host % 20}; };
    auto const metrics = [](int host) { return at(100 - host); };
    ints hosts(60);
    for (std::size_t n = 0; n < hosts.size(); ++n) hosts[n] = static_cast<int>(n);
    for (std::size_t const k : {1u, 5u, 18u}) {
        auto const chosen = select_top_hosts(hosts, metrics, k, {}, {}, id_of);
        REQUIRE(chosen.size() == k);
        for (std::size_t n = 0; n < k; ++n) CHECK(chosen[n].host.x == 19 - static_cast<int>(n));
    }
    CHECK(select_best_host(hosts, metrics, {}, {}, id_of)->host.x == 19);
    struct by_other_rule {
        bool operator()(int) const { return false; }
        bool operator==(by_other_rule const&) const { return true; }
    };
    CHECK(constraints{limits{}, by_other_rule{}} == constraints{limits{}, by_other_rule{}});
}

TEST_CASE("a table allocates for what is added, and not for updates nor for choices") {
    host_table<int> table;
    table.reserve(3000);
    for (int n = 0; n < 3000; ++n) table.add(n, network_metrics<float>{.latency_ms = static_cast<float>(n % 700)});
    std::vector<host_choice<int>> room(1000);
    CHECK(allocations::in([&] {
              for (int n = 0; n < 100; ++n) table.update(n, network_metrics<float>{.latency_ms = 5.f});
              table.remove(7);
              for (std::size_t const k : {1u, 10u, 100u, 1000u})
                  (void)select_top_hosts(table, std::span{room}.first(k));
              (void)select_best_host(table, {}, {.max_latency_ms = 50});
          }) == 0);
    scored_table<int> kept{table};
    CHECK(allocations::in([&] {
              for (int n = 0; n < 100; ++n) kept.update(n, network_metrics<float>{.latency_ms = 6.f});
              (void)select_top_hosts(kept, room);
              (void)select_best_host(kept);
          }) == 0);
}
