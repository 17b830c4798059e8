// SPDX-License-Identifier: MIT
#include <hostpick/rolling/probe_window.hpp>
#include <hostpick/stamp.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace hostpick;
using namespace std::chrono_literals;
using oracle::splitmix64;

namespace {

using bytes = std::vector<std::byte>;

bytes from_hex(std::string_view hex) {
    bytes out;
    auto const digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t n = 0; n < hex.size(); n += 2)
        out.push_back(static_cast<std::byte>(16 * digit(hex[n]) + digit(hex[n + 1])));
    return out;
}

stamp::error_estimate random_error(splitmix64& random) {
    return {random.one_in(2), random.one_in(2), static_cast<std::uint8_t>(random.below(64)),
            static_cast<std::uint8_t>(1 + random.below(255))};
}
std::uint32_t word(splitmix64& random) { return static_cast<std::uint32_t>(random.below(0x1'0000'0000u)); }
std::uint64_t two_words(splitmix64& random) { return std::uint64_t{word(random)} << 32 | word(random); }

stamp::sender_packet random_question(splitmix64& random) {
    return {word(random), two_words(random), random_error(random), static_cast<std::uint16_t>(word(random))};
}

static_assert([] {
    std::array<std::byte, stamp::packet_size> packet{};
    stamp::sender_packet const question{.sequence = 7, .timestamp = 9, .session = 3};
    return stamp::encode(question, packet) && stamp::decode_sender(packet) == question;
}());

}  // namespace

TEST_CASE("a question has the bytes of the RFC") {
    bytes packet(stamp::packet_size, std::byte{0xFF});
    REQUIRE(stamp::encode(stamp::sender_packet{.sequence = 0x01020304,
                                               .timestamp = 0x1112131415161718,
                                               .error = {true, false, 5, 0x7F},
                                               .session = 0xABCD},
                          packet));
    CHECK(packet == from_hex("0102030411121314151617188"
                             "57fabcd"
                             "00000000000000000000000000000000000000000000000000000000"));
}

TEST_CASE("an answer has the bytes of the RFC") {
    bytes packet(stamp::packet_size, std::byte{0xFF});
    stamp::reflector_packet const answer{.sequence = 0x01020304,
                                         .timestamp = 0x1112131415161718,
                                         .error = {false, true, 63, 1},
                                         .session = 0xABCD,
                                         .receive_timestamp = 0x2122232425262728,
                                         .sender = {0x31323334, 0x4142434445464748, {true, true, 0, 9}, 0},
                                         .sender_ttl = 64};
    REQUIRE(stamp::encode(answer, packet));
    CHECK(packet == from_hex("0102030411121314151617187f01abcd"
                             "2122232425262728"
                             "313233344142434445464748c0090000"
                             "40000000"));
    CHECK(stamp::decode_reflector(packet) == answer);
}

TEST_CASE("every packet comes back as it went, whatever room it was given") {
    for_all([](splitmix64& random) {
        if (!random.one_in(10)) return true;
        auto const question = random_question(random);
        stamp::reflector_packet const answer{word(random), two_words(random), random_error(random),
                                             static_cast<std::uint16_t>(word(random)), two_words(random),
                                             {word(random), two_words(random), random_error(random), 0},
                                             static_cast<std::uint8_t>(random.below(256))};
        std::vector<std::byte> room(stamp::packet_size + random.below(random.one_in(50) ? 70000 : 60), std::byte{0xA5});
        if (!stamp::encode(question, room) || stamp::decode_sender(room) != question) return false;
        // The padding is one TLV that ends where the room does, or zeros.
        auto const rest = std::span{room}.subspan(stamp::packet_size);
        auto const at = [&](std::size_t n) { return std::to_integer<std::size_t>(rest[n]); };
        bool const tlv = rest.size() >= 4 && rest.size() - 4 <= 0xFFFF;
        if (tlv && (at(0) != 0x80 || at(1) != 1 || 256 * at(2) + at(3) != rest.size() - 4)) return false;
        for (std::size_t n = tlv ? 4 : 0; n < rest.size(); ++n)
            if (at(n) != 0) return false;
        return stamp::encode(answer, room) && stamp::decode_reflector(room) == answer;
    });
}

TEST_CASE("no byte is read or written beyond the room") {
    for (std::size_t n = 0; n < stamp::packet_size; ++n) {
        std::size_t volatile const size = n;  // g++ 12 warns of what it cannot see to be guarded
        bytes room(size, std::byte{0x5A});
        CHECK_FALSE(stamp::encode(stamp::sender_packet{}, room));
        CHECK_FALSE(stamp::encode(stamp::reflector_packet{}, room));
        CHECK(std::all_of(room.begin(), room.end(), [](std::byte b) { return b == std::byte{0x5A}; }));
        CHECK_FALSE(stamp::decode_sender(room));
        CHECK_FALSE(stamp::decode_reflector(room));
    }
}

