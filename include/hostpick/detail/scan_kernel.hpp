// SPDX-License-Identifier: MIT
//
// The loops of a scan, once per instruction set, as per_isa.hpp says.
#ifdef HOSTPICK_LANE_BYTES

template <class Build, real R>
class kernel : registers<Build, R> {
    using vectors = registers<Build, R>;
    using typename vectors::ints;
    using typename vectors::reals;
    using typename vectors::unsigned_ints;
    using vectors::all;
    using vectors::all_ints;
    using vectors::bits;
    using vectors::lane_max;
    using vectors::lanes;
    using vectors::least;
    using vectors::load;
    using vectors::most;
    using vectors::store;
    using vectors::unsigned_bits;

    HOSTPICK_INLINE static reals inside(reals const& x, ints const& low, ints const& high,
                                        reals const& then, reals const& otherwise) noexcept {
        reals const y = bits(x) >= low ? then : otherwise;
        return bits(x) <= high ? y : otherwise;
    }

    /// Scores of four registers of hosts: one would wait for its own results.
    struct four {
        reals a, b, c, d;
    };
    static constexpr std::size_t step = 4 * lanes;
    static_assert(scan_block % step == 0);

    /// What one ramp gives to four registers of hosts.
    HOSTPICK_INLINE static four points(scan_ramp<R> const& ramp, std::size_t row) noexcept {
        R const* const x = ramp.values + row;
        reals const worst = all(ramp.worst), slope = all(ramp.slope);
        return {(load(x) - worst) * slope, (load(x + lanes) - worst) * slope,
                (load(x + 2 * lanes) - worst) * slope, (load(x + 3 * lanes) - worst) * slope};
    }
    /// The same where the worst is 0.
    HOSTPICK_INLINE static four points_from_zero(scan_ramp<R> const& ramp,
                                                 std::size_t row) noexcept {
        R const* const x = ramp.values + row;
        reals const slope = all(ramp.slope);
        return {load(x) * slope, load(x + lanes) * slope, load(x + 2 * lanes) * slope,
                load(x + 3 * lanes) * slope};
    }
    HOSTPICK_INLINE static four floored(four const& p, reals const& floor) noexcept {
        return {most(p.a, floor), most(p.b, floor), most(p.c, floor), most(p.d, floor)};
    }
    HOSTPICK_INLINE static four roofed(four const& p, reals const& roof) noexcept {
        return {least(p.a, roof), least(p.b, roof), least(p.c, roof), least(p.d, roof)};
    }
    HOSTPICK_INLINE static four sum(four const& s, four const& p) noexcept {
        return {s.a + p.a, s.b + p.b, s.c + p.c, s.d + p.d};
    }
    HOSTPICK_INLINE static four weaker(four const& s, four const& p) noexcept {
        return {least(s.a, p.a), least(s.b, p.b), least(s.c, p.c), least(s.d, p.d)};
    }

    template <bool Usual>
    HOSTPICK_INLINE static four scores(scan_plan<R> const& plan, std::size_t row) noexcept {
        reals const zero = all(plan.zero), none = all(plan.none), full = all(plan.full);
        four s{};
        if constexpr (Usual) {
            s = floored(points(plan.ramps[0], row), zero);
            s = sum(s, roofed(points_from_zero(plan.ramps[1], row), all(plan.ramps[1].points)));
            s = sum(s, floored(points(plan.ramps[2], row), zero));
        } else {
            s = plan.weakest ? four{full, full, full, full} : four{zero, zero, zero, zero};
            for (std::size_t n = 0; n < plan.ramp_count; ++n) {
                scan_ramp<R> const& ramp = plan.ramps[n];
                four p = floored(points(ramp, row), zero);
                if (ramp.has_roof) p = roofed(p, all(ramp.points));
                s = plan.weakest ? weaker(s, p) : sum(s, p);
            }
        }
        R const* const x = plan.latency_ms + row;
        reals const near = all(plan.max_latency_ms);
        s = {load(x) <= near ? s.a : none, load(x + lanes) <= near ? s.b : none,
             load(x + 2 * lanes) <= near ? s.c : none, load(x + 3 * lanes) <= near ? s.d : none};
        if (Usual) return s;
        for (std::size_t n = 0; n < plan.gate_count; ++n) {
            scan_gate<R> const& gate = plan.gates[n];
            R const* const y = gate.values + row;
            ints const low = all_ints(gate.low), high = all_ints(gate.high);
            s = {inside(load(y), low, high, s.a, none),
                 inside(load(y + lanes), low, high, s.b, none),
                 inside(load(y + 2 * lanes), low, high, s.c, none),
                 inside(load(y + 3 * lanes), low, high, s.d, none)};
        }
        return s;
    }

