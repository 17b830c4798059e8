// SPDX-License-Identifier: MIT
#include "service.hpp"

#include "log.hpp"
#include "observer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace monitor {

using namespace std::chrono_literals;

service::service(asio::io_context& io, settings const& s, std::uint64_t seed)
    : io_{io},
      settings_{s},
      wires_{io, [this](auto bytes, auto const& from, auto at) {
                 measured_.received(bytes, from, at);
             }},
      measured_{seed, {.send = [this](auto const& to, auto bytes) { wires_.send(to, bytes); },
                       .look_up = [this](auto id, auto const& address) { look_up(id, address); },
                       .say = say,
                       .hour = [] {
                           return hostpick::watch::hour_of_day(
                               std::chrono::duration_cast<hostpick::watch::unix_time>(
                                   std::chrono::system_clock::now().time_since_epoch()));
                       }}},
      router_{say},
      alarms_{say},
      next_{io},
      tick_{io} {
    health_.emplace([this](std::uint32_t id, health_result result) {
        asio::post(io_, [this, id, result = std::move(result)] { measured_.checked(id, result); });
    });
}

void service::start() {
    apply(settings_);
    reloads_ = 0;  // this was none
    tick();
}

void service::apply(settings const& s) {
    settings_ = s;
    ++reloads_;
    reload_trouble_.clear();
    auto const now = steady_now();
    measured_.apply(settings_, now);
    router_.apply(settings_, now);
    alarms_.apply(settings_);
    interfaces_.choose(settings_.interfaces);
    health_->apply(settings_.health, measured_.hosts(), now);
    warn();
    pump();
}

/// A round of full tests that takes longer than the time between them is no fault, but it has to be
/// known.
void service::warn() const {
    full_test_settings const& test = settings_.full_test;
    using seconds = std::chrono::duration<double>;
    auto const one = seconds{test.packets * test.spacing + settings_.probe.timeout} +
                     std::max(test.trains, test.quiet_trains) * seconds{0.2};
    double const round = static_cast<double>(settings_.hosts.size()) * one.count() / test.at_once;
    double const interval = seconds{test.interval}.count();
    if (round <= interval) return;
    say("a round of full tests takes about " + std::to_string(std::llround(round)) +
        " s, more than their interval of " + std::to_string(std::llround(interval)) +
        " s: full_test.at_once of " +
        std::to_string(std::llround(std::ceil(test.at_once * round / interval))) +
        " would suffice");
}

void service::refuse_settings(std::string const& why) {
    ++failed_reloads_;
    reload_trouble_ = why;
}

void service::remember(remembered const& known) {
    if (known.session) return router_.resume(*known.session);
    for (auto const& [host, mbps] : known.bandwidths) alarms_.remember(host, mbps);
    measured_.be_detailed_in(known.quiet_hours);
}

void service::stop() {
    stopped_ = true;
    next_.cancel();
    tick_.cancel();
    wires_.close();
    health_.reset();
}

void service::look_up(std::uint32_t id, std::string const& address) {
    wires_.look_up(address, [this, id](asio::error_code failed, wires::endpoint const& at) {
        auto const now = steady_now();
        if (!failed) measured_.found(id, at, now);
        else measured_.not_found(id, "its name does not resolve: " + failed.message(), now);
        if (!stopped_) asio::post(io_, [this] { pump(); });
    });
}

/// Does what is due, and wakes when there is more. A little later than that: of a thousand hosts
/// several are then due at once.
void service::pump() {
    if (stopped_) return;
    measured_.run(steady_now());
    auto const due = measured_.due();
    if (!due) return;
    auto const wait = std::max<std::chrono::nanoseconds>(*due - steady_now(), 1ms);
    next_.expires_after(wait);
    next_.async_wait([this](asio::error_code cancelled) {
        if (!cancelled) pump();
    });
}

void service::tick() {
    tick_.expires_after(1s);
    tick_.async_wait([this](asio::error_code cancelled) {
        if (!cancelled) tick();
    });
    wires_.read();  // before what has not arrived is given up
    auto const now = steady_now();
    measured_.settle(now);
    interfaces_.read(now);
    health_->advance(now);
    auto const taken = std::make_shared<snapshot const>(take());
    for (listener const& each : listeners_) each(taken);
}

snapshot service::take() {
    snapshot s;
    s.taken = {steady_now(), wall_now()};
    for (watched_host const* const host : measured_.hosts())
        s.hosts.push_back(view_of(*host, settings_, s.taken));
    router_.decide(s);
    alarms_.judge(s);
    s.interfaces = interfaces_.views(s.taken.steady);
    for (std::size_t n = 0; n < s.refused.size(); ++n)
        s.refused[n] = measured_.refused(static_cast<refusal>(n));
    s.not_sent = wires_.failures();
    s.tests_under_way = measured_.tests_under_way();
    s.exposition = settings_.exposition;
    s.reloads = reloads_;
    s.failed_reloads = failed_reloads_;
    s.reload_trouble = reload_trouble_;
    return s;
}

}  // namespace monitor
