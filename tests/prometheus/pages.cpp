// SPDX-License-Identifier: MIT
//
// pages FORMAT SEED: a page about hosts with hostile names and odd numbers, and on the other stream
// the same as JSON lines, for a script that reads it back with other people's parsers.
#include "../unit/oracle.hpp"

#include <hostpick/prometheus.hpp>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

using namespace hostpick::prometheus;

namespace {

std::string hostile_name(oracle::splitmix64& random) {
    static char const* const parts[] = {"\"", "\\", "\n", "a", "host-1", "{x=\"y\"}", " ", "\xF0\x9F\x8E\xAE", "\xC3\xA9", "\xFF", "\xC0\xAF",
                                        "\xED\xA0\x80", "\xE2\x82", "\t", "# EOF", "\\n", "}", ","};
    std::string name;
    for (std::size_t n = random.below(8); n > 0; --n) name += parts[random.below(std::size(parts))];
    if (random.one_in(50)) name.append(10'000, 'x');
    return name;
}
double odd_number(oracle::splitmix64& random) {
    double const odd[] = {0, 1, 0.1, 1e-7, 5e-324, 1.7976931348623157e308, 123456789.125, oracle::nan(), -oracle::nan(), oracle::infinity(), oracle::minus_infinity()};
    return random.one_in(2) ? random.pick(odd) : random.fraction<double>(1 << 20, 10);
}
std::string hex(std::string const& text) {
    static char const digits[] = "0123456789abcdef";
    std::string out;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    format const f = std::strcmp(argv[1], "text") == 0 ? format::text : format::openmetrics;
    oracle::splitmix64 random{std::strtoull(argv[2], nullptr, 10)};
    std::vector<std::string> names;
    std::vector<latency_histogram> rtts(20);
    for (std::size_t n = 0; n < rtts.size(); ++n) {
        names.push_back(std::to_string(n) + hostile_name(random));
        for (std::size_t i = random.below(50); i > 0; --i) rtts[n].push(std::chrono::microseconds{random.below(2'000'000)});
    }
    std::vector<host_state> hosts;
    for (std::size_t n = 0; n < names.size(); ++n) {
        host_state h{.host = names[n], .rtt = random.one_in(4) ? nullptr : &rtts[n]};
        if (!random.one_in(4)) h.probes_sent = random();
        if (!random.one_in(4)) h.probes_lost = random.below(1000);
        if (!random.one_in(4)) h.score = odd_number(random);
        if (!random.one_in(4)) h.packet_loss = odd_number(random);
        if (!random.one_in(4)) h.chosen = random.one_in(2);
        hosts.push_back(h);
        std::cerr << "{\"name\": \"" << hex(names[n]) << "\"";
        if (h.rtt != nullptr) std::cerr << ", \"count\": " << h.rtt->count() << ", \"within_200\": " << h.rtt->count_within(8);
        if (h.probes_sent) std::cerr << ", \"sent\": " << *h.probes_sent;
        if (h.score) {
            std::uint64_t bits = 0;
            std::memcpy(&bits, &*h.score, sizeof bits);
            std::cerr << ", \"score_bits\": " << bits;
        }
        std::cerr << "}\n";
    }
    std::string text;
    page out{text, f};
    write_hosts(out, hosts, {.max_hosts = 19, .original_names = true});
    out.end();
    std::cout << text;
}
