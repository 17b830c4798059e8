// SPDX-License-Identifier: MIT
#include <hostpick/stamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

using namespace hostpick;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// Whatever decodes is encoded to the same bytes again, but for those that must be zero, and
/// decodes to the same packet.
template <class Packet, class Decode>
void check(std::span<std::byte const> in, std::span<std::size_t const> zeros, Decode decode) {
    auto const packet = decode(in);
    if (!packet) return;
    std::vector<std::byte> out(stamp::packet_size), expected(in.begin(), in.begin() + stamp::packet_size);
    require(stamp::encode(*packet, out));
    for (std::size_t n = zeros[0]; n < zeros[1]; ++n) expected[n] = {};
    for (std::size_t n = zeros[2]; n < zeros[3]; ++n) expected[n] = {};
    require(out == expected);
    require(decode(std::span<std::byte const>{out}) == packet);
    std::vector<std::byte> as_long(in.size());
    require(stamp::encode(*packet, as_long));
    require(decode(std::span<std::byte const>{as_long}) == packet);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const in = std::as_bytes(std::span{data, size});
    std::size_t const question[] = {16, 44, 0, 0}, answer[] = {38, 40, 41, 44};
    check<stamp::sender_packet>(in, question, stamp::decode_sender);
    check<stamp::reflector_packet>(in, answer, stamp::decode_reflector);
    if (auto const packet = stamp::decode_reflector(in)) {
        stamp::session<4> session{packet->session};
        require(!session.match(*packet));
        (void)session.ask(packet->sender.sequence, packet->sender.timestamp);
        require(session.match(*packet) == packet->sender.sequence);
        (void)session.ask(packet->sender.sequence, ~packet->sender.timestamp);
        require(!session.match(*packet));
    }
    return 0;
}
