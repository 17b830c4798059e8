// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <charconv>
#include <string>

/// Checks that an option is a number from `low` to `high`; NaN, which passes other checks, is not.
inline CLI::Validator number_from(double low, double high) {
    auto const text = [](double x) {
        char room[32];
        return std::string(room, std::to_chars(room, room + sizeof room, x).ptr);
    };
    std::string const expected = "a number from " + text(low) + " to " + text(high);
    return {[=](std::string const& given) {
                double x = 0;
                auto const [end, error] = std::from_chars(given.data(), given.data() + given.size(), x);
                bool const good = error == std::errc{} && end == given.data() + given.size() && x >= low && x <= high;
                return good ? std::string{} : "expected " + expected + ", found " + given;
            },
            text(low) + " to " + text(high)};
}
