// SPDX-License-Identifier: MIT
#pragma once

#include "moment.hpp"
#include "routing.hpp"
#include "settings.hpp"
#include "snapshot.hpp"

#include <hostpick/decision_ring.hpp>
#include <hostpick/sticky.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace monitor {

/// Where the session runs: it stays with its host unless that fails, or another one is better by
/// enough and for long enough (`sticky_choice`). The first choice waits for the full tests of the
/// hosts that answer, though not for long: else whoever answers first would be chosen.
class router {
public:
    static constexpr std::size_t remembered = 256;  ///< routings
    static constexpr std::chrono::seconds longest_wait{30};  ///< for the first full tests

    explicit router(std::function<void(std::string const&)> say) : say_{std::move(say)} {}

    /// Decides by these settings from now on; the session stays where it is.
    void apply(settings const& s, hostpick::rolling::instant now);

    /// The session runs on a host since before this start: it stays there as any other does, unless
    /// the host is not watched any more, or it runs somewhere already.
    void resume(std::string host) { resumes_on_ = std::move(host); }

    /// Decides by what is known of the hosts, and writes into the snapshot what became of it.
    void decide(snapshot& now);

private:
    using candidate = hostpick::sticky_candidate<std::string>;
    void run_on(std::string const& host, hostpick::rolling::instant now);
    [[nodiscard]] bool waits_for_tests(snapshot const& now);
    [[nodiscard]] std::vector<candidate> candidates(snapshot const& now) const;

    std::function<void(std::string const&)> say_;
    settings settings_;
    hostpick::sticky_choice<std::string> session_{};
    hostpick::decision_ring<std::shared_ptr<routing const>, remembered> routings_{};
    std::optional<std::string> resumes_on_{};
    std::uint64_t moves_ = 0;
    std::optional<hostpick::rolling::instant> begun_{};
};

}  // namespace monitor
