// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/json.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

/// An answer of the query API that cannot be used, or none at all.
struct query_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The instant vector that a Prometheus-compatible API (`/api/v1/query`) answered: one number for
/// each value of a label.
struct instant_vector {
    std::map<std::string, double> by_label;
    std::vector<std::string> warnings;  ///< such as Thanos' that some of its stores did not answer
    std::size_t left_out = 0;           ///< NaN, infinities, and series without the label
};

/// Reads an answer. Two series with one value of the label are an error: the query has to say which
/// of them counts.
inline instant_vector read_vector(std::string const& text, std::string const& label) {
    using nlohmann::json;
    instant_vector v;
    try {
        json const answer = json::parse(text);
        if (answer.at("status") != "success")
            throw query_error{answer.value("errorType", std::string{"error"}) + ": " +
                              answer.value("error", std::string{"without a reason"})};
        for (json const& warning : answer.value("warnings", json::array()))
            v.warnings.push_back(warning.get<std::string>());
        json const& data = answer.at("data");
        if (data.at("resultType") != "vector")
            throw query_error{"expected an instant vector, found a " +
                              data.at("resultType").get<std::string>()};
        for (json const& series : data.at("result")) {
            auto const value = series.at("value").at(1).get<std::string>();
            double x = 0;
            char const* const last = value.data() + value.size();
            auto const [end, error] = std::from_chars(value.data(), last, x);
            auto const name = series.at("metric").find(label);
            if (name == series.at("metric").end() || error != std::errc{} || end != last ||
                !std::isfinite(x)) {
                ++v.left_out;
                continue;
            }
            if (!v.by_label.emplace(name->get<std::string>(), x).second)
                throw query_error{"there are two series with " + label + "=" + name->dump() +
                                  ": aggregate them, for example with max by (" + label + ")"};
        }
        return v;
    } catch (json::exception const& e) {
        throw query_error{std::string{"not an answer of a Prometheus API: "} + e.what()};
    }
}