    HOSTPICK_INLINE static void put(R* to, four const& s, R full) noexcept {
        store(to, least(s.a, all(full)));
        store(to + lanes, least(s.b, all(full)));
        store(to + 2 * lanes, least(s.c, all(full)));
        store(to + 3 * lanes, least(s.d, all(full)));
    }

    template <bool Usual>
    HOSTPICK_INLINE static std::size_t maxima_by(scan_plan<R> const& plan, std::size_t rows,
                                                 std::size_t rows_per_group, bool per_lane, R* out,
                                                 R* scores_out) noexcept {
        scan_plan<R> const p = plan;
        std::size_t written = 0;
        for (std::size_t row = 0; row < rows;) {
            reals highest = all(p.none);
            std::size_t const left = rows - row;
            for (std::size_t const end = row + (left < rows_per_group ? left : rows_per_group);
                 row < end; row += step) {
                four const s = scores<Usual>(p, row);
                highest = most(most(highest, most(s.a, s.b)), most(s.c, s.d));
                if (scores_out != nullptr) put(scores_out + row, s, p.full);
            }
            highest = least(highest, all(p.full));
            if (per_lane) store(out + written, highest), written += lanes;
            else out[written++] = lane_max(highest);
        }
        return written;
    }
    template <bool Usual>
    HOSTPICK_INLINE static void scores_by(scan_plan<R> const& plan, std::size_t row,
                                          std::size_t rows, R* out) noexcept {
        scan_plan<R> const p = plan;
        for (std::size_t n = 0; n < rows; n += step)
            put(out + n, scores<Usual>(p, row + n), p.full);
    }

#if HOSTPICK_LANE_BYTES < 64
    /// Which elements of a comparison are true, as bits.
    template <class Mask>
    HOSTPICK_INLINE static std::uint32_t set_bits(Mask const& mask) noexcept {
#if HOSTPICK_LANE_BYTES == 0
        return mask ? 1 : 0;
#else
        [[maybe_unused]] constexpr bool singles = sizeof(mask[0]) == 4;
#if HOSTPICK_LANE_BYTES == 32
        typedef float floats __attribute__((vector_size(32)));
        typedef double doubles __attribute__((vector_size(32)));
        int set = 0;
        if constexpr (singles) set = __builtin_ia32_movmskps256((floats)mask);
        else set = __builtin_ia32_movmskpd256((doubles)mask);
        return static_cast<std::uint32_t>(set);
#elif defined(__SSE2__)
        typedef float floats __attribute__((vector_size(16)));
        typedef double doubles __attribute__((vector_size(16)));
        int set = 0;
        if constexpr (singles) set = __builtin_ia32_movmskps((floats)mask);
        else set = __builtin_ia32_movmskpd((doubles)mask);
        return static_cast<std::uint32_t>(set);
#else
        std::uint32_t set = 0;
        for (std::size_t n = 0; n < sizeof mask / sizeof mask[0]; ++n)
            set |= mask[n] != 0 ? 1u << n : 0u;
        return set;
#endif
#endif
    }
#endif

    /// Which hosts of one register, as bits.
#if HOSTPICK_LANE_BYTES == 64
    using mask = std::conditional_t<lanes == 16, unsigned short, unsigned char>;
    /// Through a general register: g++ 12 may store a mask of 8 bits and load 32.
    HOSTPICK_INLINE static std::uint32_t bits_of_mask(mask m) noexcept {
        __asm__("" : "+r"(m));
        return m;
    }
#else
    using mask = std::uint32_t;
    HOSTPICK_INLINE static std::uint32_t bits_of_mask(mask m) noexcept { return m; }
#endif

    /// Where `a` is less than `b`, or the same.
    template <class Some>
    HOSTPICK_INLINE static auto less(Some const& a, Some const& b) noexcept {
#if HOSTPICK_LANE_BYTES == 64
        return compared<1>(a, b);
#else
        return set_bits(a < b);
#endif
    }
    template <class Some>
    HOSTPICK_INLINE static auto same(Some const& a, Some const& b) noexcept {
#if HOSTPICK_LANE_BYTES == 64
        return compared<0>(a, b);
#else
        return set_bits(a == b);
#endif
    }
#if HOSTPICK_LANE_BYTES == 64
    /// Straight into a mask: a compiler that is left alone makes a vector of it first.
    template <int How, class Some>
    HOSTPICK_INLINE static auto compared(Some const& a, Some const& b) noexcept {
        typedef float floats __attribute__((vector_size(64)));
        typedef double doubles __attribute__((vector_size(64)));
        typedef int words __attribute__((vector_size(64)));
        typedef long long longs __attribute__((vector_size(64)));
        using element = std::remove_cvref_t<decltype(a[0])>;
        constexpr auto all16 = static_cast<unsigned short>(-1);
        constexpr auto all8 = static_cast<unsigned char>(-1);
        if constexpr (std::same_as<element, float>)
            return __builtin_ia32_cmpps512_mask((floats)a, (floats)b, How, all16, 4);
        else if constexpr (std::same_as<element, double>)
            return __builtin_ia32_cmppd512_mask((doubles)a, (doubles)b, How, all8, 4);
        else if constexpr (sizeof(element) == 4 && std::is_signed_v<element>)
            return __builtin_ia32_cmpd512_mask((words)a, (words)b, How, all16);
        else if constexpr (sizeof(element) == 4)
            return __builtin_ia32_ucmpd512_mask((words)a, (words)b, How, all16);
        else if constexpr (std::is_signed_v<element>)
            return __builtin_ia32_cmpq512_mask((longs)a, (longs)b, How, all8);
        else return __builtin_ia32_ucmpq512_mask((longs)a, (longs)b, How, all8);
    }
#endif

