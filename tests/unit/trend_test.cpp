// SPDX-License-Identifier: MIT
#include <hostpick/watch/change_points.hpp>
#include <hostpick/watch/outlook.hpp>
#include <hostpick/watch/quiet_hours.hpp>
#include <hostpick/watch/trend.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace hostpick;
using namespace hostpick::watch;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

using series = std::vector<reading>;

/// Asks `holds` for a share of the cases: each goes over many readings.
template <class Property>
void for_series(std::uint64_t share, Property holds) {
    std::uint64_t seed = 1;
    while (seed <= HOSTPICK_TEST_CASES / share + 1) {
        splitmix64 random{seed * 0x1'0000'0000u};
        if (!holds(random)) break;
        ++seed;
    }
    INFO("the seed for which it does not hold: " << seed);
    CHECK(seed > HOSTPICK_TEST_CASES / share + 1);
}

bool near(double a, double b, double relative = 1e-12) {
    return std::abs(a - b) <= relative * std::max(std::abs(a), std::abs(b));
}
double uniform(splitmix64& random) { return random.fraction<double>(std::size_t{1} << 53, 53); }
/// Normal, by the sum of twelve.
double normal(splitmix64& random) {
    double sum = -6;
    for (int n = 0; n < 12; ++n) sum += uniform(random);
    return sum;
}
double cauchy(splitmix64& random) { return std::tan(3.141592653589793 * (uniform(random) - 0.5)); }

double median(std::vector<double> numbers) {
    std::sort(numbers.begin(), numbers.end());
    std::size_t const n = numbers.size();
    return n % 2 == 1 ? numbers[n / 2] : (numbers[n / 2 - 1] + numbers[n / 2]) / 2;
}

/// A half-hour of nine months at somebody's home.
struct speed_test {
    unix_time at;
    double ping_ms, down_mbps;
};

/// Of our own: a step from 34 to 54 Mbps on day 200 of 250, slower evenings, and tests that failed.
std::vector<speed_test> made_tests() {
    std::vector<speed_test> all;
    splitmix64 random{7};
    for (int n = 0; n < 250 * 48; ++n) {
        if (random.one_in(12)) continue;
        unix_time const at = 30min * n + 1min;
        unsigned const hour = hour_of_day(at);
        bool const evening = hour >= 18 && hour < 22;
        double const level = (n < 200 * 48 ? 34 : 54) - (evening ? 9 * uniform(random) : 0);
        if (random.one_in(400)) all.push_back({at, 1'800'000, 0});
        else all.push_back({at, 18 + (evening ? 5 : 0) + 4 * uniform(random), level - 2 * uniform(random)});
    }
    return all;
}
/// In local time; the second is whether somebody measured them.
std::pair<std::vector<speed_test>, bool> speed_tests() {
    std::ifstream in{HOSTPICK_SHARED_DATA "/speedtest_brisbane_2017-10_2018-06.csv"};
    std::vector<speed_test> all;
    std::string line;
    for (std::getline(in, line); std::getline(in, line);) {
        auto const part = [&](std::size_t at, std::size_t n) { return std::atoi(line.substr(at, n).c_str()); };
        using namespace std::chrono;
        sys_days const date = year{part(0, 4)} / part(5, 2) / part(8, 2);
        std::istringstream cells{line};
        std::vector<std::string> row;
        for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
        all.push_back({duration_cast<unix_time>(date.time_since_epoch()) + hours{part(11, 2)} +
                           minutes{part(14, 2)} + seconds{part(17, 2)},
                       std::strtod(row[3].c_str(), nullptr), std::strtod(row[4].c_str(), nullptr)});
    }
    if (!all.empty()) return {all, true};
    return {made_tests(), false};
}

}  // namespace

// ---- hours of the day

