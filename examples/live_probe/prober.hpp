// SPDX-License-Identifier: MIT
#pragma once

#include "net.hpp"

#include <hostpick/rolling/packet_train.hpp>
#include <hostpick/rolling/path_monitor.hpp>
#include <hostpick/stamp.hpp>

#include <asio.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

/// One host, and all that is known of the path to it.
struct probed_host {
    static constexpr std::size_t window = 512;
    static constexpr std::uint32_t train_packets = 60;
    static constexpr std::size_t train_room = 64;
    static constexpr std::size_t train_packet_bytes = 1250;

    std::string name;
    asio::ip::udp::endpoint at;
    hostpick::rolling::path_monitor<window> path;
    hostpick::stamp::session<window> session;
    asio::steady_timer next_probe;
    asio::steady_timer next_train;

    /// The train that is under way, in a session of its own.
    struct train {
        hostpick::stamp::session<train_room> session;
        hostpick::rolling::packet_train said{train_packets};
        std::optional<hostpick::stamp::ntp_time> first_sent{};
    };
    std::optional<train> under_way{};
};

struct probe_plan {
    std::chrono::microseconds interval{50'000};
    std::chrono::milliseconds between_trains{1500};
    bool trains = true;
    hostpick::rolling::path_options path{};
};

/// Probes hosts by UDP, all through one socket per address family.
class prober {
public:
    /// The monotonic clock as the library counts time.
    static hostpick::rolling::instant now() {
        return std::chrono::duration_cast<hostpick::rolling::instant>(
            std::chrono::steady_clock::now().time_since_epoch());
    }

    prober(asio::io_context& io, probe_plan const& plan);

    void add(std::string name, asio::ip::udp::endpoint const& at);
    void start();
    /// Sends nothing more; answers are still taken.
    void stop();

    /// Reads what has arrived, and then gives up what has not.
    void advance();

    [[nodiscard]] std::vector<std::unique_ptr<probed_host>> const& hosts() const { return hosts_; }
    [[nodiscard]] std::uint64_t strangers() const { return strangers_; }

private:
    void probe(probed_host& host);
    void send_train(probed_host& host);
    void finish_train(probed_host& host);
    void send(probed_host const& host, hostpick::stamp::sender_packet const& packet, std::size_t bytes);
    void listen(asio::ip::udp::socket& socket);
    void read_all(asio::ip::udp::socket& socket);
    void take(std::size_t bytes, asio::ip::udp::endpoint const& from);
    void after(asio::steady_timer& timer, std::chrono::microseconds delay, void (prober::*what)(probed_host&), probed_host& host);

    asio::io_context& io_;
    probe_plan plan_;
    asio::ip::udp::socket v4_;
    asio::ip::udp::socket v6_;
    std::mt19937_64 random_;
    std::array<std::byte, 65536> room_{};
    std::vector<std::unique_ptr<probed_host>> hosts_;
    std::uint64_t strangers_ = 0;  // packets that answer none of our questions
};
