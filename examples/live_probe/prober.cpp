// SPDX-License-Identifier: MIT
#include "prober.hpp"

#include <algorithm>
#include <span>

using asio::ip::udp;
using std::chrono::milliseconds;
namespace stamp = hostpick::stamp;

namespace {

std::mt19937_64 seeded() {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64{seed};
}

}  // namespace

prober::prober(asio::io_context& io, probe_plan const& plan)
    : io_{io}, plan_{plan}, v4_{io}, v6_{io}, random_{seeded()} {}

void prober::add(std::string name, udp::endpoint const& at) {
    auto& socket = at.address().is_v6() ? v6_ : v4_;
    if (!socket.is_open()) {
        socket.open(at.protocol());
        socket.non_blocking(true);
        asio::error_code refused;
        socket.set_option(asio::socket_base::receive_buffer_size{1 << 22}, refused);
        listen(socket);
    }
    auto const ssid = [this] { return static_cast<std::uint16_t>(random_()); };
    auto const first = static_cast<std::uint32_t>(random_());
    hosts_.push_back(std::make_unique<probed_host>(
        probed_host{std::move(name), at, hostpick::rolling::path_monitor<probed_host::window>{plan_.path, first},
                    stamp::session<probed_host::window>{ssid()}, asio::steady_timer{io_}, asio::steady_timer{io_}}));
}

void prober::start() {
    // Spread over the interval, so that the hosts are not asked all at once.
    auto const count = static_cast<long>(hosts_.size());
    for (long n = 0; n < count; ++n) {
        probed_host& host = *hosts_[static_cast<std::size_t>(n)];
        after(host.next_probe, plan_.interval * n / count, &prober::probe, host);
        if (plan_.trains)
            after(host.next_train, milliseconds{500} + plan_.between_trains * n / count, &prober::send_train, host);
    }
}

void prober::stop() {
    for (auto& host : hosts_) {
        host->next_probe.cancel();
        host->next_train.cancel();
    }
}

void prober::after(asio::steady_timer& timer, std::chrono::microseconds delay, void (prober::*what)(probed_host&), probed_host& host) {
    timer.expires_after(delay);
    timer.async_wait([this, what, &host](asio::error_code cancelled) {
        if (!cancelled) (this->*what)(host);
    });
}

void prober::probe(probed_host& host) {
    auto const sequence = host.path.sent(now());
    send(host, host.session.ask(sequence, random_()), stamp::packet_size);
    // Up to a tenth earlier or later, so that nothing that is periodic stays in step with us.
    auto const us = plan_.interval.count();
    auto const shift = static_cast<long>(random_() % static_cast<std::uint64_t>(us / 5 + 1)) - us / 10;
    after(host.next_probe, std::chrono::microseconds{us + shift}, &prober::probe, host);
}

void prober::send_train(probed_host& host) {
    host.under_way.emplace(probed_host::train{
        stamp::session<probed_host::train_room>{static_cast<std::uint16_t>(random_())}});
    for (std::uint32_t n = 0; n < probed_host::train_packets; ++n)
        send(host, host.under_way->session.ask(n, random_()), probed_host::train_packet_bytes);
    after(host.next_train, plan_.between_trains, &prober::finish_train, host);
}

void prober::finish_train(probed_host& host) {
    advance();
    host.path.train(host.under_way->said.capacity(), now());
    send_train(host);
}

void prober::send(probed_host const& host, stamp::sender_packet const& packet, std::size_t bytes) {
    std::array<std::byte, probed_host::train_packet_bytes> room;
    std::span const out{room.data(), bytes};
    if (!stamp::encode(packet, out)) return;
    asio::error_code lost;  // an unreachable host is one that does not answer
    (host.at.address().is_v6() ? v6_ : v4_).send_to(asio::buffer(out.data(), out.size()), host.at, 0, lost);
}

void prober::listen(udp::socket& socket) {
    socket.async_wait(udp::socket::wait_read, [this, &socket](asio::error_code failed) {
        if (failed) return;
        read_all(socket);
        listen(socket);
    });
}

void prober::read_all(udp::socket& socket) {
    if (!socket.is_open()) return;
    for (;;) {
        udp::endpoint from;
        asio::error_code failed;
        auto const bytes = socket.receive_from(asio::buffer(room_), from, 0, failed);
        if (failed == asio::error::would_block || failed == asio::error::try_again) return;
        if (failed == asio::error::connection_refused) continue;  // said of a packet sent earlier
        if (failed) return;
        take(bytes, from);
    }
}

void prober::take(std::size_t bytes, udp::endpoint const& from) {
    auto const at = now();
    auto const answer = stamp::decode_reflector(std::span{room_.data(), bytes});
    for (auto& host : hosts_) {
        if (!answer || host->at != from) continue;
        if (auto const sequence = host->session.match(*answer)) {
            host->path.reply(*sequence, at);
            return;
        }
        auto& train = host->under_way;
        if (!train) continue;
        if (auto const number = train->session.match(*answer)) {
            if (!train->first_sent) train->first_sent = answer->timestamp;
            train->said.arrived(*number, static_cast<std::uint32_t>(bytes + header_bytes),
                                stamp::between(*train->first_sent, answer->timestamp), at);
            return;
        }
    }
    ++strangers_;
}

void prober::advance() {
    read_all(v4_);
    read_all(v6_);
    for (auto& host : hosts_) host->path.advance(now());
}
