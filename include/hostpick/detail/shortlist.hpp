// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/scan.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace hostpick::detail {

/// The hosts of a table that a scan let pass, as rows, of which the best `k` are wanted: at first it
/// takes whatever comes, because a scan lets few hosts pass; where they are many, it drops all but
/// the best and raises the bar.
template <class Build, class Table>
class shortlist {
    using R = typename Table::real_type;

    static constexpr std::size_t most = 512;

public:
    [[nodiscard]] static constexpr bool can_hold(std::size_t k, Table const& table) noexcept {
        return k <= most && table.rows() <= (std::numeric_limits<std::uint32_t>::max)();
    }
    /// How many hosts may come between two calls of `raise`.
    static constexpr std::size_t at_once = 256;

    constexpr shortlist(Table const& table, std::size_t k) noexcept : table_{table}, k_{k} {}

    void enter(std::size_t row, R score) noexcept {
        entries_[size_++] = {score > 0 ? score : R{0}, table_.latency_at(row),
                             static_cast<std::uint32_t>(row)};
    }
    [[nodiscard]] bool is_full() const noexcept { return size_ >= k_; }

    /// What comes next must rank before the last of the places.
    template <class ScanId>
    void raise(scan_bar<R>& bar, ScanId& id) {
        if (size_ < k_ + at_once / 4 || size_ < 2 * k_ - settled_) return;
        auto const last = entries_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
        std::nth_element(unsettled(), last, end(), order());
        size_ = k_;
        bar = {last->score, true, last->latency_ms};
        if constexpr (!std::is_same_v<ScanId, no_id>)
            id = static_cast<ScanId>(table_.id_at(last->row));
    }

    /// Nobody who comes later ranks before those who are here.
    void end_step() {
        auto const places = static_cast<std::ptrdiff_t>(smaller(k_, size_));
        std::partial_sort(unsettled(), entries_.begin() + places, end(), order());
        settled_ = size_ = static_cast<std::size_t>(places);
        step_ends_[steps_++] = settled_;
    }
    /// Appends the choices to `kept`, best first.
    template <class Choice, class Kept>
    void give_to(Kept& kept) const {
        unsigned step = 0;
        for (std::size_t n = 0; n < settled_; ++n) {
            while (n >= step_ends_[step]) ++step;
            entry const& e = entries_[n];
            kept.push_back(Choice{table_.id_at(e.row), step, static_cast<double>(e.score),
                                  static_cast<double>(e.latency_ms), e.row});
        }
    }

private:
    struct entry {
        R score;
        R latency_ms;
        std::uint32_t row;
    };
    [[nodiscard]] auto unsettled() noexcept {
        return entries_.begin() + static_cast<std::ptrdiff_t>(settled_);
    }
    [[nodiscard]] auto end() noexcept {
        return entries_.begin() + static_cast<std::ptrdiff_t>(size_);
    }
    [[nodiscard]] auto order() const noexcept {
        return [this](entry const& a, entry const& b) {
            if (a.score != b.score) return a.score > b.score;
            if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
            return table_.id_at(a.row) < table_.id_at(b.row);
        };
    }

    Table const& table_;
    std::size_t k_;
    std::size_t size_ = 0;
    std::size_t settled_ = 0;  // of earlier steps
    std::size_t steps_ = 0;
    std::array<std::size_t, 16> step_ends_;
    std::array<entry, 2 * most + at_once> entries_;
};

}  // namespace hostpick::detail
