// SPDX-License-Identifier: MIT
#include "sections.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace report {

namespace {

using watch::describe;

std::optional<double> minutes_of(std::optional<std::chrono::milliseconds> const& t) {
    if (!t) return std::nullopt;
    return static_cast<double>(t->count()) / 60'000;
}

table daily(analysis const& a, zone const&) {
    table t{"daily",
            "Days, the newest first, then the lowest mean latency",
            {{"day", false}, {"host", false}, {"samples"}, {"failed"}, {"available", true, "up"},
             {"latency_mean_ms", true, "mean ms"}, {"latency_min_ms", true, "min"},
             {"latency_median_ms", true, "median"}, {"latency_p95_ms", true, "p95"},
             {"latency_max_ms", true, "max"}, {"jitter_mean_ms", true, "jitter ms"},
             {"packet_loss_mean", true, "loss"}, {"bandwidth_mean_mbps", true, "Mbps"},
             {"score_mean", true, "score"}, {"bad_samples", true, "bad"}, {"incidents"}},
            {}};
    for (day_row const& r : a.days)
        t.rows.push_back({show(r.day.date), r.host, r.samples, r.failed, {r.available(), 3}, {r.latency_mean_ms, 1},
                          {r.latency_min_ms, 1}, {r.latency_median_ms, 1}, {r.latency_p95_ms, 1},
                          {r.latency_max_ms, 1}, {r.jitter_mean_ms, 2}, {r.packet_loss_mean, 4},
                          {r.bandwidth_mean_mbps, 2}, {r.score_mean, 1}, r.bad, r.incidents});
    return t;
}

table hourly(analysis const& a, zone const&) {
    table t{"hourly",
            "Hours of the day, over all days",
            {{"host", false}, {"hour"}, {"latencies"}, {"latency_mean_ms", true, "mean ms"},
             {"latency_p50_ms", true, "median"}, {"latency_p95_ms", true, "p95"}, {"bandwidths"},
             {"bandwidth_p10_mbps", true, "p10 Mbps"}, {"bandwidth_p50_mbps", true, "median"},
             {"quiet", false}},
            {}};
    for (host_row const& h : a.hosts)
        for (unsigned hour = 0; hour < 24; ++hour) {
            hour_row const& r = h.hours[hour];
            if (r.latencies + r.bandwidths == 0) continue;
            bool const quiet = h.quiet_hours && h.quiet_hours->contains(hour);
            t.rows.push_back({h.host, std::uint64_t{hour}, r.latencies, {r.latency_mean_ms, 1},
                              {r.latency_p50_ms, 1}, {r.latency_p95_ms, 1}, r.bandwidths,
                              {r.bandwidth_p10_mbps, 2}, {r.bandwidth_p50_mbps, 2},
                              quiet ? "yes" : "no"});
        }
    return t;
}

/// The two metrics of a host that have a trend, by name.
std::array<std::pair<char const*, trend_row const*>, 2> trends_of(host_row const& h) {
    return {{{"latency_ms", &h.latency_trend}, {"bandwidth_mbps", &h.bandwidth_trend}}};
}

table trends(analysis const& a, zone const&) {
    table t{"trend",
            "Trends of the daily medians, with their 95 % intervals",
            {{"host", false}, {"metric", false}, {"days"}, {"per_day"}, {"low"}, {"high"},
             {"says", false}},
            {}};
    for (host_row const& h : a.hosts)
        for (auto const& [metric, row] : trends_of(h)) {
            if (!row->trend) {
                t.rows.push_back({h.host, metric, "", "", "", "", describe(row->trend.why())});
                continue;
            }
            watch::trend const& x = *row->trend;
            t.rows.push_back({h.host, metric, std::uint64_t{x.readings}, {x.per_day, 4},
                              {x.per_day_95.low, 4}, {x.per_day_95.high, 4},
                              !x.is_significant() ? "no trend"
                              : x.per_day > 0     ? "rises"
                                                  : "falls"});
        }
    return t;
}

/// In words what an outlook says, or why it says nothing.
std::string outlook_in_words(trend_row const& row) {
    if (row.outlook) return row.trend->per_day > 0 ? "rises above it" : "falls below it";
    if (row.outlook.why() == watch::unknown_because::moving_away) {
        bool const above = row.trend->value_at(row.trend->last) > row.limit;
        return std::string{"not foreseeable: is "} + (above ? "above" : "below") + " it, and " +
               (row.trend->per_day > 0 ? "rises" : "falls");
    }
    return std::string{"not foreseeable: "} + describe(row.outlook.why());
}

table outlooks(analysis const& a, zone const& z) {
    table t{"outlook",
            "When the trends will have crossed their limits, with 95 % intervals, if they go on so",
            {{"host", false}, {"metric", false}, {"limit"}, {"day", false}, {"earliest", false},
             {"latest", false}, {"says", false}},
            {}};
    auto const day = [&](unix_time at) { return show(date::year_month_day{z.date_of(at)}); };
    for (host_row const& h : a.hosts)
        for (auto const& [metric, row] : trends_of(h)) {
            auto const& found = row->outlook;
            t.rows.push_back({h.host, metric, {row->limit, 1}, found ? day(found->at) : "",
                              found ? day(found->earliest) : "",
                              found && found->latest ? day(*found->latest) : "",
                              outlook_in_words(*row)});
        }
    return t;
}

table changes(analysis const& a, zone const& z) {
    table t{"changes",
            "Changes of the level of the daily medians that last seven days or more",
            {{"host", false}, {"metric", false}, {"day", false}, {"before"}, {"after"},
             {"p_value"}, {"says", false}},
            {}};
    for (host_row const& h : a.hosts)
        for (auto const& [metric, found] : {std::pair{"latency_ms", &h.latency_changes},
                                            std::pair{"bandwidth_mbps", &h.bandwidth_changes}}) {
            if (!*found || (*found)->empty()) {
                t.rows.push_back({h.host, metric, "", "", "", "",
                                  *found ? "no change" : describe(found->why())});
                continue;
            }
            for (watch::level_change const& c : **found)
                t.rows.push_back({h.host, metric, show(date::year_month_day{z.date_of(c.at)}),
                                  {c.before, 2}, {c.after, 2}, {c.p_value, -2},
                                  c.after > c.before ? "rises" : "falls"});
        }
    return t;
}

table correlations(analysis const& a, zone const&) {
    table t{"correlation",
            "How means of " + std::to_string(a.settings.correlation_stretch.count()) +
                " minutes move together (Spearman), with 95 % intervals, and Pearson's r",
            {{"host", false}, {"first", false}, {"second", false}, {"lag_minutes", true, "lag min"},
             {"pairs"}, {"worth"}, {"r"}, {"low"}, {"high"}, {"pearson"}, {"says", false}},
            {}};
    for (host_row const& h : a.hosts)
        for (correlation_row const& r : h.correlations) {
            bool const whole = !r.lag || *r.lag % std::chrono::minutes{1} == r.lag->zero();
            cell const lag{minutes_of(r.lag), whole ? 0 : 2};
            if (!r.spearman) {
                t.rows.push_back({h.host, r.first, r.second, lag, "", "", "", "", "", "",
                                  describe(r.spearman.why())});
                continue;
            }
            auto const& c = *r.spearman;
            auto const low = c.r_95 ? std::optional{c.r_95->low} : std::nullopt;
            auto const high = c.r_95 ? std::optional{c.r_95->high} : std::nullopt;
            auto const pearson = r.pearson ? std::optional{r.pearson->r} : std::nullopt;
            t.rows.push_back({h.host, r.first, r.second, lag, std::uint64_t{c.pairs}, {c.worth, 0}, {c.r, 3},
                              {low, 3}, {high, 3}, {pearson, 3},
                              !c.is_significant() ? "not told from none"
                              : c.r > 0           ? "rise together"
                                                  : "one rises where the other falls"});
        }
    return t;
}

table incidents(analysis const& a, zone const& z) {
    std::uint64_t const more = incidents_not_listed(a);
    table t{"incidents",
            "Incidents: runs of samples that failed or were above the limit" +
                (more == 0 ? "" : "; of a day the longest 32, without " + std::to_string(more) + " shorter ones"),
            {{"host", false}, {"from", false}, {"to", false}, {"minutes"}, {"samples"}, {"failed"},
             {"peak_ms"}, {"since_the_day_before", false, "from before"},
             {"goes_on", false, "goes on"}},
            {}};
    for (day_row const& r : a.days)
        for (watch::episode const& e : r.episodes)
            t.rows.push_back({r.host, z.show(e.start), z.show(e.end),
                              {minutes_of(e.duration()), 1}, e.samples,
                              e.failed, {e.peak_ms, 1}, e.continued ? "yes" : "no",
                              r.open_since == e.start ? "yes" : "no"});
    return t;
}

table decisions(analysis const& a, zone const& z) {
    table t{"decisions",
            "Decisions: where the session ran from then on, and why; the newest first",
            {{"at", false}, {"host", false}, {"before", false}, {"reason", false}},
            {}};
    for (decision_row const& d : a.decisions)
        t.rows.push_back({z.show(d.at), d.host.value_or(""), d.before.value_or(""), d.reason});
    return t;
}

struct named_section {
    char const* name;
    table (*make)(analysis const&, zone const&);
};
constexpr named_section sections[] = {{"daily", daily},     {"hourly", hourly},
                                      {"trend", trends},    {"outlook", outlooks},
                                      {"changes", changes},  {"correlation", correlations},
                                      {"incidents", incidents}, {"decisions", decisions}};

using json = nlohmann::ordered_json;

json number(std::optional<double> const& x) { return x ? json(*x) : json(nullptr); }

template <class T, class F>
json found(watch::finding<T> const& x, F&& f) {
    if (!x) return {{"unknown", describe(x.why())}};
    return f(*x);
}

json day_json(day_row const& r) {
    json episodes = json::array();
    for (watch::episode const& e : r.episodes)
        episodes.push_back({{"from_ms", e.start.count()},
                            {"to_ms", e.end.count()},
                            {"samples", e.samples},
                            {"failed", e.failed},
                            {"peak_ms", number(e.peak_ms)},
                            {"continued", e.continued},
                            {"goes_on", r.open_since == e.start}});
    return {{"day", show(r.day.date)},
            {"from_ms", r.day.span.from.count()},
            {"to_ms", r.day.span.to.count()},
            {"host", r.host},
            {"samples", r.samples},
            {"failed", r.failed},
            {"available", number(r.available())},
            {"refused", r.refused},
            {"failed_bandwidths", r.failed_bandwidths},
            {"latency_mean_ms", number(r.latency_mean_ms)},
            {"latency_min_ms", number(r.latency_min_ms)},
            {"latency_p5_ms", number(r.latency_p5_ms)},
            {"latency_median_ms", number(r.latency_median_ms)},
            {"latency_p95_ms", number(r.latency_p95_ms)},
            {"latency_max_ms", number(r.latency_max_ms)},
            {"jitter_mean_ms", number(r.jitter_mean_ms)},
            {"packet_loss_mean", number(r.packet_loss_mean)},
            {"bandwidth_mean_mbps", number(r.bandwidth_mean_mbps)},
            {"bandwidth_median_mbps", number(r.bandwidth_median_mbps)},
            {"score_mean", number(r.score_mean)},
            {"bad_samples", r.bad},
            {"incidents", r.incidents},
            {"episodes", episodes},
            {"episodes_not_kept", r.episodes_dropped}};
}

json trend_json(watch::finding<watch::trend> const& t) {
    return found(t, [](watch::trend const& x) {
        return json{{"per_day", x.per_day},
                    {"low_95", x.per_day_95.low},
                    {"high_95", x.per_day_95.high},
                    {"significant", x.is_significant()},
                    {"days", x.readings},
                    {"last_ms", x.last.count()},
                    {"level_at_last", x.value_at(x.last)}};
    });
}

json outlook_json(trend_row const& row) {
    json j{{"limit", row.limit}};
    j.update(found(row.outlook, [](watch::crossing const& c) {
        return json{{"at_ms", c.at.count()},
                    {"earliest_ms", c.earliest.count()},
                    {"latest_ms", c.latest ? json(c.latest->count()) : json(nullptr)}};
    }));
    j["says"] = outlook_in_words(row);
    return j;
}

json correlation_json(watch::finding<watch::correlation> const& c) {
    return found(c, [](watch::correlation const& x) {
        return json{{"pairs", x.pairs},
                    {"worth", x.worth},
                    {"r", x.r},
                    {"low_95", number(x.r_95 ? std::optional{x.r_95->low} : std::nullopt)},
                    {"high_95", number(x.r_95 ? std::optional{x.r_95->high} : std::nullopt)}};
    });
}

json changes_json(watch::finding<std::vector<watch::level_change>> const& all, zone const& z) {
    return found(all, [&](std::vector<watch::level_change> const& changes) {
        json list = json::array();
        for (watch::level_change const& c : changes)
            list.push_back({{"day", show(date::year_month_day{z.date_of(c.at)})},
                            {"last_before", show(date::year_month_day{z.date_of(c.last_before)})},
                            {"before", c.before},
                            {"after", c.after},
                            {"p_value", c.p_value}});
        return list;
    });
}

json host_json(host_row const& h, zone const& z) {
    json hours = json::array(), weekdays = json::array(), correlations_list = json::array();
    for (unsigned hour = 0; hour < 24; ++hour) {
        hour_row const& r = h.hours[hour];
        hours.push_back({{"hour", hour},
                         {"latencies", r.latencies},
                         {"latency_mean_ms", number(r.latency_mean_ms)},
                         {"latency_p50_ms", number(r.latency_p50_ms)},
                         {"latency_p95_ms", number(r.latency_p95_ms)},
                         {"bandwidths", r.bandwidths},
                         {"bandwidth_p10_mbps", number(r.bandwidth_p10_mbps)},
                         {"bandwidth_p50_mbps", number(r.bandwidth_p50_mbps)}});
    }
    for (auto const& day : h.latency_by_weekday_ms) {
        weekdays.push_back(json::array());
        for (auto const& x : day) weekdays.back().push_back(number(x));
    }
    for (correlation_row const& r : h.correlations) {
        json one{{"first", r.first}, {"second", r.second}};
        if (r.lag) one["lag_minutes"] = *minutes_of(r.lag);
        one.update(correlation_json(r.spearman));
        one["pearson"] = correlation_json(r.pearson);
        correlations_list.push_back(one);
    }
    return {{"host", h.host},
            {"samples", h.samples},
            {"hourly", hours},
            {"latency_p50_ms_by_weekday_and_hour", weekdays},
            {"quiet_hours", found(h.quiet_hours,
                                  [](watch::hour_list const& list) {
                                      return json(std::vector<int>(
                                          list.hours.begin(),
                                          list.hours.begin() +
                                              static_cast<std::ptrdiff_t>(list.size)));
                                  })},
            {"trend", {{"latency_ms", trend_json(h.latency_trend.trend)},
                       {"bandwidth_mbps", trend_json(h.bandwidth_trend.trend)}}},
            {"outlook", {{"latency_ms", outlook_json(h.latency_trend)},
                         {"bandwidth_mbps", outlook_json(h.bandwidth_trend)}}},
            {"changes", {{"latency_ms", changes_json(h.latency_changes, z)},
                         {"bandwidth_mbps", changes_json(h.bandwidth_changes, z)}}},
            {"correlation", correlations_list}};
}

}  // namespace

