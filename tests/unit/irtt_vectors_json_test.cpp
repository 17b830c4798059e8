// SPDX-License-Identifier: MIT
#include <hostpick/rolling/probe_window.hpp>
#include <hostpick/rolling/rfc3550_jitter.hpp>
#include <hostpick/rolling/smoothed_rtt.hpp>

#include "catch2_compat.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

// Two runs of irtt, an independent tool, with what they are expected to say.

using namespace hostpick::rolling;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

void check(std::optional<double> const& given_ms, json const& expected_ns) {
    if (expected_ns.is_null()) {
        CHECK_FALSE(given_ms);
        return;
    }
    REQUIRE(given_ms);
    CHECK(*given_ms * 1e6 == Catch::Approx(expected_ns.get<double>()).epsilon(1e-12));
}

template <std::size_t N>
void replay(json const& run, json const& expected) {
    probe_window<N, std::chrono::nanoseconds> window{2s};
    auto const& sent = run["send_mono"];
    auto const& rtts = run["rtt"];
    instant now{};
    for (std::size_t n = 0; n < sent.size(); ++n) {
        now = instant{sent[n].get<std::int64_t>()};
        CHECK(window.sent(now) == n);
        if (rtts[n].is_null()) continue;
        window.reply(static_cast<std::uint32_t>(n), now + instant{rtts[n].get<std::int64_t>()});
    }
    window.advance(now + 2s);

    auto const all = window.all();
    auto const loss = all.loss();
    CHECK(all.sent() == expected["probes"]);
    CHECK(all.received() == expected["received"]);
    CHECK(all.lost() == expected["lost"]);
    CHECK(*all.packet_loss() == Catch::Approx(expected["loss"].get<double>()).epsilon(1e-15));
    CHECK(loss.packet_loss_interval()->low == Catch::Approx(expected["loss_wilson95"][0].get<double>()).margin(1e-15));
    CHECK(loss.packet_loss_interval()->high == Catch::Approx(expected["loss_wilson95"][1].get<double>()).epsilon(1e-12));

    auto const& rtt = expected["rtt"];
    CHECK(all.sums().rtt == rtt["sum"]);
    check(all.rtt_min_ms(), rtt["min"]);
    check(all.rtt_max_ms(), rtt["max"]);
    check(all.rtt_mean_ms(), rtt["mean"]);
    check(all.rtt_quantile_ms(0.5), rtt["median"]);
    check(all.rtt_quantile_ms(0.05), rtt["p5"]);
    check(all.rtt_quantile_ms(0.25), rtt["p25"]);
    check(all.rtt_quantile_ms(0.75), rtt["p75"]);
    check(all.rtt_quantile_ms(0.95), rtt["p95"]);
    check(all.rtt_quantile_ms(0.99), rtt["p99"]);
    check(all.rtt_deviation_ms(), rtt["stddev_sample"]);
    check(all.rtt_population_deviation_ms(), rtt["stddev_pop"]);

    auto const& ipdv = expected["ipdv_abs"];
    CHECK(all.sums().pairs == ipdv["n"]);
    CHECK(all.sums().rtt_difference == ipdv["sum"]);
    check(all.jitter_ms(), ipdv["mean"]);
    check(all.jitter_deviation_ms(), ipdv["stddev_sample"]);
    check(all.delay_variation_ms(), expected["pdv_p95_minus_min"]);

    auto const& burst = expected["burst"];
    CHECK(loss.bursts == burst["runs"].size());
    CHECK(loss.longest_burst == burst["max"]);
    CHECK(loss.mean_burst().has_value() == !burst["mean"].is_null());
    if (loss.mean_burst()) CHECK(*loss.mean_burst() == burst["mean"]);
    CHECK(loss.burst_ratio().has_value() == !burst["burst_ratio_mcgowan"].is_null());
    if (loss.burst_ratio()) CHECK(*loss.burst_ratio() == Catch::Approx(burst["burst_ratio_mcgowan"].get<double>()));
    CHECK(all.sums().lost_pairs == burst["n11"]);
}

}  // namespace

TEST_CASE("two runs of irtt are reproduced: as a whole, their last 32 and last 16 probes") {
    std::ifstream file{HOSTPICK_SHARED_DATA "/../oracle/irtt_vectors.json"};
    if (!file) {
        WARN("skipped, because there are no runs of irtt beside " HOSTPICK_SHARED_DATA);
        return;
    }
    auto const vectors = json::parse(file);
    for (char const* name : {"clean", "impaired"}) {
        CAPTURE(std::string{name});
        auto const& run = vectors[name];
        replay<64>(run, run["expected_whole"]);
        replay<32>(run, run["expected_last32"]);
        replay<16>(run, run["expected_last16"]);

        smoothed_rtt smoothed;
        rfc3550_jitter jitter;
        for (auto const& n : run["arrival_order"]) {
            auto const rtt = run["rtt"][n.get<std::size_t>()].get<std::int64_t>();
            smoothed.push_ms(static_cast<double>(rtt) / 1e6);
            jitter.push(rtt);
        }
        auto const& expected = run["expected_ewma_arrival_order"];
        check(smoothed.srtt_ms(), expected["srtt"]);
        check(smoothed.rttvar_ms(), expected["rttvar"]);
        check(smoothed.timeout_ms(), expected["rto_no_floor"]);
        CHECK(*jitter.value() == Catch::Approx(expected["rfc3550_jitter"].get<double>()));
        CHECK(*jitter.debiased() == Catch::Approx(expected["rfc3550_debiased"].get<double>()));
    }
}
