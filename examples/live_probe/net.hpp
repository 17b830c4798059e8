// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/stamp.hpp>

#include <asio.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// Something that the person who started the program can mend.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A name, or an address, and a port.
struct name_and_port {
    std::string name;
    std::uint16_t port;
};

/// "name:port" or "[address]:port" taken apart.
inline name_and_port split_address(std::string_view where) {
    std::string const text{where};
    auto const colon = text.rfind(':');
    std::string name = text.substr(0, colon);
    if (name.size() > 1 && name.front() == '[' && name.back() == ']')
        name = name.substr(1, name.size() - 2);
    std::uint16_t port = 0;
    char const* const last = text.data() + text.size();
    char const* const from = colon == std::string::npos ? last : text.data() + colon + 1;
    auto const [end, error] = std::from_chars(from, last, port);
    if (colon == std::string::npos || name.empty() || error != std::errc{} || end != last)
        throw usage_error{text + ": expected NAME:PORT, for example 127.0.0.1:8620"};
    return {name, port};
}

/// "name:port" or "[address]:port" as an endpoint that packets can be sent to, or received at.
inline asio::ip::udp::endpoint resolve(asio::io_context& io, std::string_view where) {
    auto const [name, port] = split_address(where);
    asio::error_code failed;
    auto const found = asio::ip::udp::resolver{io}.resolve(name, std::to_string(port), failed);
    if (failed || found.empty())
        throw usage_error{name + ": the name does not resolve: " + failed.message()};
    return found.begin()->endpoint();
}

inline std::string to_text(asio::ip::udp::endpoint const& e) {
    auto const address = e.address().to_string();
    return (e.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(e.port());
}

/// Now, as STAMP's packets say it.
inline hostpick::stamp::ntp_time ntp_now() {
    return hostpick::stamp::to_ntp(std::chrono::system_clock::now().time_since_epoch());
}

/// What IPv4 and UDP add to a packet on the wire.
inline constexpr std::size_t header_bytes = 28;
