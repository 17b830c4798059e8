// SPDX-License-Identifier: MIT
#include "http_server.hpp"

#include "guarded_server.hpp"
#include "net.hpp"

#include <httplib.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <system_error>

namespace monitor {

namespace {

constexpr std::size_t threads = 64;  // that may wait for slow clients

/// Gives the body piece by piece. Unlike a body that httplib is given as a string, it is not
/// compressed: that would cost more time than all of the monitor's measuring.
void give(httplib::Response& response, http_answer answer) {
    if (answer.status != 200) response.status = answer.status;
    if (answer.body.empty()) return;
    auto const body = std::make_shared<std::string const>(std::move(answer.body));
    response.set_content_provider(
        body->size(), answer.type,
        [body](std::size_t at, std::size_t length, httplib::DataSink& sink) {
            return sink.write(body->data() + at, length);
        });
}

}  // namespace

http_server::http_server(std::vector<http_page> pages, observer observe)
    : pages_{std::move(pages)}, observe_{std::move(observe)},
      server_{std::make_unique<guarded_server>(connection_limits{})} {
    server_->new_task_queue = [] { return new httplib::ThreadPool{threads}; };
    server_->set_payload_max_length(4096);
    // Not httplib's own options: with SO_REUSEPORT a second monitor would take half of the requests
    // instead of an error.
    server_->set_socket_options([](socket_t socket) {
        int const yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, reinterpret_cast<char const*>(&yes),
                   sizeof yes);
    });
    // Everything is answered before httplib looks for a route: it knows no status 405.
    server_->set_pre_routing_handler([this](httplib::Request const& request,
                                            httplib::Response& response) {
        auto const answered = [&](std::string const& path, http_answer answer) {
            observe_(path, answer.status);
            give(response, std::move(answer));
            return httplib::Server::HandlerResponse::Handled;
        };
        std::string const method = request.method == "HEAD" ? "GET" : request.method;
        for (http_page const& page : pages_) {
            if (page.path != request.path) continue;
            if (page.method != method) {
                response.set_header("Allow", page.method == "GET" ? "GET, HEAD" : page.method);
                return answered(page.path, {"only " + page.method + " is answered here\n",
                                            "text/plain; charset=utf-8", 405});
            }
            if (!request.ranges.empty())
                return answered(page.path, {{}, {}, 416});  // pages are had as a whole
            try {
                return answered(page.path, page.render(request.params));
            } catch (std::exception const& e) {
                return answered(page.path, {std::string{e.what()} + "\n",
                                            "text/plain; charset=utf-8", 500});
            }
        }
        return answered("other", {"there is no such page\n", "text/plain; charset=utf-8", 404});
    });
}

http_server::~http_server() { stop(); }

int http_server::listen(std::string const& where) {
    auto const [name, port] = split_address(where);
    errno = 0;
    int const bound = port == 0 ? server_->bind_to_any_port(name)
                                : (server_->bind_to_port(name, port) ? port : -1);
    if (bound <= 0)
        throw usage_error{where + ": cannot listen there: " +
                          (errno == 0 ? std::string{"there is no such address"}
                                      : std::generic_category().message(errno))};
    thread_ = std::thread{[this] { server_->listen_after_bind(); }};
    return bound;
}

void http_server::stop() {
    if (!thread_.joinable()) return;
    // Before it runs, httplib would not hear of it.
    for (int n = 0; n < 100 && !server_->is_running(); ++n)
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    server_->stop();
    thread_.join();
}

}  // namespace monitor
