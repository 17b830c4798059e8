// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <hostpick/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace {

using hostpick::field_state;

std::string number(double x, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, x);
    return text;
}

/// A name that came from outside, safe to show on a terminal.
std::string shown(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    return text;
}

/// What was measured and, where the metric counts, the points that it gave: "19.7 ms: 36.06".
std::string cell(std::optional<double> const& value, double scale, int decimals, char const* unit,
                 hostpick::metric_points const* points) {
    std::string const measured = value ? number(*value * scale, decimals) + unit : "missing";
    bool const counts = points && (points->gained > 0 || points->lost > 0);
    return counts ? measured + ": " + number(points->gained, 2) : measured;
}

/// How many columns a text takes: as many as it has characters, in UTF-8.
std::size_t width(std::string const& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (c & '\xC0') != '\x80'; }));
}

/// Columns as wide as their widest cell.
void print_rows(std::ostream& out, std::vector<std::vector<std::string>> const& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (auto const& row : rows)
        for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
    for (auto const& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c) {
            std::string const gap(widths[c] - width(row[c]), ' ');
            line += c < 2 ? row[c] + gap : gap + row[c];  // rank and name left, numbers right
            line += "  ";
        }
        out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
    }
}

/// What decided between the chosen host and the next.
std::string margin(hostpick::host_choice<std::string> const& best,
                   hostpick::host_choice<std::string> const& next) {
    std::string const name = shown(next.host);
    if (next.step > best.step)
        return ", " + std::to_string(next.step - best.step) + " relaxation step(s) before " + name;
    if (best.score > next.score)
        return ", " + number(best.score - next.score, 2) + " ahead of " + name;
    if (best.latency_ms < next.latency_ms)
        return ", as many as " + name + " but " + number(next.latency_ms - best.latency_ms, 1) +
               " ms nearer";
    return ", equal to " + name + " but for the name";
}

/// A column that is not in the input, or under another name, costs every host the same.
void note_missing(std::ostream& out, report const& r, char const* name,
                  hostpick::metric_points hostpick::score_parts::* metric) {
    auto const lacks = [&](report::ranked_host const& h) {
        auto const& parts = h.verdict.parts;
        return parts && ((*parts).*metric).state == field_state::missing &&
               ((*parts).*metric).lost > 0;
    };
    if (!std::all_of(r.ranking.begin(), r.ranking.end(), lacks)) return;
    out << "note: no host has a " << name << ", which cost each of them "
        << number(((*r.ranking.front().verdict.parts).*metric).lost, 2) << " points\n";
}

}  // namespace

void print_table(std::ostream& out, report const& r) {
    bool const steps = std::any_of(r.ranking.begin(), r.ranking.end(),
                                   [](auto const& h) { return h.choice.step > 0; });
    bool const mos = !r.ranking.empty() && r.ranking.front().mos;
    std::vector<std::vector<std::string>> rows{{"#", "host", "score"}};
    auto& header = rows.front();
    if (mos) header.push_back("MOS");
    if (steps) header.push_back("step");
    header.insert(header.end(), {"latency", "bandwidth", "packet loss", "jitter"});
    for (auto const& h : r.ranking) {
        auto const& parts = h.verdict.parts;
        auto& row = rows.emplace_back();
        row = {std::to_string(rows.size() - 1), shown(h.choice.host), number(h.choice.score, 2)};
        if (mos) row.push_back(number(*h.mos, 2));
        if (steps) row.push_back(std::to_string(h.choice.step));
        row.push_back(
            cell(h.metrics.latency_ms, 1, 1, " ms", parts ? &parts->latency_ms : nullptr));
        row.push_back(cell(h.metrics.bandwidth_mbps, 1, 1, " Mbps",
                           parts ? &parts->bandwidth_mbps : nullptr));
        row.push_back(cell(h.metrics.packet_loss, 100, 2, " %",
                           parts ? &parts->packet_loss : nullptr));
        row.push_back(cell(h.metrics.jitter_ms, 1, 1, " ms", parts ? &parts->jitter_ms : nullptr));
    }
    if (!r.ranking.empty()) {
        print_rows(out, rows);
        if (r.eligible > r.ranking.size())
            out << "and " << r.eligible - r.ranking.size() << " more\n";
        auto const& best = r.ranking.front().choice;
        out << "\nchosen: " << shown(best.host) << ", " << number(best.score, 2) << " points";
        out << (r.runner_up ? margin(best, *r.runner_up) : ", the only eligible host");
        out << '\n';
        note_missing(out, r, "bandwidth", &hostpick::score_parts::bandwidth_mbps);
        note_missing(out, r, "packet loss", &hostpick::score_parts::packet_loss);
        note_missing(out, r, "jitter", &hostpick::score_parts::jitter_ms);
    } else {
        out << "no host is eligible\n";
    }
    if (!r.passed_over.empty()) out << "\npassed over:\n";
    for (auto const& h : r.passed_over)
        out << "  " << shown(h.host) << ": " << h.explanation << '\n';
}

void print_json(std::ostream& out, report const& r) {
    using json = nlohmann::ordered_json;
    json document{{"chosen", nullptr}, {"runner_up", nullptr}, {"margin", nullptr},
                  {"eligible", r.eligible}, {"ranking", json::array()},
                  {"passed_over", json::array()}};
    if (!r.ranking.empty()) document["chosen"] = r.ranking.front().choice.host;
    if (r.runner_up) {
        document["runner_up"] = r.runner_up->host;
        if (r.runner_up->step == r.ranking.front().choice.step)
            document["margin"] = r.ranking.front().choice.score - r.runner_up->score;
    }
    for (auto const& h : r.ranking) {
        json entry = h.choice;
        entry["metrics"] = h.metrics;
        entry["verdict"] = h.verdict;
        if (h.mos) entry["mos"] = *h.mos;
        document["ranking"].push_back(std::move(entry));
    }
    for (auto const& h : r.passed_over)
        document["passed_over"].push_back(
            {{"host", h.host}, {"reason", h.reason}, {"explanation", h.explanation}});
    out << document.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}
