// SPDX-License-Identifier: MIT
#include <hostpick/load.hpp>
#include <hostpick/seat_book.hpp>

#include <hostpick/score.hpp>
#include <hostpick/select.hpp>

#include "allocations.hpp"
#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
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

constexpr std::size_t reasons = 8;

/// A book as it is described: maps of everything, and sums that are added up anew whenever asked.
class plain_book {
public:
    struct seats {
        std::size_t host;
        std::uint64_t count;
        std::chrono::nanoseconds since;
        bool committed = false;
    };
    struct host {
        std::uint64_t capacity = 0, elsewhere = 0;
        std::optional<std::chrono::nanoseconds> reported_at{};
    };

    plain_book(std::size_t hosts, std::size_t sessions, std::chrono::nanoseconds time_to_live)
        : most_{sessions}, time_to_live_{time_to_live} {
        grow(hosts, sessions);
    }
    void grow(std::size_t hosts, std::size_t sessions) {
        for (std::size_t h = 0; h < hosts; ++h) hosts_[h];
        most_ = std::max(most_, sessions);
    }
    void expire(std::chrono::nanoseconds now) {
        if (now < now_) ++counters.clock_ran_back;
        now_ = std::max(now, now_);
        for (auto it = held_.begin(); it != held_.end();)
            if (!it->second.committed && now_ - it->second.since >= time_to_live_)
                it = held_.erase(it), ++counters.expired;
            else ++it;
    }
    /// A name that `book` may use for the seats, or why there are none.
    seat_result reserve(std::size_t h, std::chrono::nanoseconds now, std::uint64_t count, std::uint64_t name) {
        expire(now);
        if (!hosts_.contains(h)) return refuse(seat_result::unknown_host);
        if (count == 0) return refuse(seat_result::no_seats);
        if (in_use(h) + count > hosts_[h].capacity) return refuse(seat_result::host_full);
        if (held_.size() == most_) return refuse(seat_result::book_full);
        held_[name] = {h, count, now_};
        ++counters.reserved;
        return seat_result::done;
    }
    seat_result commit(std::uint64_t name, std::chrono::nanoseconds now) {
        expire(now);
        if (!held_.contains(name)) return refuse(seat_result::stale);
        if (held_[name].committed) return refuse(seat_result::committed_already);
        held_[name].committed = true;
        held_[name].since = now_;
        ++counters.committed;
        return seat_result::done;
    }
    seat_result release(std::uint64_t name, std::chrono::nanoseconds now) {
        expire(now);
        if (held_.erase(name) == 0) return refuse(seat_result::stale);
        ++counters.released;
        return seat_result::done;
    }
    seat_result set_capacity(std::size_t h, std::uint64_t most) {
        if (!hosts_.contains(h)) return refuse(seat_result::unknown_host);
        hosts_[h].capacity = most;
        return seat_result::done;
    }
    seat_result remove_host(std::size_t h) {
        if (!hosts_.contains(h)) return refuse(seat_result::unknown_host);
        counters.removed += std::erase_if(held_, [&](auto const& s) { return s.second.host == h; });
        hosts_[h] = {};
        return seat_result::done;
    }
    seat_result report(std::size_t h, std::uint64_t all, std::chrono::nanoseconds as_of) {
        if (!hosts_.contains(h)) return refuse(seat_result::unknown_host);
        if (hosts_[h].reported_at && as_of < *hosts_[h].reported_at) return refuse(seat_result::old_report);
        std::uint64_t ours = 0;
        for (auto const& [name, s] : held_) ours += s.host == h && s.committed && s.since <= as_of ? s.count : 0;
        hosts_[h].elsewhere = all - std::min(all, ours);
        hosts_[h].reported_at = as_of;
        return seat_result::done;
    }
    [[nodiscard]] std::uint64_t sum(std::size_t h, bool committed) const {
        std::uint64_t all = 0;
        for (auto const& [name, s] : held_) all += s.host == h && s.committed == committed ? s.count : 0;
        return all;
    }
    [[nodiscard]] host at(std::size_t h) const { return hosts_.contains(h) ? hosts_.at(h) : host{}; }
    [[nodiscard]] std::uint64_t in_use(std::size_t h) const { return sum(h, false) + sum(h, true) + at(h).elsewhere; }
    [[nodiscard]] bool holds(std::uint64_t name) const { return held_.contains(name); }
    [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }

