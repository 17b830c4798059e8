// SPDX-License-Identifier: MIT
#include "writer.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace history {

std::optional<std::string> writer_settings::error() const {
    using std::chrono::milliseconds;
    constexpr milliseconds zero{0}, day{86'400'000};
    auto const is_span = [&](milliseconds t) { return zero < t && t <= day; };
    if (batch < 1 || batch > 100'000) return "batch: expected 1 to 100 000";
    if (most_waiting < batch || most_waiting > 100'000'000)
        return "most_waiting: expected batch to 100 000 000";
    if (!is_span(longest_wait)) return "longest_wait: expected 1 ms to a day";
    if (!is_span(first_retry) || !is_span(longest_retry) || first_retry > longest_retry)
        return "first_retry: expected at most longest_retry, both 1 ms to a day";
    if (at_exit < zero || at_exit > day) return "at_exit: expected 0 ms to a day";
    if (keep && (*keep < std::chrono::hours{1} || *keep > std::chrono::hours{24 * 36'500}))
        return "keep: expected an hour to 36 500 days";
    return std::nullopt;
}

writer::writer(opener open, writer_settings const& settings,
               std::function<void(std::string const&)> say)
    : open_{std::move(open)}, settings_{settings}, say_{std::move(say)} {
    if (auto const error = settings_.error()) throw std::invalid_argument{*error};
    thread_ = std::thread{[this] { run(); }};
}

writer::~writer() {
    {
        std::unique_lock lock{mutex_};
        ending_ = true;
        work_.notify_all();
        done_.wait_for(lock, settings_.at_exit + std::chrono::milliseconds{100},
                       [this] { return ended_; });
        if (!waiting_.empty() && say_)
            say_("history: " + std::to_string(waiting_.size()) + " records were not written");
    }
    thread_.join();
}

template <class Record>
bool writer::take(Record r) {
    auto const error = error_in(r);
    std::unique_lock lock{mutex_};
    if (error || waiting_.size() >= settings_.most_waiting) {
        auto& refused = error ? counts_.refused_invalid : counts_.refused_full;
        bool const is_news = ++refused == 1;
        lock.unlock();
        if (is_news && say_)
            say_("history: refused what came of \"" + r.host + "\", and from now on counts such: " +
                 error.value_or("too much is waiting"));
        return false;
    }
    if (waiting_.empty()) oldest_ = clock::now();
    waiting_.emplace_back(std::move(r));
    ++counts_.taken;
    if (waiting_.size() == 1 || waiting_.size() == settings_.batch) work_.notify_all();
    return true;
}
bool writer::add(sample s) { return take(std::move(s)); }
bool writer::add(decision d) { return take(std::move(d)); }

writer_counts writer::counts() const {
    std::lock_guard const lock{mutex_};
    writer_counts now = counts_;
    now.waiting = waiting_.size();
    return now;
}

bool writer::wait_until_written(std::chrono::milliseconds at_most) {
    std::unique_lock lock{mutex_};
    std::uint64_t const wanted = counts_.taken;
    return done_.wait_for(lock, at_most, [&] { return counts_.written >= wanted; });
}

void writer::run() {
    auto retry = settings_.first_retry;
    while (true) {
        {
            std::unique_lock lock{mutex_};
            work_.wait_for(lock, std::chrono::minutes{1},
                           [&] { return ending_ || !waiting_.empty(); });
            // More may come in time for the same batch.
            if (!waiting_.empty())
                work_.wait_until(lock, oldest_ + settings_.longest_wait, [&] {
                    return ending_ || waiting_.size() >= settings_.batch;
                });
            if (ending_) break;
        }
        if (write_some()) {
            retry = settings_.first_retry;
            forget_some();
            continue;
        }
        std::unique_lock lock{mutex_};
        work_.wait_for(lock, retry, [&] { return ending_; });
        retry = std::min(2 * retry, settings_.longest_retry);
    }

    auto const until = clock::now() + settings_.at_exit;
    while (counts().waiting > 0 && clock::now() < until) {
        if (write_some()) continue;
        std::this_thread::sleep_for(
            std::min<clock::duration>(settings_.first_retry, until - clock::now()));
    }
    std::lock_guard const lock{mutex_};
    counts_.lost += waiting_.size();
    ended_ = true;
    done_.notify_all();
}

/// The first that are waiting, who stay there until they are written.
batch writer::next_batch() const {
    std::lock_guard const lock{mutex_};
    batch next;
    for (std::size_t n = 0; n < std::min(settings_.batch, waiting_.size()); ++n)
        std::visit(
            [&](auto const& r) {
                if constexpr (std::is_same_v<std::decay_t<decltype(r)>, sample>)
                    next.samples.push_back(r);
                else next.decisions.push_back(r);
            },
            waiting_[n]);
    return next;
}

/// Whether a batch was written, or there was none.
bool writer::write_some() {
    batch const next = next_batch();
    if (next.empty()) return true;
    if (!attempt("not written, ", [&](sink& s) { s.write(next); })) return false;
    std::lock_guard const lock{mutex_};
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(next.size()));
    oldest_ = clock::now();
    ++counts_.batches;
    counts_.written += next.size();
    done_.notify_all();
    return true;
}

/// Deletes a part of what is too old; the next part after the next batch.
void writer::forget_some() {
    if (!settings_.keep || clock::now() < next_forgetting_) return;
    bool more = false;
    auto const now = std::chrono::duration_cast<unix_time>(
        std::chrono::system_clock::now().time_since_epoch());
    bool const done = attempt("what is old is not deleted, ", [&](sink& s) {
        more = s.forget_all_but(*settings_.keep, now);
    });
    if (!more) next_forgetting_ = clock::now() + std::chrono::minutes{done ? 60 : 10};
}

/// Whether it could be done. After a failure the next attempt opens the store anew.
bool writer::attempt(char const* failed, std::function<void(sink&)> const& work) {
    try {
        if (!sink_) sink_ = open_();
        work(*sink_);
        note({});
        return true;
    } catch (std::exception const& e) {
        sink_.reset();
        note(failed + std::string{e.what()});
        return false;
    }
}

void writer::note(std::string const& trouble) {
    std::string before;
    {
        std::lock_guard const lock{mutex_};
        before = std::exchange(counts_.trouble, trouble);
        if (!trouble.empty()) ++counts_.failures;
    }
    if (!say_ || before.empty() == trouble.empty()) return;
    say_("history: " + (trouble.empty() ? "is written again" : trouble));
}

}  // namespace history
