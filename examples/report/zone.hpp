// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/watch/calendar.hpp>

#include <date/tz.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace report {

using hostpick::watch::unix_time;

/// A day of the calendar, and from when to when it is there: 23 or 25 hours where clocks change.
struct named_day {
    date::year_month_day date{};
    hostpick::watch::day_span span{};
};

/// Where people live: what their clocks show, and when their days begin.
class zone {
public:
    /// "UTC", an offset such as "+10:00", or a name such as "Europe/Berlin". Throws
    /// std::runtime_error where nobody knows it.
    explicit zone(std::string const& name);

    [[nodiscard]] std::string const& name() const { return name_; }
    [[nodiscard]] std::chrono::minutes offset_at(unix_time t) const;
    [[nodiscard]] date::local_time<std::chrono::milliseconds> wall(unix_time t) const;
    /// Of two moments that a clock shows the same, the earlier; of none, that of the change.
    [[nodiscard]] unix_time at(date::local_time<std::chrono::milliseconds> wall) const;

    [[nodiscard]] date::local_days date_of(unix_time t) const;
    [[nodiscard]] named_day day(date::local_days d) const;
    /// From one date to before another.
    [[nodiscard]] std::vector<named_day> days(date::local_days from, date::local_days to) const;

    /// As 2018-05-13T00:00:00+10:00.
    [[nodiscard]] std::string show(unix_time t) const;

private:
    std::string name_;
    date::time_zone const* zone_ = nullptr;  // else a fixed offset
    std::chrono::minutes fixed_{};
    // Samples come in the order of their times: most have the offset of the one before.
    mutable unix_time known_from_{}, known_to_{};
    mutable std::chrono::minutes known_{};
};

[[nodiscard]] std::string show(date::year_month_day d);
/// 2018-05-13; nothing where there is no such day.
[[nodiscard]] std::optional<date::local_days> read_date(std::string const& text);
/// 2018-05-13T06:30:01.5+10:00, or with a space for the T, a Z, or without seconds; a time without
/// an offset is one of the zone.
[[nodiscard]] std::optional<unix_time> read_time(std::string_view text, zone const& z);

}  // namespace report