    seat_counters counters{};

private:
    seat_result refuse(seat_result why) {
        ++counters.refused[static_cast<std::size_t>(why)];
        return why;
    }
    std::map<std::uint64_t, seats> held_;
    std::map<std::size_t, host> hosts_;
    std::size_t most_;
    std::chrono::nanoseconds time_to_live_, now_ = std::chrono::nanoseconds::min() / 2;
};

bool same(seat_counters const& a, seat_counters const& b) {
    return a.reserved == b.reserved && a.committed == b.committed && a.released == b.released && a.expired == b.expired &&
           a.removed == b.removed && a.clock_ran_back == b.clock_ran_back && a.refused == b.refused;
}
bool same(seat_book const& book, plain_book const& model) {
    if (book.hosts() != model.hosts() || !same(book.counters(), model.counters)) return false;
    for (std::size_t h = 0; h < book.hosts() + 2; ++h) {
        std::uint64_t const used = model.in_use(h), all = model.at(h).capacity;
        std::uint64_t const free = all > used ? all - used : 0;
        if (book.capacity(h) != all || book.in_use(h) != used || book.free_seats(h) != free || book.elsewhere(h) != model.at(h).elsewhere ||
            book.reserved(h) != model.sum(h, false) || book.committed(h) != model.sum(h, true))
            return false;
        for (std::uint32_t wanted : {1u, 3u}) {
            double const share = book.share_in_use(h, wanted);
            if (free < wanted ? share != 1 : share != static_cast<double>(used) / static_cast<double>(all)) return false;
        }
    }
    return true;
}

/// A book of one host with `capacity` seats.
seat_book one_host(std::uint32_t capacity, std::size_t sessions = 8) {
    seat_book book{1, sessions, 5s};
    REQUIRE(book.set_capacity(0, capacity) == seat_result::done);
    return book;
}

}  // namespace

TEST_CASE("a book agrees with one that keeps everything and adds it up anew, whatever happens") {
    bool seen[reasons] = {}, seen_removed = false, seen_expired = false;
    std::uint64_t seed = 0;
    bool good = true;
    for (; good && seed < HOSTPICK_TEST_CASES / 10 + 1; ++seed) {
        splitmix64 random{seed};
        std::size_t const hosts = random.below(4), sessions = random.below(9);
        std::chrono::nanoseconds const time_to_live{1 + random.below(30)};
        seat_book book{hosts, sessions, time_to_live, random.one_in(2) ? 1 : std::uint64_t{0} - random.below(20)};
        plain_book model{hosts, sessions, time_to_live};
        std::vector<std::pair<seat_handle, std::uint64_t>> handles{{{}, 0}, {{99, 99}, 0}};  // and the model's names
        std::uint64_t names = 0;
        std::chrono::nanoseconds now{};
        for (int step = 0; good && step < 100; ++step) {
            now += std::chrono::nanoseconds{random.below(9)};
            auto const at = random.one_in(9) ? now - std::chrono::nanoseconds{random.below(50)} : now;
            std::size_t const host = random.below(hosts + 1);
            auto const& [handle, name] = handles[handles.size() - 1 - random.below(std::min<std::size_t>(handles.size(), 8))];
            switch (random.below(16)) {
                case 0: good = book.set_capacity(host, static_cast<std::uint32_t>(random.below(9))) == model.set_capacity(host, book.capacity(host)); break;
                case 1:
                    if (random.one_in(4)) good = book.remove_host(host) == model.remove_host(host);
                    break;
                case 2: {
                    auto const all = static_cast<std::uint32_t>(random.below(9));
                    auto const as_of = now - std::chrono::nanoseconds{random.below(20)};
                    good = book.report(host, all, as_of) == model.report(host, all, as_of);
                    break;
                }
                case 3: book.expire(at), model.expire(at); break;
                case 4:
                    if (random.one_in(9)) book.grow(hosts, sessions + 1), model.grow(hosts, sessions + 1);
                    break;
                case 5: case 6: case 7: good = book.commit(handle, at) == model.commit(name, at); break;
                case 8: case 9: case 10: good = book.release(handle, at) == model.release(name, at); break;
                default: {
                    auto const count = static_cast<std::uint32_t>(random.below(4));
                    auto const got = book.reserve(host, at, count);
                    good = got.result == model.reserve(host, at, count, ++names);
                    seen[static_cast<std::size_t>(got.result)] = true;
                    if (got) {
                        for (auto const& other : handles) good = good && !(other.first == got.handle);
                        handles.emplace_back(got.handle, names);
                    } else {
                        good = good && got.handle == seat_handle{};
                    }
                }
            }
            good = good && same(book, model);
            for (auto const& [h, n] : handles) good = good && book.holds(h) == model.holds(n);
        }
        for (std::size_t n = 0; n < reasons; ++n) seen[n] = seen[n] || book.counters().refused[n] > 0;
        seen_removed = seen_removed || book.counters().removed > 0;
        seen_expired = seen_expired || book.counters().expired > 0;
    }
    INFO("seed " << seed - 1);
    REQUIRE(good);
    CHECK(std::all_of(std::begin(seen), std::end(seen), [](bool b) { return b; }));
    CHECK((seen_removed && seen_expired));
}

