// SPDX-License-Identifier: MIT
#include <hostpick/rolling/loss_pattern.hpp>
#include <hostpick/rolling/sequence_loss.hpp>

#include "catch2_compat.hpp"
#include "oracle.hpp"
#include "property.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

using namespace hostpick::rolling;
using oracle::splitmix64;

namespace {

template <class Seq = std::uint16_t, std::size_t Reorder = 192>
sequence_loss<Seq, Reorder> stream_of(std::vector<std::uint32_t> const& arrivals, std::uint32_t max_dropout = 200) {
    sequence_loss<Seq, Reorder> stream{max_dropout};
    for (auto const n : arrivals) stream.push(static_cast<Seq>(n));
    stream.flush();
    return stream;
}

struct expectation {
    std::vector<std::uint32_t> arrivals;
    std::uint64_t lost, resolved, reordered, duplicates, restarts;
};

static_assert([] {
    sequence_loss<std::uint16_t> stream;
    for (int const n : {65533, 0, 65534, 1}) stream.push(static_cast<std::uint16_t>(n));
    stream.flush();
    return stream.loss().packet_loss() == 0.2;
}());

}  // namespace

TEST_CASE("bursts are told from random loss") {
    // 1 1 0 1 1 1 1 1 0 0 0 1 1 1 1 1, a published example: mean burst 2, burst ratio 1.5.
    auto const stream = stream_of({1, 2, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16});
    CHECK(stream.loss() == loss_pattern{12, 4, 2, 3});
    CHECK(*stream.loss().packet_loss() == 0.25);
    CHECK(*stream.loss().mean_burst() == 2);
    CHECK(*stream.loss().burst_ratio() == 1.5);
    CHECK_FALSE(loss_pattern{.received = 9}.burst_ratio());
    CHECK_FALSE(loss_pattern{.received = 9}.mean_burst());
    CHECK_FALSE(loss_pattern{.lost = 9, .bursts = 1, .longest_burst = 9}.burst_ratio());
    CHECK_FALSE(loss_pattern{}.packet_loss());
}

TEST_CASE("loss counts different packets, whatever their order") {
    expectation const all[] = {
        {{1, 3, 4, 5}, 1, 5, 0, 0, 0},
        {{1, 3, 2, 5}, 1, 5, 1, 0, 0},
        {{1, 4, 4, 5}, 2, 5, 0, 1, 0},
        {{0xFFFD, 0, 0xFFFE, 1}, 1, 5, 1, 0, 0},
        {{0xFFFD, 0, 0xFFFE, 1, 3}, 2, 7, 1, 0, 0},
        {{0, 1, 400, 401, 403}, 1, 6, 0, 0, 1},
        {{0xFFFF - 401, 0xFFFF - 400, 0xFFFF, 0, 2}, 1, 6, 0, 0, 1},
        {{400, 401, 1, 3, 4}, 0, 4, 0, 0, 1},
        {{5, 10, 6, 7, 8, 9}, 0, 6, 4, 0, 0},
        {{1, 12, 13, 14}, 10, 14, 0, 0, 0},
        {{65535, 0, 65534}, 0, 3, 1, 0, 0},
        {{7}, 0, 1, 0, 0, 0},
        {{0, 200}, 199, 201, 0, 0, 0},  // the longest gap that is one
        {{7, 7, 7}, 0, 1, 0, 2, 0},
    };
    for (auto const& e : all) {
        CAPTURE(e.arrivals);
        auto const stream = stream_of(e.arrivals);
        CHECK(stream.loss().lost == e.lost);
        CHECK(stream.loss().resolved() == e.resolved);
        CHECK(stream.counters().reordered == e.reordered);
        CHECK(stream.counters().duplicates == e.duplicates);
        CHECK(stream.counters().restarts == e.restarts);
    }
}

TEST_CASE("what may still come is missing, and then lost for good") {
    sequence_loss<std::uint16_t, 64> stream;
    stream.push(0), stream.push(2);
    CHECK(stream.missing() == 1);
    for (std::uint16_t n = 3; n < 65; ++n) stream.push(n);
    CHECK(stream.loss().lost == 0);
    stream.push(65);  // 1 is 64 behind now
    CHECK(stream.loss().lost == 1);
    CHECK(stream.missing() == 0);
    CHECK(stream.push(1) == push_result::held);
    CHECK(stream.push(66) == push_result::accepted);
    CHECK(stream.counters().too_late == 1);
    CHECK(stream.loss().lost == 1);
}

