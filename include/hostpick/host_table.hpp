// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/column.hpp>
#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/scan.hpp>
#include <hostpick/eligibility.hpp>
#include <hostpick/metrics.hpp>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hostpick {

/// Where a host is in a table. It stays valid until the host is removed, whatever else comes and
/// goes, and never means another host.
struct host_handle {
    std::uint32_t row = 0;
    std::uint32_t generation = 0;  ///< of the row: even where it is empty

    friend constexpr bool operator==(host_handle, host_handle) = default;
};

/// Many hosts and what is known of them, as columns, from which the best are found at the speed of
/// memory.
///
/// A host has an id, which is unique, and a row, to which a handle leads. Adding, updating and
/// removing are O(1) by either; only adding allocates. Metrics are kept as `Real`; what is not
/// measured, or invalid, is kept as missing, and of a host that is not usable (failed, without a
/// latency, all packets lost, expired) the latency is not kept. Choosing from a table that is not
/// changed at the same time is safe from many threads. Where adding a host throws, because memory
/// is out or an id cannot be copied, the table stays as it was. There is room for 2^32 - 2 hosts.
///
///     host_table<std::string> hosts;
///     auto const paris = hosts.add("paris", network_metrics<>{.latency_ms = 30}, now);
///     hosts.update(paris, network_metrics<>{.latency_ms = 20}, now + 1s);
///     hosts.expire(now - 60s);
///     if (auto best = select_best_host(hosts)) connect(best->host);  // hostpick/select_table.hpp
template <class Id = std::uint64_t, class Real = float, class Hash = std::hash<Id>>
class host_table {
    static_assert(detail::real<Real>, "metrics are kept as float or double");
    static_assert(!std::is_same_v<Id, bool>, "there are more than two hosts");
    using stored = detail::stored<Real>;
    using bits = detail::bits_of<Real>;

public:
    using id_type = Id;
    using real_type = Real;
    /// A point in time, of any clock that runs forward.
    using instant = std::chrono::nanoseconds;

    HOSTPICK_INLINE host_table() = default;
    HOSTPICK_INLINE host_table(host_table const&) = default;
    HOSTPICK_INLINE host_table(host_table&&) = default;
    HOSTPICK_INLINE host_table& operator=(host_table const&) = default;
    HOSTPICK_INLINE host_table& operator=(host_table&&) = default;
    HOSTPICK_INLINE ~host_table() = default;

    /// Room for so many hosts, so that adding them does not allocate but for their ids.
    template <class Build = detail::this_build>
    void reserve(std::size_t hosts) {
        ids_.reserve(hosts + detail::scan_block), rows_.reserve(hosts), row_by_id_.reserve(hosts);
        latency_ms_.reserve(hosts), bandwidth_mbps_.reserve(hosts);
        packet_loss_.reserve(hosts), jitter_ms_.reserve(hosts);
    }

    /// Adds a host; one that is there already is updated. Allocates.
    template <host_metrics M = network_metrics<Real>, class Build = detail::this_build>
    host_handle add(Id const& id, M const& metrics = {}, instant measured_at = {}) {
        if (auto const known = find(id)) {
            update<M, Build>(*known, metrics, measured_at);
            return *known;
        }
        std::uint32_t const row = free_row<Build>(id);
        row_by_id_.emplace(id, row);
        first_free_ = rows_[row].next_free;
        ++rows_[row].generation;
        store<Build>(row, metrics, measured_at);
        return handle_at(row);
    }

    /// What is known of a host from now on. False, and nothing changes, where there is no such host,
    /// or something newer is known of it.
    template <host_metrics M, class Build = detail::this_build>
    bool update(host_handle handle, M const& metrics, instant measured_at = {}) noexcept {
        if (!contains(handle) || measured_at < rows_[handle.row].measured_at) return false;
        store<Build>(handle.row, metrics, measured_at);
        return true;
    }
    template <host_metrics M, class Build = detail::this_build>
    bool update(Id const& id, M const& metrics, instant measured_at = {}) {
        auto const handle = find(id);
        return handle && update<M, Build>(*handle, metrics, measured_at);
    }

