// SPDX-License-Identifier: MIT
//
// The second translation unit of every test binary: what is defined here and in the tests must be
// inline.
#include <hostpick/hostpick.hpp>
#ifdef HOSTPICK_TEST_JSON
#include <hostpick/json.hpp>
#endif
