// SPDX-License-Identifier: MIT
#include "store.hpp"

#include "connection.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace history {

namespace {

using integer = long long;  // as SOCI calls 64 bits

constexpr std::size_t page = 10'000;       // rows that are read at a time
constexpr std::size_t decisions_at_once = 1'000;
constexpr std::size_t rows_at_once = 500;  // in a statement of text
constexpr std::size_t forgotten = 10'000;  // rows of a host, or decisions, that are deleted at a time ...
constexpr std::size_t hosts_at_a_time = 20;  // ... so that nothing waits for long

/// As `at_ms - at_ms % 3600000` has it, also before 1970.
integer start_of_hour(unix_time t) { return t.count() - t.count() % 3'600'000; }

/// As all digits that the number has, in a form that means a double everywhere.
void append_number(std::string& out, std::optional<double> const& x) {
    if (!x) {
        out += ",NULL";
        return;
    }
    char digits[32];
    auto const end = std::to_chars(digits, digits + sizeof digits, *x, std::chars_format::scientific).ptr;
    out.append(",").append(digits, end);
}

/// In the order of the table's columns.
std::array<std::optional<double>, 5> numbers_of(sample const& s) {
    auto const& m = s.metrics;
    return {m.latency_ms, m.jitter_ms, m.packet_loss, m.bandwidth_mbps, s.score};
}

/// Columns of samples as SOCI takes and gives them.
struct columns {
    std::vector<integer> host_id, at_ms;
    std::vector<double> number[5];
    std::vector<soci::indicator> known[5];
    std::vector<int> failed;

    void resize(std::size_t n) {
        host_id.resize(n), at_ms.resize(n), failed.resize(n);
        for (auto& x : number) x.resize(n);
        for (auto& k : known) k.resize(n);
    }
    [[nodiscard]] std::optional<double> get(std::size_t row, int column) const {
        if (known[column][row] != soci::i_ok) return std::nullopt;
        return number[column][row];
    }
};

}  // namespace

struct store::parts : connection {
    using connection::connection;

    std::map<std::string, integer> ids{};
    std::set<integer> hours{};  // some of those that are known to be in seen_hours
    std::vector<std::string> to_forget_of{};  // hosts

    std::optional<integer> find_id(std::string const& host) {
        if (auto const known = ids.find(host); known != ids.end()) return known->second;
        integer id = 0;
        sql << "SELECT id FROM hosts WHERE name = :name", soci::use(host), soci::into(id);
        if (!sql.got_data()) return std::nullopt;
        return ids[host] = id;
    }
    /// Gives a host an id if it has none: alone, before it is written of, as two programs may do so
    /// at once, and then one of them fails and looks again. In SQLite it fails for a name alone.
    void introduce(std::string const& host) {
        for (int tries = 1; !find_id(host); ++tries) {
            try {
                sql << "INSERT INTO hosts (id, name) SELECT COALESCE(MAX(id), 0) + 1, :name"
                       " FROM hosts",
                    soci::use(host);
            } catch (soci::soci_error const&) {
                if (!find_id(host) && (is_sqlite() || tries == 20)) throw;
            }
        }
    }

    static constexpr char const* put_samples =
        "REPLACE INTO samples (host_id, at_ms, latency_ms, jitter_ms, packet_loss,"
        " bandwidth_mbps, score, failed) VALUES ";

