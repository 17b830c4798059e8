// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include "net.hpp"
#include "object_reader.hpp"
#include "record.hpp"
#include "target.hpp"

#include <hostpick/json.hpp>
#include <hostpick/watch/alert_board.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace monitor {

namespace {

using json = nlohmann::ordered_json;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> const value_words{"latency_ms", "packet_loss", "jitter_ms",
                                           "bandwidth_mbps", "score"};
std::vector<std::string> const comparison_words{"above", "below"};
std::vector<std::string> const severity_words{"info", "warning", "critical"};

constexpr std::size_t most_probes = 128;  // that a host's window remembers

/// JSON, in which no object has a key twice: of the two, one would count for nothing.
json parse(std::string const& text, std::string const& name) {
    std::vector<std::set<std::string>> keys;
    auto const look = [&](int, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key &&
            !keys.back().insert(value.get<std::string>()).second)
            throw settings_error{name + ": the key " + value.dump() + " is there twice"};
        return true;
    };
    try {
        return json::parse(text, look);
    } catch (json::exception const& e) {
        throw settings_error{name + ": " + e.what()};
    }
}

bool is_plain(std::string_view text) {
    for (char const c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    return !text.empty() && text.size() <= 200;
}
bool is_address(std::string const& text) try {
    return is_plain(text) && split_address(text).port > 0;
} catch (usage_error const&) {
    return false;
}
bool is_endpoint(std::string const& text) try {
    (void)split_address(text);
    return is_plain(text);
} catch (usage_error const&) {
    return false;
}
bool is_url(std::string const& text) {
    auto const scheme = text.find("://");
    if (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https") return false;
    if (scheme == std::string::npos || text.find_first_of(" \"<>\\") != std::string::npos)
        return false;
    auto const host = text.substr(scheme + 3, text.find('/', scheme + 3) - scheme - 3);
    return !host.empty() && is_plain(text) && text.size() <= 200;
}

host_settings read_host(json const& j, json::json_pointer const& at) {
    object_reader reader{j, at};
    host_settings host;
    constexpr char const* name = "a name of 1 to 200 bytes, without control characters";
    reader.text("name", host.name, name, is_plain);
    if (host.name.empty()) reader.fail("name", "the host's name");
    reader.text("address", host.address, "NAME:PORT", is_address);
    if (host.address.empty()) reader.fail("address", "NAME:PORT");
    reader.text("site", host.site, name, is_plain);
    reader.number("bandwidth_mbps", host.bandwidth_mbps, 0, 400'000);
    reader.text("health_url", host.health_url, "an http or https URL", is_url);
    reader.done();
    return host;
}

void read_probe(object_reader& reader, probe_settings& probe) {
    reader.time<milliseconds>("interval_ms", probe.interval, 50, 3'600'000);
    reader.time<milliseconds>("timeout_ms", probe.timeout, 10, 60'000);
    reader.time<seconds>("window_s", probe.window, 1, 86'400);
    reader.time<milliseconds>("outage_ms", probe.outage, 10, 3'600'000);
    // What is in flight must leave room in the window for what has come back.
    if (probe.timeout > probe.interval * (most_probes / 4))
        reader.fail("timeout_ms", "at most 32 intervals");
    if (probe.window < probe.timeout * 2) reader.fail("window_s", "at least twice the timeout");
    if (probe.window < probe.interval * 4) reader.fail("window_s", "at least 4 intervals");
}

void read_full_test(object_reader& reader, full_test_settings& test) {
    reader.time<seconds>("interval_s", test.interval, 1, 86'400);
    reader.count("packets", test.packets, 10u, 1000u);
    reader.time<milliseconds>("spacing_ms", test.spacing, 1, 1000);
    reader.count("trains", test.trains, 0u, 8u);
    reader.count("quiet_trains", test.quiet_trains, 0u, 64u);
    reader.count("at_once", test.at_once, 1u, 1000u);
}

void read_health(object_reader& reader, health_settings& health) {
    reader.time<seconds>("interval_s", health.interval, 0.1, 86'400);
    reader.time<milliseconds>("timeout_ms", health.timeout, 10, 60'000);
    reader.count("failures", health.failures, 1u, 100u);
}

void read_sticky(object_reader& reader, hostpick::sticky_policy& sticky) {
    reader.number("margin", sticky.margin, 0, 100);
    reader.number("relative_margin", sticky.relative_margin, 0, 1000);
    reader.number("confidence", sticky.confidence, 0, 1000);
    reader.count("min_samples", sticky.min_samples, 0u, static_cast<unsigned>(most_probes));
    reader.time<seconds>("lead_s", sticky.lead, 0, 86'400);
    reader.time<seconds>("dwell_s", sticky.dwell, 0, 86'400);
    reader.time<seconds>("grace_s", sticky.grace, 0, 86'400);
    unsigned moves = sticky.moves_per_hour.value_or(60);
    reader.count("moves_per_hour", moves, 0u, 60u);
    sticky.moves_per_hour = moves;
    reader.number("move_cost", sticky.move_cost, 0, 1e9);
}

/// Words for the values of an enumeration, in their order.
template <class E>
void read_word(object_reader& reader, std::string const& key, E& x,
               std::vector<std::string> const& words) {
    std::string expected, word = words.at(static_cast<std::size_t>(x));
    for (auto const& each : words) expected += (expected.empty() ? "" : " or ") + each;
    reader.text(key, word, expected, [&](std::string const& text) {
        return std::find(words.begin(), words.end(), text) != words.end();
    });
    x = static_cast<E>(std::find(words.begin(), words.end(), word) - words.begin());
}

alert_settings read_alert(json const& j, json::json_pointer const& at) {
    object_reader reader{j, at};
    alert_settings a;
    constexpr double most = 1e9, day_s = 86'400;
    constexpr char const* name = "a name of 1 to 200 bytes, without control characters";
    reader.text("name", a.name, name, is_plain);
    if (a.name.empty()) reader.fail("name", "the alert's name");
    read_word(reader, "value", a.rule.value, value_words);
    read_word(reader, "is", a.rule.is, comparison_words);
    reader.number("threshold", a.rule.threshold, -most, most);
    if (reader.find("threshold") == nullptr) reader.fail("threshold", "a number");
    reader.flag("of_baseline", a.rule.of_baseline);
    reader.number("clears_at", a.rule.clears_at, -most, most);
    reader.time<seconds>("for_s", a.rule.for_time, 0, day_s);
    reader.time<seconds>("keep_firing_s", a.rule.keep_firing_for, 0, day_s);
    reader.time<seconds>("hold_missing_s", a.rule.hold_missing_for, 0, day_s);
    reader.count("min_samples", a.rule.min_samples, std::uint64_t{0}, std::uint64_t{1'000'000});
    read_word(reader, "severity", a.rule.level, severity_words);
    reader.text("unless", a.unless, name, is_plain);
    reader.done();
    if (a.rule.clears_at && a.rule.beyond(*a.rule.clears_at, a.rule.threshold))
        reader.fail("clears_at", "a number on the good side of the threshold");
    return a;
}

void read_alerts(object_reader& reader, std::vector<alert_settings>& alerts) {
    if (reader.find("alerts") == nullptr) return;
    alerts.clear();
    reader.array("alerts", "an array of rules", [&](json const& j, json::json_pointer const& at) {
        alerts.push_back(read_alert(j, at));
        std::vector<hostpick::watch::alert_rule> rules;
        for (alert_settings const& a : alerts) rules.push_back(a.with_names());
        if (auto const wrong = hostpick::watch::alert_board<int>{rules}.error())
            object_reader::fail(at / wrong->member, wrong->expected,
                                j.value(wrong->member, json{}));
    });
}

settings read(json const& document) {
    settings s;
    object_reader reader{document, json::json_pointer{}};
    reader.text("listen", s.listen, "ADDRESS:PORT, for example 127.0.0.1:9464", is_endpoint);
    std::set<std::string> names;
    reader.array("hosts", "an array of hosts", [&](json const& j, json::json_pointer const& at) {
        host_settings host = read_host(j, at);
        if (!names.insert(host.name).second)
            object_reader::fail(at / "name", "a name that no other host has", j.at("name"));
        s.hosts.push_back(std::move(host));
    });
    if (s.hosts.empty()) reader.fail("hosts", "one host or more");
    if (s.hosts.size() > settings::most_hosts) reader.fail("hosts", "at most 10000 hosts");
    reader.object("probe", [&](object_reader& r) { read_probe(r, s.probe); });
    reader.object("full_test", [&](object_reader& r) { read_full_test(r, s.full_test); });
    reader.object("health", [&](object_reader& r) { read_health(r, s.health); });
    reader.array("interfaces", "an array of names",
                 [&](json const& j, json::json_pointer const& at) {
                     // It becomes a part of a path.
                     if (!j.is_string() || !is_plain(j.get_ref<std::string const&>()) ||
                         j.get_ref<std::string const&>().find('/') != std::string::npos ||
                         j.get_ref<std::string const&>().front() == '.')
                         object_reader::fail(at, "the name of an interface", j);
                     if (!s.interfaces) s.interfaces.emplace();
                     s.interfaces->push_back(j.get<std::string>());
                 });
    if (document.contains("interfaces") && document["interfaces"].is_array() && !s.interfaces)
        s.interfaces.emplace();
    reader.value("policy", s.policy);
    reader.value("constraints", s.constraints);
    reader.object("sticky", [&](object_reader& r) { read_sticky(r, s.sticky); });
    reader.count("backups", s.backups, 0u, 16u);
    read_alerts(reader, s.alerts);
    reader.object("history", [&](object_reader& r) {
        r.text("to", s.history.to, "a text", [](auto const&) { return true; });
        auto const error = history::error_in_target(s.history.to);
        if (error && !s.history.to.empty())
            r.fail("to", error->substr(std::string_view{"expected "}.size()));
        r.time<seconds>("interval_s", s.history.interval, 1, 3600);
        std::chrono::nanoseconds keep = s.history.keep;
        r.time<std::chrono::days>("keep_days", keep, 1, 10'000);
        s.history.keep = std::chrono::duration_cast<std::chrono::hours>(keep);
    });
    if (document.contains("history") && !document["history"].is_null() && s.history.to.empty())
        reader.fail("history", "a member \"to\": " + history::error_in_target("")->substr(9));
    if (!s.history.to.empty())
        for (std::size_t n = 0; n < s.hosts.size(); ++n)
            if (!history::is_host_name(s.hosts[n].name))
                object_reader::fail(nlohmann::json::json_pointer{"/hosts"} / n / "name",
                                    "a name that a history can hold, which ends in no space",
                                    s.hosts[n].name);
    reader.object("metrics", [&](object_reader& r) {
        r.count("max_hosts", s.exposition.max_hosts, std::size_t{0}, settings::most_hosts);
        r.flag("rtt_histogram", s.exposition.rtt_histogram);
        r.flag("original_names", s.exposition.original_names);
    });
    reader.done();
    return s;
}

/// As a configuration has them.
json example_alerts(std::vector<alert_settings> const& alerts) {
    auto const word = [](auto const& words, auto x) { return words[static_cast<std::size_t>(x)]; };
    auto const in_seconds = [](std::chrono::nanoseconds time) {
        return std::chrono::duration_cast<seconds>(time).count();
    };
    json all = json::array();
    for (alert_settings const& a : alerts) {
        json j{{"name", a.name},
               {"value", word(value_words, a.rule.value)},
               {"is", word(comparison_words, a.rule.is)},
               {"threshold", a.rule.threshold}};
        if (a.rule.of_baseline) j["of_baseline"] = true;
        if (a.rule.clears_at) j["clears_at"] = *a.rule.clears_at;
        j["for_s"] = in_seconds(a.rule.for_time);
        j["keep_firing_s"] = in_seconds(a.rule.keep_firing_for);
        if (a.rule.min_samples > 0) j["min_samples"] = a.rule.min_samples;
        j["severity"] = word(severity_words, a.rule.level);
        if (!a.unless.empty()) j["unless"] = a.unless;
        all.push_back(std::move(j));
    }
    return all;
}

}  // namespace

std::vector<alert_settings> usual_alerts() {
    std::vector<alert_settings> all;
    for (auto rule : hostpick::watch::default_alert_rules()) {
        alert_settings a{.name = std::string{rule.name}, .unless = std::string{rule.unless}};
        rule.name = rule.unless = {};
        a.rule = rule;
        all.push_back(std::move(a));
    }
    return all;
}

settings parse_settings(std::string const& text, std::string const& name) {
    try {
        return read(parse(text, name));
    } catch (hostpick::json_error const& e) {
        throw settings_error{name + ": " + e.what()};
    }
}

settings read_settings(std::string const& file) {
    std::string text;
    try {
        std::ifstream stream{file, std::ios::binary};
        if (!stream) throw settings_error{file + ": cannot be opened"};
        text.assign(std::istreambuf_iterator<char>{stream}, {});
    } catch (std::ios_base::failure const&) {  // a directory, for example
        throw settings_error{file + ": cannot be read"};
    }
    return parse_settings(text, file);
}

json example_settings() {
    settings const usual;
    auto const in = []<class Unit>(std::chrono::nanoseconds time, Unit) {
        return std::chrono::duration_cast<Unit>(time).count();
    };
    milliseconds const ms{};
    seconds const s{};
    return {
        {"listen", usual.listen},
        {"hosts",
         {{{"name", "frankfurt-1"}, {"address", "198.51.100.7:862"}, {"site", "frankfurt"},
           {"health_url", "http://198.51.100.7:8080/health"}},
          {{"name", "player-42"}, {"address", "player-42.example.net:8620"},
           {"bandwidth_mbps", 20}}}},
        {"probe",
         {{"interval_ms", in(usual.probe.interval, ms)},
          {"timeout_ms", in(usual.probe.timeout, ms)},
          {"window_s", in(usual.probe.window, s)}, {"outage_ms", in(usual.probe.outage, ms)}}},
        {"full_test",
         {{"interval_s", in(usual.full_test.interval, s)}, {"packets", usual.full_test.packets},
          {"spacing_ms", in(usual.full_test.spacing, ms)}, {"trains", usual.full_test.trains},
          {"quiet_trains", usual.full_test.quiet_trains}, {"at_once", usual.full_test.at_once}}},
        {"health",
         {{"interval_s", in(usual.health.interval, s)},
          {"timeout_ms", in(usual.health.timeout, ms)}, {"failures", usual.health.failures}}},
        {"policy", usual.policy},
        {"constraints", {{"max_latency_ms", 150}, {"max_packet_loss", 0.05}}},
        {"sticky",
         {{"margin", usual.sticky.margin}, {"relative_margin", usual.sticky.relative_margin},
          {"confidence", usual.sticky.confidence}, {"min_samples", usual.sticky.min_samples},
          {"lead_s", in(usual.sticky.lead, s)}, {"dwell_s", in(usual.sticky.dwell, s)},
          {"grace_s", in(usual.sticky.grace, s)},
          {"moves_per_hour", usual.sticky.moves_per_hour.value_or(60)},
          {"move_cost", usual.sticky.move_cost}}},
        {"backups", usual.backups},
        {"alerts", example_alerts(usual.alerts)},
        {"history",
         {{"to", "hostpick-history.db"}, {"interval_s", in(usual.history.interval, s)},
          {"keep_days", usual.history.keep / std::chrono::days{1}}}},
        {"metrics",
         {{"max_hosts", usual.exposition.max_hosts},
          {"rtt_histogram", usual.exposition.rtt_histogram},
          {"original_names", usual.exposition.original_names}}},
    };
}

}  // namespace monitor
