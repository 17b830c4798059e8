// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/constraints.hpp>
#include <hostpick/decision.hpp>
#include <hostpick/rolling/instant.hpp>
#include <hostpick/rolling/push_result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

namespace hostpick {

/// A decision, when it was made, and its number among all that were.
template <class Decision>
struct ring_entry {
    std::uint64_t sequence = 0;  ///< from 0
    rolling::instant at{};
    Decision decision{};
};

/// The last `N` decisions, each with its time and its number; the oldest gives way to the newest.
///
/// A decision is any default-initializable value: a `decision<Id>`, or what the caller adds to it.
/// A time before that of the newest entry is refused and counted (`clock_ran_back`); the same time
/// again is not. The entries are a range from the oldest to the newest, and `rbegin` to `rend` the
/// other way. O(1); it allocates nothing but what a decision does.
///
///     decision_ring<decision<int>, 64> log;
///     log.push(decide(ids, metrics), now);
///     for (auto const& [sequence, at, d] : log) print(sequence, at, describe(d));
template <class Decision, std::size_t N>
class decision_ring {
    static_assert(N > 0, "there is a last decision");

public:
    using entry = ring_entry<Decision>;

    constexpr rolling::push_result push(Decision decision, rolling::instant at) {
        if (!empty() && at < newest().at) {
            ++refused_;
            return rolling::push_result::clock_ran_back;
        }
        entry& slot = entries_[static_cast<std::size_t>(pushed_ % N)];
        slot.sequence = pushed_++;
        slot.at = at;
        slot.decision = std::move(decision);
        return rolling::push_result::accepted;
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept {
        return pushed_ < N ? static_cast<std::size_t>(pushed_) : N;
    }
    [[nodiscard]] constexpr bool empty() const noexcept { return pushed_ == 0; }
    [[nodiscard]] static constexpr std::size_t capacity() noexcept { return N; }
    /// How many entries gave way to later ones.
    [[nodiscard]] constexpr std::uint64_t overwritten() const noexcept { return pushed_ - size(); }
    /// How many decisions came with a time that ran back.
    [[nodiscard]] constexpr std::uint64_t refused() const noexcept { return refused_; }

    /// The n-th of the entries, the oldest first. Precondition: `n < size()`.
    [[nodiscard]] constexpr entry const& operator[](std::size_t n) const noexcept {
        return entries_[static_cast<std::size_t>((overwritten() + n) % N)];
    }
    /// Precondition: not empty.
    [[nodiscard]] constexpr entry const& oldest() const noexcept { return (*this)[0]; }
    [[nodiscard]] constexpr entry const& newest() const noexcept { return (*this)[size() - 1]; }

    class iterator {
    public:
        using iterator_category = std::bidirectional_iterator_tag;
        using value_type = entry;
        using difference_type = std::ptrdiff_t;
        using pointer = entry const*;
        using reference = entry const&;

        constexpr iterator() noexcept = default;
        constexpr reference operator*() const noexcept { return (*ring_)[n_]; }
        constexpr pointer operator->() const noexcept { return &**this; }
        constexpr iterator& operator++() noexcept { return ++n_, *this; }
        constexpr iterator& operator--() noexcept { return --n_, *this; }
        constexpr iterator operator++(int) noexcept {
            return std::exchange(*this, {ring_, n_ + 1});
        }
        constexpr iterator operator--(int) noexcept {
            return std::exchange(*this, {ring_, n_ - 1});
        }
        friend constexpr bool operator==(iterator const&, iterator const&) = default;

    private:
        friend decision_ring;
        constexpr iterator(decision_ring const* ring, std::size_t n) noexcept
            : ring_{ring}, n_{n} {}

        decision_ring const* ring_ = nullptr;
        std::size_t n_ = 0;
    };
    [[nodiscard]] constexpr iterator begin() const noexcept { return {this, 0}; }
    [[nodiscard]] constexpr iterator end() const noexcept { return {this, size()}; }
    [[nodiscard]] constexpr auto rbegin() const noexcept { return std::reverse_iterator{end()}; }
    [[nodiscard]] constexpr auto rend() const noexcept { return std::reverse_iterator{begin()}; }

private:
    std::array<entry, N> entries_{};
    std::uint64_t pushed_ = 0, refused_ = 0;
};

/// How often a host was the first choice.
template <class Id>
struct host_count {
    Id host{};
    std::uint64_t times = 0;

    friend constexpr bool operator==(host_count const&, host_count const&) = default;
};

/// How often each host was the first choice, how often the choice changed, and how often there was
/// none.
///
/// The first `MaxHosts` different hosts have a count each; choices of any other host are counted
/// together, as `others`. A change is a choice that differs from the one before it, also to nobody
/// and from nobody; the first is none. O(MaxHosts) a choice; it allocates nothing but for ids.
///
///     choice_counts<std::string, 32> counts;
///     counts.add(decide(ids, metrics));
template <class Id, std::size_t MaxHosts>
class choice_counts {
public:
    static constexpr std::size_t steps = 1 + relaxation::max_steps;

    constexpr void add(decision<Id> const& d) {
        if (d.chosen) add(d.chosen->host, d.chosen->verdict.step);
        else add(std::nullopt);
    }
    /// The host that was chosen, or nobody; a step that there cannot be counts as the last.
    constexpr void add(std::optional<Id> const& chosen, unsigned step = 0) {
        if (decisions_++ > 0 && chosen != last_) ++changes_;
        last_ = chosen;
        if (!chosen) {
            ++nobody_;
            return;
        }
        ++at_step_[detail::smaller(std::size_t{step}, steps - 1)];
        for (std::size_t n = 0; n < size_; ++n)
            if (hosts_[n].host == *chosen) {
                ++hosts_[n].times;
                return;
            }
        if (size_ < MaxHosts) hosts_[size_++] = {*chosen, 1};
        else ++others_;
    }

    [[nodiscard]] constexpr std::uint64_t decisions() const noexcept { return decisions_; }
    [[nodiscard]] constexpr std::uint64_t nobody() const noexcept { return nobody_; }
    [[nodiscard]] constexpr std::uint64_t changes() const noexcept { return changes_; }
    [[nodiscard]] constexpr std::uint64_t others() const noexcept { return others_; }
    /// Choices of hosts of that relaxation step; 0 of a step that there cannot be.
    [[nodiscard]] constexpr std::uint64_t at_step(std::size_t step) const noexcept {
        return step < steps ? at_step_[step] : 0;
    }
    /// The hosts that have a count, in the order of their first choice.
    [[nodiscard]] constexpr std::span<host_count<Id> const> hosts() const noexcept {
        return {hosts_.data(), size_};
    }
    /// How often a host was chosen; nothing where it has no count of its own and others were.
    [[nodiscard]] constexpr std::optional<std::uint64_t> of(Id const& host) const {
        for (auto const& h : hosts())
            if (h.host == host) return h.times;
        return others_ == 0 ? std::optional<std::uint64_t>{0} : std::nullopt;
    }

private:
    std::array<host_count<Id>, MaxHosts> hosts_{};
    std::size_t size_ = 0;
    std::array<std::uint64_t, steps> at_step_{};
    std::uint64_t decisions_ = 0, nobody_ = 0, changes_ = 0, others_ = 0;
    std::optional<Id> last_{};
};

}  // namespace hostpick