    void put(std::vector<sample> const& samples) {
        if (is_sqlite()) put_bound(samples);
        else put_text(samples);
    }
    /// One statement for all rows, to which numbers go as they are.
    void put_bound(std::vector<sample> const& samples) {
        columns c;
        c.resize(samples.size());
        for (std::size_t n = 0; n < samples.size(); ++n) {
            sample const& s = samples[n];
            c.host_id[n] = ids.at(s.host);
            c.at_ms[n] = s.at.count();
            auto const numbers = numbers_of(s);
            for (std::size_t k = 0; k < numbers.size(); ++k) {
                c.number[k][n] = numbers[k].value_or(0.0);
                c.known[k][n] = numbers[k] ? soci::i_ok : soci::i_null;
            }
            c.failed[n] = s.metrics.failed ? 1 : 0;
        }
        using soci::use;
        sql << std::string{put_samples} + "(:h, :t, :l, :j, :p, :b, :s, :f)", use(c.host_id),
            use(c.at_ms), use(c.number[0], c.known[0]), use(c.number[1], c.known[1]),
            use(c.number[2], c.known[2]), use(c.number[3], c.known[3]),
            use(c.number[4], c.known[4]), use(c.failed);
    }
    /// Many rows in each statement: MariaDB's would cross the network one by one.
    void put_text(std::vector<sample> const& samples) {
        std::string rows;
        for (std::size_t n = 0; n < samples.size(); ++n) {
            sample const& s = samples[n];
            rows += rows.empty() ? "(" : ",(";
            rows.append(std::to_string(ids.at(s.host))).append(",");
            rows.append(std::to_string(s.at.count()));
            for (auto const& x : numbers_of(s)) append_number(rows, x);
            rows += s.metrics.failed ? ",1)" : ",0)";
            if ((n + 1) % rows_at_once != 0 && n + 1 != samples.size()) continue;
            sql << put_samples + rows;
            rows.clear();
        }
    }
    void put_hours(std::vector<integer> const& starts) {
        for (integer const start : starts)
            sql << "REPLACE INTO seen_hours (at_ms) VALUES (:t)", soci::use(start);
    }
    /// The hours of samples that may not be in the table yet.
    [[nodiscard]] std::vector<integer> new_hours(std::vector<sample> const& samples) const {
        std::set<integer> all;
        for (sample const& s : samples)
            if (integer const start = start_of_hour(s.at); !hours.contains(start)) all.insert(start);
        return {all.begin(), all.end()};
    }
    void put(std::vector<decision> const& decisions) {
        for (decision const& d : decisions) {
            integer const at = d.at.count();
            sql << "REPLACE INTO decisions (at_ms, host, reason, record) VALUES (:t, :h, :r, :j)",
                soci::use(at), soci::use(d.host), soci::use(d.reason), soci::use(d.record);
        }
    }

    /// Reads the samples that come first from one time on, at most a page.
    void get(columns& c, integer id, integer from, integer to_ms) {
        using soci::into;
        c.resize(page);
        integer const most = page;
        sql << "SELECT at_ms, latency_ms, jitter_ms, packet_loss, bandwidth_mbps, score, failed"
               " FROM samples WHERE host_id = :h AND at_ms >= :from AND at_ms < :to"
               " ORDER BY at_ms LIMIT :n",
            into(c.at_ms), into(c.number[0], c.known[0]), into(c.number[1], c.known[1]),
            into(c.number[2], c.known[2]), into(c.number[3], c.known[3]),
            into(c.number[4], c.known[4]), into(c.failed), soci::use(id), soci::use(from),
            soci::use(to_ms), soci::use(most);
    }

    /// The start of the first hour that is kept; nothing where all are.
    std::optional<integer> first_kept(integer newest, integer now) {
        integer start = 0;
        integer const skipped = newest - 1;
        sql << "SELECT at_ms FROM seen_hours WHERE at_ms <= :t ORDER BY at_ms DESC"
               " LIMIT 1 OFFSET :n",
            soci::use(now), soci::use(skipped), soci::into(start);
        if (!sql.got_data()) return std::nullopt;
        return start;
    }
    /// Deletes the oldest rows of a table before a time; false where there are no more. `which` are
    /// those that it is about: all, or a host's.
    bool forget(std::string const& table, std::string const& which, integer before) {
        integer until = 0;
        integer const skipped = forgotten;
        std::string const rows = " FROM " + table + " WHERE " + which + " at_ms < :t";
        sql << "SELECT at_ms" + rows + " ORDER BY at_ms LIMIT 1 OFFSET :n", soci::use(before),
            soci::use(skipped), soci::into(until);
        bool const more = sql.got_data();
        integer const end = more ? until : before;
        sql << "DELETE" + rows, soci::use(end);
        return more;
    }
};

