// SPDX-License-Identifier: MIT
#include "choose.hpp"

#include <cstdio>

std::size_t choose_with_more(unsigned seed);

/// With an argument it calls what was compiled for a better machine, which this one may not be.
int main(int argc, char**) {
    std::size_t const best = argc > 1 ? choose_with_more(7) : choose(7);
    std::printf("%zu\n", best);
    return best == 0;
}
