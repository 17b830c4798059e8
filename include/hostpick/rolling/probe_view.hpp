// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/rolling/loss_pattern.hpp>
#include <hostpick/rolling/quantile.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hostpick::rolling {

/// What is known of a probe: its round trip in ticks, which is never 0, or one of the two others.
struct probe_state {
    static constexpr std::uint32_t in_flight = 0;
    static constexpr std::uint32_t lost = ~std::uint32_t{0};

    [[nodiscard]] static constexpr bool received(std::uint32_t state) noexcept {
        return state != in_flight && state != lost;
    }
    /// |a - b| of two round trips.
    [[nodiscard]] static constexpr std::int64_t distance(std::uint32_t a,
                                                         std::uint32_t b) noexcept {
        return a > b ? std::int64_t{a} - b : std::int64_t{b} - a;
    }
};

/// Sums over probes in the order of sending, kept as integers so that they never drift.
struct probe_sums {
    std::int64_t received = 0;
    std::int64_t lost = 0;
    std::int64_t settled = 0;         ///< the timeout has passed, with or without a reply
    std::int64_t rtt = 0;             ///< ticks
    std::int64_t pairs = 0;           ///< adjacent probes of which both were received
    std::int64_t rtt_difference = 0;  ///< ticks: |difference| summed over those pairs
    std::int64_t lost_pairs = 0;      ///< adjacent probes of which both were lost

    [[nodiscard]] friend constexpr bool operator==(probe_sums const&, probe_sums const&) = default;

    /// Adds a probe, or takes it away where `by` is -1.
    constexpr void count(std::uint32_t state, int by) noexcept {
        if (probe_state::received(state)) {
            received += by;
            rtt += by * std::int64_t{state};
        }
        if (state == probe_state::lost) lost += by;
    }
    /// The same for what a probe and the next one say together.
    constexpr void count_pair(std::uint32_t a, std::uint32_t b, int by) noexcept {
        if (probe_state::received(a) && probe_state::received(b)) {
            pairs += by;
            rtt_difference += by * probe_state::distance(a, b);
        }
        if (a == probe_state::lost && b == probe_state::lost) lost_pairs += by;
    }
};

/// What can be read of some probes in a row, in the order of sending. It refers to a window's
/// memory: ask at once, or make another after the next push.
template <std::size_t N, class Tick>
class probe_view {
public:
    /// The probes `first` to `first + size` of a ring, and their sums.
    constexpr probe_view(std::array<std::uint32_t, N> const& ring, std::uint32_t first,
                         std::size_t size, probe_sums const& sums) noexcept
        : ring_{&ring}, first_{first}, size_{size}, sums_{sums} {}

    /// Probes, whatever became of them.
    [[nodiscard]] constexpr std::size_t sent() const noexcept { return size_; }
    /// Those with a reply: what round trips are read of.
    [[nodiscard]] constexpr std::size_t received() const noexcept {
        return static_cast<std::size_t>(sums_.received);
    }
    [[nodiscard]] constexpr std::size_t lost() const noexcept {
        return static_cast<std::size_t>(sums_.lost);
    }
    /// Those that may still be answered.
    [[nodiscard]] constexpr std::size_t in_flight() const noexcept {
        return size_ - received() - lost();
    }
    /// Those whose timeout has passed, answered or not: what loss is read of.
    [[nodiscard]] constexpr std::size_t settled() const noexcept {
        return static_cast<std::size_t>(sums_.settled);
    }
    [[nodiscard]] constexpr probe_sums const& sums() const noexcept { return sums_; }

    /// The mean round trip; nothing without a reply, as of all that is read of round trips.
    [[nodiscard]] constexpr std::optional<double> rtt_mean_ms() const noexcept {
        if (sums_.received == 0) return std::nullopt;
        return ms(static_cast<double>(sums_.rtt)) / static_cast<double>(sums_.received);
    }
    /// The shortest round trip. O(N).
    [[nodiscard]] constexpr std::optional<double> rtt_min_ms() const noexcept {
        return extreme([](std::uint32_t a, std::uint32_t b) { return a < b; });
    }
    /// The longest. O(N).
    [[nodiscard]] constexpr std::optional<double> rtt_max_ms() const noexcept {
        return extreme([](std::uint32_t a, std::uint32_t b) { return a > b; });
    }

    /// The standard deviation with n - 1; nothing below two replies. O(N).
    [[nodiscard]] std::optional<double> rtt_deviation_ms() const noexcept {
        return sums_.received < 2 ? std::nullopt : deviation(sums_.received - 1);
    }
    /// The standard deviation of the replies as a whole population, with n. O(N).
    [[nodiscard]] std::optional<double> rtt_population_deviation_ms() const noexcept {
        return sums_.received < 1 ? std::nullopt : deviation(sums_.received);
    }

