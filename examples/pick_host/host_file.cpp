// SPDX-License-Identifier: MIT
#include "host_file.hpp"

// Its reader thread would only read ahead of a text that is in memory already.
#define CSV_IO_NO_THREAD
#include <csv.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>

using nlohmann::json;

json parse_json(std::string const& text, std::string const& name) {
    try {
        return json::parse(text);
    } catch (json::exception const& e) {
        throw input_error{name + ": " + e.what()};
    }
}

std::vector<host_record> read_json_hosts(std::string const& text, std::string const& name) {
    json const document = parse_json(text, name);
    try {
        json::json_pointer place;
        json const* records = &document;
        if (document.is_object() && document.contains("hosts")) {
            place /= "hosts";
            records = &document["hosts"];
        }
        if (!records->is_array())
            throw hostpick::json_error{place.to_string(), "an array of hosts",
                                       records->type_name()};
        std::vector<host_record> hosts;
        for (std::size_t i = 0; i < records->size(); ++i) {
            json const& record = (*records)[i];
            auto metrics = hostpick::metrics_of_record(record, place / i);
            if (!record.contains("host") || !record["host"].is_string())
                throw hostpick::json_error{(place / i / "host").to_string(), "the host's name",
                                           record.contains("host") ? record["host"].type_name()
                                                                   : "nothing"};
            hosts.push_back({record["host"].get<std::string>(), metrics});
        }
        return hosts;
    } catch (hostpick::json_error const& e) {
        throw input_error{name + ": " + e.what()};
    }
}

namespace {

/// One row of cells; a cell is null where its column is not in the file.
class row {
public:
    enum column { host, latency_ms, bandwidth_mbps, packet_loss, packet_loss_percent, jitter_ms,
                  failed, columns };
    char* cells[columns] = {};

    [[nodiscard]] bool empty(column c) const { return !cells[c] || *cells[c] == '\0'; }

    /// A number as JSON, null for an empty cell.
    [[nodiscard]] json number(column c, std::string const& where) const {
        if (empty(c)) return nullptr;
        double x = 0;
        char const* const end = cells[c] + std::strlen(cells[c]);
        auto const [rest, error] = std::from_chars(cells[c], end, x);
        if (error != std::errc{} || rest != end || !(x - x == 0))
            throw input_error{where + "expected a number, found \"" + cells[c] + "\""};
        return x;
    }
    [[nodiscard]] json flag(column c, std::string const& where) const {
        std::string_view const text = empty(c) ? "false" : cells[c];
        if (text == "true" || text == "1") return true;
        if (text == "false" || text == "0") return false;
        throw input_error{where + "expected true or false, found \"" + cells[c] + "\""};
    }
};

/// The columns that hold a metric as `metrics_of_record` knows it.
struct metric_column {
    row::column cell;
    char const* key;
    std::string csv_columns::* header;
};
constexpr metric_column metric_columns[] = {
    {row::latency_ms, "latency_ms", &csv_columns::latency_ms},
    {row::bandwidth_mbps, "bandwidth_mbps", &csv_columns::bandwidth_mbps},
    {row::packet_loss, "packet_loss", &csv_columns::packet_loss},
    {row::jitter_ms, "jitter_ms", &csv_columns::jitter_ms},
};

host_record record_of(row const& r, csv_columns const& names, std::string const& line) {
    auto const at = [&](std::string const& column) { return line + ", column " + column + ": "; };
    if (r.empty(row::host)) throw input_error{at(names.host) + "expected the host's name"};
    json record{{"failed", r.flag(row::failed, at(names.failed))}};
    for (auto const& [cell, key, header] : metric_columns)
        record[key] = r.number(cell, at(names.*header));
    if (!r.empty(row::packet_loss_percent)) {
        json const percent = r.number(row::packet_loss_percent, at(names.packet_loss_percent));
        if (percent < 0 || percent > 100)
            throw input_error{at(names.packet_loss_percent) +
                              "expected a percentage from 0 to 100"};
        record["packet_loss"] = percent.get<double>() / 100;
    }
    try {
        return {r.cells[row::host], hostpick::metrics_of_record(record)};
    } catch (hostpick::json_error const& e) {
        for (auto const& [cell, key, header] : metric_columns)
            if (e.path().substr(1) == key)
                throw input_error{at(names.*header) + "expected " + e.expected()};
        throw;
    }
}

}  // namespace

std::vector<host_record> read_csv_hosts(std::string const& text, std::string const& name,
                                        csv_columns const& columns) {
    if (auto const nul = text.find('\0'); nul != std::string::npos) {
        auto const line = 1 + std::count(text.begin(), text.begin() + static_cast<long>(nul), '\n');
        throw input_error{name + " line " + std::to_string(line) + ": this is not text"};
    }
    try {
        io::CSVReader<row::columns, io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>,
                      io::throw_on_overflow, io::empty_line_comment>
            reader{name, text.data(), text.data() + text.size()};
        reader.read_header(io::ignore_extra_column | io::ignore_missing_column, columns.host,
                           columns.latency_ms, columns.bandwidth_mbps, columns.packet_loss,
                           columns.packet_loss_percent, columns.jitter_ms, columns.failed);
        for (auto const& needed : {columns.host, columns.latency_ms})
            if (!reader.has_column(needed))
                throw input_error{name + " line 1: there is no column " + needed};
        if (reader.has_column(columns.packet_loss) &&
            reader.has_column(columns.packet_loss_percent))
            throw input_error{name + " line 1: there are both " + columns.packet_loss + " and " +
                              columns.packet_loss_percent};
        std::vector<host_record> hosts;
        row r;
        while (reader.read_row(r.cells[row::host], r.cells[row::latency_ms],
                               r.cells[row::bandwidth_mbps], r.cells[row::packet_loss],
                               r.cells[row::packet_loss_percent], r.cells[row::jitter_ms],
                               r.cells[row::failed]))
            hosts.push_back(
                record_of(r, columns, name + " line " + std::to_string(reader.get_file_line())));
        return hosts;
    } catch (io::error::base const& e) {
        throw input_error{e.what()};
    }
}

std::vector<host_record> read_hosts(std::string const& text, std::string const& name,
                                    csv_columns const& columns) {
    auto const first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    bool const is_json =
        first != std::string::npos && (text[first] == '{' || text[first] == '[');
    return is_json ? read_json_hosts(text, name) : read_csv_hosts(text, name, columns);
}
