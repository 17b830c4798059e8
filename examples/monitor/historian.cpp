// SPDX-License-Identifier: MIT
#include "historian.hpp"

#include "alarms.hpp"
#include "pages.hpp"

#include <hostpick/sticky_policy.hpp>

#include <chrono>
#include <cmath>
#include <filesystem>
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
        writer_.add(history::decision{time_of(r.decision->at), r.decision->decided.host.value_or(""),
                                      std::string{to_text(r.decision->decided.reason)},
                                      routing_json(r)});
    }
    if (last_ && now.taken.steady - *last_ < settings_.interval) return;
    last_ = now.taken.steady;
    for (host_view const& host : now.hosts) {
        if (!host.metrics.failed && !host.metrics.latency_ms) continue;  // nothing is known yet
        history::sample s{host.name, time_of(now.taken.wall), host.metrics, host.verdict.score};
        auto const known = tested_.find(host.name);
        bool const is_new = host.tested && (known == tested_.end() ||
                                            known->second != host.tested->ended);
        if (is_new) tested_[host.name] = host.tested->ended;
        else s.metrics.bandwidth_mbps.reset();
        writer_.add(std::move(s));
    }
}

#if defined(HOSTPICK_HISTORY_STORE)

historian::opener store_of(history_settings const& s) {
    return [to = s.to] { return std::make_unique<history::store>(to); };
}

remembered remember(history_settings const& s, std::vector<std::string> const& hosts) {
    remembered r;
    bool const is_file = s.to.rfind("mariadb:", 0) != 0;
    if (is_file && !std::filesystem::exists(s.to)) return r;  // the first start
    try {
        history::store db{s.to, history::store::access::read};
        for (std::string const& host : hosts)
            r.bandwidths[host] = db.latest_bandwidths(host, alarms::bandwidths_remembered);
    } catch (std::exception const& e) {
        r.trouble = e.what();
    }
    return r;
}

#else

historian::opener store_of(history_settings const&) {
    return []() -> std::unique_ptr<history::sink> {
        throw history::store_error{"this program was built without SOCI"};
    };
}
remembered remember(history_settings const&, std::vector<std::string> const&) { return {}; }

#endif

}  // namespace monitor
