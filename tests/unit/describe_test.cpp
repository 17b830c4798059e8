// SPDX-License-Identifier: MIT
#include <hostpick/describe.hpp>
#include <hostpick/profiles.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <sstream>
#include <string>
#include <string_view>

using namespace hostpick;
using namespace std::string_literals;

namespace {

constexpr exclusion all_reasons[] = {exclusion::none,
                                     exclusion::invalid_policy,
                                     exclusion::invalid_constraints,
                                     exclusion::excluded,
                                     exclusion::no_metrics,
                                     exclusion::failed,
                                     exclusion::latency_missing,
                                     exclusion::latency_invalid,
                                     exclusion::latency_above_ceiling,
                                     exclusion::packet_loss_total,
                                     exclusion::latency_limit,
                                     exclusion::packet_loss_limit,
                                     exclusion::jitter_limit,
                                     exclusion::bandwidth_limit,
                                     exclusion::score_limit,
                                     exclusion::score_not_finite};

template <class T>
std::string text(T const& x) {
    text_line line;
    line << x;
    return std::string{line.view()};
}

std::string described(network_metrics<> const& m, score_policy const& p = {}) {
    return std::string{describe(judge_host(m, p)).view()};
}

// ---- the examples of the documentation

static_assert(to_text(exclusion::failed) == "did not answer");
static_assert(to_name(exclusion::failed) == "failed");
static_assert(describe(judge_host(network_metrics<>{
                           .latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01}))
                  .view() ==
              "score 88.00: latency 30.00 (-10.00), bandwidth 40.00 (-0.00), packet loss 18.00 (-2.00)");

static_assert(std::convertible_to<text_line, std::string_view>);

}  // namespace

TEST_CASE("every reason has a text and a name of its own") {
    for (auto const reason : all_reasons) {
        CAPTURE(static_cast<int>(reason));
        CHECK(to_text(reason) != "unknown");
        CHECK(to_name(reason) != "unknown");
        auto const as_text = [&](exclusion e) { return to_text(e) == to_text(reason); };
        auto const as_name = [&](exclusion e) { return to_name(e) == to_name(reason); };
        CHECK(std::ranges::count_if(all_reasons, as_text) == 1);
        CHECK(std::ranges::count_if(all_reasons, as_name) == 1);
        if (reason != exclusion::none)
            CHECK(describe(verdict{.reason = reason}).view() ==
                  "not eligible: " + std::string{to_text(reason)});
    }
    CHECK(to_text(static_cast<exclusion>(99)) == "unknown");
    CHECK(to_name(static_cast<exclusion>(99)) == "unknown");
}

TEST_CASE("the state of a field has a name") {
    CHECK(to_name(field_state::missing) == "missing");
    CHECK(to_name(field_state::measured) == "measured");
    CHECK(to_name(field_state::invalid) == "invalid");
    CHECK(to_name(static_cast<field_state>(99)) == "unknown");
}

TEST_CASE("a number is written with two decimals, halves away from zero") {
    CHECK(text(0.0) == "0.00");
    CHECK(text(0.004) == "0.00");
    CHECK(text(0.125) == "0.13");
    CHECK(text(-0.125) == "-0.13");
    CHECK(text(0.006) == "0.01");
    CHECK(text(9.999) == "10.00");
    CHECK(text(12.5) == "12.50");
    CHECK(text(100.0) == "100.00");
    CHECK(text(-38.0) == "-38.00");
    CHECK(text(123456789.25) == "123456789.25");
    CHECK(text(999999999999999.0) == "999999999999999.00");
}

TEST_CASE("a number that is too large for a line says so") {
    CHECK(text(1e15) == "above 1e15");
    CHECK(text(-1e15) == "below -1e15");
    CHECK(text(oracle::infinity()) == "above 1e15");
    CHECK(text(oracle::minus_infinity()) == "below -1e15");
}

TEST_CASE("a count is written without decimals") {
    CHECK(text(0u) == "0");
    CHECK(text(9u) == "9");
    CHECK(text(10u) == "10");
    CHECK(text(4294967295u) == "4294967295");
}

TEST_CASE("text beyond the end of a line is cut off") {
    std::string const words(1000, 'x');
    std::string const kept = text(std::string_view{words});
    CHECK(kept.size() >= 120);
    CHECK(kept.size() < 1000);
    CHECK(kept == words.substr(0, kept.size()));
}

TEST_CASE("what is missing or nonsense is described as such, where it costs points") {
    CHECK(described({.latency_ms = 50}) ==
          "score 30.00: latency 30.00 (-10.00), bandwidth 0.00 (-40.00) missing, "
          "packet loss 0.00 (-20.00) missing");
    CHECK(described({.latency_ms = 50, .bandwidth_mbps = -1, .packet_loss = 0}) ==
          "score 50.00: latency 30.00 (-10.00), bandwidth 0.00 (-40.00) invalid, "
          "packet loss 20.00 (-0.00)");
}

TEST_CASE("a metric that does not count is not described") {
    CHECK(described({.latency_ms = 50}, latency_only) == "score 75.00: latency 75.00 (-25.00)");
    CHECK(described({.latency_ms = 350, .packet_loss = 0.02},
                    quality_of_outcome({200, 500}, {0.01, 0.05})) ==
          "score 50.00: latency 50.00 (-50.00), packet loss 75.00 (-25.00)");
    CHECK(described({.latency_ms = 0, .bandwidth_mbps = 10, .packet_loss = 0, .jitter_ms = 25},
                    {.jitter_ms = {.weight = 1}}) ==
          "score 75.00: latency 20.00 (-0.00), bandwidth 20.00 (-0.00), packet loss 10.00 (-0.00), "
          "jitter 25.00 (-25.00)");
}

TEST_CASE("a line goes onto a stream") {
    std::ostringstream stream;
    stream << "host: " << describe(judge_host(network_metrics<>{.failed = true})) << '!';
    CHECK(stream.str() == "host: not eligible: did not answer!");
}

TEST_CASE("the relaxation step is described where it is not the first") {
    verdict v{.score = 42, .step = 2};
    CHECK(describe(v).view() == "score 42.00, relaxation step 2");
    v.step = 0;
    CHECK(describe(v).view() == "score 42.00");
}

TEST_CASE("what rounds to zero has no sign") {
    text_line line;
    line << -0.001 << " " << -0.0 << " " << -0.25;
    CHECK(line.view() == "0.00 0.00 -0.25");
}
