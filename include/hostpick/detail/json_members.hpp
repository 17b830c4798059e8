// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/profiles.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

// How the members of our types are named, read, checked and written in JSON. `Json` is any
// nlohmann::basic_json.
namespace hostpick {

/// JSON that does not say what it should: where, and what was expected there.
class json_error : public std::runtime_error {
public:
    json_error(std::string path, std::string expected, std::string const& found)
        : std::runtime_error{"at " + (path.empty() ? "the top" : path) + ": expected " + expected +
                             ", found " + found},
          path_{std::move(path)},
          expected_{std::move(expected)} {}

    /// A JSON pointer (RFC 6901) to the value, "" for the whole: for example "/packet_loss/weight".
    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    [[nodiscard]] std::string const& expected() const noexcept { return expected_; }

private:
    std::string path_, expected_;
};

namespace detail {

// ---- the members of each type by their JSON keys, once for reading and for writing

template <class Ramp, class Use>
    requires requires(Ramp& r) { r.best, r.worst, r.weight; }
constexpr void each_member(Ramp& r, Use use) {
    use("best", r.best);
    use("worst", r.worst);
    use("weight", r.weight);
}
template <class R, class Use>
constexpr void each_member(network_metrics<R>& m, Use use) {
    use("latency_ms", m.latency_ms);
    use("bandwidth_mbps", m.bandwidth_mbps);
    use("packet_loss", m.packet_loss);
    use("jitter_ms", m.jitter_ms);
    use("failed", m.failed);
}
template <class Use>
constexpr void each_member(score_policy& p, Use use) {
    use("latency_ms", p.latency_ms);
    use("bandwidth_mbps", p.bandwidth_mbps);
    use("packet_loss", p.packet_loss);
    use("jitter_ms", p.jitter_ms);
    use("combine", p.combine);
    use("latency_ceiling_ms", p.latency_ceiling_ms);
}
template <class Use>
constexpr void each_member(e_model& p, Use use) {
    use("ie", p.ie);
    use("bpl", p.bpl);
    use("burst_r", p.burst_r);
    use("latency_ceiling_ms", p.latency_ceiling_ms);
}
template <class Use>
constexpr void each_member(limits& l, Use use) {
    use("max_latency_ms", l.max_latency_ms);
    use("max_packet_loss", l.max_packet_loss);
    use("max_jitter_ms", l.max_jitter_ms);
    use("min_bandwidth_mbps", l.min_bandwidth_mbps);
    use("min_score", l.min_score);
}
template <class Use>
constexpr void each_member(relaxation_step& s, Use use) {
    use("after_ms", s.after_ms);
    each_member(s.allowed, use);
}
template <class Use>
constexpr void each_member(constraints<>& c, Use use) {
    each_member(c.limit, use);
    use("relaxed", c.relaxed);
    use("waited_ms", c.waited_ms);
}

// ---- what is wrong with a value as a whole

template <class T>
[[nodiscard]] constexpr std::optional<setting_error> error_of(T const& settings) noexcept {
    if constexpr (requires { settings.error(); }) return settings.error();
    else if constexpr (requires { error_in(settings); }) return error_in(settings);
    else return std::nullopt;  // a part, which is judged with its whole
}
template <class R>
[[nodiscard]] constexpr std::optional<setting_error> error_of(
    network_metrics<R> const& m) noexcept {
    if (m.latency_ms && !is_quantity(*m.latency_ms))
        return setting_error{"latency_ms", "milliseconds, not negative"};
    if (m.bandwidth_mbps && !is_quantity(*m.bandwidth_mbps))
        return setting_error{"bandwidth_mbps", "Mbps, not negative"};
    if (m.packet_loss && !(is_quantity(*m.packet_loss) && *m.packet_loss <= 1))
        return setting_error{"packet_loss", "a ratio from 0 to 1, not a percentage"};
    if (m.jitter_ms && !is_quantity(*m.jitter_ms))
        return setting_error{"jitter_ms", "milliseconds, not negative"};
    return std::nullopt;
}

// ---- reading

template <class Json>
using pointer_of = typename Json::json_pointer;

template <class Json>
[[noreturn]] void fail(pointer_of<Json> const& at, std::string expected, Json const& found) {
    std::string text = found.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    throw json_error{at.to_string(), std::move(expected), text};
}

template <class Json>
void read(Json const& j, pointer_of<Json> const& at, double& x) {
    if (!j.is_number()) fail(at, "a number", j);
    x = j.template get<double>();
}
template <class Json, class R>
void read(Json const& j, pointer_of<Json> const& at, std::optional<R>& x) {
    double number = 0;
    read(j, at, number);
    if (magnitude(number) > static_cast<double>((std::numeric_limits<R>::max)()))
        fail(at, "a number that is not so large", j);
    x = static_cast<R>(number);
}
template <class Json>
void read(Json const& j, pointer_of<Json> const& at, bool& x) {
    if (!j.is_boolean()) fail(at, "true or false", j);
    x = j.template get<bool>();
}
template <class Json>
void read(Json const& j, pointer_of<Json> const& at, combination& x) {
    if (j == "sum") x = combination::sum;
    else if (j == "weakest") x = combination::weakest;
    else fail(at, "\"sum\" or \"weakest\"", j);
}

template <class Json>
void read(Json const& j, pointer_of<Json> const& at, relaxation& steps);

/// Reads an object into `x`, whose members stay as they are where their key is absent or null.
template <class Json, class T>
    requires requires(T& x) { each_member(x, [](char const*, auto&) {}); }
void read(Json const& j, pointer_of<Json> const& at, T& x, bool other_keys_are_free = false) {
    if (!j.is_object()) fail(at, "an object", j);
    std::size_t ours = 0;
    each_member(x, [&](char const* key, auto& member) {
        auto const found = j.find(key);
        if (found == j.end()) return;
        ++ours;
        if (!found->is_null()) read(*found, at / std::string{key}, member);
    });
    if (other_keys_are_free || ours == j.size()) return;
    for (auto const& [key, value] : j.items()) {
        bool known = false;
        each_member(x,
                    [&, &name = key](char const* k, auto const&) { known = known || name == k; });
        if (!known) fail(at / key, "no such key", value);
    }
}

template <class Json>
void read(Json const& j, pointer_of<Json> const& at, relaxation& steps) {
    if (!j.is_array()) fail(at, "an array of steps", j);
    steps = {};
    for (std::size_t i = 0; i < j.size(); ++i) {
        relaxation_step step;
        read(j[i], at / i, step);
        steps.add(step);
    }
}

/// Refuses what the value's own check refuses, at the place that the check names.
template <class Json, class T>
void check(Json const& j, pointer_of<Json> at, T const& x) {
    auto const error = error_of(x);
    if (!error) return;
    pointer_of<Json> below;
    if (error->step > 0) below = below / std::string{"relaxed"} / (error->step - 1);
    std::string member = error->member;
    if (auto const dot = member.find('.'); dot != std::string::npos) {
        below /= member.substr(0, dot);
        member.erase(0, dot + 1);
    }
    if (!member.empty()) below /= member;
    fail(at / below, error->expected, j.contains(below) ? j.at(below) : Json{});
}

// ---- writing

template <class Json, class T>
[[nodiscard]] Json written(T const& x);

template <class Json, class T>
void write(Json& j, char const* key, T const& x) {
    if constexpr (is_optional<T>) {
        if (x) j[key] = *x;
    } else if constexpr (std::same_as<T, combination>) {
        j[key] = x == combination::sum ? "sum" : "weakest";
    } else if constexpr (std::same_as<T, relaxation>) {
        for (relaxation_step const& step : x) j[key].push_back(written<Json>(step));
    } else if constexpr (std::is_arithmetic_v<T>) {
        j[key] = x;
    } else {
        j[key] = written<Json>(x);
    }
}
template <class Json, class T>
Json written(T const& x) {
    Json j = Json::object();
    T copy = x;  // so that one list of members serves reading and writing
    each_member(copy, [&j](char const* key, auto const& member) { write(j, key, member); });
    return j;
}

}  // namespace detail

}  // namespace hostpick