TEST_CASE("a profile knows each hour of the day by itself, by whatever clock") {
    auto const profile = std::make_unique<hourly_profile>();
    for (int day = 0; day < 9; ++day)
        for (int hour = 0; hour < 24; ++hour) {
            CHECK(profile->add(24h * day + 1h * hour - 2h, 10 + hour, 120min));
            if (hour == 20) profile->add(24h * day + 1h * hour - 2h + 30min, 500, 120min);
        }
    CHECK(profile->count(19) == 9);
    CHECK(*profile->median(19) == 29);
    CHECK(profile->count(20) == 18);
    CHECK(*profile->median(20) == 30);
    CHECK(*profile->quantile(20, 0.9) == 500);
    CHECK(*profile->mean(20) == 265);
    CHECK(profile->count(24) == 0);
    CHECK_FALSE(profile->mean(24));
    CHECK_FALSE(profile->median(24));
    auto const before = profile->count(0);
    CHECK_FALSE(profile->add(unix_time::max(), 1));
    CHECK_FALSE(profile->add(0ms, oracle::nan()));
    CHECK_FALSE(profile->add(0ms, -1));
    CHECK_FALSE(profile->add(0ms, 2'000'000));
    CHECK(profile->count(0) == before);
    auto const twice = std::make_unique<hourly_profile>(*profile);
    CHECK(twice->merge(*profile));
    CHECK(twice->count(20) == 36);
    CHECK(*twice->median(20) == 30);
    for (int n = 0; n < 28; ++n) twice->merge(*twice);
    CHECK_FALSE(twice->merge(*twice));
    CHECK(twice->count(0) == std::uint64_t{18} << 26);
    CHECK(twice->count(20) == std::uint64_t{36} << 26);  // where not all fits, nothing is merged
    CHECK(allocations::in([&] { profile->add(0ms, 5), static_cast<void>(profile->median(0)); }) == 0);
}

TEST_CASE("quiet hours are those in which the metric is best") {
    auto const profile = std::make_unique<hourly_profile>();
    CHECK(quiet_hours(*profile).why() == unknown_because::too_few);
    for (int n = 0; n < 24 * 12; ++n) {
        double const busy[] = {30, 20, 10, 10, 15, 40};  // four hours each
        profile->add(1h * n, busy[n % 24 / 4]);
    }
    auto const quiet = quiet_hours(*profile);
    REQUIRE(quiet);
    CHECK(quiet->size == 4);
    CHECK(quiet->hours[0] == 8);
    CHECK(quiet->hours[3] == 11);
    CHECK((quiet->contains(8) && quiet->contains(11)));
    CHECK_FALSE((quiet->contains(7) || quiet->contains(12) || quiet->contains(0)));
    auto const best = quiet_hours(*profile, {.hours = 5, .higher_is_better = true});
    CHECK((best->contains(20) && best->contains(23) && best->contains(0) && !best->contains(1)));
    CHECK(quiet_hours(*profile, {.min_samples = 13}).why() == unknown_because::too_few);
    for (auto const& policy : {quiet_policy{.hours = 0}, quiet_policy{.hours = 13}, quiet_policy{.min_samples = 0},
                               quiet_policy{.quantile = 1.5}, quiet_policy{.quantile = oracle::nan()}})
        CHECK(quiet_hours(*profile, policy).why() == unknown_because::invalid_policy);
    auto const flat = std::make_unique<hourly_profile>();
    for (int n = 0; n < 8 * 12; ++n) flat->add(24h * (n / 8) + 1h * (n % 8), 30);
    CHECK(quiet_hours(*flat).why() == unknown_because::no_variation);
    CHECK(quiet_hours(*flat, {.hours = 5}).why() == unknown_because::too_few);
    flat->add(0ms, 31), flat->add(1ms, 29);
    CHECK(quiet_hours(*flat, {.quantile = 1}));
    CHECK_FALSE(quiet_hours(*flat, {.quantile = 1})->contains(0));
}

TEST_CASE("evenings are slow, and the night is quiet") {
    auto const [tests, measured] = speed_tests();
    if (!measured) WARN("no speed tests in " HOSTPICK_SHARED_DATA ": made up ones instead");
    auto const down = std::make_unique<hourly_profile>(), ping = std::make_unique<hourly_profile>();
    for (auto const& t : tests) {
        if (t.ping_ms > 1000) continue;
        down->add(t.at, t.down_mbps);
        ping->add(t.at, t.ping_ms);
    }
    double evening = 1e9, night = 0, evening_ping = 0, night_ping = 1e9;
    for (unsigned h = 18; h < 22; ++h) {
        evening = std::min(evening, *down->quantile(h, 0.1));
        evening_ping = std::max(evening_ping, *ping->quantile(h, 0.9));
    }
    for (unsigned h = 2; h < 6; ++h) {
        night = std::max(night, *down->quantile(h, 0.1));
        night_ping = std::min(night_ping, *ping->quantile(h, 0.9));
    }
    CAPTURE(evening, night, evening_ping, night_ping);
    CHECK(evening < night - 2);
    CHECK(evening_ping > night_ping);
    auto const quiet = quiet_hours(*down, {.hours = 6, .quantile = 0.1, .higher_is_better = true});
    REQUIRE(quiet);
    for (unsigned h = 18; h < 22; ++h) CHECK_FALSE(quiet->contains(h));
}

