// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// The smoothed round trip and its variation, as TCP keeps them.
///
/// The first sample R gives SRTT = R and RTTVAR = R / 2; each later one first RTTVAR = 3/4 RTTVAR +
/// 1/4 |SRTT - R|, then SRTT = 7/8 SRTT + 1/8 R. It has no window: an old sample fades and never
/// goes. Give it first transmissions only. Source: RFC 6298, section 2.
///
///     smoothed_rtt rtt;
///     rtt.push_ms(100), rtt.push_ms(200);
///     rtt.srtt_ms();  // 112.5
class smoothed_rtt {
public:
    /// Refuses what is negative or not finite.
    constexpr push_result push_ms(double rtt_ms) noexcept {
        if (!detail::is_finite(rtt_ms)) return ++refused_, push_result::not_finite;
        if (!detail::is_quantity(rtt_ms)) return ++refused_, push_result::negative;
        if (rtt_ms > longest_ms) return ++refused_, push_result::too_large;
        if (known_) {
            using detail::rounded;
            rttvar_ms_ = rounded(0.75 * rttvar_ms_) + 0.25 * detail::magnitude(srtt_ms_ - rtt_ms);
            srtt_ms_ = rounded(0.875 * srtt_ms_) + 0.125 * rtt_ms;
        } else {
            known_ = true;
            srtt_ms_ = rtt_ms;
            rttvar_ms_ = rtt_ms / 2;
        }
        return push_result::accepted;
    }
    /// Forgets the samples, but not the counter.
    constexpr void reset() noexcept { known_ = false; }

    [[nodiscard]] constexpr std::optional<double> srtt_ms() const noexcept {
        return known_ ? std::optional{srtt_ms_} : std::nullopt;
    }
    [[nodiscard]] constexpr std::optional<double> rttvar_ms() const noexcept {
        return known_ ? std::optional{rttvar_ms_} : std::nullopt;
    }
    /// How long to wait for an answer before it is taken for lost: SRTT + max(G, 4 RTTVAR) for a
    /// clock of granularity G; one that is no number counts as 0.
    [[nodiscard]] constexpr std::optional<double> timeout_ms(
        double granularity_ms = 0) const noexcept {
        if (!known_) return std::nullopt;
        double const least = detail::is_quantity(granularity_ms) ? granularity_ms : 0;
        return srtt_ms_ + detail::larger(least, 4 * rttvar_ms_);
    }
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }

    static constexpr double longest_ms = 1e12;

private:
    double srtt_ms_ = 0;
    double rttvar_ms_ = 0;
    std::uint64_t refused_ = 0;
    bool known_ = false;
};

}  // namespace hostpick::rolling
