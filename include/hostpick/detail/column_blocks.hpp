// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/column_scan.hpp>
#include <hostpick/detail/real.hpp>
#include <hostpick/detail/scan_kernels.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

namespace hostpick::detail {

/// The columns of a caller, of any length and with any numbers in them, for a scan: a block at a
/// time goes to where it fills registers, tidied as a table keeps its own.
template <class Build, class Columns>
class column_blocks {
    using Id = typename Columns::id_type;
    using R = typename Columns::real_type;
    using ScanId = typename scan_id<Id>::type;

public:
    column_blocks(Columns const& from, compiled_policy<R> const& ramps,
                  ready_limits<R> const& limits) noexcept
        : from_{from},
          plan_{plan_of<Build>(ramps, limits,
                               {.latency_ms = latency_ms_.data(),
                                .bandwidth_mbps = unless_empty(from.bandwidth_mbps, bandwidth_mbps_),
                                .packet_loss = unless_empty(from.packet_loss, packet_loss_),
                                .jitter_ms = unless_empty(from.jitter_ms, jitter_ms_)})} {
        from_.latency_ms = from.latency_ms.first(from.rows());  // the others have no id
    }
    column_blocks(column_blocks const&) = delete;  // the plan leads into it

    [[nodiscard]] std::size_t rows() const noexcept {
        return (from_.rows() + scan_block - 1) / scan_block * scan_block;
    }
    [[nodiscard]] scan_plan<R> const& plan() const noexcept { return plan_; }

    void scores(scan_kernel<R, ScanId> const& run, std::size_t row, std::size_t rows,
                R* out) noexcept {
        fetch(run, row, rows);
        run.scores_of(plan_, 0, rows, out);
    }
    [[nodiscard]] scan_ties<R, ScanId> ties(scan_kernel<R, ScanId> const& run, std::size_t row,
                                            std::size_t rows, ScanId last_id) noexcept {
        fetch(run, row, rows);
        if constexpr (std::is_same_v<ScanId, no_id>) {
            return {latency_ms_.data(), nullptr, {}};
        } else {
            for (std::size_t n = 0; n < rows; ++n)
                ids_[n] = row + n < from_.rows() ? static_cast<ScanId>(from_.id_at(row + n)) : 0;
            return {latency_ms_.data(), reinterpret_cast<std::byte const*>(ids_.data()), last_id};
        }
    }
    /// As the kernel's, of all rows. A group is a whole number of blocks, or a block of groups.
    std::size_t maxima(scan_kernel<R, ScanId> const& run, std::size_t rows_per_group, bool per_lane,
                       R* out, R* scores_out) noexcept {
        std::size_t written = 0;
        for (std::size_t row = 0; row < rows(); row += search_block) {
            std::size_t const count = smaller(search_block, rows() - row);
            fetch(run, row, count);
            bool const begins = row % rows_per_group == 0;
            R const before = begins ? plan_.none : out[--written];
            R* const to = scores_out == nullptr ? nullptr : scores_out + row;
            written += run.maxima(plan_, count, smaller(rows_per_group, search_block), per_lane,
                                  out + written, to);
            if (!begins) out[written - 1] = larger(out[written - 1], before);
        }
        return written;
    }

private:
    template <class T>
    using block = std::array<T, search_block>;

    [[nodiscard]] static R const* unless_empty(std::span<R const> from, block<R> const& at) noexcept {
        return from.empty() ? nullptr : at.data();
    }

    void fetch(scan_kernel<R, ScanId> const& run, std::size_t row, std::size_t rows) noexcept {
        if (row == fetched_) return;
        fetched_ = row;
        using kept = stored<R>;
        auto const tidy = [&](std::span<R const> from, R most, R missing, block<R>& to) {
            if (!from.empty())
                run.tidy(numbers(from, row, rows, to), rows, most, missing, to.data());
        };
        tidy(from_.latency_ms, kept::largest, kept::no_latency, latency_ms_);
        tidy(from_.bandwidth_mbps, kept::most, kept::no_bandwidth, bandwidth_mbps_);
        tidy(from_.jitter_ms, kept::largest, kept::no_jitter, jitter_ms_);
        if (from_.packet_loss.empty()) return;
        run.drop_lost(numbers(from_.packet_loss, row, rows, packet_loss_), rows, kept::no_latency,
                      latency_ms_.data());
        tidy(from_.packet_loss, kept::no_packet_loss, kept::no_packet_loss, packet_loss_);
    }
    /// The numbers from a row on: where they are, or copied and filled up with invalid ones.
    [[nodiscard]] static R const* numbers(std::span<R const> from, std::size_t row,
                                          std::size_t rows, block<R>& room) noexcept {
        std::size_t const there = row < from.size() ? smaller(rows, from.size() - row) : 0;
        if (there == rows) return from.data() + row;
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(row), there, room.begin());
        std::fill(room.begin() + there, room.begin() + rows, R{-1});
        return room.data();
    }

    Columns from_;
    alignas(64) block<R> latency_ms_, bandwidth_mbps_, packet_loss_, jitter_ms_;
    alignas(64) block<ScanId> ids_;
    scan_plan<R> plan_;
    std::size_t fetched_ = (std::numeric_limits<std::size_t>::max)();
};

}  // namespace hostpick::detail
