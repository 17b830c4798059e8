// SPDX-License-Identifier: MIT
#include "demo.hpp"

#include <charconv>
#include <chrono>
#include <system_error>

namespace monitor {

using namespace std::chrono_literals;

namespace {

double number(std::string const& name, std::string const& text, double most) {
    double x = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc{} || end != text.data() + text.size() || !(x >= 0 && x <= most))
        throw usage_error{name + ": expected a number from 0 to " +
                          std::to_string(static_cast<long>(most)) + ", found " + text};
    return x;
}

}  // namespace

demo_hosts::demo_hosts() {
    hosts_["fibre"].how = {.delay_ms = 12, .jitter_ms = 1, .rate_mbps = 40, .seed = 1};
    hosts_["cable"].how = {.delay_ms = 24, .jitter_ms = 4, .rate_mbps = 12, .seed = 2};
    hosts_["wifi"].how = {
        .delay_ms = 20, .jitter_ms = 15, .loss = 0.04, .rate_mbps = 20, .seed = 3};
    hosts_["overseas"].how = {.delay_ms = 140, .jitter_ms = 3, .rate_mbps = 30, .seed = 4};
    asio::ip::udp::endpoint const anywhere{asio::ip::address_v4::loopback(), 0};
    for (auto& [name, h] : hosts_) h.answering = std::make_unique<reflector>(io_, anywhere, h.how);
    thread_ = std::thread{[this] { io_.run(); }};
}

demo_hosts::~demo_hosts() {
    io_.stop();
    thread_.join();
}

settings demo_hosts::watch() const {
    settings s;
    for (auto const& [name, h] : hosts_)
        s.hosts.push_back({.name = name, .address = to_text(h.answering->where()), .site = "demo"});
    s.probe = {.interval = 1s, .timeout = 500ms, .window = 12s, .outage = 3s};
    s.full_test = {.interval = 30s, .packets = 400, .spacing = 3ms, .trains = 3, .at_once = 4};
    s.history.interval = 2s;
    s.sticky.lead = 3s;
    s.sticky.dwell = 10s;
    for (alert_settings& alert : s.alerts) {
        alert.rule.for_time = 3s;
        alert.rule.keep_firing_for = 5s;
    }
    return s;
}

void demo_hosts::impair(std::multimap<std::string, std::string> const& parameters) {
    auto const named = parameters.find("host");
    auto const found = named == parameters.end() ? hosts_.end() : hosts_.find(named->second);
    if (found == hosts_.end()) throw usage_error{"host: expected cable, fibre, overseas or wifi"};
    std::lock_guard const lock{mutex_};
    impairments how = found->second.how;
    for (auto const& [name, text] : parameters) {
        if (name == "delay_ms") how.delay_ms = number(name, text, 10'000);
        else if (name == "jitter_ms") how.jitter_ms = number(name, text, 10'000);
        else if (name == "loss") how.loss = number(name, text, 1);
        else if (name == "rate_mbps") how.rate_mbps = number(name, text, 100'000);
        else if (name != "host")
            throw usage_error{name + ": expected delay_ms, jitter_ms, loss or rate_mbps"};
    }
    found->second.how = how;
    reflector* const answering = found->second.answering.get();
    asio::post(io_, [answering, how] { answering->impair(how); });
}

}  // namespace monitor
