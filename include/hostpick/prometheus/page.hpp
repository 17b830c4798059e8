// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/prometheus/latency_histogram.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace hostpick::prometheus {

/// How a page is written.
enum class format : unsigned char {
    text,         ///< text exposition 0.0.4, which every version reads
    openmetrics,  ///< OpenMetrics 1.0
};

/// What to send as Content-Type: without it newer versions refuse a page.
[[nodiscard]] constexpr std::string_view content_type(format f) noexcept {
    return f == format::text ? "text/plain; version=0.0.4; charset=utf-8"
                             : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

enum class metric_kind : unsigned char { counter, gauge, histogram };

/// A name and a value: escaped where they are written.
struct label {
    std::string_view name, value;
};

/// What is known of a metric: its name, without prefix and without the `_total` of a counter.
struct family {
    std::string_view name;
    metric_kind kind = metric_kind::gauge;
    std::string_view help{};
    std::string_view unit{};  ///< where the name ends with it: "seconds"
    bool has_prefix = true;   ///< whether the page's prefix comes before the name
};

namespace detail {

/// How many bytes of `text` are the UTF-8 of one character, or 0 (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF).
[[nodiscard]] constexpr std::size_t utf8_size(std::string_view text) noexcept {
    auto const byte = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
    unsigned char const first = byte(0);
    if (first < 0x80) return 1;
    std::size_t const size = first >= 0xC2 && first < 0xE0   ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
    if (size == 0 || text.size() < size) return 0;
    unsigned char const least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char const most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < least || byte(1) > most) return 0;
    for (std::size_t n = 2; n < size; ++n)
        if (byte(n) < 0x80 || byte(n) > 0xBF) return 0;
    return size;
}

}  // namespace detail

/// Writes a page of metrics, family by family, into a string (anything with `append`) or through an
/// output iterator of characters; it allocates nothing itself.
///
/// A family is announced before its first sample; one without samples leaves no trace. What would
/// make Prometheus refuse the whole page does not get in: label values and help texts are escaped,
/// bytes that are no UTF-8 become U+FFFD, and characters that a name may not have become `_`.
/// Numbers are the shortest that read back the same, whatever the locale; NaN and infinities are
/// `NaN`, `+Inf` and `-Inf`. Whoever writes two samples with the same labels, or a family twice, gets
/// what was asked for, and Prometheus keeps one.
///
///     std::string text;
///     page out{text, format::text, "game_"};
///     out.begin({"players", metric_kind::gauge, "Players that are connected."});
///     out.sample({{"region", "eu"}}, 12);
///     out.end();
///     // # HELP game_players Players that are connected.
///     // # TYPE game_players gauge
///     // game_players{region="eu"} 12
template <class Out>
class page {
public:
    using labels = std::initializer_list<label>;

    constexpr page(Out& out, format f, std::string_view prefix = "hostpick_") noexcept
        : out_{out}, format_{f}, prefix_{prefix} {}

    /// From now on samples are of this family.
    constexpr void begin(family const& f) noexcept { family_ = f, announced_ = false; }

    constexpr void sample(labels const& of, double x) { write(of, suffix(), x); }
    constexpr void sample(labels const& of, std::uint64_t x) { write(of, suffix(), x); }
    constexpr void sample(labels const& of, int x) { write(of, suffix(), static_cast<double>(x)); }

    /// All samples of a histogram.
    constexpr void sample(labels const& of, latency_histogram const& h) {
        for (std::size_t n = 0; n < h.le.size(); ++n) {
            announce();
            put_name("_bucket");
            put_labels(of, h.le[n]);
            put_value(h.count_within(n));
        }
        write(of, "_sum", h.sum_seconds());
        write(of, "_count", h.count());
    }

    /// Ends the page; nothing may follow.
    constexpr void end() {
        if (format_ == format::openmetrics) put("# EOF\n");
    }

private:
    [[nodiscard]] constexpr std::string_view suffix() const noexcept {
        return family_.kind == metric_kind::counter ? "_total" : "";
    }
    template <class Number>
    constexpr void write(labels const& of, std::string_view suffix, Number x) {
        announce();
        put_name(suffix);
        put_labels(of, {});
        put_value(x);
    }

    constexpr void announce() {
        if (std::exchange(announced_, true)) return;
        // OpenMetrics names a counter without its suffix.
        std::string_view const named = format_ == format::text ? suffix() : "";
        if (!family_.help.empty()) {
            put("# HELP "), put_name(named), put(" ");
            put_escaped(family_.help, format_ == format::openmetrics);
            put("\n");
        }
        put("# TYPE "), put_name(named);
        switch (family_.kind) {
            case metric_kind::counter: put(" counter\n"); break;
            case metric_kind::gauge: put(" gauge\n"); break;
            case metric_kind::histogram: put(" histogram\n"); break;
        }
        if (format_ == format::openmetrics && !family_.unit.empty() &&
            family_.name.ends_with(family_.unit))
            put("# UNIT "), put_name({}), put(" "), put_word(family_.unit), put("\n");
    }

    constexpr void put_name(std::string_view suffix) {
        if (family_.has_prefix) put_word(prefix_);
        put_word(family_.name), put(suffix);
    }
    constexpr void put_labels(labels const& of, std::string_view le) {
        char const* separator = "{";
        for (auto const& [name, value] : of) {
            put(separator), put_word(name), put("=\"");
            put_escaped(value, true);
            put("\"");
            separator = ",";
        }
        if (!le.empty()) {
            put(separator), put("le=\""), put(le), put("\"");
            separator = ",";
        }
        if (*separator == ',') put("}");
        put(" ");
    }
    constexpr void put_value(std::uint64_t x) {
        char digits[24];
        put({digits, std::to_chars(digits, digits + sizeof digits, x).ptr});
        put("\n");
    }
    constexpr void put_value(double x) {
        // A NaN with a sign bit, which 0.0 / 0.0 may have, would be refused.
        char digits[40];
        if (hostpick::detail::is_nan(x)) put("NaN");
        else if (!hostpick::detail::is_finite(x)) put(x > 0 ? "+Inf" : "-Inf");
        else put({digits, std::to_chars(digits, digits + sizeof digits, x).ptr});
        put("\n");
    }
    /// What of a name may be in one; a digit may not be the first, but that is the prefix's.
    constexpr void put_word(std::string_view name) {
        for (char const c : name) {
            bool const may = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_';
            put(may ? std::string_view{&c, 1} : std::string_view{"_"});
        }
    }
    constexpr void put_escaped(std::string_view text, bool quoted) {
        std::size_t plain = 0;  // is not written yet
        auto const flush = [&](std::size_t n, std::size_t skipped, std::string_view instead) {
            put(text.substr(plain, n - plain)), put(instead);
            plain = n + skipped;
        };
        for (std::size_t n = 0; n < text.size();) {
            std::size_t const size = detail::utf8_size(text.substr(n));
            if (size == 0) flush(n, 1, "\xEF\xBF\xBD");
            else if (text[n] == '\\') flush(n, 1, "\\\\");
            else if (text[n] == '\n') flush(n, 1, "\\n");
            else if (text[n] == '"' && quoted) flush(n, 1, "\\\"");
            n += size == 0 ? 1 : size;
        }
        flush(text.size(), 0, {});
    }
    constexpr void put(std::string_view text) {
        if constexpr (requires { out_.append(text.data(), text.size()); }) {
            out_.append(text.data(), text.size());
        } else {
            for (char const c : text) *out_++ = c;
        }
    }

    Out& out_;
    format format_;
    std::string_view prefix_;
    family family_{};
    bool announced_ = false;
};

}  // namespace hostpick::prometheus
