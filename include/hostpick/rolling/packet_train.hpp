// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/push_result.hpp>
#include <hostpick/rolling/quantile.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// One train of packets of full size, sent as fast as the sender can, and what it tells of the
/// narrowest link on the way: behind it, the packets are as far apart as it takes to carry them.
///
/// The first half of the train is not measured: a token bucket lets a burst through at the speed of
/// the link before it. A train that was overtaken by itself, that the sender sent no faster than it
/// arrived, or of which too little arrived, says nothing. The result is off by one packet in those
/// measured, and by the time by which a receiver gathers packets before it stamps them. Source:
/// dispersion of packet trains, C. Dovrolis, P. Ramanathan and D. Moore, IEEE/ACM ToN 12 (2004).
///
///     packet_train train{50};
///     for (std::uint32_t n = 0; n < 50; ++n)
///         train.arrived(n, 1250, sent_at + 10us * n, arrived_at + 1ms * n);
///     train.capacity().mbps;  // 10
class packet_train {
public:
    /// Fewer packets in the measured half say nothing.
    static constexpr std::size_t fewest = 8;
    /// A train that came faster was gathered on its way: no link is as wide.
    static constexpr double most_mbps = 400'000;

    /// `packets` is how many the train has.
    constexpr explicit packet_train(std::uint32_t packets) noexcept : packets_{packets} {}

    /// A packet of the train, in the order of arrival: its number from 0 on, its size on the wire,
    /// when it was sent (by the sender's clock) and when it arrived (by the receiver's).
    constexpr push_result arrived(std::uint32_t number, std::uint32_t bytes, instant sent,
                                  instant received) noexcept {
        if (number >= packets_) return push_result::unexpected;
        if (last_ && number <= last_->number) {
            std::uint32_t const behind = last_->number - number;
            if (behind < 64 && (came_ >> behind & 1) != 0) return push_result::duplicate;
            overtaken_ = true;
            return push_result::overtaken;
        }
        if (last_ && received < last_->received) return push_result::clock_ran_back;
        std::uint32_t const ahead = last_ ? number - last_->number : 64;
        came_ = (ahead < 64 ? came_ << ahead : 0) | 1;
        last_ = arrival{number, sent, received};
        if (number < packets_ / 2) return push_result::accepted;
        if (!first_) {
            first_ = last_;  // its own bytes came before the time that is measured
        } else {
            bytes_ += bytes;
            ++measured_;
        }
        return push_result::accepted;
    }

    /// What the train says once no more of it will come: the capacity, or why it says nothing.
    struct result {
        push_result what = push_result::unexpected;
        std::optional<double> mbps{};
    };
    [[nodiscard]] constexpr result capacity() const noexcept {
        if (overtaken_) return {push_result::overtaken, {}};
        if (measured_ < fewest) return {push_result::unexpected, {}};
        auto const took = elapsed(first_->received, last_->received);
        double const bits = static_cast<double>(bytes_) * 8;
        if (bits * 1000 > most_mbps * static_cast<double>(took.count()))
            return {push_result::too_large, {}};
        // Packets that were sent as far apart as they arrived were not held up by anything.
        if (elapsed(first_->sent, last_->sent) >= took - took / 10)
            return {push_result::app_limited, {}};
        return {push_result::accepted, bits * 1000 / static_cast<double>(took.count())};
    }

private:
    struct arrival {
        std::uint32_t number;
        instant sent;
        instant received;
    };
    std::uint32_t packets_;
    std::optional<arrival> first_{};  // of the measured half
    std::optional<arrival> last_{};
    std::uint64_t bytes_ = 0;
    std::size_t measured_ = 0;
    std::uint64_t came_ = 0;  // the last 64 numbers up to the last one, as bits
    bool overtaken_ = false;
};

/// The capacity of a path from the last `N` trains that said something: their median.
///
///     capacity_estimate<8> path;
///     path.push(train.capacity(), now);  // of the train above
///     path.mbps();                       // 10
template <std::size_t N>
class capacity_estimate {
    static_assert(N > 0);

public:
    /// Takes what a train said, or counts it as refused for the reason that the train gives.
    constexpr push_result push(packet_train::result const& train, instant now) noexcept {
        if (!train.mbps) return ++refused_, train.what;
        if (!detail::is_finite(*train.mbps)) return ++refused_, push_result::not_finite;
        if (!detail::is_quantity(*train.mbps)) return ++refused_, push_result::negative;
        trains_[next_] = {*train.mbps, now};
        next_ = (next_ + 1) % N;
        if (size_ < N) ++size_;
        return push_result::accepted;
    }
    /// Forgets the trains that were measured before.
    constexpr void forget_before(instant from) noexcept {
        while (size_ > 0 && trains_[(next_ + N - size_) % N].at < from) --size_;
    }
    /// Forgets all trains, but not the counter.
    constexpr void reset() noexcept { size_ = next_ = 0; }

    [[nodiscard]] constexpr std::size_t trains() const noexcept { return size_; }
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }
    /// When the last train was measured.
    [[nodiscard]] constexpr std::optional<instant> measured_at() const noexcept {
        return size_ > 0 ? std::optional{trains_[(next_ + N - 1) % N].at} : std::nullopt;
    }

    /// The median of the trains; nothing without one.
    [[nodiscard]] constexpr std::optional<double> mbps() const noexcept { return read(0.5); }
    /// The lowest of the trains: with fewer than six, no other bound of a median holds at 95 %.
    [[nodiscard]] constexpr std::optional<double> lowest_mbps() const noexcept { return read(0); }

private:
    struct measured {
        double mbps = 0;
        instant at{};
    };
    [[nodiscard]] constexpr std::optional<double> read(double q) const noexcept {
        std::array<double, N> numbers{};
        for (std::size_t n = 0; n < size_; ++n) numbers[n] = trains_[(next_ + N - 1 - n) % N].mbps;
        return quantile(std::span{numbers.data(), size_}, q);
    }
    std::array<measured, N> trains_{};
    std::size_t size_ = 0;
    std::size_t next_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace hostpick::rolling
