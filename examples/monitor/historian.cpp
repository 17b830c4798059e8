// SPDX-License-Identifier: MIT
#include "historian.hpp"

#include "pages.hpp"

#include <hostpick/sticky_policy.hpp>

#include <chrono>
#include <cmath>
#include <utility>

namespace monitor {

namespace {

history::unix_time time_of(unix_seconds at) {
    return history::unix_time{std::chrono::milliseconds{std::llround(at * 1000)}};
}

history::writer_settings writing(history_settings const& s) {
    history::writer_settings w;
    w.keep = s.keep;
    w.at_exit = std::chrono::seconds{1};  // the monitor stops within two
    return w;
}

}  // namespace

historian::historian(history_settings const& s, opener open,
                     std::function<void(std::string const&)> say)
    : settings_{s}, writer_{std::move(open), writing(s), std::move(say)} {}

void historian::take(snapshot const& now) {
    for (logged_routing const& r : now.routings) {
        if (r.sequence < next_routing_) continue;
        next_routing_ = r.sequence + 1;
        if (!is_news(r.decision->decided.reason)) continue;
        writer_.add(history::decision{time_of(r.decision->at), r.decision->decided.host.value_or(""),
                                      std::string{to_text(r.decision->decided.reason)},
                                      routing_json(r)});
    }
    if (last_ && now.taken.steady - *last_ < settings_.interval) return;
    last_ = now.taken.steady;
    for (host_view const& host : now.hosts) {
        // Nothing is known yet, or nothing new: what has aged was not measured.
        if (!host.metrics.failed && !(host.fresh && host.metrics.latency_ms)) continue;
        history::sample s{host.name, time_of(now.taken.wall), {}, {}};
        s.metrics.failed = host.metrics.failed;
        if (host.fresh) s.metrics = host.metrics;
        s.metrics.bandwidth_mbps.reset();
        // Before the first full test it tells of what is not known, and nothing of the host.
        if (host.tested) s.score = host.verdict.score;
        auto const known = tested_.find(host.name);
        bool const is_new = host.tested && (known == tested_.end() ||
                                            known->second != host.tested->ended);
        if (is_new) {
            tested_[host.name] = host.tested->ended;
            s.metrics.bandwidth_mbps = host.tested->bandwidth_mbps;
        }
        writer_.add(std::move(s));
    }
}

historian::opener store_of(history_settings const& s) {
#if defined(HOSTPICK_HISTORY_STORE)
    return [to = s.to] { return std::make_unique<history::store>(to); };
#else
    return [to = s.to]() -> std::unique_ptr<history::sink> {
        throw history::store_error{to + ": this program was built without SOCI"};
    };
#endif
}

}  // namespace monitor
