// SPDX-License-Identifier: MIT
//
// How good hosts can be for a party, once per instruction set, as per_isa.hpp says.
#ifdef HOSTPICK_LANE_BYTES

template <class Build, real R>
class party_kernel : registers<Build, R> {
    using vectors = registers<Build, R>;
    using typename vectors::ints;
    using typename vectors::reals;
    using vectors::all;
    using vectors::all_ints;
    using vectors::bits;
    using vectors::lane_max;
    using vectors::lanes;
    using vectors::least;
    using vectors::load;
    using vectors::most;
    using vectors::store;

    /// What is added up of one register of hosts.
    template <party_bound_kind Kind>
    struct one {
        static constexpr std::size_t width = lanes;
        reals worst{}, sum{}, squares{}, missing{};

        HOSTPICK_INLINE void add(party_plan<R> const& plan, R const* cells, R weight) noexcept {
            // Numbers that are not negative have the order of their bits; all others are below these,
            // or above, and minus zero is zero.
            reals const x = load(cells);
            ints const b = bits(x);
            auto const known = ((b >= all_ints(0)) & (b <= all_ints(plan.ceiling_bits))) |
                               (b == all_ints(plan.minus_zero));
            reals const delay = known ? x : all(plan.ceiling_ms);
            missing += known ? all(0) : all(1);
            worst = most(worst, delay);
            if constexpr (Kind == party_bound_kind::sum || Kind == party_bound_kind::spread)
                sum += delay * all(weight);
            if constexpr (Kind == party_bound_kind::spread) squares += delay * delay * all(weight);
            if constexpr (Kind == party_bound_kind::weight_within)
                sum += delay <= all(plan.within_ms) ? all(weight) : all(0);
        }
        HOSTPICK_INLINE reals put(party_plan<R> const& plan, R* out) const noexcept {
            reals bound = worst;
            if constexpr (Kind == party_bound_kind::sum) bound = sum;
            if constexpr (Kind == party_bound_kind::spread) {
                // The deviation fits between the mean and the bar, in squares: no root is needed.
                reals const mean = sum * all(plan.mean_share);
                reals const left = most(all(plan.within_ms) - mean, all(0));
                reals const variance = squares * all(plan.squares_share) -
                                       mean * mean * all(plan.mean_squared_share);
                bound = variance <= left * left * all(plan.left_squared_share) + all(plan.slack)
                            ? sum
                            : all(plan.none);
            }
            if constexpr (Kind == party_bound_kind::weight_within)
                bound = sum >= all(plan.weight_needed) ? all(0) : all(plan.none);
            bound = missing <= all(plan.most_missing) ? bound : all(plan.none);
            bound = worst <= all(plan.worst_allowed_ms) ? bound : all(plan.none);
            store(out, bound);
            return bound;
        }
    };
    /// Of four registers: one would wait for its own results.
    template <party_bound_kind Kind>
    struct four {
        static constexpr std::size_t width = 4 * lanes;
        one<Kind> a{}, b{}, c{}, d{};

        HOSTPICK_INLINE void add(party_plan<R> const& plan, R const* cells, R weight) noexcept {
            a.add(plan, cells, weight), b.add(plan, cells + lanes, weight);
            c.add(plan, cells + 2 * lanes, weight), d.add(plan, cells + 3 * lanes, weight);
        }
        HOSTPICK_INLINE reals put(party_plan<R> const& plan, R* out) const noexcept {
            reals const ab = least(a.put(plan, out), b.put(plan, out + lanes));
            return least(ab, least(c.put(plan, out + 2 * lanes), d.put(plan, out + 3 * lanes)));
        }
    };

    template <class Sums>
    HOSTPICK_INLINE static reals look(party_plan<R> const& plan, std::size_t host, R* out) noexcept {
        Sums sums;
        R const* cells = plan.latency_ms + host;
        for (std::size_t player = 0; player < plan.players; ++player, cells += plan.hosts)
            if (R const weight = plan.weight(player); weight > 0) sums.add(plan, cells, weight);
        return sums.put(plan, out);
    }
    template <party_bound_kind Kind>
    static R bounds_by(party_plan<R> const& plan, std::size_t first, std::size_t count,
                       R* out) noexcept {
        party_plan<R> const p = plan;
        reals lowest = all(p.none);
        std::size_t n = 0;
        for (; n + four<Kind>::width <= count; n += four<Kind>::width)
            lowest = least(lowest, look<four<Kind>>(p, first + n, out + n));
        for (; n + lanes <= count; n += lanes)
            lowest = least(lowest, look<one<Kind>>(p, first + n, out + n));
        if (n < count) {  // the last register, from a bit further ahead
            std::size_t const back = lanes - (count - n);
            lowest = least(lowest, look<one<Kind>>(p, first + n - back, out + n - back));
        }
        return -lane_max(all(0) - lowest);
    }

public:
    static constexpr std::size_t register_size = lanes;

    /// A bound for each of `count` hosts from `first` on, and the least of them; there are at least
    /// as many hosts up to the last of these as a register holds, and room before `out` for as many.
    static R bounds(party_plan<R> const& plan, std::size_t first, std::size_t count,
                    R* out) noexcept {
        switch (plan.kind) {
            case party_bound_kind::worst:
                return bounds_by<party_bound_kind::worst>(plan, first, count, out);
            case party_bound_kind::sum:
                return bounds_by<party_bound_kind::sum>(plan, first, count, out);
            case party_bound_kind::spread:
                return bounds_by<party_bound_kind::spread>(plan, first, count, out);
            case party_bound_kind::weight_within: break;
        }
        return bounds_by<party_bound_kind::weight_within>(plan, first, count, out);
    }
};

#endif
