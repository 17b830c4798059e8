// SPDX-License-Identifier: MIT
#include "sections.hpp"
#include "svg.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace report {

namespace {

using svg::digits;
using svg::drawing;
using svg::escaped;
using svg::scale;

constexpr double width = 720, height = 220, left = 52, right = 12, top = 22, bottom = 28;

constexpr char const* style = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --back: #ffffff;
  --blue: #0550ae; --red: #b3261e; --green: #116329; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --line: #3a424b;
  --back: #0d1117; --blue: #79c0ff; --red: #ff8a80; --green: #7ee787; } }
body { margin: 1.5rem auto; max-width: 72rem; padding: 0 1rem; color: var(--ink);
  background: var(--back); font: 15px/1.5 system-ui, sans-serif; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); } h3 { margin-bottom: .2rem; }
p.note { color: var(--soft); margin-top: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
summary { color: var(--soft); padding: .3rem 0; }
th, td { padding: .15rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  white-space: nowrap; }
th.n, td.n { text-align: right; }
svg { display: block; width: 100%; min-width: 36rem; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; } .band { fill: var(--blue); fill-opacity: .22; }
.middle { stroke: var(--blue); stroke-width: 1.5; fill: none; } .dot { fill: var(--blue); }
.cell { fill: var(--blue); } .none { fill: none; stroke: var(--line); }
.move { fill: var(--back); stroke: var(--blue); stroke-width: 2; }
.bad { fill: var(--red); } .change { stroke: var(--red); stroke-width: 1.5; stroke-dasharray: 4 3; }
.level { stroke: var(--green); stroke-width: 2; }
)";

/// The days of one host, the earliest first.
using days_of_host = std::vector<day_row const*>;

double time_of(unix_time t) { return static_cast<double>(t.count()); }

/// The frame of a chart over days: lines at round numbers, and dates below.
struct day_chart {
    scale x, y;

    day_chart(drawing& d, analysis const& a, double most, char const* unit)
        : x{time_of(a.asked_for.front().span.from), time_of(a.asked_for.back().span.to), left,
            width - right},
          y{0, svg::ticks(most).back(), height - bottom, top} {
        auto const marks = svg::ticks(most);
        bool const whole = marks[1] == std::floor(marks[1]);  // the others are multiples of it
        for (double const m : marks) {
            d.line("grid", left, y(m), width - right, y(m));
            d.label("end", left - 6, y(m) + 4, digits(m, whole ? 0 : marks[1] < 1 ? 2 : 1));
        }
        d.label("start", 2, 10, unit);
        dates(d, a, x, height - 8);
    }
    static void dates(drawing& d, analysis const& a, scale const& x, double at) {
        std::size_t const n = a.asked_for.size(), step = (n + 7) / 8;
        for (std::size_t k = 0; k < n; k += step) {
            double const place = x(time_of(a.asked_for[k].span.from));
            d.label(place > width - 70 ? "end" : "start", place, at, show(a.asked_for[k].date));
        }
    }
    /// The middle of a day.
    [[nodiscard]] double at(day_row const& r) const {
        return (x(time_of(r.day.span.from)) + x(time_of(r.day.span.to))) / 2;
    }
};

using value_of = std::optional<double> day_row::*;

/// Runs of neighbouring days that all have a value: a chart has a hole where there is none.
std::vector<days_of_host> runs(days_of_host const& days, value_of value) {
    std::vector<days_of_host> all;
    day_row const* last = nullptr;
    for (auto const* r : days) {
        if (!(r->*value)) continue;
        if (last == nullptr || last->day.span.to != r->day.span.from) all.emplace_back();
        all.back().push_back(r);
        last = r;
    }
    return all;
}

double most_of(days_of_host const& days, value_of value) {
    double most = 0;
    for (auto const* r : days) most = std::max(most, (r->*value).value_or(0.0));
    return most;
}

void draw_line(drawing& d, day_chart const& chart, days_of_host const& days, value_of value,
               char const* unit) {
    for (auto const& run : runs(days, value)) {
        std::vector<drawing::point> line;
        for (auto const* r : run) line.push_back({chart.at(*r), chart.y(*(r->*value))});
        if (line.size() > 1) d.path("middle", line);
        for (auto const* r : run)
            d.circle("dot", chart.at(*r), chart.y(*(r->*value)), days.size() > 60 ? 1.2 : 2.5,
                     show(r->day.date) + ": " + digits(*(r->*value)) + unit);
    }
}

