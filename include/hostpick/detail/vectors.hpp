// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/detail/real.hpp>

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace hostpick::detail {

template <real R>
using int_of = std::make_signed_t<bits_of<R>>;

}  // namespace hostpick::detail

// avx512::registers, avx2::registers and base::registers
#define HOSTPICK_KERNEL <hostpick/detail/registers.hpp>
#include <hostpick/detail/per_isa.hpp>
