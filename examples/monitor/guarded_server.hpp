// SPDX-License-Identifier: MIT
#pragma once

#include <httplib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>

#if !defined(_WIN32)
#include <poll.h>
#endif

namespace monitor {

/// How much of us one connection may take.
struct connection_limits {
    std::chrono::milliseconds silence{2000};  ///< in which nothing can be read, or written
    std::chrono::milliseconds total{10'000};  ///< from the first byte to the last
    std::size_t bytes = 64 * 1024;            ///< that we read
};

/// A connection that comes to an end, whatever the other side does.
class guarded_stream : public httplib::Stream {
public:
    guarded_stream(socket_t socket, connection_limits const& limits)
        : socket_{socket}, limits_{limits}, left_{limits.bytes} {}

    ssize_t read(char* to, std::size_t size) {
        if (at_ == filled_) {
            if (left_ == 0 || !wait(POLLIN)) return -1;
            auto const got = recv(socket_, buffer_.data(), std::min(buffer_.size(), left_), 0);
            if (got <= 0) return got;
            at_ = 0;
            filled_ = static_cast<std::size_t>(got);
            left_ -= filled_;
        }
        auto const count = std::min(size, filled_ - at_);
        std::memcpy(to, buffer_.data() + at_, count);
        at_ += count;
        return static_cast<ssize_t>(count);
    }
    ssize_t write(char const* from, std::size_t size) {
        return wait(POLLOUT) ? send(socket_, from, size, flags) : -1;
    }

    // What the versions of httplib ask of a stream besides: each of them takes what it knows.
    bool is_readable() const { return at_ < filled_ || wait(POLLIN); }
    bool is_writable() const { return wait(POLLOUT); }
    bool wait_readable() const { return is_readable(); }
    bool wait_writable() const { return is_writable(); }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return socket_; }
    time_t duration() const { return static_cast<time_t>(elapsed().count()); }

private:
    // A write takes what there is room for, and no more: the rest waits for its turn, with a limit.
#if defined(_WIN32)
    static constexpr int flags = 0;
    static int poll(WSAPOLLFD* what, unsigned long count, int ms) {
        return WSAPoll(what, count, ms);
    }
    using pollfd = WSAPOLLFD;
#else
    static constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
#endif
    [[nodiscard]] std::chrono::milliseconds elapsed() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begun_);
    }
    [[nodiscard]] bool wait(short what) const {
        auto const left = std::min(limits_.silence, limits_.total - elapsed());
        pollfd fd{socket_, what, 0};
        return left.count() > 0 && poll(&fd, 1, static_cast<int>(left.count())) > 0;
    }

    socket_t socket_;
    connection_limits limits_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::size_t left_;
    std::array<char, 4096> buffer_{};
    std::size_t at_ = 0, filled_ = 0;
};

/// httplib's server, with one request a connection, and an end to each. By itself it lets a client
/// send header lines without end, and hold a thread for as long as it sends a byte now and then.
class guarded_server : public httplib::Server {
public:
    explicit guarded_server(connection_limits const& limits) : limits_{limits} {}

private:
    bool process_and_close_socket(socket_t socket) override {
        guarded_stream stream{socket, limits_};
        bool const good = process(*this, stream);
#if defined(_WIN32)
        shutdown(socket, SD_BOTH);
        closesocket(socket);
#else
        shutdown(socket, SHUT_RDWR);
        close(socket);
#endif
        return good;
    }
    /// As all versions of httplib spell it.
    template <class Server>
    static bool process(Server& server, guarded_stream& stream) {
        bool closed = false;
        std::function<void(httplib::Request&)> const setup;
        if constexpr (requires { server.process_request(stream, true, closed, setup); })
            return server.process_request(stream, true, closed, setup);
        else
            return server.process_request(stream, {}, 0, {}, 0, true, closed, setup);
    }

    connection_limits limits_;
};

}  // namespace monitor
