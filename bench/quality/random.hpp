// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace quality {

/// Steele, Lea and Flood's SplitMix64, and what is drawn from it: the same numbers with every
/// library, which the standard's distributions do not promise.
class random_source {
public:
    explicit random_source(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15u;
        z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9u;
        z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EBu;
        return z ^ z >> 31;
    }
    /// At least 0, below 1.
    double fraction() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    double between(double low, double high) { return low + (high - low) * fraction(); }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
    bool with_probability(double p) { return fraction() < p; }
    /// Nearly normal, of mean 0 and deviation 1: Irwin and Hall's sum, which needs no logarithm.
    double normal() {
        double sum = -6;
        for (int n = 0; n < 12; ++n) sum += fraction();
        return sum;
    }
    /// `count` different numbers below `n`, in any order.
    std::vector<std::size_t> some_of(std::size_t n, std::size_t count) {
        std::vector<std::size_t> all(n);
        for (std::size_t i = 0; i < n; ++i) all[i] = i;
        for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + below(n - i)]);
        all.resize(count);
        return all;
    }

private:
    std::uint64_t state_;
};

}  // namespace quality
