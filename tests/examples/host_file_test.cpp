// SPDX-License-Identifier: MIT
#include "host_file.hpp"

#include "catch2_compat.hpp"

#include <string>

using hostpick::network_metrics;

namespace {

std::string refusal(std::string const& text, csv_columns const& columns = {}) {
    try {
        (void)read_hosts(text, "f", columns);
        return "read";
    } catch (input_error const& e) {
        return e.what();
    }
}

}  // namespace

TEST_CASE("CSV columns are found by name, in any order, among others") {
    auto const hosts = read_hosts("site,jitter_ms,host,latency_ms,packet_loss\n"
                                  "x,1.5, paris ,30,0.01\n"
                                  "\n"
                                  "y,,\"quoted, name\",,\n",
                                  "f");
    REQUIRE(hosts.size() == 2);
    CHECK(hosts[0].host == "paris");
    CHECK(hosts[0].metrics ==
          network_metrics<>{.latency_ms = 30, .packet_loss = 0.01, .jitter_ms = 1.5});
    CHECK(hosts[1].host == "quoted, name");
    CHECK(hosts[1].metrics == network_metrics<>{});
}

TEST_CASE("line ends of every system, a byte order mark and a missing last newline are all one") {
    auto const plain = read_hosts("host,latency_ms\na,1\nb,2\n", "f");
    for (char const* text : {"host,latency_ms\r\na,1\r\nb,2\r\n", "host,latency_ms\na,1\nb,2",
                             "\xEF\xBB\xBFhost,latency_ms\na,1\nb,2\n"}) {
        CAPTURE(text);
        auto const hosts = read_hosts(text, "f");
        REQUIRE(hosts.size() == plain.size());
        CHECK(hosts[1].host == plain[1].host);
        CHECK(hosts[1].metrics == plain[1].metrics);
    }
}

TEST_CASE("a percentage is taken under its own name only") {
    auto const hosts = read_hosts("host,latency_ms,packet_loss_percent\na,30,2.5\n", "f");
    CHECK(hosts[0].metrics.packet_loss == 0.025);
    CHECK(refusal("host,latency_ms,packet_loss\na,30,2.5\n") ==
          "f line 2, column packet_loss: expected a ratio from 0 to 1, not a percentage");
    CHECK(refusal("host,latency_ms,packet_loss_percent\na,30,250\n") ==
          "f line 2, column packet_loss_percent: expected a percentage from 0 to 100");
    CHECK(refusal("host,latency_ms,packet_loss,packet_loss_percent\n") ==
          "f line 1: there are both packet_loss and packet_loss_percent");
}

TEST_CASE("columns can have other headers, and an error names the header") {
    csv_columns const columns{.host = "country", .latency_ms = "rtt_p50"};
    CHECK(read_hosts("country,rtt_p50\nfr,30\n", "f", columns)[0].metrics.latency_ms == 30.0);
    CHECK(refusal("country,rtt_p50\nfr,-30\n", columns) ==
          "f line 2, column rtt_p50: expected milliseconds, not negative");
}

TEST_CASE("bad CSV is refused with its line") {
    CHECK(refusal("").find("f") != std::string::npos);
    CHECK(refusal("host,ping\na,1\n") == "f line 1: there is no column latency_ms");
    CHECK(refusal("name,latency_ms\na,1\n") == "f line 1: there is no column host");
    CHECK(refusal("host,latency_ms\na,1\nb,fast\n") ==
          "f line 3, column latency_ms: expected a number, found \"fast\"");
    CHECK(refusal("host,latency_ms\na,12 ms\n").find("line 2, column latency_ms") !=
          std::string::npos);
    CHECK(refusal("host,latency_ms\na,nan\n").find("expected a number") != std::string::npos);
    CHECK(refusal("host,latency_ms\na,inf\n").find("expected a number") != std::string::npos);
    CHECK(refusal("host,latency_ms,failed\na,1,maybe\n") ==
          "f line 2, column failed: expected true or false, found \"maybe\"");
    CHECK(refusal("host,latency_ms\n,1\n") == "f line 2, column host: expected the host's name");
    CHECK(refusal("host,latency_ms\na\n").find("line 2") != std::string::npos);
    CHECK(refusal("host,latency_ms\na,1,2\n").find("line 2") != std::string::npos);
    CHECK(refusal(std::string{"host,latency_ms\na,1\0\n", 21}) == "f line 2: this is not text");
}

TEST_CASE("a failed host needs no numbers") {
    CHECK(read_hosts("host,latency_ms,failed\na,,true\nb,1,\nc,1,0\n", "f")[0].metrics.failed);
    CHECK(read_hosts(R"([{"host": "a", "failed": true}])", "f")[0].metrics.failed);
}

TEST_CASE("JSON hosts stand in an array, alone or under hosts, and may say more") {
    CHECK(read_hosts(R"( [{"host": "a", "latency_ms": 3, "region": "eu"}])", "f").size() == 1);
    CHECK(read_hosts(R"({"made": "today", "hosts": [{"host": "a"}, {"host": "b"}]})", "f").size() ==
          2);
    CHECK(read_hosts("[]", "f").empty());
}

TEST_CASE("bad JSON is refused with its line or path") {
    CHECK(refusal("{\n\"hosts\": [}").find("line 2") != std::string::npos);
    CHECK(refusal("{}") == "f: at the top: expected an array of hosts, found object");
    CHECK(refusal(R"({"hosts": 3})") == "f: at /hosts: expected an array of hosts, found number");
    CHECK(refusal(R"([{"latency_ms": 3}])") ==
          "f: at /0/host: expected the host's name, found nothing");
    CHECK(refusal(R"([{"host": 7}])") == "f: at /0/host: expected the host's name, found number");
    CHECK(refusal(R"({"hosts": [{"host": "a"}, {"host": "b", "latency_ms": "3"}]})") ==
          "f: at /hosts/1/latency_ms: expected a number, found \"3\"");
    CHECK(refusal(R"([{"host": "a", "packet_loss": 3}])").find("/0/packet_loss") !=
          std::string::npos);
}
