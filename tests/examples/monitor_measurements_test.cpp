// SPDX-License-Identifier: MIT
//
// Hours of measuring in a moment: hosts that are simulated, and a clock that is a number.
#include "measurements.hpp"
#include "pooled_loss.hpp"

#include "catch2_compat.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace monitor;
using hostpick::rolling::instant;
namespace stamp = hostpick::stamp;
using endpoint = measurements::endpoint;
using bytes = std::vector<std::byte>;

namespace {

/// Hosts behind simulated paths, named by their address: the one at port 1000 + n is host n.
class world {
public:
    unsigned hour = 3;  // of the day

    struct path {
        std::chrono::nanoseconds delay = 20ms;
        double loss = 0;
        double mbps = 50;
        instant free_at{};
        std::size_t asked = 0;
    };

    world() : world{settings{}} {}
    explicit world(settings const& usual) : plan{usual} {
        plan.full_test.at_once = 2;
    }

    measurements all{7, {.send = [this](auto const& to, auto packet) { carry(to, packet); },
                         .look_up = [this](auto id, auto const& address) { look_up(id, address); },
                         .say = [this](auto const& line) { log.push_back(line); },
                         .hour = [this] { return hour; }}};
    settings plan;
    instant now = 1h;
    std::map<int, path> paths;
    std::map<std::string, endpoint> names;
    std::vector<std::string> log;
    std::vector<instant> tests_begun;
    std::multimap<instant, std::pair<endpoint, bytes>> arriving;
    std::size_t most_tests = 0;
    std::optional<bytes> last_answer{};

    static endpoint at(int n) {
        return {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(1000 + n)};
    }
    void add(int n) {
        auto const name = "h" + std::to_string(n);
        plan.hosts.push_back({.name = name, .address = name + ":1"});
        paths[n];
        names[name + ":1"] = at(n);
    }
    void apply() { all.apply(plan, now); }
    watched_host& host(std::size_t n) { return *all.hosts()[n]; }
    auto metrics(std::size_t n) { return host(n).metrics(now).mean; }

    void pass(std::chrono::nanoseconds time) {
        instant const end = now + time;
        instant settled = now;
        while (now < end) {
            instant next = std::min(end, settled + 1s);
            if (auto const due = all.due()) next = std::min(next, std::max(*due, now));
            if (!arriving.empty()) next = std::min(next, std::max(arriving.begin()->first, now));
            now = next;
            while (!arriving.empty() && arriving.begin()->first <= now) {
                auto const [from, packet] = arriving.begin()->second;
                arriving.erase(arriving.begin());
                last_answer = packet;
                all.received(packet, from, now);
            }
            all.run(now);
            most_tests = std::max(most_tests, all.tests_under_way());
            if (now >= settled + 1s) {
                settled = now;
                all.settle(now);
            }
        }
    }

private:
    void look_up(std::uint32_t id, std::string const& address) {
        auto const found = names.find(address);
        if (found == names.end()) all.not_found(id, "no such name", now);
        else all.found(id, found->second, now);
    }
    void carry(endpoint const& to, std::span<std::byte const> packet) {
        auto const found = paths.find(to.port() - 1000);
        if (found == paths.end()) return;
        path& p = found->second;
        ++p.asked;
        auto const question = stamp::decode_sender(packet);
        REQUIRE(question);
        if (std::uniform_real_distribution<>{}(random_) < p.loss) return;
        auto const wire = stamp::to_ntp(now);
        bytes answer(packet.size());
        REQUIRE(stamp::encode(stamp::reflector_packet{.sequence = question->sequence,
                                                      .timestamp = wire,
                                                      .session = question->session,
                                                      .receive_timestamp = wire,
                                                      .sender = *question},
                              answer));
        auto const bits = static_cast<double>(packet.size() + header_bytes) * 8;
        p.free_at = std::max(p.free_at, now) +
                    std::chrono::nanoseconds{static_cast<std::int64_t>(bits * 1000 / p.mbps)};
        arriving.emplace(p.free_at + p.delay, std::pair{to, answer});
    }
    std::mt19937 random_{11};
};

}  // namespace

