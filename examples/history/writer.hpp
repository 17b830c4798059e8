// SPDX-License-Identifier: MIT
#pragma once

#include "store.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

namespace history {

/// How a writer writes.
struct writer_settings {
    std::size_t batch = 1'000;                   ///< written at once, at most ...
    std::chrono::milliseconds longest_wait{2'000};  ///< ... and no later than so
    std::size_t most_waiting = 100'000;          ///< beyond which nothing is taken: some 20 MB
    std::chrono::milliseconds first_retry{500};  ///< doubled after each failure ...
    std::chrono::milliseconds longest_retry{30'000};  ///< ... up to this
    std::chrono::milliseconds at_exit{5'000};    ///< for what is still waiting then
    /// What is older than the newest so many hours, up to now, in which something was seen is
    /// deleted, once an hour. So a clock that is ahead for an hour makes nobody forget more than an
    /// hour, one that is behind makes nobody forget, and who watched nothing for a month forgets
    /// nothing of the time before.
    std::optional<std::chrono::hours> keep{};

    /// The first thing that is wrong with the numbers, or nothing.
    [[nodiscard]] std::optional<std::string> error() const;
};

/// What became of all that a writer was given: `taken` is `written`, `lost` or `waiting`.
struct writer_counts {
    std::uint64_t taken = 0;
    std::uint64_t written = 0;
    std::uint64_t waiting = 0;
    std::uint64_t refused_full = 0;     ///< because too much was waiting
    std::uint64_t refused_invalid = 0;  ///< because no store would take it
    std::uint64_t lost = 0;             ///< still waiting when the writer had to end
    std::uint64_t batches = 0;
    std::uint64_t failures = 0;  ///< attempts to open the store, to write, or to delete
    std::string trouble;         ///< of the last attempt, empty where that went well
};

/// Writes to a store from a thread of its own, so that no one who measures or chooses ever waits
/// for a database.
///
/// What was taken is written in its order, in batches that are tried again until they are written;
/// the store is opened anew after each failure. While a database is away, samples wait in a bounded
/// buffer. Once that is full the newest are refused and counted: those that were taken stay taken,
/// and the history has one hole rather than many. Killed, the program loses what is waiting, which
/// while all goes well is at most one batch, or `longest_wait` of it.
///
/// Any thread may call it.
class writer {
public:
    using opener = std::function<std::unique_ptr<sink>()>;

    /// Opens nothing yet: also a store that cannot be opened is tried again. `say` is called from
    /// the writer's thread, once when trouble begins and once when it ends, and by `add` when
    /// something is refused for the first time. Throws
    /// std::invalid_argument where the settings make no sense.
    writer(opener open, writer_settings const& settings,
           std::function<void(std::string const&)> say = {});
    /// Writes what is waiting, for at most `at_exit` and the time that one attempt takes; says how
    /// much is left after `at_exit`.
    ~writer();
    writer(writer const&) = delete;
    writer& operator=(writer const&) = delete;

    /// Whether it was taken. It does not wait, and does not throw but for want of memory.
    bool add(sample s);
    bool add(decision d);

    [[nodiscard]] writer_counts counts() const;
    /// Waits until all that was taken so far is written; false where that takes longer.
    bool wait_until_written(std::chrono::milliseconds at_most);

private:
    using clock = std::chrono::steady_clock;
    using record = std::variant<sample, decision>;

    template <class Record>
    bool take(Record r);
    void run();
    bool write_some();
    void forget_some();
    bool attempt(char const* failed, std::function<void(sink&)> const& work);
    void note(std::string const& trouble);
    [[nodiscard]] batch next_batch() const;

    opener const open_;
    writer_settings const settings_;
    std::function<void(std::string const&)> const say_;

    // Of the thread alone.
    std::unique_ptr<sink> sink_{};
    clock::time_point next_forgetting_{};

    mutable std::mutex mutex_{};
    std::condition_variable work_{}, done_{};
    std::deque<record> waiting_{};
    clock::time_point oldest_{};  // when the first of those that are waiting was taken
    writer_counts counts_{};
    bool ending_ = false, ended_ = false;
    std::thread thread_{};
};

}  // namespace history
