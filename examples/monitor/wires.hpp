// SPDX-License-Identifier: MIT
#pragma once

#include "arrival_clock.hpp"
#include "net.hpp"

#include <hostpick/rolling/instant.hpp>

#include <asio.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#if defined(__linux__)
#include <sys/socket.h>
#endif

namespace monitor {

/// The monotonic clock as the library counts time. Nothing is measured by the wall clock, which
/// may jump.
inline hostpick::rolling::instant steady_now() {
    return std::chrono::duration_cast<hostpick::rolling::instant>(
        std::chrono::steady_clock::now().time_since_epoch());
}

/// Packets out and in, by one UDP socket for each address family, and names to addresses.
class wires {
public:
    using endpoint = asio::ip::udp::endpoint;
    /// What came in, from where, and when: by the kernel's word where it gives one. A thread that
    /// has to wait for its processor would else see late packets, and all of them at once.
    using received = std::function<void(std::span<std::byte const>, endpoint const&,
                                        hostpick::rolling::instant at)>;

    wires(asio::io_context& io, received take)
        : v4_{udp::socket{io}}, v6_{udp::socket{io}}, resolver_{io}, take_{std::move(take)} {}

    /// What cannot be sent is lost, and counted.
    void send(endpoint const& to, std::span<std::byte const> bytes) {
        wire& out = to.address().is_v6() ? v6_ : v4_;
        asio::error_code failed;
        if (!out.socket.is_open()) open(out, to.protocol(), failed);
        if (!failed) out.socket.send_to(asio::buffer(bytes.data(), bytes.size()), to, 0, failed);
        if (failed) ++failures_;
    }

    /// Reads what has arrived; but no flood of packets keeps us here for long.
    void read() {
        read(v4_);
        read(v6_);
    }

    /// Calls `use(error, endpoint)`: before it returns where the address is a number.
    template <class Use>
    void look_up(std::string const& address, Use use) {
        auto const [name, port] = split_address(address);
        asio::error_code failed;
        auto const number = asio::ip::make_address(name, failed);
        if (!failed) return use(asio::error_code{}, endpoint{number, port});
        resolver_.async_resolve(
            name, std::to_string(port),
            [use](asio::error_code error, asio::ip::udp::resolver::results_type const& found) {
                if (error == asio::error::operation_aborted) return;
                if (!error && found.empty()) error = asio::error::host_not_found;
                use(error, error ? endpoint{} : found.begin()->endpoint());
            });
    }

    void close() {
        asio::error_code ignored;
        v4_.socket.close(ignored);
        v6_.socket.close(ignored);
        resolver_.cancel();
    }
    /// Packets that could not be sent.
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    using udp = asio::ip::udp;

    struct wire {
        udp::socket socket;
        arrival_clock arrivals{};
    };

    static arrival_clock::reading read_clocks() {
        return {steady_now(), std::chrono::system_clock::now().time_since_epoch()};
    }

    void open(wire& line, udp const& protocol, asio::error_code& failed) {
        udp::socket& socket = line.socket;
        line.arrivals.empty(read_clocks());
        socket.open(protocol, failed);
        if (failed) return;
        socket.non_blocking(true, failed);
        asio::error_code refused;  // then the system's own size has to do
        socket.set_option(asio::socket_base::receive_buffer_size{1 << 22}, refused);
#if defined(SO_TIMESTAMPNS)
        int const yes = 1;
        (void)setsockopt(socket.native_handle(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
#endif
        listen(line);
    }
    void listen(wire& line) {
        line.socket.async_wait(udp::socket::wait_read, [this, &line](asio::error_code failed) {
            if (failed) return;
            read(line);
            listen(line);
        });
    }
    void read(wire& line) {
        for (int n = 0; n < 1024 && line.socket.is_open(); ++n) {
            endpoint from;
            hostpick::rolling::instant at{};
            auto const before = read_clocks();
            auto const size = receive(line, from, at);
            if (!size) return line.arrivals.empty(before);
            take_(std::span<std::byte const>{room_.data(), *size}, from, at);
        }
    }
    /// One packet; nothing where there is none.
    std::optional<std::size_t> receive(wire& line, endpoint& from,
                                       hostpick::rolling::instant& at) {
#if defined(SO_TIMESTAMPNS)
        alignas(cmsghdr) std::array<char, 256> control;
        iovec bytes{room_.data(), room_.size()};
        msghdr message{};
        message.msg_name = from.data();
        message.msg_namelen = static_cast<socklen_t>(from.capacity());
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        auto const size = recvmsg(line.socket.native_handle(), &message, MSG_DONTWAIT);
        if (size < 0) return std::nullopt;
        from.resize(message.msg_namelen);
        auto const now = read_clocks();
        at = now.steady;
        for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
            timespec stamp{};
            std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            at = line.arrivals.arrived(now, std::chrono::seconds{stamp.tv_sec} +
                                                std::chrono::nanoseconds{stamp.tv_nsec});
        }
        return static_cast<std::size_t>(size);
#else
        asio::error_code failed;
        auto const size = line.socket.receive_from(asio::buffer(room_), from, 0, failed);
        at = steady_now();
        // Another error than that there is nothing is said of a packet that was sent earlier.
        return failed ? std::nullopt : std::optional{size};
#endif
    }

    wire v4_, v6_;
    udp::resolver resolver_;
    received take_;
    std::array<std::byte, 65536> room_{};
    std::uint64_t failures_ = 0;
};

}  // namespace monitor
