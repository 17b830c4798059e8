// SPDX-License-Identifier: MIT
#pragma once

#include "moment.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace monitor {

/// Now, by the wall clock.
inline unix_seconds wall_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// A point in time as people write it: 2024-05-17T09:30:00Z.
inline std::string to_utc(unix_seconds at) {
    auto const seconds = static_cast<std::time_t>(at);
    std::tm parts{};
#if defined(_WIN32)
    gmtime_s(&parts, &seconds);
#else
    gmtime_r(&seconds, &parts);
#endif
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// Writes a line to the log, which is standard output.
inline void say(std::string const& line) {
    std::printf("%s %s\n", to_utc(wall_now()).c_str(), line.c_str());
    std::fflush(stdout);
}

}  // namespace monitor
