// SPDX-License-Identifier: MIT
#pragma once

/// An independent reference: written from what the documentation promises, as naively as
/// possible, and a generator of hosts that are as nasty as real ones.

#include <hostpick/constraints.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace oracle {

using hostpick::exclusion;
using hostpick::limits;
using hostpick::network_metrics;
using hostpick::relaxation_step;
using hostpick::score_policy;

// ---- numbers that no compiler may reason about

template <class R>
using bits_of = std::conditional_t<sizeof(R) == 4, std::uint32_t, std::uint64_t>;

/// A number made of its bits at run time, so that `-ffast-math` cannot assume it away.
template <class R>
[[nodiscard]] inline R from_bits(bits_of<R> bits) noexcept {
    bits_of<R> volatile const hidden = bits;
    return std::bit_cast<R>(static_cast<bits_of<R>>(hidden));
}

template <class R>
inline constexpr bits_of<R> infinity_bits = sizeof(R) == 4
                                                ? static_cast<bits_of<R>>(0x7F80'0000u)
                                                : static_cast<bits_of<R>>(0x7FF0'0000'0000'0000u);
template <class R>
inline constexpr bits_of<R> sign_bit = bits_of<R>{1} << (sizeof(R) * 8 - 1);

template <class R = double>
[[nodiscard]] inline R nan() noexcept {
    return from_bits<R>(infinity_bits<R> | infinity_bits<R> >> 1);
}
template <class R = double>
[[nodiscard]] inline R infinity() noexcept {
    return from_bits<R>(infinity_bits<R>);
}
template <class R = double>
[[nodiscard]] inline R minus_infinity() noexcept {
    return from_bits<R>(infinity_bits<R> | sign_bit<R>);
}

/// The number with the next larger magnitude.
template <class R>
[[nodiscard]] inline R after(R x) noexcept {
    return std::bit_cast<R>(static_cast<bits_of<R>>(std::bit_cast<bits_of<R>>(x) + 1));
}
/// The number with the next smaller magnitude; `x` is not zero.
template <class R>
[[nodiscard]] inline R before(R x) noexcept {
    return std::bit_cast<R>(static_cast<bits_of<R>>(std::bit_cast<bits_of<R>>(x) - 1));
}

template <class R>
[[nodiscard]] bool same_bits(R a, R b) noexcept {
    return std::bit_cast<bits_of<R>>(a) == std::bit_cast<bits_of<R>>(b);
}
template <class R>
[[nodiscard]] bool finite(R x) noexcept {
    return (std::bit_cast<bits_of<R>>(x) & infinity_bits<R>) != infinity_bits<R>;
}
template <class R>
[[nodiscard]] bool negative(R x) noexcept {
    return (std::bit_cast<bits_of<R>>(x) & sign_bit<R>) != 0 &&
           std::bit_cast<bits_of<R>>(x) != sign_bit<R>;
}
template <class R>
[[nodiscard]] bool is_nan(R x) noexcept {
    return (std::bit_cast<bits_of<R>>(x) & ~sign_bit<R>) > infinity_bits<R>;
}

// ---- the reference

/// A field as the documentation reads it: a number, finite and not negative, or nothing.
template <class R>
[[nodiscard]] std::optional<R> known(std::optional<R> const& field) noexcept {
    return field && finite(*field) && !negative(*field) ? field : std::nullopt;
}

/// Why a host is not eligible, whatever the caller's limits.
template <class R>
[[nodiscard]] exclusion unusable(network_metrics<R> const& m, double ceiling_ms) noexcept {
    auto const is_infinite = [](R x) { return !finite(x) && !is_nan(x) && !negative(x); };
    if (m.failed || (m.latency_ms && is_infinite(*m.latency_ms))) return exclusion::failed;
    if (!m.latency_ms || is_nan(*m.latency_ms)) return exclusion::latency_missing;
    if (negative(*m.latency_ms)) return exclusion::latency_invalid;
    if (*m.latency_ms > static_cast<R>(ceiling_ms)) return exclusion::latency_above_ceiling;
    if (m.packet_loss && (is_infinite(*m.packet_loss) || known(m.packet_loss) >= R{1}))
        return exclusion::packet_loss_total;
    return exclusion::none;
}

/// Nearer to zero than any clock or counter can tell: from here on a step at zero is exact.
inline constexpr double nothing = 1e-29;

/// 100 at `best` or better, 0 at `worst` or worse, linear between; nothing known is the worst.
/// `sign` is -1 where more is better.
template <class R>
[[nodiscard]] long double points(std::optional<R> const& field, long double best,
                                 long double worst, int sign) noexcept {
    auto const value = known(field);
    if (!value) return 0;
    long double const x = *value < nothing ? 0 : sign * static_cast<long double>(*value);
    best *= sign;
    worst *= sign;
    if (x <= best) return 100;
    if (x >= worst) return 0;
    return 100 * (worst - x) / (worst - best);
}

/// The score by a policy of ramps, straight from its description; `p` is valid.
template <class R>
[[nodiscard]] long double score(network_metrics<R> const& m, score_policy const& p) noexcept {
    if (unusable(m, p.latency_ceiling_ms) != exclusion::none) return 0;
    std::pair<long double, long double> const weighted[] = {
        {p.latency_ms.weight, points(m.latency_ms, p.latency_ms.best, p.latency_ms.worst, 1)},
        {p.bandwidth_mbps.weight,
         points(m.bandwidth_mbps, p.bandwidth_mbps.best, p.bandwidth_mbps.worst, -1)},
        {p.packet_loss.weight, points(m.packet_loss, p.packet_loss.best, p.packet_loss.worst, 1)},
        {p.jitter_ms.weight, points(m.jitter_ms, p.jitter_ms.best, p.jitter_ms.worst, 1)}};
    long double sum = 0, weights = 0, weakest = 100;
    for (auto const& [weight, points_of_metric] : weighted) {
        sum += weight * points_of_metric;
        weights += weight;
        if (weight > 0) weakest = std::min(weakest, points_of_metric);
    }
    return p.combine == hostpick::combination::sum ? sum / weights : weakest;
}

/// Which limit a host breaks; a missing metric breaks its limit.
template <class R>
[[nodiscard]] exclusion broken(network_metrics<R> const& m, double score,
                               limits const& l) noexcept {
    auto const above = [](std::optional<R> const& x, std::optional<double> const& most) {
        return most && !(known(x) && *x <= *most);
    };
    if (above(m.latency_ms, l.max_latency_ms)) return exclusion::latency_limit;
    if (above(m.packet_loss, l.max_packet_loss)) return exclusion::packet_loss_limit;
    if (above(m.jitter_ms, l.max_jitter_ms)) return exclusion::jitter_limit;
    if (l.min_bandwidth_mbps && !(known(m.bandwidth_mbps) && *m.bandwidth_mbps >= *l.min_bandwidth_mbps))
        return exclusion::bandwidth_limit;
    if (l.min_score && score < *l.min_score) return exclusion::score_limit;
    return exclusion::none;
}

/// The first step of constraints that a host keeps to, or why it keeps to none.
template <class R, class Excluded>
[[nodiscard]] std::pair<exclusion, unsigned> step_of(
    network_metrics<R> const& m, double score,
    hostpick::constraints<Excluded> const& rules) noexcept {
    std::vector<limits> steps{rules.limit};
    for (relaxation_step const& step : rules.relaxed) {
        if (step.after_ms > rules.waited_ms) break;
        auto const& old = steps.back();
        auto const& now = step.allowed;
        auto const either = [](auto const& a, auto const& b) { return a ? a : b; };
        steps.push_back({.max_latency_ms = either(now.max_latency_ms, old.max_latency_ms),
                         .max_packet_loss = either(now.max_packet_loss, old.max_packet_loss),
                         .max_jitter_ms = either(now.max_jitter_ms, old.max_jitter_ms),
                         .min_bandwidth_mbps = either(now.min_bandwidth_mbps, old.min_bandwidth_mbps),
                         .min_score = either(now.min_score, old.min_score)});
    }
    for (unsigned n = 0; n < steps.size(); ++n)
        if (broken(m, score, steps[n]) == exclusion::none) return {exclusion::none, n};
    return {broken(m, score, steps.back()), 0};
}

/// One eligible host among those to choose from.
template <class Id>
struct entry {
    Id host;
    std::size_t index;
    unsigned step;
    double score;
    double latency_ms;
};

/// All eligible hosts in the documented order, each id once.
template <class Id>
[[nodiscard]] std::vector<entry<Id>> ranking(std::vector<entry<Id>> all) {
    std::stable_sort(all.begin(), all.end(), [](entry<Id> const& a, entry<Id> const& b) {
        if (a.step != b.step) return a.step < b.step;
        if (a.score != b.score) return a.score > b.score;
        if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
        return a.host < b.host;
    });
    std::vector<entry<Id>> once;
    for (entry<Id> const& e : all)
        if (std::none_of(once.begin(), once.end(), [&](auto const& o) { return o.host == e.host; }))
            once.push_back(e);
    return once;
}

/// Whether two choices are the same in every member.
template <class A, class B>
[[nodiscard]] bool same_choice(A const& a, B const& b) {
#ifdef __FAST_MATH__  // each call may be optimised in its own way, so equals may change places
    return a.step == b.step && std::abs(a.score - b.score) <= 1e-4;
#else
    return a.host == b.host && a.index == b.index && a.step == b.step && a.score == b.score &&
           a.latency_ms == b.latency_ms;
#endif
}

/// Whether choices are the first `k` of a ranking.
template <class Choices, class Ranking>
[[nodiscard]] bool same_choices(Choices const& choices, Ranking const& ranked, std::size_t k) {
    return std::equal(choices.begin(), choices.end(), ranked.begin(),
                      ranked.begin() + static_cast<std::ptrdiff_t>(std::min(k, ranked.size())),
                      [](auto const& a, auto const& b) { return same_choice(a, b); });
}

// ---- random hosts

/// Steele, Lea and Flood's SplitMix64: the same numbers with every library.
struct splitmix64 {
    std::uint64_t state = 0;

    constexpr std::uint64_t operator()() noexcept {
        std::uint64_t z = state += 0x9E37'79B9'7F4A'7C15u;
        z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9u;
        z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EBu;
        return z ^ z >> 31;
    }
    constexpr std::size_t below(std::size_t n) noexcept {
        return static_cast<std::size_t>((*this)() % n);
    }
    constexpr bool one_in(std::size_t n) noexcept { return below(n) == 0; }

    /// A multiple of 2^-`binary_digits`, less than `n` of them; exact as a `float` too where
    /// `n` is below 2^24.
    template <class R>
    constexpr R fraction(std::size_t n, int binary_digits) noexcept {
        return static_cast<R>(below(n)) / static_cast<R>(std::uint64_t{1} << binary_digits);
    }
    template <class T, std::size_t N>
    constexpr T pick(T const (&values)[N]) noexcept {
        return values[below(N)];
    }
    template <class T>
    void shuffle(std::vector<T>& all) {
        for (std::size_t n = all.size(); n > 1; --n) std::swap(all[n - 1], all[below(n)]);
    }
};

enum class metric { latency, bandwidth, loss, jitter };
inline constexpr metric all_metrics[] = {metric::latency, metric::bandwidth, metric::loss,
                                         metric::jitter};

template <class R>
[[nodiscard]] std::optional<R>& field(network_metrics<R>& m, metric which) noexcept {
    switch (which) {
        case metric::latency: return m.latency_ms;
        case metric::bandwidth: return m.bandwidth_mbps;
        case metric::loss: return m.packet_loss;
        case metric::jitter: break;
    }
    return m.jitter_ms;
}

/// Something that a broken probe writes and nobody measured.
template <class R>
[[nodiscard]] R garbage(splitmix64& random) noexcept {
    R const values[] = {nan<R>(),
                        from_bits<R>(sign_bit<R> | infinity_bits<R> | 1u),  // negative, signalling
                        infinity<R>(),
                        minus_infinity<R>(),
                        R{-1},
                        R{-200},
                        std::numeric_limits<R>::lowest(),
                        from_bits<R>(sign_bit<R> | 1u)};  // the negative number nearest to zero
    return random.pick(values);
}

/// A measured number at the edge of what the metric can be.
template <class R>
[[nodiscard]] R extreme(metric which, splitmix64& random) noexcept {
    constexpr R most = std::numeric_limits<R>::max();
    constexpr R least = std::numeric_limits<R>::min();
    switch (which) {
        case metric::loss: {
            R const values[] = {R{0}, from_bits<R>(sign_bit<R>), from_bits<R>(1), before(R{1}), R{1},
                                static_cast<R>(0.1), R{2}, R{100}, most};
            return random.pick(values);
        }
        case metric::bandwidth: {
            R const values[] = {R{0}, from_bits<R>(sign_bit<R>), least, before(R{10}), R{10},
                                after(R{10}), R{1e30f}, most};
            return random.pick(values);
        }
        case metric::latency:
        case metric::jitter: break;
    }
    R const values[] = {R{0}, from_bits<R>(sign_bit<R>), least, before(R{200}), R{200},
                        after(R{200}), before(R{1000}), R{1000}, after(R{1000}), R{1'800'000},
                        most};
    return random.pick(values);
}

/// A number that a live host measures; integers are common, so that there are ties.
template <class R>
[[nodiscard]] R ordinary(metric which, splitmix64& random) noexcept {
    bool const fine = random.one_in(2);
    switch (which) {
        case metric::latency:
            return fine ? random.fraction<R>(300 * 64, 6) : static_cast<R>(10 * random.below(30));
        case metric::bandwidth:
            return fine ? random.fraction<R>(12 * 1024, 10) : static_cast<R>(random.below(14));
        case metric::loss:
            return fine ? random.fraction<R>(1 << 18, 21) : random.fraction<R>(8, 6);
        case metric::jitter: break;
    }
    return fine ? random.fraction<R>(60 * 64, 6) : static_cast<R>(random.below(60));
}

/// A host that measured everything.
template <class R>
[[nodiscard]] network_metrics<R> good_host(splitmix64& random) noexcept {
    network_metrics<R> m;
    for (metric const which : all_metrics) field(m, which) = ordinary<R>(which, random);
    return m;
}

/// A host of which anything may be wrong.
template <class R>
[[nodiscard]] network_metrics<R> any_host(splitmix64& random) noexcept {
    network_metrics<R> m;
    for (metric const which : all_metrics) {
        std::size_t const kind = random.below(24);
        if (kind == 0) continue;  // missing
        field(m, which) = kind == 1   ? garbage<R>(random)
                          : kind <= 3 ? extreme<R>(which, random)
                                      : ordinary<R>(which, random);
    }
    m.failed = random.one_in(24);
    return m;
}

template <class R>
struct host_pair {
    network_metrics<R> better, worse;
};

/// A host, and the same host with one metric worse, often by as little as there is.
template <class R>
[[nodiscard]] host_pair<R> worsened_host(splitmix64& random) noexcept {
    metric const which = random.pick(all_metrics);
    // In bits, which `-ffast-math` leaves alone: so numbers that are not negative have their order.
    auto const measured = [&] {
        R const x = random.one_in(4) ? extreme<R>(which, random) : ordinary<R>(which, random);
        return std::bit_cast<bits_of<R>>(x) & ~sign_bit<R>;
    };
    auto const [least, most] = std::minmax({measured(), measured()});
    R const low = from_bits<R>(least);
    R const high = random.one_in(3) && finite(after(low)) ? after(low) : from_bits<R>(most);
    host_pair<R> pair{.better = good_host<R>(random), .worse = {}};
    pair.worse = pair.better;
    bool const more_is_better = which == metric::bandwidth;
    field(pair.better, which) = more_is_better ? high : low;
    field(pair.worse, which) = more_is_better ? low : high;
    // Known to lose every packet is worse than not known to lose any.
    bool const total_loss = known(pair.better.packet_loss) >= R{1};
    if (random.one_in(16) && !total_loss) field(pair.worse, which).reset();
    return pair;
}

/// A good host, and the same host after a broken probe has written one of its metrics.
template <class R>
[[nodiscard]] host_pair<R> spoilt_host(splitmix64& random) noexcept {
    host_pair<R> pair{.better = good_host<R>(random), .worse = {}};
    pair.worse = pair.better;
    metric const which = random.pick(all_metrics);
    switch (random.below(6)) {
        case 0: pair.worse.failed = true; break;
        case 1: pair.worse.packet_loss = static_cast<R>(1 + random.below(100)); break;
        case 2: pair.worse.latency_ms = R{1'800'000}; break;
        case 3: field(pair.worse, which).reset(); break;
        default: field(pair.worse, which) = garbage<R>(random);
    }
    return pair;
}

/// A valid policy with ramps of all kinds; its numbers are exact as `float` too.
[[nodiscard]] inline score_policy any_policy(splitmix64& random) noexcept {
    auto const weight = [&] {
        switch (random.below(5)) {
            case 0: return 0.0;
            case 1: return 1.0;
            case 2: return std::numeric_limits<float>::epsilon() * 1.0;
            case 3: return 1e12;
            default: return random.fraction<double>(1000, 7);
        }
    };
    auto const ramp = [&](auto r, std::size_t n, int binary_digits, bool higher_is_better) {
        r.best = random.one_in(3) ? 0 : random.fraction<double>(n, binary_digits);
        r.worst = random.one_in(4) ? r.best : random.fraction<double>(n, binary_digits);
        if (higher_is_better ? r.best < r.worst : r.worst < r.best) std::swap(r.best, r.worst);
        r.weight = weight();
        return r;
    };
    score_policy p{.latency_ms = ramp(hostpick::latency_ramp{}, 400 * 16, 4, false),
                   .bandwidth_mbps = ramp(hostpick::bandwidth_ramp{}, 16 * 64, 6, true),
                   .packet_loss = ramp(hostpick::packet_loss_ramp{}, 257, 8, false),
                   .jitter_ms = ramp(hostpick::jitter_ramp{}, 80 * 16, 4, false)};
    if (random.one_in(2)) p.combine = hostpick::combination::weakest;
    if (random.one_in(4)) p.latency_ceiling_ms = static_cast<double>(random.below(400));
    if (p.error()) p.latency_ms.weight = 1;  // all weights were zero
    return p;
}

/// Limits that are at least as wide as `narrow`.
[[nodiscard]] inline limits widened(limits l, splitmix64& random) noexcept {
    auto const widen = [&](std::optional<double>& limit, double by) {
        if (random.one_in(6)) limit.reset();
        if (limit) *limit += by;
    };
    widen(l.max_latency_ms, static_cast<double>(10 * random.below(8)));
    widen(l.max_jitter_ms, static_cast<double>(random.below(20)));
    if (random.one_in(6)) l.max_packet_loss.reset();
    if (l.max_packet_loss)
        l.max_packet_loss = std::min(1.0, *l.max_packet_loss + random.fraction<double>(4, 6));
    auto const lower = [&](std::optional<double>& limit, double by) {
        if (random.one_in(6)) limit.reset();
        if (limit) *limit = std::max(0.0, *limit - by);
    };
    lower(l.min_bandwidth_mbps, static_cast<double>(random.below(4)));
    lower(l.min_score, static_cast<double>(random.below(30)));
    return l;
}

/// Limits of all kinds, exact as `float` too.
[[nodiscard]] inline limits any_limits(splitmix64& random) noexcept {
    limits l;
    if (random.one_in(3)) l.max_latency_ms = static_cast<double>(10 * random.below(30));
    if (random.one_in(4)) l.max_packet_loss = random.fraction<double>(8, 6);
    if (random.one_in(5)) l.max_jitter_ms = static_cast<double>(random.below(60));
    if (random.one_in(4)) l.min_bandwidth_mbps = static_cast<double>(random.below(14));
    if (random.one_in(4)) l.min_score = static_cast<double>(random.below(100));
    return l;
}

/// Valid constraints: limits, steps that widen them, and a time waited.
template <class Excluded = hostpick::exclude_nobody>
[[nodiscard]] hostpick::constraints<Excluded> any_constraints(splitmix64& random,
                                                              Excluded excluded = {}) noexcept {
    hostpick::constraints<Excluded> c{any_limits(random), excluded, {}, 0.0};
    relaxation_step step{0, c.limit};
    for (std::size_t n = random.below(4); n > 0; --n) {
        step.after_ms += static_cast<double>(1000 * random.below(4));
        step.allowed = widened(step.allowed, random);
        c.relaxed.add(step);
    }
    c.waited_ms = static_cast<double>(1000 * random.below(10)) - 1000;
    return c;
}

}  // namespace oracle
