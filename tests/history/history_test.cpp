// SPDX-License-Identifier: MIT
#include "store.hpp"
#include "writer.hpp"
#include "zone.hpp"

#include "catch2_compat.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using history::batch;
using history::sample;
using history::store;
using history::unix_time;
using history::writer;
using history::writer_settings;

namespace {

/// A file that is gone when the test is.
class scratch {
public:
    scratch() {
        static std::atomic<int> n = 0;
        folder_ = std::filesystem::temp_directory_path() /
                  ("hostpick_history_" +
                   std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) +
                   "_" + std::to_string(++n));
        std::filesystem::create_directory(folder_);
    }
    ~scratch() { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string file() const { return (folder_ / "history.db").string(); }

private:
    std::filesystem::path folder_;
};

constexpr unix_time much_later{4'000'000'000'000};

sample at(int ms, std::string host = "a", double latency = 20) {
    return {.host = std::move(host), .at = unix_time{ms}, .metrics = {.latency_ms = latency}};
}

std::vector<int> times(store& db, std::string const& host, int from = -1000, int to = 100'000) {
    std::vector<int> all;
    db.for_each_sample(host, unix_time{from}, unix_time{to}, [&](history::stored_sample const& s) {
        all.push_back(static_cast<int>(s.at.count()));
    });
    return all;
}

std::vector<history::decision> decisions_of(store& db, int from, int to) {
    std::vector<history::decision> all;
    db.for_each_decision(unix_time{from}, unix_time{to},
                         [&](history::decision const& d) { all.push_back(d); });
    return all;
}

/// What a database does, and when it fails.
struct shared_database {
    std::mutex mutex{};
    std::vector<sample> rows{};
    int failures_left = 0, lost_answers_left = 0, opened = 0;
    std::vector<std::chrono::hours> forgotten{};  // all but these
    bool forgetting_fails = false;
    std::atomic<bool> hangs = false;
};

class fake_sink final : public history::sink {
public:
    explicit fake_sink(shared_database& db) : db_{db} {
        std::lock_guard const lock{db_.mutex};
        ++db_.opened;
    }
    void write(batch const& b) override {
        while (db_.hangs) std::this_thread::sleep_for(1ms);
        std::lock_guard const lock{db_.mutex};
        if (db_.failures_left > 0) {
            --db_.failures_left;
            throw history::store_error{"away"};
        }
        for (sample const& s : b.samples)
            if (db_.rows.empty() || db_.rows.back().at < s.at) db_.rows.push_back(s);
        if (db_.lost_answers_left > 0) {
            --db_.lost_answers_left;
            throw history::store_error{"written, but nobody heard of it"};
        }
    }
    bool forget_all_but(std::chrono::hours newest, unix_time now) override {
        std::lock_guard const lock{db_.mutex};
        if (db_.forgetting_fails) throw history::store_error{"busy"};
        auto const clock = std::chrono::system_clock::now().time_since_epoch();
        CHECK(now <= clock);
        CHECK(now > clock - 1min);
        db_.forgotten.push_back(newest);
        return false;
    }

private:
    shared_database& db_;
};

writer_settings quick() {
    writer_settings s;
    s.batch = 10;
    s.longest_wait = 20ms;
    s.first_retry = 1ms;
    s.longest_retry = 4ms;
    s.most_waiting = 50;
    s.at_exit = 200ms;
    return s;
}

writer::opener opens(shared_database& db) {
    return [&db] { return std::make_unique<fake_sink>(db); };
}

}  // namespace

TEST_CASE("names and numbers that a database may not take are refused") {
    using history::is_host_name;
    for (char const* good : {"a", "eu-1", "a b", "ä", "\xF0\x9F\x8E\xAE", "123", "'\"\\"})
        CHECK(is_host_name(good));
    for (char const* bad : {"", "a ", "a\n", "\x7F", "\xFF", "\xC0\x80", "\xED\xA0\x80", "\xE2\x82",
                            "\xF4\x90\x80\x80", "\x80"})
        CHECK_FALSE(is_host_name(bad));
    CHECK(is_host_name(std::string(255, 'x')));
    CHECK_FALSE(is_host_name(std::string(256, 'x')));

    CHECK_FALSE(error_in(at(1)));
    CHECK_FALSE(error_in(at(1, "a", 1'800'000)));
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (double const bad : {-1.0, infinity, -infinity, std::numeric_limits<double>::quiet_NaN()})
        CHECK(error_in(at(1, "a", bad)));
    sample s = at(1);
    s.score = -1;
    CHECK(error_in(s));
    s = at(1);
    s.at = unix_time::max();
    CHECK(error_in(s));

    CHECK_FALSE(error_in(history::decision{unix_time{1}, "", "no_host", "{}"}));
    CHECK(error_in(history::decision{unix_time{1}, "a ", "best", "{}"}));
    CHECK(error_in(history::decision{unix_time{1}, "a", "two\nlines", "{}"}));
    CHECK(error_in(history::decision{unix_time{1}, "a", "best", "\xFF"}));
    CHECK(error_in(history::decision{unix_time{1}, "a", "best", std::string(1'000'001, ' ')}));
}

