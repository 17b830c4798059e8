// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace hostpick::watch::internal {

struct point {
    double x;
    double y;
};

/// The slopes of the lines through all pairs of points, by rank, without making all of them.
///
/// How many slopes are below s is how many pairs change their order in y - s x: counted while
/// merging, in O(n log n). Bisection by the bits of s, at most 64 steps, leaves few slopes, which
/// are then listed. O(n) memory, O(64 n log n) a rank, whatever the points. Source: Dillencourt,
/// Mount and Netanyahu, "A randomized algorithm for slope selection" (1992), with bisection for its
/// chance.
class slopes {
public:
    /// The points are sorted by x, then by y; numbers and their differences are finite.
    explicit slopes(std::span<point const> points)
        : points_{points}, items_(points.size()), spare_(points.size()) {
        std::size_t const n = points.size();
        pairs_ = std::uint64_t{n} * (n - (n > 0 ? 1 : 0)) / 2;
        for (std::size_t from = 0, to = 0; from < n; from = to) {
            while (to < n && !(points[from].x < points[to].x)) ++to;
            pairs_ -= std::uint64_t{to - from} * (to - from - 1) / 2;
        }
    }

    /// How many there are: pairs whose x differ.
    [[nodiscard]] std::uint64_t size() const noexcept { return pairs_; }

    /// The slope with so many below it. Precondition: rank < size().
    [[nodiscard]] double nth(std::uint64_t rank) {
        std::size_t const few = 4096 + 8 * points_.size();
        if (pairs_ <= few) {
            listed_.clear();
            for (std::size_t i = 0; i < points_.size(); ++i)
                for (std::size_t j = i + 1; j < points_.size(); ++j) list(i, j);
            return listed(rank);
        }
        std::uint64_t below_low = 0, below_high = pairs_;
        auto [low, high] = bounds();
        while (low + 1 < high) {
            if (below_high - below_low <= few) {
                list_between(number(low), number(high));
                // Rounding may place a slope that is all but equal to a bound beyond it.
                if (listed_.empty()) break;
                return listed(detail::smaller(rank - below_low,
                                              std::uint64_t{listed_.size() - 1}));
            }
            std::int64_t const middle = std::midpoint(low, high);
            std::uint64_t const below = count_below(number(middle));
            if (below <= rank) low = middle, below_low = below;
            else high = middle, below_high = below;
        }
        return number(low);
    }

private:
    struct item {
        double r;          // y - s x
        std::uint32_t at;  // which point
    };

    // The order of these keys is the order of the numbers.
    [[nodiscard]] static std::int64_t key(double x) noexcept {
        auto const bits = std::bit_cast<std::int64_t>(x);
        return bits < 0 ? -(bits & 0x7FFF'FFFF'FFFF'FFFF) : bits;
    }
    [[nodiscard]] static double number(std::int64_t key) noexcept {
        return key < 0 ? -std::bit_cast<double>(-key) : std::bit_cast<double>(key);
    }

    /// Keys below all slopes and above: the least and the greatest are between neighbours.
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> bounds() const {
        std::int64_t low = 0, high = 0;
        bool first = true;
        for (std::size_t from = 0, to = 0, next = 0; from < points_.size(); from = to, to = next) {
            if (to == 0) to = end_of(0);
            if (to == points_.size()) break;
            next = end_of(to);
            double const width = points_[to].x - points_[from].x;
            std::int64_t const least = key((points_[to].y - points_[to - 1].y) / width);
            std::int64_t const most = key((points_[next - 1].y - points_[from].y) / width);
            low = first ? least : detail::smaller(low, least);
            high = first ? most : detail::larger(high, most);
            first = false;
        }
        // So far outside, a part in a million, that rounding does not matter.
        constexpr std::int64_t margin = std::int64_t{1} << 32;
        return {low - margin, high + margin};
    }
    [[nodiscard]] std::size_t end_of(std::size_t from) const noexcept {
        std::size_t to = from;
        while (to < points_.size() && !(points_[from].x < points_[to].x)) ++to;
        return to;
    }

    /// y - s x, where y is first moved towards zero, so that less of it is rounded.
    [[nodiscard]] double residual(std::size_t at, double slope) const noexcept {
        double const y = points_[at].y - points_[points_.size() / 2].y;
        return y - detail::rounded(slope * points_[at].x);
    }
    [[nodiscard]] std::uint64_t count_below(double slope) {
        for (std::size_t n = 0; n < items_.size(); ++n)
            items_[n] = {residual(n, slope), static_cast<std::uint32_t>(n)};
        return sort_items([](item const*, item const*, item const&) {});
    }
    /// Lists the slopes from `low` to below `high`: the pairs that change their order between.
    void list_between(double low, double high) {
        static_cast<void>(count_below(low));
        for (item& i : items_) i.r = residual(i.at, high);
        listed_.clear();
        sort_items([this](item const* from, item const* to, item const& jumper) {
            for (; from != to; ++from)
                list(detail::smaller(from->at, jumper.at),
                     detail::larger(from->at, jumper.at));
        });
    }
    void list(std::size_t i, std::size_t j) {
        double const width = points_[j].x - points_[i].x;
        if (width > 0) listed_.push_back((points_[j].y - points_[i].y) / width);
    }
    [[nodiscard]] double listed(std::uint64_t rank) {
        auto const at = listed_.begin() + static_cast<std::ptrdiff_t>(rank);
        std::nth_element(listed_.begin(), at, listed_.end());
        return *at;
    }

    /// Sorts by r, keeps the order of equals, and counts the pairs that change places; passes those
    /// that each one jumps over to `jumps`.
    template <class Jumps>
    std::uint64_t sort_items(Jumps jumps) {
        std::uint64_t changes = 0;
        std::size_t const n = items_.size();
        for (std::size_t run = 1; run < n; run *= 2) {
            for (std::size_t from = 0; from < n; from += 2 * run) {
                std::size_t const middle = detail::smaller(from + run, n);
                std::size_t const to = detail::smaller(from + 2 * run, n);
                std::size_t a = from, b = middle, out = from;
                while (a < middle && b < to) {
                    bool const jump = items_[b].r < items_[a].r;
                    if (jump) {
                        changes += middle - a;
                        jumps(items_.data() + a, items_.data() + middle, items_[b]);
                    }
                    spare_[out++] = items_[jump ? b++ : a++];
                }
                while (a < middle) spare_[out++] = items_[a++];
                while (b < to) spare_[out++] = items_[b++];
            }
            items_.swap(spare_);
        }
        return changes;
    }

    std::span<point const> points_;
    std::vector<item> items_, spare_;
    std::vector<double> listed_;
    std::uint64_t pairs_;
};

}  // namespace hostpick::watch::internal
