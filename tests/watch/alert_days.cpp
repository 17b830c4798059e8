// SPDX-License-Identifier: MIT
//
// Reads what is known of a host at some times, and prints each alert of the default rules that fires
// or is resolved: its time in milliseconds, the rule, the change. A line of the input:
//
//     AT_MS  LATENCY_MS  LOST  SENT  BANDWIDTH_MBPS  BASELINE_MBPS     - where it is not known
#include <hostpick/watch/alert_board.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

using namespace hostpick::watch;

namespace {

std::optional<double> number(std::string const& text) {
    return text == "-" ? std::nullopt : std::optional{std::strtod(text.c_str(), nullptr)};
}

}  // namespace

int main() {
    alert_board<int> board{default_alert_rules()};
    std::int64_t at_ms = 0;
    std::uint64_t lost = 0, sent = 0;
    for (std::string latency, bandwidth, baseline;
         std::cin >> at_ms >> latency >> lost >> sent >> bandwidth >> baseline;) {
        alert_samples known;
        known.of(alert_value::latency_ms).value = number(latency);
        known.of(alert_value::packet_loss) = loss_sample(lost, sent);
        known.of(alert_value::bandwidth_mbps) = {.value = number(bandwidth), .baseline = number(baseline)};
        board.see(1, known, std::chrono::milliseconds{at_ms}, [&](auto const& rule, auto const&, alert_change change) {
            if (change == alert_change::fired || change == alert_change::resolved)
                std::cout << at_ms << ' ' << rule.name << ' ' << to_name(change) << '\n';
        });
    }
    return board.error() ? 1 : 0;
}
