// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/isa.hpp>
#include <hostpick/select.hpp>

#include "oracle.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

// What the tests of tables and of columns have in common.
namespace any_rows {

using oracle::splitmix64;

/// Every instruction set that this machine has.
inline std::vector<hostpick::detail::isa> machine_isas() {
    std::vector<hostpick::detail::isa> all{hostpick::detail::isa::base};
    if (hostpick::detail::best_isa() >= hostpick::detail::isa::avx2) all.push_back(hostpick::detail::isa::avx2);
    if (hostpick::detail::best_isa() >= hostpick::detail::isa::avx512) all.push_back(hostpick::detail::isa::avx512);
    return all;
}

template <class A, class B>
bool same_choices(A const& a, B const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](auto const& x, auto const& y) {
#ifdef __FAST_MATH__  // each call may be optimised in its own way, so equals may change places
        return x.step == y.step && std::abs(x.score - y.score) <= 1e-4;
#else
        return x.host == y.host && x.step == y.step && oracle::same_bits(x.score, y.score) &&
               oracle::same_bits(x.latency_ms, y.latency_ms);
#endif
    });
}

inline std::size_t any_size(splitmix64& random) {
    if (random.one_in(20'000)) return random.below(200'000);
    if (random.one_in(2'000)) return random.below(6'000);
    if (random.one_in(50)) return random.below(400);
    return random.below(40);
}

template <class Id>
Id any_id(splitmix64& random, std::size_t n) {
    auto const number = random.below(n < 20 ? 40 : 1'000'000'000);
    if constexpr (std::same_as<Id, std::string>) return std::to_string(number);
    else return static_cast<Id>(random.one_in(2) ? 0 - number : number);
}

struct odd_ids {
    bool asked = false;
    template <class Id>
    bool operator()(Id const& id) const {
        if constexpr (std::same_as<Id, std::string>) return asked && id.size() % 2 == 1;
        else return asked && id % 3 != 0;
    }
};

}  // namespace any_rows