TEST_CASE("seats are reserved, committed and released") {
    auto book = one_host(20);
    auto const seat = book.reserve(0, 100s);
    REQUIRE(seat);
    CHECK(book.reserved(0) == 1);
    CHECK(book.commit(seat.handle, 101s) == seat_result::done);
    CHECK(book.free_seats(0) == 19);
    CHECK(book.reserved(0) == 0);
    CHECK(book.committed(0) == 1);
    CHECK(book.commit(seat.handle, 101s) == seat_result::committed_already);
    CHECK(book.holds(seat.handle));
    CHECK(book.release(seat.handle, 102s) == seat_result::done);
    CHECK(book.release(seat.handle, 102s) == seat_result::stale);
    CHECK(book.commit(seat.handle, 102s) == seat_result::stale);
    CHECK(book.free_seats(0) == 20);
    CHECK(book.counters().refused_as(seat_result::stale) == 2);
    CHECK(book.counters().refused_as(seat_result::committed_already) == 1);
    CHECK(book.release({}, 102s) == seat_result::stale);
}

TEST_CASE("a burst does not stack up on one host") {
    auto book = one_host(3);
    auto const party = book.reserve(0, 0s, 2);
    CHECK(party);
    CHECK(book.reserve(0, 0s, 2).result == seat_result::host_full);
    CHECK(book.share_in_use(0, 2) == 1);
    CHECK(book.share_in_use(0) == 2.0 / 3);
    CHECK(book.reserve(0, 0s));
    CHECK(book.reserve(0, 0s).result == seat_result::host_full);
    CHECK(book.reserve(1, 0s).result == seat_result::unknown_host);
    CHECK(book.reserve(0, 0s, 0).result == seat_result::no_seats);
    CHECK_FALSE(book.reserve(0, 0s, 0));
    auto small = one_host(9, 1);
    CHECK(small.reserve(0, 0s));
    CHECK(small.reserve(0, 0s).result == seat_result::book_full);
    CHECK(small.share_in_use(7) == 1);  // a host that is not there is full
    CHECK(small.free_seats(7) == 0);
}

TEST_CASE("what is not committed in time expires, and its old handle is worth nothing") {
    auto book = one_host(1, 1);
    auto const first = book.reserve(0, 10s);
    CHECK(book.reserve(0, 15s - 1ns).result == seat_result::host_full);
    auto const second = book.reserve(0, 15s);
    REQUIRE(second);
    CHECK(second.handle.place == first.handle.place);
    CHECK(book.commit(first.handle, 15s) == seat_result::stale);
    CHECK(book.release(first.handle, 15s) == seat_result::stale);
    CHECK(book.commit(second.handle, 20s - 1ns) == seat_result::done);
    book.expire(1000s);
    CHECK(book.committed(0) == 1);
    CHECK(book.counters().expired == 1);
}

TEST_CASE("time that stands still, runs back or leaps does no harm") {
    using rolling::instant;
    auto book = one_host(9);
    CHECK(book.reserve(0, (instant::min)()));
    CHECK(book.reserve(0, 100s));
    CHECK(book.counters().expired == 1);
    CHECK(book.reserve(0, 50s));  // as at 100 s
    CHECK(book.counters().clock_ran_back == 1);
    book.expire(105s - 1ns);
    CHECK(book.reserved(0) == 2);
    book.expire(105s);
    CHECK(book.reserved(0) == 0);
    CHECK(book.reserve(0, (instant::max)()));
    book.expire((instant::max)());
    CHECK(book.reserved(0) == 1);  // no time passes any more
    seat_book impatient{1, 1, -1s};
    impatient.set_capacity(0, 1);
    CHECK(impatient.reserve(0, 7s));
    CHECK(impatient.reserve(0, 7s).result == seat_result::host_full);
    CHECK(impatient.reserve(0, 7s + 1ns));
}

