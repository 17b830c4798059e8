// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/party_cells.hpp>
#include <hostpick/detail/vectors.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

namespace hostpick::detail {

/// What can be said of a host from its latencies alone.
enum class party_bound_kind : unsigned char {
    worst,          ///< the largest
    sum,            ///< of all, by weight
    spread,         ///< the same, where the deviation leaves it within a value
    weight_within,  ///< whether players of some weight are within a delay
};

/// The latencies of a party and what is asked of them.
template <real R>
struct party_plan {
    static constexpr R none = (std::numeric_limits<R>::max)();
    static constexpr int_of<R> minus_zero = std::bit_cast<int_of<R>>(sign_bit<R>);

    party_bound_kind kind = party_bound_kind::worst;
    R const* latency_ms = nullptr;
    std::size_t players = 0, hosts = 0;
    std::span<double const> weights{};
    double largest_weight = 1;
    R ceiling_ms = 0;
    int_of<R> ceiling_bits = 0;
    R most_missing = none;
    R worst_allowed_ms = none;
    R within_ms = 0;                                   ///< for `weight_within` and `spread`
    R weight_needed = 0;                               ///< for `weight_within`
    R mean_share = 0, squares_share = 0, slack = 0;    ///< for `spread`
    R mean_squared_share = 0, left_squared_share = 0;

    HOSTPICK_INLINE [[nodiscard]] R weight(std::size_t player) const noexcept {
        return weights.empty() ? R{1}
                               : static_cast<R>(on_grid<24>(weights[player] / largest_weight));
    }
};

}  // namespace hostpick::detail

#define HOSTPICK_KERNEL <hostpick/detail/party_kernel.hpp>
#include <hostpick/detail/per_isa.hpp>

namespace hostpick::detail {

/// Which of `size` hosts at a time may be among the best, seen from their latencies alone: what
/// else is known of a host makes it only worse.
template <class Build, class Party, class Policy, class Judge>
class party_bounds {
    using R = typename Party::real_type;
    using plan_type = party_plan<R>;

public:
    static constexpr std::size_t size = 256;

    /// `worst_allowed_ms`: of players that are not missing.
    party_bounds(Party const& group, Policy const& policy, Judge const& judge,
                 R worst_allowed_ms) noexcept
        : quantile_{policy.quantile} {
        // What loss and jitter add may bring players closer together, so the spread is unknown.
        bool const complete = group.packet_loss.empty() &&
                              (group.jitter_ms.empty() || policy.ms_per_jitter_ms == 0);
        using value = decltype(policy.value);
        plan_.kind = policy.value == value::worst      ? party_bound_kind::worst
                     : policy.value == value::quantile ? party_bound_kind::weight_within
                     : policy.value == value::mean || policy.spread_weight < 0.001 || !complete
                         ? party_bound_kind::sum
                         : party_bound_kind::spread;
        plan_.latency_ms = group.latency_ms.data();
        plan_.players = group.players, plan_.hosts = judge.hosts();
        plan_.weights = group.weights, plan_.largest_weight = judge.largest_weight();
        plan_.ceiling_ms = narrowed<R>(policy.latency_ceiling_ms);
        plan_.ceiling_bits = std::bit_cast<int_of<R>>(magnitude(plan_.ceiling_ms));
        plan_.most_missing = narrowed<R>(static_cast<double>(policy.max_missing));
        // Where cells may be missing, the ceiling stands for them, and breaks no limit.
        if (policy.max_missing == 0) plan_.worst_allowed_ms = worst_allowed_ms;
        for (std::size_t player = 0; player < group.players; ++player)
            weights_ += judge.weight(player);
        // Sums are rounded at every player, by as much as `R` is.
        rounding_ = 2 * static_cast<double>(group.players + 4) *
                    static_cast<double>(std::numeric_limits<R>::epsilon());
        if (plan_.kind == party_bound_kind::spread) foresee_spread(policy.spread_weight);
    }

