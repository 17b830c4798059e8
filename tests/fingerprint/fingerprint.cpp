// SPDX-License-Identifier: MIT
//
// One line that stands for the bits of a million scores, verdicts and choices. Every compiler, at
// every level of optimisation, for every processor has to print the same line.
//
// All inputs are exact (integers over powers of two, or bits), except for products of the caller
// that are passed straight on: those a compiler would like to fuse into our arithmetic.
//
//     fingerprint [parts]    one hash, or with any argument one for each part
#include <hostpick/hostpick.hpp>
#include <hostpick/select_table.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

using namespace hostpick;

namespace {

constexpr unsigned cases = 1'000'000;

/// FNV-1a over the bytes of numbers.
struct fnv1a {
    std::uint64_t value = 0xCBF2'9CE4'8422'2325u;

    void add(std::uint64_t x) {
        for (int shift = 0; shift < 64; shift += 8)
            value = (value ^ (x >> shift & 0xFFu)) * 0x0000'0100'0000'01B3u;
    }
    void add(double x) { add(std::bit_cast<std::uint64_t>(x)); }
    void add(float x) { add(std::uint64_t{std::bit_cast<std::uint32_t>(x)}); }
    void add(unsigned x) { add(std::uint64_t{x}); }
    void add(std::string_view text) {
        for (char const c : text) add(std::uint64_t{static_cast<unsigned char>(c)});
    }
    void add(metric_points const& p) {
        add(p.gained);
        add(p.lost);
        add(static_cast<unsigned>(p.state));
    }
    void add(verdict const& v) {
        add(static_cast<unsigned>(v.reason));
        add(v.score);
        add(v.step);
        add(v.latency_ms.value_or(-1));
        if (!v.parts) return;
        add(v.parts->latency_ms);
        add(v.parts->bandwidth_mbps);
        add(v.parts->packet_loss);
        add(v.parts->jitter_ms);
    }
    template <class Id>
    void add(host_choice<Id> const& c) {
        add(static_cast<std::uint64_t>(c.host));
        add(c.score);
        add(static_cast<std::uint64_t>(c.index));
        add(c.step);
        add(c.latency_ms);
    }
};

/// One hash for each part of the library, so that a difference can be found.
struct part_hash {
    char const* name;
    fnv1a hash{};
};
std::array<part_hash, 11> parts{{{"default policy"},
                                {"random ramps"},
                                {"compiled policy"},
                                {"quality of outcome"},
                                {"E-model"},
                                {"opinion score"},
                                {"verdict"},
                                {"choice"},
                                {"text"},
                                {"table"},
                                {"path"}}};
enum part {
    by_default, by_ramps, by_compiled, by_outcome, by_e_model, by_mos, by_verdict, by_choice, by_text,
    by_table, by_path
};

fnv1a& hash(part which) { return parts[which].hash; }

struct splitmix64 {
    std::uint64_t state;
    std::uint64_t operator()() {
        std::uint64_t z = state += 0x9E37'79B9'7F4A'7C15u;
        z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9u;
        z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EBu;
        return z ^ z >> 31;
    }
    std::uint64_t below(std::uint64_t n) { return (*this)() % n; }

