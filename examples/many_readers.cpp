// SPDX-License-Identifier: MIT
//
// One thread keeps a table up to date, and many threads choose from it without ever waiting: there
// are two tables, and each change goes to the one that nobody reads, then to the other (Left-Right:
// Ramalhete and Correia, "A Wait-Free Universal Construct for Large Objects", 2013).
#include <hostpick/select_table.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

using hosts_table = hostpick::host_table<std::uint32_t>;

class shared_hosts {
public:
    /// Any thread: what `use` says of a table that nobody changes meanwhile.
    template <class Use>
    auto read(Use use) {
        for (;;) {
            side& front = sides_[front_];
            ++front.readers;  // from here on the writer waits for us, unless it has turned already
            if (&front == &sides_[front_]) {
                auto result = use(std::as_const(front.hosts));
                --front.readers;
                return result;
            }
            --front.readers;
        }
    }

    /// One thread: `change` is called for both tables, so that they stay the same.
    template <class Change>
    void write(Change change) {
        unsigned const back = 1 - front_;
        change(sides_[back].hosts);
        front_ = back;
        while (sides_[1 - back].readers > 0) std::this_thread::yield();
        change(sides_[1 - back].hosts);
    }

private:
    struct alignas(64) side {
        hosts_table hosts;
        std::atomic<int> readers{0};
    };
    std::array<side, 2> sides_;
    std::atomic<unsigned> front_{0};
};

int main() {
    constexpr std::uint32_t hosts = 300;
    shared_hosts shared;
    // Host n is the nearest in round n, and nobody is nearer than 10 ms.
    auto const nearest = [](std::uint32_t n) {
        return [n](hosts_table& t) {
            if (n > 0) t.update(n - 1, hostpick::network_metrics<float>{.latency_ms = 90.f});
            t.update(n, hostpick::network_metrics<float>{.latency_ms = 10.f});
        };
    };
    shared.write([](hosts_table& t) {
        for (std::uint32_t n = 0; n < hosts; ++n)
            t.add(n, hostpick::network_metrics<float>{.latency_ms = 90.f});
    });
    shared.write(nearest(0));

    std::atomic<bool> done = false;
    std::atomic<long> choices = 0, wrong = 0;
    std::vector<std::thread> readers;
    for (int n = 0; n < 2; ++n)
        readers.emplace_back([&] {
            for (std::uint32_t last = 0; !done;) {
                auto const best = shared.read([](hosts_table const& t) { return select_best_host(t); });
                ++choices;
                // A choice is of one round, and rounds do not run back.
                if (!best || best->latency_ms != 10 || best->host < last) ++wrong;
                else last = best->host;
            }
        });
    while (choices == 0) std::this_thread::yield();  // let the readers begin
    for (std::uint32_t n = 1; n < hosts; ++n) shared.write(nearest(n));
    done = true;
    for (auto& reader : readers) reader.join();
    std::cout << choices << " choices during " << hosts << " changes, " << wrong << " of them wrong\n";
    return wrong == 0 && choices > 0 ? 0 : 1;
}
