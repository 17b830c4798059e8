// SPDX-License-Identifier: MIT
#include "hosts.hpp"

#include <benchmark/benchmark.h>

#include <hostpick/load.hpp>
#include <hostpick/seat_book.hpp>
#include <hostpick/spread.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

// What a coordinator does for each session beside judging hosts: keep its seats, and draw its host.
namespace {

using namespace hostpick;
using namespace std::chrono_literals;

constexpr std::size_t all_hosts = 10'000, all_sessions = 100'000;

/// Hosts in the order in which sessions come to them.
std::vector<std::uint32_t> const& arrivals() {
    static auto const made = [] {
        bench::random_source random;
        std::vector<std::uint32_t> hosts(1 << 16);
        for (auto& h : hosts) h = static_cast<std::uint32_t>(random.below(all_hosts));
        return hosts;
    }();
    return made;
}

/// The plain way: maps from ids to what is known of them, and a queue of deadlines.
class map_book {
public:
    explicit map_book(std::size_t sessions) { held_.reserve(sessions); }
    void set_capacity(std::uint32_t host, std::uint32_t most) { hosts_[host].capacity = most; }
    std::uint64_t reserve(std::uint32_t host, std::chrono::nanoseconds now) {
        for (; !deadlines_.empty() && deadlines_.front().at <= now; deadlines_.pop_front()) {
            auto const found = held_.find(deadlines_.front().name);
            if (found == held_.end() || found->second.committed) continue;
            --hosts_[found->second.host].in_use;
            held_.erase(found);
        }
        auto& known = hosts_[host];
        if (known.in_use >= known.capacity) return 0;
        ++known.in_use;
        held_[++last_name_] = {host};
        deadlines_.push_back({last_name_, now + 5s});
        return last_name_;
    }
    bool commit(std::uint64_t name) {
        auto const found = held_.find(name);
        if (found == held_.end() || found->second.committed) return false;
        return found->second.committed = true;
    }
    bool release(std::uint64_t name) {
        auto const found = held_.find(name);
        if (found == held_.end()) return false;
        --hosts_[found->second.host].in_use;
        held_.erase(found);
        return true;
    }

private:
    struct known_host {
        std::uint32_t capacity = 0, in_use = 0;
    };
    struct seats {
        std::uint32_t host;
        bool committed = false;
    };
    struct deadline {
        std::uint64_t name;
        std::chrono::nanoseconds at;
    };
    std::unordered_map<std::uint32_t, known_host> hosts_;
    std::unordered_map<std::uint64_t, seats> held_;
    std::deque<deadline> deadlines_;
    std::uint64_t last_name_ = 0;
};

/// A session comes, is reserved and committed; the one that came `all_sessions` / 2 before goes.
void seat_book_session(benchmark::State& state) {
    seat_book book{all_hosts, all_sessions, 5s};
    for (std::size_t h = 0; h < all_hosts; ++h) book.set_capacity(h, 1000);
    std::vector<seat_handle> running(all_sessions / 2);
    std::size_t n = 0;
    std::chrono::nanoseconds now{};
    for (auto _ : state) {
        now += 1us;
        auto& place = running[n % running.size()];
        if (place.serial != 0) book.release(place, now);
        place = book.reserve(arrivals()[n % arrivals().size()], now).handle;
        book.commit(place, now);
        ++n;
    }
    state.SetItemsProcessed(state.iterations());
}
void map_book_session(benchmark::State& state) {
    map_book book{all_sessions};
    for (std::uint32_t h = 0; h < all_hosts; ++h) book.set_capacity(h, 1000);
    std::vector<std::uint64_t> running(all_sessions / 2);
    std::size_t n = 0;
    std::chrono::nanoseconds now{};
    for (auto _ : state) {
        now += 1us;
        auto& place = running[n % running.size()];
        if (place != 0) book.release(place);
        place = book.reserve(arrivals()[n % arrivals().size()], now);
        book.commit(place);
        ++n;
    }
    state.SetItemsProcessed(state.iterations());
}
/// All sessions are reserved and none is committed: each comes in the place of one that expired.
void seat_book_expiry(benchmark::State& state) {
    seat_book book{all_hosts, all_sessions, std::chrono::microseconds{all_sessions}};
    for (std::size_t h = 0; h < all_hosts; ++h) book.set_capacity(h, 1000);
    std::size_t n = 0;
    std::chrono::nanoseconds now{};
    for (auto _ : state) {
        now += 1us;
        benchmark::DoNotOptimize(book.reserve(arrivals()[n % arrivals().size()], now));
        ++n;
    }
    state.SetItemsProcessed(state.iterations());
}

/// The best hosts, of which most are within the margin.
std::vector<host_choice<std::uint32_t>> nearly_equal(std::size_t count) {
    bench::random_source random;
    std::vector<host_choice<std::uint32_t>> top;
    for (std::size_t n = 0; n < count; ++n)
        top.push_back({.host = static_cast<std::uint32_t>(random.below(all_hosts)),
                       .score = 80 - 8 * static_cast<double>(n) / static_cast<double>(count),
                       .index = n});
    return top;
}

template <class Choose>
void spread(benchmark::State& state, std::size_t count, Choose choose) {
    auto const top = nearly_equal(count);
    std::vector<std::uint32_t> free(count);
    bench::random_source random;
    for (auto& seats : free) seats = static_cast<std::uint32_t>(1 + random.below(40));
    auto const seats = [&](auto const& c) { return free[c.index]; };
    std::uint64_t session = 0;
    for (auto _ : state) benchmark::DoNotOptimize(choose(top, session++, seats));
    state.SetItemsProcessed(state.iterations());
}

/// The plain way: the same weights in a distribution of the standard library's.
template <class Top, class Seats>
auto by_discrete_distribution(Top const& top, std::uint64_t session, Seats const& seats) {
    static thread_local std::vector<double> weights;
    weights.clear();
    for (auto const& c : top)
        weights.push_back((0.25 + 0.75 * (1 - (top[0].score - c.score) / 10)) *
                          static_cast<double>(seats(c)));
    std::minstd_rand random{static_cast<std::minstd_rand::result_type>(session)};
    return top[std::discrete_distribution<std::size_t>(weights.begin(), weights.end())(random)];
}

[[maybe_unused]] bool const added = [] {
    benchmark::RegisterBenchmark("load/seat_book/session", seat_book_session);
    benchmark::RegisterBenchmark("load/unordered_map/session", map_book_session);
    benchmark::RegisterBenchmark("load/seat_book/expiry", seat_book_expiry);
    for (std::size_t const count : {std::size_t{4}, std::size_t{16}, std::size_t{64}}) {
        auto const add = [count](char const* way, auto choose) {
            auto const name = "load/spread/" + std::to_string(count) + "/" + way;
            benchmark::RegisterBenchmark(
                name.c_str(), [=](benchmark::State& state) { spread(state, count, choose); });
        };
        add("select_spread_host", [](auto const& top, std::uint64_t session, auto const& seats) {
            return select_spread_host(top, session, {}, seats);
        });
        add("select_host_of_two", [](auto const& top, std::uint64_t session, auto const& seats) {
            return select_host_of_two(top, session, {}, seats);
        });
        add("discrete_distribution", [](auto const& top, std::uint64_t session, auto const& seats) {
            return by_discrete_distribution(top, session, seats);
        });
    }
    benchmark::RegisterBenchmark("load/draw_two", [](benchmark::State& state) {
        std::uint64_t session = 0;
        for (auto _ : state) benchmark::DoNotOptimize(draw_two(all_hosts, session++));
    });
    return true;
}();

}  // namespace
