// SPDX-License-Identifier: MIT
#pragma once

#include "full_test.hpp"
#include "pooled_loss.hpp"
#include "settings.hpp"

#include <hostpick/metrics.hpp>
#include <hostpick/prometheus/latency_histogram.hpp>
#include <hostpick/rolling/path_monitor.hpp>
#include <hostpick/stamp.hpp>
#include <hostpick/watch/quiet_hours.hpp>

#include <asio/ip/udp.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monitor {

/// What the last health check of a host found.
struct health_result {
    bool ok = false;
    int status = 0;         ///< of HTTP; 0 where there was no answer
    std::string trouble{};  ///< in words, where it is not ok
    std::chrono::nanoseconds took{};
};

/// What the last full test of a host found.
struct full_test_result {
    hostpick::rolling::instant ended{};
    loss_count loss{};
    std::optional<double> rtt_median_ms{}, rtt_p99_ms{}, jitter_ms{};
    std::optional<double> bandwidth_mbps{};  ///< the middle one of its trains
};

/// One host, and all that is known of it.
class watched_host {
public:
    using instant = hostpick::rolling::instant;
    using endpoint = asio::ip::udp::endpoint;

    static constexpr std::size_t window = 128;
    static constexpr std::size_t recent = 60;  ///< round trips that are shown
    static_assert(recent < window);

    /// `number` and `session_id` are no other host's; the sequence should be random.
    watched_host(std::uint32_t number, std::uint16_t session_id, std::uint32_t first_sequence,
                 host_settings const& one, settings const& all)
        : id{number}, ssid{session_id}, session{session_id}, first_sequence_{first_sequence},
          next_{first_sequence} {
        watch(one, all);
    }

    /// Takes other settings. What was measured is kept, unless it was measured by other probes.
    void watch(host_settings const& one, settings const& all) {
        bool const anew = !path || all.probe != probe_ ||
                          all.full_test.interval != test_interval_ ||
                          one.bandwidth_mbps != what.bandwidth_mbps;
        if (one.health_url != what.health_url) {
            health.reset();
            unhealthy_in_a_row = 0;
            unhealthy = false;
        }
        what = one;
        probe_ = all.probe;
        test_interval_ = all.full_test.interval;
        if (!anew) return;
        retired += path ? path->probes().counters().lost : 0;
        path = std::make_unique<hostpick::rolling::path_monitor<window>>(path_options(), next_);
        first_sequence_ = next_;
        if (what.bandwidth_mbps) path->declare_bandwidth(*what.bandwidth_mbps);
    }

    /// Another address: what was measured there says nothing about it.
    void move_to(endpoint const& there) {
        if (at && *at != there) {
            path->reset();
            test.reset();
            tested.reset();
            first_sequence_ = next_;
        }
        at = there;
        trouble.clear();
    }

    /// The question to send now.
    hostpick::stamp::sender_packet ask(instant now, std::uint64_t nonce) {
        auto const sequence = path->sent(now);
        next_ = sequence + 1;
        asked_[sequence % window] = {now, std::nullopt};
        return session.ask(sequence, nonce);
    }
    /// Takes an answer. Gives the round trip where it is the first one to a question, and in time.
    std::optional<std::chrono::nanoseconds> answer(std::uint32_t sequence, instant received_at,
                                                   hostpick::rolling::push_result& what_became) {
        what_became = path->reply(sequence, received_at);
        if (was_refused(what_became)) return std::nullopt;
        auto& asked = asked_[sequence % window];
        auto const took = received_at - asked.at;
        asked.rtt_ms = static_cast<float>(hostpick::to_ms(took));
        rtt.push(took);
        return took;
    }

    /// Whether it was heard of lately: what is known of it is what was measured.
    [[nodiscard]] bool is_fresh(instant now) const {
        auto const heard_at = path->probes().heard_at();
        return heard_at && now - *heard_at <= path_options().probes.fresh;
    }
    /// What is known now, as the mean and as the worse end of what the measurements leave open.
    struct knowledge {
        hostpick::network_metrics<> mean, pessimistic;
        loss_count loss{};  ///< that the mean is made of
    };
    [[nodiscard]] knowledge metrics(instant now) const {
        knowledge k{path->metrics(now), path->pessimistic_metrics(now), {}};
        // Of a host that is not heard of, the path says less and less by itself.
        if (is_fresh(now)) {
            bool const counts = tested && now - tested->ended <= path_options().bandwidth.fresh;
            auto const probes = path->probes().all();
            auto const loss = pooled_loss({probes.lost(), probes.settled()},
                                          counts ? tested->loss : loss_count{});
            if (loss) {
                k.loss = loss->of;
                k.mean.packet_loss = loss->mean;
                k.pessimistic.packet_loss = loss->high;
            }
        }
        k.mean.failed = k.pessimistic.failed = k.mean.failed || unhealthy;
        return k;
    }

    /// The last round trips in the order of sending; nothing for those that are lost or under way.
    [[nodiscard]] std::vector<std::optional<float>> recent_rtt_ms() const {
        std::uint32_t const known = next_ - first_sequence_;
        std::uint32_t const count = known < recent ? known : recent;
        std::vector<std::optional<float>> all(count);
        for (std::uint32_t n = 0; n < count; ++n)
            all[n] = asked_[(next_ - count + n) % window].rtt_ms;
        return all;
    }

    std::uint32_t id;
    std::uint16_t ssid;
    host_settings what;
    std::optional<endpoint> at{};
    std::string trouble{"its name is not looked up yet"};  ///< why there is no address
    std::unique_ptr<hostpick::rolling::path_monitor<window>> path;
    hostpick::stamp::session<window> session;

    std::unique_ptr<full_test> test{};
    std::vector<double> trains_mbps{};  ///< of this test
    std::optional<full_test_result> tested{};
    std::optional<hostpick::watch::hour_list> quiet_hours{};  ///< in UTC, where they are known
    std::uint64_t tests = 0;                        ///< that came to an end
    std::uint64_t detailed_tests = 0;               ///< those of quiet hours, begun
    std::uint64_t burst_sent = 0, burst_lost = 0;   ///< packets of them
    hostpick::prometheus::latency_histogram rtt{};  ///< of light probes
    std::uint64_t light_sent = 0;
    std::uint64_t retired = 0;  ///< probes that were lost on paths that are measured otherwise now

    std::optional<health_result> health{};
    unsigned unhealthy_in_a_row = 0;
    bool unhealthy = false;
    std::uint32_t turn = 0;       ///< what was planned for an earlier one is void
    bool is_looked_up = false;    ///< at this moment
    bool said_to_fail = false;    ///< what was logged last

private:
    struct question {
        instant at{};
        std::optional<float> rtt_ms{};  ///< of the answer
    };

    [[nodiscard]] hostpick::rolling::path_options path_options() const {
        hostpick::rolling::path_options options;
        options.probe_timeout = probe_.timeout;
        options.outage = probe_.outage;
        options.probes = {4 * probe_.interval + probe_.timeout, probe_.window};
        options.bandwidth = {2 * test_interval_, 12 * test_interval_};
        return options;
    }

    probe_settings probe_{};
    std::chrono::nanoseconds test_interval_{};
    std::uint32_t first_sequence_;  ///< of this path
    std::uint32_t next_;
    std::array<question, window> asked_{};
};

}  // namespace monitor
