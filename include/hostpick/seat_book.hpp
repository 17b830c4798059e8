// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/instant.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace hostpick {

/// Names the seats of one session, from their reservation on; a book gives no name twice.
struct seat_handle {
    std::uint64_t serial = 0;  ///< 0 names nothing
    std::uint32_t place = 0;

    friend constexpr bool operator==(seat_handle, seat_handle) noexcept = default;
};

/// What became of a change to a book of seats. All but `done` were refused: they changed a counter
/// and nothing else.
enum class seat_result : unsigned char {
    done,
    unknown_host,       ///< the book has no host of that number
    no_seats,           ///< none were asked for
    host_full,          ///< fewer seats are free than were asked for
    book_full,          ///< it has no room for another session
    stale,              ///< the seats were given back, their time was up, or their host is gone
    committed_already,  ///< they were committed before
    old_report,         ///< something newer was reported
};

/// A result in words, as a clause about what was asked for.
[[nodiscard]] constexpr std::string_view to_text(seat_result result) noexcept {
    switch (result) {
        case seat_result::done: return "done";
        case seat_result::unknown_host: return "refused: there is no such host";
        case seat_result::no_seats: return "refused: no seats were asked for";
        case seat_result::host_full: return "refused: the host has too few free seats";
        case seat_result::book_full: return "refused: the book has no room for another session";
        case seat_result::stale: return "refused: the seats are held no longer";
        case seat_result::committed_already: return "refused: the seats were committed before";
        case seat_result::old_report: return "refused: something newer was reported";
    }
    return "unknown";
}

/// Seats that were reserved, or why they were not.
struct seat_reservation {
    seat_result result = seat_result::done;
    seat_handle handle{};

    [[nodiscard]] constexpr explicit operator bool() const noexcept {
        return result == seat_result::done;
    }
};

/// What was counted over the whole life of a book, in reservations, not in seats.
struct seat_counters {
    std::uint64_t reserved = 0;
    std::uint64_t committed = 0;
    std::uint64_t released = 0;        ///< before or after they were committed
    std::uint64_t expired = 0;         ///< not committed in time
    std::uint64_t removed = 0;         ///< with their host
    std::uint64_t clock_ran_back = 0;  ///< times that were earlier than the latest one
    std::array<std::uint64_t, 8> refused{};  ///< by `seat_result`

    [[nodiscard]] constexpr std::uint64_t refused_as(seat_result why) const noexcept {
        return refused[static_cast<std::size_t>(why)];
    }
};

/// Who sits where: the capacity of hosts, and the seats that sessions hold there.
///
/// Seats are sessions, players or any other unit. A session reserves its seats before it is sent
/// to a host, so that the next one does not count on them; it commits them once it runs there, and
/// releases them when it ends. What is not committed within the time to live expires. Whoever is
/// named by an old handle gets nothing and changes nothing: releasing twice frees seats once.
///
/// Hosts are numbers below `hosts()`, as the rows of a table are; each has no seats until
/// `set_capacity`. A capacity may fall below what is in use: then nobody is turned out, and nobody
/// comes in until enough have left. To drain a host, give it the capacity 0.
///
/// Others may send sessions to the same hosts. What a host `report`s of its seats counts beside
/// what is held here, and nothing that is committed counts twice.
///
/// Time is an argument and never runs back: an earlier `now` counts as the latest one given. Who
/// only reads calls `expire(now)` before. All but `grow` and the constructor allocate nothing; each
/// change is O(1) on average, but for those that say otherwise. A book that was moved from may only
/// be assigned to, or destroyed.
///
///     seat_book book{hosts.size(), 10'000, 5s};
///     book.set_capacity(best->index, 20);
///     if (auto const seat = book.reserve(best->index, now))  // else to_text(seat.result)
///         book.commit(seat.handle, now + 1s);                // it runs, and 19 seats are free
class seat_book {
public:
    using instant = rolling::instant;

    /// Room for so many hosts, and for so many sessions that hold seats. A time to live below 1 ns
    /// counts as 1 ns. With a `first_serial` that no former book has reached, the handles of a
    /// program that was started anew differ from those of its former life.
    seat_book(std::size_t hosts, std::size_t sessions, std::chrono::nanoseconds time_to_live,
              std::uint64_t first_serial = 1)
        : time_to_live_{detail::larger(time_to_live, std::chrono::nanoseconds{1})},
          next_serial_{detail::larger(first_serial, std::uint64_t{1})} {
        grow(hosts, sessions);
    }

