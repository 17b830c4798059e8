// SPDX-License-Identifier: MIT
#pragma once

#include "net.hpp"
#include "pooled_loss.hpp"
#include "settings.hpp"

#include <hostpick/rolling/packet_train.hpp>
#include <hostpick/rolling/probe_window.hpp>
#include <hostpick/stamp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace monitor {

/// One full test of one host: a burst of small packets that is long enough to judge loss, and then
/// trains of large ones, sent as fast as possible, that tell the capacity of the way back.
///
///     full_test test{settings.full_test, 1s, ssid, random()};
///     while (!test.over()) wait_until(test.step(now(), random, send));
class full_test {
public:
    using instant = hostpick::rolling::instant;

    static constexpr std::size_t room = 1024;  ///< packets of a burst, at most
    static constexpr std::uint32_t train_packets = 60;
    static constexpr std::size_t train_packet_bytes = 1250;
    static constexpr std::size_t train_room = 64;
    /// A burst that nobody has answered after so many packets is given up.
    static constexpr unsigned in_vain = 50;

    full_test(full_test_settings const& what, std::chrono::nanoseconds timeout, std::uint16_t ssid,
              std::uint32_t first_sequence)
        : what_{what}, burst_{timeout, first_sequence}, asked_{ssid}, ssid_{ssid} {}

    [[nodiscard]] bool over() const { return stage_ == stage::over; }
    /// Whether the next step sends a train. Two at a time would measure each other.
    [[nodiscard]] bool wants_train() const { return stage_ == stage::trains && !train_; }
    [[nodiscard]] bool in_train() const { return train_.has_value(); }

    /// Sends what is due: `send(sender_packet, bytes)`. Gives when it wants to be asked again.
    template <class Random, class Send>
    instant step(instant now, Random& random, Send send) {
        switch (stage_) {
            case stage::burst: {
                send(asked_.ask(burst_.sent(now), random()), hostpick::stamp::packet_size);
                ++sent_;
                bool const vain = sent_ >= in_vain && burst_.counters().received == 0 &&
                                  sent_ * what_.spacing > burst_.timeout();
                if (sent_ < what_.packets && !vain) return now + what_.spacing;
                stage_ = stage::settling;
                return now + burst_.timeout();
            }
            case stage::settling:
                burst_.advance(now);
                stage_ = burst_.counters().received > 0 && what_.trains > 0 ? stage::trains
                                                                            : stage::over;
                return now;
            case stage::trains:
                if (!train_) {
                    train_.emplace(ssid_, now);
                    for (std::uint32_t n = 0; n < train_packets; ++n)
                        send(train_->asked.ask(n, random()), train_packet_bytes);
                    return now + poll;
                }
                if (train_->arrived < train_packets && now < train_->begun + train_time)
                    return now + poll;
                said_ = train_->verdict();
                train_.reset();
                if (++trains_ >= what_.trains) stage_ = stage::over;
                return now + 5 * poll;
            case stage::over: break;
        }
        return now;
    }

    /// Takes an answer of so many bytes. False where it is to no question of this test.
    bool answer(hostpick::stamp::reflector_packet const& packet, std::size_t bytes, instant at) {
        if (auto const sequence = asked_.match(packet)) {
            if (bytes > hostpick::stamp::packet_size) return false;
            burst_.reply(*sequence, at);
            return true;
        }
        if (!train_) return false;
        auto const number = train_->asked.match(packet);
        if (!number || bytes > train_packet_bytes) return false;
        if (!train_->first_sent) train_->first_sent = packet.timestamp;
        auto const sent = hostpick::stamp::between(*train_->first_sent, packet.timestamp);
        auto const size = static_cast<std::uint32_t>(bytes + header_bytes);
        if (was_refused(train_->said.arrived(*number, size, sent, at))) return true;
        ++train_->arrived;
        if (*number < train_packets / 2) return true;
        if (!train_->half_at) train_->half_at = at;
        else train_->bytes += size;
        train_->last_at = at;
        return true;
    }

    /// What the last train said that has ended, once: it is gone when it was asked for.
    std::optional<hostpick::rolling::packet_train::result> take_train() {
        return std::exchange(said_, std::nullopt);
    }
    /// The packets of the burst; known once it has settled.
    [[nodiscard]] loss_count loss() const {
        auto const all = burst_.all();
        return {all.lost(), all.settled()};
    }
    /// The round trips of the burst, and all else that can be read of them.
    [[nodiscard]] auto const& burst() const { return burst_; }

private:
    static constexpr std::chrono::milliseconds poll{20}, train_time{1500};
    enum class stage { burst, settling, trains, over };
    struct train {
        train(std::uint16_t ssid, instant now) : asked{ssid}, begun{now} {}
        hostpick::stamp::session<train_room> asked;
        hostpick::rolling::packet_train said{train_packets};
        std::optional<hostpick::stamp::ntp_time> first_sent{};
        std::uint32_t arrived = 0;
        instant begun;
        std::optional<instant> half_at{};  ///< when the measured half began to arrive
        instant last_at{};
        std::uint64_t bytes = 0;

        /// The capacity. A train that nothing held up says that the path carries as much at least;
        /// that is less than the capacity, and far better than nothing.
        [[nodiscard]] hostpick::rolling::packet_train::result verdict() const {
            auto const result = said.capacity();
            if (result.what != hostpick::rolling::push_result::app_limited || last_at <= *half_at)
                return result;
            auto const took = static_cast<double>((last_at - *half_at).count());
            return {hostpick::rolling::push_result::accepted,
                    static_cast<double>(bytes) * 8000 / took};
        }
    };

    full_test_settings what_;
    hostpick::rolling::probe_window<room> burst_;
    hostpick::stamp::session<room> asked_;
    std::uint16_t ssid_;
    stage stage_ = stage::burst;
    unsigned sent_ = 0;
    unsigned trains_ = 0;
    std::optional<train> train_{};
    std::optional<hostpick::rolling::packet_train::result> said_{};
};

}  // namespace monitor
