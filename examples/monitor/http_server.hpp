// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace httplib {
class Server;
}

namespace monitor {

/// What a page answers.
struct http_answer {
    std::string body{};
    std::string type = "text/plain; charset=utf-8";
    int status = 200;
};

/// A page, at exactly one path. It is rendered by the server's threads, several at once.
struct http_page {
    std::string method;  ///< GET, which answers HEAD too, or POST
    std::string path;
    std::function<http_answer(std::multimap<std::string, std::string> const& parameters)> render;
};

/// Serves pages. Every answer closes its connection, so that nobody who is idle holds a thread; one
/// who is slow loses his connection after a few seconds.
class http_server {
public:
    /// Called after each request: the path, "other" where there is no such page, and the status.
    using observer = std::function<void(std::string const& path, int status)>;

    http_server(std::vector<http_page> pages, observer observe);
    ~http_server();

    /// Listens at "address:port" from now on, where port 0 takes a free one, and gives the port. A
    /// `usage_error` says why it cannot.
    int listen(std::string const& where);
    /// Accepts nothing more, and waits for the answers that are under way.
    void stop();

private:
    std::vector<http_page> pages_;
    observer observe_;
    std::unique_ptr<httplib::Server> server_;
    std::thread thread_;
};

}  // namespace monitor