// ---- series

TEST_CASE("the medians of days") {
    series const hours{{-1h, 5}, {1h, 1}, {2h, 9}, {3h, 2}, {3h, 4}, {49h, 7}};
    CHECK(*block_medians(hours, 24h) == series{{-24h, 5}, {0h, 3}, {48h, 7}});
    CHECK(*block_medians(hours, 24h, 120min) == series{{-2h, 4}, {46h, 7}});
    CHECK(*block_medians(hours, 24h, -120min) == series{{-22h, 3}, {2h, 4}, {26h, 7}});
    CHECK(*block_medians(hours, 24h, 60min) == series{{-1h, 4}, {47h, 7}});
    CHECK(*block_medians(hours, 1h) == series{{-1h, 5}, {1h, 1}, {2h, 9}, {3h, 3}, {49h, 7}});
    CHECK(block_medians(series{}, 24h).why() == unknown_because::too_few);
    CHECK(block_medians(hours, 0ms).why() == unknown_because::invalid_policy);
    CHECK(block_medians(hours, unix_time::max()).why() == unknown_because::invalid_policy);
    CHECK(block_medians(series{{1h, 1}, {0h, 1}}, 1h).why() == unknown_because::not_in_order);
    for (reading const& bad : {reading{0h, oracle::nan()}, reading{0h, oracle::minus_infinity()}, reading{0h, 1e101},
                               reading{unix_time::max(), 1}, reading{unix_time::min(), 1}})
        CHECK(block_medians(series{bad}, 1h).why() == unknown_because::invalid_reading);
}

// ---- trend

namespace {

/// All of them, a day, in order.
std::vector<double> all_slopes(series const& s) {
    std::vector<double> slopes;
    for (reading const& a : s)
        for (reading const& b : s)
            if (a.at < b.at)
                slopes.push_back((b.value - a.value) / static_cast<double>((b.at - a.at).count()) * 86'400'000);
    std::sort(slopes.begin(), slopes.end());
    return slopes;
}

series any_series(splitmix64& random, std::size_t n) {
    series s;
    std::size_t const when = random.below(4), what = random.below(4);
    double const slope = random.one_in(2) ? 0 : normal(random) * 1e-6;
    for (std::size_t k = 0; k < n; ++k) {
        std::int64_t const even = static_cast<std::int64_t>(k) * 300'000;
        std::int64_t const some = static_cast<std::int64_t>(random.below(100'000'000));
        unix_time const at{when == 0 ? some : when == 1 ? some % 9 : even};
        double const y = what == 0   ? static_cast<double>(random.below(3))
                         : what == 1 ? cauchy(random)
                                     : 50 + normal(random);
        s.push_back({at - 5000s, y + slope * static_cast<double>(even)});
    }
    if (random.one_in(2)) random.shuffle(s);
    return s;
}

}  // namespace

TEST_CASE("the trend is the median of all slopes, inside of its interval") {
    for_series(500, [](splitmix64& random) {
        std::size_t const sizes[] = {0, 1, 4, 5, 6, 7, 20, 60, 110, 300};
        auto const s = any_series(random, random.pick(sizes));
        auto const slopes = all_slopes(s);
        auto const t = trend_of(s);
        if (s.size() < 5) return t.why() == unknown_because::too_few;
        if (slopes.empty()) return t.why() == unknown_because::one_moment;
        if (!t || t->readings != s.size()) return false;
        std::vector<double> times, values;
        for (reading const& r : s) times.push_back(static_cast<double>(r.at.count())), values.push_back(r.value);
        bool const middle = near(t->middle_value, median(values)) &&
                            std::abs(static_cast<double>(t->middle.count()) - median(times)) < 1 &&
                            t->last.count() == static_cast<std::int64_t>(*std::max_element(times.begin(), times.end()));
        double const width = std::max(std::abs(slopes.front()), std::abs(slopes.back()));
        return middle && std::abs(t->per_day - median(slopes)) <= 1e-12 * width &&
               t->per_day_95.low <= t->per_day && t->per_day <= t->per_day_95.high &&
               t->per_day_95.low >= slopes.front() - 1e-12 * width &&
               t->per_day_95.high <= slopes.back() + 1e-12 * width;
    });
}

