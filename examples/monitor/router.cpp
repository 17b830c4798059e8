// SPDX-License-Identifier: MIT
#include "router.hpp"

#include <hostpick/decide.hpp>
#include <hostpick/describe.hpp>
#include <hostpick/select.hpp>

#include <algorithm>
#include <utility>

namespace monitor {

using hostpick::sticky_reason;

std::string line_of(routing const& r) {
    std::string text = "the session ";
    text += hostpick::to_text(r.decided.reason);
    if (r.decided.moved()) {
        text += ", on " + *r.decided.host;
        if (r.before) text += ", no longer on " + *r.before;
    } else if (r.before) {
        text += ", on " + *r.before;
    }
    return text + " (" + std::string{hostpick::describe(r.record).view()} + ")";
}

bool is_news(sticky_reason reason) {
    return is_move(reason) || reason == sticky_reason::nobody ||
           reason == sticky_reason::no_backup || reason == sticky_reason::sample_missing ||
           reason == sticky_reason::budget_spent;
}

void router::apply(settings const& s, hostpick::rolling::instant now) {
    bool const other_policy = s.sticky != settings_.sticky;
    settings_ = s;
    if (!other_policy) return;
    auto const host = session_.host();
    session_ = hostpick::sticky_choice<std::string>{s.sticky};
    if (host) run_on(*host, now);
}

/// Precondition: the session runs nowhere.
void router::run_on(std::string const& host, hostpick::rolling::instant now) {
    candidate const only{.host = host};
    session_.decide({&only, 1}, now);
}

bool router::waits_for_tests(snapshot const& now) {
    if (!begun_) begun_ = now.taken.steady;
    if (session_.host() || now.taken.steady - *begun_ >= longest_wait) return false;
    return std::any_of(now.hosts.begin(), now.hosts.end(), [](host_view const& host) {
        return !host.at.empty() && !host.metrics.failed && !host.tested;
    });
}

std::vector<router::candidate> router::candidates(snapshot const& now) const {
    std::vector<candidate> all;
    for (host_view const& host : now.hosts) {
        auto const reason = host.verdict.reason;
        // Of a host that is merely not known the session waits to hear again; one that breaks a
        // limit loses it as any other that scores nothing.
        if (reason == hostpick::exclusion::latency_missing) continue;
        if (reason != hostpick::exclusion::none && session_.host() != host.name) continue;
        bool const unusable = reason != hostpick::exclusion::none &&
                              reason < hostpick::exclusion::latency_limit;
        all.push_back({.host = host.name,
                       .score = host.verdict.score,
                       .samples = host.samples,
                       .failed = unusable});
    }
    return all;
}

void router::decide(snapshot& now) {
    if (auto const host = std::exchange(resumes_on_, std::nullopt); host && !session_.host())
        if (std::any_of(now.hosts.begin(), now.hosts.end(),
                        [&](host_view const& each) { return each.name == *host; })) {
            run_on(*host, now.taken.steady);
            say_("the session goes on as before this start, on " + *host);
        }
    if (waits_for_tests(now)) return;
    auto const before = session_.host();
    auto const decided = session_.decide(candidates(now), now.taken.steady);
    auto const& metrics = &host_view::pessimistic_metrics;
    bool const is_new = routings_.empty() || decided.moved() ||
                        routings_.newest().decision->decided.reason != decided.reason;
    if (is_new) {
        routing const entry{now.taken.wall, before, decided,
                            hostpick::decide(now.hosts, metrics, settings_.policy,
                                             settings_.constraints, &host_view::name)};
        routings_.push(std::make_shared<routing const>(entry), now.taken.steady);
        if (is_news(decided.reason)) say_(line_of(entry));
    }
    if (decided.moved() && before) ++moves_;

    now.chosen = session_.host();
    now.moves = moves_;
    now.routings.assign(routings_.begin(), routings_.end());
    for (host_view& host : now.hosts) host.chosen = now.chosen == host.name;
    for (auto const& choice : hostpick::select_top_hosts(
             now.hosts, metrics, settings_.backups + 1, settings_.policy, settings_.constraints,
             &host_view::name))
        if (choice.host != now.chosen && now.backups.size() < settings_.backups)
            now.backups.push_back(choice.host);
}

}  // namespace monitor
