// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/push_result.hpp>

#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// The interarrival jitter of RTP: for its peers and its reports.
///
/// Every packet is pushed as it arrives, with its transit time: arrival minus the timestamp that it
/// carries, on two clocks whose offset cancels out. J moves by 1/16 of the distance to |D|, the
/// change of transit. It starts at 0 and so is too low for the first packets, which `debiased`
/// mends. Ticks wrap at 2^32, as RTP's timestamps do. For choosing hosts rather take the `jitter_ms` of a window. All in the ticks of the
/// samples. Source: RFC 3550, sections 6.4.1 and A.8.
///
///     rfc3550_jitter jitter;
///     for (auto const transit : {0, 160, 0}) jitter.push(transit);
///     jitter.value();     // 19.375
///     jitter.reported();  // 19, as in a receiver report
class rfc3550_jitter {
public:
    constexpr push_result push(std::int64_t transit) noexcept {
        auto const now = static_cast<std::uint32_t>(transit);  // its last 32 bits
        if (!seen_) {
            seen_ = true;
            transit_ = now;
            return push_result::baseline;
        }
        std::uint32_t const later = now - transit_;
        std::uint64_t const difference = later >> 31 == 0 ? later : 0u - later;
        transit_ = now;
        double const d = static_cast<double>(difference);
        value_ += (d - value_) / 16;
        scaled_ += difference - ((scaled_ + 8) >> 4);
        to_come_ *= 15.0 / 16;
        return push_result::accepted;
    }
    /// Forgets the stream: the next packet is the first of another.
    constexpr void reset() noexcept { *this = rfc3550_jitter{}; }

    /// J; nothing before the second packet.
    [[nodiscard]] constexpr std::optional<double> value() const noexcept {
        return ready() ? std::optional{value_} : std::nullopt;
    }
    /// J in the RFC's own integers, as RTP implementations report it.
    [[nodiscard]] constexpr std::optional<std::uint64_t> reported() const noexcept {
        return ready() ? std::optional{scaled_ >> 4} : std::nullopt;
    }
    /// J / (1 - (15/16)^n) after n differences: right from the first one on.
    [[nodiscard]] constexpr std::optional<double> debiased() const noexcept {
        return ready() ? std::optional{value_ / (1 - to_come_)} : std::nullopt;
    }

private:
    [[nodiscard]] constexpr bool ready() const noexcept { return to_come_ < 1; }

    std::uint32_t transit_ = 0;
    double value_ = 0;
    double to_come_ = 1;        // how much of the start at 0 is left in J
    std::uint64_t scaled_ = 0;  // 16 J
    bool seen_ = false;
};

}  // namespace hostpick::rolling
