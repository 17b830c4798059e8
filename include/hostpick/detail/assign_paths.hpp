// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/assign_seats.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace hostpick::detail {

/// Places sessions one by one, each by the moves that cost the least, so that after each of them
/// as many as possible are placed with the highest total.
///
/// Every host has a price: what giving up a seat on it costs the others. A session sits where its
/// score less the price is highest, and a host with room costs nothing; these two are what proves
/// the total to be the highest. A new session takes the cheapest way to a seat: Dijkstra's
/// algorithm over hosts, where going on from a full host costs what the session on it loses that
/// minds least. Which one that is, is kept for each pair of hosts, and found anew only where it
/// moved. Staying unplaced is one more host, with room for all and a score below any path's.
///
/// Source: Edmonds, Karp, "Theoretical improvements in algorithmic efficiency for network flow
/// problems", 1972; Jonker, Volgenant, "A shortest augmenting path algorithm for dense and sparse
/// linear assignment problems", 1987; with hosts of a capacity in place of as many copies.
template <class Scores, class Build>
class shortest_paths {
public:
    shortest_paths(Scores const& scores, std::span<unsigned const> capacities)
        : scores_{scores},
          seats_{scores.sessions(), capacities},
          price_(scores.hosts() + 1),
          entry_(scores.hosts() + 1),
          distance_(scores.hosts() + 1),
          from_(scores.hosts() + 1),
          moves_(scores.hosts()) {
        for (std::size_t host = 0; host < scores.hosts(); ++host)
            if (seats_.capacity(host) == 0) entry_[host] = closed;
    }

    void place(std::uint32_t session) {
        for (std::size_t host = 0; host <= scores_.hosts(); ++host) {
            distance_[host] = entry_[host] - score(session, host);
            from_[host] = start;
        }
        settled_.clear();
        std::uint32_t at = nearest();
        while (!has_room(at)) {
            settled_.emplace_back(at, distance_[at]);
            at = go_on_from(at);
        }
        for (auto const& [host, distance] : settled_)
            entry_[host] = price_[host] += distance_[at] - distance;
        for (; from_[at] != start; at = from_[at]) {
            std::uint32_t const moved = moves_[from_[at]].session[at];
            leave(moved);
            sit(moved, at);
        }
        sit(session, at);
    }

    [[nodiscard]] seats<Build> const& plan() const noexcept { return seats_; }
    /// In whole units; not below 0, and 0 where a host has room.
    [[nodiscard]] std::span<std::int64_t const> prices() const noexcept {
        return std::span{price_}.first(scores_.hosts());
    }

private:
    static constexpr std::uint32_t start = nowhere;
    // Distances and prices stay below 2^59, losses of whom may be moved below 2^60 + 2^51, so that
    // what is added to `closed` is neither less than `done` nor more than there is room for.
    static constexpr std::int64_t closed = std::int64_t{1} << 62;
    static constexpr std::int64_t done = std::int64_t{3} << 60;
    static constexpr std::int64_t nobody = std::int64_t{1} << 61;  // who could be moved

    /// What it costs to move a session from one host to each other, and which one.
    struct moves {
        std::vector<std::int64_t> loss;
        std::vector<std::uint32_t> session;
    };

    HOSTPICK_INLINE [[nodiscard]] std::int64_t score(std::uint32_t session,
                                                     std::size_t host) const noexcept {
        return host < scores_.hosts() ? scores_(session, host) : Scores::unplaced;
    }
    [[nodiscard]] bool has_room(std::uint32_t host) const noexcept {
        return host == scores_.hosts() || seats_.has_room(host);
    }

    [[nodiscard]] std::uint32_t nearest() const noexcept {
        std::size_t best = 0;
        for (std::size_t host = 1; host < distance_.size(); ++host)
            if (distance_[host] < distance_[best]) best = host;
        return static_cast<std::uint32_t>(best);
    }
    /// Settles a full host; gives the nearest of the others.
    [[nodiscard]] std::uint32_t go_on_from(std::uint32_t full) noexcept {
        std::int64_t const base = distance_[full] - price_[full];
        entry_[full] = closed;
        distance_[full] = done;
        std::int64_t const* const loss = moves_[full].loss.data();
        std::int64_t shortest = done;
        std::size_t best = 0;
        for (std::size_t host = 0; host < distance_.size(); ++host) {
            std::int64_t const distance = base + loss[host] + entry_[host];
            if (distance < distance_[host]) {
                distance_[host] = distance;
                from_[host] = full;
            }
            if (distance_[host] < shortest) {
                shortest = distance_[host];
                best = host;
            }
        }
        return static_cast<std::uint32_t>(best);
    }

    void sit(std::uint32_t session, std::uint32_t host) {
        if (host == scores_.hosts()) return;
        seats_.sit(session, host);
        moves& row = moves_[host];
        if (!row.loss.empty()) return offer(row, session, host);
        if (seats_.has_room(host)) return;  // nobody has to make way yet
        row.loss.assign(distance_.size(), nobody);
        row.session.assign(distance_.size(), nowhere);
        for (std::uint32_t const other : seats_.on(host)) offer(row, other, host);
    }
    void leave(std::uint32_t session) noexcept {
        std::uint32_t const host = seats_.host_of()[session];
        seats_.leave(session);
        moves& row = moves_[host];
        for (std::size_t to = 0; to < row.loss.size(); ++to) {
            if (row.session[to] != session) continue;
            row.loss[to] = nobody;
            for (std::uint32_t const other : seats_.on(host)) offer(row, other, host, to);
        }
    }
    HOSTPICK_INLINE void offer(moves& row, std::uint32_t session, std::uint32_t host,
                               std::size_t to) noexcept {
        std::int64_t const loss = scores_(session, host) - score(session, to);
        if (loss >= row.loss[to]) return;
        row.loss[to] = loss;
        row.session[to] = session;
    }
    void offer(moves& row, std::uint32_t session, std::uint32_t host) noexcept {
        for (std::size_t to = 0; to < row.loss.size(); ++to) offer(row, session, host, to);
    }

    Scores const& scores_;
    seats<Build> seats_;
    std::vector<std::int64_t> price_;
    std::vector<std::int64_t> entry_;     // the price, or `closed` where no path may go
    std::vector<std::int64_t> distance_;  // `done` where it is settled
    std::vector<std::uint32_t> from_;
    std::vector<std::pair<std::uint32_t, std::int64_t>> settled_;
    std::vector<moves> moves_;
};

}  // namespace hostpick::detail