    /// Room for so many hosts and sessions in all, at most 2^32 - 1; there is never less than
    /// before. Allocates, O(hosts + sessions).
    void grow(std::size_t hosts, std::size_t sessions) {
        std::size_t const most = nothing, old = seats_.size();
        hosts = detail::clamped(hosts, hosts_.size(), most);
        sessions = detail::clamped(sessions, old, most);
        hosts_.reserve(hosts);  // both or none, should memory run out
        seats_.resize(sessions);
        hosts_.resize(hosts);
        for (std::size_t place = sessions; place > old; --place)
            free_place(static_cast<std::uint32_t>(place - 1));
    }

    /// How many seats a host has, from now on.
    seat_result set_capacity(std::size_t host, std::uint32_t seats) noexcept {
        if (host >= hosts_.size()) return refuse(seat_result::unknown_host);
        hosts_[host].capacity = seats;
        return seat_result::done;
    }
    /// Takes a host away with all that sat there; its number may be another host's afterwards.
    /// O(sessions there).
    seat_result remove_host(std::size_t host) noexcept {
        if (host >= hosts_.size()) return refuse(seat_result::unknown_host);
        for (auto& there = hosts_[host].there; there.newest != nothing; ++counters_.removed)
            vacate(there.newest);
        hosts_[host] = {};
        return seat_result::done;
    }
    /// Notes how many seats the host itself says are in use, by whomever, as it was at `as_of`. It
    /// knows those that were committed here by then, and not the others. What was released since
    /// counts as somebody else's until the next report. O(sessions committed there since `as_of`).
    seat_result report(std::size_t host, std::uint32_t in_use, instant as_of) noexcept {
        if (host >= hosts_.size()) return refuse(seat_result::unknown_host);
        host_row& row = hosts_[host];
        if (as_of < row.reported_at) return refuse(seat_result::old_report);
        std::uint64_t ours = row.committed;
        for (std::uint32_t place = row.there.newest; place != nothing;) {
            held const& seats = seats_[place];
            if (seats.since <= as_of) break;
            if (seats.committed) ours -= seats.count;
            place = seats.by_host.older;
        }
        row.elsewhere = in_use > ours ? in_use - ours : 0;
        row.reported_at = as_of;
        return seat_result::done;
    }

    /// Holds seats of a host until they are committed, released, or the time to live has passed.
    [[nodiscard]] seat_reservation reserve(std::size_t host, instant now,
                                           std::uint32_t seats = 1) noexcept {
        expire(now);
        if (host >= hosts_.size()) return {refuse(seat_result::unknown_host)};
        if (seats == 0) return {refuse(seat_result::no_seats)};
        if (seats > free_seats(host)) return {refuse(seat_result::host_full)};
        if (first_free_ == nothing) return {refuse(seat_result::book_full)};
        std::uint32_t const place = first_free_;
        first_free_ = seats_[place].by_time.older;
        seats_[place] = {next_serial_, latest_, static_cast<std::uint32_t>(host), seats};
        if (++next_serial_ == 0) next_serial_ = 1;
        hosts_[host].reserved += seats;
        add<&held::by_host>(hosts_[host].there, place);
        add<&held::by_time>(reserved_, place);
        ++counters_.reserved;
        return {seat_result::done, {seats_[place].serial, place}};
    }
    /// Keeps reserved seats until they are released, also where the capacity has fallen since.
    seat_result commit(seat_handle handle, instant now) noexcept {
        expire(now);
        if (!holds(handle)) return refuse(seat_result::stale);
        held& seats = seats_[handle.place];
        if (seats.committed) return refuse(seat_result::committed_already);
        host_row& row = hosts_[seats.host];
        remove<&held::by_time>(reserved_, handle.place);
        remove<&held::by_host>(row.there, handle.place);  // where those are sorted by time
        add<&held::by_host>(row.there, handle.place);
        row.reserved -= seats.count;
        row.committed += seats.count;
        seats.since = latest_;
        seats.committed = true;
        ++counters_.committed;
        return seat_result::done;
    }
    /// Gives seats back, whether they were committed or not.
    seat_result release(seat_handle handle, instant now) noexcept {
        expire(now);
        if (!holds(handle)) return refuse(seat_result::stale);
        vacate(handle.place);
        ++counters_.released;
        return seat_result::done;
    }
    /// Gives back what was reserved for the time to live and not committed. All that takes a `now`
    /// does so first.
    void expire(instant now) noexcept {
        if (now < latest_) ++counters_.clock_ran_back;
        else latest_ = now;
        while (reserved_.oldest != nothing &&
               rolling::elapsed(seats_[reserved_.oldest].since, latest_) >= time_to_live_) {
            vacate(reserved_.oldest);
            ++counters_.expired;
        }
    }

