// SPDX-License-Identifier: MIT
#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

void* counted(std::size_t size, std::size_t alignment) {
    if (allocations::left == 0) {
#ifdef __cpp_exceptions
        throw std::bad_alloc{};
#endif
    }
    --allocations::left;
    ++allocations::made;
    allocations::bytes += size;
#ifdef _WIN32
    void* const memory = _aligned_malloc(size == 0 ? 1 : size, alignment);
#else
    void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment + (size == 0) * alignment);
#endif
    if (memory == nullptr) std::abort();
    return memory;
}
void freed(void* memory) noexcept {
#ifdef _WIN32
    _aligned_free(memory);
#else
    std::free(memory);
#endif
}
constexpr std::size_t usual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

// All forms, because a sanitizer has its own of those that are left out.
void* operator new(std::size_t size) { return counted(size, usual); }
void* operator new[](std::size_t size) { return counted(size, usual); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return counted(size, usual); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return counted(size, usual); }
void* operator new(std::size_t size, std::align_val_t to) { return counted(size, static_cast<std::size_t>(to)); }
void* operator new[](std::size_t size, std::align_val_t to) { return counted(size, static_cast<std::size_t>(to)); }
void operator delete(void* memory) noexcept { freed(memory); }
void operator delete[](void* memory) noexcept { freed(memory); }
void operator delete(void* memory, std::size_t) noexcept { freed(memory); }
void operator delete[](void* memory, std::size_t) noexcept { freed(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { freed(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { freed(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { freed(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { freed(memory); }
