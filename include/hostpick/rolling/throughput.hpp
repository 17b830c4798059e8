// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace hostpick::rolling {

/// How a byte counter behaves, and what can be believed of it.
struct counter_kind {
    bool wraps_at_32_bits = false;   ///< else a decrease is always a reset
    double most_mbps = 400'000;      ///< a rate above it is no rate; tells a wrap from a reset
    /// Readings closer together are taken as one: what a driver books at once is no rate.
    std::chrono::nanoseconds shortest = std::chrono::milliseconds{10};
};

struct throughput_counters {
    std::uint64_t accepted = 0;
    std::uint64_t resets = 0;          ///< the counter started anew: a new baseline
    std::uint64_t clock_ran_back = 0;  ///< refused, as all below
    std::uint64_t too_large = 0;       ///< more than the counter's kind allows
};

/// What a link carries now, from readings of a byte counter.
///
/// The first reading is a baseline. Each later one makes an interval of its real duration; the
/// newest `N` of them that ended in the `window` before now make the rate: all bits over all time,
/// not a mean of rates. An idle link has the rate 0, which is something else than no reading. A
/// counter that falls is a reset, and its interval counts for nothing; one that is declared to wrap
/// has wrapped if the rate would be believable. A step that is not believable is refused, and was a
/// reset if the next reading follows on it. O(1) a push, O(N) a read.
///
///     throughput<64> link{10s};
///     link.push(1'000'000, now);                  // push_result::baseline
///     link.push(2'250'000, now + 1s);
///     link.mbps(now + 1s);                        // 10
template <std::size_t N>
class throughput {
    static_assert(N > 0);

public:
    constexpr explicit throughput(std::chrono::nanoseconds window = std::chrono::seconds{10},
                                  counter_kind const& kind = {}) noexcept
        : window_{window}, kind_{kind} {}

    /// `app_limited` says that the sender had no more to send in the time since the last reading:
    /// then the rate says nothing about what the link could carry.
    constexpr push_result push(std::uint64_t bytes, instant now,
                               bool app_limited = false) noexcept {
        if (!last_) return start(bytes, now, push_result::baseline);
        if (now <= last_->at) return ++counters_.clock_ran_back, push_result::clock_ran_back;
        auto const duration = elapsed(last_->at, now);
        std::uint64_t grown = bytes - last_->bytes;
        if (bytes < last_->bytes) {
            grown &= 0xFFFF'FFFFu;
            bool const wrapped = kind_.wraps_at_32_bits && believable(grown, duration);
            if (!wrapped) {
                ++counters_.resets;
                return start(bytes, now, push_result::counter_reset);
            }
        } else if (!believable(grown, duration)) {
            bool const follows = held_ && bytes >= held_->bytes && now > held_->at &&
                                 believable(bytes - held_->bytes, elapsed(held_->at, now));
            if (follows) {
                ++counters_.resets;
                return start(bytes, now, push_result::counter_reset);
            }
            held_ = reading{now, bytes};
            return ++counters_.too_large, push_result::too_large;
        }
        limited_ = limited_ || app_limited;
        if (duration < kind_.shortest) return push_result::accepted;  // the next one includes it
        intervals_[next_] = {now, duration, grown, limited_};
        next_ = (next_ + 1) % N;
        if (size_ < N) ++size_;
        ++counters_.accepted;
        start(bytes, now, push_result::accepted);
        return push_result::accepted;
    }

    /// Forgets the readings, but no counter: the link is another one now.
    constexpr void reset() noexcept {
        last_.reset();
        held_.reset();
        size_ = next_ = 0;
        limited_ = false;
    }

    /// The rate over the intervals that ended after `now - window`; nothing where there is none.
    [[nodiscard]] constexpr std::optional<double> mbps(instant now) const noexcept {
        double bytes = 0, nanoseconds = 0;  // whole numbers, and no sum of them overflows
        for_each(now, [&](interval const& i) {
            bytes += static_cast<double>(i.bytes);
            nanoseconds += static_cast<double>(i.duration.count());
        });
        if (!(nanoseconds > 0)) return std::nullopt;
        return bytes * 8000 / nanoseconds;
    }
    /// The highest rate of an interval in which the sender had more to send: what the link can
    /// carry at least. Nothing where there was none.
    [[nodiscard]] constexpr std::optional<double> capacity_hint_mbps(instant now) const noexcept {
        std::optional<double> most;
        for_each(now, [&](interval const& i) {
            if (i.app_limited) return;
            double const rate = rate_mbps(i.bytes, i.duration);
            if (!most || rate > *most) most = rate;
        });
        return most;
    }
    [[nodiscard]] constexpr throughput_counters const& counters() const noexcept {
        return counters_;
    }

private:
    struct reading {
        instant at;
        std::uint64_t bytes;
    };
    struct interval {
        instant end;
        std::chrono::nanoseconds duration;
        std::uint64_t bytes;
        bool app_limited;
    };

    constexpr push_result start(std::uint64_t bytes, instant now, push_result result) noexcept {
        last_ = reading{now, bytes};
        held_.reset();
        limited_ = false;
        return result;
    }
    [[nodiscard]] static constexpr double rate_mbps(std::uint64_t bytes,
                                                    std::chrono::nanoseconds time) noexcept {
        return static_cast<double>(bytes) * 8000 / static_cast<double>(time.count());
    }
    [[nodiscard]] constexpr bool believable(std::uint64_t bytes,
                                            std::chrono::nanoseconds time) const noexcept {
        return rate_mbps(bytes, time) <= kind_.most_mbps;
    }
    template <class Use>
    constexpr void for_each(instant now, Use use) const {
        for (std::size_t n = 0; n < size_; ++n)
            if (elapsed(intervals_[n].end, now) < window_) use(intervals_[n]);
    }

    std::chrono::nanoseconds window_;
    counter_kind kind_;
    std::optional<reading> last_{};
    std::optional<reading> held_{};  // the last one that was too large a step
    bool limited_ = false;  // since the last reading that made an interval
    std::size_t size_ = 0;
    std::size_t next_ = 0;
    throughput_counters counters_{};
    std::array<interval, N> intervals_{};
};

}  // namespace hostpick::rolling
