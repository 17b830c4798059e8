// SPDX-License-Identifier: MIT
#include <hostpick/stamp.hpp>

#include <cstddef>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

// Turns lines of fields into packets and back, so that another implementation can be asked too:
//   "sender SIZE sequence timestamp S Z scale multiplier ssid"  -> hexadecimal bytes
//   "reflector SIZE sequence timestamp S Z scale multiplier ssid receive sender_sequence
//    sender_timestamp S Z scale multiplier ttl"                 -> hexadecimal bytes
//   "sender? BYTES" and "reflector? BYTES"                      -> the fields, or "refused"
// All numbers are decimal.

namespace {

using namespace hostpick;

std::vector<std::byte> bytes_of(std::string const& hex) {
    std::vector<std::byte> out;
    for (std::size_t n = 0; n + 1 < hex.size(); n += 2)
        out.push_back(static_cast<std::byte>(std::stoi(hex.substr(n, 2), nullptr, 16)));
    return out;
}

void print(std::vector<std::byte> const& packet) {
    for (std::byte const b : packet) std::printf("%02x", std::to_integer<unsigned>(b));
    std::printf("\n");
}

void print(stamp::error_estimate const& e) {
    std::cout << e.synchronised << ' ' << e.ptp << ' ' << +e.scale << ' ' << +e.multiplier << ' ';
}

stamp::error_estimate read_error(std::istream& in) {
    unsigned s = 0, z = 0, scale = 0, multiplier = 0;
    in >> s >> z >> scale >> multiplier;
    return {s != 0, z != 0, static_cast<std::uint8_t>(scale), static_cast<std::uint8_t>(multiplier)};
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream in{line};
        std::string what, hex;
        std::size_t size = 0;
        in >> what;
        if (what == "sender?") {
            in >> hex;
            if (auto const p = stamp::decode_sender(bytes_of(hex))) {
                std::cout << p->sequence << ' ' << p->timestamp << ' ';
                print(p->error);
                std::cout << p->session << std::endl;
            } else {
                std::cout << "refused" << std::endl;
            }
        } else if (what == "reflector?") {
            in >> hex;
            if (auto const p = stamp::decode_reflector(bytes_of(hex))) {
                std::cout << p->sequence << ' ' << p->timestamp << ' ';
                print(p->error);
                std::cout << p->session << ' ' << p->receive_timestamp << ' ' << p->sender.sequence
                          << ' ' << p->sender.timestamp << ' ';
                print(p->sender.error);
                std::cout << +p->sender_ttl << std::endl;
            } else {
                std::cout << "refused" << std::endl;
            }
        } else if (what == "sender") {
            stamp::sender_packet p;
            in >> size >> p.sequence >> p.timestamp;
            p.error = read_error(in);
            in >> p.session;
            std::vector<std::byte> packet(size);
            if (!stamp::encode(p, packet)) return 1;
            print(packet);
        } else if (what == "reflector") {
            stamp::reflector_packet p;
            unsigned ttl = 0;
            in >> size >> p.sequence >> p.timestamp;
            p.error = read_error(in);
            in >> p.session >> p.receive_timestamp >> p.sender.sequence >> p.sender.timestamp;
            p.sender.error = read_error(in);
            in >> ttl;
            p.sender_ttl = static_cast<std::uint8_t>(ttl);
            std::vector<std::byte> packet(size);
            if (!stamp::encode(p, packet)) return 1;
            print(packet);
        } else {
            return 2;
        }
        std::fflush(stdout);
    }
}
