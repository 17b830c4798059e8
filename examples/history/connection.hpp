// SPDX-License-Identifier: MIT
#pragma once

#include "store.hpp"

#include <soci/soci.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace history {

/// A connection to the database of a history, whose schema is as a store needs it. Several programs
/// may open one at once.
class connection {
public:
    connection(std::string const& target, store::access mode);

    soci::session sql{};

    [[nodiscard]] bool is_sqlite() const { return sqlite_; }
    [[nodiscard]] std::string const& name() const { return name_; }  // for people
    /// Whether the file that was opened is no longer there by that name.
    [[nodiscard]] bool is_deleted() const;

    /// Does it, and says whose error it was.
    template <class F>
    auto guarded(F&& f) -> decltype(f()) {
        try {
            return std::forward<F>(f)();
        } catch (soci::soci_error const& e) {
            throw store_error{name_ + ": " + e.get_error_message()};
        }
    }
    /// Does it in one transaction, which a connection that is closed before the end takes back. Where
    /// MariaDB says so, because another program wrote too, it is done again.
    template <class F>
    void together(F&& f) {
        guarded([&] {
            for (int tries = 1;; ++tries) {
                // One that begins by reading would not wait for another to end writing.
                if (sqlite_) sql << "BEGIN IMMEDIATE";
                else sql.begin();
                try {
                    f();
                    sql.commit();
                    return;
                } catch (soci::soci_error const& e) {
                    if (tries == 10 || !says(e, "try restarting transaction")) throw;
                    sql.rollback();
                }
            }
        });
    }

private:
    using file_id = std::pair<std::uintmax_t, std::uintmax_t>;  // its device, and its number there

    [[nodiscard]] static bool says(soci::soci_error const& e, char const* words) {
        return e.get_error_message().find(words) != std::string::npos;
    }
    [[nodiscard]] static std::optional<file_id> file_at(std::string const& name);
    void open(store::access mode);
    [[nodiscard]] store_error error_of_first_read(soci::soci_error const& e) const;
    int version();
    void refuse_newer(int v) const;
    void check();
    void prepare();

    bool sqlite_ = true;
    std::string name_, parameters_;  // SOCI's
    std::optional<file_id> file_{};
};

}  // namespace history