TEST_CASE("a jump is an outlier unless its successor follows") {
    sequence_loss<std::uint16_t> stream{1000};
    stream.push(10);
    CHECK(stream.push(5000) == push_result::held);
    CHECK(stream.push(11) == push_result::accepted);
    CHECK(stream.push(5001) == push_result::held);
    CHECK(stream.push(5002) == push_result::resynchronised);
    CHECK(stream.push(5003) == push_result::accepted);
    stream.flush();
    CHECK(stream.counters().outliers == 1);
    CHECK(stream.counters().restarts == 1);
    CHECK(stream.loss() == loss_pattern{5, 0, 0, 0});
    // Half way round is backward.
    sequence_loss<std::uint16_t> other{60000};
    other.push(0);
    CHECK(other.push(32768) == push_result::held);
    CHECK(other.push(32767) == push_result::accepted);
}

TEST_CASE("a stream says the same wherever its numbers start, and duplicates change nothing") {
    for_all([](splitmix64& random) {
        // A few hundred packets, some lost, swapped within the window or doubled.
        if (!random.one_in(200)) return true;
        std::vector<std::uint32_t> sent, arrivals;
        std::uint32_t const count = 2 + static_cast<std::uint32_t>(random.below(300));
        for (std::uint32_t n = 0; n < count; ++n)
            if (n == 0 || n + 1 == count || !random.one_in(6)) sent.push_back(n);
        arrivals = sent;
        for (std::size_t n = 21; n + 1 < arrivals.size(); n += 21)
            if (random.one_in(2)) std::swap(arrivals[n], arrivals[n - 1 - random.below(20)]);
        std::vector<std::uint32_t> doubled;
        for (auto const n : arrivals) {
            doubled.push_back(n);
            if (random.one_in(8)) doubled.push_back(doubled[doubled.size() - 1 - random.below(std::min<std::size_t>(doubled.size(), 9))]);
        }
        auto const from = [&](auto seq, std::vector<std::uint32_t> const& numbers, std::uint64_t offset) {
            sequence_loss<decltype(seq), 64> stream;
            for (auto const n : numbers) stream.push(static_cast<decltype(seq)>(n + offset));
            stream.flush();
            return stream;
        };
        auto const plain = from(std::uint16_t{}, arrivals, 0);
        std::uint64_t bursts = 0, longest = 0, run = 0;
        std::set<std::uint32_t> const came(sent.begin(), sent.end());
        for (std::uint32_t n = 0; n < count; ++n) {
            run = came.contains(n) ? 0 : run + 1;
            bursts += run == 1;
            longest = std::max(longest, run);
        }
        if (plain.loss() != loss_pattern{sent.size(), count - sent.size(), bursts, longest}) return false;
        for (std::uint64_t const offset : {65000u, 65535u, 32768u})
            if (from(std::uint16_t{}, doubled, offset).loss() != plain.loss()) return false;
        for (std::uint64_t const offset : {0u, 65535u, 0xFFFF'FFF0u, 0x8000'0000u})
            if (from(std::uint32_t{}, doubled, offset).loss() != plain.loss()) return false;
        return true;
    });
}

TEST_CASE("whatever numbers arrive, loss stays a ratio and every packet is counted once") {
    for_all([](splitmix64& random) {
        if (!random.one_in(100)) return true;
        sequence_loss<std::uint16_t, 64> stream{100};
        std::uint64_t pushed = 0, accepted = 0, refused = 0;
        std::uint16_t at = static_cast<std::uint16_t>(random.below(65536));
        for (int n = 0; n < 200; ++n, ++pushed) {
            at = static_cast<std::uint16_t>(at + (random.one_in(10) ? random.below(65536) : random.below(5)));
            auto const back = static_cast<std::uint16_t>(random.one_in(4) ? random.below(80) : 0);
            auto const r = stream.push(static_cast<std::uint16_t>(at - back));
            accepted += r == push_result::accepted || r == push_result::reordered;
            accepted += 2 * (r == push_result::resynchronised);
            refused += r == push_result::duplicate;
        }
        stream.flush();
        auto const& c = stream.counters();
        auto const loss = stream.loss();
        return c.received == accepted && c.duplicates == refused && loss.received == c.received &&
               c.received + c.duplicates + c.too_late + c.outliers == pushed && stream.missing() == 0 &&
               *loss.packet_loss() >= 0 && *loss.packet_loss() < 1 && loss.bursts <= loss.lost &&
               loss.longest_burst <= loss.lost;
    });
}

TEST_CASE("what a flush has settled stays settled") {
    sequence_loss<std::uint16_t> stream;
    for (int const n : {98, 100}) stream.push(static_cast<std::uint16_t>(n));
    stream.flush();
    CHECK(stream.push(102) == push_result::accepted);
    CHECK(stream.loss() == loss_pattern{2, 1, 1, 1});
    stream.flush();
    for (int const n : {102, 99, 101}) CHECK(stream.push(static_cast<std::uint16_t>(n)) == push_result::late);
    CHECK(stream.counters().too_late == 3);
    CHECK(stream.push(103) == push_result::accepted);
    stream.flush();
    CHECK(stream.loss().lost == 1);
    CHECK(stream.push(60'000) == push_result::accepted);
}
