// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/hostpick.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

// Hosts to measure with: the same ones everywhere, because the standard's distributions and
// std::shuffle differ between libraries.
namespace bench {

class random_source {
public:
    double between(double low, double high) {
        return low + (high - low) * (static_cast<double>(engine_() >> 11) * 0x1p-53);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
    template <class T>
    void shuffle(std::vector<T>& v) {
        for (std::size_t i = v.size(); i > 1; --i) std::swap(v[i - 1], v[below(i)]);
    }

private:
    std::mt19937_64 engine_{42};
};

template <class Real = double>
struct record {
    int id;
    hostpick::network_metrics<Real> metrics;
};

/// The metrics of the original design: plain numbers, all of them always there.
struct original_metrics {
    double latency_ms, bandwidth_mbps, packet_loss, jitter_ms;
};

struct original_record {
    int id;
    original_metrics metrics;
};

/// The original formula, with none of its faults mended.
inline double original_score(original_metrics const& m) {
    double const latency = 100 - m.latency_ms / 2;
    double const bandwidth = m.bandwidth_mbps * 10;
    return 0.4 * (latency > 0 ? latency : 0) + 0.4 * (bandwidth < 100 ? bandwidth : 100) +
           0.2 * (100 - m.packet_loss * 1000);
}

/// Every metric measured and inside its ramp or a little beyond, so that the original formula
/// ranks these hosts as we do.
template <class Real = double>
std::vector<record<Real>> random_records(std::size_t n, random_source& random) {
    std::vector<record<Real>> hosts;
    for (std::size_t i = 0; i < n; ++i) {
        auto const number = [&](double low, double high) {
            return static_cast<Real>(random.between(low, high));
        };
        hosts.push_back({static_cast<int>(i),
                         {.latency_ms = number(5, 250),
                          .bandwidth_mbps = number(0.5, 15),
                          .packet_loss = number(0, 0.05),
                          .jitter_ms = number(0, 20)}});
    }
    random.shuffle(hosts);
    return hosts;
}

inline original_metrics as_original(hostpick::network_metrics<> const& m) {
    return {m.latency_ms.value_or(0), m.bandwidth_mbps.value_or(0), m.packet_loss.value_or(0),
            m.jitter_ms.value_or(0)};
}

/// Hosts as a vector of the caller's own records.
struct in_records {
    static constexpr char const* name = "records";

    in_records(std::vector<record<>> records, random_source&) : hosts{std::move(records)} {
        for (auto const& host : hosts) originals.push_back({host.id, as_original(host.metrics)});
    }

    [[nodiscard]] std::size_t size() const { return hosts.size(); }
    [[nodiscard]] auto best() const {
        return hostpick::select_best_host(hosts, &record<>::metrics, {}, {}, &record<>::id);
    }
    template <class Choice>
    auto top(std::vector<Choice>& room) const {
        return hostpick::select_top_hosts(hosts, &record<>::metrics, std::span<Choice>{room}, {},
                                          {}, &record<>::id);
    }
    template <class Use>
    void for_each(Use use) const {
        for (auto const& host : hosts) use(host.id, host.metrics);
    }
    template <class Use>
    void for_each_original(Use use) const {
        for (auto const& host : originals) use(host.id, host.metrics);
    }

    std::vector<record<>> hosts;
    std::vector<original_record> originals;
};

/// Hosts as the original design had them: ids, and a map from ids to metrics.
struct in_map {
    static constexpr char const* name = "map";

    in_map(std::vector<record<>> const& records, random_source& random) {
        for (auto const& host : records) {
            ids.push_back(host.id);
            metrics.emplace(host.id, host.metrics);
        }
        for (auto const& host : records) originals.emplace(host.id, as_original(host.metrics));
        random.shuffle(ids);  // not the order in which the map allocated its nodes
    }

    [[nodiscard]] std::size_t size() const { return ids.size(); }
    [[nodiscard]] auto best() const { return hostpick::select_best_host(ids, metrics); }
    template <class Choice>
    auto top(std::vector<Choice>& room) const {
        return hostpick::select_top_hosts(ids, metrics, std::span<Choice>{room});
    }
    template <class Use>
    void for_each(Use use) const {
        for (int id : ids) use(id, metrics.find(id)->second);
    }
    template <class Use>
    void for_each_original(Use use) const {
        for (int id : ids) use(id, originals.find(id)->second);
    }

    std::vector<int> ids;
    std::unordered_map<int, hostpick::network_metrics<>> metrics;
    std::unordered_map<int, original_metrics> originals;
};

/// Many sets of `n` hosts, taken in turn: if every call saw the same hosts, the branch predictor
/// would know by heart how to sort them, which no caller's hosts allow. Measured: with 8 192 hosts
/// in all it still knows a good part.
template <class Data>
class host_sets {
public:
    explicit host_sets(std::size_t n) {
        random_source random;
        for (std::size_t i = 0; i == 0 || i < 65536 / n; ++i)
            sets_.emplace_back(random_records(n, random), random);
    }

    Data const& next() {
        if (++turn_ >= sets_.size()) turn_ = 0;
        return sets_[turn_];
    }
    [[nodiscard]] std::size_t size() const { return sets_.size(); }

private:
    std::vector<Data> sets_;
    std::size_t turn_ = 0;
};

}  // namespace bench