TEST_CASE("an error estimate without a multiplier is refused") {
    bytes room(stamp::packet_size, std::byte{0x5A});
    CHECK_FALSE(stamp::encode(stamp::sender_packet{.error = {.multiplier = 0}}, room));
    CHECK_FALSE(stamp::encode(stamp::reflector_packet{.error = {.multiplier = 0}}, room));
    CHECK_FALSE(stamp::encode(stamp::reflector_packet{.sender = {.error = {.multiplier = 0}}}, room));
    CHECK(room == bytes(stamp::packet_size, std::byte{0x5A}));
    bytes packet(stamp::packet_size);
    CHECK_FALSE(stamp::decode_sender(packet));
    packet[13] = std::byte{1};
    CHECK(stamp::decode_sender(packet));
    CHECK_FALSE(stamp::decode_reflector(packet));
    packet[37] = std::byte{1};
    CHECK(stamp::decode_reflector(packet));
}

TEST_CASE("a scale has six bits") {
    bytes packet(stamp::packet_size);
    REQUIRE(stamp::encode(stamp::sender_packet{.error = {.scale = 255}}, packet));
    CHECK(stamp::decode_sender(packet)->error == stamp::error_estimate{.scale = 63});
}

TEST_CASE("NTP's time counts from 1900, in 2^-32 seconds, and wraps") {
    CHECK(stamp::to_ntp(0s) == std::uint64_t{2'208'988'800} << 32);
    CHECK(stamp::to_ntp(1s + 500ms) == (std::uint64_t{2'208'988'801} << 32 | 0x8000'0000u));
    CHECK(stamp::between(stamp::to_ntp(10s), stamp::to_ntp(12s + 250ms)) == 2s + 250ms);
    CHECK(stamp::between(stamp::to_ntp(10s), stamp::to_ntp(10s + 1ns)) == 1ns);
    CHECK(stamp::between(stamp::to_ntp(12s + 250ms), stamp::to_ntp(10s)) == -2s - 250ms);
    auto const wrap = std::chrono::seconds{0x1'0000'0000 - 2'208'988'800};  // 2036-02-07
    CHECK(stamp::to_ntp(wrap) == 0);
    CHECK(stamp::between(stamp::to_ntp(wrap - 1ms), stamp::to_ntp(wrap + 1ms)) == 2ms);
    for_all([](splitmix64& random) {
        auto const a = std::chrono::nanoseconds{static_cast<std::int64_t>(random.below(4'000'000'000'000'000'000))};
        auto const d = std::chrono::nanoseconds{static_cast<std::int64_t>(random.below(2'000'000'000))} - 1s;
        return std::chrono::abs(stamp::between(stamp::to_ntp(a), stamp::to_ntp(a + d)) - d) <= 1ns;
    });
}

TEST_CASE("an answer to a probe becomes a round trip") {
    rolling::probe_window<64> window{1s};
    stamp::session<64> session{9};
    auto const packet = session.ask(window.sent(5s), 0x1234);
    bytes answer(stamp::packet_size);
    REQUIRE(stamp::encode(stamp::reflector_packet{.session = 9, .sender = packet}, answer));
    if (auto sequence = session.match(*stamp::decode_reflector(answer))) window.reply(*sequence, 5s + 20ms);
    CHECK(window.all().rtt_mean_ms() == 20.0);
}

TEST_CASE("an answer to us is told from a stranger's") {
    stamp::session<4> session{77};
    auto const answer_to = [](stamp::sender_packet const& q) {
        return stamp::reflector_packet{.sequence = 900, .session = q.session, .sender = q};
    };
    CHECK_FALSE(session.match({.session = 77}));  // nothing asked: sequence 0 and nonce 0
    auto const first = session.ask(0xFFFF'FFFF, 111), second = session.ask(0, 222);
    CHECK(first.session == 77);
    CHECK(session.match(answer_to(first)) == 0xFFFF'FFFFu);
    CHECK(session.match(answer_to(second)) == 0u);
    auto far = answer_to(second);
    far.sender.sequence = 4;  // of the same slot
    CHECK_FALSE(session.match(far));
    auto other = answer_to(first);
    other.session = 78;
    CHECK_FALSE(session.match(other));
    other = answer_to(first), other.sender.timestamp = 112;
    CHECK_FALSE(session.match(other));
    other = answer_to(first), other.sender.sequence = 0;
    CHECK_FALSE(session.match(other));
    for (std::uint32_t n = 1; n <= 3; ++n) (void)session.ask(n, n);
    CHECK_FALSE(session.match(answer_to(first)));  // four questions ago
    CHECK(session.match(answer_to(second)) == 0u);
}
