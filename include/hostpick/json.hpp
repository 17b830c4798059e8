// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/describe.hpp>
#include <hostpick/detail/json_members.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/profiles.hpp>
#include <hostpick/select.hpp>
#include <hostpick/verdict.hpp>

#include <nlohmann/json.hpp>

#include <concepts>

// Metrics, policies and constraints as JSON, both ways; choices and verdicts written.
//
//     auto policy = nlohmann::json::parse(text).get<hostpick::score_policy>();
//     nlohmann::json report = hostpick::judge_host(metrics, policy);
namespace hostpick {

namespace detail {

template <class T>
concept json_setting = std::same_as<T, score_policy> || std::same_as<T, e_model> ||
                       std::same_as<T, limits> || std::same_as<T, constraints<>>;

template <class T>
inline constexpr bool is_metrics = false;
template <class R>
inline constexpr bool is_metrics<network_metrics<R>> = true;

}  // namespace detail

/// Metrics, a policy, limits or constraints from a JSON object. Absent and null members keep
/// their defaults: in metrics they are missing. A wrong type, a number out of its range, a key that
/// is not ours: `json_error`.
///
///     nlohmann::json::parse(R"({"latency_ms": 50, "packet_loss": 0.01})").get<network_metrics<>>()
template <class Json, class T>
    requires detail::json_setting<T> || detail::is_metrics<T>
void from_json(Json const& j, T& x) {
    T read;
    typename Json::json_pointer const top;
    detail::read(j, top, read);
    detail::check(j, top, read);
    x = read;
}

/// The metrics in a host's record, an object in which other keys are free. `at` is the place of
/// the record in its document, for the error's path.
///
///     metrics_of_record(nlohmann::json::parse(R"({"host": "paris", "latency_ms": 30})"))
template <class Real = double, class Json>
[[nodiscard]] network_metrics<Real> metrics_of_record(Json const& record,
                                                      typename Json::json_pointer const& at =
                                                          typename Json::json_pointer{}) {
    network_metrics<Real> m;
    detail::read(record, at, m, true);
    detail::check(record, at, m);
    return m;
}

/// A valid policy, valid limits or constraints as JSON, which `from_json` reads back to an equal
/// value. JSON has no NaN and no infinity: an invalid one may hold what cannot be read back.
template <class Json, class T>
    requires detail::json_setting<T>
void to_json(Json& j, T const& x) {
    j = detail::written<Json>(x);
}

/// Metrics as JSON: what is measured, and `"failed": true` of a failed host. What is missing or
/// invalid is left out.
template <class Json, class R>
void to_json(Json& j, network_metrics<R> const& m) {
    auto const reading = detail::read_metrics<R>(m);
    j = Json::object();
    auto const write = [&j](char const* key, detail::field_reading<R> const& field) {
        if (field.measured()) j[key] = field.value;
    };
    write("latency_ms", reading.latency_ms);
    write("bandwidth_mbps", reading.bandwidth_mbps);
    write("packet_loss", reading.packet_loss);
    write("jitter_ms", reading.jitter_ms);
    if (reading.failed) j["failed"] = true;
}

/// A choice as JSON: host, score, index, step, latency_ms.
template <class Json, class Id>
void to_json(Json& j, host_choice<Id> const& c) {
    j = Json{{"host", c.host},
             {"score", c.score},
             {"index", c.index},
             {"step", c.step},
             {"latency_ms", c.latency_ms}};
}

/// A verdict as JSON: `eligible`, then `score`, `step` and `parts`, or the `reason`.
template <class Json>
void to_json(Json& j, verdict const& v) {
    j = Json{{"eligible", v.eligible()}};
    if (v.latency_ms) j["latency_ms"] = *v.latency_ms;
    if (!v.eligible()) {
        j["reason"] = to_name(v.reason);
        return;
    }
    j["score"] = v.score;
    j["step"] = v.step;
    if (!v.parts) return;
    auto const write = [&j](char const* key, metric_points const& p) {
        j["parts"][key] = {{"gained", p.gained}, {"lost", p.lost}, {"state", to_name(p.state)}};
    };
    write("latency_ms", v.parts->latency_ms);
    write("bandwidth_mbps", v.parts->bandwidth_mbps);
    write("packet_loss", v.parts->packet_loss);
    write("jitter_ms", v.parts->jitter_ms);
}

}  // namespace hostpick