TEST_CASE("a path is measured: its round trip, its loss and its capacity") {
    world w;
    w.add(0);
    w.apply();
    CHECK_FALSE(w.metrics(0).latency_ms);
    w.pass(1min);
    auto const m = w.metrics(0);
    REQUIRE(m.latency_ms);
    CHECK(*m.latency_ms == Catch::Approx(20).margin(0.1));
    CHECK(m.packet_loss == 0.0);
    REQUIRE(m.bandwidth_mbps);
    CHECK(*m.bandwidth_mbps == Catch::Approx(50).epsilon(0.05));
    CHECK(w.host(0).tests == 1);
    CHECK(w.host(0).tested->loss == loss_count{0, 800});
    CHECK(w.host(0).tested->bandwidth_mbps.value() == Catch::Approx(50).epsilon(0.05));
    CHECK(w.host(0).is_fresh(w.now));
    auto const low = w.host(0).metrics(w.now).pessimistic;
    CHECK(*low.packet_loss < 0.005);  // what the full test is for
    CHECK(w.host(0).recent_rtt_ms().size() >= 28);
}

TEST_CASE("half a percent of loss is seen by a full test") {
    for (double const loss : {0.0, 0.005, 0.02, 0.1}) {
        CAPTURE(loss);
        world w;
        w.add(0);
        w.apply();
        w.paths[0].loss = loss;
        w.pass(2min);
        auto const seen = w.host(0).tested->loss;
        CHECK(seen.settled == 800);
        CHECK(static_cast<double>(seen.lost) / 800 == Catch::Approx(loss).margin(0.6 * loss + 1e-9));
    }
}

TEST_CASE("hosts are asked one after the other, and few are tested at once, all in the end") {
    world w;
    for (int n = 0; n < 20; ++n) w.add(n);
    w.apply();
    std::map<int, std::size_t> before;
    for (int step = 0; step < 40; ++step) {
        std::size_t asked = 0;
        for (auto& [n, p] : w.paths) asked += p.asked;
        w.pass(50ms);
        std::size_t after = 0;
        for (auto& [n, p] : w.paths) after += p.asked;
        CHECK(after - asked <= 2);  // 20 hosts in 2 s: one in 100 ms
    }
    w.pass(3min);
    CHECK(w.most_tests == 2);
    for (watched_host const* const h : w.all.hosts()) CHECK(h->tests == 1);
    auto const first = w.host(0).tests;
    w.pass(6min);
    CHECK(w.host(0).tests > first);
    CHECK(w.host(0).tests <= 3);
}

TEST_CASE("a host that falls silent fails, is not tested, and is taken back when it answers again") {
    world w;
    w.add(0);
    w.apply();
    w.pass(30s);
    auto const tests = w.host(0).tests;
    w.paths[0].loss = 1;
    w.pass(15s);
    CHECK(w.metrics(0).failed);
    w.pass(20min);
    CHECK(w.host(0).tests <= tests + 1);
    CHECK(w.all.tests_under_way() == 0);
    CHECK_FALSE(w.metrics(0).latency_ms);
    w.paths[0].loss = 0;
    w.pass(1min);
    CHECK_FALSE(w.metrics(0).failed);
    REQUIRE(w.metrics(0).latency_ms);
    CHECK(w.log == std::vector<std::string>{"h0: does not answer", "h0: answers again"});
}

TEST_CASE("a host that answers nothing from the start is never tested") {
    world w;
    w.add(0);
    w.apply();
    w.paths[0].loss = 1;
    w.pass(1h);
    CHECK(w.host(0).tests == 0);
    CHECK(w.paths[0].asked < 2000);
    CHECK(w.metrics(0).failed);
}

