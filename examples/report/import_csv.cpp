// SPDX-License-Identifier: MIT
#include "import_csv.hpp"

// Its reader thread is not worth a thread.
#define CSV_IO_NO_THREAD
#include <csv.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace report {

namespace {

enum column { time, host, latency, jitter, loss, loss_percent, bandwidth, score, failed, columns };
constexpr char const* names[columns] = {"time",        "host",
                                        "latency_ms",  "jitter_ms",
                                        "packet_loss", "packet_loss_percent",
                                        "bandwidth_mbps", "score",
                                        "failed"};

/// A row whose cells are null where the file has no such column.
struct row {
    char* cells[columns] = {};

    [[nodiscard]] std::string_view operator[](column c) const {
        return cells[c] ? std::string_view{cells[c]} : std::string_view{};
    }
};

template <class Number>
std::optional<Number> read_number(std::string_view text) {
    Number x{};
    auto const [rest, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
    return x;
}

class reader {
public:
    reader(import_settings const& s, zone const& z) : settings_{s}, zone_{z} {}

    /// The file's name of one of our columns. One that is ignored, or was taken for another of ours,
    /// is none.
    [[nodiscard]] std::string header(column c) const {
        std::string const none = std::string{"\x01"} + names[c];
        if (settings_.ignored.contains(names[c])) return none;
        auto const mapped = settings_.columns.find(names[c]);
        if (mapped != settings_.columns.end()) return mapped->second;
        for (auto const& each : settings_.columns)
            if (each.second == names[c]) return none;
        return names[c];
    }

    /// A row as a sample; nothing where it holds no number.
    [[nodiscard]] std::optional<history::sample> sample_of(row const& r) const {
        history::sample s;
        auto& m = s.metrics;
        m.latency_ms = number(r, latency);
        m.jitter_ms = number(r, jitter);
        m.bandwidth_mbps = number(r, bandwidth);
        m.packet_loss = number(r, loss, 1, " (a ratio; packet_loss_percent takes percentages)");
        if (auto const percent = number(r, loss_percent, 100)) m.packet_loss = *percent / 100;
        s.score = number(r, score);
        m.failed = flag(r);
        if (!m.latency_ms && !m.jitter_ms && !m.bandwidth_mbps && !m.packet_loss && !s.score &&
            !m.failed)
            return std::nullopt;
        s.at = time_of(r[time]);
        s.host = r.cells[host] ? std::string{r[host]} : settings_.host;
        if (!history::is_host_name(s.host))
            throw input_error{header(host) + ": expected 1 to 255 bytes of UTF-8 that end in no space"};
        if (auto const error = history::error_in(s)) throw input_error{*error};
        return s;
    }

private:
    [[nodiscard]] std::optional<double> number(
        row const& r, column c, double most = std::numeric_limits<double>::max(),
        char const* hint = "") const {
        if (r[c].empty()) return std::nullopt;
        auto const x = read_number<double>(r[c]);
        if (x && *x >= 0 && *x <= most) return x;
        std::string const range = most <= 100 ? most == 1 ? "from 0 to 1" : "from 0 to 100" : "from 0 on";
        throw input_error{header(c) + ": expected a number " + range + hint + ", found \"" +
                          r.cells[c] + "\""};
    }
    [[nodiscard]] bool flag(row const& r) const {
        std::string_view const text = r[failed];
        if (text == "1" || text == "true") return true;
        if (text.empty() || text == "0" || text == "false") return false;
        throw input_error{header(failed) + ": expected true, false, 1, 0 or nothing, found \"" +
                          r.cells[failed] + "\""};
    }
    [[nodiscard]] unix_time time_of(std::string_view text) const {
        std::optional<unix_time> at;
        if (settings_.time_unit == "iso") {
            at = read_time(text, zone_);
        } else if (auto const x = read_number<double>(text);
                   x && -1e15 < *x && *x < 1e15) {
            double const ms = settings_.time_unit == "seconds" ? *x * 1000 : *x;
            at = unix_time{static_cast<std::int64_t>(ms < 0 ? ms - 0.5 : ms + 0.5)};
        }
        // Whoever takes one unit for the other is in January 1970, or far ahead.
        constexpr unix_time year_1972{std::chrono::hours{24 * 730}}, year_2999 = 515 * year_1972;
        if (at && year_1972 <= *at && *at < year_2999) return *at;
        std::string const wanted = settings_.time_unit == "iso"
                                       ? "a time such as 2026-11-22T18:30:00Z"
                                       : settings_.time_unit + " since 1970";
        throw input_error{header(time) + ": expected " + wanted + " (see --time-unit), found \"" +
                          std::string{text} + "\""};
    }

    import_settings const& settings_;
    zone const& zone_;
};

}  // namespace

bool is_import_column(std::string const& name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

import_counts read_csv(import_settings const& settings, zone const& z,
                       std::function<void(history::sample)> const& show,
                       std::function<void(double)> const& seen) {
    std::ifstream stream{settings.file, std::ios::binary};
    std::error_code no_size;
    auto const size = std::filesystem::file_size(settings.file, no_size);
    char begin[200];
    if (stream) stream.read(begin, sizeof begin);
    if (no_size || (size > 0 && stream.gcount() == 0))
        throw input_error{settings.file + ": cannot be read"};
    std::string_view const first{begin, static_cast<std::size_t>(stream.gcount())};
    stream.clear();
    stream.seekg(0);
    std::string line{first.substr(0, first.find_first_of("\r\n"))};
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    std::string const found = "; the first line is \"" + line +
                              "\" (a comma stands between columns; " + settings.naming + ")";

    reader const read{settings, z};
    io::CSVReader<columns, io::trim_chars<' ', '\t', '\r'>, io::double_quote_escape<',', '"'>,
                  io::throw_on_overflow, io::empty_line_comment>
        csv{settings.file, stream};
    import_counts counts;
    std::string where = settings.file;
    try {
        std::string h[columns];
        for (int c = 0; c < columns; ++c) h[c] = read.header(static_cast<column>(c));
        csv.read_header(io::ignore_extra_column | io::ignore_missing_column, h[0], h[1], h[2],
                        h[3], h[4], h[5], h[6], h[7], h[8]);
        for (auto const& [ours, theirs] : settings.columns)
            if (!csv.has_column(theirs)) throw input_error{"there is no column " + theirs + found};
        if (!csv.has_column(h[time])) throw input_error{"there is no column " + h[time] + found};
        if (!csv.has_column(h[host]) && settings.host.empty())
            throw input_error{"there is no column " + h[host] + ", and no host is named" + found};
        bool any = false;
        for (int c = latency; c < columns; ++c) any = any || csv.has_column(h[c]);
        if (!any) throw input_error{"there is no column of numbers" + found};
        for (int c = 0; c < columns; ++c)
            for (int d = 0; d < c; ++d)
                if (h[c] == h[d])
                    throw input_error{h[c] + ": is said to be both " + names[d] + " and " + names[c]};
        if (csv.has_column(h[loss]) && csv.has_column(h[loss_percent]))
            throw input_error{h[loss] + " and " + h[loss_percent] + " are the same thing"};

        row r;
        auto& x = r.cells;
        while (csv.read_row(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8])) {
            where = settings.file + ", line " + std::to_string(csv.get_file_line());
            if (auto s = read.sample_of(r)) show(std::move(*s));
            else ++counts.empty;
            if (++counts.rows % 10'000 == 0 && size > 0)
                seen(static_cast<double>(stream.tellg()) / static_cast<double>(size));
        }
    } catch (io::error::base const& e) {
        throw input_error{e.what()};
    } catch (input_error const& e) {
        throw input_error{where + ": " + e.what()};
    }
    seen(1);
    return counts;
}

import_counts import_csv(history::store& db, import_settings const& settings, zone const& z,
                         std::function<void(double)> const& seen) {
    history::batch waiting;
    std::uint64_t written = 0;
    auto const write = [&] {
        db.write(waiting);
        written += waiting.size();
        waiting = {};
    };
    auto counts = read_csv(
        settings, z,
        [&](history::sample s) {
            waiting.samples.push_back(std::move(s));
            if (waiting.size() >= 10'000) write();
        },
        seen);
    write();
    counts.written = written;
    return counts;
}

}  // namespace report
