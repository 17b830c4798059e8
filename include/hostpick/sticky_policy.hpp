// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/policy.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace hostpick {

/// When a running session may move. Scores are whatever the caller ranks by: higher is better.
///
///     sticky_policy const calm{.margin = 10, .dwell = 5min, .moves_per_hour = 2};
struct sticky_policy {
    double margin = 5;               ///< points by which another host must be better
    double relative_margin = 0.1;    ///< and by that share of the incumbent's score
    double confidence = 1;           ///< standard deviations that its gain is reduced by
    unsigned min_samples = 3;        ///< that both hosts are known by
    std::chrono::nanoseconds lead = std::chrono::seconds{10};   ///< for which it must have been so
    std::chrono::nanoseconds dwell = std::chrono::seconds{60};  ///< after a move, before the next
    std::chrono::nanoseconds grace = std::chrono::seconds{15};  ///< without news of the incumbent
    std::optional<unsigned> moves_per_hour = 6;  ///< but for a lost incumbent; at most 60, or any
    double move_cost = 300;          ///< points times seconds of play: 5 points for a minute
    std::chrono::nanoseconds horizon = (std::chrono::nanoseconds::max)();  ///< no gain lasts longer

    friend constexpr bool operator==(sticky_policy const&, sticky_policy const&) = default;

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] constexpr std::optional<setting_error> error() const noexcept {
        constexpr char const* number = "finite, not negative";
        constexpr char const* time = "not negative";
        if (!detail::is_quantity(margin)) return setting_error{"margin", number};
        if (!detail::is_quantity(relative_margin)) return setting_error{"relative_margin", number};
        if (!detail::is_quantity(confidence)) return setting_error{"confidence", number};
        if (lead < lead.zero()) return setting_error{"lead", time};
        if (dwell < dwell.zero()) return setting_error{"dwell", time};
        if (grace < grace.zero()) return setting_error{"grace", time};
        if (moves_per_hour && *moves_per_hour > 60)
            return setting_error{"moves_per_hour", "at most 60, or empty"};
        if (!detail::is_quantity(move_cost)) return setting_error{"move_cost", number};
        if (horizon < horizon.zero()) return setting_error{"horizon", time};
        return std::nullopt;
    }
};

/// A host that a session runs on, or might.
template <class Id>
struct sticky_candidate {
    Id host{};
    double score = 0;
    unsigned samples = 1'000'000;  ///< that the score is made of
    double deviation = 0;          ///< standard deviation of the score, where it is known
    bool failed = false;           ///< it does not answer: the session is lost there
    /// For how long the score is likely to stay as it is.
    std::chrono::nanoseconds lasts = (std::chrono::nanoseconds::max)();

    friend constexpr bool operator==(sticky_candidate const&, sticky_candidate const&) = default;
};

/// Why a session stays where it is, or moves.
enum class sticky_reason : unsigned char {
    nobody,            ///< there is no host at all: a session that has none stays without
    best,              ///< stays: nobody is better
    within_margin,     ///< stays: somebody is, but not by enough
    not_sure,          ///< stays: not by more than chance may do
    few_samples,       ///< stays: one of the two is not known well enough
    short_lead,        ///< stays: not for long enough
    dwelling,          ///< stays: it has just moved
    budget_spent,      ///< stays: it has moved often enough this hour
    not_worth_it,      ///< stays: the gain does not last for long enough to pay for the move
    sample_missing,    ///< stays: nothing is known of the incumbent for a moment
    no_backup,         ///< stays on a host that failed, or is not known any more: nobody is ready
    first_choice,      ///< moves: the session has no host yet
    incumbent_failed,  ///< moves, at once
    incumbent_gone,    ///< moves: nothing is known of the incumbent for too long
    better,            ///< moves: somebody is better, and it is worth it
    invalid_policy,    ///< stays: the numbers of the policy make no sense
    clock_ran_back,    ///< stays: the time is before that of the last decision
};

/// A reason in words, as a clause about the session.
[[nodiscard]] constexpr std::string_view to_text(sticky_reason reason) noexcept {
    switch (reason) {
        case sticky_reason::nobody: return "has no host to run on";
        case sticky_reason::best: return "stays: no host is better";
        case sticky_reason::within_margin: return "stays: no host is better by enough";
        case sticky_reason::not_sure: return "stays: what is better may be chance";
        case sticky_reason::few_samples: return "stays: too little is known";
        case sticky_reason::short_lead: return "stays: a better host has not led for long enough";
        case sticky_reason::dwelling: return "stays: it has just moved";
        case sticky_reason::budget_spent: return "stays: it has moved often enough this hour";
        case sticky_reason::not_worth_it: return "stays: moving would cost more than it gains";
        case sticky_reason::sample_missing: return "stays: its host is silent for a moment";
        case sticky_reason::no_backup: return "stays: its host is lost, and no other is ready";
        case sticky_reason::first_choice: return "starts here";
        case sticky_reason::incumbent_failed: return "moves: its host failed";
        case sticky_reason::incumbent_gone: return "moves: its host is silent for too long";
        case sticky_reason::better: return "moves: this host is better, and worth it";
        case sticky_reason::invalid_policy: return "stays: the policy is invalid";
        case sticky_reason::clock_ran_back: return "stays: the clock ran back";
    }
    return "unknown";
}

/// Whether a session moves for that reason.
[[nodiscard]] constexpr bool is_move(sticky_reason r) noexcept {
    return r >= sticky_reason::first_choice && r <= sticky_reason::better;
}

/// What became of one decision.
template <class Id>
struct sticky_decision {
    std::optional<Id> host{};        ///< where the session runs from now on
    sticky_reason reason{};
    std::optional<Id> challenger{};  ///< the best of the others that are ready
    double gain = 0;                 ///< points that the challenger is ahead of the incumbent

    [[nodiscard]] constexpr bool moved() const noexcept { return is_move(reason); }
    friend constexpr bool operator==(sticky_decision const&, sticky_decision const&) = default;
};

}  // namespace hostpick
