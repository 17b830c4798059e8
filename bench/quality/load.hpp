// SPDX-License-Identifier: MIT
#pragma once

#include "random.hpp"

#include <hostpick/hostpick.hpp>
#include <hostpick/load.hpp>
#include <hostpick/seat_book.hpp>
#include <hostpick/spread.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace quality {

/// Sessions that arrive one by one at hosts whose load is known from the last report only.
struct load_settings {
    std::size_t hosts = 500;
    std::size_t sessions = 10'000;
    std::size_t report_every = 250;  ///< arrivals between two reports
    double needs_mbps = 4;           ///< with less a session is of no use: its host is overloaded
    std::size_t apart = 8;           ///< coordinators that do not see each other's choices
    std::uint64_t seed = 42;
};

struct load_result {
    std::string rule;
    double overloaded = 0;     ///< share of the sessions that in the end have too little bandwidth
    double mean_score = 0;     ///< of all sessions in the end; 0 where the host is overloaded
    std::size_t busiest = 0;   ///< sessions of the fullest host
};

/// A host shares its upload evenly among its sessions. Together they could carry a quarter more
/// than arrive.
///
/// The first rules see the reports alone, so for them it is all one how many coordinators there
/// are. The others know what they chose themselves since the last report; with several
/// coordinators, who take the sessions in turn, each knows its own share of that.
inline std::vector<load_result> spread(load_settings const& s) {
    struct host {
        double latency_ms, upload_mbps;
        std::size_t sessions = 0, reported = 0;
    };
    random_source random{s.seed};
    std::vector<host> fresh;
    for (std::size_t h = 0; h < s.hosts; ++h)
        fresh.push_back({random.between(10, 150), random.between(0.2, 1.8) * 1.25 * s.needs_mbps *
                                                      static_cast<double>(s.sessions) /
                                                      static_cast<double>(s.hosts)});
    auto const score = [&](host const& h, std::size_t sessions) {
        double const each = h.upload_mbps / static_cast<double>(sessions);
        return each < s.needs_mbps ? 0
                                   : hostpick::calculate_host_score(hostpick::network_metrics<>{
                                         .latency_ms = h.latency_ms, .bandwidth_mbps = each,
                                         .packet_loss = 0.0});
    };
    /// What the host would be worth to one more session, by its last report.
    auto const promise = [&](host const& h) { return score(h, h.reported + 1); };

    std::vector<load_result> results;
    auto const run = [&](std::string name, auto choose) {
        auto hosts = fresh;
        for (std::size_t n = 0; n < s.sessions; ++n) {
            if (n % s.report_every == 0)
                for (host& h : hosts) h.reported = h.sessions;
            ++hosts[choose(hosts, n)].sessions;
        }
        load_result r{.rule = std::move(name)};
        for (host const& h : hosts) {
            double const each = h.sessions > 0 ? score(h, h.sessions) : 0;
            auto const share = static_cast<double>(h.sessions) / static_cast<double>(s.sessions);
            r.mean_score += each * share;
            if (each <= 0) r.overloaded += share;
            r.busiest = std::max(r.busiest, h.sessions);
        }
        results.push_back(r);
    };
    auto const better = [&](std::vector<host> const& hosts, std::size_t a, std::size_t b) {
        return promise(hosts[b]) > promise(hosts[a]) ? b : a;
    };

    run("random", [&](auto const& hosts, std::size_t) { return random.below(hosts.size()); });
    std::size_t best = 0;
    run("best of all", [&](auto const& hosts, std::size_t n) {
        if (n % s.report_every == 0) {  // nothing it sees changes until the next report
            best = 0;
            for (std::size_t h = 1; h < hosts.size(); ++h) best = better(hosts, best, h);
        }
        return best;
    });
    run("best of two", [&](auto const& hosts, std::size_t) {
        std::size_t const a = random.below(hosts.size());
        std::size_t const b = random.below(hosts.size() - 1);
        return better(hosts, a, b + (b >= a));
    });
    std::vector<double> sums;
    auto const by_weight = [&](auto weight) {
        return [&, weight](auto const& hosts, std::size_t n) {
            if (n % s.report_every == 0) {
                sums.clear();
                double sum = 0;
                for (auto const& h : hosts) sums.push_back(sum += weight(h));
            }
            double const at = random.between(0, sums.back());
            auto const found = std::upper_bound(sums.begin(), sums.end(), at) - sums.begin();
            return std::min(static_cast<std::size_t>(found), hosts.size() - 1);
        };
    };
    run("by score", by_weight([&](host const& h) { return promise(h) + 1e-9; }));
    run("by score and room", by_weight([&](host const& h) {
            double const room = h.upload_mbps / s.needs_mbps - static_cast<double>(h.reported);
            return promise(h) * std::max(room, 0.0) + 1e-9;
        }));

    using numbers = std::vector<std::size_t>;
    using choice = hostpick::choice_of<numbers>;
    numbers all(s.hosts);
    std::iota(all.begin(), all.end(), std::size_t{0});
    struct known : hostpick::network_metrics<> {
        double share_in_use = 1;
    };
    /// `pick` takes the best hosts that are not full, best first, the book and the session.
    auto const run_booked = [&](std::string const& name, std::size_t coordinators,
                                hostpick::fill_ramp const& ramp, std::size_t candidates,
                                auto pick) {
        using namespace std::chrono_literals;
        hostpick::seat_book const empty{s.hosts, s.sessions, 5s};
        std::vector<hostpick::seat_book> books(coordinators, empty);
        std::vector<choice> room(candidates);
        auto const policy = [&](known const& k) {
            return score_when_filled(hostpick::calculate_host_score(k), k.share_in_use, ramp);
        };
        auto const apart = ", " + std::to_string(coordinators) + " apart";
        run(coordinators == 1 ? name : name + apart, [&](auto const& hosts, std::size_t n) {
            // All that was committed before a report was sent is in it.
            std::chrono::nanoseconds const reported = 2ms * (n / s.report_every);
            auto const now = reported + 1ms;
            if (n % s.report_every == 0)
                for (auto& book : books)
                    for (std::size_t h : all) {
                        double const seats = hosts[h].upload_mbps / s.needs_mbps;
                        book.set_capacity(h, static_cast<std::uint32_t>(seats));
                        book.report(h, static_cast<std::uint32_t>(hosts[h].reported), reported);
                    }
            auto& book = books[n % coordinators];
            auto const knowledge = [&](std::size_t h) {
                return known{metrics_with_load(hostpick::network_metrics<>{
                                                   .latency_ms = hosts[h].latency_ms,
                                                   .bandwidth_mbps = hosts[h].upload_mbps,
                                                   .packet_loss = 0.0},
                                               book.in_use(h)),
                             book.share_in_use(h)};
            };
            auto const full = [&](std::size_t h) { return book.free_seats(h) == 0; };
            auto const top = select_top_hosts(all, knowledge, std::span{room}, policy,
                                              hostpick::constraints{hostpick::limits{}, full});
            if (top.empty()) return n % s.hosts;  // all are full, as far as it knows
            std::size_t const host = pick(top, book, s.seed + n);
            book.commit(book.reserve(host, now).handle, now);
            return host;
        });
    };
    auto const seats = [](hostpick::seat_book const& book) {
        return [&book](choice const& c) { return book.free_seats(c.index); };
    };
    for (std::size_t const coordinators : {std::size_t{1}, s.apart}) {
        run_booked("own best", coordinators, {.cost = 0}, 1,
                   [](auto top, auto const&, std::uint64_t) { return top[0].host; });
        run_booked("hostpick", coordinators, {}, s.hosts,
                   [&](auto top, auto const& book, std::uint64_t session) {
                       return select_spread_host(top, session, {}, seats(book))->host;
                   });
        run_booked("hostpick two", coordinators, {}, s.hosts,
                   [&](auto top, auto const& book, std::uint64_t session) {
                       hostpick::spread_policy const anybody{.margin = 100, .edge_weight = 1};
                       return select_host_of_two(top, session, anybody, seats(book))->host;
                   });
    }
    return results;
}

}  // namespace quality
