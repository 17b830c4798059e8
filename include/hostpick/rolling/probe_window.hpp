// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/probe_view.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// What was counted over the whole life of a window.
struct probe_counters {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;    ///< first replies in time
    std::uint64_t lost = 0;        ///< no reply before the timeout
    std::uint64_t reordered = 0;   ///< received after the reply to a later probe
    std::uint64_t duplicates = 0;  ///< refused, as all below
    std::uint64_t late = 0;        ///< after the timeout: the probe stays lost
    std::uint64_t unexpected = 0;  ///< to no probe that the window knows
    std::uint64_t negative = 0;    ///< before the probe was sent
    std::uint64_t unsettled = 0;   ///< probes that left before their timeout: `N` is too small
    std::uint64_t clock_ran_back = 0;  ///< times that were earlier than the latest one
};

/// What became of a probe once its timeout has passed.
struct settled_probe {
    instant sent_at;
    bool received;
};

/// The last `N` probes that were sent on one path, and what came back.
///
/// A probe is in flight until its reply comes, or is lost once the timeout has passed without one;
/// a reply after that changes nothing. Because the window holds probes and not replies, a host that
/// falls silent loses its good history. `N` is a power of two. Loss is known of the probes that are
/// older than the timeout, so `N` should be several times the probes that fit into one: of a window
/// that holds no more than those, no loss is known, and `unsettled` counts them.
///
/// Time is an argument and never runs back: an earlier `now` counts as the latest one given.
/// Sending and a reply are O(1), `advance` is so on average. A round trip is kept in `Tick`s,
/// rounded, one at least. Sequence numbers wrap.
///
///     probe_window<64> window{1s};
///     auto const sequence = window.sent(now);      // goes into the packet
///     window.reply(sequence, now + 20ms);          // push_result::accepted
///     window.advance(now + 2s);                    // after reading all that has arrived
///     window.all().jitter_ms();
template <std::size_t N, class Tick = std::chrono::microseconds>
class probe_window {
    static_assert(std::has_single_bit(N) && N <= 65536, "a power of two");

public:
    using view = probe_view<N, Tick>;

    static constexpr std::chrono::nanoseconds tick{Tick{1}};
    /// The longest timeout: a round trip is kept in 32 bits.
    static constexpr std::chrono::nanoseconds longest = tick * (probe_state::lost - 1);

    /// The timeout is moved into `tick` to `longest`. `first_sequence` may be random, so that a
    /// stranger cannot guess it.
    constexpr explicit probe_window(std::chrono::nanoseconds timeout = std::chrono::seconds{1},
                                    std::uint32_t first_sequence = 0) noexcept
        : timeout_{std::clamp(timeout, tick, longest)}, next_{first_sequence}, unsettled_{first_sequence} {}

    /// Notes that a probe is sent, and gives the sequence number to send it with. The oldest of `N`
    /// probes leaves the window for it.
    constexpr std::uint32_t sent(instant now) noexcept {
        pass(now);
        if (size_ == N) forget_oldest();
        sent_at_[slot(next_)] = latest_;
        state_[slot(next_)] = probe_state::in_flight;
        ++size_;
        ++counters_.sent;
        return next_++;
    }

    /// Notes a reply and when it was received: the point in time, best that of the kernel, not how
    /// long it took.
    constexpr push_result reply(std::uint32_t sequence, instant received_at) noexcept {
        if (!knows(sequence)) return ++counters_.unexpected, push_result::unexpected;
        std::uint32_t const known = state_[slot(sequence)];
        if (known == probe_state::lost) return ++counters_.late, push_result::late;
        if (known != probe_state::in_flight) return ++counters_.duplicates, push_result::duplicate;
        instant const sent_at = sent_at_[slot(sequence)];
        if (received_at < sent_at) return ++counters_.negative, push_result::negative;
        auto const rtt = elapsed(sent_at, received_at);
        if (rtt >= timeout_) return ++counters_.late, push_result::late;
        auto const ticks = (rtt + tick / 2) / tick;
        decide(sequence, ticks < 1 ? 1u : static_cast<std::uint32_t>(ticks));
        ++counters_.received;
        heard_at_ = heard_at_ && *heard_at_ > received_at ? *heard_at_ : received_at;
        bool const first = !heard_of_ || static_cast<std::int32_t>(sequence - *heard_of_) > 0;
        if (first) heard_of_ = sequence;
        return first ? push_result::accepted
                     : (++counters_.reordered, push_result::reordered);
    }

