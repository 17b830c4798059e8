// SPDX-License-Identifier: MIT
#pragma once

#include "log.hpp"
#include "moment.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace monitor {

/// What the monitor counts of its own HTTP server. Any thread may call it.
class self_metrics {
public:
    using requests = std::map<std::pair<std::string, int>, std::uint64_t>;

    void request(std::string const& path, int status) {
        std::lock_guard const lock{mutex_};
        ++requests_[{path, status}];
    }
    void scrape(std::chrono::nanoseconds took) {
        std::lock_guard const lock{mutex_};
        last_scrape_ = took;
    }

    /// Requests by path and status.
    [[nodiscard]] requests by_path() const {
        std::lock_guard const lock{mutex_};
        return requests_;
    }
    /// How long it took to write the last page of metrics; nothing before the first.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> last_scrape() const {
        std::lock_guard const lock{mutex_};
        return last_scrape_;
    }
    [[nodiscard]] unix_seconds started_at() const { return started_at_; }

private:
    mutable std::mutex mutex_;
    requests requests_;
    std::optional<std::chrono::nanoseconds> last_scrape_;
    unix_seconds started_at_ = wall_now();
};

}  // namespace monitor
