// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hostpick::prometheus {

/// Round trips of one host since it is watched, by how long they took: what a histogram of
/// Prometheus is made of. Counters only rise, and wrap at 2^64.
///
/// The bounds contain the thresholds of alerts (100 and 200 ms), so that how many were above one is
/// exact. A failed probe is not a round trip: it is counted as lost, not here.
///
///     latency_histogram rtt;
///     rtt.push(36ms);
///     rtt.count();  // 1
class latency_histogram {
public:
    /// Inclusive upper bounds; above the last is one bucket more.
    static constexpr std::array<std::chrono::milliseconds, 12> bounds{
        {std::chrono::milliseconds{5}, std::chrono::milliseconds{10}, std::chrono::milliseconds{20},
         std::chrono::milliseconds{30}, std::chrono::milliseconds{50}, std::chrono::milliseconds{75},
         std::chrono::milliseconds{100}, std::chrono::milliseconds{150},
         std::chrono::milliseconds{200}, std::chrono::milliseconds{300},
         std::chrono::milliseconds{500}, std::chrono::milliseconds{1000}}};
    /// The same as the texts of `le`, in seconds, as both formats have them.
    static constexpr std::array<char const*, 13> le{"0.005", "0.01", "0.02", "0.03", "0.05",
                                                    "0.075", "0.1",  "0.15", "0.2",  "0.3",
                                                    "0.5",   "1.0",  "+Inf"};

    /// Takes a round trip; a negative one is refused, and counted.
    constexpr bool push(std::chrono::nanoseconds rtt) noexcept {
        if (rtt.count() < 0) return ++refused_, false;
        std::size_t bucket = 0;
        while (bucket < bounds.size() && rtt > bounds[bucket]) ++bucket;
        ++buckets_[bucket];
        sum_ns_ += static_cast<std::uint64_t>(rtt.count());
        return true;
    }

    /// How many were within the bound of that number, and in all.
    [[nodiscard]] constexpr std::uint64_t count_within(std::size_t bound) const noexcept {
        std::uint64_t sum = 0;
        for (std::size_t n = 0; n <= bound && n < buckets_.size(); ++n) sum += buckets_[n];
        return sum;
    }
    [[nodiscard]] constexpr std::uint64_t count() const noexcept {
        return count_within(bounds.size());
    }
    [[nodiscard]] constexpr double sum_seconds() const noexcept {
        return static_cast<double>(sum_ns_) * 1e-9;
    }
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }

    friend constexpr bool operator==(latency_histogram const&, latency_histogram const&) = default;

private:
    std::array<std::uint64_t, bounds.size() + 1> buckets_{};
    std::uint64_t sum_ns_ = 0, refused_ = 0;
};

}  // namespace hostpick::prometheus
