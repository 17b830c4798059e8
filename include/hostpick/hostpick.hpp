// SPDX-License-Identifier: MIT
#pragma once

/// Scores, choices and estimators. What fewer programs need is included by name: tables of many
/// hosts, sessions (parties, moves, assignments), what watches, and foreign formats.
#include <hostpick/constraints.hpp>
#include <hostpick/describe.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>
#include <hostpick/policy.hpp>
#include <hostpick/profiles.hpp>
#include <hostpick/rolling/adaptive_rtt.hpp>
#include <hostpick/rolling/ageing.hpp>
#include <hostpick/rolling/confidence.hpp>
#include <hostpick/rolling/histogram_window.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/loss_pattern.hpp>
#include <hostpick/rolling/packet_train.hpp>
#include <hostpick/rolling/path_monitor.hpp>
#include <hostpick/rolling/probe_view.hpp>
#include <hostpick/rolling/probe_window.hpp>
#include <hostpick/rolling/push_result.hpp>
#include <hostpick/rolling/quantile.hpp>
#include <hostpick/rolling/rfc3550_jitter.hpp>
#include <hostpick/rolling/sample_window.hpp>
#include <hostpick/rolling/sequence_loss.hpp>
#include <hostpick/rolling/smoothed_rtt.hpp>
#include <hostpick/rolling/throughput.hpp>
#include <hostpick/rolling/windowed_extremum.hpp>
#include <hostpick/score.hpp>
#include <hostpick/select.hpp>
#include <hostpick/verdict.hpp>
#include <hostpick/version.hpp>
