// SPDX-License-Identifier: MIT
#pragma once

#include "rules.hpp"
#include "trace.hpp"

#include <hostpick/party.hpp>
#include <hostpick/party_forecast.hpp>
#include <hostpick/sticky.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What users of the library get with its defaults: nothing here decides.
namespace quality {

using nanoseconds = std::chrono::nanoseconds;

inline nanoseconds step_of(double seconds) {
    return nanoseconds{static_cast<nanoseconds::rep>(seconds * 1e9)};
}

/// Turns what rules see into the matrix that the library wants: a row for each player.
class player_rows {
public:
    void start(std::size_t hosts, std::size_t players) {
        rtt_ms_.assign(hosts * players, missing);
        hosts_ = hosts;
        players_ = players;
    }
    /// A cell that is missing now is that, or what it was before.
    void see(std::vector<double> const& rtts, bool keep_older) {
        for (std::size_t h = 0; h < hosts_; ++h)
            for (std::size_t p = 0; p < players_; ++p) {
                double const ms = rtts[h * players_ + p];
                if (ms == missing && keep_older) continue;
                rtt_ms_[p * hosts_ + h] = ms == own_path ? 0 : ms;
            }
    }
    [[nodiscard]] std::vector<double> const& rtt_ms() const { return rtt_ms_; }
    [[nodiscard]] std::size_t hosts() const { return hosts_; }
    [[nodiscard]] std::size_t players() const { return players_; }

private:
    std::vector<double> rtt_ms_{};
    std::size_t hosts_ = 0, players_ = 0;
};

/// A forecast, and `sticky_choice` with the policy for it; or, each step, whoever is expected best.
class forecast_rule final : public rule {
public:
    explicit forecast_rule(double slot_seconds, bool sticky)
        : step_{step_of(slot_seconds)}, sticky_{sticky} {}

    void start(std::size_t hosts, std::size_t players, std::uint64_t) override {
        rows_.start(hosts, players);
        forecast_.emplace(players, hosts, step_);
        session_.emplace(hostpick::forecast_policy);
        now_ = {};
    }
    void see(std::vector<double> const& rtts) override {
        rows_.see(rtts, false);
        forecast_->see(rows_.rtt_ms());
        now_ += step_;
    }
    std::size_t choose(std::size_t current) override {
        if (!sticky_) session_.emplace(hostpick::forecast_policy);  // a session that never began
        auto const d = session_->decide(forecast_->candidates(), now_);
        return d.host.value_or(current == nobody ? 0 : current);
    }

private:
    nanoseconds step_, now_{};
    bool sticky_;
    player_rows rows_{};
    std::optional<hostpick::party_forecast> forecast_{};
    std::optional<hostpick::sticky_choice<std::size_t>> session_{};
};

/// `sticky_choice` with its default policy, by the newest samples: a point is a millisecond.
class sticky_rule final : public rule {
public:
    explicit sticky_rule(double slot_seconds) : step_{step_of(slot_seconds)} {}

    void start(std::size_t hosts, std::size_t players, std::uint64_t) override {
        rows_.start(hosts, players);
        session_.emplace();
        now_ = {};
    }
    void see(std::vector<double> const& rtts) override {
        rows_.see(rtts, true);
        now_ += step_;
    }
    std::size_t choose(std::size_t current) override {
        hostpick::party<std::size_t, double> const group{.latency_ms = rows_.rtt_ms(),
                                                         .players = rows_.players()};
        std::vector<hostpick::sticky_candidate<std::size_t>> candidates;
        for (std::size_t h = 0; h < rows_.hosts(); ++h)
            if (auto const v = hostpick::judge_party_host(group, h); v.eligible())
                candidates.push_back({.host = h, .score = -v.value_ms});
        auto const d = session_->decide(candidates, now_);
        return d.host.value_or(current == nobody ? 0 : current);
    }

private:
    nanoseconds step_, now_{};
    player_rows rows_{};
    std::optional<hostpick::sticky_choice<std::size_t>> session_{};
};

inline std::string const us = "hostpick";

inline std::vector<named_rule> ours(double slot_seconds) {
    std::vector<named_rule> all;
    all.push_back({us + ", sticky alone", std::make_unique<sticky_rule>(slot_seconds)});
    all.push_back({us + ", forecast alone", std::make_unique<forecast_rule>(slot_seconds, false)});
    all.push_back({us, std::make_unique<forecast_rule>(slot_seconds, true)});
    return all;
}

}  // namespace quality
