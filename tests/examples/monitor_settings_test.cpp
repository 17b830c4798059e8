// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include "catch2_compat.hpp"

#include <string>

using namespace std::chrono_literals;
using monitor::parse_settings;

namespace {

/// Not operator+, of which g++ 12 believes that it copies what overlaps.
std::string joined(auto const&... parts) {
    std::string all;
    ((all += parts), ...);
    return all;
}
std::string with_host(std::string const& more) {
    return joined(R"({"hosts": [{"name": "a", "address": "a.example:862"}])", more, "}");
}
std::string refusal(std::string const& text) {
    try {
        (void)parse_settings(text, "f");
        return "read";
    } catch (monitor::settings_error const& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("the example says everything, and is read back") {
    auto const s = parse_settings(monitor::example_settings().dump(2), "example");
    CHECK(s.hosts.size() == 2);
    CHECK(s.hosts[1].bandwidth_mbps == 20.0);
    CHECK(s.listen == "127.0.0.1:9464");
    monitor::settings const usual;
    CHECK(s.probe == usual.probe);
    CHECK(s.full_test == usual.full_test);
    CHECK(s.health == usual.health);
    CHECK(s.sticky == usual.sticky);
    CHECK(s.policy == usual.policy);
    CHECK(s.alerts == usual.alerts);
    CHECK(s.history == monitor::history_settings{.to = "hostpick-history.db"});
    CHECK(usual.history.to.empty());
}

TEST_CASE("a history is where the configuration says, for as long as it says") {
    auto const s = parse_settings(
        with_host(R"(, "history": {"to": "mariadb:db=h user=m", "interval_s": 60, "keep_days": 7})"), "f");
    CHECK(s.history == monitor::history_settings{.to = "mariadb:db=h user=m", .interval = 60s, .keep = 168h});
    for (auto const* text : {R"({"interval_s": 60})", R"({"to": ""})"})
        CHECK_THAT(refusal(with_host(joined(R"(, "history": )", text, ""))),
                   Catch::Matchers::ContainsSubstring("at /history: expected a member \"to\": a file, or"));
    for (auto const* to : {R"(a\nb)", "mysql:db=x", "mariadb:db=x host", "mariadb:database=x"})
        CHECK_THAT(refusal(with_host(joined(R"(, "history": {"to": ")", to, R"("})"))),
                   Catch::Matchers::ContainsSubstring("at /history/to: expected a file, or mariadb: and words"));
    CHECK(refusal(with_host(R"(, "history": {"file": "x"})")) ==
          "f: at /history/file: expected no such key, found \"x\"");
    CHECK_THAT(refusal(with_host(R"(, "history": {"to": "mariadb:db=x password=secret"})")),
               Catch::Matchers::ContainsSubstring("HOSTPICK_HISTORY_PASSWORD"));
    for (auto const* to : {"a:b", R"(C:\\h.db)", "mariadb:db=x unix_socket='/a b' port=1"})
        CHECK(refusal(with_host(joined(R"(, "history": {"to": ")", to, R"("})"))) == "read");
    CHECK(refusal(with_host(R"(, "history": {"to": "f", "interval_s": 0})")) ==
          "f: at /history/interval_s: expected a number from 1 to 3600, found 0");
    CHECK(refusal(with_host(R"(, "history": {"to": "f", "keep_days": 0})")) ==
          "f: at /history/keep_days: expected a number from 1 to 10000, found 0");
}

TEST_CASE("what a configuration leaves out, or sets to null, is as usual") {
    auto const s = parse_settings(with_host(R"(, "probe": {"interval_ms": 500, "timeout_ms": null},
                                             "sticky": null, "constraints": {"max_latency_ms": 80})"),
                                  "f");
    CHECK(s.probe.interval == 500ms);
    CHECK(s.probe.timeout == 1s);
    CHECK(s.sticky == hostpick::sticky_policy{});
    CHECK(s.constraints.limit.max_latency_ms == 80.0);
    CHECK_FALSE(s.interfaces);
    CHECK(parse_settings(with_host(R"(, "interfaces": [])"), "f").interfaces->empty());
}

TEST_CASE("an error names the path to what is wrong, and what was expected there") {
    CHECK(refusal("{}") == "f: at /hosts: expected one host or more, found null");
    CHECK(refusal("[]") == "f: at the top: expected an object, found []");
    CHECK(refusal(with_host(R"(, "hots": 1)")) == "f: at /hots: expected no such key, found 1");
    CHECK(refusal(with_host(R"(, "probe": {"interval_ms": "2 s"})")) ==
          "f: at /probe/interval_ms: expected a number from 50 to 3600000, found \"2 s\"");
    CHECK(refusal(with_host(R"(, "probe": {"interval": 1})")) ==
          "f: at /probe/interval: expected no such key, found 1");
    CHECK(refusal(with_host(R"(, "probe": {"interval_ms": 50, "timeout_ms": 5000})")) ==
          "f: at /probe/timeout_ms: expected at most 32 intervals, found 5000");
    CHECK(refusal(with_host(R"(, "full_test": {"packets": 1.5})")) ==
          "f: at /full_test/packets: expected a whole number from 10 to 1000, found 1.5");
    CHECK(refusal(with_host(R"(, "full_test": {"at_once": -1})")) ==
          "f: at /full_test/at_once: expected a whole number from 1 to 1000, found -1");
    CHECK(refusal(with_host(R"(, "policy": {"latency_ms": {"weight": -1}})")) ==
          "f: at /policy/latency_ms/weight: expected a finite weight, not negative, found -1");
    CHECK(refusal(with_host(R"(, "constraints": {"max_loss": 1})")) ==
          "f: at /constraints/max_loss: expected no such key, found 1");
    CHECK(refusal(with_host(R"(, "sticky": {"moves_per_hour": 61})")) ==
          "f: at /sticky/moves_per_hour: expected a whole number from 0 to 60, found 61");
    CHECK(refusal(with_host(R"(, "listen": "9464")")) ==
          "f: at /listen: expected ADDRESS:PORT, for example 127.0.0.1:9464, found \"9464\"");
    CHECK(refusal(with_host(R"(, "interfaces": ["../../etc"])")) ==
          "f: at /interfaces/0: expected the name of an interface, found \"../../etc\"");
}

TEST_CASE("a host has a name of its own and an address that can be asked") {
    auto const host = [](std::string const& members) {
        return refusal(joined(R"({"hosts": [{"name": "a", "address": "x:1"}, {)", members, "}]}"));
    };
    CHECK(host(R"("name": "b", "address": "[::1]:862")") == "read");
    CHECK(host(R"("name": "b", "address": "x:1", "bandwidth_mbps": 5, "site": "s")") == "read");
    CHECK(host(R"("address": "x:1")") == "f: at /hosts/1/name: expected the host's name, found null");
    CHECK(host(R"("name": "a", "address": "y:1")") ==
          "f: at /hosts/1/name: expected a name that no other host has, found \"a\"");
    CHECK(host(R"("name": "b")") == "f: at /hosts/1/address: expected NAME:PORT, found null");
    for (char const* address : {"x", "x:0", "x:65536", ":1", "x:1a", "x:-1", ""})
        CHECK(host(joined(R"("name": "b", "address": ")", address, "\"")) ==
              joined("f: at /hosts/1/address: expected NAME:PORT, found \"", address, "\""));
    CHECK_THAT(host("\"name\": \"a\\nb\", \"address\": \"x:1\""),
               Catch::Matchers::ContainsSubstring("without control characters"));
    CHECK(host(R"("name": "b", "address": "x:1", "bandwidth_mbps": -1)") ==
          "f: at /hosts/1/bandwidth_mbps: expected a number from 0 to 400000, found -1");
    for (char const* url : {"ftp://x/", "http://", "x", "http:// x/", "http:///health"})
        CHECK(host(joined(R"("name": "b", "address": "x:1", "health_url": ")", url, "\"")) ==
              joined("f: at /hosts/1/health_url: expected an http or https URL, found \"", url, "\""));
}

TEST_CASE("alerts are the usual ones, or those that are given") {
    CHECK(parse_settings(with_host(""), "f").alerts == monitor::usual_alerts());
    CHECK(parse_settings(with_host(R"(, "alerts": [])"), "f").alerts.empty());
    auto const alerts = parse_settings(with_host(R"(, "alerts": [
        {"name": "far", "value": "latency_ms", "threshold": 90, "clears_at": 80, "for_s": 30, "severity": "critical"},
        {"name": "low", "value": "score", "is": "below", "threshold": 50, "unless": "far", "min_samples": 4}])"), "f").alerts;
    REQUIRE(alerts.size() == 2);
    CHECK(alerts[0].rule.for_time == 30s);
    CHECK(alerts[0].rule.clears_at == 80.0);
    CHECK(alerts[0].rule.level == hostpick::watch::severity::critical);
    auto const rule = alerts[1].with_names();
    CHECK(rule.name == "low");
    CHECK(rule.unless == "far");
    CHECK(rule.is == hostpick::watch::comparison::below);

    auto const wrong = [](std::string const& members) {
        return refusal(with_host(joined(R"(, "alerts": [{"name": "a", "threshold": 1}, {)", members, "}]")));
    };
    CHECK(wrong(R"("name": "b")") == "f: at /alerts/1/threshold: expected a number, found null");
    CHECK(wrong(R"("threshold": 2)") == "f: at /alerts/1/name: expected the alert's name, found null");
    CHECK(wrong(R"("name": "a", "threshold": 2)") ==
          "f: at /alerts/1/name: expected another name for each rule, found \"a\"");
    CHECK(wrong(R"("name": "b", "threshold": 2, "unless": "c")") ==
          "f: at /alerts/1/unless: expected the name of an earlier rule, found \"c\"");
    CHECK(wrong(R"("name": "b", "threshold": 2, "clears_at": 3)") ==
          "f: at /alerts/1/clears_at: expected a number on the good side of the threshold, found 3");
    CHECK(wrong(R"("name": "b", "threshold": 2, "severity": "bad")") ==
          "f: at /alerts/1/severity: expected info or warning or critical, found \"bad\"");
    CHECK(wrong(R"("name": "b", "threshold": 2, "for": 3)") == "f: at /alerts/1/for: expected no such key, found 3");
}

TEST_CASE("what is no JSON, or says one thing twice, is refused") {
    CHECK_THAT(refusal("{\"hosts\": ["), Catch::Matchers::ContainsSubstring("line 1, column 12"));
    CHECK(refusal(R"({"hosts": [], "hosts": []})") == "f: the key \"hosts\" is there twice");
    CHECK(refusal(R"({"hosts": [{"name": "a", "name": "b"}]})") == "f: the key \"name\" is there twice");
    CHECK(refusal(with_host(R"(, "probe": {"interval_ms": 1e999})")) != "read");
    CHECK_THAT(refusal("\xFF\xFE"), Catch::Matchers::ContainsSubstring("f: "));
    CHECK(refusal("").substr(0, 3) == "f: ");
}

TEST_CASE("there are at most ten thousand hosts") {
    std::string text = R"({"hosts": [)";
    for (int n = 0; n <= 10'000; ++n)
        text += joined(n > 0 ? "," : "", R"({"name": "h)", std::to_string(n), R"(", "address": "x:1"})");
    CHECK_THAT(refusal(joined(text, "]}")), Catch::Matchers::ContainsSubstring("at /hosts: expected at most 10000 hosts"));
}