TEST_CASE("a host is drained without turning anybody out, and removed with all who are there") {
    auto book = one_host(3);
    auto const a = book.reserve(0, 0s), b = book.reserve(0, 0s);
    CHECK(book.commit(a.handle, 0s) == seat_result::done);
    CHECK(book.set_capacity(0, 0) == seat_result::done);
    CHECK(book.in_use(0) == 2);
    CHECK(book.free_seats(0) == 0);
    CHECK(book.share_in_use(0) == 1);
    CHECK(book.commit(b.handle, 1s) == seat_result::done);  // it was promised
    CHECK(book.release(a.handle, 1s) == seat_result::done);
    CHECK(book.reserve(0, 1s).result == seat_result::host_full);
    book.set_capacity(0, 1);
    CHECK(book.reserve(0, 1s).result == seat_result::host_full);
    book.set_capacity(0, 2);
    CHECK(book.reserve(0, 1s));
    CHECK(book.remove_host(0) == seat_result::done);
    CHECK(book.counters().removed == 2);
    CHECK(book.in_use(0) == 0);
    CHECK(book.capacity(0) == 0);
    book.set_capacity(0, 5);  // another host now
    CHECK(book.release(b.handle, 1s) == seat_result::stale);
    CHECK(book.free_seats(0) == 5);
    CHECK(book.remove_host(1) == seat_result::unknown_host);
    CHECK(book.set_capacity(1, 1) == seat_result::unknown_host);
    CHECK(book.report(1, 1, 1s) == seat_result::unknown_host);
}

TEST_CASE("what a host reports counts beside what is held here, and nothing twice") {
    auto book = one_host(20, 9);
    auto const a = book.reserve(0, 0s), b = book.reserve(0, 0s);
    book.commit(a.handle, 1s);
    book.commit(b.handle, 3s);
    CHECK(book.report(0, 7, 2s) == seat_result::done);  // a, and six of others
    CHECK(book.elsewhere(0) == 6);
    CHECK(book.in_use(0) == 8);
    CHECK(book.report(0, 8, 3s) == seat_result::done);  // b too, by now
    CHECK(book.in_use(0) == 8);
    CHECK(book.report(0, 3, 2s) == seat_result::old_report);
    CHECK(book.release(a.handle, 4s) == seat_result::done);
    CHECK(book.in_use(0) == 7);
    CHECK(book.report(0, 0, 5s) == seat_result::done);  // it has lost them, or does not count them
    CHECK(book.in_use(0) == 1);
    CHECK(book.report(0, 25, 6s) == seat_result::done);
    CHECK(book.free_seats(0) == 0);
    constexpr auto most = (std::numeric_limits<std::uint32_t>::max)();
    CHECK(book.report(0, most, 6s) == seat_result::done);
    CHECK(book.in_use(0) == most);
    book.set_capacity(0, most);
    book.report(0, 0, 7s);
    CHECK(book.reserve(0, 7s, most).result == seat_result::host_full);
    CHECK(book.reserve(0, 7s, most - 1));
    book.report(0, most, 7s);
    CHECK(book.in_use(0) == std::uint64_t{2} * most - 1);  // and not what is left of that in 32 bits
}

TEST_CASE("handles of a program that was started anew are others") {
    seat_book before{1, 2, 5s}, after{1, 2, 5s, 1000}, wraps{1, 2, 5s, ~std::uint64_t{0}}, zero{1, 2, 5s, 0};
    for (seat_book* book : {&before, &after, &wraps, &zero}) book->set_capacity(0, 2);
    auto const old = before.reserve(0, 0s);
    CHECK(after.reserve(0, 0s));
    CHECK(after.release(old.handle, 0s) == seat_result::stale);
    CHECK(wraps.reserve(0, 0s).handle.serial == ~std::uint64_t{0});
    CHECK(wraps.reserve(0, 0s).handle.serial == 1);
    CHECK(zero.reserve(0, 0s).handle.serial == 1);
}

