// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/ready.hpp>
#include <hostpick/detail/real.hpp>
#include <hostpick/detail/vectors.hpp>
#include <hostpick/policy.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

// What a scan over columns computes, the same for all instruction sets.
namespace hostpick::detail {

/// Columns hold finite numbers only. What is missing is a number that is worse than any, or as bad
/// as the worst and by its bits below it; a host that is not usable, for whatever reason, has a
/// latency above any ceiling.
template <real R>
struct stored {
    static constexpr R most = (std::numeric_limits<R>::max)();
    static constexpr R no_latency = most, no_packet_loss = 2, no_jitter = most;
    static constexpr R no_bandwidth = std::bit_cast<R>(sign_bit<R>);  // minus zero
    /// The largest number that is one.
    static constexpr R largest = next_down(most);
};

/// The columns of many hosts, one number a host; without jitter it is null.
template <real R>
struct column_view {
    R const* latency_ms = nullptr;
    R const* bandwidth_mbps = nullptr;
    R const* packet_loss = nullptr;
    R const* jitter_ms = nullptr;
};

/// Points by one column: (x - worst) * slope, not below 0 and not above `points`.
template <real R>
struct scan_ramp {
    R const* values;
    R worst;
    R slope;
    R points;
    bool has_floor;  ///< the product can be below 0
    bool has_roof;   ///< the product can be above `points`
};

/// Hosts whose number has bits outside [low, high] are out; numbers and bits have the same order.
template <real R>
struct scan_gate {
    R const* values;
    int_of<R> low;
    int_of<R> high;
};

/// One pass over columns: a score of each host, or `out` where it may not be chosen.
template <real R>
struct scan_plan {
    static constexpr R out = -1;

    std::size_t ramp_count = 0;
    std::size_t gate_count = 0;
    std::array<scan_ramp<R>, 4> ramps;  // as many as are counted; the others are never read
    std::array<scan_gate<R>, 3> gates;
    bool weakest = false;
    R const* latency_ms = nullptr;
    R max_latency_ms = 0;
    R zero = 0;        // numbers that no compiler can see: what it does with a literal is slower
    R full = 100;
    R none = out;
    R min_score = 0;

    /// The shape of the default policy and its like, for which there is a quicker loop.
    HOSTPICK_INLINE [[nodiscard]] constexpr bool is_usual() const noexcept {
        return ramp_count == 3 && gate_count == 0 && !weakest && !ramps[0].has_roof &&
               !ramps[1].has_floor && !ramps[2].has_roof;
    }
};

/// Rows come in blocks of so many, and columns are filled up with hosts that are not usable.
inline constexpr std::size_t scan_block = 64;

/// What a host must reach to be worth a look.
template <real R>
struct scan_bar {
    R score = 0;
    bool settles_ties = false;  ///< hosts of that score must have a lower latency, or a smaller id
    R latency_ms = 0;
};

/// Ids that are not numbers, and so are not compared many at a time.
struct no_id {};

/// What ids are compared as. Enumerations may have an order of their own.
template <class Id>
struct scan_id {
    using type = no_id;
};
template <std::integral Id>
    requires(sizeof(Id) == 4 || sizeof(Id) == 8)
struct scan_id<Id> {
    // By width: `long` and `long long` are one.
    using type = std::conditional_t<
        std::is_signed_v<Id>,
        std::conditional_t<sizeof(Id) == 4, std::int32_t, std::int64_t>,
        std::conditional_t<sizeof(Id) == 4, std::uint32_t, std::uint64_t>>;
};

/// What decides between equal scores.
template <real R, class Id>
struct scan_ties {
    R const* latency_ms = nullptr;
    std::byte const* ids = nullptr;
    Id bar{};

