// SPDX-License-Identifier: MIT
#include "health_checks.hpp"

#include "wires.hpp"

#include <httplib.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace monitor {

namespace {

constexpr std::size_t most_threads = 16;
constexpr std::size_t most_bytes = 64 * 1024;  // of an answer; more is nobody's health

}  // namespace

health_checks::~health_checks() {
    {
        std::lock_guard const lock{mutex_};
        stopping_ = true;
        for (auto const& each : open_) each->client->stop();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void health_checks::apply(health_settings const& s, std::vector<watched_host*> const& hosts,
                          instant now) {
    std::lock_guard const lock{mutex_};
    settings_ = s;
    auto known = std::exchange(checks_, {});
    std::int64_t const count = static_cast<std::int64_t>(hosts.size());
    std::int64_t n = 0;
    for (watched_host const* const host : hosts) {
        ++n;
        if (host->what.health_url.empty()) continue;
        check c{host->what.health_url, now + s.interval * n / count, false};
        if (auto const old = known.find(host->id); old != known.end() && old->second.url == c.url)
            c = old->second;
        checks_.emplace(host->id, std::move(c));
    }
    while (threads_.size() < std::min(most_threads, checks_.size()))
        threads_.emplace_back([this] { work(); });
}

void health_checks::advance(instant now) {
    std::lock_guard const lock{mutex_};
    for (auto& [id, c] : checks_) {
        if (c.under_way || c.due > now) continue;
        c.under_way = true;
        c.due = now + settings_.interval;
        waiting_.push_back({id, c.url});
        wake_.notify_one();
    }
    for (auto const& each : open_)
        if (now >= each->deadline) each->client->stop();
}

void health_checks::work() {
    std::unique_lock lock{mutex_};
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        job const what = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        health_result result = ask(what);
        lock.lock();
        // Of a URL that was replaced in the meantime nobody wants to hear.
        auto const found = checks_.find(what.id);
        bool const wanted = found != checks_.end() && found->second.url == what.url;
        if (wanted) found->second.under_way = false;
        if (stopping_) return;
        if (!wanted) continue;
        lock.unlock();
        use_(what.id, std::move(result));
        lock.lock();
    }
}

health_result health_checks::ask(job const& what) {
    auto const begun = steady_now();
    health_result result;
    auto const path_at = what.url.find('/', what.url.find("://") + 3);
    std::string const path = path_at == std::string::npos ? "/" : what.url.substr(path_at);
    auto const each = std::make_shared<connection>();
    try {
        std::unique_lock lock{mutex_};
        if (stopping_) return result;
        auto const timeout = settings_.timeout;
        each->client = std::make_shared<httplib::Client>(what.url.substr(0, path_at));
        each->client->set_connection_timeout(timeout);
        each->client->set_read_timeout(timeout);
        each->client->set_write_timeout(timeout);
        each->deadline = begun + timeout;
        open_.push_back(each);
        lock.unlock();
        std::size_t bytes = 0;
        auto const answer = each->client->Get(path, [&](char const*, std::size_t size) {
            bytes += size;
            return bytes <= most_bytes && steady_now() < begun + timeout;
        });
        if (answer) {
            result.status = answer->status;
            result.ok = answer->status >= 200 && answer->status < 300;
            if (!result.ok) result.trouble = "status " + std::to_string(answer->status);
        } else if (steady_now() >= begun + timeout) {
            result.trouble = "no answer in time";
        } else if (bytes > most_bytes) {
            result.trouble = "an answer that is too long";
        } else {
            result.trouble = httplib::to_string(answer.error());
        }
    } catch (std::exception const& e) {  // a URL that httplib cannot read
        result.trouble = e.what();
    }
    std::lock_guard const lock{mutex_};
    open_.erase(std::remove(open_.begin(), open_.end(), each), open_.end());
    result.took = steady_now() - begun;
    return result;
}

}  // namespace monitor
