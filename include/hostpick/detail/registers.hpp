// SPDX-License-Identifier: MIT
//
// A register of numbers and what is done with it, once per instruction set, as per_isa.hpp says.
#ifdef HOSTPICK_LANE_BYTES

template <class Build, real R>
struct registers {
#if HOSTPICK_LANE_BYTES > 0
    static constexpr std::size_t lanes = HOSTPICK_LANE_BYTES / sizeof(R);
    typedef R reals __attribute__((vector_size(HOSTPICK_LANE_BYTES)));
    typedef int_of<R> ints __attribute__((vector_size(HOSTPICK_LANE_BYTES)));
    typedef bits_of<R> unsigned_ints __attribute__((vector_size(HOSTPICK_LANE_BYTES)));
    HOSTPICK_INLINE static reals all(R x) noexcept { return x - reals{}; }
    HOSTPICK_INLINE static ints all_ints(int_of<R> x) noexcept { return x - ints{}; }
#else
    static constexpr std::size_t lanes = 1;
    using reals = R;
    using ints = int_of<R>;
    using unsigned_ints = bits_of<R>;
    HOSTPICK_INLINE static reals all(R x) noexcept { return x; }
    HOSTPICK_INLINE static ints all_ints(int_of<R> x) noexcept { return x; }
#endif
    HOSTPICK_INLINE static reals load(R const* from) noexcept {
        reals x;
        std::memcpy(&x, from, sizeof x);
        return x;
    }
    HOSTPICK_INLINE static void store(R* to, reals const& x) noexcept {
        std::memcpy(to, &x, sizeof x);
    }
    HOSTPICK_INLINE static ints bits(reals const& x) noexcept {
        ints b;
        std::memcpy(&b, &x, sizeof b);
        return b;
    }
    /// NaN, infinities and negative numbers are above all others.
    template <class Some>
    HOSTPICK_INLINE static unsigned_ints unsigned_bits(Some const& x) noexcept {
        unsigned_ints b;
        std::memcpy(&b, &x, sizeof b);
        return b;
    }
    HOSTPICK_INLINE static reals least(reals const& a, reals const& b) noexcept {
        return b < a ? b : a;
    }
    HOSTPICK_INLINE static reals most(reals const& a, reals const& b) noexcept {
        return a < b ? b : a;
    }
    HOSTPICK_INLINE static R lane_max(reals const& x) noexcept {
#if HOSTPICK_LANE_BYTES > 0
        return max_of<lanes / 2>(x);
#else
        return x;
#endif
    }

private:
#if HOSTPICK_LANE_BYTES > 0
    /// By halves: every number against the one half a register further.
    template <std::size_t Distance>
    HOSTPICK_INLINE static reals folded(reals const& x) noexcept {
#if defined(__clang__)
        reals other{};
        for (std::size_t n = 0; n < lanes; ++n) other[n] = x[(n + Distance) % lanes];
#else
        ints further{};
        for (std::size_t n = 0; n < lanes; ++n)
            further[n] = static_cast<int_of<R>>((n + Distance) % lanes);
        reals const other = __builtin_shuffle(x, further);
#endif
        return most(x, other);
    }
    template <std::size_t Distance>
    HOSTPICK_INLINE static R max_of(reals const& x) noexcept {
        if constexpr (Distance == 0) return x[0];
        else return max_of<Distance / 2>(folded<Distance>(x));
    }
#endif
};

#endif
