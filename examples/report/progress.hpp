// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace report {

/// A bar on standard error: how much is done, and how long the rest will take. It is first drawn
/// after half a second, then ten times a second, and wiped away at the end.
class progress {
public:
    explicit progress(bool wanted) : wanted_{wanted} {}
    ~progress() {
        if (drawn_) std::fprintf(stderr, "\r\033[K");
    }
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;

    /// Takes the share that is done, 0 to 1.
    void show(double done) {
        auto const now = clock::now();
        if (!wanted_ || now < next_) return;
        next_ = now + std::chrono::milliseconds{100};
        drawn_ = true;
        done = std::clamp(done, 0.0, 1.0);
        double const passed = std::chrono::duration<double>(now - start_).count();
        std::string const bar(static_cast<std::size_t>(done * width), '#');
        std::fprintf(stderr, "\r[%-*s] %3.0f %%", width, bar.c_str(), done * 100);
        if (done > 0.01) std::fprintf(stderr, ", %.0f s to go ", passed / done - passed);
        std::fprintf(stderr, "\033[K");
        std::fflush(stderr);
    }

    [[nodiscard]] static bool is_terminal() {
#if defined(_WIN32)
        return _isatty(_fileno(stderr)) != 0;
#else
        return isatty(STDERR_FILENO) != 0;
#endif
    }

private:
    using clock = std::chrono::steady_clock;
    static constexpr int width = 40;

    bool wanted_;
    bool drawn_ = false;
    clock::time_point start_ = clock::now(), next_ = start_ + std::chrono::milliseconds{500};
};

}  // namespace report
