// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace hostpick::watch {

/// Quantiles of a stream of numbers in bounded memory, mergeable: the same whatever the order of the
/// numbers, of the parts, and of merging them.
///
/// Some numbers are kept as they are, and a quantile is one of them. Then the same memory becomes a
/// histogram with so many buckets in each octave, and the answer is the middle of a bucket: off by
/// at most a half of that share of the number, or by 0.001 where it is below that. O(1) an `add`.
///
///     quantile_digest latency_ms;  // 8 kB: exact of up to 960 numbers, then within 1/128
///     for (double ms : {20.0, 25.0, 21.0, 300.0}) latency_ms.add(ms);
///     latency_ms.quantile(0.5)  // 21: two of four are not above it
///
/// What is compared over time should not be exact at one time and rounded at another: there
/// `basic_quantile_digest<1024>` takes 123 kB, and is exact of up to 15 360 numbers; `rounded` makes of
/// a number what it will be then. To merge, and to ask, takes a copy of a digest on the stack.
template <std::size_t BucketsInOctave>
class basic_quantile_digest {
    static_assert(32 <= BucketsInOctave && BucketsInOctave <= 4096 &&
                  std::has_single_bit(BucketsInOctave));
    static constexpr std::size_t octaves = 30;
    static constexpr std::size_t buckets = octaves * BucketsInOctave;

public:
    static constexpr std::size_t exact_samples = buckets / 2;
    static constexpr double largest = 1'048'576;  ///< of which a number is taken: 2^20
    static constexpr double relative_error = 0.5 / static_cast<double>(BucketsInOctave);
    static constexpr std::uint32_t most_samples = (std::numeric_limits<std::uint32_t>::max)();

    /// Whether it was taken: NaN, an infinity, a negative number, one above `largest` and one more
    /// than 2^32 - 1 are not, and change nothing.
    constexpr bool add(double x) noexcept {
        if (!detail::is_quantity(x) || x > largest || size_ == most_samples) return false;
        if (size_ == exact_samples) become_histogram();
        if (size_ < exact_samples) words_[size_] = bits_of(x);
        else count(bits_of(x));
        ++size_;
        return true;
    }
    /// As if the other's numbers had been added here; false, and nothing changes, where they would
    /// be more than 2^32 - 1. O(`exact_samples`).
    constexpr bool merge(basic_quantile_digest other) noexcept {
        if (other.size_ > most_samples - size_) return false;
        std::uint32_t const both = size_ + other.size_;
        if (both <= exact_samples) {
            std::copy_n(other.words_.begin(), other.size_, words_.begin() + size_);
        } else {
            if (is_exact()) become_histogram();
            if (other.is_exact()) other.become_histogram();
            // Two counters in a word: neither overflows, because all of them together do not.
            for (std::size_t n = 0; n < words_.size(); ++n) words_[n] += other.words_[n];
        }
        size_ = both;
        return true;
    }

    [[nodiscard]] constexpr std::uint32_t size() const noexcept { return size_; }
    /// Whether quantiles are exact still.
    [[nodiscard]] constexpr bool is_exact() const noexcept { return size_ <= exact_samples; }

    /// The least of the numbers that a share `q` of all are not above (nearest rank); nothing of no
    /// numbers, or where `q` is not from 0 to 1. O(`exact_samples`).
    [[nodiscard]] constexpr std::optional<double> quantile(double q) const noexcept {
        if (size_ == 0 || !detail::is_quantity(q) || q > 1) return std::nullopt;
        // 0.07 * 100 is a little more than 7, which is no reason to take the eighth.
        auto const rank =
            static_cast<std::uint32_t>(q * static_cast<double>(size_) * (1 - 1e-12));
        if (is_exact()) {
            auto kept = words_;  // positive numbers have the order of their bits
            std::nth_element(kept.begin(), kept.begin() + rank, kept.begin() + size_);
            return std::bit_cast<double>(kept[rank]);
        }
        std::size_t bucket = 0;
        for (std::uint64_t below = counted(0); below <= rank; below += counted(bucket)) ++bucket;
        return middle_of(bucket);
    }

    /// What a number is once there are too many of them: the middle of its bucket. Nothing of what
    /// `add` does not take.
    [[nodiscard]] static constexpr std::optional<double> rounded(double x) noexcept {
        if (!detail::is_quantity(x) || x > largest) return std::nullopt;
        return middle_of(bucket_of(bits_of(x)));
    }

private:
    static constexpr std::uint64_t lowest = std::bit_cast<std::uint64_t>(1.0 / 1024);
    // Bits of a number that its bucket forgets.
    static constexpr int in_bucket = 52 - std::countr_zero(BucketsInOctave);

    static constexpr std::uint64_t bits_of(double x) noexcept {
        return std::bit_cast<std::uint64_t>(detail::magnitude(x));  // minus zero is zero
    }
    static constexpr std::size_t bucket_of(std::uint64_t bits) noexcept {
        if (bits < lowest) return 0;
        return detail::smaller(static_cast<std::size_t>((bits - lowest) >> in_bucket), buckets - 1);
    }
    static constexpr double middle_of(std::size_t bucket) noexcept {
        std::uint64_t const half = std::uint64_t{1} << (in_bucket - 1);
        return std::bit_cast<double>(lowest + (std::uint64_t{bucket} << in_bucket) + half);
    }
    constexpr void count(std::uint64_t bits) noexcept {
        std::size_t const b = bucket_of(bits);
        words_[b / 2] += std::uint64_t{1} << (b % 2 * 32);
    }
    [[nodiscard]] constexpr std::uint32_t counted(std::size_t b) const noexcept {
        return static_cast<std::uint32_t>(words_[b / 2] >> (b % 2 * 32));
    }
    constexpr void become_histogram() noexcept {
        auto const kept = words_;
        words_ = {};
        for (std::size_t n = 0; n < size_; ++n) count(kept[n]);
    }

    std::array<std::uint64_t, exact_samples> words_{};  // numbers, or two counters in each
    std::uint32_t size_ = 0;
};

/// The digest of this library's reports.
using quantile_digest = basic_quantile_digest<64>;

}  // namespace hostpick::watch
