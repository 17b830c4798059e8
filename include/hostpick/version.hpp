// SPDX-License-Identifier: MIT
#pragma once

/// The version of the library; the build system reads it from these three lines.
#define HOSTPICK_VERSION_MAJOR 0
#define HOSTPICK_VERSION_MINOR 1
#define HOSTPICK_VERSION_PATCH 0