    /// Which of the hosts of one register have an id below `bar`.
    template <class Id>
    HOSTPICK_INLINE static mask ids_below(std::byte const* ids, Id bar) noexcept {
#if HOSTPICK_LANE_BYTES > 0
        typedef Id some __attribute__((vector_size(HOSTPICK_LANE_BYTES)));
        some const last = bar - some{};
#else
        using some = Id;
        some const last = bar;
#endif
        // A register holds fewer hosts than ids where these are smaller, and more than one holds else.
        constexpr std::size_t at_once = smaller(lanes, sizeof(some) / sizeof(Id));
        mask below = 0;
        for (std::size_t n = 0; n < lanes; n += at_once) {
            some x{};
            std::memcpy(&x, ids + n * sizeof(Id), at_once * sizeof(Id));
            below = static_cast<mask>(below | static_cast<std::uint32_t>(less(x, last)) << n);
        }
        return below;
    }

    /// The hosts of one register that are not behind the bar. Where ties are settled, all that
    /// decides is compared at once, because in a crowd of equals no branch would be foreseen.
    template <bool SettlesTies, class Id>
    HOSTPICK_INLINE static std::uint32_t not_behind(reals const& score, std::size_t row,
                                                    scan_bar<R> const& bar,
                                                    scan_ties<R, Id> const& ties) noexcept {
        reals const least_score = all(bar.score);
        mask const above = less(least_score, score);
        mask level = same(score, least_score);
        if constexpr (SettlesTies) level = static_cast<mask>(level & wins_tie(row, bar, ties));
        return bits_of_mask(static_cast<mask>(above | level));
    }
    template <class Id>
    HOSTPICK_INLINE static mask wins_tie(std::size_t row, scan_bar<R> const& bar,
                                         scan_ties<R, Id> const& ties) noexcept {
        reals const latency = load(ties.latency_ms + row), last = all(bar.latency_ms);
        mask equal = same(latency, last);
        if constexpr (!std::same_as<Id, no_id>)
            equal = static_cast<mask>(equal & ids_below<Id>(ties.ids + row * sizeof(Id), ties.bar));
        return static_cast<mask>(less(latency, last) | equal);
    }

    template <bool SettlesTies, class Id>
    HOSTPICK_INLINE static std::uint32_t* hits_by(R const* scores, std::size_t rows,
                                                  scan_bar<R> const& bar,
                                                  scan_ties<R, Id> const& ties,
                                                  std::uint32_t* out) noexcept {
        for (std::size_t row = 0; row < rows; row += step) {
            std::uint32_t hit[4], any = 0;
            for (std::size_t n = 0; n < 4; ++n)
                any |= hit[n] = not_behind<SettlesTies>(load(scores + row + n * lanes),
                                                        row + n * lanes, bar, ties);
            if (any == 0) continue;
            for (std::size_t n = 0; n < 4; ++n)
                for (std::uint32_t left = hit[n]; left != 0; left &= left - 1)
                    *out++ = static_cast<std::uint32_t>(row + n * lanes) +
                             static_cast<std::uint32_t>(std::countr_zero(left));
        }
        return out;
    }

public:
    /// For each group of `rows_per_group` rows the highest score: one, or one per lane. Gives how
    /// many numbers it wrote. `scores_out` gets every score, unless it is null.
    static std::size_t maxima(scan_plan<R> const& plan, std::size_t rows,
                              std::size_t rows_per_group, bool per_lane, R* out,
                              R* scores_out) noexcept {
        return plan.is_usual() ? maxima_by<true>(plan, rows, rows_per_group, per_lane, out, scores_out)
                               : maxima_by<false>(plan, rows, rows_per_group, per_lane, out, scores_out);
    }

