// SPDX-License-Identifier: MIT
#include "measurements.hpp"

#include <algorithm>
#include <utility>

namespace monitor {

namespace stamp = hostpick::stamp;
using hostpick::rolling::push_result;
using std::chrono::seconds;

namespace {

constexpr seconds look_up_again{10};        // a name that did not resolve
constexpr seconds look_up_of_silent{30};    // a host that fell silent: it may have moved
constexpr seconds test_again{10};           // a host that did not answer when its test was due

}  // namespace

std::string_view to_name(refusal reason) {
    switch (reason) {
        case refusal::malformed: return "malformed";
        case refusal::no_session: return "no_session";
        case refusal::wrong_address: return "wrong_address";
        case refusal::no_question: return "no_question";
        case refusal::too_long: return "too_long";
        case refusal::duplicate: return "duplicate";
        case refusal::late: return "late";
        case refusal::count_of_them: break;
    }
    return "unknown";
}

measurements::measurements(std::uint64_t seed, helpers help)
    : random_{seed}, help_{std::move(help)}, by_ssid_(65536) {}

void measurements::apply(settings const& s, instant now) {
    bool const other_times = s.probe != settings_.probe || s.full_test != settings_.full_test;
    settings_ = s;
    std::map<std::string, watched_host*> gone = std::exchange(by_name_, {});
    order_.clear();
    for (host_settings const& what : s.hosts) {
        auto const position = static_cast<std::int64_t>(order_.size());
        auto const known = gone.find(what.name);
        if (known != gone.end() && known->second->what.address == what.address) {
            watched_host& host = *known->second;
            gone.erase(known);
            host.watch(what, s);
            order_.push_back(&host);
            if (other_times) plan(host, position, now);
        } else {
            std::uint32_t const id = next_id_++;
            auto const first = static_cast<std::uint32_t>(random_());
            auto host = std::make_unique<watched_host>(id, free_ssid(), first, what, s);
            know_quiet_hours(*host);
            by_ssid_[host->ssid] = host.get();
            order_.push_back(host.get());
            plan(*host, position, now);
            by_id_.emplace(id, std::move(host));
        }
        by_name_.emplace(what.name, order_.back());
    }
    for (auto const& [name, host] : gone) {
        drop_test(*host);
        by_ssid_[host->ssid] = nullptr;
        by_id_.erase(host->id);
    }
    begin_tests(now);
}

void measurements::be_detailed_in(quiet_hours known) {
    quiet_hours_ = std::move(known);
    for (watched_host* const host : order_) know_quiet_hours(*host);
}

void measurements::know_quiet_hours(watched_host& host) const {
    auto const known = quiet_hours_.find(host.what.name);
    host.quiet_hours.reset();
    if (known != quiet_hours_.end()) host.quiet_hours = known->second;
}

/// Everything that a host needs from now on; what was planned before is void.
void measurements::plan(watched_host& host, std::int64_t position, instant now) {
    drop_test(host);
    ++host.turn;
    auto const count = static_cast<std::int64_t>(settings_.hosts.size());
    plan(host, task::look_up, now);
    // Spread over the interval, so that the hosts are not asked all at once.
    plan(host, task::probe, now + settings_.probe.interval * position / count);
    plan(host, task::test_due, now + 3 * settings_.probe.interval);
}

void measurements::drop_test(watched_host& host) {
    if (!host.test) return;
    if (host.test->in_train()) in_train_ = false;
    host.test.reset();
    --testing_;
}

watched_host* measurements::find(std::uint32_t id) const {
    auto const found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.get();
}

std::uint16_t measurements::free_ssid() {
    for (;;) {  // there are more than six for each of the hosts that settings allow
        auto const ssid = static_cast<std::uint16_t>(random_());
        if (ssid != 0 && by_ssid_[ssid] == nullptr) return ssid;
    }
}

std::chrono::nanoseconds measurements::about(std::chrono::nanoseconds interval) {
    auto const tenth = static_cast<std::uint64_t>(interval.count() / 10);
    auto const shift = static_cast<std::int64_t>(random_() % (2 * tenth + 1));
    return interval - std::chrono::nanoseconds{tenth} + std::chrono::nanoseconds{shift};
}

// ---- where the hosts are

void measurements::look_up(watched_host& host) {
    if (std::exchange(host.is_looked_up, true)) return;
    help_.look_up(host.id, host.what.address);
}

void measurements::found(std::uint32_t id, endpoint const& at, instant now) {
    watched_host* const host = find(id);
    if (host == nullptr || !std::exchange(host->is_looked_up, false)) return;
    plan(*host, task::look_up, now + about(look_up_of_silent));
    if (!host->at && std::exchange(host->said_to_fail, false))
        help_.say(host->what.name + ": is found at " + to_text(at));
    if (host->at && *host->at != at) {
        drop_test(*host);
        help_.say(host->what.name + ": is at " + to_text(at) + " now, no longer at " +
                  to_text(*host->at));
    }
    host->move_to(at);
    begin_tests(now);
}

void measurements::not_found(std::uint32_t id, std::string const& why, instant now) {
    watched_host* const host = find(id);
    if (host == nullptr || !std::exchange(host->is_looked_up, false)) return;
    plan(*host, task::look_up, now + about(look_up_again));
    if (!host->at && host->trouble != why) {
        help_.say(host->what.name + ": " + why + "; it is looked up again every " +
                  std::to_string(look_up_again.count()) + " s");
        host->said_to_fail = true;
    }
    host->trouble = why;
}

void measurements::checked(std::uint32_t id, health_result const& result) {
    watched_host* const host = find(id);
    if (host == nullptr || host->what.health_url.empty()) return;
    host->health = result;
    host->unhealthy_in_a_row = result.ok ? 0 : host->unhealthy_in_a_row + 1;
    bool const unhealthy = host->unhealthy_in_a_row >= settings_.health.failures;
    if (unhealthy != host->unhealthy)
        help_.say(host->what.name + (unhealthy ? ": is not healthy: " + result.trouble
                                               : std::string{": is healthy"}));
    host->unhealthy = unhealthy;
}

// ---- what is due

void measurements::run(instant now) {
    while (auto const next = todo_.take(now)) {
        if (next->what == task::begin_tests) {
            begin_is_due_ = false;
            begin_tests(now);
            continue;
        }
        watched_host* const host = find(next->id);
        if (host == nullptr || host->turn != next->turn) continue;
        switch (next->what) {
            case task::probe: probe(*host, now); break;
            case task::test_due: test_due(*host, now); break;
            case task::test_step: test_step(*host, now); break;
            case task::look_up:
                if (!host->at || host->path->failed()) look_up(*host);
                else plan(*host, task::look_up, now + about(look_up_of_silent));
                break;
            case task::begin_tests: break;
        }
    }
}

void measurements::probe(watched_host& host, instant now) {
    if (host.at) {
        ++host.light_sent;
        send(host, host.ask(now, random_()), stamp::packet_size);
    }
    plan(host, task::probe, now + about(settings_.probe.interval));
}

void measurements::test_due(watched_host& host, instant now) {
    auto const heard_at = host.path->probes().heard_at();
    bool const answers = heard_at && !host.path->failed() &&
                         now - *heard_at <= 3 * settings_.probe.interval + settings_.probe.timeout;
    if (host.test || !answers) {
        auto const again =
            std::min<std::chrono::nanoseconds>(test_again, settings_.full_test.interval);
        plan(host, task::test_due, now + about(again));
        return;
    }
    waiting_.push_back(host.id);
    begin_tests(now);
}

/// Begins the tests that wait, as many as may be under way, and never two at one moment.
void measurements::begin_tests(instant now) {
    while (!waiting_.empty() && testing_ < settings_.full_test.at_once) {
        if (now < next_begin_) {
            if (!std::exchange(begin_is_due_, true))
                todo_.add(next_begin_, {0, 0, task::begin_tests});
            return;
        }
        watched_host* const host = find(waiting_.front());
        waiting_.pop_front();
        if (host == nullptr || host->test || !host->at) continue;
        auto const hosts = static_cast<std::int64_t>(order_.size());
        next_begin_ = now + std::min<std::chrono::nanoseconds>(
                                seconds{1}, settings_.full_test.interval / (2 * hosts + 2));
        ++testing_;
        host->trains_mbps.clear();
        host->test = std::make_unique<full_test>(test_of(*host), settings_.probe.timeout,
                                                 host->ssid, static_cast<std::uint32_t>(random_()));
        plan(*host, task::test_step, now);
        plan(*host, task::test_due, now + about(settings_.full_test.interval));
    }
}

/// The next test of a host: more of it where it disturbs least.
full_test_settings measurements::test_of(watched_host& host) const {
    full_test_settings what = settings_.full_test;
    bool const quiet =
        help_.hour && host.quiet_hours && host.quiet_hours->contains(help_.hour());
    if (quiet && what.quiet_trains > what.trains) {
        what.trains = what.quiet_trains;
        ++host.detailed_tests;
    }
    return what;
}

void measurements::test_step(watched_host& host, instant now) {
    if (!host.test) return;  // it was dropped, as the host has moved
    full_test& test = *host.test;
    if (test.wants_train() && in_train_) {
        plan(host, task::test_step, now + std::chrono::milliseconds{50});
        return;
    }
    bool const was_in_train = test.in_train();
    auto const again = test.step(
        now, random_,
        [&](stamp::sender_packet const& packet, std::size_t bytes) { send(host, packet, bytes); });
    if (was_in_train != test.in_train()) in_train_ = test.in_train();
    if (auto const said = test.take_train()) {
        host.path->train(*said, now);
        if (said->mbps) host.trains_mbps.push_back(*said->mbps);
    }
    if (test.over()) end_test(host, now);
    else plan(host, task::test_step, again);
}

void measurements::end_test(watched_host& host, instant now) {
    full_test const& test = *host.test;
    if (auto const loss = test.loss(); loss.settled > 0) {
        auto const burst = test.burst().all();
        host.tested = full_test_result{now, loss, burst.rtt_quantile_ms(0.5),
                                       burst.rtt_quantile_ms(0.99), burst.jitter_ms(), {}};
        if (auto& trains = host.trains_mbps; !trains.empty()) {
            auto const middle = trains.begin() + static_cast<std::ptrdiff_t>(trains.size() / 2);
            std::nth_element(trains.begin(), middle, trains.end());
            host.tested->bandwidth_mbps = *middle;
        }
        host.burst_lost += loss.lost;
    }
    host.burst_sent += test.burst().counters().sent;
    ++host.tests;
    drop_test(host);
    begin_tests(now);
}

void measurements::settle(instant now) {
    for (watched_host* const host : order_) {
        host->path->advance(now);
        bool const failed = host->path->failed();
        if (failed != host->said_to_fail && host->at)
            help_.say(host->what.name + (failed ? ": does not answer" : ": answers again"));
        if (host->at) host->said_to_fail = failed;
    }
}

// ---- packets

void measurements::send(watched_host const& host, stamp::sender_packet const& packet,
                        std::size_t bytes) {
    std::array<std::byte, full_test::train_packet_bytes> room;
    std::span const out{room.data(), bytes};
    if (stamp::encode(packet, out)) help_.send(*host.at, out);
}

void measurements::received(std::span<std::byte const> bytes, endpoint const& from, instant now) {
    auto const answer = stamp::decode_reflector(bytes);
    if (!answer) return refuse(refusal::malformed);
    watched_host* const host = by_ssid_[answer->session];
    if (host == nullptr) return refuse(refusal::no_session);
    if (!host->at || *host->at != from) return refuse(refusal::wrong_address);
    if (auto const sequence = host->session.match(*answer)) {
        if (bytes.size() > stamp::packet_size) return refuse(refusal::too_long);
        push_result what_became{};
        if (auto const rtt = host->answer(*sequence, now, what_became)) return;
        if (what_became == push_result::duplicate) return refuse(refusal::duplicate);
        if (what_became == push_result::late) return refuse(refusal::late);
        return refuse(refusal::no_question);
    }
    if (host->test && host->test->answer(*answer, bytes.size(), now)) return;
    refuse(refusal::no_question);
}

}  // namespace monitor
