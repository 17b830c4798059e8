// SPDX-License-Identifier: MIT
#pragma once

#include "random.hpp"
#include "trace.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// What others do, each as short as it can be told; they see what we see. Where a rule here differs
// from what is published it says so. For all of them:
// - They were made for one client and some servers. Here a host's cost is that of its worst player,
//   as the regret is; only GameLift and the original formula take all players together.
// - A step has one sample of each path; who pings more often gets no more. An unanswered probe
//   leaves the estimate as it is, except where a rule says what it counts as. A path without any
//   sample takes 1000 ms.
// - All are asked in each step. Who chooses once, when a session begins, is here twice: like that,
//   and asked in each step.
namespace quality {

inline constexpr double slot_seconds_default = 15.7;
inline constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();
inline constexpr double missing = -1;   ///< a probe that was not answered, or not sent
inline constexpr double own_path = -2;  ///< the player is the host

/// A way to choose: sees one slot after another, and is asked after each where to play next.
class rule {
public:
    rule() = default;
    rule(rule const&) = delete;
    rule& operator=(rule const&) = delete;
    virtual ~rule() = default;

    virtual void start(std::size_t hosts, std::size_t players, std::uint64_t seed) = 0;
    /// The round trips of this slot, host by host; `missing` and `own_path` are among them.
    virtual void see(std::vector<double> const& rtts) = 0;
    /// `current` is `nobody` when the session begins.
    virtual std::size_t choose(std::size_t current) = 0;
};

/// The last samples, newest first: at most so many.
class recent {
public:
    explicit recent(std::size_t most) : ms_(std::max<std::size_t>(most, 1)) {}
    /// As many as are not older than that; the newest is of now.
    static recent of_seconds(double seconds, double slot_seconds) {
        return recent{static_cast<std::size_t>(seconds / slot_seconds) + 1};
    }
    void push(double ms) {
        newest_ = newest_ == 0 ? ms_.size() - 1 : newest_ - 1;
        ms_[newest_] = ms;
        size_ = std::min(size_ + 1, ms_.size());
    }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] double operator[](std::size_t age) const {
        return ms_[(newest_ + age) % ms_.size()];
    }

private:
    std::vector<double> ms_;
    std::size_t newest_ = 0, size_ = 0;
};

/// Most rules are an estimate of each path and a way to move: `Estimate` takes samples and gives
/// milliseconds, `Move` takes the costs of all hosts.
template <class Estimate, class Move>
class path_rule final : public rule {
public:
    explicit path_rule(Estimate estimate, Move move)
        : fresh_{std::move(estimate)}, move_{std::move(move)}, fresh_move_{move_} {}

    void start(std::size_t hosts, std::size_t players, std::uint64_t seed) override {
        paths_.assign(hosts * players, fresh_);
        costs_.assign(hosts, 0);
        players_ = players;
        move_ = fresh_move_;
        move_.random = random_source{seed};
    }
    void see(std::vector<double> const& rtts) override {
        for (std::size_t h = 0; h < costs_.size(); ++h) {
            double worst = 0, sum = 0;
            for (std::size_t p = h * players_; p < (h + 1) * players_; ++p) {
                if (rtts[p] == own_path) continue;
                paths_[p].push(rtts[p]);
                worst = std::max(worst, paths_[p].ms());
                sum += paths_[p].ms();
            }
            costs_[h] = worst;
            move_.see(h, worst, sum / static_cast<double>(players_));
        }
    }
    std::size_t choose(std::size_t current) override { return move_.choose(current, costs_); }

private:
    Estimate fresh_;
    Move move_, fresh_move_;
    std::vector<Estimate> paths_;
    std::vector<double> costs_;
    std::size_t players_ = 0;
};

// ---- estimates of a path

struct newest_sample {
    double value = cap_ms;
    void push(double x) { value = x == missing ? value : x; }
    [[nodiscard]] double ms() const { return value; }
};

/// RFC 6298 has a weight of 1/8, MongoDB one of 1/5; who reacts faster takes more.
struct ewma {
    double weight;
    double value = -1;
    void push(double x) {
        if (x != missing) value = value < 0 ? x : value + weight * (x - value);
    }
    [[nodiscard]] double ms() const { return value < 0 ? cap_ms : value; }
};

/// Finagle and Linkerd: up at once, down by exp(-dt / 10 s).
struct peak_ewma {
    double slot_seconds;
    double value = -1;
    void push(double x) {
        if (x == missing) return;
        double const w = std::exp(-slot_seconds / 10);
        value = x > value ? x : value * w + x * (1 - w);
    }
    [[nodiscard]] double ms() const { return value < 0 ? cap_ms : value; }
};

struct median_of {
    recent samples;
    explicit median_of(std::size_t count) : samples{count} {}
    void push(double x) {
        if (x != missing) samples.push(x);
    }
    [[nodiscard]] double ms() const {
        std::size_t const n = samples.size();
        if (n == 0) return cap_ms;
        std::vector<double> sorted;
        for (std::size_t i = 0; i < n; ++i) sorted.push_back(samples[i]);
        std::sort(sorted.begin(), sorted.end());
        return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }
};

