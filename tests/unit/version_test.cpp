// SPDX-License-Identifier: MIT
#include <hostpick/version.hpp>

#include "catch2_compat.hpp"

TEST_CASE("the version is three numbers that the preprocessor can compare") {
#if HOSTPICK_VERSION_MAJOR < 0 || HOSTPICK_VERSION_MINOR < 0 || HOSTPICK_VERSION_PATCH < 0
#error "the parts of a version are not negative"
#endif
    STATIC_REQUIRE(HOSTPICK_VERSION_MAJOR + HOSTPICK_VERSION_MINOR + HOSTPICK_VERSION_PATCH > 0);
}
