// SPDX-License-Identifier: MIT
#pragma once

#include "hosts.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

// Ways to choose the k best hosts. All but `original_formula` score with our policy and keep our
// order, so that only the choosing differs.
namespace bench {

struct ranked {
    double score;
    double latency_ms;
    int host;
};

inline bool ranks_before(ranked const& a, ranked const& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
    return a.host < b.host;
}

template <class Data>
std::vector<ranked> score_all(Data const& data) {
    hostpick::compiled_policy<double> const score{hostpick::score_policy{}};
    std::vector<ranked> all;
    all.reserve(data.size());
    data.for_each([&](int id, hostpick::network_metrics<> const& m) {
        all.push_back({score(m), m.latency_ms.value_or(0), id});
    });
    return all;
}

using difference = std::vector<ranked>::difference_type;

/// The original design's way: score all, sort all, take the first.
struct std_sort {
    static constexpr char const* name = "std_sort";
    template <class Data>
    auto operator()(Data const& data, std::size_t k) const {
        auto all = score_all(data);
        std::sort(all.begin(), all.end(), ranks_before);
        all.resize(k);
        return all;
    }
};

/// The same with the original formula, and so without a rule for ties.
struct original_formula {
    static constexpr char const* name = "original_formula";
    struct scored {
        double score;
        int host;
    };
    template <class Data>
    auto operator()(Data const& data, std::size_t k) const {
        std::vector<scored> all;
        all.reserve(data.size());
        data.for_each_original([&](int id, original_metrics const& m) {
            all.push_back({original_score(m), id});
        });
        std::sort(all.begin(), all.end(),
                  [](scored const& a, scored const& b) { return a.score > b.score; });
        all.resize(k);
        return all;
    }
};

struct partial_sort {
    static constexpr char const* name = "partial_sort";
    template <class Data>
    auto operator()(Data const& data, std::size_t k) const {
        auto all = score_all(data);
        std::partial_sort(all.begin(), all.begin() + static_cast<difference>(k), all.end(),
                          ranks_before);
        all.resize(k);
        return all;
    }
};

struct nth_element {
    static constexpr char const* name = "nth_element";
    template <class Data>
    auto operator()(Data const& data, std::size_t k) const {
        auto all = score_all(data);
        auto const end_of_best = all.begin() + static_cast<difference>(k);
        std::nth_element(all.begin(), end_of_best - 1, all.end(), ranks_before);
        std::sort(all.begin(), end_of_best, ranks_before);
        all.resize(k);
        return all;
    }
};

/// One host only: a hand-written loop that keeps nothing but the best.
struct scan {
    static constexpr char const* name = "scan";
    template <class Data>
    auto operator()(Data const& data, std::size_t) const {
        hostpick::compiled_policy<double> const score{hostpick::score_policy{}};
        std::optional<ranked> best;
        data.for_each([&](int id, hostpick::network_metrics<> const& m) {
            ranked const host{score(m), m.latency_ms.value_or(0), id};
            if (!best || ranks_before(host, *best)) best = host;
        });
        return best;
    }
};

/// The library's way.
struct ours_best {
    template <class Data>
    auto operator()(Data const& data, std::size_t) const {
        return data.best();
    }
};
struct ours_top {
    mutable std::vector<hostpick::host_choice<int>> room;

    template <class Data>
    auto operator()(Data const& data, std::size_t) const {
        return data.top(room);
    }
};

// ---- whether two ways chose the same

template <class Choices>
std::vector<std::pair<int, double>> host_and_score(Choices const& choices) {
    std::vector<std::pair<int, double>> all;
    for (auto const& choice : choices) all.emplace_back(choice.host, choice.score);
    return all;
}
template <class Choice>
std::vector<std::pair<int, double>> host_and_score(std::optional<Choice> const& choice) {
    if (!choice) return {};
    return {{choice->host, choice->score}};
}

/// The same hosts and the same bits of their scores; the original formula rounds otherwise.
template <class Way, class Expected, class Data>
bool agrees(Way const& way, Expected const& expected, Data const& data, std::size_t k) {
    auto const a = host_and_score(way(data, k)), b = host_and_score(expected(data, k));
    if constexpr (std::same_as<Way, original_formula>)
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto const& x, auto const& y) {
            return std::abs(x.second - y.second) < 1e-9;
        });
    else
        return a == b;
}

}  // namespace bench