TEST_CASE("a book allocates when it is made and when it grows, and never else") {
    seat_book book{100, 64, 5s};
    std::vector<seat_handle> handles(64);
    auto const nothing = allocations::in([&] {
        for (int turn = 0; turn < 10; ++turn) {
            for (std::size_t h = 0; h < 100; ++h) book.set_capacity(h, 2), book.report(h, 1, std::chrono::seconds{turn});
            for (std::size_t n = 0; n < 64; ++n) handles[n] = book.reserve(n, std::chrono::seconds{turn}).handle;
            for (std::size_t n = 0; n < 64; n += 2) book.commit(handles[n], std::chrono::seconds{turn});
            for (auto const h : handles) book.release(h, std::chrono::seconds{turn});
            book.remove_host(7);
        }
    });
    CHECK(nothing == 0);
    CHECK(book.counters().reserved == 640);
    for (std::size_t n = 0; n < 64; ++n) {
        book.set_capacity(n, 2);
        handles[n] = book.reserve(n, 9s).handle;
    }
    auto const copy = book;
    book.grow(200, 10);  // never less than before
    CHECK(book.hosts() == 200);
    CHECK(copy.hosts() == 100);
    for (auto const h : handles) CHECK((book.holds(h) && copy.holds(h)));
    book.set_capacity(150, 1000);
    CHECK(book.reserve(150, 9s).result == seat_result::book_full);
    book.grow(0, 66);
    CHECK(book.reserve(150, 9s));
    CHECK(book.reserve(150, 9s));
    CHECK(book.reserve(150, 9s).result == seat_result::book_full);
}

TEST_CASE("every result has its words") {
    std::vector<std::string> words;
    for (std::size_t n = 0; n < reasons; ++n) words.emplace_back(to_text(static_cast<seat_result>(n)));
    std::sort(words.begin(), words.end());
    CHECK(std::adjacent_find(words.begin(), words.end()) == words.end());
    CHECK(to_text(seat_result::committed_already) == "refused: the seats were committed before");
    CHECK(to_text(static_cast<seat_result>(99)) == "unknown");
}

TEST_CASE("a score falls as the host fills, and stays between 0 and 100") {
    for_all([](splitmix64& random) {
        double const nasty[] = {0.0, -0.0, 0.5, 1.0, 1.5, -1.0, 100.0, 300.0, 1e308, 5e-324, oracle::nan(), oracle::infinity(), oracle::minus_infinity()};
        auto const number = [&](std::size_t n) { return random.one_in(8) ? random.pick(nasty) : random.fraction<double>(n << 10, 10); };
        double const x = random.fraction<double>(1025, 10), y = random.fraction<double>(1025, 10);
        fill_ramp ramp{std::min(x, y), std::max(x, y), random.fraction<double>(1025, 10)};
        if (random.one_in(8)) (random.one_in(2) ? ramp.best : random.one_in(2) ? ramp.worst : ramp.cost) = random.pick(nasty);
        double const score = number(120), share = number(2), more = oracle::finite(share) ? share + random.fraction<double>(1024, 10) : share;
        double const filled = score_when_filled(score, share, ramp);
        if (!oracle::finite(filled) || oracle::negative(filled) || filled > 100) return false;
        if (score_when_filled(score, more, ramp) > filled && !oracle::negative(share)) return false;
        if (oracle::finite(score) && score_when_filled(score + 1, share, ramp) < filled) return false;
        auto const ratio = [](double z) { return oracle::finite(z) && !oracle::negative(z) && z <= 1; };
        bool const valid = ratio(ramp.best) && ratio(ramp.worst) && ratio(ramp.cost) && ramp.best <= ramp.worst;
        if (valid == ramp.error().has_value()) return false;
        if (!valid || !oracle::finite(score) || !ratio(share) || share >= 1) return filled == 0;
        double const whole = std::clamp(score, 0.0, 100.0);
        if (share <= ramp.best) return filled == whole;
        double const way = share >= ramp.worst ? 1 : (share - ramp.best) / (ramp.worst - ramp.best);
        return std::abs(filled - (whole - whole * ramp.cost * way)) <= 1e-12 * (1 + whole);
    });
}

static_assert(score_when_filled(80, 0.5) == 80);
static_assert(score_when_filled(80, 0.75) == 60);
static_assert(score_when_filled(80, 0.5, {.best = 0, .cost = 1}) == 40);
static_assert(score_when_filled(80, 0.9, {.best = 0.5, .worst = 0.75, .cost = 0.25}) == 60);
static_assert(score_when_filled(80, 0.75, {.best = 0.75, .worst = 0.75, .cost = 1}) == 80);
static_assert(score_when_filled(80, 0.875, {.best = 0.75, .worst = 0.75, .cost = 1}) == 0);
static_assert(score_when_filled(80, 1, {.best = 1}) == 0);
static_assert(score_when_filled(80, 0.999, {.best = 1}) == 80);
static_assert(!fill_ramp{}.error());
static_assert(fill_ramp{.best = 0.5, .worst = 0.25}.error());

