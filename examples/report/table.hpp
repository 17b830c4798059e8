// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace report {

/// A cell: a text, a number with so many decimals for people, or nothing.
struct cell {
    std::string text{};
    std::optional<double> number{};
    int decimals = 0;  ///< below 0: so many digits, with a power of ten where need be

    cell(std::string t) : text{std::move(t)} {}
    cell(char const* t) : text{t} {}
    cell(std::uint64_t n) : number{static_cast<double>(n)} {}
    cell(std::optional<double> x, int digits) : number{x}, decimals{digits} {}

    /// As people read it, with a dash for nothing.
    [[nodiscard]] std::string for_people() const;
    /// All digits, and nothing for nothing.
    [[nodiscard]] std::string for_programs() const;
};

struct column {
    std::string name;  ///< for programs: with its unit, without spaces
    bool number = true;
    std::string short_name{};  ///< for people, where the other is long

    [[nodiscard]] std::string const& for_people() const {
        return short_name.empty() ? name : short_name;
    }
};

/// Rows of cells under titles.
struct table {
    std::string name;
    std::string title;
    std::vector<column> columns;
    std::vector<std::vector<cell>> rows;
};

/// In columns of the same width, numbers to the right; a line of words where there is no row.
void print_text(std::ostream& out, table const& t);
/// As RFC 4180 says, but for lines that end in LF.
void print_csv(std::ostream& out, table const& t);

/// How many characters a terminal needs for a text in UTF-8, if each takes one place.
[[nodiscard]] std::size_t width_of(std::string const& utf8);

}  // namespace report
