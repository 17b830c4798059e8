// SPDX-License-Identifier: MIT
#pragma once

#include "settings.hpp"
#include "watched_host.hpp"

#include <hostpick/rolling/instant.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace httplib {
class Client;
}

namespace monitor {

/// Asks hosts by HTTP whether they are well: `GET health_url` must be answered by a status from 200
/// to 299 within the timeout. Redirections are not followed. A few threads do the waiting; a server
/// that dribbles its answer is cut off at the timeout too.
class health_checks {
public:
    using instant = hostpick::rolling::instant;
    /// Called by a thread of ours.
    using finished = std::function<void(std::uint32_t id, health_result)>;

    explicit health_checks(finished use) : use_{std::move(use)} {}
    ~health_checks();

    /// These hosts from now on; `hosts` may hold ones without a URL.
    void apply(health_settings const& s, std::vector<watched_host*> const& hosts, instant now);
    /// Begins what is due, and cuts off what takes too long. To be called every second or so.
    void advance(instant now);

private:
    struct check {
        std::string url;
        instant due{};
        bool under_way = false;
    };
    struct job {
        std::uint32_t id;
        std::string url;
    };
    void work();
    health_result ask(job const& what);

    finished use_;
    std::mutex mutex_;  // guards all below
    std::condition_variable wake_;
    health_settings settings_{};
    std::unordered_map<std::uint32_t, check> checks_;
    std::deque<job> waiting_;
    struct connection {
        std::shared_ptr<httplib::Client> client;
        instant deadline;
    };
    std::vector<std::shared_ptr<connection>> open_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace monitor
