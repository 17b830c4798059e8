// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <optional>
#include <utility>

namespace hostpick::watch {

/// Why nothing can be said about a series.
enum class unknown_because : unsigned char {
    none,             ///< something can
    invalid_policy,   ///< the settings make no sense
    invalid_reading,  ///< NaN, an infinity, a number above 10^100, or what is no time
    not_in_order,     ///< times run back
    too_few,          ///< readings, pairs or hours
    one_moment,       ///< all readings have the same time
    no_variation,     ///< all of them are the same
    no_trend,         ///< the slope may as well be zero, or lead the other way
    moving_away,      ///< from the limit
    too_far_ahead,    ///< beyond the horizon
};

/// The same in words, for a report.
[[nodiscard]] constexpr char const* describe(unknown_because why) noexcept {
    switch (why) {
        case unknown_because::none: return "known";
        case unknown_because::invalid_policy: return "the settings make no sense";
        case unknown_because::invalid_reading: return "a reading is not a number, or has no time";
        case unknown_because::not_in_order: return "the times run back";
        case unknown_because::too_few: return "there is too little data";
        case unknown_because::one_moment: return "all readings have the same time";
        case unknown_because::no_variation: return "all readings are the same";
        case unknown_because::no_trend: return "no trend can be told from none";
        case unknown_because::moving_away: return "it moves away from the limit";
        case unknown_because::too_far_ahead: return "it lies beyond the horizon";
    }
    return "";
}

/// What was found, or why nothing was.
///
///     if (auto const t = trend_of(readings)) show(t->per_day);
///     else show(describe(t.why()));
template <class T>
class finding {
public:
    constexpr finding(T value) : value_{std::move(value)} {}
    constexpr finding(unknown_because why) noexcept : why_{why} {
        assert(why != unknown_because::none);
    }

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return value_.has_value(); }
    /// `none` where something was found.
    [[nodiscard]] constexpr unknown_because why() const noexcept { return why_; }
    /// Precondition: something was found. Of a temporary it is a copy, which a loop may go over.
    [[nodiscard]] constexpr T const& operator*() const& noexcept { return *value_; }
    [[nodiscard]] constexpr T operator*() && { return *std::move(value_); }
    [[nodiscard]] constexpr T const* operator->() const noexcept { return &*value_; }

    friend constexpr bool operator==(finding const&, finding const&) = default;

private:
    std::optional<T> value_{};
    unknown_because why_ = unknown_because::none;
};

}  // namespace hostpick::watch