TEST_CASE("a trend of too many slopes to list has the same ranks") {
    for (int seed = 1; seed < 40; ++seed) {
        splitmix64 random{static_cast<std::uint64_t>(seed) << 32};
        auto const s = any_series(random, 150 + random.below(450));
        auto const slopes = all_slopes(s);
        std::vector<internal::point> points;
        for (reading const& r : s) points.push_back({static_cast<double>(r.at.count()), r.value});
        std::sort(points.begin(), points.end(),
                  [](auto const& a, auto const& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
        internal::slopes ranks{points};
        REQUIRE(ranks.size() == slopes.size());
        bool good = true;
        for (int n = 0; n <= 10; ++n) {
            std::size_t const rank = (slopes.size() - 1) * static_cast<std::size_t>(n) / 10;
            good = good && std::abs(ranks.nth(rank) * 86'400'000 - slopes[rank]) <=
                               1e-9 * std::max(1e-3, std::abs(slopes[rank]));
        }
        INFO("the seed for which it does not hold: " << seed);
        CHECK(good);
    }
}

TEST_CASE("Sen's interval, as SciPy 1.10 gives it") {
    // theilslopes([1, 3, 2, 5, 4, 8, 6, 9], [0, 1, 2, 3, 4, 5, 6, 7])
    series s;
    int day = 0;
    for (double const y : {1, 3, 2, 5, 4, 8, 6, 9}) s.push_back({24h * day++, y});
    auto const t = trend_of(s);
    REQUIRE(t);
    CHECK(near(t->per_day, 1.0));
    CHECK(near(t->per_day_95.low, 0.5));
    CHECK(near(t->per_day_95.high, 5 / 3.0));
    CHECK(t->is_significant());
    CHECK(t->middle == 84h);
    CHECK(t->middle_value == 4.5);
    CHECK(t->last == 7 * 24h);
    CHECK(near(t->value_at(84h + 24h), 4.5 + t->per_day));
}

TEST_CASE("the variance of S is that over all orders, with ties") {
    std::vector<double> const columns[] = {{1, 2, 3, 4, 5, 6}, {1, 1, 1, 2, 3, 3}, {1, 1, 1, 1, 2, 2}, {0, 0, 1, 1, 2, 2}, {5, 5, 5, 5, 5, 5}};
    for (auto const& xs : columns)
        for (auto const& ys : columns) {
            std::vector<std::size_t> order{0, 1, 2, 3, 4, 5};
            double squares = 0, orders = 0;
            do {
                double s = 0;
                for (std::size_t b = 0; b < 6; ++b)
                    for (std::size_t a = 0; a < b; ++a) {
                        double const dx = xs[b] - xs[a], dy = ys[order[b]] - ys[order[a]];
                        s += dx * dy > 0 ? 1 : dx * dy < 0 ? -1 : 0;
                    }
                squares += s * s;
                ++orders;
            } while (std::next_permutation(order.begin(), order.end()));
            CHECK(std::abs(internal::kendall_variance(xs, ys) - squares / orders) < 1e-9);
        }
}

TEST_CASE("a quarter of wild readings does not carry a trend away") {
    series days;
    for (int d = 0; d < 40; ++d) days.push_back({24h * d, d % 4 == 1 ? 1e6 * d : 20 + 0.5 * d});
    CHECK(trend_of(days)->per_day > 0.4);
    CHECK(trend_of(days)->per_day < 2);
    series line;
    for (int d = 0; d < 9; ++d) line.push_back({24h * d, 20 + 0.5 * d});
    CHECK(trend_of(line)->per_day == 0.5);
    CHECK(trend_of(line)->per_day_95 == rolling::interval{0.5, 0.5});
    for (reading& r : line) r.value = 30;
    CHECK(trend_of(line)->per_day == 0);
    CHECK_FALSE(trend_of(line)->is_significant());
    line[3].value = oracle::nan();
    CHECK(trend_of(line).why() == unknown_because::invalid_reading);
    for (reading& r : line) r = {5h, 30};
    CHECK(trend_of(line).why() == unknown_because::one_moment);
}

TEST_CASE("of series without a trend one in twenty seems to have one") {
    int seem = 0, seem_too_wild = 0;
    constexpr int tries = 1000;
    for (int n = 0; n < tries; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
        series plain, wild;
        for (int d = 0; d < 40; ++d) {
            plain.push_back({24h * d, normal(random)});
            wild.push_back({24h * d, cauchy(random)});
        }
        seem += trend_of(plain)->is_significant();
        seem_too_wild += trend_of(wild)->is_significant();
    }
    CAPTURE(seem, seem_too_wild);
    CHECK((seem > 25 && seem < 75));
    CHECK((seem_too_wild > 25 && seem_too_wild < 75));
}

// ---- outlook

TEST_CASE("when a trend crosses a limit, or why that cannot be told") {
    trend const rising{.per_day = 2, .per_day_95 = {1, 4}, .middle = 240h, .middle_value = 40, .last = 480h, .readings = 21};
    auto const when = outlook(rising, 80);  // 60 on the last day
    REQUIRE(when);
    CHECK(when->at == 240h + 20 * 24h);
    CHECK(when->earliest == 480h);  // 10 days after the middle, which is the last reading
    CHECK(when->latest == 240h + 40 * 24h);
    CHECK(outlook(rising, 100)->earliest == 240h + 15 * 24h);
    CHECK_FALSE(outlook(rising, 80, 24h * 20)->latest);
    CHECK(outlook(rising, 80, 24h * 9).why() == unknown_because::too_far_ahead);
    CHECK(outlook(rising, 80, 24h * 10));
    CHECK(outlook(rising, 60).why() == unknown_because::moving_away);
    CHECK(outlook(rising, 50).why() == unknown_because::moving_away);
    CHECK(outlook(rising, oracle::nan()).why() == unknown_because::invalid_policy);
    CHECK(outlook(rising, 1e101).why() == unknown_because::invalid_policy);
    CHECK(outlook(rising, 80, -1h).why() == unknown_because::invalid_policy);
    CHECK(outlook(rising, 80, std::chrono::hours::max()).why() == unknown_because::invalid_policy);
    CHECK(outlook(rising, 1e100).why() == unknown_because::too_far_ahead);
    trend steep = rising;
    steep.per_day_95.high = 8;
    CHECK(outlook(steep, 80)->earliest == 480h);  // not before the last reading
    trend falling = rising;
    falling.per_day = -2, falling.per_day_95 = {-4, -1};
    CHECK(outlook(falling, 0)->at == 240h + 20 * 24h);  // 20 on the last day
    CHECK(outlook(falling, 0)->earliest == 480h);
    CHECK(outlook(falling, -20)->earliest == 240h + 15 * 24h);
    CHECK(outlook(falling, 0)->latest == 240h + 40 * 24h);
    CHECK(outlook(falling, 30).why() == unknown_because::moving_away);
    CHECK(outlook(falling, 20).why() == unknown_because::moving_away);
    trend flat = rising;
    flat.per_day_95 = {0, 4};
    CHECK(outlook(flat, 80).why() == unknown_because::no_trend);
}

// ---- change points

TEST_CASE("the largest of many z is no less rare than its chance says") {
    // Of 100 000 random orders of 40 numbers 5 % have more than 7.35, and 1 % have more than 10.15.
    CHECK(internal::largest_by_chance(7.35, 7 / 40.0) > 0.05);
    CHECK(internal::largest_by_chance(7.35, 7 / 40.0) < 0.15);
    CHECK(internal::largest_by_chance(10.15, 7 / 40.0) > 0.01);
    CHECK(internal::largest_by_chance(10.15, 7 / 40.0) < 0.04);
    CHECK(internal::largest_by_chance(0.5, 0.1) == 1);
    CHECK(internal::largest_by_chance(1.0, 0.1) == 1);
    double before = 1;
    bool falls = true;
    for (double z2 = 0; z2 < 60; z2 += 0.25) {
        double const p = internal::largest_by_chance(z2, 0.05);
        falls = falls && p <= before && p >= 0;
        before = p;
    }
    CHECK(falls);
}

TEST_CASE("the rank test is what its formula says") {
    for_series(500, [](splitmix64& random) {
        std::size_t const least = 2 + random.below(4), n = 2 * least + random.below(40);
        series s;
        bool const ties = random.one_in(2);
        for (std::size_t k = 0; k < n; ++k)
            s.push_back({1h * static_cast<int>(k), ties ? static_cast<double>(random.below(4)) : normal(random)});
        internal::rank_test test{s};
        auto const ours = test(0, n, least);
        // The U of Mann and Whitney at each place, by comparing all pairs.
        double most = 0, variance = 0;
        std::size_t at = 0;
        std::vector<double> ranks;
        for (reading const& a : s) {
            double above = 0;
            for (reading const& b : s) above += b.value < a.value ? 1 : b.value == a.value ? 0.5 : 0;
            ranks.push_back(above);  // from 1/2: the mean is n / 2
        }
        double const count = static_cast<double>(n);
        for (double const r : ranks) variance += (r - count / 2) * (r - count / 2) / (count - 1);
        for (std::size_t k = least; k + least <= n; ++k) {
            double u = 0;
            for (std::size_t i = 0; i < k; ++i) u += ranks[i] - count / 2;
            double const before = static_cast<double>(k);
            double const square = variance > 0 ? u * u / (variance * before * (count - before) / count) : 0;
            if (square > most * (1 + 1e-12)) most = square, at = k;
        }
        if (!(most > 0)) return !(ours.square > 0);
        double products = 0, squares = 0;
        for (std::size_t k = 0; k < n; ++k) {
            auto const mean_of = [&](std::size_t i) {
                std::size_t const from = i < at ? 0 : at, to = i < at ? at : n;
                double sum = 0;
                for (std::size_t j = from; j < to; ++j) sum += ranks[j];
                return sum / static_cast<double>(to - from);
            };
            squares += (ranks[k] - mean_of(k)) * (ranks[k] - mean_of(k));
            if (k != 0 && k != at) products += (ranks[k] - mean_of(k)) * (ranks[k - 1] - mean_of(k - 1));
        }
        double const seen = squares > 1e-9 ? std::clamp(products / squares, 0.0, 0.95) : 0;
        double const r = std::clamp(seen + 3 * (1 + 3 * seen) / count, 0.0, 0.95);
        // Student's t of the ranks on either side, from their means and the pooled variance.
        double const before = static_cast<double>(at), after = count - before;
        double sums[2] = {}, within = 0;
        for (std::size_t k = 0; k < n; ++k) sums[k < at ? 0 : 1] += ranks[k];
        double const means[2] = {sums[0] / before, sums[1] / after};
        for (std::size_t k = 0; k < n; ++k)
            within += (ranks[k] - means[k < at ? 0 : 1]) * (ranks[k] - means[k < at ? 0 : 1]);
        double const freedom = count - 2, difference = means[1] - means[0];
        if (within < 1e-9) return ours.at == at && ours.square > 20;
        double const t2 = difference * difference / (within / freedom * (1 / before + 1 / after));
        double const wallace = (8 * freedom + 1) / (8 * freedom + 3);
        double const z2 = wallace * wallace * freedom * std::log1p(t2 / freedom);
        double apart = 2;
        for (std::size_t k = 0; k < at; ++k) apart *= (before - static_cast<double>(k)) / (count - static_cast<double>(k));
        return ours.at == at && near(ours.square, z2 * (1 - r) / (1 + r), 1e-6) &&
               near(ours.p_value, std::max(std::min(apart, 1.0), internal::largest_by_chance(ours.square, static_cast<double>(least) / count)));
    });
}

TEST_CASE("of series without a change hardly any seems to have one") {
    struct noise {
        char const* name;
        double (*next)(splitmix64&, double& state);
    };
    noise const kinds[] = {
        {"normal", [](splitmix64& r, double&) { return normal(r); }},
        {"heavy tails", [](splitmix64& r, double&) { return cauchy(r); }},
        {"latencies", [](splitmix64& r, double&) { return 20 + std::exp(normal(r)) + (r.one_in(30) ? 500 : 0); }},
        {"few levels", [](splitmix64& r, double&) { return static_cast<double>(r.below(3)); }},
        {"days that resemble each other", [](splitmix64& r, double& s) { return s = 0.6 * s + normal(r); }},
    };
    int all = 0, tries = 0;
    for (auto const& [name, next] : kinds) {
        int seem = 0;
        for (int n = 0; n < 200; ++n) {
            splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
            double state = 0;
            series s;
            for (int d = 0; d < (n % 2 == 0 ? 60 : 200); ++d) s.push_back({24h * d, next(random, state)});
            seem += !change_points(s)->empty();
        }
        CAPTURE(name, seem);
        CHECK(seem <= 4);
        all += seem;
        tries += 200;
    }
    CHECK(all * 100 <= tries);  // one in a hundred
}

TEST_CASE("the hours of a day are no changes") {
    int seem = 0;
    for (int n = 0; n < 40; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
        series s;
        double drift = 0;
        for (int k = 0; k < 60 * 96; ++k) {
            drift = 0.9 * drift + normal(random);
            double const evening = k % 96 > 70 && k % 96 < 90 ? 15 : 0;
            s.push_back({15min * k, 30 + drift + evening + (random.one_in(50) ? 900 : 0)});
        }
        seem += !change_points(s)->empty();
    }
    CHECK(seem <= 1);
}

TEST_CASE("changes are found where they are, with their size") {
    int found = 0, exact = 0;
    for (int n = 0; n < 100; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
        series s;
        for (int d = 0; d < 150; ++d)
            s.push_back({24h * d, (d < 50 ? 20 : d < 90 ? 35 : 28) + 2 * normal(random) + (random.one_in(20) ? 300 : 0)});
        auto const changes = *change_points(s);
        if (changes.size() != 2) continue;
        ++found;
        bool const sizes = std::abs(changes[0].size() - 15) < 3 && std::abs(changes[1].size() + 7) < 3 &&
                           changes[0].after == changes[1].before && changes[0].p_value < 0.001;
        auto const is_near = [](unix_time t, int day) { return t >= 24h * (day - 2) && t <= 24h * (day + 2); };
        exact += sizes && is_near(changes[0].at, 50) && is_near(changes[1].at, 90) &&
                 changes[0].last_before == changes[0].at - 24h;
    }
    CAPTURE(found, exact);
    CHECK(found >= 95);
    CHECK(exact >= 90);
}

TEST_CASE("a clear change is found in a month") {
    for (auto const& [days, size, wanted] : {std::tuple{30, 3.0, 80}, {30, 30.0, 90}, {22, 30.0, 75}, {14, 30.0, 0}}) {
        int found = 0;
        for (int n = 0; n < 100; ++n) {
            splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
            series s;
            for (int d = 0; d < days; ++d) s.push_back({24h * d, normal(random) + (2 * d < days ? 0 : size)});
            auto const changes = *change_points(s);
            found += changes.size() == 1 && std::abs((changes[0].at - 12h * days) / 24h) <= 1;
        }
        CAPTURE(days, size, found);
        CHECK(found >= wanted);
    }
}

TEST_CASE("one change is where the test of all says, and is looked for once") {
    for (int n = 0; n < 60; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
        series s;
        for (int d = 0; d < 200; ++d) s.push_back({24h * d, normal(random) + (d < 100 ? 0 : 2)});
        internal::rank_test test{s};
        auto const near_it = internal::find_changes(test, s.size(), 7, 0.01);
        auto const changes = *change_points(s);
        auto const all = test(0, s.size(), 7);
        CHECK(near_it.size() == 1);
        REQUIRE(changes.size() == 1);
        CHECK(changes[0].at == s[all.at].at);
        CHECK(changes[0].p_value == all.p_value);
    }
}

TEST_CASE("each change holds between its neighbours as they are in the end") {
    std::size_t several = 0;
    for (int n = 0; n < 400; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
        series s;
        double level = 0;
        for (int d = 0; d < 120; ++d) {
            if (random.one_in(25)) level += 2 * normal(random);
            s.push_back({24h * d, level + normal(random)});
        }
        internal::rank_test test{s};
        auto const changes = *change_points(s);
        several += changes.size() > 1;
        std::vector<std::size_t> edges{0};
        for (auto const& c : changes) edges.push_back(static_cast<std::size_t>(c.at / 24h));
        edges.push_back(s.size());
        for (std::size_t k = 1; k + 1 < edges.size(); ++k) {
            auto const result = test(edges[k - 1], edges[k + 1], 7);
            CAPTURE(n, k);
            REQUIRE(result.at == edges[k]);
            REQUIRE(result.p_value == changes[k - 1].p_value);
        }
    }
    CHECK(several > 100);
}

TEST_CASE("what does not hold between its neighbours is dropped") {
    std::size_t looked_like = 0, held = 0;
    for (int n = 0; n < 100; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n + 1) << 32};
        series s;
        double walk = 0;
        for (int d = 0; d < 200; ++d) s.push_back({24h * d, (walk += 0.3 * normal(random)) + normal(random)});
        internal::rank_test test{s};
        looked_like += internal::find_changes(test, s.size(), 7, 0.01).size();
        held += change_points(s)->size();
    }
    CAPTURE(looked_like, held);
    CHECK(held < looked_like);
}