    /// A quantile of the round trips, as `quantile`. O(N).
    [[nodiscard]] constexpr std::optional<double> rtt_quantile_ms(double q) const noexcept {
        std::array<std::uint32_t, N> numbers{};
        std::size_t count = 0;
        for_each_rtt([&](std::uint32_t rtt) { numbers[count++] = rtt; });
        auto const ticks = quantile(std::span{numbers.data(), count}, q);
        if (!ticks) return std::nullopt;
        return ms(*ticks);
    }

    /// The mean |difference| of round trips of adjacent probes that were both received, in the
    /// order of sending (IPDV of RFC 3393); a lost probe breaks a pair. Nothing without a pair.
    [[nodiscard]] constexpr std::optional<double> jitter_ms() const noexcept {
        if (sums_.pairs == 0) return std::nullopt;
        return ms(static_cast<double>(sums_.rtt_difference)) /
               static_cast<double>(sums_.pairs);
    }
    /// The sample deviation of those differences; nothing below two pairs. O(N).
    [[nodiscard]] std::optional<double> jitter_deviation_ms() const noexcept {
        if (sums_.pairs < 2) return std::nullopt;
        double const mean = static_cast<double>(sums_.rtt_difference) /
                            static_cast<double>(sums_.pairs);
        double squares = 0;
        for (std::size_t i = 1; i < size_; ++i)
            if (probe_state::received(at(i - 1)) && probe_state::received(at(i))) {
                double const off = static_cast<double>(probe_state::distance(at(i - 1), at(i))) - mean;
                squares += detail::rounded(off * off);
            }
        return ms(std::sqrt(squares / static_cast<double>(sums_.pairs - 1)));
    }
    /// How far the `q` quantile of round trips lies above the smallest (PDV of RFC 5481): it
    /// sees a queue that builds up slowly, to which `jitter_ms` is blind. O(N).
    [[nodiscard]] constexpr std::optional<double> delay_variation_ms(
        double q = 0.95) const noexcept {
        auto const high = rtt_quantile_ms(q);
        if (!high) return std::nullopt;
        return *high - *rtt_min_ms();
    }

    /// Losses and their bursts, of the settled probes. O(N).
    [[nodiscard]] constexpr loss_pattern loss() const noexcept {
        std::uint64_t longest = 0, run = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            run = at(i) == probe_state::lost ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
        return {.received = static_cast<std::uint64_t>(sums_.settled - sums_.lost),
                .lost = static_cast<std::uint64_t>(sums_.lost),
                .bursts = static_cast<std::uint64_t>(sums_.lost - sums_.lost_pairs),
                .longest_burst = longest};
    }
    /// The ratio of lost probes among the settled ones; nothing before the first timeout has passed.
    /// Younger replies are left out, because a loss takes longer to be known than a reply: to count
    /// them would say too little, the more so the faster one probes.
    [[nodiscard]] constexpr std::optional<double> packet_loss() const noexcept {
        if (sums_.settled == 0) return std::nullopt;
        return static_cast<double>(sums_.lost) / static_cast<double>(sums_.settled);
    }

private:
    [[nodiscard]] static constexpr double ms(double ticks) noexcept {
        return ticks * to_ms(Tick{1});
    }
    [[nodiscard]] constexpr std::uint32_t at(std::size_t i) const noexcept {
        return (*ring_)[(first_ + static_cast<std::uint32_t>(i)) % N];
    }
    template <class Use>
    constexpr void for_each_rtt(Use use) const {
        for (std::size_t i = 0; i < size_; ++i)
            if (probe_state::received(at(i))) use(at(i));
    }
    template <class Better>
    [[nodiscard]] constexpr std::optional<double> extreme(Better better) const {
        std::uint32_t best = 0;
        for_each_rtt([&](std::uint32_t rtt) {
            if (best == 0 || better(rtt, best)) best = rtt;
        });
        if (best == 0) return std::nullopt;
        return ms(best);
    }
    [[nodiscard]] std::optional<double> deviation(std::int64_t divisor) const {
        double const mean =
            static_cast<double>(sums_.rtt) / static_cast<double>(sums_.received);
        double squares = 0;
        for_each_rtt([&](std::uint32_t rtt) {
            double const off = static_cast<double>(rtt) - mean;
            squares += detail::rounded(off * off);
        });
        return ms(std::sqrt(squares / static_cast<double>(divisor)));
    }

    std::array<std::uint32_t, N> const* ring_;
    std::uint32_t first_;
    std::size_t size_;
    probe_sums sums_;
};

}  // namespace hostpick::rolling
