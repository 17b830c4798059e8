// SPDX-License-Identifier: MIT
#include "sections.hpp"

#include <algorithm>
#include <utility>

namespace report {

namespace {

using watch::describe;

table daily(analysis const& a, zone const&) {
    table t{"daily",
            "Days, the newest first, then the lowest mean latency",
            {{"day", false}, {"host", false}, {"samples"}, {"failed"},
             {"latency_mean_ms", true, "mean ms"}, {"latency_min_ms", true, "min"},
             {"latency_median_ms", true, "median"}, {"latency_p95_ms", true, "p95"},
             {"latency_max_ms", true, "max"}, {"jitter_mean_ms", true, "jitter ms"},
             {"packet_loss_mean", true, "loss"}, {"bandwidth_mean_mbps", true, "Mbps"},
             {"score_mean", true, "score"}, {"bad_samples", true, "bad"}, {"incidents"}},
            {}};
    for (day_row const& r : a.days)
        t.rows.push_back({show(r.day.date), r.host, r.samples, r.failed, {r.latency_mean_ms, 1},
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

table trends(analysis const& a, zone const& z) {
    table t{"trend",
            "Trends of the daily medians, with their 95 % intervals",
            {{"host", false}, {"metric", false}, {"days"}, {"per_day"}, {"low"}, {"high"},
             {"says", false}},
            {}};
    for (host_row const& h : a.hosts)
        for (auto const& [metric, trend] : {std::pair{"latency_ms", &h.latency_trend},
                                            std::pair{"bandwidth_mbps", &h.bandwidth_trend}}) {
            if (!*trend) {
                t.rows.push_back({h.host, metric, "", "", "", "", describe(trend->why())});
                continue;
            }
            watch::trend const& x = **trend;
            std::string says = !x.is_significant() ? "no trend"
                               : x.per_day > 0     ? "rises"
                                                   : "falls";
            if (trend == &h.latency_trend && h.latency_outlook)
                says += ", is above the limit from " + z.show(h.latency_outlook->at);
            t.rows.push_back({h.host, metric, std::uint64_t{x.readings}, {x.per_day, 4},
                              {x.per_day_95.low, 4}, {x.per_day_95.high, 4}, says});
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
            "How hourly means move together (Spearman), with 95 % intervals",
            {{"host", false}, {"first", false}, {"second", false}, {"hours"}, {"r"}, {"low"},
             {"high"}, {"says", false}},
            {}};
    for (host_row const& h : a.hosts)
        for (correlation_row const& r : h.correlations) {
            if (!r.spearman) {
                t.rows.push_back({h.host, r.first, r.second, "", "", "", "",
                                  describe(r.spearman.why())});
                continue;
            }
            auto const& c = *r.spearman;
            auto const low = c.r_95 ? std::optional{c.r_95->low} : std::nullopt;
            auto const high = c.r_95 ? std::optional{c.r_95->high} : std::nullopt;
            t.rows.push_back({h.host, r.first, r.second, std::uint64_t{c.pairs}, {c.r, 3},
                              {low, 3}, {high, 3},
                              !c.is_significant() ? "not told from none"
                              : c.r > 0           ? "rise together"
                                                  : "one rises where the other falls"});
        }
    return t;
}

table incidents(analysis const& a, zone const& z) {
    table t{"incidents",
            "Incidents: runs of samples that failed or were above the limit",
            {{"host", false}, {"from", false}, {"to", false}, {"minutes"}, {"samples"}, {"failed"},
             {"peak_ms"}, {"since_the_day_before", false, "goes on"}},
            {}};
    for (day_row const& r : a.days)
        for (watch::episode const& e : r.episodes)
            t.rows.push_back({r.host, z.show(e.start), z.show(e.end),
                              {static_cast<double>(e.duration().count()) / 60'000, 1}, e.samples,
                              e.failed, {e.peak_ms, 1}, e.continued ? "yes" : "no"});
    return t;
}

struct named_section {
    char const* name;
    table (*make)(analysis const&, zone const&);
};
constexpr named_section sections[] = {{"daily", daily},     {"hourly", hourly},
                                      {"trend", trends},    {"changes", changes},
                                      {"correlation", correlations}, {"incidents", incidents}};

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
                            {"continued", e.continued}});
    return {{"day", show(r.day.date)},
            {"from_ms", r.day.span.from.count()},
            {"to_ms", r.day.span.to.count()},
            {"host", r.host},
            {"samples", r.samples},
            {"failed", r.failed},
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
                    {"days", x.readings}};
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
        if (r.spearman) {
            one["hours"] = r.spearman->pairs;
            one["r"] = r.spearman->r;
            one["low_95"] = number(r.spearman->r_95 ? std::optional{r.spearman->r_95->low}
                                                    : std::nullopt);
            one["high_95"] = number(r.spearman->r_95 ? std::optional{r.spearman->r_95->high}
                                                     : std::nullopt);
        } else {
            one["unknown"] = describe(r.spearman.why());
        }
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
            {"trend", {{"latency_ms", trend_json(h.latency_trend)},
                       {"bandwidth_mbps", trend_json(h.bandwidth_trend)}}},
            {"latency_above_limit", found(h.latency_outlook,
                                          [&](watch::crossing const& c) {
                                              return json{{"at", z.show(c.at)},
                                                          {"earliest", z.show(c.earliest)}};
                                          })},
            {"changes", {{"latency_ms", changes_json(h.latency_changes, z)},
                         {"bandwidth_mbps", changes_json(h.bandwidth_changes, z)}}},
            {"correlation", correlations_list}};
}

}  // namespace

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
    json days = json::array(), hosts = json::array();
    for (day_row const& r : a.days) days.push_back(day_json(r));
    for (host_row const& h : a.hosts) hosts.push_back(host_json(h, z));
    return {{"from", a.asked_for.empty() ? json(nullptr) : json(show(a.asked_for.front().date))},
            {"last_day", a.asked_for.empty() ? json(nullptr) : json(show(a.asked_for.back().date))},
            {"time_zone", z.name()},
            {"incident_above_ms", a.policy.incident_above_ms},
            {"latency_ceiling_ms", a.policy.latency_ceiling_ms},
            {"longest_gap_ms", a.policy.longest_gap.count()},
            {"days", days},
            {"hosts", hosts}};
}

}  // namespace report
