// SPDX-License-Identifier: MIT
//
// The second translation unit of every test binary: what is defined here and in the tests must be
// inline.
#include <hostpick/assign.hpp>
#include <hostpick/decide.hpp>
#include <hostpick/decision_ring.hpp>
#include <hostpick/election.hpp>
#include <hostpick/hostpick.hpp>
#include <hostpick/inputs_fingerprint.hpp>
#include <hostpick/load.hpp>
#include <hostpick/merge.hpp>
#include <hostpick/party_forecast.hpp>
#include <hostpick/prometheus.hpp>
#include <hostpick/scored_table.hpp>
#include <hostpick/seat_book.hpp>
#include <hostpick/select_columns.hpp>
#include <hostpick/select_party.hpp>
#include <hostpick/spread.hpp>
#include <hostpick/stamp.hpp>
#include <hostpick/sticky.hpp>
#include <hostpick/watch/alert_board.hpp>
#include <hostpick/watch/change_points.hpp>
#include <hostpick/watch/lagged_correlation.hpp>
#include <hostpick/watch/outlook.hpp>
#include <hostpick/watch/quiet_hours.hpp>
#include <hostpick/watch/report.hpp>
#ifdef HOSTPICK_TEST_JSON
#include <hostpick/decision_json.hpp>
#include <hostpick/json.hpp>
#endif
