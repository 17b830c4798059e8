// SPDX-License-Identifier: MIT
//
// Many reflectors in one process, for load tests of the monitor: prints a configuration of as many
// hosts as it is told, and answers until it is stopped.
//
//     many_reflectors 1000 [probe interval in ms] >hosts.json
#include "reflector.hpp"

#include <asio.hpp>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    int const count = argc > 1 ? std::atoi(argv[1]) : 1000;
    int const interval_ms = argc > 2 ? std::atoi(argv[2]) : 1000;
    asio::io_context io;
    asio::ip::udp::endpoint const anywhere{asio::ip::address_v4::loopback(), 0};
    std::vector<std::unique_ptr<reflector>> all;
    std::cout << R"({"hosts": [)";
    for (int n = 0; n < count; ++n) {
        all.push_back(std::make_unique<reflector>(io, anywhere, impairments{}));
        std::cout << (n > 0 ? ",\n" : "\n") << R"(  {"name": "host-)" << n << R"(", "address": ")"
                  << to_text(all.back()->where()) << R"("})";
    }
    std::cout << R"(],
  "probe": {"interval_ms": )" << interval_ms << R"(},
  "full_test": {"at_once": 50}})" << std::endl;
    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&io](asio::error_code, int) { io.stop(); });
    io.run();
}
