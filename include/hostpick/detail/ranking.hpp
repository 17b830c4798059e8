// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/real.hpp>

#include <bit>
#include <cstdint>

// Which of two hosts is chosen before the other.
namespace hostpick::detail {

/// Whether `a` is chosen before `b`: the earlier step, then the higher score, then the lower
/// latency, then the smaller id, and of two records with one id the first in the range. A total
/// order, and so the same choice in whatever order hosts with different ids come.
template <class A, class B>
HOSTPICK_INLINE [[nodiscard]] constexpr bool ranks_before(A const& a, B const& b) {
    if (a.step != b.step) return a.step < b.step;
    if (a.score != b.score) return a.score > b.score;
    if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
    if (a.host == b.host) return a.index < b.index;
    return a.host < b.host;
}

/// The same for hosts that seldom score the same, with nothing to mispredict: which of two scores
/// is the higher one is anybody's guess.
template <class Build = this_build>
struct rank_order {
    template <class A, class B>
    HOSTPICK_INLINE constexpr bool operator()(A const& a, B const& b) const {
        bool const same_step = a.step == b.step;
        if (same_step & (a.score == b.score)) return ranks_before(a, b);
        return (a.step < b.step) | (same_step & (a.score > b.score));
    }
};

inline constexpr unsigned most_leading_steps = 15;

/// A number that is smaller for the earlier step, and in one step for the higher score. It has no
/// room for the last four bits of a score, nor for the rest of a host's rank, so equal leads say
/// nothing.
template <class Host>
HOSTPICK_INLINE [[nodiscard]] constexpr std::uint64_t lead_of(Host const& host) noexcept {
    auto bits = std::bit_cast<std::uint64_t>(host.score);
    if (bits == sign_bit<double>) bits = 0;
    // Negative numbers fall as their bits rise, others as theirs do.
    std::uint64_t const falling =
        (bits & sign_bit<double>) != 0 ? bits : ~bits & ~sign_bit<double>;
    return std::uint64_t{host.step} << 60 | falling >> 4;
}

}  // namespace hostpick::detail
