// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/throughput.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace monitor {

/// What a network interface of this machine has carried, and carries now.
struct interface_view {
    std::string name;
    std::uint64_t received_bytes = 0, sent_bytes = 0;
    std::optional<double> received_mbps{}, sent_mbps{};  ///< over the last 10 seconds
};

/// The byte counters of this machine's network interfaces, as Linux shows them in /sys/class/net.
/// Elsewhere there are none.
class interface_counters {
public:
    explicit interface_counters(std::filesystem::path root = "/sys/class/net")
        : root_{std::move(root)} {}

    /// These are read from now on; without names, all but the loopback.
    void choose(std::optional<std::vector<std::string>> names) {
        names_ = std::move(names);
        known_.clear();
    }

    /// Reads the counters. An interface that is gone is forgotten.
    void read(hostpick::rolling::instant now) {
        std::map<std::string, counters> read;
        for (std::string const& name : names_ ? *names_ : all_names()) {
            auto const in = counter(name, "rx_bytes"), out = counter(name, "tx_bytes");
            if (!in || !out) continue;
            auto const known = known_.find(name);
            counters& c = read[name] = known == known_.end() ? counters{} : known->second;
            c.received_bytes = *in;
            c.sent_bytes = *out;
            c.received.push(*in, now);
            c.sent.push(*out, now);
        }
        known_ = std::move(read);
    }

    [[nodiscard]] std::vector<interface_view> views(hostpick::rolling::instant now) const {
        std::vector<interface_view> all;
        for (auto const& [name, c] : known_)
            all.push_back({name, c.received_bytes, c.sent_bytes, c.received.mbps(now),
                           c.sent.mbps(now)});
        return all;
    }

private:
    struct counters {
        std::uint64_t received_bytes = 0, sent_bytes = 0;
        hostpick::rolling::throughput<16> received{}, sent{};
    };

    [[nodiscard]] std::vector<std::string> all_names() const {
        std::vector<std::string> names;
        std::error_code failed;
        for (auto const& entry : std::filesystem::directory_iterator{root_, failed})
            if (auto name = entry.path().filename().string(); name != "lo")
                names.push_back(std::move(name));
        return names;
    }
    [[nodiscard]] std::optional<std::uint64_t> counter(std::string const& name,
                                                       char const* which) const {
        std::ifstream file{root_ / name / "statistics" / which};
        std::uint64_t bytes = 0;
        return file >> bytes ? std::optional{bytes} : std::nullopt;
    }

    std::filesystem::path root_;
    std::optional<std::vector<std::string>> names_{};
    std::map<std::string, counters> known_;
};

}  // namespace monitor