store::store(std::string const& target, access mode)
    : parts_{std::make_unique<parts>(target, mode)} {}
store::~store() = default;

void store::write(batch const& b) {
    // A file that was deleted could be written to still, for nobody to read.
    if (parts_->is_deleted()) throw store_error{parts_->name() + ": the file was deleted"};
    parts_->guarded([&] {
        for (sample const& s : b.samples) parts_->introduce(s.host);
    });
    auto const hours = parts_->new_hours(b.samples);
    parts_->together([&] {
        parts_->put_hours(hours);
        if (!b.samples.empty()) parts_->put(b.samples);
        if (!b.decisions.empty()) parts_->put(b.decisions);
    });
    if (parts_->hours.size() > 10'000) parts_->hours.clear();
    parts_->hours.insert(hours.begin(), hours.end());
}

bool store::forget_all_but(std::chrono::hours newest, unix_time now) {
    auto const before =
        parts_->guarded([&] { return parts_->first_kept(newest.count(), now.count()); });
    if (!before) return false;
    auto& left = parts_->to_forget_of;
    if (left.empty()) left = hosts();
    bool more = false;
    for (std::size_t n = 0; n < hosts_at_a_time && !left.empty() && !more; ++n) {
        parts_->together([&] {
            auto const id = parts_->find_id(left.back());
            more = id && parts_->forget("samples", "host_id = " + std::to_string(*id) + " AND", *before);
        });
        if (!more) left.pop_back();
    }
    if (!left.empty()) return true;
    parts_->together([&] {
        more = parts_->forget("decisions", "", *before);
        parts_->sql << "DELETE FROM seen_hours WHERE at_ms < :t", soci::use(*before);
    });
    parts_->hours.clear();
    return more;
}

std::vector<std::string> store::hosts() {
    return parts_->guarded([&] {
        std::vector<std::string> names;
        soci::rowset<std::string> const rows = (parts_->sql.prepare << "SELECT name FROM hosts");
        names.assign(rows.begin(), rows.end());
        std::sort(names.begin(), names.end());
        return names;
    });
}

std::optional<time_span> store::span_of(std::string const& host) {
    return parts_->guarded([&]() -> std::optional<time_span> {
        auto const id = parts_->find_id(host);
        if (!id) return std::nullopt;
        // One at a time: only then does SQLite look at either end alone.
        integer ends[2] = {};
        for (int n = 0; n < 2; ++n) {
            soci::indicator any = soci::i_null;
            parts_->sql << std::string{"SELECT "} + (n == 0 ? "MIN" : "MAX") +
                               "(at_ms) FROM samples WHERE host_id = :h",
                soci::use(*id), soci::into(ends[n], any);
            if (any != soci::i_ok) return std::nullopt;
        }
        return time_span{unix_time{ends[0]}, unix_time{ends[1]}};
    });
}

std::optional<unix_time> store::last_good_before(std::string const& host, unix_time t,
                                                 double limit_ms) {
    return parts_->guarded([&]() -> std::optional<unix_time> {
        auto const id = parts_->find_id(host);
        if (!id) return std::nullopt;
        integer at = 0;
        integer const end = t.count();
        parts_->sql << "SELECT at_ms FROM samples WHERE host_id = :h AND at_ms < :t AND failed = 0"
                       " AND latency_ms <= :l AND (packet_loss IS NULL OR packet_loss < 1)"
                       " ORDER BY at_ms DESC LIMIT 1",
            soci::use(*id), soci::use(end), soci::use(limit_ms), soci::into(at);
        if (!parts_->sql.got_data()) return std::nullopt;
        return unix_time{at};
    });
}

std::uint64_t store::count(std::string const& host, unix_time from, unix_time to) {
    return parts_->guarded([&]() -> std::uint64_t {
        auto const id = parts_->find_id(host);
        if (!id) return 0;
        integer n = 0;
        integer const first = from.count(), end = to.count();
        parts_->sql << "SELECT COUNT(*) FROM samples WHERE host_id = :h AND at_ms >= :from"
                       " AND at_ms < :to",
            soci::use(*id), soci::use(first), soci::use(end), soci::into(n);
        return static_cast<std::uint64_t>(n);
    });
}

void store::for_each_sample(std::string const& host, unix_time from, unix_time to,
                            std::function<void(stored_sample const&)> const& show) {
    auto const id = parts_->guarded([&] { return parts_->find_id(host); });
    if (!id) return;
    columns c;
    for (integer next = from.count();; next = c.at_ms.back() + 1) {
        parts_->guarded([&] { parts_->get(c, *id, next, to.count()); });
        for (std::size_t n = 0; n < c.at_ms.size(); ++n)
            show({.at = unix_time{c.at_ms[n]},
                  .metrics = {.latency_ms = c.get(n, 0),
                              .bandwidth_mbps = c.get(n, 3),
                              .packet_loss = c.get(n, 2),
                              .jitter_ms = c.get(n, 1),
                              .failed = c.failed[n] != 0},
                  .score = c.get(n, 4)});
        if (c.at_ms.size() < page) return;
    }
}

std::vector<double> store::latest_bandwidths(std::string const& host, std::size_t most,
                                             unix_time before) {
    return parts_->guarded([&]() -> std::vector<double> {
        auto const id = parts_->find_id(host);
        if (!id || most == 0) return {};
        std::vector<double> found(most);
        integer const limit = static_cast<integer>(most), end = before.count();
        parts_->sql << "SELECT bandwidth_mbps FROM samples WHERE host_id = :h AND at_ms < :t"
                       " AND failed = 0 AND bandwidth_mbps > 0 ORDER BY at_ms DESC LIMIT :n",
            soci::into(found), soci::use(*id), soci::use(end), soci::use(limit);
        std::reverse(found.begin(), found.end());
        return found;
    });
}

std::optional<decision> store::last_decision(unix_time before) {
    return parts_->guarded([&]() -> std::optional<decision> {
        integer at = 0;
        decision d;
        integer const end = before.count();
        parts_->sql << "SELECT at_ms, host, reason, record FROM decisions WHERE at_ms < :t"
                       " ORDER BY at_ms DESC, host DESC LIMIT 1",
            soci::use(end), soci::into(at), soci::into(d.host), soci::into(d.reason),
            soci::into(d.record);
        if (!parts_->sql.got_data()) return std::nullopt;
        d.at = unix_time{at};
        return d;
    });
}

void store::for_each_decision(unix_time from, unix_time to,
                              std::function<void(decision const&)> const& show) {
    using soci::use;
    integer const end = to.count(), most = decisions_at_once;
    integer first = from.count(), shown = first - 1;  // up to this moment, and this host of it
    std::string shown_host;
    std::vector<integer> at;
    std::vector<std::string> host, reason, record;
    while (true) {
        for (auto* column : {&host, &reason, &record}) column->resize(decisions_at_once);
        at.resize(decisions_at_once);
        parts_->guarded([&] {
            parts_->sql << "SELECT at_ms, host, reason, record FROM decisions WHERE at_ms >= :a"
                           " AND at_ms < :to AND (at_ms > :b OR host > :h)"
                           " ORDER BY at_ms, host LIMIT :n",
                soci::into(at), soci::into(host), soci::into(reason), soci::into(record),
                use(first), use(end), use(shown), use(shown_host), use(most);
        });
        for (std::size_t n = 0; n < at.size(); ++n)
            show({unix_time{at[n]}, host[n], reason[n], record[n]});
        if (at.size() < decisions_at_once) return;
        first = shown = at.back();
        shown_host = host.back();
    }
}

}  // namespace history
