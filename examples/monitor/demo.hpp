// SPDX-License-Identifier: MIT
#pragma once

#include "reflector.hpp"
#include "settings.hpp"

#include <asio.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace monitor {

/// Four hosts of our own to look at: reflectors on the loopback, each behind a path of its own, in
/// a thread of their own.
class demo_hosts {
public:
    demo_hosts();
    ~demo_hosts();

    /// Settings that watch these hosts, faster than one would watch real ones.
    [[nodiscard]] settings watch() const;

    /// Changes what happens to the answers of a host, from `delay_ms`, `jitter_ms`, `loss`,
    /// `rate_mbps`; what is not given stays. A `usage_error` where that makes no sense. Any thread
    /// may call it.
    void impair(std::multimap<std::string, std::string> const& parameters);

private:
    struct host {
        impairments how;
        std::unique_ptr<reflector> answering;
    };
    asio::io_context io_;
    std::mutex mutex_;  // guards what is in `how`
    std::map<std::string, host> hosts_;
    std::thread thread_;
};

}  // namespace monitor
