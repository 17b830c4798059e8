// SPDX-License-Identifier: MIT
#include "choose.hpp"

// Not run: what the standard library's containers do, both files share.
std::uint64_t change() {
    static many_metrics metrics;
    fill(metrics);
    kept_table const kept = changed_table(metrics);
    kept_table moved{kept};
    table other;
    other = std::move(moved).table();
    return choose(other, kept, metrics);
}