TEST_CASE("a change over a gap lies somewhere in the gap, and the order of sizes is all that counts") {
    series s;
    splitmix64 random{5};
    for (int d = 0; d < 60; ++d)
        if (d < 25 || d >= 40) s.push_back({24h * d + 7h, d < 30 ? normal(random) : 10 + normal(random)});
    auto const changes = *change_points(s);
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].last_before == 24h * 24);
    CHECK(changes[0].at == 24h * 40);
    for (reading& r : s) r.value = std::exp(r.value);
    auto const other = *change_points(s);
    REQUIRE(other.size() == 1);
    CHECK(other[0].at == changes[0].at);
    CHECK(near(other[0].p_value, changes[0].p_value));
    auto raw = *change_points(s, {.block = 0ms});
    REQUIRE(raw.size() == 1);
    CHECK(raw[0].at == 24h * 40 + 7h);
}

TEST_CASE("change points of too little, of nothing new, and of nonsense") {
    series s;
    CHECK(change_points(s).why() == unknown_because::too_few);
    CHECK(change_points(s, {.block = 0ms}).why() == unknown_because::too_few);
    for (int d = 0; d < 13; ++d) s.push_back({24h * d, 5});
    CHECK(change_points(s).why() == unknown_because::too_few);
    for (int d = 13; d < 60; ++d) s.push_back({24h * d, 5});
    REQUIRE(change_points(s));
    CHECK(change_points(s)->empty());
    for (int d = 30; d < 60; ++d) s[static_cast<std::size_t>(d)].value = 6;
    REQUIRE(change_points(s)->size() == 1);
    CHECK(change_points(s)->front().at == 24h * 30);
    CHECK(change_points(s)->front().size() == 1);
    for (auto const& policy : {change_policy{.block = -1ms}, change_policy{.block = unix_time::max()}, change_policy{.least_blocks = 1},
                               change_policy{.least_blocks = 2'000'000}, change_policy{.significance = 0}, change_policy{.significance = 0.6},
                               change_policy{.significance = oracle::nan()}})
        CHECK(change_points(s, policy).why() == unknown_because::invalid_policy);
    std::swap(s[3], s[4]);
    CHECK(change_points(s).why() == unknown_because::not_in_order);
    CHECK(change_points(s, {.block = 0ms}).why() == unknown_because::not_in_order);
    s[3].value = oracle::infinity();
    CHECK(change_points(s).why() == unknown_because::invalid_reading);
}