/// GameNetworkingSockets, steamnetworkingsockets_connections: of one sample itself, of two the
/// smaller, of three the mean of the better two; a route that is not the LAN costs a tenth and 10
/// more. Left out: LAN, and what is not nominated or not confirmed.
struct gns_ping {
    recent samples{3};
    void push(double x) {
        if (x != missing) samples.push(x);
    }
    [[nodiscard]] double ms() const {
        if (samples.size() == 0) return 2 * cap_ms;
        double ping = samples[0];
        if (samples.size() == 2) ping = std::min(ping, samples[1]);
        if (samples.size() > 2) {
            double const a = samples[0], b = samples[1], c = samples[2];
            ping = (a + b + c - std::max({a, b, c})) / 2;
        }
        return ping + ping / 10 + 10;
    }
};

/// Photon: five attempts, a lost one counts as 800 ms, and so does a longer one; without the worst
/// and with the best once more, over their number. Photon sends the five at once: here they are the
/// last five steps.
struct photon_ping {
    recent samples{5};
    void push(double x) { samples.push(x == missing ? 800 : std::min(x, 800.0)); }
    [[nodiscard]] double ms() const {
        std::size_t const n = samples.size();
        double sum = 0, best = 800, worst = 0;
        for (std::size_t i = 0; i < n; ++i) {
            sum += samples[i];
            best = std::min(best, samples[i]);
            worst = std::max(worst, samples[i]);
        }
        return n == 0 ? 800 : (sum - worst + best) / static_cast<double>(n);
    }
};

// ---- ways to move

struct any_move {
    random_source random{0};
    void see(std::size_t, double, double) {}
    static std::size_t cheapest(std::vector<double> const& costs) {
        return static_cast<std::size_t>(std::min_element(costs.begin(), costs.end()) -
                                        costs.begin());
    }
};

struct best_of_all : any_move {
    static std::size_t choose(std::size_t, std::vector<double> const& costs) {
        return cheapest(costs);
    }
};

/// The best of all when the challenger is better by a tenth: Cassandra's dynamic snitch, whose
/// badness threshold is 0.1.
struct better_by_a_tenth : any_move {
    static std::size_t choose(std::size_t current, std::vector<double> const& costs) {
        std::size_t const best = cheapest(costs);
        return current != nobody && costs[current] <= 1.1 * costs[best] ? current : best;
    }
};

/// The better of two drawn by lot, in each step anew, as balancers of requests do. There are no
/// requests pending here, by which they would multiply.
struct two_choices : any_move {
    std::size_t choose(std::size_t, std::vector<double> const& costs) {
        std::size_t const a = random.below(costs.size());
        std::size_t b = random.below(costs.size() - 1);
        b += b >= a;
        return costs[b] < costs[a] ? b : a;
    }
};

/// One by lot, for good: who happens to open the lobby.
struct at_random : any_move {
    std::size_t choose(std::size_t current, std::vector<double> const& costs) {
        return current == nobody ? random.below(costs.size()) : current;
    }
};

/// GameLift, queues: of the hosts that keep each player below a cap (its largest, 200 ms), or of
/// all where none does, the one with the smallest mean. A queue places a session `once`.
struct mean_with_cap : any_move {
    bool once = false;
    std::vector<double> means{};
    void see(std::size_t h, double, double mean) {
        means.resize(std::max(means.size(), h + 1));
        means[h] = mean;
    }
    std::size_t choose(std::size_t current, std::vector<double> const& costs) const {
        if (once && current != nobody) return current;
        bool const any = *std::min_element(costs.begin(), costs.end()) <= 200;
        std::size_t best = nobody;
        for (std::size_t h = 0; h < costs.size(); ++h)
            if ((!any || costs[h] <= 200) && (best == nobody || means[h] < means[best])) best = h;
        return best;
    }
};

/// GameNetworkingSockets, sticky routes: the new one has to be better by a tenth and 5 ms, and so
/// has its worst of the last 17 s beside the best of the current one. Of those it wants 15 samples,
/// one a second: here all that there are, two where a step takes 15 s, and smoothed.
struct gns_move : any_move {
    double slot_seconds;
    std::vector<recent> history{};
    explicit gns_move(double seconds) : slot_seconds{seconds} {}
    void see(std::size_t h, double worst, double) {
        while (history.size() <= h) history.push_back(recent::of_seconds(17, slot_seconds));
        history[h].push(worst);
    }
    std::size_t choose(std::size_t current, std::vector<double> const& costs) const {
        std::size_t const best = cheapest(costs);
        if (current == nobody) return best;
        double highest = 0, lowest = 1e9;
        for (std::size_t i = 0; i < history[best].size(); ++i) {
            highest = std::max(highest, history[best][i]);
            lowest = std::min(lowest, history[current][i]);
        }
        return costs[best] * 1.1 + 5 < costs[current] && highest * 1.1 + 5 < lowest ? best
                                                                                    : current;
    }
};

