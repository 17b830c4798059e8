// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/decision.hpp>
#include <hostpick/describe.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace hostpick {

namespace detail {

/// How an id is shown: text, in which control characters are question marks, up to 32 bytes of it;
/// an integer or an enumerator as a number. `to_text` of the caller's own type comes first.
template <class Id>
constexpr void write_id(text_line& line, Id const& id) {
    if constexpr (requires { { to_text(id) } -> std::convertible_to<std::string_view>; }) {
        line << to_text(id);
    } else if constexpr (std::convertible_to<Id const&, std::string_view>) {
        std::string_view const text = id;
        std::size_t shown = text.size();
        if (shown > 32)  // not within a character of UTF-8
            for (shown = 29; shown > 0 && (text[shown] & '\xC0') == '\x80';) --shown;
        for (char const c : text.substr(0, shown)) {
            bool const control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
            line << (control ? std::string_view{"?"} : std::string_view{&c, 1});
        }
        if (shown < text.size()) line << "...";
    } else if constexpr (std::is_enum_v<Id>) {
        write_id(line, static_cast<std::underlying_type_t<Id>>(id));
    } else if constexpr (std::integral<Id>) {
        auto left = static_cast<std::uint64_t>(id);
        if (id < Id{}) {
            line << "-";
            left = std::uint64_t{0} - left;
        }
        std::array<char, 20> digits{};
        std::size_t first = digits.size();
        do digits[--first] = static_cast<char>('0' + left % 10);
        while ((left /= 10) != 0);
        line << std::string_view{digits.data() + first, digits.size() - first};
    } else {
        line << "(a host)";
    }
}

struct metric_text {
    std::string_view name, unit;
    double scale;
};
[[nodiscard]] constexpr metric_text text_of(metric m) noexcept {
    switch (m) {
        case metric::latency_ms: return {"latency", " ms", 1};
        case metric::bandwidth_mbps: return {"bandwidth", " Mbps", 1};
        case metric::packet_loss: return {"packet loss", " %", 100};
        case metric::jitter_ms: break;
    }
    return {"jitter", " ms", 1};
}

/// Whether no number that a host could be judged in lies between the two.
[[nodiscard]] constexpr bool are_neighbours(double a, double b) noexcept {
    auto const next = []<real R>(R x, R y) {
        auto const bits_x = std::bit_cast<bits_of<R>>(x), bits_y = std::bit_cast<bits_of<R>>(y);
        return bits_x + 1 == bits_y || bits_y + 1 == bits_x;
    };
    auto const as_float = static_cast<float>(b);
    return next(a, b) ||
           (static_cast<double>(as_float) == b && next(static_cast<float>(a), as_float));
}

/// "38.20 ms or less", or "above 60.00 ms" where it is the next number; two decimals, rounded to
/// the side where what is said still holds.
constexpr void write_bound(text_line& line, double x, metric_text const& text,
                           bool or_more) noexcept {
    bool beyond = false;
    double shown = x * text.scale;
    if (shown < 1e12) {
        double const per_unit = 100 * text.scale;
        auto hundredths = static_cast<double>(static_cast<std::int64_t>(x * per_unit + 0.5));
        double const near = hundredths / per_unit;
        bool const stays = or_more ? near < x : near > x;
        beyond = stays && are_neighbours(near, x);
        if (stays && !beyond) hundredths += or_more ? 1 : -1;
        shown = hundredths / 100;
    }
    if (beyond) line << (or_more ? "above " : "below ");
    line << shown << text.unit;
    if (!beyond) line << (or_more ? " or more" : " or less");
}

/// Appends a clause if the line has room for all of it.
constexpr void append_whole(text_line& line, text_line const& clause) noexcept {
    text_line longer = line;
    longer << clause.view();
    if (longer.view().size() == line.view().size() + clause.view().size()) line = longer;
}

/// The change that is the smallest part of what it is measured against.
template <class Changes>
[[nodiscard]] constexpr metric_change const* smallest(Changes const& changes) noexcept {
    metric_change const* best = nullptr;
    double least = 0;
    for (metric_change const& c : changes) {
        double const from = c.from.value_or(0);
        double const part = c.from ? magnitude(from - c.to) / (from + c.to) : 2;
        if (best == nullptr || part < least) best = &c, least = part;
    }
    return best;
}

/// "; paris wins with latency 38.20 ms or less (has 45.00)"
template <class Id>
[[nodiscard]] constexpr text_line clause(Id const& host, std::string_view verb,
                                         metric_change const& change, bool or_more) {
    text_line line;
    metric_text const text = text_of(change.which);
    line << "; ";
    write_id(line, host);
    line << " " << verb << " with " << text.name << " ";
    write_bound(line, change.to, text, or_more);
    if (change.from) line << " (has " << *change.from * text.scale << ")";
    else line << " (not measured)";
    return line;
}

/// "2.00 points ahead of ", said of the host that is.
constexpr void write_lead(text_line& line, margin const& lead) noexcept {
    switch (lead.decided_by) {
        case criterion::step:
            line << static_cast<unsigned>(lead.steps) << " relaxation step(s) earlier than ";
            break;
        case criterion::score: line << lead.points << " points ahead of "; break;
        case criterion::latency: line << lead.latency_ms << " ms nearer than "; break;
        default: line << "equal but for the id to ";
    }
}

}  // namespace detail

