// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

// Every allocation of the program is counted, and may fail where a test wants it.
namespace allocations {

inline std::size_t made = 0;
inline std::size_t bytes = 0;
inline std::size_t left = static_cast<std::size_t>(-1);  // until the next one throws

/// How often `f` allocates.
template <class F>
std::size_t in(F f) {
    std::size_t const before = made;
    f();
    return made - before;
}

/// Lets so many allocations of `f` succeed.
template <class F>
void allow(std::size_t count, F f) {
    struct allowed {
        explicit allowed(std::size_t n) { left = n; }
        ~allowed() { left = static_cast<std::size_t>(-1); }
    } const only{count};
    f();
}

}  // namespace allocations