std::string latency_chart(std::string const& id, analysis const& a, host_row const& h,
                          days_of_host const& days) {
    std::string const words =
        "From " + show(a.asked_for.front().date) + " to " + show(a.asked_for.back().date) +
        ": the median of each day, and the band from its 5th to its 95th percentile. The highest "
        "95th percentile is " +
        digits(most_of(days, &day_row::latency_p95_ms)) + " ms.";
    drawing d{id, width, height, "Latency of " + h.host + " by day", words};
    day_chart const chart{d, a, most_of(days, &day_row::latency_p95_ms), "ms"};
    for (auto const& run : runs(days, &day_row::latency_median_ms)) {
        std::vector<drawing::point> band;
        for (auto const* r : run) band.push_back({chart.at(*r), chart.y(*r->latency_p95_ms)});
        for (auto r = run.rbegin(); r != run.rend(); ++r)
            band.push_back({chart.at(**r), chart.y(*(*r)->latency_p5_ms)});
        if (run.size() > 1) d.path("band", band, true);
        else
            d.rect("band", band[0].x - 3, band[0].y, 6, band[1].y - band[0].y);
    }
    draw_line(d, chart, days, &day_row::latency_median_ms, " ms");
    return d.done();
}

std::string bandwidth_chart(std::string const& id, analysis const& a, host_row const& h,
                            days_of_host const& days) {
    std::string words = "The median of each day.";
    if (h.bandwidth_changes)
        for (auto const& c : *h.bandwidth_changes)
            words += " It changed from " + digits(c.before, 2) + " to " + digits(c.after, 2) +
                     " Mbps.";
    drawing d{id, width, height, "Bandwidth of " + h.host + " by day", words};
    double const most = most_of(days, &day_row::bandwidth_median_mbps);
    day_chart const chart{d, a, most, "Mbps"};
    draw_line(d, chart, days, &day_row::bandwidth_median_mbps, " Mbps");
    if (!h.bandwidth_changes || h.bandwidth_changes->empty()) return d.done();
    double from = chart.x(chart.x.from);
    for (auto const& c : *h.bandwidth_changes) {
        double const at = chart.x(time_of(c.at));
        d.line("level", from, chart.y(c.before), at, chart.y(c.before));
        d.line("change", at, top, at, height - bottom);
        d.label(at > width / 2 ? "end" : "start", at + (at > width / 2 ? -4 : 4), top + 10,
                digits(c.before, 2) + " to " + digits(c.after, 2) + " Mbps");
        from = at;
    }
    double const last = chart.y(h.bandwidth_changes->back().after);
    d.line("level", from, last, width - right, last);
    return d.done();
}

std::string heatmap(std::string const& id, host_row const& h) {
    constexpr char const* names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    double least = 0, most = 0;
    bool any = false;
    for (auto const& day : h.latency_by_weekday_ms)
        for (auto const& x : day)
            if (x) {
                least = any ? std::min(least, *x) : *x;
                most = any ? std::max(most, *x) : *x;
                any = true;
            }
    constexpr double cell_width = (width - left - right) / 24, cell_height = 20;
    drawing d{id, width, 7 * cell_height + 46,
              "Median latency of " + h.host + " by weekday and hour",
              "The stronger the colour the slower: from " + digits(least) + " to " +
                  digits(most) + " ms."};
    scale const shade{least, most, 0.08, 1};
    for (int day = 0; day < 7; ++day) {
        double const y = day * cell_height + 4;
        d.label("end", left - 6, y + 14, names[day]);
        for (int hour = 0; hour < 24; ++hour) {
            auto const& x = h.latency_by_weekday_ms[static_cast<std::size_t>(day)]
                                                   [static_cast<std::size_t>(hour)];
            std::string where = names[day];
            where.append(" ").append(std::to_string(hour)).append(" h: ");
            where.append(x ? digits(*x) + " ms" : "not measured");
            d.rect(x ? "cell" : "none", left + hour * cell_width + 1, y + 1, cell_width - 2,
                   cell_height - 2, x ? shade(*x) : 1, where);
        }
    }
    for (int hour = 0; hour < 24; hour += 3)
        d.label("middle", left + (hour + 0.5) * cell_width, 7 * cell_height + 20,
                std::to_string(hour));
    d.label("start", left, 7 * cell_height + 40, digits(least) + " ms");
    for (int n = 0; n < 12; ++n)
        d.rect("cell", left + 60 + n * 10, 7 * cell_height + 30, 10, 12,
               shade.start + (shade.end - shade.start) * n / 11);
    d.label("start", left + 190, 7 * cell_height + 40, digits(most) + " ms");
    return d.done();
}