    /// False where there is no such host.
    template <class Build = detail::this_build>
    bool remove(host_handle handle) {
        if (!contains(handle)) return false;
        row_by_id_.erase(ids_[handle.row]);
        leave(handle.row, exclusion::no_metrics);
        row_state& row = rows_[handle.row];
        if (++row.generation == 0) return true;  // used up: its next handle would be an old one's
        row.next_free = std::exchange(first_free_, handle.row);
        return true;
    }
    template <class Build = detail::this_build>
    bool remove(Id const& id) {
        auto const handle = find(id);
        return handle && remove<Build>(*handle);
    }

    /// Hosts that were measured before are not eligible until they are measured again; gives how
    /// many became so. O(rows).
    template <class Build = detail::this_build>
    std::size_t expire(instant before) noexcept {
        return expire<Build>(before, [](std::size_t) {});
    }
    /// The same, and passes the row of each of them to `use`.
    template <class Build = detail::this_build, class Use>
    std::size_t expire(instant before, Use use) {
        std::size_t expired = 0;
        for (std::size_t row = 0; row < rows(); ++row) {
            if (rows_[row].reason != exclusion::none || rows_[row].measured_at >= before) continue;
            leave(row, exclusion::expired);
            use(row);
            ++expired;
        }
        return expired;
    }

