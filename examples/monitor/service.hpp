// SPDX-License-Identifier: MIT
#pragma once

#include "alarms.hpp"
#include "health_checks.hpp"
#include "interface_counters.hpp"
#include "measurements.hpp"
#include "memory.hpp"
#include "router.hpp"
#include "settings.hpp"
#include "snapshot.hpp"
#include "wires.hpp"

#include <asio.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monitor {

/// The monitor itself: probes, judges, decides, and once a second tells everybody who wants to know
/// what it has found. All of it happens in the thread that runs the `io_context`.
class service {
public:
    /// Gets each snapshot, in the service's thread. It must not wait for anything.
    using listener = std::function<void(std::shared_ptr<snapshot const> const&)>;

    service(asio::io_context& io, settings const& s, std::uint64_t seed);

    void tell(listener to) { listeners_.push_back(std::move(to)); }
    void start();
    /// Other settings from now on.
    void apply(settings const& s);
    /// Settings that could not be read: those that there are stay.
    void refuse_settings(std::string const& why);
    /// Takes what was usual; what this start has measured itself stays.
    void remember(remembered const& known);
    void stop();

private:
    void warn() const;
    void pump();
    void tick();
    [[nodiscard]] snapshot take();
    void look_up(std::uint32_t id, std::string const& address);

    asio::io_context& io_;
    settings settings_;
    wires wires_;
    measurements measured_;
    interface_counters interfaces_;
    router router_;
    alarms alarms_;
    std::vector<listener> listeners_;
    asio::steady_timer next_, tick_;
    bool stopped_ = false;
    std::uint64_t reloads_ = 0, failed_reloads_ = 0;
    std::string reload_trouble_;
    std::optional<health_checks> health_;  // its threads are to end first
};

}  // namespace monitor