TEST_CASE("the step of May 2018 is found in half-hourly speed tests") {
    auto const [tests, measured] = speed_tests();
    series down;
    for (auto const& t : tests)
        if (t.ping_ms <= 1000) down.push_back({t.at, t.down_mbps});
    auto const changes = *change_points(down);
    auto const largest = std::max_element(changes.begin(), changes.end(), [](auto const& a, auto const& b) {
        return std::abs(a.size()) < std::abs(b.size());
    });
    REQUIRE(largest != changes.end());
    CHECK(largest->size() > 15);
    CHECK(largest->size() < 25);
    using namespace std::chrono;
    unix_time const may = measured ? duration_cast<unix_time>(sys_days{2018y / 5 / 1}.time_since_epoch()) : unix_time{199 * 24h};
    unix_time const june = measured ? duration_cast<unix_time>(sys_days{2018y / 6 / 1}.time_since_epoch()) : unix_time{202 * 24h};
    CHECK(largest->at >= may);
    CHECK(largest->at < june);
    CHECK(changes.size() <= 8);
}

TEST_CASE("every reason has words") {
    for (int n = 0; n <= static_cast<int>(unknown_because::too_far_ahead); ++n)
        CHECK(std::string{describe(static_cast<unknown_because>(n))}.size() > 3);
}
