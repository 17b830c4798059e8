// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ostream>

namespace report {

namespace {

/// U+0080 to U+009F, which some terminals obey. No name has those below.
std::string without_controls(std::string text) {
    for (std::size_t at = 0; (at = text.find('\xC2', at)) != std::string::npos; ++at)
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0)
            text.replace(at, 2, "?");
    return text;
}

}  // namespace

std::string cell::for_people() const {
    if (!number) return text.empty() ? "-" : without_controls(text);
    char digits[400];
    int const n = decimals < 0
                      ? std::snprintf(digits, sizeof digits, "%.*g", -decimals, *number)
                      : std::snprintf(digits, sizeof digits, "%.*f", decimals, *number);
    return {digits, static_cast<std::size_t>(n)};
}

std::string cell::for_programs() const {
    if (!number) return text;
    char digits[64];
    // A count has no power of ten, which not every program reads.
    bool const is_count = *number == std::floor(*number) && std::abs(*number) < 1e15;
    auto const end =
        is_count ? std::to_chars(digits, digits + sizeof digits, static_cast<long long>(*number)).ptr
                 : std::to_chars(digits, digits + sizeof digits, *number).ptr;
    return {digits, end};
}

std::size_t width_of(std::string const& utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

void print_text(std::ostream& out, table const& t) {
    out << t.title << '\n';
    if (t.rows.empty()) {
        out << "  none\n";
        return;
    }
    std::vector<std::vector<std::string>> lines(1);
    for (column const& c : t.columns) lines[0].push_back(c.for_people());
    for (auto const& row : t.rows) {
        lines.emplace_back();
        for (cell const& c : row) lines.back().push_back(c.for_people());
    }
    std::vector<std::size_t> widths(t.columns.size());
    for (auto const& line : lines)
        for (std::size_t n = 0; n < widths.size(); ++n)
            widths[n] = std::max(widths[n], width_of(line[n]));
    for (auto const& line : lines) {
        std::string text;
        for (std::size_t n = 0; n < widths.size(); ++n) {
            std::string const gap(widths[n] - width_of(line[n]), ' ');
            text += "  ";
            text += t.columns[n].number ? gap + line[n] : line[n] + gap;
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out << text << '\n';
    }
}

void print_csv(std::ostream& out, table const& t) {
    auto const put = [&](std::string const& text, bool last) {
        if (text.find_first_of(",\"\n\r") == std::string::npos) {
            out << text;
        } else {
            out << '"';
            for (char const c : text) {
                if (c == '"') out << '"';
                out << c;
            }
            out << '"';
        }
        out << (last ? '\n' : ',');
    };
    for (std::size_t n = 0; n < t.columns.size(); ++n)
        put(t.columns[n].name, n + 1 == t.columns.size());
    for (auto const& row : t.rows)
        for (std::size_t n = 0; n < row.size(); ++n)
            put(row[n].for_programs(), n + 1 == row.size());
}

}  // namespace report