TEST_CASE("a name that does not resolve is looked up again until it does") {
    world w;
    w.add(0);
    auto const there = w.names.extract("h0:1").mapped();
    w.apply();
    w.pass(1min);
    CHECK_FALSE(w.host(0).at);
    CHECK(w.host(0).trouble == "no such name");
    CHECK(w.host(0).light_sent == 0);
    w.names["h0:1"] = there;
    w.pass(30s);
    CHECK(w.metrics(0).latency_ms);
    CHECK(w.log == std::vector<std::string>{"h0: no such name; it is looked up again every 10 s",
                                            "h0: is found at 127.0.0.1:1000"});
}

TEST_CASE("a host that fell silent and has another address is found there") {
    world w;
    w.add(0);
    w.apply();
    w.pass(1min);
    w.paths[9] = {.delay = 80ms};
    w.names["h0:1"] = world::at(9);
    w.paths[0].loss = 1;
    w.pass(2min);
    REQUIRE(w.metrics(0).latency_ms);
    CHECK(*w.metrics(0).latency_ms == Catch::Approx(80).margin(0.1));
    CHECK(std::count(w.log.begin(), w.log.end(),
                     "h0: is at 127.0.0.1:1009 now, no longer at 127.0.0.1:1000") == 1);
}

TEST_CASE("hosts that stay keep what is known of them") {
    world w;
    w.add(0);
    w.add(1);
    w.apply();
    w.pass(1min);
    auto const sent = w.host(1).light_sent;
    auto const rtt = w.metrics(1).latency_ms;
    REQUIRE(rtt);
    w.plan.hosts.erase(w.plan.hosts.begin());
    w.add(2);
    w.plan.policy.latency_ms.weight = 1;
    w.apply();
    REQUIRE(w.all.hosts().size() == 2);
    CHECK(w.host(0).what.name == "h1");
    CHECK(w.host(0).light_sent == sent);
    CHECK(w.metrics(0).latency_ms == rtt);
    CHECK(w.host(0).tested);
    CHECK_FALSE(w.metrics(1).latency_ms);
    auto const asked = w.paths[0].asked;
    w.pass(1min);
    CHECK(w.paths[0].asked == asked);  // it is gone
    CHECK(w.host(0).light_sent == Catch::Approx(static_cast<double>(sent + 30)).margin(4));
    CHECK(w.metrics(1).latency_ms);

    SECTION("under another address it is another host") {
        w.plan.hosts[0].address = "h0:1";
        w.apply();
        CHECK_FALSE(w.metrics(0).latency_ms);
        CHECK(w.host(0).light_sent == 0);
    }
    SECTION("probed otherwise, it is measured anew, and its counters stay") {
        w.plan.probe.interval = 500ms;
        auto const before = w.host(0).light_sent;
        w.apply();
        CHECK_FALSE(w.metrics(0).latency_ms);
        w.pass(10s);
        CHECK(w.metrics(0).latency_ms);
        CHECK(w.host(0).light_sent == Catch::Approx(static_cast<double>(before + 20)).margin(4));
    }
    SECTION("applied again and again in the midst of tests, it asks no more than before") {
        for (int n = 0; n < 50; ++n) {
            w.plan.full_test.packets = n % 2 == 0 ? 100 : 800;
            w.apply();
            w.pass(3100ms);
        }
        auto const light = w.host(0).light_sent;
        w.pass(1min);
        CHECK(w.host(0).light_sent - light <= 34);
        w.pass(10min);
        CHECK(w.all.tests_under_way() <= 2);
        CHECK(w.host(0).tests > 0);
    }
}