    [[nodiscard]] std::size_t hosts() const noexcept { return hosts_.size(); }
    /// Whether the handle's seats are held, reserved or committed.
    [[nodiscard]] bool holds(seat_handle handle) const noexcept {
        return handle.serial != 0 && handle.place < seats_.size() &&
               seats_[handle.place].serial == handle.serial;
    }
    [[nodiscard]] seat_counters const& counters() const noexcept { return counters_; }

    // ---- seats of a host; one that the book does not know has none

    [[nodiscard]] std::uint32_t capacity(std::size_t host) const noexcept {
        return row(host).capacity;
    }
    [[nodiscard]] std::uint64_t reserved(std::size_t host) const noexcept {
        return row(host).reserved;
    }
    [[nodiscard]] std::uint64_t committed(std::size_t host) const noexcept {
        return row(host).committed;
    }
    /// What the host reported in use beyond what was committed here.
    [[nodiscard]] std::uint64_t elsewhere(std::size_t host) const noexcept {
        return row(host).elsewhere;
    }
    /// All of them together.
    [[nodiscard]] std::uint64_t in_use(std::size_t host) const noexcept {
        host_row const& r = row(host);
        return r.reserved + r.committed + r.elsewhere;
    }
    [[nodiscard]] std::uint64_t free_seats(std::size_t host) const noexcept {
        std::uint64_t const used = in_use(host), all = capacity(host);
        return all > used ? all - used : 0;
    }
    /// The share of its seats that are in use, 0 to 1; 1 where fewer than `wanted` are free.
    [[nodiscard]] double share_in_use(std::size_t host, std::uint32_t wanted = 1) const noexcept {
        if (capacity(host) == 0 || free_seats(host) < wanted) return 1;
        return detail::smaller(
            static_cast<double>(in_use(host)) / static_cast<double>(capacity(host)), 1.0);
    }

private:
    static constexpr std::uint32_t nothing = (std::numeric_limits<std::uint32_t>::max)();
    struct links {
        std::uint32_t newer = nothing, older = nothing;
    };
    struct list {
        std::uint32_t newest = nothing, oldest = nothing;
    };
    struct held {
        std::uint64_t serial = 0;  // 0 where the place is free
        instant since{};           // when it was reserved, or committed
        std::uint32_t host = 0, count = 0;
        bool committed = false;
        links by_host{}, by_time{};  // by_time.older leads to the next free place
    };
    struct host_row {
        std::uint64_t reserved = 0, committed = 0, elsewhere = 0;
        instant reported_at = (instant::min)();
        std::uint32_t capacity = 0;
        list there{};
    };

    [[nodiscard]] host_row const& row(std::size_t host) const noexcept {
        static constexpr host_row unknown{};
        return host < hosts_.size() ? hosts_[host] : unknown;
    }
    seat_result refuse(seat_result why) noexcept {
        ++counters_.refused[static_cast<std::size_t>(why)];
        return why;
    }
    void free_place(std::uint32_t place) noexcept {
        seats_[place] = {};
        seats_[place].by_time.older = first_free_;
        first_free_ = place;
    }
    void vacate(std::uint32_t place) noexcept {
        held const& seats = seats_[place];
        host_row& row = hosts_[seats.host];
        (seats.committed ? row.committed : row.reserved) -= seats.count;
        if (!seats.committed) remove<&held::by_time>(reserved_, place);
        remove<&held::by_host>(row.there, place);
        free_place(place);
    }
    template <links held::*Links>
    void add(list& to, std::uint32_t place) noexcept {
        seats_[place].*Links = {.older = to.newest};
        (to.newest == nothing ? to.oldest : (seats_[to.newest].*Links).newer) = place;
        to.newest = place;
    }
    template <links held::*Links>
    void remove(list& from, std::uint32_t place) noexcept {
        auto const [newer, older] = seats_[place].*Links;
        (newer == nothing ? from.newest : (seats_[newer].*Links).older) = older;
        (older == nothing ? from.oldest : (seats_[older].*Links).newer) = newer;
    }

    std::chrono::nanoseconds time_to_live_;
    std::uint64_t next_serial_;
    instant latest_ = (instant::min)();
    std::uint32_t first_free_ = nothing;
    list reserved_{};  // not committed yet, in the order of time
    std::vector<held> seats_{};
    std::vector<host_row> hosts_{};
    seat_counters counters_{};
};

}  // namespace hostpick
