// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>

namespace bench {

/// The instruction set that tables are scanned with: the widest there is, unless `--isa` says less.
inline hostpick::detail::isa& forced_isa() {
    static hostpick::detail::isa which = hostpick::detail::best_isa();
    return which;
}

}  // namespace bench