    HOSTPICK_INLINE [[nodiscard]] constexpr scan_ties from(std::size_t row,
                                                           Id last) const noexcept {
        if constexpr (std::is_same_v<Id, no_id>) return {latency_ms + row, nullptr, {}};
        else return {latency_ms + row, ids + row * sizeof(Id), last};
    }
};

/// The loops of a scan, as one instruction set has them.
template <real R, class Id>
struct scan_kernel {
    std::size_t lanes;
    std::size_t (*maxima)(scan_plan<R> const&, std::size_t rows, std::size_t rows_per_group,
                          bool per_lane, R* out, R* scores_out) noexcept;
    void (*scores_of)(scan_plan<R> const&, std::size_t row, std::size_t rows, R* out) noexcept;
    std::size_t (*hits)(R const* scores, std::size_t rows, scan_bar<R> const&,
                        scan_ties<R, Id> const&, std::uint32_t* out) noexcept;
    bool (*any_wins_tie)(std::size_t rows, scan_bar<R> const&,
                         scan_ties<R, Id> const&) noexcept;
    R (*largest)(R const* numbers, std::size_t count) noexcept;
    std::size_t (*count_from)(R const* numbers, std::size_t count, R x) noexcept;
    void (*ranks)(R const* scores, std::size_t count, std::uint32_t* out) noexcept;
    void (*tidy)(R const* from, std::size_t rows, R most_kept, R missing, R* to) noexcept;
    void (*drop_lost)(R const* packet_loss, std::size_t rows, R no_latency, R* latency_ms) noexcept;
};

/// The lowest score that is not below `x`.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr R at_least(double x) noexcept {
    if (!(x > 0)) return 0;
    R const near = narrowed<R>(x);
    return static_cast<double>(near) < x ? next_up(near) : near;
}

/// Whether a scan can tell what a policy tells: a bandwidth of 0 from a missing one, where both are
/// not the worst, it cannot.
template <real R>
HOSTPICK_INLINE [[nodiscard]] constexpr bool can_scan(compiled_policy<R> const& policy) noexcept {
    return policy.lines().bandwidth_mbps.worst >= 0;
}

/// The pass that gives every host the score that `policy` gives, and keeps to the limits.
template <class Build, real R>
[[nodiscard]] constexpr scan_plan<R> plan_of(compiled_policy<R> const& policy,
                                             ready_limits<R> const& limits,
                                             column_view<R> const& columns) noexcept {
    scan_plan<R> plan;
    auto const& lines = policy.lines();
    plan.weakest = lines.combine == combination::weakest;
    auto const add = [&]<bool HigherIsBetter>(ramp_line<R, HigherIsBetter> const& line,
                                              R const* values) {
        bool const constant = line.low == line.high;
        if (plan.weakest ? constant : line.points == 0) return;
        if (values == nullptr) {  // missing of every host: no points
            if (plan.weakest) plan.full = 0;
            return;
        }
        // Numbers are not below 0, so what is best there has no roof, and what is worst no floor.
        bool const has_floor = !HigherIsBetter || line.worst > 0;
        bool const has_roof = HigherIsBetter || line.low > 0 || line.worst * line.slope > line.points;
        plan.ramps[plan.ramp_count++] = {values, line.worst,
                                         HigherIsBetter ? line.slope : -line.slope, line.points,
                                         has_floor, has_roof};
    };
    add(lines.latency_ms, columns.latency_ms);
    add(lines.bandwidth_mbps, columns.bandwidth_mbps);
    add(lines.packet_loss, columns.packet_loss);
    add(lines.jitter_ms, columns.jitter_ms);

    plan.latency_ms = columns.latency_ms;
    plan.max_latency_ms = smaller(smaller(policy.ceiling_ms(), limits.max_latency_ms),
                                  stored<R>::largest);
    auto const bits = [](R limit) { return std::bit_cast<int_of<R>>(magnitude(limit)); };
    auto const between = [&](R const* values, int_of<R> low, int_of<R> high) {
        if (values == nullptr) plan.max_latency_ms = -1;  // a missing metric fails its limit
        else plan.gates[plan.gate_count++] = {values, low, high};
    };
    if (limits.max_packet_loss < limits.most)
        between(columns.packet_loss, 0, bits(limits.max_packet_loss));
    if (limits.max_jitter_ms < limits.most)
        between(columns.jitter_ms, 0, bits(limits.max_jitter_ms));
    if (limits.min_bandwidth_mbps >= 0)
        between(columns.bandwidth_mbps, bits(limits.min_bandwidth_mbps),
                (std::numeric_limits<int_of<R>>::max)());
    plan.min_score = at_least<R>(limits.min_score);
    return plan;
}

}  // namespace hostpick::detail
