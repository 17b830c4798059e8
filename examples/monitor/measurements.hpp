// SPDX-License-Identifier: MIT
#pragma once

#include "agenda.hpp"
#include "settings.hpp"
#include "watched_host.hpp"

#include <asio/ip/udp.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace monitor {

/// Why a packet was refused.
enum class refusal : unsigned char {
    malformed,      ///< no STAMP answer
    no_session,     ///< of a session that we do not have
    wrong_address,  ///< from somebody else than the host that was asked
    no_question,    ///< to a question that was never asked, or long ago: forged, or replayed
    too_long,       ///< longer than the question
    duplicate,      ///< the second answer to a question
    late,           ///< after the timeout
    count_of_them
};
/// The reason as a name for programs: `wrong_address`.
[[nodiscard]] std::string_view to_name(refusal reason);

/// All measuring: who is sent what and when, and what the answers say. It has no socket and no
/// clock, so that a test can run an hour of it in a moment.
///
///     measurements all{seed, {.send = ..., .look_up = ..., .say = ...}};
///     all.apply(settings, now);
///     all.run(now), then wait until *all.due(); all.received(bytes, from, now)
class measurements {
public:
    using instant = hostpick::rolling::instant;
    using endpoint = asio::ip::udp::endpoint;

    /// What it has others do. `look_up` is answered by `found` or `not_found`.
    struct helpers {
        std::function<void(endpoint const& to, std::span<std::byte const>)> send;
        std::function<void(std::uint32_t id, std::string const& address)> look_up;
        std::function<void(std::string const&)> say;  ///< a line of the log
        std::function<unsigned()> hour{};  ///< of the day, in UTC; no hour is quiet without it
    };
    using quiet_hours = std::map<std::string, hostpick::watch::hour_list>;

    measurements(std::uint64_t seed, helpers help);

    /// Watches these hosts from now on. Those that stay, by their name and address, keep their
    /// history; but for what was measured by probes of other settings.
    void apply(settings const& s, instant now);

    /// In which hours of the day the tests of each host may be detailed. What was known is void.
    void be_detailed_in(quiet_hours known);

    void found(std::uint32_t id, endpoint const& at, instant now);
    void not_found(std::uint32_t id, std::string const& why, instant now);
    void checked(std::uint32_t id, health_result const& result);

    /// Takes what came in at a socket.
    void received(std::span<std::byte const> bytes, endpoint const& from, instant now);

    /// Does everything that is due by now.
    void run(instant now);
    /// When there is something to do again.
    [[nodiscard]] std::optional<instant> due() const { return todo_.due(); }

    /// Gives up what was not answered in time. First pass on everything that has arrived.
    void settle(instant now);

    /// The hosts in the order of the configuration.
    [[nodiscard]] std::vector<watched_host*> const& hosts() const { return order_; }
    [[nodiscard]] watched_host* find(std::uint32_t id) const;
    [[nodiscard]] std::uint64_t refused(refusal why) const {
        return refused_[static_cast<std::size_t>(why)];
    }
    [[nodiscard]] std::size_t tests_under_way() const { return testing_; }

private:
    enum class task : unsigned char { look_up, probe, test_due, begin_tests, test_step };
    struct entry {
        std::uint32_t id;  ///< of the host; one that is gone has nothing to do any more
        std::uint32_t turn;
        task what;
    };

    void plan(watched_host& host, std::int64_t position, instant now);
    void plan(watched_host const& host, task what, instant at) {
        todo_.add(at, {host.id, host.turn, what});
    }
    void probe(watched_host& host, instant now);
    void test_due(watched_host& host, instant now);
    void begin_tests(instant now);
    void test_step(watched_host& host, instant now);
    void know_quiet_hours(watched_host& host) const;
    [[nodiscard]] full_test_settings test_of(watched_host& host) const;
    void end_test(watched_host& host, instant now);
    void drop_test(watched_host& host);
    void look_up(watched_host& host);
    void send(watched_host const& host, hostpick::stamp::sender_packet const& packet,
              std::size_t bytes);
    void refuse(refusal why) { ++refused_[static_cast<std::size_t>(why)]; }
    void forget(watched_host& host);
    [[nodiscard]] std::uint16_t free_ssid();
    /// Up to a tenth earlier or later, so that nothing that is periodic stays in step with us.
    [[nodiscard]] std::chrono::nanoseconds about(std::chrono::nanoseconds interval);

    std::mt19937_64 random_;
    helpers help_;
    settings settings_;
    quiet_hours quiet_hours_;
    agenda<entry> todo_;
    std::uint32_t next_id_ = 1;
    std::unordered_map<std::uint32_t, std::unique_ptr<watched_host>> by_id_;
    std::map<std::string, watched_host*> by_name_;
    std::vector<watched_host*> order_;
    std::vector<watched_host*> by_ssid_;  // 65536 places
    std::deque<std::uint32_t> waiting_;   // for a full test
    std::size_t testing_ = 0;
    bool in_train_ = false;
    bool begin_is_due_ = false;
    instant next_begin_{};
    std::array<std::uint64_t, static_cast<std::size_t>(refusal::count_of_them)> refused_{};
};

}  // namespace monitor