    HOSTPICK_INLINE [[nodiscard]] std::size_t size() const noexcept { return row_by_id_.size(); }
    HOSTPICK_INLINE [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    HOSTPICK_INLINE [[nodiscard]] bool contains(host_handle handle) const noexcept {
        return handle.row < rows() && handle.generation % 2 == 1 &&
               rows_[handle.row].generation == handle.generation;
    }
    HOSTPICK_INLINE [[nodiscard]] std::optional<host_handle> find(Id const& id) const {
        auto const found = row_by_id_.find(id);
        if (found == row_by_id_.end()) return std::nullopt;
        return host_handle{found->second, rows_[found->second].generation};
    }

    /// What the table knows of a host; of one that is not in it, nothing.
    HOSTPICK_INLINE [[nodiscard]] std::optional<network_metrics<Real>> metrics(host_handle handle) const noexcept {
        if (!contains(handle)) return std::nullopt;
        return metrics_at(handle.row);
    }
    /// The id of a host that is in the table.
    HOSTPICK_INLINE [[nodiscard]] Id const& id(host_handle handle) const noexcept { return ids_[handle.row]; }
    HOSTPICK_INLINE [[nodiscard]] std::optional<instant> measured_at(host_handle handle) const noexcept {
        if (!contains(handle)) return std::nullopt;
        return rows_[handle.row].measured_at;
    }

    // ---- by row, for those who walk over all of them

    /// Rows from 0 on; some of them may be empty.
    HOSTPICK_INLINE [[nodiscard]] std::size_t rows() const noexcept { return latency_ms_.size(); }
    HOSTPICK_INLINE [[nodiscard]] bool has_row(std::size_t row) const noexcept {
        return row < rows() && rows_[row].generation % 2 == 1;
    }
    HOSTPICK_INLINE [[nodiscard]] host_handle handle_at(std::size_t row) const noexcept {
        return {static_cast<std::uint32_t>(row), rows_[row].generation};
    }
    HOSTPICK_INLINE [[nodiscard]] Id const& id_at(std::size_t row) const noexcept { return ids_[row]; }
    HOSTPICK_INLINE [[nodiscard]] Id const* ids() const noexcept { return ids_.data(); }
    /// As it is kept: the largest number where the host is not usable.
    HOSTPICK_INLINE [[nodiscard]] Real latency_at(std::size_t row) const noexcept { return latency_ms_[row]; }
    /// Why the host of a row can be chosen by nobody, or `exclusion::none`.
    HOSTPICK_INLINE [[nodiscard]] exclusion reason_at(std::size_t row) const noexcept { return rows_[row].reason; }
    HOSTPICK_INLINE [[nodiscard]] network_metrics<Real> metrics_at(std::size_t row) const noexcept {
        network_metrics<Real> m;
        auto const known = [](std::optional<Real>& field, Real x,
                              bool is_known) HOSTPICK_INLINE_LAMBDA {
            if (is_known) field = x;
        };
        known(m.latency_ms, latency_ms_[row], latency_ms_[row] != stored::no_latency);
        known(m.bandwidth_mbps, bandwidth_mbps_[row],
              std::bit_cast<bits>(bandwidth_mbps_[row]) != detail::sign_bit<Real>);
        known(m.packet_loss, packet_loss_[row], packet_loss_[row] < stored::no_packet_loss);
        known(m.jitter_ms, jitter_ms_[row], jitter_ms_[row] != stored::no_jitter);
        m.failed = rows_[row].reason == exclusion::failed;
        return m;
    }
    /// The columns, filled up to whole blocks.
    HOSTPICK_INLINE [[nodiscard]] detail::column_view<Real> columns() const noexcept {
        return {latency_ms_.data(), bandwidth_mbps_.data(), packet_loss_.data(), jitter_ms_.data()};
    }
    HOSTPICK_INLINE [[nodiscard]] std::size_t column_size() const noexcept { return latency_ms_.filled_size(); }

private:
    static constexpr std::uint32_t none = (std::numeric_limits<std::uint32_t>::max)();

    struct row_state {
        instant measured_at{};
        std::uint32_t generation = 0;
        std::uint32_t next_free = none;
        exclusion reason = exclusion::no_metrics;
    };

    /// A row without a host, with the id in its place; only that has changed where this throws.
    template <class Build>
    std::uint32_t free_row(Id const& id) {
        if (rows() == 0) first_free_ = none;  // another table may have taken over the rows
        if (first_free_ == none) make_row<Build>();
        ids_[first_free_] = id;
        return first_free_;
    }
    template <class Build>
    void make_row() {
        std::size_t const row = rows(), size = row + 1;
        bandwidth_mbps_.grow(size, stored::no_bandwidth);
        packet_loss_.grow(size, stored::no_packet_loss);
        jitter_ms_.grow(size, stored::no_jitter);
        rows_.grow(size, {});
        // A scan reads whole blocks of ids too.
        ids_.resize(std::is_arithmetic_v<Id> ? bandwidth_mbps_.filled_size() : size);
        latency_ms_.grow(size, stored::no_latency);
        first_free_ = static_cast<std::uint32_t>(row);
    }

    template <class Build, class M>
    void store(std::uint32_t row, M const& metrics, instant measured_at) noexcept {
        auto const m = detail::read_metrics<Real>(metrics);
        using detail::smaller;
        bandwidth_mbps_[row] = m.bandwidth_mbps.value_or(stored::no_bandwidth);
        packet_loss_[row] = smaller(m.packet_loss.value_or(stored::no_packet_loss),
                                    stored::no_packet_loss);
        jitter_ms_[row] = m.jitter_ms.measured() ? smaller(m.jitter_ms.value, stored::largest)
                                                 : stored::no_jitter;
        rows_[row].measured_at = measured_at;
        exclusion const reason = detail::unusable(m, stored::most);
        if (reason != exclusion::none) return leave(row, reason);
        latency_ms_[row] = smaller(m.latency_ms.value, stored::largest);
        rows_[row].reason = exclusion::none;
    }
    HOSTPICK_INLINE void leave(std::size_t row, exclusion reason) noexcept {
        latency_ms_[row] = stored::no_latency;
        rows_[row].reason = reason;
    }

    detail::column<Real> latency_ms_, bandwidth_mbps_, packet_loss_, jitter_ms_;
    std::vector<Id> ids_;
    detail::column<row_state> rows_;
    std::unordered_map<Id, std::uint32_t, Hash> row_by_id_;
    std::uint32_t first_free_ = none;
};

}  // namespace hostpick
