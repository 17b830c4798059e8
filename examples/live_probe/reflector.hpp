// SPDX-License-Identifier: MIT
#pragma once

#include "net.hpp"

#include <hostpick/stamp.hpp>

#include <asio.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <vector>

/// What happens to an answer on its way back.
struct impairments {
    double delay_ms = 0;
    double jitter_ms = 0;  ///< up to so much more, evenly
    double loss = 0;       ///< ratios, 0 to 1
    double reorder = 0;
    double duplicate = 0;
    double rate_mbps = 0;  ///< of the link back; 0 is unlimited
    double queue_ms = 200;  ///< what the link holds before it drops
    std::uint64_t seed = 1;
};

/// Answers STAMP's test packets at one endpoint, impaired on purpose.
class reflector {
public:
    reflector(asio::io_context& io, asio::ip::udp::endpoint const& at, impairments const& how)
        : socket_{io}, timer_{io}, how_{how}, random_{how.seed} {
        asio::error_code failed;
        socket_.open(at.protocol());
        socket_.bind(at, failed);
        if (failed) throw usage_error{to_text(at) + ": cannot listen there: " + failed.message()};
        socket_.set_option(asio::socket_base::receive_buffer_size{1 << 20}, failed);  // if allowed
        receive();
    }
    [[nodiscard]] asio::ip::udp::endpoint where() const { return socket_.local_endpoint(); }
    [[nodiscard]] std::uint64_t answered() const { return answered_; }
    [[nodiscard]] impairments const& how() const { return how_; }
    /// From now on so; what is on its way back stays as it is.
    void impair(impairments const& how) { how_ = how; }

private:
    using udp = asio::ip::udp;
    using steady_clock = std::chrono::steady_clock;
    using milliseconds = std::chrono::duration<double, std::milli>;

    struct datagram {
        std::vector<std::byte> bytes;
        udp::endpoint to;
    };

    void receive() {
        auto const next = [this](asio::error_code failed, std::size_t n) {
            if (failed == asio::error::operation_aborted) return;
            if (!failed) answer(n);
            receive();  // an error is of one packet, such as a port that nobody listens at any more
        };
        socket_.async_receive_from(asio::buffer(room_), from_, next);
    }

    void answer(std::size_t size) {
        auto const received = ntp_now();
        namespace stamp = hostpick::stamp;
        auto const question = stamp::decode_sender(std::span{room_.data(), size});
        if (!question) return;
        stamp::reflector_packet const packet{.sequence = question->sequence,
                                             .timestamp = ntp_now(),
                                             .session = question->session,
                                             .receive_timestamp = received,
                                             .sender = *question,
                                             .sender_ttl = 255};
        std::vector<std::byte> bytes(size);  // never longer than the question
        if (!stamp::encode(packet, bytes)) return;
        if (chance() < how_.loss) return;
        bool const twice = chance() < how_.duplicate;
        send_back(bytes);
        if (twice) send_back(bytes);
    }

    /// Through the link, then over the distance.
    void send_back(std::vector<std::byte> const& bytes) {
        auto leaves = steady_clock::now();
        if (how_.rate_mbps > 0) {
            free_at_ = std::max(free_at_, leaves);
            if (free_at_ - leaves > milliseconds{how_.queue_ms}) return;
            double const bits = static_cast<double>(bytes.size() + header_bytes) * 8;
            free_at_ += std::chrono::duration_cast<steady_clock::duration>(
                milliseconds{bits / how_.rate_mbps / 1000});
            leaves = free_at_;
        }
        // Queues keep the order of packets: what overtakes was held back on purpose.
        auto const after = [&](double ms) {
            return leaves + std::chrono::duration_cast<steady_clock::duration>(milliseconds{ms});
        };
        double const late_ms = how_.delay_ms + how_.jitter_ms * chance();
        latest_ = std::max(latest_, after(late_ms));
        auto const due = chance() < how_.reorder ? latest_ + std::chrono::milliseconds{30} : latest_;
        waiting_.emplace(due, datagram{bytes, from_});
        wait();
    }

    void wait() {
        if (waiting_.empty()) return;
        timer_.expires_at(waiting_.begin()->first);
        timer_.async_wait([this](asio::error_code failed) {
            if (failed) return;
            auto const due = waiting_.upper_bound(steady_clock::now());
            for (auto d = waiting_.begin(); d != due; d = waiting_.erase(d)) {
                asio::error_code lost;  // as in a network
                socket_.send_to(asio::buffer(d->second.bytes), d->second.to, 0, lost);
                ++answered_;
            }
            wait();
        });
    }

    double chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

    udp::socket socket_;
    asio::steady_timer timer_;
    impairments how_;
    std::mt19937_64 random_;
    std::array<std::byte, 65536> room_{};
    udp::endpoint from_;
    std::multimap<steady_clock::time_point, datagram> waiting_;
    steady_clock::time_point free_at_{};  // the link
    steady_clock::time_point latest_{};   // that an answer arrives
    std::uint64_t answered_ = 0;
};