    /// The scores of `rows` rows from `row` on.
    static void scores_of(scan_plan<R> const& plan, std::size_t row, std::size_t rows,
                          R* out) noexcept {
        if (plan.is_usual()) scores_by<true>(plan, row, rows, out);
        else scores_by<false>(plan, row, rows, out);
    }

    /// The rows that are not behind the bar, in order; `rows` is a multiple of the block.
    template <class Id>
    static std::size_t hits(R const* scores, std::size_t rows, scan_bar<R> const& bar,
                            scan_ties<R, Id> const& ties, std::uint32_t* out) noexcept {
        std::uint32_t const* const end = bar.settles_ties
                                             ? hits_by<true>(scores, rows, bar, ties, out)
                                             : hits_by<false>(scores, rows, bar, ties, out);
        return static_cast<std::size_t>(end - out);
    }

    /// Whether any row would be before the bar if its score were the same.
    template <class Id>
    static bool any_wins_tie(std::size_t rows, scan_bar<R> const& bar,
                             scan_ties<R, Id> const& ties) noexcept {
        for (std::size_t row = 0; row < rows; row += step)
            if (bits_of_mask(static_cast<mask>(
                    wins_tie(row, bar, ties) | wins_tie(row + lanes, bar, ties) |
                    wins_tie(row + 2 * lanes, bar, ties) | wins_tie(row + 3 * lanes, bar, ties))) != 0)
                return true;
        return false;
    }

    /// The largest number; `count` is a multiple of the lanes, and not 0.
    static R largest(R const* numbers, std::size_t count) noexcept {
        reals highest = load(numbers);
        for (std::size_t n = lanes; n < count; n += lanes) highest = most(highest, load(numbers + n));
        return lane_max(highest);
    }

    /// How many numbers are at least `x`; `count` is a multiple of the lanes.
    static std::size_t count_from(R const* numbers, std::size_t count, R x) noexcept {
        ints sum = all_ints(0);
        reals const from = all(x);
        ints const one = all_ints(1), nought = all_ints(0);
        for (std::size_t n = 0; n < count; n += lanes) sum += load(numbers + n) >= from ? one : nought;
        int_of<R> lane[lanes];
        std::memcpy(lane, &sum, sizeof sum);
        std::size_t all_of_them = 0;
        for (std::size_t n = 0; n < lanes; ++n) all_of_them += static_cast<std::size_t>(lane[n]);
        return all_of_them;
    }

    /// For each score how many are higher; `count` is a multiple of the lanes. For few scores that is
    /// the fastest way to sort: it has no branch.
    static void ranks(R const* scores, std::size_t count, std::uint32_t* out) noexcept {
        ints const one = all_ints(1), nought = all_ints(0);
        for (std::size_t row = 0; row < count; row += lanes) {
            reals const x = load(scores + row);
            ints higher = nought;
            for (std::size_t n = 0; n < count; ++n) higher += all(scores[n]) > x ? one : nought;
            int_of<R> lane[lanes];
            std::memcpy(lane, &higher, sizeof higher);
            for (std::size_t n = 0; n < lanes; ++n) out[row + n] = static_cast<std::uint32_t>(lane[n]);
        }
    }

    /// Numbers of a caller as a table keeps them: what is none becomes `missing`, none is above
    /// `most_kept`, and minus zero is zero. `rows` is a multiple of the block; `to` may be `from`.
    static void tidy(R const* from, std::size_t rows, R most_kept, R missing, R* to) noexcept {
        reals const otherwise = all(missing), roof = all(most_kept), nought = all(0);
        ints const last = all_ints(int_of<R>{infinity_bits<R>} - 1);
        ints const minus_zero = all_ints(std::bit_cast<int_of<R>>(sign_bit<R>));
        for (std::size_t row = 0; row < rows; row += lanes) {
            reals const x = load(from + row);
            reals const y = unsigned_bits(x) <= unsigned_bits(last) ? least(x, roof) : otherwise;
            store(to + row, bits(x) == minus_zero ? nought : y);
        }
    }
    /// Hosts that answer nothing have no latency. A negative loss, or none, says nothing.
    static void drop_lost(R const* packet_loss, std::size_t rows, R no_latency,
                          R* latency_ms) noexcept {
        reals const none = all(no_latency);
        ints const first = all_ints(std::bit_cast<int_of<R>>(R{1}));
        ints const last = all_ints(int_of<R>{infinity_bits<R>});
        for (std::size_t row = 0; row < rows; row += lanes)
            store(latency_ms + row,
                  inside(load(packet_loss + row), first, last, none, load(latency_ms + row)));
    }

    template <class Id>
    static constexpr scan_kernel<R, Id> functions{
        lanes,   maxima,     scores_of, hits<Id>, any_wins_tie<Id>,
        largest, count_from, ranks,     tidy,     drop_lost};
};

#endif
