// SPDX-License-Identifier: MIT
//
// Any text as metrics, policy or constraints: refused with the one error type, or accepted and
// then written and read back to an equal value that judges within bounds.
#include <hostpick/hostpick.hpp>
#include <hostpick/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace {

template <class T>
std::optional<T> taken(nlohmann::json const& document) {
    try {
        T const value = document.get<T>();
        nlohmann::json const written = value;
        if (written.get<T>() != value) std::abort();
        return value;
    } catch (hostpick::json_error const& e) {
        // The path leads to something that is there, or to the gap in something that is there.
        nlohmann::json::json_pointer const at{e.path()};
        if (!document.contains(at) && !document.contains(at.parent_pointer())) std::abort();
        return std::nullopt;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const document = nlohmann::json::parse(data, data + size, nullptr, false);
    if (document.is_discarded()) return 0;
    auto const metrics = taken<hostpick::network_metrics<>>(document);
    auto const policy = taken<hostpick::score_policy>(document);
    auto const rules = taken<hostpick::constraints<>>(document);
    taken<hostpick::network_metrics<float>>(document);
    taken<hostpick::e_model>(document);
    taken<hostpick::limits>(document);

    auto const v = hostpick::judge_host(
        metrics.value_or(hostpick::network_metrics<>{.latency_ms = 40, .packet_loss = 0.01}),
        policy.value_or(hostpick::score_policy{}), rules.value_or(hostpick::constraints<>{}));
    if (v.reason == hostpick::exclusion::invalid_policy) std::abort();
    if (v.reason == hostpick::exclusion::invalid_constraints) std::abort();
    if (!(v.score >= 0 && v.score <= 100)) std::abort();
    return 0;
}