    /// Less than `n`, in steps of 2^-`digits`: exact where `n` times 2^`digits` fits.
    template <class R>
    R number(std::uint64_t n, int digits) {
        return static_cast<R>(below(n << digits)) / static_cast<R>(std::uint64_t{1} << digits);
    }
};

/// Numbers whose product is a metric: a clock's ticks and their length, a count and its share.
template <class R>
struct factors {
    R ticks, ms_per_tick, lost, share, rate, unit, deviations, ms_per_deviation;
};

template <class R>
factors<R> any_factors(splitmix64& random) {
    return {.ticks = random.number<R>(4096, 8),
            .ms_per_tick = static_cast<R>(1 + random.below(200)) / 1024,
            .lost = random.number<R>(128, 8),
            .share = static_cast<R>(1 + random.below(31)) / 16384,
            .rate = random.number<R>(1024, 8),
            .unit = static_cast<R>(1 + random.below(40)) / 1024,
            .deviations = random.number<R>(256, 8),
            .ms_per_deviation = static_cast<R>(1 + random.below(200)) / 1024};
}

template <class R>
R any_bits(splitmix64& random) {
    if constexpr (sizeof(R) == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    else return std::bit_cast<double>(random());
}

template <class R>
network_metrics<R> any_metrics(splitmix64& random) {
    network_metrics<R> m{.latency_ms = random.number<R>(256, 12),
                         .bandwidth_mbps = random.number<R>(12, 14),
                         .packet_loss = random.number<R>(1, 16) / 8,
                         .jitter_ms = random.number<R>(64, 12)};
    switch (random.below(16)) {
        case 0: m.latency_ms = any_bits<R>(random); break;
        case 1: m.bandwidth_mbps = any_bits<R>(random); break;
        case 2: m.packet_loss = any_bits<R>(random); break;
        case 3: m.jitter_ms = any_bits<R>(random); break;
        case 4: m.bandwidth_mbps.reset(); break;
        case 5: m.packet_loss.reset(); break;
        case 6: m.failed = random.below(4) == 0; break;
        default: break;
    }
    return m;
}

score_policy any_policy(splitmix64& random) {
    auto const ramp = [&](auto r, std::uint64_t n, bool higher_is_better) {
        // Widths, and sums of weights, by which nothing divides exactly.
        double const a = random.number<double>(n, 10), b = random.number<double>(n, 10);
        bool const swap = (a < b) == higher_is_better;
        r.best = swap ? b : a;
        r.worst = swap ? a : b;
        r.weight = random.below(5) == 0 ? 0 : random.number<double>(16, 20);
        return r;
    };
    score_policy p{.latency_ms = ramp(latency_ramp{}, 300, false),
                   .bandwidth_mbps = ramp(bandwidth_ramp{}, 16, true),
                   .packet_loss = ramp(packet_loss_ramp{}, 1, false),
                   .jitter_ms = ramp(jitter_ramp{}, 80, false)};
    if (random.below(3) == 0) p.combine = combination::weakest;
    return p;
}

template <class R>
void score_products(splitmix64& random, score_policy const& policy, e_model const& model) {
    auto const f = any_factors<R>(random);
    // The products are written where they are used, so that they are inlined with our arithmetic.
    hash(by_default)
        .add(calculate_host_score(network_metrics<R>{.latency_ms = f.ticks * f.ms_per_tick,
                                                     .bandwidth_mbps = f.rate * f.unit,
                                                     .packet_loss = f.lost * f.share,
                                                     .jitter_ms = f.deviations * f.ms_per_deviation}));
    hash(by_ramps)
        .add(calculate_host_score(network_metrics<R>{.latency_ms = f.ticks * f.ms_per_tick,
                                                     .bandwidth_mbps = f.rate * f.unit,
                                                     .packet_loss = f.lost * f.share,
                                                     .jitter_ms = f.deviations * f.ms_per_deviation},
                                  policy));
    hash(by_e_model)
        .add(calculate_host_score(network_metrics<R>{.latency_ms = f.ticks * f.ms_per_tick,
                                                     .packet_loss = f.lost * f.share},
                                  model));
    hash(by_mos).add(e_model_mos(static_cast<double>(f.rate) * static_cast<double>(f.unit)));
    hash(by_verdict)
        .add(judge_host(network_metrics<R>{.latency_ms = f.ticks * f.ms_per_tick,
                                           .bandwidth_mbps = f.rate * f.unit,
                                           .packet_loss = f.lost * f.share},
                        policy));
}

template <class R>
void score_one(splitmix64& random) {
    auto const policy = any_policy(random);
    auto const m = any_metrics<R>(random);
    hash(by_default).add(calculate_host_score(m));
    hash(by_ramps).add(calculate_host_score(m, policy));
    compiled_policy<R> const compiled{policy};
    hash(by_compiled).add(compiled(m));

    auto const low_high = [&](std::uint64_t n) {
        double const a = random.number<double>(n, 10), b = random.number<double>(n, 10);
        return a < b ? outcome_requirement{a, b} : outcome_requirement{b, a};
    };
    auto const latency = low_high(400), loss = low_high(1);
    hash(by_outcome).add(calculate_host_score(m, quality_of_outcome(latency, loss, 3)));

    e_model const model{.ie = random.number<double>(20, 10),
                        .bpl = 1 + random.number<double>(30, 10),
                        .burst_r = 1 + random.number<double>(3, 10)};
    double const r = calculate_host_score(m, model);
    hash(by_e_model).add(r);
    hash(by_mos).add(e_model_mos(r));

    auto const v = judge_host(m, policy);
    hash(by_verdict).add(v);
    hash(by_verdict).add(judge_host(m, model));
    hash(by_text).add(describe(v).view());
    text_line line;
    line << random.number<double>(100'000, 0) / 1000;  // often a half of the last digit
    hash(by_text).add(line.view());

    score_products<R>(random, policy, model);
}

template <class R>
void choose_some(splitmix64& random) {
    std::array<network_metrics<R>, 12> hosts;
    for (auto& m : hosts) m = any_metrics<R>(random);
    auto const policy = any_policy(random);
    constraints<> const rules{.limit = {.max_latency_ms = random.number<double>(200, 4)},
                              .relaxed = {{0, {}}}};
    if (auto const best = select_best_host(hosts)) hash(by_choice).add(*best);
    if (auto const best = select_best_host(hosts, {}, policy, rules)) hash(by_choice).add(*best);

    // Positions modulo 8 as ids, so that some repeat; ticks times their length as latencies.
    std::array<choice_of<std::array<network_metrics<R>, 12>>, 5> room;
    for (auto const& choice : select_top_hosts(hosts, {}, room, policy, rules))
        hash(by_choice).add(choice);
    std::array<unsigned, 12> ids;
    for (auto& id : ids) id = static_cast<unsigned>(random.below(8));
    auto const f = any_factors<R>(random);
    auto const metrics = [&f](unsigned id) {
        R const n = static_cast<R>(id);
        return network_metrics<R>{.latency_ms = n * f.ms_per_tick * 64, .packet_loss = n * f.share};
    };
    for (auto const& choice : select_top_hosts(ids, metrics, 5, policy)) hash(by_choice).add(choice);
    if (auto const best = select_best_host(ids, metrics, e_model{})) hash(by_choice).add(*best);
}

/// The best of a table by a scan, in which the instruction set has most to say.
void scan_some(splitmix64& random) {
    host_table<std::uint32_t> table;
    for (unsigned n = 0; n < 300; ++n) table.add(n * 7919 % 300, any_metrics<float>(random));
    std::array<host_choice<std::uint32_t>, 20> room;
    auto const policy = any_policy(random);
    for (auto const& choice : select_top_hosts(table, room, policy)) hash(by_table).add(choice);
    if (auto const best = select_best_host(table, policy, {.max_latency_ms = random.number<double>(200, 4)}))
        hash(by_table).add(*best);
}

/// What the windows say of a path, and of the numbers that they keep.
void watch_path(splitmix64& random) {
    using namespace hostpick::rolling;
    path_monitor<32> path;
    smoothed_rtt smoothed;
    sample_window<double, 9> samples;
    instant now{};
    for (unsigned n = 0; n < 60; ++n) {
        now += std::chrono::milliseconds{random.below(900)};
        auto const sequence = path.sent(now);
        auto const rtt = std::chrono::microseconds{5'000 + random.below(300'000)};
        if (random.below(8) != 0) path.reply(sequence, now + rtt);
        path.advance(now);
        double const ms = to_ms(rtt);
        smoothed.push_ms(ms);
        samples.push(ms / 3);
    }
    path.train({push_result::accepted, random.number<double>(100, 10)}, now);
    for (auto const age : {1, 20, 45}) {
        auto const later = now + std::chrono::seconds{age};
        for (auto const& m : {path.metrics(later), path.pessimistic_metrics(later)}) {
            hash(by_path).add(m.latency_ms.value_or(-1));
            hash(by_path).add(m.packet_loss.value_or(-1));
            hash(by_path).add(m.jitter_ms.value_or(-1));
            hash(by_path).add(m.bandwidth_mbps.value_or(-1));
            hash(by_path).add(calculate_host_score(m));
        }
    }
    hash(by_path).add(*path.probes().all().rtt_quantile_ms(0.95));
    hash(by_path).add(*smoothed.timeout_ms());
    hash(by_path).add(*samples.quantile(0.3));
    hash(by_path).add(wilson_interval(random.below(50), 100)->low);
}

}  // namespace

int main(int argc, char**) {
    splitmix64 random{2024};
    for (unsigned n = 0; n < cases; ++n) {
        score_one<double>(random);
        score_one<float>(random);
        if (n % 16 != 0) continue;
        choose_some<double>(random);
        choose_some<float>(random);
        if (n % 512 != 0) continue;
        scan_some(random);
        watch_path(random);
    }
    fnv1a all;
    for (auto const& [name, hash_of_part] : parts) {
        all.add(hash_of_part.value);
        if (argc > 1) std::printf("%016llx %s\n", static_cast<unsigned long long>(hash_of_part.value), name);
    }
    std::printf("%016llx\n", static_cast<unsigned long long>(all.value));
}
