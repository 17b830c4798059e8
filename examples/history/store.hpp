// SPDX-License-Identifier: MIT
#pragma once

#include "record.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace history {

/// What went wrong with a database, in its words and ours.
struct store_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// That there is no history yet, which is no fault of a database's.
struct no_history : store_error {
    using store_error::store_error;
};

/// Where batches go: a store, or in a test something that fails when it should. What has thrown is
/// not used again.
class sink {
public:
    virtual ~sink() = default;
    /// All of it or nothing; the same batch twice is as if it was written once. Throws.
    virtual void write(batch const& b) = 0;
    /// Deletes some of what is older than the newest so many hours of the calendar, up to now, in
    /// which something was seen; false once there is nothing more to delete. Throws.
    virtual bool forget_all_but(std::chrono::hours newest, unix_time now) = 0;
};

/// From one time to another, both included.
struct time_span {
    unix_time first{}, last{};
};

/// A sample as a report reads it.
struct stored_sample {
    unix_time at{};
    hostpick::network_metrics<> metrics;
    std::optional<double> score{};
};

/// A history in a database.
///
///     store db{"/var/lib/hostpick/history.db"};                    // SQLite
///     store db{"mariadb:db=hostpick user=monitor host=10.0.0.7"};  // MariaDB, TiDB, Galera
///
/// Both have the same tables and the same SQL. MariaDB's words are those of SOCI: db, user, host,
/// port, unix_socket, connect_timeout, read_timeout, write_timeout (s; 10 each unless said
/// otherwise), charset, sslca, sslcert (`error_in_target`). The password comes from the
/// environment's HOSTPICK_HISTORY_PASSWORD.
///
/// Of two samples of a host with the same millisecond the later written holds. Several programs may
/// write to one database; each waits for the others, up to ten seconds. A store is for one thread.
/// After an error of one that writes there is no more to be done with it: a new one has a new
/// connection.
class store final : public sink {
public:
    enum class access {
        read,   ///< the database is there, and its schema is new enough
        write,  ///< it is made where it is missing, and its schema brought to the latest
    };
    static constexpr int schema_version = 3;

    explicit store(std::string const& target, access mode = access::write);
    ~store() override;

    void write(batch const& b) override;
    bool forget_all_but(std::chrono::hours newest, unix_time now) override;

    /// In the order of their names' bytes.
    [[nodiscard]] std::vector<std::string> hosts();
    /// From its first sample to its last; nothing where it has none.
    [[nodiscard]] std::optional<time_span> span_of(std::string const& host);
    /// The time of its last sample before a time that did not fail, with a latency up to a limit and a
    /// loss below 1; nothing where it has none.
    [[nodiscard]] std::optional<unix_time> last_good_before(std::string const& host, unix_time t,
                                                            double limit_ms);
    /// How many there are from one time to before another; none of a host that is not known.
    [[nodiscard]] std::uint64_t count(std::string const& host, unix_time from, unix_time to);
    /// Shows those, the earliest first. It holds 10 000 at a time, and no lock between.
    void for_each_sample(std::string const& host, unix_time from, unix_time to,
                         std::function<void(stored_sample const&)> const& show);
    /// The last bandwidths above 0 that were measured before a time, the earliest first: what is
    /// usual, for someone who started then.
    [[nodiscard]] std::vector<double> latest_bandwidths(std::string const& host, std::size_t most,
                                                        unix_time before);
    /// The last decision before a time; nothing where there is none.
    [[nodiscard]] std::optional<decision> last_decision(unix_time before);
    /// Shows the decisions from one time to before another, the earliest first. It holds 1 000 at a
    /// time, and no lock between.
    void for_each_decision(unix_time from, unix_time to,
                           std::function<void(decision const&)> const& show);

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace history
