// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>
#include <hostpick/detail/scan.hpp>

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace hostpick::detail {

/// Plain values one after the other, beginning where a cache line does and filled up to whole blocks
/// of a scan.
///
/// All of it is inline, so that files compiled for different machines do not share it.
template <class T>
class column {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64);

public:
    column() = default;
    HOSTPICK_INLINE column(column const& other) {
        reserve(other.size_);
        size_ = other.size_;
        if (size_ > 0) std::memcpy(values_, other.values_, filled_size() * sizeof(T));
    }
    HOSTPICK_INLINE column(column&& other) noexcept { swap(other); }
    HOSTPICK_INLINE column& operator=(column other) noexcept {
        swap(other);
        return *this;
    }
    HOSTPICK_INLINE ~column() { release(values_); }

    HOSTPICK_INLINE [[nodiscard]] T const* data() const noexcept { return values_; }
    HOSTPICK_INLINE [[nodiscard]] std::size_t size() const noexcept { return size_; }
    HOSTPICK_INLINE [[nodiscard]] std::size_t filled_size() const noexcept {
        return whole_blocks(size_);
    }
    HOSTPICK_INLINE [[nodiscard]] T const& operator[](std::size_t n) const noexcept {
        return values_[n];
    }
    HOSTPICK_INLINE [[nodiscard]] T& operator[](std::size_t n) noexcept { return values_[n]; }

    HOSTPICK_INLINE void reserve(std::size_t size) {
        if (size <= capacity_) return;
        std::size_t const capacity = larger(whole_blocks(size), 2 * capacity_);
        void* const room = ::operator new(capacity * sizeof(T), alignment);
        if (size_ > 0) std::memcpy(room, values_, filled_size() * sizeof(T));
        release(std::exchange(values_, static_cast<T*>(room)));
        capacity_ = capacity;
    }
    /// To at least `size` values. Nothing changes where memory is out.
    HOSTPICK_INLINE void grow(std::size_t size, T const& filling) {
        if (size <= size_) return;
        reserve(size);
        for (std::size_t n = filled_size(); n < whole_blocks(size); ++n)
            ::new (static_cast<void*>(values_ + n)) T(filling);
        size_ = size;
    }

private:
    static constexpr std::align_val_t alignment{64};

    HOSTPICK_INLINE static constexpr std::size_t whole_blocks(std::size_t size) noexcept {
        return (size + scan_block - 1) / scan_block * scan_block;
    }
    HOSTPICK_INLINE static void release(T* values) noexcept {
        if (values != nullptr) ::operator delete(values, alignment);
    }
    HOSTPICK_INLINE void swap(column& other) noexcept {
        std::swap(values_, other.values_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    T* values_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace hostpick::detail
