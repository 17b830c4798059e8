// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/real.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace hostpick::detail {

/// 2^exponent, for one that a double has.
HOSTPICK_INLINE [[nodiscard]] constexpr double power_of_two(int exponent) noexcept {
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// The scores of an assignment as whole numbers, so that sums and comparisons are exact: nothing
/// depends on the order of additions, no tolerance decides, and no compiler gives other bits.
///
/// The unit is a power of two, small enough that the largest score has 2^50 of them, or fewer where
/// a path over all hosts could otherwise overflow. Read from the caller's memory each time: a copy
/// would take as much memory as the scores, and reading it as long as converting.
template <real R, class Build>
class whole_scores {
public:
    /// Of a pair that must not be used. A path over one costs more than leaving a session unplaced.
    static constexpr std::int64_t never = -(std::int64_t{1} << 60);
    /// Leaving a session unplaced: worse than whatever is lost along a path over all hosts.
    static constexpr std::int64_t unplaced = -(std::int64_t{1} << 57);

    whole_scores(std::span<R const> scores, std::size_t sessions, std::size_t hosts,
                 std::span<std::uint32_t const> previous, double stay_bonus)
        : scores_{scores}, sessions_{sessions}, hosts_{hosts}, previous_{previous} {
        double largest = 0;
        for (R const score : scores)
            if (usable(score)) largest = larger(largest, magnitude(static_cast<double>(score)));
        // More than any path over all hosts could gain is no more of a reason to stay.
        double const enough = 4 * largest * static_cast<double>(hosts + 2);
        double const bonus = smaller(stay_bonus, enough);
        auto const exponent =
            static_cast<int>(std::bit_cast<std::uint64_t>(largest + bonus) >> 52) - 1023;
        int const path_bits = 55 - static_cast<int>(std::bit_width(hosts + 2));
        int const shift = smaller(smaller(50, path_bits) - exponent - 1, 1000);
        factor_ = power_of_two(shift);
        unit_ = power_of_two(-shift);
        // Two units more than the bonus, because each of the two scores that a move compares may
        // be rounded by half a unit: so what is no gain never moves a session.
        stay_ = whole(bonus) + rounding;
    }

    [[nodiscard]] std::size_t sessions() const noexcept { return sessions_; }
    [[nodiscard]] std::size_t hosts() const noexcept { return hosts_; }
    /// How much of a score one unit is.
    [[nodiscard]] double unit() const noexcept { return unit_; }
    struct bounds {
        std::int64_t lowest = 0, highest = 0;
    };
    /// Of the scores that may be used; 0 and 0 where there is none.
    [[nodiscard]] bounds range() const noexcept {
        std::int64_t low = (std::numeric_limits<std::int64_t>::max)(), high = never;
        for (std::size_t session = 0; session < sessions_; ++session)
            for (std::size_t host = 0; host < hosts_; ++host) {
                std::int64_t const value = (*this)(session, host);
                low = value == never ? low : smaller(low, value);
                high = larger(high, value);
            }
        return high == never ? bounds{} : bounds{low, high};
    }
    /// The bonus as the caller gave it, without what makes ties stay.
    void count_ties() noexcept { stay_ -= rounding; }
    /// Pairs with less must not be used any more.
    void set_floor(std::int64_t floor) noexcept { floor_ = floor; }

    /// Of a session on a host, with the bonus.
    HOSTPICK_INLINE [[nodiscard]] std::int64_t operator()(std::size_t session,
                                                          std::size_t host) const noexcept {
        R const score = scores_[session * hosts_ + host];
        bool const may = usable(score);
        bool const stays = !previous_.empty() && previous_[session] == host;
        std::int64_t const value = whole(static_cast<double>(may ? score : R{0}));
        std::int64_t const with_bonus = stays ? value + stay_ : value;
        return may && with_bonus >= floor_ ? with_bonus : never;
    }
    [[nodiscard]] double plain(std::size_t session, std::size_t host) const noexcept {
        return static_cast<double>(scores_[session * hosts_ + host]);
    }

private:
    static constexpr std::int64_t rounding = 2;

    /// Neither NaN nor infinite, nor one of the sentinels that live up there.
    HOSTPICK_INLINE [[nodiscard]] static bool usable(R score) noexcept {
        constexpr R most = static_cast<R>(1e30);
        return std::bit_cast<bits_of<R>>(magnitude(score)) <= std::bit_cast<bits_of<R>>(most);
    }
    /// Rounded to the nearest. The addition leaves the rounded number in the low bits, which is
    /// faster than a conversion that few machines have for vectors.
    HOSTPICK_INLINE [[nodiscard]] std::int64_t whole(double score) const noexcept {
        constexpr double magic = 0x1.8p52;
        return static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(score * factor_ + magic) -
                                         std::bit_cast<std::uint64_t>(magic));
    }

    std::span<R const> scores_;
    std::size_t sessions_, hosts_;
    std::span<std::uint32_t const> previous_;
    double factor_ = 1, unit_ = 1;
    std::int64_t stay_ = 0, floor_ = never + 1;
};

}  // namespace hostpick::detail
