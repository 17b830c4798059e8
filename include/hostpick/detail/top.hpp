// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/few_places.hpp>
#include <hostpick/detail/many_places.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

// The k best in one walk over the hosts, in room for k.
namespace hostpick::detail {

/// A caller's span filled from the front, with the part of a vector's interface that we need.
template <class Choice>
class filled_span {
public:
    constexpr explicit filled_span(std::span<Choice> room) noexcept : room_{room} {}
    HOSTPICK_INLINE [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    HOSTPICK_INLINE [[nodiscard]] constexpr Choice* begin() const noexcept { return room_.data(); }
    HOSTPICK_INLINE [[nodiscard]] constexpr Choice* end() const noexcept { return room_.data() + size_; }
    HOSTPICK_INLINE constexpr void push_back(Choice choice) { room_[size_++] = std::move(choice); }
    HOSTPICK_INLINE constexpr void erase(Choice* from, Choice*) noexcept {
        size_ = static_cast<std::size_t>(from - begin());
    }

private:
    std::span<Choice> room_;
    std::size_t size_ = 0;
};

/// Fills `kept`, which is empty, with the `k` best of the candidates that `walk` lets enter its
/// argument, best first. Without repeated ids `walk` is called once.
template <bool IdsMayRepeat, class Build = this_build, class Kept, class Walk>
constexpr void keep_best(Kept& kept, std::size_t k, Walk walk) {
    using choice = std::remove_cvref_t<decltype(*kept.begin())>;
    using few = few_places<choice, IdsMayRepeat, 16, Build>;
    if (k == 0) return;
    if (k <= few::most) {
        few places{k};
        walk(places);
        places.give_to(kept);
    } else {
        many_places<Kept, IdsMayRepeat, Build>{kept, k}.fill(walk);
    }
}

}  // namespace hostpick::detail
