// SPDX-License-Identifier: MIT
#pragma once

/// Catch2 as version 3 spells it, from version 3 or 2.13.

#if __has_include(<catch2/catch_test_macros.hpp>)

#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#else

#include <catch2/catch.hpp>

namespace Catch {

using Detail::Approx;

namespace Matchers {

inline auto ContainsSubstring(std::string const& text,
                              CaseSensitive::Choice sensitivity = CaseSensitive::Yes) {
    return Contains(text, sensitivity);
}

}  // namespace Matchers

}  // namespace Catch

/// Only directly in a test case: version 2 has to return.
#define SKIP(reason)        \
    do {                    \
        WARN(reason);       \
        return;             \
    } while (false)

#endif
