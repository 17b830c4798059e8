// SPDX-License-Identifier: MIT
//
// What the README's code mentions and does not declare.
#include <hostpick/assign.hpp>
#include <hostpick/decide.hpp>
#include <hostpick/decision_ring.hpp>
#include <hostpick/election.hpp>
#include <hostpick/hostpick.hpp>
#include <hostpick/inputs_fingerprint.hpp>
#include <hostpick/merge.hpp>
#include <hostpick/party_forecast.hpp>
#include <hostpick/scored_table.hpp>
#include <hostpick/seat_book.hpp>
#include <hostpick/select_columns.hpp>
#include <hostpick/select_party.hpp>
#include <hostpick/spread.hpp>
#include <hostpick/stamp.hpp>
#include <hostpick/sticky.hpp>
#ifdef HOSTPICK_TEST_JSON
#include <hostpick/json.hpp>
#endif

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

using peer_id = int;
struct my_metrics {
    double latency_ms, packet_loss, bandwidth_mbps, jitter_ms;
};
struct peer {
    peer_id id;
    hostpick::network_metrics<float> link;
};
struct metrics_table {
    my_metrics const* find_metrics(peer_id) const { return nullptr; }
};
void invite(peer_id) {}

void choose(std::vector<peer_id> const& ids,
            std::map<peer_id, hostpick::network_metrics<>> const& metrics,
            metrics_table const& table, std::vector<peer> const& peers,
            std::set<peer_id> const& draining, std::chrono::milliseconds waited,
            my_metrics const& m) {
#include "choose.inc"
}

void tables(my_metrics const& m, std::chrono::nanoseconds now, std::set<peer_id> const& draining,
            std::span<hostpick::host_choice<peer_id>> room,
            std::vector<std::vector<hostpick::host_choice<peer_id>>> const& choices_of_all_shards,
            std::vector<float> const& rtt_ms, std::vector<float> const& loss) {
    using namespace hostpick;
#include "table.inc"
}

void log(std::string_view) {}

void sessions_of(std::span<float const> rtt_ms, std::span<hostpick::party_choice<std::size_t>> three,
                 std::span<hostpick::sticky_candidate<peer_id> const> candidates,
                 std::span<float const> rtts_of_this_step, std::chrono::nanoseconds now,
                 std::vector<hostpick::host_choice<std::size_t>> const& top, std::uint64_t seed,
                 std::uint64_t session_number, std::vector<double> const& scores,
                 std::vector<unsigned> const& seats, std::vector<std::uint32_t> const& running_on) {
    using namespace hostpick;
    std::size_t const hosts = 9, sessions = 20;
    auto const provider_of = [](std::size_t host) { return host / 3; };
#include "sessions.inc"
}

void record(std::vector<peer_id> const& ids,
            std::map<peer_id, hostpick::network_metrics<>> const& metrics, peer_id announced,
            std::uint64_t of_the_others, std::chrono::nanoseconds now) {
    using namespace hostpick;
#include "why.inc"
}

void score(my_metrics const& m) {
    using namespace hostpick;
#include "score.inc"
}

#ifdef HOSTPICK_TEST_JSON
void read(std::string const& policy_text, std::string const& rules_text,
          std::string const& record_text, void (*log)(std::string const&)) {
    using namespace hostpick;
    using nlohmann::json;
#include "json.inc"
}
#endif

void measure(hostpick::rolling::instant now, hostpick::rolling::instant received_at) {
    using namespace hostpick;
#include "measure.inc"
}

void probe(hostpick::rolling::path_monitor<64>& path, hostpick::rolling::instant now,
           hostpick::rolling::instant received_at, std::uint16_t ssid, std::uint64_t (*random)(),
           void (*send)(std::span<std::byte const>), std::span<std::byte const> received) {
    using namespace hostpick;
#include "stamp.inc"
}
