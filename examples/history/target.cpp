// SPDX-License-Identifier: MIT
#include "target.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace history {

namespace {

constexpr std::string_view mariadb = "mariadb:";
constexpr std::string_view words[] = {
    "db",           "user",          "host",    "port",  "unix_socket", "connect_timeout",
    "read_timeout", "write_timeout", "charset", "sslca", "sslcert"};

std::string known_words() {
    std::string all = "expected a file, or mariadb: and words, NAME=VALUE, of";
    for (std::string_view const word : words) all.append(" ").append(word);
    return all;
}

/// Takes a word from the front; nothing where it is none. A value may be quoted by '.
std::optional<std::string_view> take_name(std::string_view& rest) {
    auto const equals = rest.find('=');
    if (equals == rest.npos) return std::nullopt;
    auto const name = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
    bool const is_quoted = rest.starts_with('\'');
    auto const end = rest.find(is_quoted ? '\'' : ' ', is_quoted ? 1 : 0);
    if (end == 0 || (is_quoted && end == rest.npos)) return std::nullopt;
    rest.remove_prefix(std::min(rest.size(), is_quoted ? end + 1 : end));
    return name;
}

}  // namespace

bool is_mariadb(std::string_view target) { return target.starts_with(mariadb); }

std::optional<std::string> error_in_target(std::string_view target) {
    auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (target.empty() || std::any_of(target.begin(), target.end(), is_control))
        return known_words();
    if (!is_mariadb(target)) {
        // A file may have a colon in its name, but nobody calls one so.
        for (std::string_view const other : {"mysql:", "postgres:", "postgresql:", "sqlite:", "file:", ":memory:"})
            if (target.starts_with(other)) return known_words();
        if (target.find("://") != target.npos || target.find('"') != target.npos)
            return known_words();
        std::error_code unknown;
        if (std::filesystem::is_directory(std::filesystem::path{target}, unknown))
            return "expected a file, which may be in this folder";
        return std::nullopt;
    }
    bool has_database = false;
    for (auto rest = target.substr(mariadb.size());;) {
        rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
        if (rest.empty()) break;
        auto const name = take_name(rest);
        if (name == "password" || name == "pass")
            return "expected the password in the environment's HOSTPICK_HISTORY_PASSWORD";
        if (!name || std::find(std::begin(words), std::end(words), *name) == std::end(words))
            return known_words();
        has_database = has_database || name == "db";
    }
    if (!has_database) return "expected a database: mariadb:db=...";
    return std::nullopt;
}

}  // namespace history
