// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/json.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace monitor {

/// Reads the members of one JSON object. Absent and null members keep their value; a wrong type, a
/// value out of its range and, in `done`, a key that nobody asked for are a `hostpick::json_error`
/// that names the path.
///
///     object_reader reader{document, json_pointer{}};
///     reader.number("interval_ms", settings.interval_ms, 50, 60'000);
///     reader.done();
class object_reader {
public:
    using json = nlohmann::ordered_json;
    using pointer = json::json_pointer;

    object_reader(json const& object, pointer at) : object_{object}, at_{std::move(at)} {
        if (!object_.is_object()) fail(at_, "an object", object_);
    }

    [[noreturn]] static void fail(pointer const& at, std::string expected, json const& found) {
        std::string text = found.dump(-1, ' ', true, json::error_handler_t::replace);
        if (text.size() > 60) text = text.substr(0, 57) + "...";
        throw hostpick::json_error{at.to_string(), std::move(expected), text};
    }
    [[noreturn]] void fail(std::string const& key, std::string expected) const {
        fail(at(key), std::move(expected), object_.contains(key) ? object_.at(key) : json{});
    }
    [[nodiscard]] pointer at(std::string const& key) const { return at_ / key; }

    /// The member, or null where it is absent or null.
    json const* find(std::string const& key) {
        known_.insert(key);
        auto const found = object_.find(key);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    void number(std::string const& key, double& x, double low, double high) {
        if (auto const* const j = find(key)) {
            std::string const range = text_of(low) + " to " + text_of(high);
            if (!j->is_number()) fail(key, "a number from " + range);
            double const given = j->get<double>();
            if (!(given >= low && given <= high)) fail(key, "a number from " + range);
            x = given;
        }
    }
    void number(std::string const& key, std::optional<double>& x, double low, double high) {
        if (find(key) != nullptr) number(key, x.emplace(), low, high);
    }
    template <std::unsigned_integral T>
    void count(std::string const& key, T& x, T low, T high) {
        if (auto const* const j = find(key)) {
            std::string const expected =
                "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
            if (!j->is_number_unsigned()) fail(key, expected);
            auto const given = j->get<std::uint64_t>();
            if (given < low || given > high) fail(key, expected);
            x = static_cast<T>(given);
        }
    }
    /// A time, given as a number of `Unit`s.
    template <class Unit>
    void time(std::string const& key, std::chrono::nanoseconds& x, double low, double high) {
        using units = std::chrono::duration<double, typename Unit::period>;
        double given = std::chrono::duration_cast<units>(x).count();
        if (find(key) == nullptr) return;
        number(key, given, low, high);
        constexpr auto unit = std::chrono::nanoseconds{Unit{1}}.count();
        x = std::chrono::nanoseconds{std::llround(static_cast<double>(unit) * given)};
    }
    void flag(std::string const& key, bool& x) {
        if (auto const* const j = find(key)) {
            if (!j->is_boolean()) fail(key, "true or false");
            x = j->get<bool>();
        }
    }
    void text(std::string const& key, std::string& x, std::string const& expected,
              std::function<bool(std::string const&)> const& good) {
        if (auto const* const j = find(key)) {
            if (!j->is_string() || !good(j->get_ref<std::string const&>())) fail(key, expected);
            x = j->get<std::string>();
        }
    }
    /// What the library reads itself, such as a `score_policy`.
    template <class T>
    void value(std::string const& key, T& x) {
        if (auto const* const j = find(key)) try {
                x = j->template get<T>();
            } catch (hostpick::json_error const& e) {
                pointer const below{e.path()};
                fail(at(key) / below, e.expected(), j->contains(below) ? j->at(below) : json{});
            }
    }
    /// An object of its own, which `read` reads with an `object_reader`.
    void object(std::string const& key, std::function<void(object_reader&)> const& read) {
        if (auto const* const j = find(key)) {
            object_reader inner{*j, at(key)};
            read(inner);
            inner.done();
        }
    }
    void array(std::string const& key, std::string const& expected,
               std::function<void(json const&, pointer const&)> const& read) {
        if (auto const* const j = find(key)) {
            if (!j->is_array()) fail(key, expected);
            for (std::size_t n = 0; n < j->size(); ++n) read((*j)[n], at(key) / n);
        }
    }

    void done() const {
        for (auto const& [key, value] : object_.items())
            if (!known_.contains(key)) fail(at(key), "no such key", value);
    }

private:
    static std::string text_of(double x) {
        json const number = x == std::floor(x) ? json(static_cast<std::int64_t>(x)) : json(x);
        return number.dump();
    }

    json const& object_;
    pointer at_;
    std::set<std::string> known_;
};

}  // namespace monitor
