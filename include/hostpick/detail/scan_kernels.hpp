// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/real.hpp>
#include <hostpick/detail/scan.hpp>
#include <hostpick/detail/vectors.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// The loops of a scan for every instruction set that the compiler can make, and the choice of one.

#define HOSTPICK_KERNEL <hostpick/detail/scan_kernel.hpp>
#include <hostpick/detail/per_isa.hpp>

namespace hostpick::detail {

/// The loops for an instruction set; what was not compiled in is the base's.
template <class Build, real R, class Id>
[[nodiscard]] inline scan_kernel<R, Id> const& scan_kernel_for([[maybe_unused]] isa which) noexcept {
#if HOSTPICK_DISPATCH
    if (which == isa::avx512) return avx512::kernel<Build, R>::template functions<Id>;
    if (which == isa::avx2) return avx2::kernel<Build, R>::template functions<Id>;
#endif
    return base::kernel<Build, R>::template functions<Id>;
}

/// The largest of numbers, a multiple of `scan_block` of them and not 0.
template <class Build, real R>
[[nodiscard]] inline R largest_of(R const* numbers, std::size_t count) noexcept {
    return scan_kernel_for<Build, R, no_id>(best_isa()).largest(numbers, count);
}

}  // namespace hostpick::detail
