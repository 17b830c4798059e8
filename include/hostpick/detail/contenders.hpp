// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/decision.hpp>
#include <hostpick/detail/candidates.hpp>
#include <hostpick/detail/ranking.hpp>
#include <hostpick/select.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>

// Who may be in the record of a choice: the first two, and the hosts that were left out.
namespace hostpick::detail {

/// A host that may be the first or the second: with what ranks it, and what was read of it.
template <class Id, real R>
struct contender {
    Id host{};
    unsigned step = 0;
    double score = 0;
    double latency_ms = 0;
    std::size_t index = 0;
    hostpick::verdict verdict{};
    metrics_reading<R> reading{};

    /// The same host, if it were judged like this.
    [[nodiscard]] constexpr candidate<Id const&> judged_as(standing const& s) const noexcept {
        return {host, s.step, s.score, s.latency_ms, index};
    }
    [[nodiscard]] constexpr judged_host<Id> judged() const { return {host, verdict}; }
};

/// Constraints without one of their limits, and without their predicate.
template <class Rules>
[[nodiscard]] constexpr constraints<> without(Rules const& rules, exclusion limit) noexcept {
    auto const freed = [&](limits l) {
        if (limit == exclusion::latency_limit) l.max_latency_ms.reset();
        if (limit == exclusion::packet_loss_limit) l.max_packet_loss.reset();
        if (limit == exclusion::jitter_limit) l.max_jitter_ms.reset();
        if (limit == exclusion::bandwidth_limit) l.min_bandwidth_mbps.reset();
        if (limit == exclusion::score_limit) l.min_score.reset();
        return l;
    };
    constraints<> free;
    if constexpr (std::same_as<Rules, limits>) {
        free.limit = freed(rules);
    } else {
        free.limit = freed(rules.limit);
        for (relaxation_step const& step : rules.relaxed)
            free.relaxed.add({step.after_ms, freed(step.allowed)});
        free.waited_ms = rules.waited_ms;
    }
    return free;
}

[[nodiscard]] constexpr bool is_limit(exclusion e) noexcept {
    return e >= exclusion::latency_limit && e <= exclusion::score_limit;
}

/// The excluded hosts with the smallest ids, and the best of those that one limit excludes.
template <class Build, class Id, real R, class Rules>
class excluded_hosts {
    using ready = ready_constraints<R, 1 + relaxation::max_steps>;

public:
    constexpr explicit excluded_hosts(Rules const& rules) noexcept : rules_{rules} {}

    template <class Given>
    constexpr void list(Given const& id, exclusion reason) {
        std::size_t place = size_;
        auto const before = [&](excluded_host<Id> const& other) {
            return id == other.host ? reason < other.reason : id < other.host;
        };
        for (; place > 0 && before(first_[place - 1]); --place) {}
        if (place == first_.size()) return;
        if (place > 0 && first_[place - 1].host == id && first_[place - 1].reason == reason) return;
        if (size_ < first_.size()) ++size_;
        for (std::size_t n = size_ - 1; n > place; --n) first_[n] = first_[n - 1];
        first_[place] = {Id(id), reason};
    }

    template <class Given, class M, class Policy>
    constexpr void consider(Given const& id, std::size_t index, metrics_reading<R> const& reading,
                            M const& m, Policy const& policy, exclusion limit) {
        auto& free = free_[static_cast<std::size_t>(limit) -
                           static_cast<std::size_t>(exclusion::latency_limit)];
        if (!free) free.emplace(without(rules_, limit));
        standing const s = rank(reading, m, policy, *free);
        if (!s.eligible()) return;
        candidate<Given const&> const entering{id, s.step, s.score, s.latency_ms, index};
        if (best_ && !ranks_before(entering, *best_)) return;
        best_ = {Id(id), s.step, s.score, s.latency_ms, index, {.reason = limit}, reading};
    }

    template <class Limited>
    constexpr void write(decision<Id>& d, contender<Id, R> const* chosen,
                         Limited const& limited) const {
        for (std::size_t n = 0; n < size_; ++n) d.first_excluded.push_back(first_[n]);
        if (!best_) return;
        if (chosen != nullptr && (best_->host == chosen->host || !ranks_before(*best_, *chosen)))
            return;
        auto const& widest = limited.step(limited.size() - 1);
        blocked_host<Id> b{best_->host, best_->verdict.reason, 0, {}, best_->score};
        auto const set = [&b](field_reading<R> const& has, R allows) {
            if (has.measured()) b.has = static_cast<double>(has.value);
            b.allows = static_cast<double>(allows);
        };
        auto const& m = best_->reading;
        switch (b.limit) {
            case exclusion::latency_limit: set(m.latency_ms, widest.max_latency_ms); break;
            case exclusion::packet_loss_limit: set(m.packet_loss, widest.max_packet_loss); break;
            case exclusion::jitter_limit: set(m.jitter_ms, widest.max_jitter_ms); break;
            case exclusion::bandwidth_limit:
                set(m.bandwidth_mbps, widest.min_bandwidth_mbps);
                break;
            default: b.has = b.score, b.allows = widest.min_score;
        }
        d.blocked = b;
    }

private:
    Rules const& rules_;
    std::array<excluded_host<Id>, decision<Id>::most_excluded> first_{};
    std::size_t size_ = 0;
    std::array<std::optional<ready>, 5> free_{};
    std::optional<contender<Id, R>> best_{};
};

/// The best element, the best one of another id, and whether another element of the best's id is
/// before that.
template <class Build, class Id, real R>
class first_two {
public:
    template <class Candidate>
    [[nodiscard]] constexpr bool wants(Candidate const& c) const {
        return !second_ || ranks_before(c, *second_) ||
               (!(c.host == best_->host) && (!runner_up_ || ranks_before(c, *runner_up_)));
    }
    constexpr void enter(contender<Id, R> const& c) {
        if (!best_ || ranks_before(c, *best_)) {
            if (best_ && !(best_->host == c.host)) runner_up_ = best_;
            second_ = best_;
            best_ = c;
        } else {
            if (!second_ || ranks_before(c, *second_)) second_ = c;
            if (!(c.host == best_->host) && (!runner_up_ || ranks_before(c, *runner_up_)))
                runner_up_ = c;
        }
    }
    [[nodiscard]] constexpr contender<Id, R> const* best() const noexcept {
        return best_ ? &*best_ : nullptr;
    }
    [[nodiscard]] constexpr contender<Id, R> const* runner_up() const noexcept {
        return runner_up_ ? &*runner_up_ : nullptr;
    }
    [[nodiscard]] constexpr bool best_is_listed_again() const {
        return second_ && second_->host == best_->host;
    }

private:
    std::optional<contender<Id, R>> best_{}, second_{}, runner_up_{};
};

}  // namespace hostpick::detail
