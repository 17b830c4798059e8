// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// Test packets of STAMP, the Simple Two-way Active Measurement Protocol, unauthenticated: to and
/// from bytes, without sockets. They have 44 bytes in both directions, so that an answer is never
/// longer than its question. Source: RFC 8762, with the session identifier and the TLVs of RFC 8972.
namespace hostpick::stamp {

inline constexpr std::size_t packet_size = 44;
inline constexpr std::uint16_t default_port = 862;

/// A point in time in NTP's format: seconds since 1900, and 2^-32 of them.
using ntp_time = std::uint64_t;

/// Nanoseconds since 1970, not before, as NTP's time, to the nearest unit below; wraps in 2036 as
/// NTP does.
[[nodiscard]] constexpr ntp_time to_ntp(std::chrono::nanoseconds since_1970) noexcept {
    constexpr std::uint64_t second = 1'000'000'000, from_1900 = 2'208'988'800;
    auto const ns = static_cast<std::uint64_t>(since_1970.count());
    return (ns / second + from_1900) << 32 | ((ns % second << 32) / second);
}

/// The time from one of NTP's points to another, also across its wrap: at most 68 years.
[[nodiscard]] constexpr std::chrono::nanoseconds between(ntp_time from, ntp_time to) noexcept {
    auto const units = static_cast<std::int64_t>(to - from);
    auto const seconds = units >> 32;
    auto const rest = static_cast<std::int64_t>(
        ((static_cast<std::uint64_t>(units) & 0xFFFF'FFFFu) * 1'000'000'000 + 0x8000'0000u) >> 32);
    return std::chrono::nanoseconds{seconds * 1'000'000'000 + rest};
}

/// How good a clock is: off by at most multiplier * 2^(scale - 32) seconds. The multiplier is not 0.
struct error_estimate {
    bool synchronised = false;   ///< to an external source
    bool ptp = false;            ///< the timestamp is in PTP's format instead of NTP's
    std::uint8_t scale = 0;      ///< 6 bits
    std::uint8_t multiplier = 1;

    friend constexpr bool operator==(error_estimate const&, error_estimate const&) = default;
};

/// What a sender asks.
struct sender_packet {
    std::uint32_t sequence = 0;
    std::uint64_t timestamp = 0;  ///< sent; or any eight bytes to know the answer by
    error_estimate error{};
    std::uint16_t session = 0;  ///< SSID

    friend constexpr bool operator==(sender_packet const&, sender_packet const&) = default;
};

/// What a reflector answers.
struct reflector_packet {
    std::uint32_t sequence = 0;  ///< its own count, or a stateless one's copy of the sender's
    std::uint64_t timestamp = 0;  ///< answered
    error_estimate error{};
    std::uint16_t session = 0;
    std::uint64_t receive_timestamp = 0;
    sender_packet sender{};  ///< as it came; its session is not repeated
    std::uint8_t sender_ttl = 0;

    friend constexpr bool operator==(reflector_packet const&, reflector_packet const&) = default;
};

namespace detail {

/// Big-endian numbers, one after the other. The span is long enough.
class writer {
public:
    constexpr explicit writer(std::span<std::byte> out) noexcept : out_{out} {}
    template <std::unsigned_integral T>
    constexpr void put(T x) noexcept {
        for (std::size_t shift = sizeof(T); shift-- > 0;)
            out_[at_++] = static_cast<std::byte>(x >> (8 * shift) & 0xFF);
    }
    constexpr void put(error_estimate const& e) noexcept {
        put(static_cast<std::uint16_t>((e.synchronised ? 0x8000u : 0u) | (e.ptp ? 0x4000u : 0u) |
                                       (e.scale & 0x3Fu) << 8 | e.multiplier));
    }
    constexpr void zeros(std::size_t count) noexcept {
        while (count-- > 0) out_[at_++] = std::byte{};
    }
    /// Fills the rest with one padding TLV, or with zeros where there is no room for a TLV's header.
    constexpr void pad() noexcept {
        if (auto const rest = out_.size() - at_; rest >= 4 && rest - 4 <= 0xFFFF) {
            put(std::uint8_t{0x80});  // U: a reflector that knows the type clears it
            put(std::uint8_t{1});     // extra padding
            put(static_cast<std::uint16_t>(rest - 4));
        }
        while (at_ < out_.size()) out_[at_++] = std::byte{};
    }

private:
    std::span<std::byte> out_;
    std::size_t at_ = 0;
};

class reader {
public:
    constexpr explicit reader(std::span<std::byte const> in) noexcept : in_{in} {}
    template <std::unsigned_integral T>
    [[nodiscard]] constexpr T get() noexcept {
        std::uint64_t x = 0;
        for (std::size_t n = 0; n < sizeof(T); ++n) x = x << 8 | std::to_integer<unsigned>(in_[at_++]);
        return static_cast<T>(x);
    }
    [[nodiscard]] constexpr error_estimate get_error() noexcept {
        auto const bits = get<std::uint16_t>();
        return {.synchronised = (bits & 0x8000u) != 0,
                .ptp = (bits & 0x4000u) != 0,
                .scale = static_cast<std::uint8_t>(bits >> 8 & 0x3Fu),
                .multiplier = static_cast<std::uint8_t>(bits & 0xFFu)};
    }
    constexpr void skip(std::size_t count) noexcept { at_ += count; }

private:
    std::span<std::byte const> in_;
    std::size_t at_ = 0;
};

}  // namespace detail

/// Writes a packet into all of `out`: what is longer than the packet is padded. False, and nothing
/// is written, where `out` is shorter, or an error estimate has the multiplier 0.
///
///     std::array<std::byte, stamp::packet_size> bytes;
///     if (stamp::encode(stamp::sender_packet{.sequence = 7, .session = 3}, bytes)) send(bytes);
[[nodiscard]] constexpr bool encode(sender_packet const& p, std::span<std::byte> out) noexcept {
    if (out.size() < packet_size || p.error.multiplier == 0) return false;
    detail::writer to{out};
    to.put(p.sequence), to.put(p.timestamp), to.put(p.error), to.put(p.session);
    to.zeros(28);
    to.pad();
    return true;
}
[[nodiscard]] constexpr bool encode(reflector_packet const& p, std::span<std::byte> out) noexcept {
    if (out.size() < packet_size) return false;
    if (p.error.multiplier == 0 || p.sender.error.multiplier == 0) return false;
    detail::writer to{out};
    to.put(p.sequence), to.put(p.timestamp), to.put(p.error), to.put(p.session);
    to.put(p.receive_timestamp);
    to.put(p.sender.sequence), to.put(p.sender.timestamp), to.put(p.sender.error);
    to.zeros(2);
    to.put(p.sender_ttl);
    to.zeros(3);
    to.pad();
    return true;
}

/// A packet from bytes; nothing where they are too few, or an error estimate has the multiplier 0.
/// What follows the packet, and what must be zero in it, is not looked at.
[[nodiscard]] constexpr std::optional<sender_packet> decode_sender(
    std::span<std::byte const> in) noexcept {
    if (in.size() < packet_size) return std::nullopt;
    detail::reader from{in};
    sender_packet p;
    p.sequence = from.get<std::uint32_t>();
    p.timestamp = from.get<std::uint64_t>();
    p.error = from.get_error();
    p.session = from.get<std::uint16_t>();
    if (p.error.multiplier == 0) return std::nullopt;
    return p;
}
[[nodiscard]] constexpr std::optional<reflector_packet> decode_reflector(
    std::span<std::byte const> in) noexcept {
    if (in.size() < packet_size) return std::nullopt;
    detail::reader from{in};
    reflector_packet p;
    p.sequence = from.get<std::uint32_t>();
    p.timestamp = from.get<std::uint64_t>();
    p.error = from.get_error();
    p.session = from.get<std::uint16_t>();
    p.receive_timestamp = from.get<std::uint64_t>();
    p.sender.sequence = from.get<std::uint32_t>();
    p.sender.timestamp = from.get<std::uint64_t>();
    p.sender.error = from.get_error();
    from.skip(2);
    p.sender_ttl = from.get<std::uint8_t>();
    if (p.error.multiplier == 0 || p.sender.error.multiplier == 0) return std::nullopt;
    return p;
}

/// Tells the answers to one's own questions from a stranger's packets.
///
/// Each question carries a nonce of the caller's, random, in place of its timestamp. An answer is
/// known by its session, its sequence number and that nonce, as long as it is to one of the last
/// `N` questions, a power of two. A second answer matches too; `probe_window` counts it as a duplicate.
///
///     stamp::session<64> session{ssid};
///     auto const packet = session.ask(window.sent(now), random());
///     if (auto const answer = stamp::decode_reflector(bytes))
///         if (auto const sequence = session.match(*answer)) window.reply(*sequence, at);
template <std::size_t N>
class session {
    static_assert(std::has_single_bit(N), "a power of two");

public:
    constexpr explicit session(std::uint16_t ssid) noexcept : ssid_{ssid} {}

    /// The packet to send as the question with this number.
    constexpr sender_packet ask(std::uint32_t sequence, std::uint64_t nonce) noexcept {
        asked_[sequence % N] = {sequence, nonce, true};
        return {.sequence = sequence, .timestamp = nonce, .session = ssid_};
    }

    /// The sequence number of the question; nothing where the packet answers none of ours.
    [[nodiscard]] constexpr std::optional<std::uint32_t> match(
        reflector_packet const& answer) const noexcept {
        auto const& asked = asked_[answer.sender.sequence % N];
        bool const ours = asked.known && answer.session == ssid_ &&
                          answer.sender.sequence == asked.sequence &&
                          answer.sender.timestamp == asked.nonce;
        return ours ? std::optional{asked.sequence} : std::nullopt;
    }

private:
    struct question {
        std::uint32_t sequence = 0;
        std::uint64_t nonce = 0;
        bool known = false;
    };
    std::uint16_t ssid_;
    std::array<question, N> asked_{};
};

}  // namespace hostpick::stamp
