// SPDX-License-Identifier: MIT
#include "observer.hpp"

#include <hostpick/verdict.hpp>

namespace monitor {

host_view view_of(watched_host const& host, settings const& s, moment now) {
    host_view v;
    v.name = host.what.name;
    v.address = host.what.address;
    v.site = host.what.site;
    if (host.at) v.at = to_text(*host.at);
    v.trouble = host.trouble;

    auto const known = host.metrics(now.steady);
    v.metrics = known.mean;
    v.pessimistic_metrics = known.pessimistic;
    v.loss = known.loss;
    v.verdict = hostpick::judge_host(v.pessimistic_metrics, s.policy, s.constraints);
    v.confidence = host.path->confidence(now.steady);
    v.fresh = host.is_fresh(now.steady);
    auto const probes = host.path->probes().all();
    v.samples = static_cast<unsigned>(probes.received());
    v.rtt_min_ms = probes.rtt_min_ms();
    v.rtt_median_ms = probes.rtt_quantile_ms(0.5);
    v.rtt_p95_ms = probes.rtt_quantile_ms(0.95);
    v.recent_rtt_ms = host.recent_rtt_ms();
    if (auto const at = host.path->probes().heard_at()) v.last_success = now.when(*at);

    v.rtt = host.rtt;
    v.light_sent = host.light_sent;
    v.light_lost = host.retired + host.path->probes().counters().lost;
    v.burst_sent = host.burst_sent;
    v.burst_lost = host.burst_lost;
    v.tests = host.tests;
    v.detailed_tests = host.detailed_tests;
    v.quiet_hours = host.quiet_hours;
    v.trains_refused = host.path->capacity().refused();
    v.under_test = host.test != nullptr;
    v.tested = host.tested;
    if (v.tested) v.tested_at = now.when(v.tested->ended);
    v.health = host.health;
    v.unhealthy = host.unhealthy;
    return v;
}

}  // namespace monitor
