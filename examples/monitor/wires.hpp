// SPDX-License-Identifier: MIT
#pragma once

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
        : v4_{io}, v6_{io}, resolver_{io}, take_{std::move(take)} {}

    /// What cannot be sent is lost, and counted.
    void send(endpoint const& to, std::span<std::byte const> bytes) {
        auto& socket = to.address().is_v6() ? v6_ : v4_;
        asio::error_code failed;
        if (!socket.is_open()) open(socket, to.protocol(), failed);
        if (!failed) socket.send_to(asio::buffer(bytes.data(), bytes.size()), to, 0, failed);
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
        v4_.close(ignored);
        v6_.close(ignored);
        resolver_.cancel();
    }
    /// Packets that could not be sent.
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    using udp = asio::ip::udp;

    void open(udp::socket& socket, udp const& protocol, asio::error_code& failed) {
        socket.open(protocol, failed);
        if (failed) return;
        socket.non_blocking(true, failed);
        asio::error_code refused;  // then the system's own size has to do
        socket.set_option(asio::socket_base::receive_buffer_size{1 << 22}, refused);
#if defined(SO_TIMESTAMPNS)
        int const yes = 1;
        (void)setsockopt(socket.native_handle(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
#endif
        listen(socket);
    }
    void listen(udp::socket& socket) {
        socket.async_wait(udp::socket::wait_read, [this, &socket](asio::error_code failed) {
            if (failed) return;
            read(socket);
            listen(socket);
        });
    }
    void read(udp::socket& socket) {
        for (int n = 0; n < 1024 && socket.is_open(); ++n) {
            endpoint from;
            hostpick::rolling::instant at{};
            auto const size = receive(socket, from, at);
            if (!size) return;
            take_(std::span<std::byte const>{room_.data(), *size}, from, at);
        }
    }
    /// One packet; nothing where there is none.
    std::optional<std::size_t> receive(udp::socket& socket, endpoint& from,
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
        auto const size = recvmsg(socket.native_handle(), &message, MSG_DONTWAIT);
        if (size < 0) return std::nullopt;
        from.resize(message.msg_namelen);
        at = steady_now();
        for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
            timespec stamp{};
            std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
            auto const since = std::chrono::system_clock::now().time_since_epoch() -
                               std::chrono::seconds{stamp.tv_sec} -
                               std::chrono::nanoseconds{stamp.tv_nsec};
            // Unless the wall clock, which the kernel goes by, has jumped in between.
            if (since.count() > 0 && since < std::chrono::minutes{1}) at -= since;
        }
        return static_cast<std::size_t>(size);
#else
        asio::error_code failed;
        auto const size = socket.receive_from(asio::buffer(room_), from, 0, failed);
        at = steady_now();
        // Another error than that there is nothing is said of a packet that was sent earlier.
        return failed ? std::nullopt : std::optional{size};
#endif
    }

    udp::socket v4_, v6_;
    udp::resolver resolver_;
    received take_;
    std::array<std::byte, 65536> room_{};
    std::uint64_t failures_ = 0;
};

}  // namespace monitor
