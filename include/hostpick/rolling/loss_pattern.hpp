// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/confidence.hpp>

#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// How many packets were lost, and in what bursts. Packets of which nothing is known yet, in
/// flight or possibly on their way, are in none of the numbers.
struct loss_pattern {
    std::uint64_t received = 0;
    std::uint64_t lost = 0;
    std::uint64_t bursts = 0;         ///< runs of lost packets; at the edge of a window, what is in it
    std::uint64_t longest_burst = 0;  ///< packets

    [[nodiscard]] friend constexpr bool operator==(loss_pattern const&,
                                                   loss_pattern const&) = default;

    [[nodiscard]] constexpr std::uint64_t resolved() const noexcept { return received + lost; }

    /// The ratio of lost packets, 0 to 1; nothing where nothing is resolved.
    [[nodiscard]] constexpr std::optional<double> packet_loss() const noexcept {
        if (resolved() == 0) return std::nullopt;
        return static_cast<double>(lost) / static_cast<double>(resolved());
    }

    /// Where the true ratio lies, at 95 %.
    [[nodiscard]] std::optional<interval> packet_loss_interval() const noexcept {
        return wilson_interval(lost, resolved());
    }

    /// Packets a burst; nothing without a loss.
    [[nodiscard]] constexpr std::optional<double> mean_burst() const noexcept {
        if (bursts == 0) return std::nullopt;
        return static_cast<double>(lost) / static_cast<double>(bursts);
    }

    /// How much longer bursts are than those of random loss: 1 is random, above 1 is bursty.
    /// Nothing where nothing is lost or nothing received. Source: J. W. McGowan, "Burst ratio: a
    /// measure of bursty loss on packet-based networks" (2005), and ITU-T G.107.
    [[nodiscard]] constexpr std::optional<double> burst_ratio() const noexcept {
        if (bursts == 0 || received == 0) return std::nullopt;
        return *mean_burst() * (1 - *packet_loss());
    }
};

}  // namespace hostpick::rolling
