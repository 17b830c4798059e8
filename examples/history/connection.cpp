// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include "target.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>
#include <vector>

namespace history {

namespace {

using integer = long long;  // as SOCI calls 64 bits

/// What brings the schema from each version to the next. It may stop between any two statements of
/// MariaDB, and two programs may do it at once: to do it again changes nothing.
std::vector<std::vector<std::string>> const migrations{
    {"CREATE TABLE IF NOT EXISTS hosts ("
     " id BIGINT NOT NULL PRIMARY KEY,"
     " name VARCHAR(255) NOT NULL UNIQUE)",
     "CREATE TABLE IF NOT EXISTS samples ("
     " host_id BIGINT NOT NULL,"
     " at_ms BIGINT NOT NULL,"  // since 1970, UTC
     " latency_ms DOUBLE PRECISION,"
     " jitter_ms DOUBLE PRECISION,"
     " packet_loss DOUBLE PRECISION,"
     " bandwidth_mbps DOUBLE PRECISION,"
     " score DOUBLE PRECISION,"
     " failed SMALLINT NOT NULL,"
     " PRIMARY KEY (host_id, at_ms))"},
    {"CREATE TABLE IF NOT EXISTS decisions ("
     " at_ms BIGINT NOT NULL,"
     " host VARCHAR(255) NOT NULL,"
     " reason VARCHAR(255) NOT NULL,"
     " record MEDIUMTEXT NOT NULL,"
     " PRIMARY KEY (at_ms, host))"},
    {"CREATE TABLE IF NOT EXISTS seen_hours ("
     " at_ms BIGINT NOT NULL PRIMARY KEY)",  // the start of each in which there are samples
     // A statement with :h is one for each host, so that none takes long.
     "REPLACE INTO seen_hours (at_ms) SELECT DISTINCT at_ms - at_ms % 3600000 FROM samples"
     " WHERE host_id = :h"},
};
static_assert(store::schema_version == 3, "the number of migrations");
constexpr int oldest_to_read = 2;  // has all that a report asks for

/// As SOCI reads a parameter of MariaDB.
std::string quoted(std::string_view value) {
    std::string out = "'";
    for (char const c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out += '\'';
}

/// The words of a target as SOCI reads them.
std::string parameters_of(std::string const& target, store::access mode) {
    if (!is_mariadb(target)) {
        bool const reads = mode == store::access::read;
        return std::string{reads ? "readonly=true " : ""} + "timeout=10 dbname=\"" + target + '"';
    }
    std::string words = target.substr(target.find(':') + 1);
    for (auto const* word : {"connect_timeout", "read_timeout", "write_timeout"})
        if (words.find(word) == std::string::npos) words += std::string{" "} + word + "=10";
    if (words.find("charset") == std::string::npos) words += " charset=utf8mb4";
    if (char const* password = std::getenv("HOSTPICK_HISTORY_PASSWORD"))
        words.append(" password=").append(quoted(password));
    return words;
}

}  // namespace

connection::connection(std::string const& target, store::access mode) {
    if (auto const error = error_in_target(target)) throw store_error{"a history: " + *error};
    sqlite_ = !is_mariadb(target);
    name_ = target;
    parameters_ = parameters_of(target, mode);
    if (sqlite_ && mode == store::access::read && !std::filesystem::exists(target))
        throw no_history{target + ": there is no such file"};
    guarded([&] {
        // SQLite waits for who has locked its file, but not for the first who makes a log, nor for
        // the last who takes it away.
        auto const until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (true) {
            try {
                return open(mode);
            } catch (soci::soci_error const& e) {
                bool const waits = sqlite_ && says(e, "is locked");
                if (!waits || std::chrono::steady_clock::now() > until) throw;
                sql.close();
                std::this_thread::sleep_for(std::chrono::milliseconds{20});
            }
        }
    });
}

void connection::open(store::access mode) {
    if (sqlite_) sql.open(soci::sqlite3, parameters_);
    else sql.open("mysql", parameters_);
    if (mode == store::access::write) prepare();
    else check();
    if (sqlite_) file_ = file_at(name_);
}

/// Nothing where there is none.
std::optional<connection::file_id> connection::file_at(std::string const& name) {
    struct stat found{};
    if (::stat(name.c_str(), &found) != 0) return std::nullopt;
    return file_id{found.st_dev, found.st_ino};
}

bool connection::is_deleted() const {
    return sqlite_ && (!file_ || file_at(name_) != file_);
}

/// What an error of the first statement of a reader says of the database.
store_error connection::error_of_first_read(soci::soci_error const& e) const {
    if (says(e, "no such table") || says(e, "doesn't exist"))
        return no_history{name_ + ": nothing has been written there yet"};
    if (sqlite_ && says(e, "readonly"))
        return store_error{name_ + ": may not be read while nobody writes to it by who may not "
                                   "write into its folder, because of its log"};
    if (says(e, "not a database")) return store_error{name_ + ": is no database of SQLite"};
    return store_error{name_ + ": " + e.get_error_message()};
}

int connection::version() {
    int v = 0;
    soci::indicator known = soci::i_null;
    sql << "SELECT MAX(version) FROM schema_version", soci::into(v, known);
    return known == soci::i_ok ? v : 0;
}

void connection::refuse_newer(int v) const {
    if (v > store::schema_version)
        throw store_error{name_ + ": its schema has version " + std::to_string(v) +
                          "; this program knows up to " + std::to_string(store::schema_version)};
}

void connection::check() {
    int const v = [&] {
        try {
            return version();
        } catch (soci::soci_error const& e) {
            if (sqlite_ && says(e, "is locked")) throw;
            throw error_of_first_read(e);
        }
    }();
    refuse_newer(v);
    if (v < oldest_to_read)
        throw store_error{name_ + ": its schema has version " + std::to_string(v) +
                          "; whoever writes to it next brings it to " +
                          std::to_string(store::schema_version)};
}

void connection::prepare() {
    if (sqlite_) {
        std::string mode;
        sql << "PRAGMA journal_mode = WAL", soci::into(mode);
        // A killed program loses nothing that was committed; a power cut may lose the last, and
        // without a log more than that.
        sql << (mode == "wal" ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
    }
    // The only words that are not the same: rows in the order of their keys, and names that differ
    // where their bytes do.
    std::string const table = sqlite_
                                  ? " WITHOUT ROWID"
                                  : " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
    sql << "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)" +
               table;
    int const found = version();
    refuse_newer(found);
    auto const for_each_host = [&](std::string const& statement) {
        soci::rowset<integer> const rows = (sql.prepare << "SELECT id FROM hosts");
        for (integer const id : std::vector<integer>{rows.begin(), rows.end()})
            sql << statement, soci::use(id);
    };
    for (int next = found + 1; next <= store::schema_version; ++next)
        together([&] {
            for (auto const& statement : migrations[static_cast<std::size_t>(next - 1)]) {
                if (statement.find(":h") == std::string::npos) sql << statement + table;
                else for_each_host(statement);
            }
            sql << "REPLACE INTO schema_version (version) VALUES (:v)", soci::use(next);
        });
}

}  // namespace history
