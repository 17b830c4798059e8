// SPDX-License-Identifier: MIT
//
// Compiled for a machine with more instructions than the rest of the program.
#include "choose.hpp"

std::size_t choose_with_more(unsigned seed) { return choose(seed); }