    /// Settles the probes whose timeout has passed; those without a reply are lost. First read every
    /// reply that has arrived: a program that slept would else take all of them for lost.
    constexpr void advance(instant now) noexcept {
        advance(now, [](settled_probe) {});
    }
    /// The same, and passes each of them to `use`, in the order of sending.
    template <class Use>
    constexpr void advance(instant now, Use use) {
        pass(now);
        for (; unsettled_ != next_; ++unsettled_) {
            instant const sent_at = sent_at_[slot(unsettled_)];
            if (elapsed(sent_at, latest_) < timeout_) return;
            bool const lost = state_[slot(unsettled_)] == probe_state::in_flight;
            if (lost) {
                decide(unsettled_, probe_state::lost);
                ++counters_.lost;
            }
            ++sums_.settled;
            use(settled_probe{sent_at, !lost});
        }
    }

    /// Forgets the probes that were sent before. O(1) on average.
    constexpr void forget_before(instant from) noexcept {
        while (size_ > 0 && sent_at_[slot(oldest())] < from) forget_oldest();
    }

    /// Forgets all probes and the time, but no counter: the path, or the clock, is another one now.
    constexpr void reset() noexcept {
        size_ = 0;
        unsettled_ = next_;
        sums_ = {};
        latest_ = (instant::min)();
        heard_at_.reset();
        heard_of_.reset();
    }

    [[nodiscard]] constexpr std::chrono::nanoseconds timeout() const noexcept { return timeout_; }
    [[nodiscard]] constexpr probe_counters const& counters() const noexcept { return counters_; }
    /// When the newest reply was received; nothing before the first.
    [[nodiscard]] constexpr std::optional<instant> heard_at() const noexcept { return heard_at_; }
    /// The latest time that was given.
    [[nodiscard]] constexpr instant latest() const noexcept { return latest_; }

    /// All probes of the window. O(1).
    [[nodiscard]] constexpr view all() const noexcept {
        return {state_, oldest(), size_, sums_};
    }
    /// The probes that were sent after `from`. O(N).
    [[nodiscard]] constexpr view sent_after(instant from) const noexcept {
        std::size_t skipped = 0;
        while (skipped < size_ &&
               sent_at_[slot(oldest() + static_cast<std::uint32_t>(skipped))] <= from)
            ++skipped;
        std::uint32_t const first = oldest() + static_cast<std::uint32_t>(skipped);
        probe_sums sums;
        for (std::uint32_t sequence = first; sequence != next_; ++sequence) {
            std::uint32_t const state = state_[slot(sequence)];
            sums.count(state, 1);
            sums.settled += static_cast<std::int32_t>(sequence - unsettled_) < 0;
            if (sequence != first) sums.count_pair(state_[slot(sequence - 1)], state, 1);
        }
        return {state_, first, size_ - skipped, sums};
    }

private:
    [[nodiscard]] static constexpr std::size_t slot(std::uint32_t sequence) noexcept {
        return sequence % N;
    }
    [[nodiscard]] constexpr std::uint32_t oldest() const noexcept {
        return next_ - static_cast<std::uint32_t>(size_);
    }
    [[nodiscard]] constexpr bool knows(std::uint32_t sequence) const noexcept {
        return sequence - oldest() < size_;
    }
    constexpr void pass(instant now) noexcept {
        if (now < latest_) ++counters_.clock_ran_back;
        else latest_ = now;
    }

    // Every change of a probe takes what it said out of the sums and puts the new back in.
    constexpr void count_with_neighbours(std::uint32_t sequence, int by) noexcept {
        std::uint32_t const state = state_[slot(sequence)];
        sums_.count(state, by);
        if (knows(sequence - 1)) sums_.count_pair(state_[slot(sequence - 1)], state, by);
        if (knows(sequence + 1)) sums_.count_pair(state, state_[slot(sequence + 1)], by);
    }
    constexpr void decide(std::uint32_t sequence, std::uint32_t state) noexcept {
        count_with_neighbours(sequence, -1);
        state_[slot(sequence)] = state;
        count_with_neighbours(sequence, 1);
    }
    constexpr void forget_oldest() noexcept {
        count_with_neighbours(oldest(), -1);
        if (unsettled_ == oldest()) ++unsettled_, ++counters_.unsettled;
        else --sums_.settled;
        --size_;
    }

    std::chrono::nanoseconds timeout_;
    instant latest_ = (instant::min)();
    std::optional<instant> heard_at_{};
    std::optional<std::uint32_t> heard_of_{};  // the latest sequence that was answered
    std::uint32_t next_;
    std::uint32_t unsettled_;  // the timeout of all before it has passed
    std::size_t size_ = 0;
    probe_sums sums_{};
    probe_counters counters_{};
    std::array<instant, N> sent_at_{};
    std::array<std::uint32_t, N> state_{};
};

}  // namespace hostpick::rolling