TEST_CASE("a store gives back what it was given, bit for bit") {
    scratch const s;
    sample full{.host = "a",
                .at = unix_time{5},
                .metrics = {.latency_ms = 1.0 / 3,
                            .bandwidth_mbps = 5e-324,
                            .packet_loss = 0.1 + 0.2,
                            .jitter_ms = 1.7976931348623157e308},
                .score = 88.0};
    sample failed{.host = "a", .at = unix_time{6}, .metrics = {.failed = true}};
    history::decision const d{unix_time{6}, "a", "best", R"({"host": "a's \"quoted\" :name"})"};
    {
        store db{s.file()};
        db.write({.samples = {full, failed, at(-7)}, .decisions = {d}});
        db.write({.samples = {full, failed, at(-7)}, .decisions = {d}});  // again: no difference
        db.write({});
    }
    store db{s.file(), store::access::read};
    std::vector<history::stored_sample> found;
    db.for_each_sample("a", unix_time{-7}, unix_time{7},
                       [&](auto const& x) { found.push_back(x); });
    REQUIRE(found.size() == 3);
    CHECK(found[0].at == unix_time{-7});
    CHECK(found[1].metrics == full.metrics);
    CHECK(found[1].score == full.score);
    CHECK(found[2].metrics == failed.metrics);
    CHECK_FALSE(found[2].score);
    CHECK(times(db, "a", -6, 6) == std::vector{5});  // from, and before to
    CHECK(db.count("a", unix_time{-7}, unix_time{6}) == 2);
    CHECK(db.count("b", unix_time{-7}, unix_time{6}) == 0);
    CHECK(times(db, "b").empty());
    auto const decisions = decisions_of(db, 6, 7);
    REQUIRE(decisions.size() == 1);
    CHECK(decisions[0].at == d.at);
    CHECK(decisions[0].host == "a");
    CHECK(decisions[0].reason == "best");
    CHECK(decisions[0].record == d.record);
    CHECK(decisions_of(db, 7, 9).empty());
    CHECK(decisions_of(db, 0, 6).empty());
    CHECK_THROWS_AS(db.write({.samples = {at(1)}, .decisions = {}}), history::store_error);
}

TEST_CASE("of two samples with the same time the later written holds") {
    scratch const s;
    store db{s.file()};
    db.write({.samples = {at(1, "a", 10), at(1, "a", 30), at(1, "b", 50)}, .decisions = {}});
    db.for_each_sample("a", unix_time{0}, unix_time{9},
                       [](auto const& x) { CHECK(x.metrics.latency_ms == 30.0); });
    CHECK(db.count("a", unix_time{0}, unix_time{9}) == 1);
    CHECK(db.hosts() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("pages end between any two samples") {
    scratch const s;
    store db{s.file()};
    std::size_t const n = GENERATE(std::size_t{9'999}, std::size_t{10'000}, std::size_t{10'001},
                                   std::size_t{20'000});
    batch b;
    for (std::size_t k = 0; k < n; ++k) b.samples.push_back(at(static_cast<int>(k)));
    db.write(b);
    auto const all = times(db, "a");
    REQUIRE(all.size() == n);
    for (std::size_t k = 0; k < n; ++k) REQUIRE(all[k] == static_cast<int>(k));
}

TEST_CASE("pages end between any two decisions, also of the same moment") {
    scratch const s;
    store db{s.file()};
    int const n = GENERATE(999, 1'000, 1'001, 2'500);
    batch b;
    for (int k = n; k-- > 0;)  // three of each moment, one of which chose nobody
        b.decisions.push_back({unix_time{k / 3}, k % 3 == 0 ? "" : k % 3 == 1 ? "a" : "b",
                               std::to_string(k), "{}"});
    db.write(b);
    auto const all = decisions_of(db, 0, n);
    REQUIRE(static_cast<int>(all.size()) == n);
    for (int k = 0; k < n; ++k)
        REQUIRE(all[static_cast<std::size_t>(k)].reason == std::to_string(k));
    CHECK(decisions_of(db, 5, 7).size() == 6);
    CHECK_FALSE(db.last_decision(unix_time{0}));
    CHECK(db.last_decision(unix_time{7})->at == unix_time{6});
    CHECK(db.last_decision(unix_time{7})->host == "b");
    CHECK(db.last_decision(much_later)->reason == std::to_string(n - 1));
}

TEST_CASE("what is older than the newest hours is deleted, of each host at most some at once") {
    constexpr int hour = 3'600'000;
    scratch const s;
    store db{s.file()};
    batch b;
    for (int k = 0; k < 20'000; ++k) b.samples.push_back(at(k));
    for (int k = 0; k < 5'000; ++k) b.samples.push_back(at(5 * hour + k));
    b.samples.push_back(at(3 * hour - 1, "b"));
    b.samples.push_back(at(3 * hour, "b"));
    for (int k = 0; k < 10'001; ++k) b.decisions.push_back({unix_time{k}, "a", "best", "{}"});
    b.decisions.push_back({unix_time{3 * hour}, "a", "best", "{}"});
    db.write(b);
    CHECK_FALSE(db.forget_all_but(4h, much_later));  // there are four: 0, 2, 3 and 5
    CHECK(db.count("a", unix_time{0}, unix_time{9 * hour}) == 25'000);
    int rounds = 1;
    while (db.forget_all_but(2h, much_later)) ++rounds;
    CHECK(rounds == 3);
    CHECK(times(db, "a", 0, 9 * hour).front() == 5 * hour);
    CHECK(times(db, "a", 0, 9 * hour).size() == 5'000);
    CHECK(times(db, "b", 0, 9 * hour) == std::vector{3 * hour});
    CHECK(decisions_of(db, 0, 9 * hour).size() == 1);
    CHECK_FALSE(db.forget_all_but(2h, much_later));
    db.write({.samples = {at(6 * hour, "b")}, .decisions = {}});
    CHECK_FALSE(db.forget_all_but(2h, much_later));
    CHECK(times(db, "b", 0, 9 * hour) == std::vector{6 * hour});
}

TEST_CASE("of many hosts some are forgotten at a time, and all in the end") {
    constexpr int hour = 3'600'000;
    scratch const s;
    store db{s.file()};
    batch b;
    for (int host = 0; host < 65; ++host)
        for (int k = 0; k < 4; ++k) b.samples.push_back(at(k * hour, std::to_string(host)));
    db.write(b);
    int rounds = 1;
    while (db.forget_all_but(1h, much_later)) ++rounds;
    CHECK(rounds == 4);
    for (int host = 0; host < 65; ++host)
        CHECK(times(db, std::to_string(host), 0, 9 * hour) == std::vector{3 * hour});
}

TEST_CASE("a clock that is wrong for an hour makes nobody forget more than an hour") {
    scratch const s;
    constexpr unix_time year = 8'760h;
    auto const seen = [](unix_time t) {
        return batch{.samples = {{.host = "a", .at = t, .metrics = {.latency_ms = 20.0}}}, .decisions = {}};
    };
    for (int k = 0; k < 48; ++k) store{s.file()}.write(seen(year + 1h * k));
    for (auto const wrong : {unix_time{1s}, year * 3, year * 3 + 1min, unix_time{5s}, year * 4}) {
        store db{s.file()};  // it is started again and again
        db.write(seen(wrong));
        while (db.forget_all_but(48h, wrong)) {}
    }
    // 1970 was the oldest at once; the other two hours were the newest for as long as they lasted.
    CHECK(store{s.file()}.count("a", year, year * 2) == 46);
    // With a clock that is right what is to come is none of the hours, and is not forgotten.
    store db{s.file()};
    for (int k = 48; k < 60; ++k) {
        db.write(seen(year + 1h * k));
        while (db.forget_all_but(48h, year + 1h * k)) {}
    }
    CHECK(db.count("a", year, year * 2) == 48);
    CHECK(db.span_of("a")->first == year + 12h);
    CHECK(db.count("a", year * 2, year * 5) == 3);
    // Hours that are all in the future leave the present alone.
    for (int k = 0; k < 100; ++k) db.write(seen(year * 5 + 1h * k));
    while (db.forget_all_but(48h, year + 59h)) {}
    CHECK(db.count("a", year, year * 2) == 48);
}

TEST_CASE("several programs may write the same new hosts to a new history at once") {
    scratch const s;
    std::mutex mutex;
    std::vector<std::string> troubles;
    std::atomic<int> ready = 0, troubles_seen = 0;
    constexpr int count = 4;
    std::vector<std::thread> programs;
    for (int p = 0; p < count; ++p)
        programs.emplace_back([&, p] {
            try {
                store db{s.file()};
                for (int k = 0; k < 100; ++k) {
                    // Together for each host, or it has an id when the others ask.
                    for (++ready; ready < count * (k + 1) && troubles_seen == 0;) std::this_thread::yield();
                    db.write({.samples = {at(p, "host " + std::to_string(k)), at(p, "of " + std::to_string(p))},
                              .decisions = {}});
                }
            } catch (std::exception const& e) {
                ++troubles_seen;  // nobody is to wait for this one
                std::lock_guard const lock{mutex};
                troubles.push_back(e.what());
            }
        });
    for (auto& p : programs) p.join();
    CHECK(troubles.empty());
    store db{s.file(), store::access::read};
    CHECK(db.hosts().size() == 100 + count);
    for (int k = 0; k < 100; ++k) CHECK(times(db, "host " + std::to_string(k)).size() == count);
}

TEST_CASE("who writes of a new host, or deletes, waits for who writes already") {
    scratch const s;
    store db{s.file()};
    batch b;
    for (int k = 0; k < 3; ++k) b.samples.push_back(at(k * 3'600'000));
    db.write(b);
    store other{s.file()};
    auto const beside = [&](auto const& work) {
        std::atomic<bool> begun = false;
        std::thread busy{[&] {
            batch large;
            for (int k = 0; k < 100'000; ++k) large.samples.push_back(at(k, "c"));
            begun = true;
            other.write(large);
        }};
        while (!begun) std::this_thread::sleep_for(1ms);
        std::this_thread::sleep_for(20ms);
        CHECK_NOTHROW(work());
        busy.join();
    };
    beside([&] { db.write({.samples = {at(1, "new")}, .decisions = {}}); });
    beside([&] {
        while (db.forget_all_but(2h, much_later)) {}
    });
    CHECK(db.count("a", unix_time{0}, unix_time{9'000'000}) == 2);
    CHECK(times(db, "new").empty());  // it was in the first hour
}

TEST_CASE("a long outage has a last good sample before it") {
    scratch const s;
    store db{s.file()};
    batch b{.samples = {at(1, "a", 200), at(2, "a", 200.5), at(3, "a", 20), at(4, "a", 20), at(5), at(6)}, .decisions = {}};
    b.samples[2].metrics.failed = true;
    b.samples[3].metrics.packet_loss = 1.0;
    b.samples[4].metrics.packet_loss = 0.5;
    b.samples[5].metrics.latency_ms.reset();
    b.samples[5].metrics.jitter_ms = 1;
    db.write(b);
    auto const before = [&](int ms) { return db.last_good_before("a", unix_time{ms}, 200); };
    CHECK_FALSE(before(1));
    CHECK(before(2) == unix_time{1});
    CHECK(before(5) == unix_time{1});
    CHECK(before(9) == unix_time{5});
    CHECK_FALSE(db.last_good_before("b", unix_time{9}, 200));
}

TEST_CASE("the last bandwidths are what is usual after a restart") {
    scratch const s;
    store db{s.file()};
    batch b;
    for (int k = 0; k < 10; ++k) {
        b.samples.push_back(at(k));
        if (k % 2 == 0) b.samples.back().metrics.bandwidth_mbps = k;  // of which 0 is a failed test
    }
    b.samples.push_back(at(10));
    b.samples.back().metrics = {.bandwidth_mbps = 99.0, .failed = true};
    db.write(b);
    unix_time const later{1'000'000};
    CHECK(db.latest_bandwidths("a", 9, at(8).at) == std::vector<double>{2, 4, 6});
    CHECK(db.latest_bandwidths("a", 3, later) == std::vector<double>{4, 6, 8});
    CHECK(db.latest_bandwidths("a", 9, later) == std::vector<double>{2, 4, 6, 8});
    CHECK(db.latest_bandwidths("a", 0, later).empty());
    CHECK(db.latest_bandwidths("b", 3, later).empty());
}

TEST_CASE("a store says what it cannot open") {
    scratch const s;
    CHECK_THROWS_WITH(store(s.file(), store::access::read),
                      Catch::Matchers::ContainsSubstring("no such file"));
    CHECK_THROWS_AS(store("/no/such/folder/history.db"), history::store_error);
    CHECK_THROWS_AS(store("mariadb:unix_socket=/no/such/socket user=nobody"), history::store_error);
    CHECK_THROWS_AS(store("mariadb:colour=blue"), history::store_error);
}

TEST_CASE("a writer writes all that it takes, in order, also while the database fails") {
    shared_database db;
    db.failures_left = GENERATE(0, 1, 5);
    db.lost_answers_left = GENERATE(0, 2);
    int const failures = db.failures_left + db.lost_answers_left;
    std::vector<std::string> said;
    {
        writer w{opens(db), quick(), [&](std::string const& line) { said.push_back(line); }};
        for (int n = 0; n < 45; ++n) REQUIRE(w.add(at(n)));
        REQUIRE(w.wait_until_written(5s));
        auto const c = w.counts();
        CHECK(c.taken == 45);
        CHECK(c.written == 45);
        CHECK(c.waiting == 0);
        CHECK(c.failures == static_cast<std::uint64_t>(failures));
        CHECK(c.trouble.empty());
    }
    REQUIRE(db.rows.size() == 45);
    for (int n = 0; n < 45; ++n) REQUIRE(db.rows[static_cast<std::size_t>(n)].at.count() == n);
    CHECK(db.opened == 1 + failures);
    CHECK(said.size() == (failures > 0 ? 2U : 0U));
}

TEST_CASE("what does not fit is refused and counted, and what was taken stays") {
    shared_database db;
    db.hangs = true;
    writer w{opens(db), quick()};
    for (int n = 0; n < 60; ++n) CHECK(w.add(at(n)) == (n < 50));
    CHECK_FALSE(w.add(at(99, "no\nname")));
    auto c = w.counts();
    CHECK(c.taken == 50);
    CHECK(c.waiting == 50);
    CHECK(c.refused_full == 10);
    CHECK(c.refused_invalid == 1);
    CHECK_FALSE(w.wait_until_written(1ms));
    db.hangs = false;
    CHECK(w.wait_until_written(5s));
    c = w.counts();
    CHECK(c.written == 50);
    CHECK(w.add(at(60)));
}

TEST_CASE("few samples are written after the longest wait, many at once") {
    shared_database db;
    auto settings = quick();
    settings.longest_wait = 60'000ms;
    writer w{opens(db), settings};
    w.add(at(1));
    CHECK_FALSE(w.wait_until_written(50ms));
    for (int n = 2; n <= 10; ++n) w.add(at(n));
    CHECK(w.wait_until_written(5s));
    CHECK(w.counts().batches == 1);
}

TEST_CASE("at its end a writer writes what waits, or says that it could not") {
    shared_database db;
    std::vector<std::string> said;
    auto settings = quick();
    settings.longest_wait = 60'000ms;
    {
        writer w{opens(db), settings};
        for (int n = 0; n < 9; ++n) w.add(at(n));
    }
    CHECK(db.rows.size() == 9);

    db.failures_left = 1'000'000;
    settings.at_exit = 20ms;
    auto const began = std::chrono::steady_clock::now();
    {
        writer w{opens(db), settings, [&](std::string const& line) { said.push_back(line); }};
        for (int n = 10; n < 15; ++n) w.add(at(n));
    }
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    REQUIRE(said.size() == 2);
    CHECK_THAT(said[0], Catch::Matchers::ContainsSubstring("away"));
    CHECK(said[1] == "history: 5 records were not written");
}

TEST_CASE("a writer deletes what is too old, and tries again where that failed") {
    shared_database db;
    auto settings = quick();
    settings.keep = 48h;
    std::vector<std::string> said;
    {
        writer w{opens(db), settings, [&](std::string const& line) { said.push_back(line); }};
        w.add(at(1));
        REQUIRE(w.wait_until_written(5s));
        auto const forgotten = [&] {
            std::lock_guard const lock{db.mutex};
            return db.forgotten;
        };
        for (int n = 0; n < 500 && forgotten().empty(); ++n) std::this_thread::sleep_for(10ms);
        w.add(at(2));
        REQUIRE(w.wait_until_written(5s));
        CHECK(forgotten() == std::vector{48h});  // once an hour
    }
    CHECK(said.empty());
    db.forgetting_fails = true;
    {
        writer w{opens(db), settings, [&](std::string const& line) { said.push_back(line); }};
        for (int n = 3; n < 6; ++n) {
            w.add(at(n));
            REQUIRE(w.wait_until_written(5s));
            for (int k = 0; k < 500 && w.counts().failures == 0; ++k) std::this_thread::sleep_for(10ms);
        }
        CHECK(w.counts().failures == 1);
    }
    CHECK(said == std::vector<std::string>{"history: what is old is not deleted, busy", "history: is written again"});
    CHECK(db.rows.size() == 5);
}

TEST_CASE("many threads may add") {
    shared_database db;
    auto settings = quick();
    settings.most_waiting = 100'000;
    writer w{opens(db), settings};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n) w.add(at(n));
        });
    for (auto& t : threads) t.join();
    CHECK(w.wait_until_written(20s));
    CHECK(w.counts().written == 4000);
}

TEST_CASE("settings that make no sense are refused") {
    shared_database db;
    auto const refused = [&](auto change) {
        auto s = quick();
        change(s);
        CHECK(s.error());
        CHECK_THROWS_AS(writer(opens(db), s), std::invalid_argument);
    };
    CHECK_FALSE(writer_settings{}.error());
    refused([](auto& s) { s.batch = 0; });
    refused([](auto& s) { s.most_waiting = 9; });
    refused([](auto& s) { s.longest_wait = 0ms; });
    refused([](auto& s) { s.first_retry = 5ms; });
    refused([](auto& s) { s.first_retry = 0ms; });
    refused([](auto& s) { s.at_exit = -1ms; });
    refused([](auto& s) { s.keep = 0h; });
}

TEST_CASE("days have the length that their zone gives them") {
    using report::read_date;
    using report::zone;
    zone const berlin{"Europe/Berlin"};
    auto const hours = [&](char const* day) {
        auto const d = berlin.day(*read_date(day));
        return (d.span.to - d.span.from) / 1h;
    };
    CHECK(hours("2024-03-30") == 24);
    CHECK(hours("2024-03-31") == 23);
    CHECK(hours("2024-10-27") == 25);
    CHECK(hours("2024-02-29") == 24);
    CHECK(berlin.offset_at(unix_time{1711846799999}) == 60min);
    CHECK(berlin.offset_at(unix_time{1711846800000}) == 120min);
    CHECK(berlin.show(unix_time{1711846800000}) == "2024-03-31T03:00:00+02:00");
    zone const apia{"Pacific/Apia"};  // which had no 30 December
    CHECK(apia.days(*read_date("2011-12-29"), *read_date("2012-01-01")).size() == 2);
    CHECK(zone{"-03:30"}.show(unix_time{0}) == "1969-12-31T20:30:00-03:30");
    CHECK_THROWS_WITH(zone{"Mars/Olympus"}, Catch::Matchers::ContainsSubstring("Mars"));
    for (char const* bad : {"", "2023-02-29", "2024-13-01", "2024-1-01", "2024-01-01 ", "x"})
        CHECK_FALSE(read_date(bad));
}

TEST_CASE("times are read as ISO 8601 writes them") {
    report::zone const brisbane{"+10:00"};
    auto const ms = [&](char const* text) {
        auto const t = report::read_time(text, brisbane);
        return t ? static_cast<long long>(t->count()) : -1;
    };
    CHECK(ms("1970-01-02T00:00:00Z") == 86'400'000);
    CHECK(ms("1970-01-02T10:00:00+10:00") == 86'400'000);
    CHECK(ms("1970-01-01T20:30-0330") == 86'400'000);
    CHECK(ms("1970-01-02 10:00") == 86'400'000);
    CHECK(ms("1970-01-02T00:00:01.5Z") == 86'401'500);
    CHECK(ms("1970-01-02T00:00:01.0429999Z") == 86'401'042);
    for (char const* bad :
         {"", "1970-01-02", "1970-01-02T24:00Z", "1970-01-02T00:60Z", "1970-01-02T00:00:60Z",
          "1970-02-30T00:00Z", "1970-01-02T00:00:00.Z", "1970-01-02T00:00+1", "1970-01-02T00:00Zx",
          "1970-01-02X00:00", "nan"})
        CHECK(ms(bad) == -1);
}
