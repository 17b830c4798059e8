// SPDX-License-Identifier: MIT
//
// reflector: answers STAMP's test packets, and can impair its answers on purpose, so that probing
// can be shown and tested without a network.
#include "reflector.hpp"

#include "options.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>
#include <string>

int main(int argc, char** argv) try {
    impairments how;
    std::string listen = "127.0.0.1:8620";
    CLI::App app{"Answers STAMP test packets (RFC 8762), never with more bytes than it was sent, but\n"
                 "for --duplicate. Prints where it listens and stops with Ctrl-C."};
    auto const ratio = number_from(0, 1), ms = number_from(0, 60'000), mbps = number_from(0, 1e6);
    app.add_option("--listen", listen, "NAME:PORT; port 0 takes a free one")->capture_default_str();
    app.add_option("--delay-ms", how.delay_ms, "Hold every answer for so long")->check(ms);
    app.add_option("--jitter-ms", how.jitter_ms, "And up to so much longer")->check(ms);
    app.add_option("--loss", how.loss, "Drop this ratio of answers")->check(ratio);
    app.add_option("--reorder", how.reorder, "Hold this ratio back for 30 ms more")->check(ratio);
    app.add_option("--duplicate", how.duplicate, "Send this ratio twice")->check(ratio);
    app.add_option("--rate-mbps", how.rate_mbps, "Send through a link of this rate")->check(mbps);
    app.add_option("--queue-ms", how.queue_ms, "What that link holds before it drops")->check(ms);
    app.add_option("--seed", how.seed, "Of what is left to chance");
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    asio::io_context io;
    reflector const answering{io, resolve(io, listen), how};
    std::cout << "listening on " << to_text(answering.where()) << std::endl;
    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&io](asio::error_code, int) { io.stop(); });
    io.run();
    std::cout << "answered " << answering.answered() << " packets\n";
} catch (std::exception const& e) {
    std::cerr << "reflector: " << e.what() << '\n';
    return 2;
}
