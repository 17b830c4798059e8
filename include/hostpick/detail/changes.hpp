// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/decision.hpp>
#include <hostpick/metrics.hpp>

#include <bit>
#include <limits>
#include <optional>

// What one metric alone would change.
namespace hostpick::detail {

template <real R>
[[nodiscard]] constexpr field_reading<R>& field_of(metrics_reading<R>& m, metric which) noexcept {
    switch (which) {
        case metric::latency_ms: return m.latency_ms;
        case metric::bandwidth_mbps: return m.bandwidth_mbps;
        case metric::packet_loss: return m.packet_loss;
        case metric::jitter_ms: break;
    }
    return m.jitter_ms;
}

template <real R>
[[nodiscard]] constexpr network_metrics<R> metrics_of(metrics_reading<R> const& m) noexcept {
    auto const field = [](field_reading<R> const& f) {
        return f.measured() ? std::optional<R>{f.value} : std::nullopt;
    };
    return {field(m.latency_ms), field(m.bandwidth_mbps), field(m.packet_loss), field(m.jitter_ms)};
}

/// The best and the worst that a metric can be. A total loss is no measurement of a usable path.
template <real R>
[[nodiscard]] constexpr R best_of(metric which) noexcept {
    return which == metric::bandwidth_mbps ? (std::numeric_limits<R>::max)() : R{0};
}
template <real R>
[[nodiscard]] constexpr R worst_of(metric which) noexcept {
    if (which == metric::bandwidth_mbps) return 0;
    return which == metric::packet_loss ? R{1} : (std::numeric_limits<R>::max)();
}

/// The first number on the way from `stays` to `changes` at which `changed` holds, as it does at
/// the end of the way and not at its start. Neither is negative, so their bits are in order.
template <real R, class Changed>
[[nodiscard]] constexpr R first_changed(R stays, R changes, Changed changed) {
    auto low = std::bit_cast<bits_of<R>>(stays), high = std::bit_cast<bits_of<R>>(changes);
    for (;;) {
        auto const half = static_cast<bits_of<R>>((low < high ? high - low : low - high) / 2);
        if (half == 0) return std::bit_cast<R>(high);
        auto const middle = static_cast<bits_of<R>>(low < high ? low + half : low - half);
        (changed(std::bit_cast<R>(middle)) ? high : low) = middle;
    }
}

/// Each metric that alone can make `changed(reading)` hold, on the way to the best, or to the
/// worst, that it can be.
template <real R, class Changed>
[[nodiscard]] constexpr short_list<metric_change, 4> changes_of(metrics_reading<R> const& now,
                                                                bool to_the_best, Changed changed) {
    short_list<metric_change, 4> found;
    for (metric const which : {metric::latency_ms, metric::bandwidth_mbps, metric::packet_loss,
                               metric::jitter_ms}) {
        metrics_reading<R> reading = now;
        field_reading<R>& field = field_of(reading, which);
        bool const measured = field.measured();
        if (!measured && !to_the_best) continue;  // it cannot be worse than unknown
        auto const changed_at = [&](R x) {
            field = {x, field_state::measured};
            return static_cast<bool>(changed(reading));
        };
        R const end = to_the_best ? best_of<R>(which) : worst_of<R>(which);
        R const start = measured ? field.value : worst_of<R>(which);
        std::optional<double> from;
        if (measured) from = static_cast<double>(start);
        if (!changed_at(end)) continue;
        // To know it may be enough, whatever it is.
        R const to = !measured && changed_at(start) ? start : first_changed(start, end, changed_at);
        found.push_back({which, from, static_cast<double>(to)});
    }
    return found;
}

}  // namespace hostpick::detail
