// SPDX-License-Identifier: MIT
#include <hostpick/prometheus.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using namespace hostpick::prometheus;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

std::string written(format f, auto write) {
    std::string text;
    page out{text, f};
    write(out);
    out.end();
    return text;
}

}  // namespace

TEST_CASE("a page is what both formats say") {
    auto const write = [](auto& out) {
        out.begin({"moves", metric_kind::counter, "Moves of \"the\" session,\nall of them."});
        out.sample({}, 3);
        out.begin({"nothing", metric_kind::gauge, "Nobody knows."});
        out.begin({"jitter_seconds", metric_kind::gauge, "", "seconds"});
        out.sample({{"host", "a\"b\\c\nd"}, {"site", "x"}}, 0.0015);
    };
    CHECK(written(format::text, write) ==
          "# HELP hostpick_moves_total Moves of \"the\" session,\\nall of them.\n"
          "# TYPE hostpick_moves_total counter\n"
          "hostpick_moves_total 3\n"
          "# TYPE hostpick_jitter_seconds gauge\n"
          "hostpick_jitter_seconds{host=\"a\\\"b\\\\c\\nd\",site=\"x\"} 0.0015\n");
    CHECK(written(format::openmetrics, write) ==
          "# HELP hostpick_moves Moves of \\\"the\\\" session,\\nall of them.\n"
          "# TYPE hostpick_moves counter\n"
          "hostpick_moves_total 3\n"
          "# TYPE hostpick_jitter_seconds gauge\n"
          "# UNIT hostpick_jitter_seconds seconds\n"
          "hostpick_jitter_seconds{host=\"a\\\"b\\\\c\\nd\",site=\"x\"} 0.0015\n"
          "# EOF\n");
    CHECK(content_type(format::text) == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("what is no number has its name, and what is no name becomes one") {
    auto const line = [](double x) {
        return written(format::text, [&](auto& out) {
            out.begin({"a-b\xC3\xA9", metric_kind::gauge});
            out.sample({}, x);
        }).substr(std::string_view{"# TYPE hostpick_a_b__ gauge\nhostpick_a_b__ "}.size());
    };
    CHECK(line(oracle::nan()) == "NaN\n");
    CHECK(line(oracle::from_bits<double>(0xFFF8'0000'0000'0000u)) == "NaN\n");  // what 0.0 / 0.0 may be
    CHECK(line(oracle::infinity()) == "+Inf\n");
    CHECK(line(oracle::minus_infinity()) == "-Inf\n");
    CHECK(line(0.1) == "0.1\n");
    CHECK(line(1e300) == "1e+300\n");
}

TEST_CASE("round trips are counted as their bounds say") {
    for (int n = 0; n < HOSTPICK_TEST_CASES / 100; ++n) {
        splitmix64 random{static_cast<std::uint64_t>(n)};
        latency_histogram h;
        std::vector<std::chrono::nanoseconds> all;
        for (std::size_t i = random.below(40); i > 0; --i) {
            std::chrono::nanoseconds rtt{std::chrono::milliseconds{random.below(1200)}};
            if (random.one_in(2)) rtt += std::chrono::nanoseconds{random.below(3)} - 1ns;
            bool const good = rtt >= 0ns;
            if (h.push(rtt) != good) REQUIRE(h.refused() == 0);
            if (good) all.push_back(rtt);
        }
        std::array<double, 13> const bounds{0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 1e9};
        for (std::size_t b = 0; b < bounds.size(); ++b) {
            std::uint64_t within = 0;
            for (auto const rtt : all) within += static_cast<double>(rtt.count()) <= bounds[b] * 1e9 ? 1 : 0;
            if (h.count_within(b) != within) REQUIRE(h.count_within(b) == within);
        }
        REQUIRE(h.count() == all.size());
    }
    latency_histogram refuses;
    CHECK_FALSE(refuses.push(-1ns));
    CHECK(refuses.refused() == 1);
    CHECK(refuses.count() == 0);
}

TEST_CASE("hosts of which nothing is known have no series, and too many hosts a number") {
    std::vector<host_state> hosts{{.host = "a", .score = 88.5, .chosen = true}, {.host = "b", .capacity_mbps = 8}, {.host = "c"}};
    auto const text = written(format::text, [&](auto& out) { write_hosts(out, hosts, {.max_hosts = 2}); });
    CHECK(text ==
          "# HELP hostpick_upload_capacity_bytes_per_second What the host can send.\n"
          "# TYPE hostpick_upload_capacity_bytes_per_second gauge\n"
          "hostpick_upload_capacity_bytes_per_second{host=\"b\"} 1e+06\n"
          "# HELP hostpick_quality_score Score of the host, 0 to 100.\n"
          "# TYPE hostpick_quality_score gauge\n"
          "hostpick_quality_score{host=\"a\"} 88.5\n"
          "# HELP hostpick_chosen_host 1 for the host that is chosen, 0 for the others.\n"
          "# TYPE hostpick_chosen_host gauge\n"
          "hostpick_chosen_host{host=\"a\"} 1\n"
          "# HELP hostpick_hosts_left_out Hosts that are not on this page, because there are too many.\n"
          "# TYPE hostpick_hosts_left_out gauge\n"
          "hostpick_hosts_left_out 1\n");
    CHECK(written(format::text, [&](auto& out) { write_hosts(out, std::span{hosts}.first(0)); }).empty());
    std::vector<host_state> const old{{.host = "a", .latency_ms = 20, .jitter_ms = 2, .packet_loss = 0.5, .capacity_mbps = 9}};
    auto const both = written(format::text, [&](auto& out) { write_hosts(out, old, {.original_names = true}); });
    for (auto const* line : {"\nnetwork_latency_milliseconds{host=\"a\"} 20\n", "\nnetwork_bandwidth_mbps{host=\"a\"} 9\n",
                             "\nnetwork_jitter_milliseconds{host=\"a\"} 2\n", "\npacket_loss_ratio{host=\"a\"} 0.5\n",
                             "\nhostpick_jitter_seconds{host=\"a\"} 0.002\n"})
        CHECK(both.find(line) != std::string::npos);
}

TEST_CASE("a page goes through any iterator of characters") {
    std::array<char, 200> room{};
    char* at = room.data();
    page out{at, format::openmetrics, ""};
    out.begin({"x", metric_kind::gauge});
    out.sample({{"l", "\xFF"}}, std::uint64_t{18446744073709551615u});
    out.end();
    CHECK(std::string_view{room.data(), static_cast<std::size_t>(at - room.data())} ==
          "# TYPE x gauge\nx{l=\"\xEF\xBF\xBD\"} 18446744073709551615\n# EOF\n");
}