    /// Looks at `count` hosts from `first` on, of which those are wanted whose value is at most
    /// `bar_ms`, or any; gives the least bound of them.
    [[nodiscard]] R look_at(std::size_t first, std::size_t count,
                            std::optional<double> const& bar_ms) noexcept {
        plan_.within_ms = narrowed<R>(bar_ms ? *bar_ms * (1 + rounding_) + grid_ms() : 1e9);
        plan_.weight_needed = narrowed<R>(quantile_ * weights_ * (1 - rounding_) - 1e-5);
        return bounds(first, first + count, count);
    }
    /// The bound of the n-th of them.
    [[nodiscard]] R operator[](std::size_t n) const noexcept { return out_[slack + n]; }
    [[nodiscard]] std::size_t least_of(std::size_t n, std::size_t end) const noexcept {
        std::size_t least = n;
        for (; n < end; ++n) least = (*this)[n] < (*this)[least] ? n : least;
        return least;
    }
    void leave_out(std::size_t n) noexcept { out_[slack + n] = plan_type::none; }
    /// The largest bound of a host whose value may be within the bar.
    [[nodiscard]] R highest(std::optional<double> const& bar_ms) const noexcept {
        R const any = next_down(plan_type::none);
        if (!bar_ms) return any;
        if (plan_.kind == party_bound_kind::weight_within) return 0;
        if (plan_.kind == party_bound_kind::worst) return smaller(next_up(narrowed<R>(*bar_ms)), any);
        return smaller(next_up(narrowed<R>(*bar_ms * weights_ * (1 + rounding_) + grid_ms())), any);
    }

private:
    static constexpr std::size_t slack = 64 / sizeof(R);

    /// By how much the sums of a verdict may be rounded, which are on a grid.
    [[nodiscard]] double grid_ms() const noexcept {
        return static_cast<double>(plan_.players) * 0x1p-12;
    }
    void foresee_spread(double spread_weight) noexcept {
        plan_.mean_share = narrowed<R>((1 - rounding_) / weights_);
        plan_.squares_share = narrowed<R>((1 - rounding_) / weights_);
        plan_.mean_squared_share = narrowed<R>(1 + 4 * rounding_);
        plan_.left_squared_share =
            narrowed<R>((1 + 4 * rounding_) / (spread_weight * spread_weight));
        plan_.slack = narrowed<R>(grid_ms() / smaller(spread_weight, 1.0));
    }
    R bounds(std::size_t first, [[maybe_unused]] std::size_t end, std::size_t count) noexcept {
        R* const out = out_.data() + slack;
#if HOSTPICK_DISPATCH
        using wide = avx512::party_kernel<Build, R>;
        using middle = avx2::party_kernel<Build, R>;
        if (isa_ == isa::avx512 && end >= wide::register_size)
            return wide::bounds(plan_, first, count, out);
        if (isa_ != isa::base && end >= middle::register_size)
            return middle::bounds(plan_, first, count, out);
#endif
        using narrow = base::party_kernel<Build, R>;
        if (end >= narrow::register_size) return narrow::bounds(plan_, first, count, out);
        out_.fill(0);  // so few are all judged
        return 0;
    }

    plan_type plan_{};
    double weights_ = 0, rounding_ = 0, quantile_;
    [[maybe_unused]] isa isa_ = best_isa();
    std::array<R, slack + size> out_;
};

/// Calls `visit` for the hosts, by their position, that may still be among the best.
template <class Build, class Party, class Policy, class Judge, class Places, class Visit>
void for_each_promising(Party const& group, Policy const& policy, Judge const& judge,
                        typename Party::real_type worst_allowed_ms, Places const& places,
                        Visit visit) {
    party_bounds<Build, Party, Policy, Judge> bounds{group, policy, judge, worst_allowed_ms};
    auto highest = bounds.highest(places.bar_ms());
    for (std::size_t first = 0; first < judge.hosts(); first += bounds.size) {
        std::size_t const count = smaller(bounds.size, judge.hosts() - first);
        if (bounds.look_at(first, count, places.bar_ms()) > highest) continue;
        // Of a few at a time the most promising first, so that others need not be visited.
        constexpr std::size_t few = 32;
        for (std::size_t n = 0; n < count; n += few)
            for (;;) {
                std::size_t const least = bounds.least_of(n, smaller(n + few, count));
                if (bounds[least] > highest) break;
                visit(first + least);
                bounds.leave_out(least);
                highest = bounds.highest(places.bar_ms());
            }
    }
}

}  // namespace hostpick::detail
