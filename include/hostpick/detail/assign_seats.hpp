// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/assign_scores.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace hostpick::detail {

inline constexpr std::uint32_t nowhere = (std::numeric_limits<std::uint32_t>::max)();

/// Which session sits where: by session and by host.
template <class Build>
class seats {
public:
    seats(std::size_t sessions, std::span<unsigned const> capacities)
        : host_of_(sessions, nowhere), on_(capacities.size()), capacity_(capacities.size()) {
        for (std::size_t host = 0; host < capacities.size(); ++host)
            capacity_[host] = (std::min)(sessions, std::size_t{capacities[host]});
    }

    [[nodiscard]] std::vector<std::uint32_t> const& host_of() const noexcept { return host_of_; }
    [[nodiscard]] std::vector<std::uint32_t> const& on(std::size_t host) const noexcept {
        return on_[host];
    }
    [[nodiscard]] std::size_t capacity(std::size_t host) const noexcept { return capacity_[host]; }
    [[nodiscard]] bool has_room(std::size_t host) const noexcept {
        return on_[host].size() < capacity_[host];
    }
    [[nodiscard]] std::size_t placed() const noexcept { return placed_; }

    void sit(std::uint32_t session, std::uint32_t host) {
        host_of_[session] = host;
        on_[host].push_back(session);
        ++placed_;
    }
    void leave(std::uint32_t session) noexcept {
        auto& there = on_[host_of_[session]];
        *std::find(there.begin(), there.end(), session) = there.back();
        there.pop_back();
        host_of_[session] = nowhere;
        --placed_;
    }

private:
    std::vector<std::uint32_t> host_of_;
    std::vector<std::vector<std::uint32_t>> on_;
    std::vector<std::size_t> capacity_;
    std::size_t placed_ = 0;
};

/// Places sessions that are not placed yet, and moves others out of their way, until no more can
/// be, or more than `may_fail` have failed. Scores do not matter but for what may be used.
///
/// The shortest augmenting path for each; where there is none, none of the hosts on the way leads
/// to room for anybody else either, so they are not looked at again. O(sessions^2 hosts) at worst,
/// O(sessions hosts) for all that fail together. Source: Kuhn, "The Hungarian method for the
/// assignment problem", 1955; Berge, "Two theorems in graph theory", 1957.
template <class Build, class Scores>
void seat_more(Scores const& scores, seats<Build>& plan,
               std::size_t may_fail = (std::numeric_limits<std::size_t>::max)()) {
    std::vector<std::uint32_t> reached_by(scores.hosts(), nowhere);  // the session that asks for it
    std::vector<std::uint32_t> reached, asking;
    auto const ask = [&](std::uint32_t session) {
        for (std::uint32_t host = 0; host < scores.hosts(); ++host) {
            if (reached_by[host] != nowhere || scores(session, host) == Scores::never) continue;
            reached_by[host] = session;
            reached.push_back(host);
            if (plan.has_room(host)) return host;
            asking.insert(asking.end(), plan.on(host).begin(), plan.on(host).end());
        }
        return nowhere;
    };
    std::size_t failed = 0;
    for (std::uint32_t first = 0; first < scores.sessions() && failed <= may_fail; ++first) {
        if (plan.host_of()[first] != nowhere) continue;
        asking.assign(1, first);
        reached.clear();
        std::uint32_t to = nowhere;
        for (std::size_t next = 0; next < asking.size() && to == nowhere; ++next)
            to = ask(asking[next]);
        if (to == nowhere) {
            ++failed;
            continue;
        }
        for (;;) {
            std::uint32_t const session = reached_by[to];
            std::uint32_t const from = plan.host_of()[session];
            if (from != nowhere) plan.leave(session);
            plan.sit(session, to);
            if (from == nowhere) break;
            to = from;
        }
        for (std::uint32_t const host : reached) reached_by[host] = nowhere;
    }
}

}  // namespace hostpick::detail
