// SPDX-License-Identifier: MIT
#pragma once

#include "catch2_compat.hpp"
#include "oracle.hpp"

#include <cstdint>

#ifndef HOSTPICK_TEST_CASES
#define HOSTPICK_TEST_CASES 1000000
#endif

/// Asks `holds(random)` for so many seeds, and reports the first one for which it does not.
/// One assertion in all: a `CHECK` per case would cost more than the case.
template <class Property>
void for_all(Property holds) {
    std::uint64_t seed = 1;
    while (seed <= HOSTPICK_TEST_CASES) {
        oracle::splitmix64 random{seed * 0x1'0000'0000u};
        if (!holds(random)) break;
        ++seed;
    }
    INFO("the seed for which it does not hold: " << seed);
    CHECK(seed > HOSTPICK_TEST_CASES);
}