std::string incident_chart(analysis const& a, std::map<std::string, days_of_host> const& days,
                           zone const& z) {
    double const row = 22, tall = row * static_cast<double>(a.hosts.size()) + 30;
    std::uint64_t count = 0;
    for (auto const& r : a.days) count += r.incidents;
    drawing d{"incidents", width, tall, "Incidents by host, and where the session moved",
              std::to_string(count) + (incidents_not_listed(a) == 0
                                           ? " incidents; the table below lists them."
                                           : " incidents; the table below lists the longest.")};
    scale const x{time_of(a.asked_for.front().span.from), time_of(a.asked_for.back().span.to), 150,
                  width - right};
    double y = 4;
    for (host_row const& h : a.hosts) {
        d.label("end", 144, y + 13, h.host);
        d.line("grid", 150, y + row / 2, width - right, y + row / 2);
        if (auto const found = days.find(h.host); found != days.end())
            for (auto const* r : found->second)
                for (auto const& e : r->episodes) {
                    double const from = x(std::max(time_of(e.start), x.from));
                    d.rect("bad", from, y + 3, std::max(2.0, x(time_of(e.end)) - from), row - 6, 1,
                           z.show(e.start) + ", " +
                               digits(static_cast<double>(e.duration().count()) / 60'000) +
                               " minutes");
                }
        for (decision_row const& made : a.decisions)
            if (made.host == h.host)
                d.circle("move", x(time_of(made.at)), y + row / 2, 4,
                         z.show(made.at) + (made.before ? ", from " + *made.before : "") + ": " +
                             made.reason);
        y += row;
    }
    day_chart::dates(d, a, x, tall - 8);
    return d.done();
}

void print_table(std::ostream& out, table const& t) {
    // Long ones are opened by whoever wants to read them.
    out << "<details" << (t.rows.size() <= 24 ? " open" : "") << "><summary>" << escaped(t.title)
        << "</summary>\n";
    if (t.rows.empty()) {
        out << "<p class=\"note\">None.</p></details>\n";
        return;
    }
    out << "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" << escaped(t.title)
        << "\"><table><thead><tr>";
    for (column const& c : t.columns)
        out << "<th scope=\"col\"" << (c.number ? " class=\"n\"" : "") << '>' << escaped(c.for_people())
            << "</th>";
    out << "</tr></thead><tbody>\n";
    for (auto const& row : t.rows) {
        out << "<tr>";
        for (std::size_t n = 0; n < row.size(); ++n)
            out << "<td" << (t.columns[n].number ? " class=\"n\"" : "") << '>'
                << escaped(row[n].for_people()) << "</td>";
        out << "</tr>\n";
    }
    out << "</tbody></table></div></details>\n";
}

}  // namespace

void print_html(std::ostream& out, analysis const& a, zone const& z) {
    std::map<std::string, days_of_host> days;
    for (auto r = a.days.rbegin(); r != a.days.rend(); ++r) days[r->host].push_back(&*r);

    out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Hosts";
    if (!a.asked_for.empty())
        out << ", " << show(a.asked_for.front().date) << " to " << show(a.asked_for.back().date);
    out << "</title><style>" << style << "</style></head><body><main>\n<h1>Hosts</h1>\n";
    if (a.days.empty()) {
        out << "<p>There is no sample in these days.</p></main></body></html>\n";
        return;
    }
    out << "<p class=\"note\">" << show(a.asked_for.front().date) << " to "
        << show(a.asked_for.back().date) << ", days of " << escaped(z.name())
        << ". Bad is a latency above " << digits(a.settings.policy.incident_above_ms, 0)
        << " ms, or a failed sample; samples above " << digits(a.settings.policy.latency_ceiling_ms, 0)
        << " ms have failed and are part of no average.</p>\n<h2>Days</h2>\n";
    print_table(out, section("daily", a, z));

    out << "<h2>Incidents" << (a.decisions.empty() ? "" : " and decisions") << "</h2>\n"
        << incident_chart(a, days, z);
    print_table(out, section("incidents", a, z));
    if (!a.decisions.empty()) print_table(out, section("decisions", a, z));

    std::size_t n = 0;
    for (host_row const& h : a.hosts) {
        auto const found = days.find(h.host);
        if (found == days.end()) continue;
        std::string const id = std::string{"h"}.append(std::to_string(n++));
        out << "<h2>" << escaped(h.host) << "</h2>\n";
        if (most_of(found->second, &day_row::latency_p95_ms) > 0)
            out << "<h3>Latency</h3>\n<p class=\"note\">Median of the day, and from its 5th to its "
                   "95th percentile.</p>\n"
                << latency_chart(id + "l", a, h, found->second)
                << "<h3>Median latency by weekday and hour</h3>\n<p class=\"note\">Pale is the fastest hour of "
                   "this host, full colour its slowest.</p>\n"
                << heatmap(id + "w", h);
        if (most_of(found->second, &day_row::bandwidth_median_mbps) > 0)
            out << "<h3>Bandwidth</h3>\n<p class=\"note\">Median of the day; changes of the level "
                   "as broken lines.</p>\n"
                << bandwidth_chart(id + "b", a, h, found->second);
    }
    out << "<h2>Tables</h2>\n";
    for (char const* const name : {"trend", "outlook", "changes", "correlation", "hourly"})
        print_table(out, section(name, a, z));
    out << "</main></body></html>\n";
}

}  // namespace report