static_assert(metrics_with_load(network_metrics<>{.bandwidth_mbps = 40}, 3).bandwidth_mbps == 10);
static_assert(metrics_with_load(network_metrics<float>{.latency_ms = 7.f, .bandwidth_mbps = 40.f}, 0) == network_metrics<float>{.latency_ms = 7.f, .bandwidth_mbps = 40.f});
static_assert(!metrics_with_load(network_metrics<>{.latency_ms = 7}, 3).bandwidth_mbps);

TEST_CASE("the metrics of a host that is shared lose bandwidth alone, and nothing bad becomes good") {
    struct plain {
        double latency_ms = 5, packet_loss = 0, bandwidth_mbps = 40;
    };
    CHECK(metrics_with_load(plain{}, 4).bandwidth_mbps == 8);
    CHECK(metrics_with_load(plain{.bandwidth_mbps = -40}, 4).bandwidth_mbps == -40);
    CHECK(oracle::is_nan(metrics_with_load(plain{.bandwidth_mbps = oracle::nan()}, 4).bandwidth_mbps));
    CHECK(oracle::same_bits(metrics_with_load(plain{.bandwidth_mbps = oracle::infinity()}, 4).bandwidth_mbps, oracle::infinity()));
    CHECK(oracle::same_bits(metrics_with_load(plain{.bandwidth_mbps = oracle::minus_infinity()}, 4).bandwidth_mbps, oracle::minus_infinity()));
    CHECK(metrics_with_load(plain{}, (std::numeric_limits<std::uint64_t>::max)()).bandwidth_mbps < 1e-17);
    struct whole {
        int latency_ms = 5, packet_loss = 0;
        std::uint64_t bandwidth_mbps = (std::numeric_limits<std::uint64_t>::max)();
    };
    constexpr std::uint64_t no_double = (std::uint64_t{1} << 53) + 1;
    CHECK(metrics_with_load(whole{.bandwidth_mbps = no_double}, 0).bandwidth_mbps == no_double);
    CHECK(metrics_with_load(whole{}, 1).bandwidth_mbps == std::uint64_t{1} << 63);
    CHECK(metrics_with_load(whole{.bandwidth_mbps = 11}, 2).bandwidth_mbps == 3);
    struct of_int {
        int latency_ms = 5, packet_loss = 0, bandwidth_mbps = -1;
    };
    CHECK(metrics_with_load(of_int{}, 2).bandwidth_mbps == -1);
    auto const failed = metrics_with_load(network_metrics<>{.latency_ms = 5, .bandwidth_mbps = 10, .failed = true}, 1);
    CHECK(failed.failed);
    CHECK(failed.bandwidth_mbps == 5);
}

TEST_CASE("a choice goes by the load: bandwidth that is shared, seats that are taken, hosts that are full") {
    std::vector<network_metrics<>> const paths{{.latency_ms = 20, .bandwidth_mbps = 40, .packet_loss = 0.0},
                                               {.latency_ms = 40, .bandwidth_mbps = 40, .packet_loss = 0.0}};
    std::vector<std::size_t> const hosts{0, 1};
    seat_book book{2, 100, 5s};
    book.set_capacity(0, 4), book.set_capacity(1, 5);

    struct known : network_metrics<> {
        double share_in_use = 1;
    };
    auto const knowledge = [&](std::size_t host) {
        return known{metrics_with_load(paths[host], book.in_use(host)), book.share_in_use(host)};
    };
    auto const policy = [](known const& k) { return score_when_filled(calculate_host_score(k), k.share_in_use); };
    auto const full = [&](std::size_t host) { return book.free_seats(host) == 0; };
    std::string chosen;
    for (int n = 0; n < 10; ++n) {
        auto const best = select_best_host(hosts, knowledge, policy, constraints{limits{}, full});
        chosen += best ? static_cast<char>('0' + best->host) : '-';
        if (best) CHECK(book.reserve(best->host, 0s));
    }
    CHECK(chosen == "000111101-");
}
