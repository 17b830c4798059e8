// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/instant.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

namespace monitor {

/// What is to be done when, the earliest first; of what is due at one time, what was added first.
/// Adding and taking are O(log n).
///
///     agenda<task> todo;
///     todo.add(now + 2s, task{host, task::probe});
///     while (auto const next = todo.take(now)) run(*next);
template <class Task>
class agenda {
public:
    using instant = hostpick::rolling::instant;

    void add(instant due, Task task) { entries_.push({due, added_++, std::move(task)}); }

    /// The next thing that is due by now; nothing where there is none yet.
    std::optional<Task> take(instant now) {
        if (entries_.empty() || entries_.top().due > now) return std::nullopt;
        Task task = entries_.top().task;
        entries_.pop();
        return task;
    }
    /// When the next thing is due; nothing where there is none.
    [[nodiscard]] std::optional<instant> due() const {
        return entries_.empty() ? std::nullopt : std::optional{entries_.top().due};
    }

private:
    struct entry {
        instant due;
        std::uint64_t number;
        Task task;
        friend bool operator>(entry const& a, entry const& b) {
            return a.due != b.due ? a.due > b.due : a.number > b.number;
        }
    };
    std::priority_queue<entry, std::vector<entry>, std::greater<>> entries_;
    std::uint64_t added_ = 0;
};

}  // namespace monitor
