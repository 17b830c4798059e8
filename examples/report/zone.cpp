// SPDX-License-Identifier: MIT
#include "zone.hpp"

#include <cstdio>
#include <stdexcept>

namespace report {

using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

/// Takes what it reads from the front of a text.
class scanner {
public:
    explicit scanner(std::string_view text) : rest_{text} {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// A number of exactly so many digits, which is at most so large.
    bool digits(std::size_t count, int most, int& number) {
        if (rest_.size() < count) return false;
        int x = 0;
        for (char const c : rest_.substr(0, count)) {
            if (c < '0' || '9' < c) return false;
            x = 10 * x + (c - '0');
        }
        rest_.remove_prefix(count);
        number = x;
        return x <= most;
    }
    bool date(date::local_days& d) {
        int y = 0, m = 0, day = 0;
        if (!digits(4, 9999, y) || !skip('-') || !digits(2, 12, m) || !skip('-') ||
            !digits(2, 31, day))
            return false;
        date::year_month_day const named{date::year{y}, date::month{static_cast<unsigned>(m)},
                                         date::day{static_cast<unsigned>(day)}};
        d = date::local_days{named};
        return named.ok();
    }
    /// Hours, minutes, and seconds or not; digits beyond the milliseconds are cut off.
    bool clock(milliseconds& t) {
        int h = 0, m = 0, s = 0, ms = 0;
        if (!digits(2, 23, h) || !skip(':') || !digits(2, 59, m)) return false;
        if (skip(':')) {
            if (!digits(2, 59, s)) return false;
            if (skip('.')) {
                int digit = 0;
                if (!digits(1, 9, digit)) return false;
                ms = 100 * digit;
                for (int unit : {10, 1, 0, 0, 0, 0, 0, 0})
                    if (digits(1, 9, digit)) ms += unit * digit;
            }
        }
        t = std::chrono::hours{h} + minutes{m} + std::chrono::seconds{s} + milliseconds{ms};
        return true;
    }
    /// +10:00, +1000 or Z.
    bool offset(minutes& t) {
        if (skip('Z')) {
            t = minutes{0};
            return true;
        }
        bool const west = !rest_.empty() && rest_.front() == '-';
        int h = 0, m = 0;
        if ((!skip('+') && !skip('-')) || !digits(2, 23, h)) return false;
        skip(':');
        if (!digits(2, 59, m)) return false;
        t = minutes{(west ? -1 : 1) * (60 * h + m)};
        return true;
    }

private:
    std::string_view rest_;
};

}  // namespace

zone::zone(std::string const& name) : name_{name} {
    scanner in{name};
    if (name == "UTC" || (in.offset(fixed_) && in.at_end())) return;
    fixed_ = {};
    try {
        zone_ = date::locate_zone(name);
    } catch (std::exception const&) {
        throw std::runtime_error{"no time zone is called " + name +
                                 "; expected UTC, +10:00 or a name such as Europe/Berlin"};
    }
}

minutes zone::offset_at(unix_time t) const {
    if (zone_ == nullptr) return fixed_;
    if (t < known_from_ || known_to_ <= t) {
        auto const info = zone_->get_info(date::sys_time<milliseconds>{t});
        known_from_ = info.begin.time_since_epoch();
        known_to_ = info.end.time_since_epoch();
        known_ = std::chrono::duration_cast<minutes>(info.offset);
    }
    return known_;
}

date::local_time<milliseconds> zone::wall(unix_time t) const {
    return date::local_time<milliseconds>{t + offset_at(t)};
}

unix_time zone::at(date::local_time<milliseconds> wall) const {
    if (zone_ == nullptr) return wall.time_since_epoch() - fixed_;
    return zone_->to_sys(wall, date::choose::earliest).time_since_epoch();
}

date::local_days zone::date_of(unix_time t) const { return date::floor<date::days>(wall(t)); }

named_day zone::day(date::local_days d) const {
    return {date::year_month_day{d}, {at(d), at(d + date::days{1})}};
}

std::vector<named_day> zone::days(date::local_days from, date::local_days to) const {
    std::vector<named_day> all;
    for (auto d = from; d < to; d += date::days{1}) {
        named_day const one = day(d);
        if (one.span.is_valid()) all.push_back(one);  // Samoa had no 30 December 2011
    }
    return all;
}

std::string zone::show(unix_time t) const {
    auto const offset = offset_at(t);
    auto const size = offset < minutes{0} ? -offset : offset;
    char suffix[16];
    std::snprintf(suffix, sizeof suffix, "%c%02d:%02d", offset < minutes{0} ? '-' : '+',
                  static_cast<int>(size.count() / 60), static_cast<int>(size.count() % 60));
    return date::format("%FT%T", date::floor<std::chrono::seconds>(wall(t))) + suffix;
}

std::string show(date::year_month_day d) { return date::format("%F", d); }

std::optional<date::local_days> read_date(std::string const& text) {
    scanner in{text};
    date::local_days d;
    if (!in.date(d) || !in.at_end()) return std::nullopt;
    return d;
}

std::optional<unix_time> read_time(std::string_view text, zone const& z) {
    scanner in{text};
    date::local_days d;
    milliseconds clock{};
    if (!in.date(d) || (!in.skip('T') && !in.skip(' ')) || !in.clock(clock)) return std::nullopt;
    date::local_time<milliseconds> const wall = d + clock;
    if (in.at_end()) return z.at(wall);
    minutes offset{};
    if (!in.offset(offset) || !in.at_end()) return std::nullopt;
    return wall.time_since_epoch() - offset;
}

}  // namespace report
