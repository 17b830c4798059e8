// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/party_cells.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <optional>

namespace hostpick::detail {

/// How good hosts can be at best, seen from their latencies alone, for `size` hosts at a time. What
/// loss, jitter, and a score below 100 add makes a host only worse.
template <class Party, class Policy, class Judge>
class party_bounds {
    using R = typename Party::real_type;

public:
    static constexpr std::size_t size = 256;

    party_bounds(Party const& group, Policy const& policy, Judge const& judge) noexcept
        : group_{group}, policy_{policy}, judge_{judge} {}

    /// Of `count` hosts from `first` on.
    void look_at(std::size_t first, std::size_t count) noexcept {
        worst_.fill(0), sum_.fill(0), missing_.fill(0);
        weights_ = 0;
        for (std::size_t player = 0; player < group_.players; ++player) {
            double const weight = judge_.weight(player);
            if (weight == 0) continue;
            weights_ += weight;
            R const* const row = group_.latency_ms.data() + player * judge_.hosts() + first;
            if (count == size) add(row, size, weight);  // a number that the compiler knows
            else add(row, count, weight);
        }
    }
    /// Whether the n-th of them may be eligible, with at most that value.
    [[nodiscard]] bool promises(std::size_t n, std::optional<double> const& bar_ms) const noexcept {
        if (missing_[n] > static_cast<double>(policy_.max_missing)) return false;
        if (!bar_ms) return true;
        using kind = decltype(policy_.value);
        if (policy_.value == kind::worst) return worst_[n] <= *bar_ms;
        return policy_.value == kind::quantile || sum_[n] / weights_ <= *bar_ms;
    }

private:
    HOSTPICK_INLINE void add(R const* row, std::size_t count, double weight) noexcept {
        double const ceiling = policy_.latency_ceiling_ms;
        auto const last = std::bit_cast<bits_of<R>>(narrowed<R>(ceiling));
        for (std::size_t n = 0; n < count; ++n) {
            // Numbers that are not negative have the order of their bits; others are above them.
            auto const bits = std::bit_cast<bits_of<R>>(magnitude(row[n]));
            bool const known = bits <= last && !(row[n] < 0);
            double const delay = known ? smaller(static_cast<double>(row[n]), ceiling) : ceiling;
            worst_[n] = larger(worst_[n], delay);
            sum_[n] += on_grid<24>(rounded(weight * delay));
            missing_[n] += known ? 0.0 : 1.0;
        }
    }

    Party const& group_;
    Policy const& policy_;
    Judge const& judge_;
    std::array<double, size> worst_, sum_, missing_;
    double weights_ = 0;
};

/// Calls `visit` for the hosts, by their position, that may still be among the best.
template <class Party, class Policy, class Judge, class Places, class Visit>
void for_each_promising(Party const& group, Policy const& policy, Judge const& judge,
                        Places const& places, Visit visit) {
    party_bounds<Party, Policy, Judge> bounds{group, policy, judge};
    for (std::size_t first = 0; first < judge.hosts(); first += bounds.size) {
        std::size_t const count = smaller(bounds.size, judge.hosts() - first);
        bounds.look_at(first, count);
        for (std::size_t n = 0; n < count; ++n)
            if (bounds.promises(n, places.bar_ms())) visit(first + n);
    }
}

}  // namespace hostpick::detail
