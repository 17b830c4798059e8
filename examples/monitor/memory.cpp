// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include "alarms.hpp"

#include "store.hpp"

#include <hostpick/watch/hourly.hpp>
#include <hostpick/watch/quiet_hours.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace monitor {

using namespace std::chrono_literals;

namespace {

history::unix_time wall_time() {
    return std::chrono::duration_cast<history::unix_time>(
        std::chrono::system_clock::now().time_since_epoch());
}

/// Where the session ran before a start, if something was seen until shortly before it: then it runs
/// there still.
#if defined(HOSTPICK_HISTORY_STORE)
std::optional<std::string> session_before(history::store& db, history::unix_time start) {
    constexpr history::unix_time pause = 10min;
    auto const last = db.last_decision(start);
    if (!last || last->host.empty()) return std::nullopt;
    for (std::string const& host : db.hosts())
        if (auto const span = db.span_of(host); span && start - pause <= span->last && span->last <= start)
            return last->host;
    return std::nullopt;
}
#endif

}  // namespace

memory::memory(history_settings const& s, std::function<void(remembered const&)> use,
               std::function<void(std::string const&)> say)
    : settings_{s},
      use_{std::move(use)},
      say_{std::move(say)},
      thread_{[this] { run(); }} {}

memory::~memory() {
    {
        std::lock_guard const lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void memory::ask_again() {
    {
        std::lock_guard const lock{mutex_};
        asks_again_ = true;
    }
    wake_.notify_all();
}

bool memory::stops() const {
    std::lock_guard const lock{mutex_};
    return stopping_;
}

void memory::run() {
    for (bool first = true; !stops(); first = false) {
        std::chrono::seconds again = 24h;
        try {
            use_(ask(first));
        } catch (history::no_history const&) {
            again = 1min;  // the first start of all
        } catch (std::exception const& e) {
            again = 1min;
            if (first && !stops())
                say_(std::string{"what was usual is not known yet: "} + e.what());
        }
        std::unique_lock lock{mutex_};
        wake_.wait_for(lock, again, [this] { return stopping_ || asks_again_; });
        asks_again_ = false;
    }
}

remembered memory::ask([[maybe_unused]] bool first) const {
    remembered r;
#if defined(HOSTPICK_HISTORY_STORE)
    history::store db{settings_.to, history::store::access::read};
    auto const now = wall_time();
    // By the clock of now: that of then may have been wrong.
    auto const started = now - std::chrono::duration_cast<history::unix_time>(
                                   std::chrono::steady_clock::now() - started_);
    if (first)
        if (auto const session = session_before(db, started)) use_({.session = *session});
    for (std::string const& host : db.hosts()) {
        r.bandwidths[host] =
            db.latest_bandwidths(host, alarms::bandwidths_remembered, started);
        auto const profile = std::make_unique<hostpick::watch::hourly_profile>();
        std::uint64_t count = 0;
        db.for_each_sample(host, now - 14 * 24h, now, [&](history::stored_sample const& s) {
            if (++count % 1000 == 0 && stops()) throw std::runtime_error{"the monitor stops"};
            if (!s.metrics.failed && s.metrics.latency_ms)
                profile->add(s.at, *s.metrics.latency_ms);
        });
        if (auto const quiet = hostpick::watch::quiet_hours(*profile))
            r.quiet_hours[host] = *quiet;
    }
#endif
    return r;
}

}  // namespace monitor