/// Tailscale, netcheck: the best is the one with the smallest of the last five minutes. The current
/// one stays where that is more than two thirds of what the current one takes now, or less than
/// 10 ms below it. Left out: scores of regions.
struct tailscale_move : any_move {
    double slot_seconds;
    std::vector<recent> history{};
    explicit tailscale_move(double seconds) : slot_seconds{seconds} {}
    void see(std::size_t h, double worst, double) {
        while (history.size() <= h) history.push_back(recent::of_seconds(300, slot_seconds));
        history[h].push(worst);
    }
    std::size_t choose(std::size_t current, std::vector<double> const& costs) const {
        std::vector<double> smallest(costs);
        for (std::size_t h = 0; h < costs.size(); ++h)
            for (std::size_t i = 0; i < history[h].size(); ++i)
                smallest[h] = std::min(smallest[h], history[h][i]);
        std::size_t const best = cheapest(smallest);
        if (current == nobody) return best;
        bool const keep = smallest[best] > costs[current] / 3 * 2 ||
                          costs[current] - smallest[best] < 10;
        return keep ? current : best;
    }
};

/// Network Next: keeps a route within 10 ms of the best, else takes any within 5 ms of it. Left
/// out: what compares relays with the direct path, packet loss, prices and vetoes.
struct network_next_move : any_move {
    std::size_t choose(std::size_t current, std::vector<double> const& costs) {
        double const best = costs[cheapest(costs)];
        if (current != nobody && costs[current] <= best + 10) return current;
        std::vector<std::size_t> near;
        for (std::size_t h = 0; h < costs.size(); ++h)
            if (costs[h] <= best + 5) near.push_back(h);
        return near[random.below(near.size())];
    }
};

/// Photon: keeps a region up to 90 ms, and up to 1.2 times what it took when it was last pinged;
/// else the first, in their order, within 1.2 times the best.
struct photon_move : any_move {
    double before = 0;
    std::size_t choose(std::size_t current, std::vector<double> const& costs) {
        if (current != nobody && costs[current] <= 90 && costs[current] <= 1.2 * before) {
            before = costs[current];
            return current;
        }
        double const best = costs[cheapest(costs)];
        std::size_t h = 0;
        while (costs[h] > 1.2 * best) ++h;
        before = costs[h];
        return h;
    }
};

/// The formula that hostpick began with: 100 points less half the latency, never below 0; a missing
/// round trip gave none. Of a party it would have taken the mean, and bandwidth and loss are the
/// same here for all.
class original_formula final : public rule {
public:
    void start(std::size_t hosts, std::size_t players, std::uint64_t) override {
        scores_.assign(hosts, 0);
        players_ = players;
    }
    void see(std::vector<double> const& rtts) override {
        for (std::size_t h = 0; h < scores_.size(); ++h) {
            scores_[h] = 0;
            for (std::size_t p = h * players_; p < (h + 1) * players_; ++p)
                if (rtts[p] != missing)
                    scores_[h] += std::max(0.0, 100 - std::max(0.0, rtts[p]) / 2);
        }
    }
    std::size_t choose(std::size_t) override {
        return static_cast<std::size_t>(std::max_element(scores_.begin(), scores_.end()) -
                                        scores_.begin());
    }

private:
    std::vector<double> scores_;
    std::size_t players_ = 0;
};

struct named_rule {
    std::string name;
    std::unique_ptr<rule> it;
};

inline std::vector<named_rule> others(double slot_seconds) {
    std::vector<named_rule> all;
    auto const add = [&](std::string name, auto estimate, auto move) {
        using both = path_rule<decltype(estimate), decltype(move)>;
        all.push_back({std::move(name), std::make_unique<both>(std::move(estimate),
                                                               std::move(move))});
    };
    mean_with_cap once;
    once.once = true;
    add("newest sample", newest_sample{}, best_of_all{});
    add("EWMA 1/2", ewma{0.5}, best_of_all{});
    add("EWMA 1/4", ewma{0.25}, best_of_all{});
    add("EWMA 1/8", ewma{0.125}, best_of_all{});
    add("EWMA 1/4, by a tenth", ewma{0.25}, better_by_a_tenth{});
    add("EWMA 1/8, by a tenth", ewma{0.125}, better_by_a_tenth{});
    add("median of 5", median_of{5}, best_of_all{});
    add("median of 15", median_of{15}, best_of_all{});
    add("Peak EWMA, two choices", peak_ewma{slot_seconds}, two_choices{});
    add("Peak EWMA, best of all", peak_ewma{slot_seconds}, best_of_all{});
    add("GameLift, once", newest_sample{}, once);
    add("GameLift, each step", newest_sample{}, mean_with_cap{});
    add("GameNetworkingSockets", gns_ping{}, gns_move{slot_seconds});
    add("Tailscale", newest_sample{}, tailscale_move{slot_seconds});
    add("Network Next", newest_sample{}, network_next_move{});
    add("Photon", photon_ping{}, photon_move{});
    all.push_back({"original formula", std::make_unique<original_formula>()});
    add("random", newest_sample{}, at_random{});
    return all;
}

}  // namespace quality
