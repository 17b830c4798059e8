// SPDX-License-Identifier: MIT
#include "record.hpp"

#include <hostpick/detail/real.hpp>

#include <algorithm>
#include <cstddef>

namespace history {

namespace {

constexpr std::size_t longest_record = 1'000'000;  // bytes

/// Whether it is UTF-8 of up to three or four bytes a character, none of them beyond U+10FFFF, a
/// surrogate, or longer than need be.
bool is_utf8(std::string_view text) {
    for (std::size_t n = 0; n < text.size();) {
        auto const byte = [&](std::size_t k) { return static_cast<unsigned char>(text[n + k]); };
        unsigned const first = byte(0);
        std::size_t const length = first < 0x80 ? 1
                                   : first >> 5 == 6 ? 2
                                   : first >> 4 == 14 ? 3
                                   : first >> 3 == 30 ? 4
                                                      : 0;
        if (length == 0 || n + length > text.size()) return false;
        unsigned long point = length == 1 ? first : first & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            if (byte(k) >> 6 != 2) return false;
            point = point << 6 | (byte(k) & 0x3FU);
        }
        constexpr unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < least[length] || point > 0x10FFFF || (0xD800 <= point && point <= 0xDFFF))
            return false;
        n += length;
    }
    return true;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

bool is_host_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name.back() != ' ' && !has_control(name) &&
           is_utf8(name);
}

std::optional<std::string> error_in(sample const& s) {
    if (!is_host_name(s.host)) return "the host's name cannot be stored";
    if (!hostpick::watch::is_time(s.at)) return "the time is beyond belief";
    auto const& m = s.metrics;
    for (auto const* x : {&m.latency_ms, &m.jitter_ms, &m.packet_loss, &m.bandwidth_mbps, &s.score})
        if (*x && !hostpick::detail::is_quantity(**x)) return "a number is negative or not finite";
    return std::nullopt;
}

std::optional<std::string> error_in(decision const& d) {
    if (!d.host.empty() && !is_host_name(d.host)) return "the host's name cannot be stored";
    if (!hostpick::watch::is_time(d.at)) return "the time is beyond belief";
    if (d.reason.size() > 255 || has_control(d.reason) || !is_utf8(d.reason))
        return "the reason cannot be stored";
    if (d.record.size() > longest_record || !is_utf8(d.record) ||
        d.record.find('\0') != std::string::npos)
        return "the record is too long, or no text";
    return std::nullopt;
}

}  // namespace history
