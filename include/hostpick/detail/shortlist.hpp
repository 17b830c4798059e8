// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/scan_kernels.hpp>

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
    using kernel = scan_kernel<R, typename scan_id<typename Table::id_type>::type>;

    static constexpr std::size_t most = 512;

public:
    [[nodiscard]] static constexpr bool can_hold(std::size_t k, Table const& table) noexcept {
        return k <= most && table.rows() <= (std::numeric_limits<std::uint32_t>::max)();
    }
    static constexpr std::size_t few = 256;  // are sorted faster by their ranks
    /// How many hosts may come between two calls of `raise`.
    static constexpr std::size_t at_once = 256;

    shortlist(isa which, Table const& table, std::size_t k) noexcept
        : run_{scan_kernel_for<Build, R, typename scan_id<typename Table::id_type>::type>(which)},
          table_{table},
          k_{k} {}

    void enter(std::size_t row, R score) noexcept {
        entries_[size_++] = {score > 0 ? score : R{0}, table_.latency_at(row),
                             static_cast<std::uint32_t>(row)};
    }
    [[nodiscard]] bool is_full() const noexcept { return size_ >= k_; }

    /// What comes next must rank before the last of the places.
    template <class ScanId>
    void raise(scan_bar<R>& bar, ScanId& id) {
        if (size_ < k_ + at_once / 4 || size_ < 2 * k_ - settled_) return;
        keep_best();
        entry const& last = entries_[k_ - 1];
        bar = {last.score, true, last.latency_ms};
        if constexpr (!std::is_same_v<ScanId, no_id>)
            id = static_cast<ScanId>(table_.id_at(last.row));
    }

    /// Nobody who comes later ranks before those who are here.
    void end_step() {
        if (size_ - settled_ > few || k_ == 1) keep_best();
        if (size_ - settled_ > few) std::sort(unsettled(), end(), order());
        else if (k_ > 1) sort_few();
        settled_ = size_ = smaller(k_, size_);
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
    /// Drops all but the best `k`, of which the last one is at its place.
    void keep_best() {
        if (size_ <= k_) return;
        auto const last = entries_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
        if (k_ == 1) std::iter_swap(last, std::min_element(last, end(), order()));
        else std::nth_element(unsettled(), last, end(), order());
        size_ = k_;
    }
    /// By their ranks among the scores, and then by what decides between equal ones.
    void sort_few() {
        std::array<entry, few> unsorted;
        alignas(64) std::array<R, few> scores;
        std::array<std::uint32_t, few> ranks;
        std::size_t const count = size_ - settled_;
        std::size_t const filled = (count + run_.lanes - 1) / run_.lanes * run_.lanes;
        std::copy(unsettled(), end(), unsorted.begin());
        for (std::size_t n = 0; n < count; ++n) scores[n] = unsorted[n].score;
        std::fill(scores.begin() + count, scores.begin() + filled, R{-1});
        run_.ranks(scores.data(), filled, ranks.data());
        std::array<std::uint16_t, few> placed;  // of a rank, which equal scores share
        std::fill(placed.begin(), placed.begin() + filled, std::uint16_t{0});
        bool all_differ = true;
        for (std::size_t n = 0; n < count; ++n) {
            std::uint16_t const before = placed[ranks[n]]++;
            unsettled()[ranks[n] + before] = unsorted[n];
            all_differ = all_differ && before == 0;
        }
        for (auto first = unsettled(); !all_differ && first != end();) {
            auto const differs = [&](entry const& e) { return e.score != first->score; };
            auto const last = std::find_if(first + 1, end(), differs);
            if (last - first > 1) std::sort(first, last, order());
            first = last;
        }
    }
    [[nodiscard]] auto order() const noexcept {
        return [this](entry const& a, entry const& b) {
            if (a.score != b.score) return a.score > b.score;
            if (a.latency_ms != b.latency_ms) return a.latency_ms < b.latency_ms;
            return table_.id_at(a.row) < table_.id_at(b.row);
        };
    }

    kernel const& run_;
    Table const& table_;
    std::size_t k_;
    std::size_t size_ = 0;
    std::size_t settled_ = 0;  // of earlier steps
    std::size_t steps_ = 0;
    std::array<std::size_t, 16> step_ends_;
    std::array<entry, 2 * most + at_once> entries_;
};

}  // namespace hostpick::detail