/// A decision as one line of text: who was chosen, before whom and by how much, who was excluded by
/// what, the smallest changes of one metric that would have changed the choice, and the host that a
/// limit keeps from being chosen.
///
/// Bounds are rounded to the side where they still hold. Losses are shown in percent. Ids are shown
/// as text or numbers, or as `to_text(id)` of the caller's own; of long ones the start. A clause
/// for which the line has no room is left out.
///
///     describe(decide(ids, metrics)).view()
///     // "paris chosen: score 34.00, 2.00 points ahead of london; 2 of 3 eligible (1 failed);
///     // london wins with latency below 30.00 ms (has 40.00); paris loses with latency ..."
template <class Id>
[[nodiscard]] constexpr text_line describe(decision<Id> const& d) {
    using detail::append_whole, detail::write_id;
    text_line line;
    if (d.chosen) {
        write_id(line, d.chosen->host);
        line << " chosen: score " << d.chosen->verdict.score;
        if (d.chosen->verdict.step > 0) line << ", relaxation step " << d.chosen->verdict.step;
        if (d.runner_up && d.lead) {
            line << ", ";
            detail::write_lead(line, *d.lead);
            write_id(line, d.runner_up->host);
        }
    } else {
        line << "nobody chosen";
    }
    text_line counts;
    counts << "; ";
    write_id(counts, d.eligible);
    counts << " of ";
    write_id(counts, d.considered);
    counts << " eligible";
    char const* separator = " (";
    for (std::size_t kind = 0; kind < exclusion_kinds; ++kind) {
        if (d.exclusions[kind] == 0) continue;
        counts << separator << unsigned{d.exclusions[kind]} << " "
               << to_name(static_cast<exclusion>(kind));
        separator = ", ";
    }
    if (d.considered > d.eligible) counts << ")";
    append_whole(line, counts);

    auto const more_is_worse = [](metric_change const& c) {
        return c.which != metric::bandwidth_mbps;
    };
    if (auto const* c = detail::smallest(d.runner_up_wins); c != nullptr && d.runner_up)
        append_whole(line, detail::clause(d.runner_up->host, "wins", *c, !more_is_worse(*c)));
    if (d.blocked) {
        text_line blocked;
        blocked << "; ";
        write_id(blocked, d.blocked->host);
        blocked << " wins without the " << to_name(d.blocked->limit);
        append_whole(line, blocked);
    }
    if (auto const* c = detail::smallest(d.chosen_loses); c != nullptr && d.chosen)
        append_whole(line, detail::clause(d.chosen->host, "loses", *c, more_is_worse(*c)));
    if (d.changes_known && d.runner_up_wins.empty() && d.chosen_loses.empty())
        append_whole(line, text_line{} << "; no single metric would change that");
    return line;
}

}  // namespace hostpick
