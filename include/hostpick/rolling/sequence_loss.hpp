// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/loss_pattern.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// What was counted of a received stream.
struct sequence_counters {
    std::uint64_t received = 0;    ///< different packets
    std::uint64_t reordered = 0;   ///< of them, those that came after a later one
    std::uint64_t restarts = 0;    ///< the stream started anew
    std::uint64_t duplicates = 0;  ///< refused, as all below
    std::uint64_t too_late = 0;    ///< behind the reorder window, where loss is settled
    std::uint64_t outliers = 0;    ///< far ahead, and not followed up
};

/// Loss of a received stream, by the 16- or 32-bit sequence numbers of its packets.
///
/// A packet that has not come is *missing* while `Reorder` later ones may still be overtaking it,
/// then *lost* for good. A duplicate never hides a loss. Numbers wrap; exactly half way round is
/// backward. One that is far off (`max_dropout` ahead, or behind the reorder window) is held: if its
/// successor comes next, the stream has started anew there, and the gap is no loss.
///
/// The receiver cannot see an outage: while nothing arrives, nothing is lost. `push` is O(1) but for
/// a gap, which is O(packets in it), at most `max_dropout`.
///
///     sequence_loss<std::uint16_t> stream;
///     for (int const n : {65533, 0, 65534, 1}) stream.push(static_cast<std::uint16_t>(n));
///     stream.flush();                // the end of the stream: what is missing is lost
///     stream.loss().packet_loss();   // 0.2
template <std::unsigned_integral Seq, std::size_t Reorder = 128>
class sequence_loss {
    static_assert(sizeof(Seq) == 2 || sizeof(Seq) == 4, "16 or 32 bits");
    static_assert(Reorder > 0 && Reorder % 64 == 0 && Reorder <= 4096, "whole words");

public:
    /// `max_dropout` is at least 1 and less than half the sequence numbers (RFC 3550 has 3000).
    constexpr explicit sequence_loss(std::uint32_t max_dropout = 3000) noexcept
        : max_dropout_{max_dropout == 0 ? 1 : max_dropout} {}

    /// Notes that the packet with this number has arrived.
    constexpr push_result push(Seq sequence) noexcept {
        if (!started_) {
            // After a flush, what was settled by it is late.
            if (ended_ && static_cast<Seq>(*ended_ - sequence) < Reorder)
                return ++counters_.too_late, push_result::late;
            start(sequence);
            return push_result::accepted;
        }
        // Signed distance from the highest; exactly half way round counts as backward.
        auto const ahead = static_cast<Seq>(sequence - static_cast<Seq>(highest_));
        bool const forward = ahead != 0 && ahead < half;
        std::uint64_t const back = static_cast<Seq>(0 - ahead);
        if (forward ? ahead > max_dropout_ : back >= Reorder) return hold(sequence, forward);
        let_go();
        if (forward) {
            for (std::uint64_t const to = highest_ + ahead; highest_ != to;) step();
            mark(highest_);
            ++counters_.received;
            return push_result::accepted;
        }
        std::uint64_t const number = highest_ - back;
        if (number < first_) {
            first_ = number;  // it was sent before the first one that came
        } else if (marked(number)) {
            return ++counters_.duplicates, push_result::duplicate;
        }
        mark(number);
        ++counters_.received;
        return ++counters_.reordered, push_result::reordered;
    }

    /// Settles all that is missing: the stream has ended, or paused for longer than a packet can
    /// take. The next packet starts anew.
    constexpr void flush() noexcept {
        if (!started_) return;
        ended_ = static_cast<Seq>(highest_);
        for (std::size_t i = 0; i < Reorder; ++i) step();
        started_ = false;
        let_go();
    }

    /// What is settled: missing packets are in none of the numbers yet. The longest burst is of the
    /// whole stream.
    [[nodiscard]] constexpr loss_pattern const& loss() const noexcept { return loss_; }
    [[nodiscard]] constexpr sequence_counters const& counters() const noexcept { return counters_; }
    /// Packets that have not come but still may.
    [[nodiscard]] constexpr std::uint64_t missing() const noexcept {
        std::uint64_t missing = 0;
        if (started_)
            for (std::uint64_t n = oldest(); n != highest_; ++n) missing += !marked(n);
        return missing;
    }

private:
    static constexpr Seq half = static_cast<Seq>(Seq{1} << (8 * sizeof(Seq) - 1));

    constexpr void start(Seq sequence) noexcept {
        // Far from 0, so that earlier packets have numbers too.
        first_ = highest_ = (std::uint64_t{1} << 40) + sequence;
        mark(highest_);
        ++counters_.received;
        started_ = true;
    }

    /// Goes on to the next number, for which the oldest one leaves the reorder window.
    constexpr void step() noexcept {
        std::uint64_t const leaving = highest_ + 1 - Reorder;
        if (leaving >= first_) settle(marked(leaving));
        ++highest_;
        came_[word(highest_)] &= ~bit(highest_);
    }
    constexpr void settle(bool came) noexcept {
        if (came) {
            ++loss_.received;
            burst_ = 0;
            return;
        }
        ++loss_.lost;
        if (++burst_ == 1) ++loss_.bursts;
        if (burst_ > loss_.longest_burst) loss_.longest_burst = burst_;
    }

    constexpr push_result hold(Seq sequence, bool forward) noexcept {
        if (holding_ && sequence == static_cast<Seq>(held_ + 1)) {
            Seq const first = held_;
            holding_ = false;
            flush();
            ended_.reset();
            start(first);
            ++counters_.restarts;
            push(sequence);
            return push_result::resynchronised;
        }
        let_go();
        holding_ = true;
        held_ = sequence;
        held_ahead_ = forward;
        return push_result::held;
    }
    /// What was held is no new start.
    constexpr void let_go() noexcept {
        if (!holding_) return;
        holding_ = false;
        ++(held_ahead_ ? counters_.outliers : counters_.too_late);
    }

    [[nodiscard]] constexpr std::uint64_t oldest() const noexcept {
        std::uint64_t const in_window = highest_ + 1 - Reorder;
        return in_window > first_ ? in_window : first_;
    }
    [[nodiscard]] static constexpr std::size_t word(std::uint64_t n) noexcept {
        return n / 64 % (Reorder / 64);
    }
    [[nodiscard]] static constexpr std::uint64_t bit(std::uint64_t n) noexcept {
        return std::uint64_t{1} << n % 64;
    }
    [[nodiscard]] constexpr bool marked(std::uint64_t n) const noexcept {
        return (came_[word(n)] & bit(n)) != 0;
    }
    constexpr void mark(std::uint64_t n) noexcept { came_[word(n)] |= bit(n); }

    std::uint64_t highest_ = 0;  // the highest number so far, unwrapped
    std::uint64_t first_ = 0;    // the lowest
    std::uint64_t burst_ = 0;    // lost ones in a row, up to now
    std::array<std::uint64_t, Reorder / 64> came_{};
    loss_pattern loss_{};
    sequence_counters counters_{};
    std::uint32_t max_dropout_;
    std::optional<Seq> ended_{};  // the highest number before a flush
    Seq held_ = 0;
    bool held_ahead_ = false;
    bool holding_ = false;
    bool started_ = false;
};

}  // namespace hostpick::rolling