TEST_CASE("what does not answer a question of ours changes nothing but a counter") {
    world w;
    w.add(0);
    w.add(1);
    w.apply();
    w.pass(1min);
    auto const before = w.metrics(0);
    auto const counters = w.host(0).path->probes().counters();
    auto const unchanged = [&] {
        auto const& c = w.host(0).path->probes().counters();
        return w.metrics(0) == before && c.received == counters.received && c.lost == counters.lost;
    };
    auto const refused = [&](refusal why) { return w.all.refused(why); };
    std::mt19937 random{3};

    SECTION("random bytes, of any length") {
        for (int n = 0; n < 20'000; ++n) {
            bytes packet(random() % 200);
            for (auto& b : packet) b = static_cast<std::byte>(random());
            w.all.received(packet, world::at(static_cast<int>(random() % 3)), w.now);
        }
        w.all.received(bytes(65'507), world::at(0), w.now);
        CHECK(refused(refusal::malformed) > 0);
        CHECK(refused(refusal::no_session) > 0);
        CHECK(refused(refusal::malformed) + refused(refusal::no_session) +
                  refused(refusal::wrong_address) + refused(refusal::no_question) == 20'001);
    }
    SECTION("forged answers of our own sessions") {
        for (int n = 0; n < 20'000; ++n) {
            stamp::reflector_packet p{.session = w.host(0).ssid};
            p.sender.sequence = static_cast<std::uint32_t>(random());
            p.sender.timestamp = random();
            bytes packet(44 + random() % 3);
            REQUIRE(stamp::encode(p, packet));
            w.all.received(packet, world::at(0), w.now);
        }
        CHECK(refused(refusal::no_question) == 20'000);
    }
    SECTION("a true answer again, from elsewhere, and with bytes added") {
        REQUIRE(w.arriving.empty());
        auto const answer = *w.last_answer;
        auto const owner = stamp::decode_reflector(answer)->session == w.host(0).ssid ? 0 : 1;
        w.all.received(answer, world::at(owner), w.now);
        CHECK(refused(refusal::duplicate) == 1);
        w.all.received(answer, world::at(5), w.now);
        CHECK(refused(refusal::wrong_address) == 1);
        bytes longer = answer;
        longer.resize(65'000);
        w.all.received(longer, world::at(owner), w.now);
        CHECK(refused(refusal::too_long) == 1);
        w.pass(10min);
        auto const again = refused(refusal::no_question);
        w.all.received(answer, world::at(owner), w.now);
        CHECK(refused(refusal::no_question) == again + 1);
        return;  // time has passed: it is all measured anew
    }
    CHECK(unchanged());
}

TEST_CASE("an answer in a session of somebody else's does not count for him") {
    world w;
    w.add(0);
    w.add(1);
    w.paths[1].loss = 1;
    w.apply();
    w.pass(5s);
    // Host 0 copies its answers into the session of host 1, from its own address.
    auto packet = *stamp::decode_reflector(*w.last_answer);
    packet.session = w.host(1).ssid;
    bytes forged(44);
    REQUIRE(stamp::encode(packet, forged));
    w.all.received(forged, world::at(0), w.now);
    w.all.received(forged, world::at(1), w.now);
    CHECK_FALSE(w.metrics(1).latency_ms);
}

TEST_CASE("what is unhealthy by HTTP has failed, whatever its path is like") {
    world w;
    w.add(0);
    w.plan.hosts[0].health_url = "http://h0/health";
    w.apply();
    w.pass(30s);
    auto const id = w.host(0).id;
    w.all.checked(id, {.ok = false, .trouble = "status 500"});
    CHECK_FALSE(w.metrics(0).failed);  // once is no time
    w.all.checked(id, {.ok = false, .trouble = "status 500"});
    CHECK(w.metrics(0).failed);
    w.all.checked(id, {.ok = true, .status = 200});
    CHECK_FALSE(w.metrics(0).failed);
    w.all.checked(12345, {});  // a host that is gone
    CHECK(w.log == std::vector<std::string>{"h0: is not healthy: status 500", "h0: is healthy"});
}

TEST_CASE("a monitor that was stopped for an hour does not send an hour of probes at once") {
    world w;
    w.add(0);
    w.apply();
    w.pass(30s);
    auto const sent = w.host(0).light_sent;
    w.arriving.clear();
    w.now += 1h;
    w.all.run(w.now);
    CHECK(w.host(0).light_sent - sent <= 1);
    w.pass(20s);
    CHECK(w.metrics(0).latency_ms);
}

TEST_CASE("a thousand hosts are each probed and tested in their turn") {
    world w;
    w.plan.full_test = {.interval = 10min, .packets = 50, .trains = 1, .at_once = 20};
    for (int n = 0; n < 1000; ++n) w.add(n);
    w.plan.full_test.at_once = 20;
    w.apply();
    w.pass(10min);
    CHECK(w.most_tests <= 20);
    CHECK(w.most_tests > 1);
    for (watched_host const* const h : w.all.hosts()) {
        CHECK(h->tests >= 1);
        CHECK(h->path->probes().counters().lost == 0);
        CHECK(h->light_sent == Catch::Approx(300).margin(6));
    }
}

TEST_CASE("full tests are detailed in the hours that are quiet") {
    world w;
    for (int n = 0; n < 3; ++n) w.add(n);
    w.plan.full_test = {.interval = 1min, .packets = 50, .trains = 2, .quiet_trains = 7, .at_once = 2};
    w.apply();
    w.all.be_detailed_in({{"h0", {{3, 4}, 2}}, {"h1", {{5}, 1}}, {"nobody", {{3}, 1}}});
    auto const trains = [&](std::size_t n) {  // of a test, by what was asked beside light probes
        auto const tests = w.host(n).tests;
        auto const asked = w.paths[static_cast<int>(n)].asked - w.host(n).light_sent;
        return static_cast<double>(asked - tests * 50) / static_cast<double>(tests * full_test::train_packets);
    };
    w.pass(50s);
    REQUIRE(w.host(0).tests == 1);
    CHECK(trains(0) == 7);
    CHECK(trains(1) == 2);
    CHECK(trains(2) == 2);
    CHECK(w.host(0).detailed_tests == 1);
    w.hour = 5;  // the next tests
    w.pass(1min);
    REQUIRE(w.host(0).tests == 2);
    REQUIRE(w.host(1).tests == 2);
    CHECK(trains(0) == Catch::Approx((7 + 2) / 2.0));
    CHECK(trains(1) == Catch::Approx((2 + 7) / 2.0));
    CHECK(w.host(0).detailed_tests == 1);
    CHECK(w.host(1).detailed_tests == 1);
    // Who comes later has quiet hours too, and what is told anew is all there is.
    w.add(3);
    w.all.be_detailed_in({{"h3", {{5}, 1}}});
    w.apply();
    CHECK_FALSE(w.host(0).quiet_hours);
    REQUIRE(w.host(3).quiet_hours);
    CHECK(w.host(3).quiet_hours->contains(5));
    // Never fewer trains than usual.
    w.plan.full_test.quiet_trains = 0;
    w.apply();
    w.pass(50s);
    CHECK(w.host(3).detailed_tests == 0);
    CHECK(w.host(3).tests > 0);
}

TEST_CASE("loss is pooled while recent probes and the last full test do not contradict each other") {
    CHECK_FALSE(pooled_loss({}, {}));
    CHECK(pooled_loss({0, 30}, {})->mean == 0);
    CHECK(pooled_loss({}, {8, 800})->mean == 0.01);
    CHECK(pooled_loss({1, 30}, {0, 800})->mean == Catch::Approx(1.0 / 830));
    CHECK(pooled_loss({10, 30}, {0, 800})->mean == Catch::Approx(1.0 / 3));  // it has become worse
    CHECK(pooled_loss({0, 60}, {400, 800})->mean == 0);                      // and better
    for (std::uint64_t lost = 0; lost <= 30; ++lost) {
        auto const all = pooled_loss({lost, 30}, {4, 800});
        CHECK(all->mean <= all->high);
        CHECK(all->high <= 1);
        if (lost > 0) CHECK(all->mean >= pooled_loss({lost - 1, 30}, {4, 800})->mean);
    }
}