std::uint64_t incidents_not_listed(analysis const& a) {
    std::uint64_t more = 0;
    for (day_row const& r : a.days) more += r.episodes_dropped;
    return more;
}

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (auto const& s : sections) names.push_back(s.name);
    return names;
}

table section(std::string const& name, analysis const& a, zone const& z) {
    return std::find_if(std::begin(sections), std::end(sections),
                        [&](auto const& s) { return s.name == name; })
        ->make(a, z);
}

json to_json(analysis const& a, zone const& z) {
    json days = json::array(), hosts = json::array(), made = json::array();
    for (day_row const& r : a.days) days.push_back(day_json(r));
    for (host_row const& h : a.hosts) hosts.push_back(host_json(h, z));
    for (decision_row const& d : a.decisions)
        made.push_back({{"at_ms", d.at.count()},
                        {"host", d.host ? json(*d.host) : json(nullptr)},
                        {"before", d.before ? json(*d.before) : json(nullptr)},
                        {"reason", d.reason}});
    watch::report_policy const& policy = a.settings.policy;
    return {{"from", a.asked_for.empty() ? json(nullptr) : json(show(a.asked_for.front().date))},
            {"last_day", a.asked_for.empty() ? json(nullptr) : json(show(a.asked_for.back().date))},
            {"time_zone", z.name()},
            {"incident_above_ms", policy.incident_above_ms},
            {"latency_ceiling_ms", policy.latency_ceiling_ms},
            {"longest_gap_ms", policy.longest_gap.count()},
            {"correlation_minutes", a.settings.correlation_stretch.count()},
            {"days", days},
            {"hosts", hosts},
            {"decisions", made}};
}

}  // namespace report
