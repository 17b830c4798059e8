// SPDX-License-Identifier: MIT
#pragma once

#include "measurements.hpp"
#include "settings.hpp"

#include <hostpick/watch/calendar.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace monitor {

/// What the history knows of hosts: their last bandwidths before this start, the earliest first, and
/// the hours of the day in which their latency was lowest in the last two weeks; and where the session
/// ran when the program ended, if that was just now.
struct remembered {
    std::map<std::string, std::vector<double>> bandwidths{};
    measurements::quiet_hours quiet_hours{};
    std::optional<std::string> session{};
};

/// Asks the history for what is usual, in a thread of its own, as a database may be out of reach:
/// every minute until there is an answer, and then once a day. Where the session ran it tells first, as
/// that is wanted soon. Ten hosts that are written down every
/// ten seconds take it about a second.
class memory {
public:
    /// `use` and `say` are called in that thread; `say` once, if the first attempt fails.
    memory(history_settings const& s, std::function<void(remembered const&)> use,
           std::function<void(std::string const&)> say);
    /// Waits for what is being read: of SQLite a moment, of a MariaDB that hangs its timeout.
    ~memory();
    memory(memory const&) = delete;
    /// Asks now: there are other hosts.
    void ask_again();
    memory& operator=(memory const&) = delete;

private:
    void run();
    [[nodiscard]] remembered ask(bool first) const;
    [[nodiscard]] bool stops() const;

    history_settings const settings_;
    std::function<void(remembered const&)> const use_;
    std::function<void(std::string const&)> const say_;
    std::chrono::steady_clock::time_point const started_ = std::chrono::steady_clock::now();

    mutable std::mutex mutex_{};
    std::condition_variable wake_{};
    bool stopping_ = false, asks_again_ = false;
    std::thread thread_{};
};

}  // namespace monitor
