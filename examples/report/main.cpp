// SPDX-License-Identifier: MIT
//
// hostpick-report: what the history of the monitor says of days, hours, trends, incidents and decisions.
#include "analysis.hpp"
#include "experience.hpp"
#include "import_csv.hpp"
#include "progress.hpp"
#include "sections.hpp"
#include "zone.hpp"

#include "store.hpp"

#include <hostpick/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using report::input_error;

/// What the command line says.
struct options {
    std::string history = "hostpick-history.db", time_zone = "UTC";
    std::string progress = "auto";

    std::string from, to;
    int days = 7;
    bool days_said = false, today = false;
    std::vector<std::string> hosts, show;
    std::string format = "table", html;
    report::report_settings report;
    double longest_gap_minutes = 15;

    report::experience_settings experience;
    std::vector<double> experience_lags_minutes{0};
    int correlation_minutes = 60;

    report::import_settings import;
    std::vector<std::string> columns;

    [[nodiscard]] bool wants_progress() const {
        return progress == "always" || (progress == "auto" && report::progress::is_terminal());
    }
};

date::local_days date_of(std::string const& text, char const* option) {
    auto const d = report::read_date(text);
    if (!d) throw input_error{std::string{option} + ": expected a date such as 2018-05-13"};
    return *d;
}

/// The first of some names.
std::string listed(std::vector<std::string> const& names) {
    std::string all = names.empty() ? "none" : "";
    for (std::size_t n = 0; n < std::min<std::size_t>(names.size(), 10); ++n)
        all.append(n == 0 ? "" : ", ").append(names[n]);
    return all + (names.size() > 10 ? " and others" : "");
}

/// A policy's members as options are called, wherever a text names them.
std::string option_of(std::string text) {
    for (std::string_view const member : {"latency_ceiling_ms", "incident_above_ms", "longest_gap"})
        if (auto const at = text.find(member); at != std::string::npos) {
            text.insert(at, "--");
            std::replace(text.begin() + static_cast<std::ptrdiff_t>(at),
                         text.begin() + static_cast<std::ptrdiff_t>(at + 2 + member.size()), '_', '-');
        }
    return text;
}

