// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/verdict.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace hostpick {

/// A reason in words, as a clause about the host.
///
///     to_text(exclusion::failed)  // "did not answer"
[[nodiscard]] constexpr std::string_view to_text(exclusion reason) noexcept {
    switch (reason) {
        case exclusion::none: return "eligible";
        case exclusion::invalid_policy: return "cannot be judged: the policy is invalid";
        case exclusion::invalid_constraints: return "cannot be judged: the constraints are invalid";
        case exclusion::excluded: return "excluded by the caller";
        case exclusion::no_metrics: return "has no metrics";
        case exclusion::failed: return "did not answer";
        case exclusion::latency_missing: return "latency is not measured";
        case exclusion::latency_invalid: return "latency is negative";
        case exclusion::latency_above_ceiling: return "latency is above the ceiling";
        case exclusion::packet_loss_total: return "packet loss is not below 1 (a ratio)";
        case exclusion::latency_limit: return "latency is above the limit";
        case exclusion::packet_loss_limit: return "packet loss is above the limit or missing";
        case exclusion::jitter_limit: return "jitter is above the limit or missing";
        case exclusion::bandwidth_limit: return "bandwidth is below the limit or missing";
        case exclusion::score_limit: return "score is below the limit";
        case exclusion::score_not_finite: return "the policy's score is not a finite number";
        case exclusion::expired: return "was measured too long ago";
    }
    return "unknown";
}

/// A reason as the name that it has in this library, for logs and other programs.
///
///     to_name(exclusion::failed)  // "failed"
[[nodiscard]] constexpr std::string_view to_name(exclusion reason) noexcept {
    switch (reason) {
        case exclusion::none: return "none";
        case exclusion::invalid_policy: return "invalid_policy";
        case exclusion::invalid_constraints: return "invalid_constraints";
        case exclusion::excluded: return "excluded";
        case exclusion::no_metrics: return "no_metrics";
        case exclusion::failed: return "failed";
        case exclusion::latency_missing: return "latency_missing";
        case exclusion::latency_invalid: return "latency_invalid";
        case exclusion::latency_above_ceiling: return "latency_above_ceiling";
        case exclusion::packet_loss_total: return "packet_loss_total";
        case exclusion::latency_limit: return "latency_limit";
        case exclusion::packet_loss_limit: return "packet_loss_limit";
        case exclusion::jitter_limit: return "jitter_limit";
        case exclusion::bandwidth_limit: return "bandwidth_limit";
        case exclusion::score_limit: return "score_limit";
        case exclusion::score_not_finite: return "score_not_finite";
        case exclusion::expired: return "expired";
    }
    return "unknown";
}

/// The state of a field as its name.
[[nodiscard]] constexpr std::string_view to_name(field_state state) noexcept {
    switch (state) {
        case field_state::missing: return "missing";
        case field_state::measured: return "measured";
        case field_state::invalid: return "invalid";
    }
    return "unknown";
}

/// One line of text that lies in itself: it needs no allocation and no stream.
class text_line {
public:
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
    constexpr operator std::string_view() const noexcept { return view(); }

    /// Text beyond the end of the line is cut off.
    constexpr text_line& operator<<(std::string_view text) noexcept {
        for (char const c : text)
            if (size_ < text_.size()) text_[size_++] = c;
        return *this;
    }

    constexpr text_line& operator<<(unsigned n) noexcept {
        if (n >= 10) *this << n / 10;
        char const digit = static_cast<char>('0' + n % 10);
        return *this << std::string_view{&digit, 1};
    }

    /// A finite number with two decimals, halves away from zero; beyond 10^15 it says so.
    constexpr text_line& operator<<(double x) noexcept {
        if (!detail::is_finite(x) || detail::magnitude(x) >= 1e15)
            return *this << (x < 0 ? "below -1e15" : "above 1e15");
        // The whole part by itself: a large number times 100 has no room for halves.
        auto const whole = static_cast<unsigned long long>(detail::magnitude(x));
        double const rest = detail::magnitude(x) - static_cast<double>(whole);
        auto hundredths =
            whole * 100 + static_cast<unsigned long long>(detail::smaller(rest * 100, 100.0) + 0.5);
        bool const zero = hundredths == 0;
        std::array<char, 20> digits{};
        std::size_t first = digits.size();
        for (int n = 0; n < 3 || hundredths != 0; ++n, hundredths /= 10) {
            if (n == 2) digits[--first] = '.';
            digits[--first] = static_cast<char>('0' + hundredths % 10);
        }
        if (x < 0 && !zero) *this << "-";
        return *this << std::string_view{digits.data() + first, digits.size() - first};
    }

    /// Onto a stream, as any text.
    template <class Stream>
        requires(!std::same_as<Stream, text_line>)
    friend Stream& operator<<(Stream& stream, text_line const& line) {
        stream << line.view();
        return stream;
    }

private:
    std::array<char, 240> text_{};
    std::size_t size_ = 0;
};

/// A verdict as one line of text: the score and what each metric gave to it and took from it, or
/// why the host is not eligible.
///
///     describe(judge_host(m)).view()
///     // "score 88.00: latency 30.00 (-10.00), bandwidth 40.00 (-0.00), packet loss 18.00 (-2.00)"
[[nodiscard]] constexpr text_line describe(verdict const& v) noexcept {
    text_line line;
    if (!v.eligible()) return line << "not eligible: " << to_text(v.reason);
    line << "score " << v.score;
    if (v.parts) {
        char const* separator = ": ";
        auto const part = [&](std::string_view name, metric_points const& points) {
            if (points.gained == 0 && points.lost == 0) return;  // it has no weight
            line << separator << name << " " << points.gained << " (-" << points.lost << ")";
            if (points.state == field_state::missing && points.lost > 0) line << " missing";
            if (points.state == field_state::invalid && points.lost > 0) line << " invalid";
            separator = ", ";
        };
        part("latency", v.parts->latency_ms);
        part("bandwidth", v.parts->bandwidth_mbps);
        part("packet loss", v.parts->packet_loss);
        part("jitter", v.parts->jitter_ms);
    }
    if (v.step > 0) line << ", relaxation step " << v.step;
    return line;
}

}  // namespace hostpick
