// SPDX-License-Identifier: MIT
#pragma once

/// The whole library but the headers for foreign formats, which are included by name.
#include <hostpick/constraints.hpp>
#include <hostpick/describe.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/profiles.hpp>
#include <hostpick/score.hpp>
#include <hostpick/select.hpp>
#include <hostpick/verdict.hpp>
#include <hostpick/version.hpp>