/// The days that are asked for: the last whole ones unless said otherwise.
std::vector<report::named_day> days_of(options const& o, report::zone const& z) {
    date::days const count{o.days};
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    date::local_days from, to = z.date_of(std::chrono::duration_cast<report::unix_time>(now));
    if (o.today) to += date::days{1};
    if (!o.to.empty()) to = date_of(o.to, "--to");
    from = to - count;
    if (!o.from.empty()) {
        from = date_of(o.from, "--from");
        if (o.days_said) {
            if (!o.to.empty()) throw input_error{"--days: of --from, --to and --days only two"};
            to = from + count;
        }
    }
    if (from >= to && o.to.empty() && !o.today)
        throw input_error{"--from: expected a day that is over; --today takes in the one that is not"};
    if (from >= to) throw input_error{"--from: expected a day before --to, which is the day after the last"};
    if (to - from > date::days{36'525}) throw input_error{"--from: expected at most 100 years"};
    return z.days(from, to);
}

std::chrono::milliseconds minutes(double count) {
    return std::chrono::milliseconds{std::llround(count * 60'000)};
}

/// For who has asked for days without a sample: which days have some.
void say_what_there_is(history::store& db, std::vector<std::string> const& hosts,
                       report::zone const& z) {
    std::optional<history::time_span> all;
    for (std::string const& host : hosts) {
        auto const one = db.span_of(host);
        if (!one) continue;
        if (!all) all = one;
        all->first = std::min(all->first, one->first);
        all->last = std::max(all->last, one->last);
    }
    std::cerr << "hostpick-report: there is no sample in these days; the history has "
              << (all ? "some from " + z.show(all->first) + " to " + z.show(all->last) +
                            " (--today takes in the day that is not over, --from and --to others)"
                      : "none at all")
              << '\n';
}

/// Prints it all, or throws.
template <class Print>
void write_file(std::string const& file, Print const& print) {
    std::ofstream out{file, std::ios::binary};
    print(out);
    out.close();
    if (!out) throw input_error{file + ": cannot be written"};
}

int make_report(options const& o) {
    report::zone const z{o.time_zone};
    auto settings = o.report;
    settings.correlation_stretch = std::chrono::minutes{o.correlation_minutes};
    settings.policy.longest_gap = minutes(o.longest_gap_minutes);
    if (auto const error = settings.policy.error())
        throw input_error{option_of(error->member) + ": expected " + option_of(error->expected)};
    auto const days = days_of(o, z);

    history::store db{o.history, history::store::access::read};
    auto const known = db.hosts();
    for (auto const& host : o.hosts)
        if (!std::binary_search(known.begin(), known.end(), host))
            throw input_error{"--host: the history has no host " + host + "; it has " + listed(known)};
    auto hosts = o.hosts.empty() ? known : o.hosts;
    std::sort(hosts.begin(), hosts.end());
    hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());

    report::experience players;
    if (!o.experience.file.empty()) {
        auto how = o.experience;
        how.stretch = settings.correlation_stretch;
        how.lags.clear();
        for (double const lag : o.experience_lags_minutes) how.lags.push_back(minutes(lag));
        players = report::experience{how, z};
        std::vector<std::string> others;
        for (auto const& host : players.hosts())
            if (!std::binary_search(known.begin(), known.end(), host)) others.push_back(host);
        if (!others.empty())
            std::cerr << "hostpick-report: " << o.experience.file << " tells of hosts that the history does not have: "
                      << listed(others) << '\n';
    }

    report::analysis a;
    {
        std::uint64_t all = 0;
        if (o.wants_progress() && !days.empty())
            for (auto const& host : hosts)
                all += db.count(host, days.front().span.from, days.back().span.to);
        report::progress bar{o.wants_progress()};
        a = report::analyse(db, hosts, days, z, settings, players, [&](std::uint64_t seen) {
            if (all > 0) bar.show(static_cast<double>(seen) / static_cast<double>(all));
        });
    }

    auto sections = o.show;
    if (sections.empty()) sections = {"daily"};
    if (std::find(sections.begin(), sections.end(), "all") != sections.end())
        sections = report::section_names();
    if (o.format == "json") {
        std::cout << report::to_json(a, z).dump(1) << '\n';
    } else if (o.format == "csv") {
        if (sections.size() != 1) throw input_error{"--show: a CSV file has one section"};
        print_csv(std::cout, report::section(sections[0], a, z));
    } else {
        for (auto const& name : sections) {
            if (&name != sections.data()) std::cout << '\n';
            print_text(std::cout, report::section(name, a, z));
        }
    }
    if (!o.html.empty())
        write_file(o.html, [&](std::ostream& out) { report::print_html(out, a, z); });
    if (std::uint64_t const more = incidents_not_listed(a);
        more > 0 && o.format == "csv" && sections[0] == "incidents")
        std::cerr << "hostpick-report: of a day the longest 32 incidents are listed; " << more
                  << " more are counted\n";
    std::uint64_t refused = 0;
    for (auto const& day : a.days) refused += day.refused;
    if (refused > 0)
        std::cerr << "hostpick-report: " << refused
                  << " samples are in no number, because one of theirs is beyond belief\n";
    if (!std::cout.flush()) throw input_error{"the report cannot be written"};
    if (a.days.empty()) say_what_there_is(db, hosts, z);
    return a.days.empty() ? 1 : 0;
}

int import_file(options& o) {
    for (std::string const& c : o.columns) {
        auto const equals = c.find('=');
        if (equals == std::string::npos || !report::is_import_column(c.substr(0, equals)))
            throw input_error{"--column: found " + c + "; " + o.import.naming};
        o.import.columns[c.substr(0, equals)] = c.substr(equals + 1);
    }
    report::zone const z{o.time_zone};
    if (!std::ifstream{o.import.file}) throw input_error{o.import.file + ": cannot be read"};
    history::store db{o.history};
    report::import_counts counts;
    {
        report::progress bar{o.wants_progress()};
        counts = import_csv(db, o.import, z, [&](double share) { bar.show(share); });
    }
    std::cout << counts.rows << " rows read, " << counts.written << " written, " << counts.empty
              << " without a number\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    options o;
    CLI::App app{"Reports what a history of hosts says: days, hours, trends, incidents.\n"
                 "Exit code: 0 there is a report, 1 no sample in those days, 2 bad input."};
    app.set_version_flag("--version", std::to_string(HOSTPICK_VERSION_MAJOR) + "." +
                                          std::to_string(HOSTPICK_VERSION_MINOR) + "." +
                                          std::to_string(HOSTPICK_VERSION_PATCH));
    app.add_option("--history", o.history,
                   "SQLite file, or mariadb:db=... user=... host=... (or unix_socket=...);\n"
                   "its password from the environment's HOSTPICK_HISTORY_PASSWORD")
        ->envname("HOSTPICK_HISTORY")
        ->capture_default_str();
    app.add_option("--time-zone", o.time_zone,
                   "In which days begin: UTC, +10:00, or a name such as Europe/Berlin")
        ->capture_default_str();
    app.add_option("--progress", o.progress, "Whether to show a bar")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();

    app.add_option("--from", o.from, "The first day, as 2018-05-13");
    auto* const to =
        app.add_option("--to", o.to, "The day after the last; today unless said otherwise");
    app.add_flag("--today", o.today, "Up to now: also the day that is not over")->excludes(to);
    auto* const days = app.add_option("--days", o.days, "How many days")
                           ->check(CLI::Range(1, 36'525))
                           ->capture_default_str();
    app.add_option("--host", o.hosts, "Only of this host; may be repeated")
        ->allow_extra_args(false);
    auto names = report::section_names();
    names.push_back("all");
    app.add_option("--show", o.show, "A section; may be repeated (daily)")
        ->check(CLI::IsMember(names))
        ->allow_extra_args(false);
    app.add_option("--format", o.format, "How to print; JSON has all sections")
        ->check(CLI::IsMember({"table", "csv", "json"}))
        ->capture_default_str();
    app.add_option("--html", o.html, "Also write all sections with charts into this file");
    app.add_option("--incident-above-ms", o.report.policy.incident_above_ms, "A latency that is bad")
        ->capture_default_str();
    app.add_option("--latency-ceiling-ms", o.report.policy.latency_ceiling_ms,
                   "Above it a sample has failed, and is part of no average")
        ->capture_default_str();
    app.add_option("--least-bandwidth-mbps", o.report.least_bandwidth_mbps,
                   "Below it a host has too little: the limit of its outlook, as\n"
                   "--incident-above-ms is that of the latency's")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    app.add_option("--correlation-minutes", o.correlation_minutes,
                   "What is correlated are means over so long")
        ->check(CLI::Range(5, 1440))
        ->capture_default_str();
    app.add_option("--longest-gap-minutes", o.longest_gap_minutes,
                   "Bad samples further apart are two incidents, also without a good one between")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    auto* const experience = app.add_option("--experience", o.experience.file,
                   "CSV of how players found their sessions: correlated with the quality.\n"
                   "Columns: time, host or not, and a number that is 0 or more");
    app.add_option("--experience-column", o.experience.column, "The number's header")
        ->needs(experience)
        ->capture_default_str();
    app.add_option("--experience-time-unit", o.experience.time_unit, "How its times are written")
        ->needs(experience)
        ->check(CLI::IsMember({"iso", "seconds", "milliseconds"}))
        ->capture_default_str();
    app.add_option("--experience-lag-minutes", o.experience_lags_minutes,
                   "What it tells of was so much earlier than its times; may be repeated, and each\n"
                   "is tried")
        ->check(CLI::Range(0.0, 1e6))
        ->needs(experience)
        ->allow_extra_args(false)
        ->capture_default_str();

    auto* const import = app.add_subcommand("import", "Writes a CSV file into a history");
    import->fallthrough();
    import->add_option("file", o.import.file, "CSV with a header line")->required();
    import->add_option("--column", o.columns,
                       "A column under another header, e.g. latency_ms=ping_ms; ours are time,\n"
                       "host, latency_ms, jitter_ms, packet_loss (a ratio), packet_loss_percent,\n"
                       "bandwidth_mbps, score, failed")
        ->type_name("NAME=HEADER")
        ->allow_extra_args(false);
    import->add_option("--name", o.import.host, "The host of all rows, without such a column");
    import->add_option("--time-unit", o.import.time_unit,
                       "How times are written; iso without an offset is of --time-zone")
        ->check(CLI::IsMember({"iso", "seconds", "milliseconds"}))
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    o.days_said = days->count() > 0;
    return import->parsed() ? import_file(o) : make_report(o);
} catch (std::exception const& e) {
    std::cerr << "hostpick-report: " << e.what() << '\n';
    return 2;
}
