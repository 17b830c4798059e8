// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/describe.hpp>
#include <hostpick/verdict.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hostpick {

/// A host and the verdict on it; of a party a `party_verdict`.
template <class Id, class Verdict = verdict>
struct judged_host {
    Id host{};
    Verdict verdict{};

    friend constexpr bool operator==(judged_host const&, judged_host const&) = default;
};

/// What put one host before another: the first of these in which they differ.
enum class criterion : unsigned char {
    step,          ///< the earlier relaxation step
    score,         ///< the higher score
    latency,       ///< the lower latency
    party_value,   ///< for a party, the lower value of its policy
    worst_player,  ///< for a party, the lower delay of the player who is worst off
    id,            ///< the smaller id
};

/// A criterion as its name.
[[nodiscard]] constexpr std::string_view to_name(criterion c) noexcept {
    switch (c) {
        case criterion::step: return "step";
        case criterion::score: return "score";
        case criterion::latency: return "latency";
        case criterion::party_value: return "party_value";
        case criterion::worst_player: return "worst_player";
        case criterion::id: return "id";
    }
    return "unknown";
}

/// By how much one host is before another. What decided is above zero, where it is a number; what
/// comes after that in the order of `criterion` may lie either way.
struct margin {
    criterion decided_by = criterion::id;
    int steps = 0;          ///< relaxation steps earlier
    double points = 0;      ///< of score, more
    double latency_ms = 0;  ///< nearer

    friend constexpr bool operator==(margin const&, margin const&) = default;
};

/// One of the numbers that are measured of a host.
enum class metric : unsigned char { latency_ms, bandwidth_mbps, packet_loss, jitter_ms };

/// A metric as the name that it has in `network_metrics`.
[[nodiscard]] constexpr std::string_view to_name(metric m) noexcept {
    switch (m) {
        case metric::latency_ms: return "latency_ms";
        case metric::bandwidth_mbps: return "bandwidth_mbps";
        case metric::packet_loss: return "packet_loss";
        case metric::jitter_ms: return "jitter_ms";
    }
    return "unknown";
}

/// A change of one metric of one host that changes the choice: from what was measured, or nothing,
/// to the first number at which another host is chosen. From there on, further away, it stays so.
struct metric_change {
    metric which{};
    std::optional<double> from{};
    double to = 0;

    friend constexpr bool operator==(metric_change const&, metric_change const&) = default;
};

/// A host that may not be chosen, and why.
template <class Id>
struct excluded_host {
    Id host{};
    exclusion reason{};

    friend constexpr bool operator==(excluded_host const&, excluded_host const&) = default;
};

/// A host that would be chosen but for one limit.
template <class Id>
struct blocked_host {
    Id host{};
    exclusion limit{};            ///< which
    double allows = 0;            ///< the widest that the limit has become
    std::optional<double> has{};  ///< what was measured, or for `score_limit` the score
    double score = 0;             ///< without the limit

    friend constexpr bool operator==(blocked_host const&, blocked_host const&) = default;
};

/// At most `N` values that lie in themselves. What comes later is left out.
template <class T, std::size_t N>
class short_list {
public:
    constexpr bool push_back(T const& x) {
        if (size_ == N) return false;
        items_[size_++] = x;
        return true;
    }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] constexpr T const* begin() const noexcept { return items_.data(); }
    [[nodiscard]] constexpr T const* end() const noexcept { return items_.data() + size_; }
    [[nodiscard]] constexpr T const& operator[](std::size_t n) const noexcept { return items_[n]; }

    friend constexpr bool operator==(short_list const& a, short_list const& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    std::array<T, N> items_{};
    std::size_t size_ = 0;
};

/// How many kinds of `exclusion` there are, with `none`.
inline constexpr std::size_t exclusion_kinds = 17;
static_assert(to_name(static_cast<exclusion>(exclusion_kinds - 1)) != "unknown" &&
              to_name(static_cast<exclusion>(exclusion_kinds)) == "unknown");

/// Why a host was chosen, and what would have changed that: what `decide` tells, as one value of
/// bounded size.
template <class Id>
struct decision {
    static constexpr std::size_t most_excluded = 4;

    std::optional<judged_host<Id>> chosen{};     ///< as `select_best_host` does
    std::optional<judged_host<Id>> runner_up{};  ///< who would be chosen without it
    std::optional<margin> lead{};                ///< of the chosen host over the runner-up
    std::size_t considered = 0;                  ///< elements of the range
    std::size_t eligible = 0;                    ///< of these

    /// How many were excluded, by the number of the reason; see `excluded_by`.
    std::array<std::uint32_t, exclusion_kinds> exclusions{};
    /// The excluded hosts with the smallest ids, in their order.
    short_list<excluded_host<Id>, most_excluded> first_excluded{};

    /// Whether it is known what one metric alone would have changed. It is for policies of ramps,
    /// and for others where the hosts' metrics are `network_metrics`.
    bool changes_known = false;
    short_list<metric_change, 4> runner_up_wins{};  ///< each of these alone would be enough
    short_list<metric_change, 4> chosen_loses{};    ///< each of these too
    std::optional<blocked_host<Id>> blocked{};      ///< the best of those that would be chosen

    [[nodiscard]] constexpr std::size_t excluded_by(exclusion reason) const noexcept {
        auto const kind = static_cast<std::size_t>(reason);
        return kind < exclusion_kinds ? exclusions[kind] : 0;
    }
    friend constexpr bool operator==(decision const&, decision const&) = default;
};

}  // namespace hostpick
