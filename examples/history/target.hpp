// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace history {

/// Whether it names a database of MariaDB's kind: "mariadb:" and words such as "db=hostpick
/// user=monitor host=10.0.0.7". All else is a file of SQLite.
[[nodiscard]] bool is_mariadb(std::string_view target);

/// What is wrong with where a history is said to be, as "expected ...", or nothing: words that are
/// not known, a database of another kind, a folder, a password, which belongs into the environment's
/// HOSTPICK_HISTORY_PASSWORD and not into logs.
[[nodiscard]] std::optional<std::string> error_in_target(std::string_view target);

}  // namespace history
