// SPDX-License-Identifier: MIT
#pragma once

namespace hostpick::rolling {

/// What became of a sample. Those from `duplicate` on were refused: they changed a counter and
/// nothing else.
enum class push_result : unsigned char {
    accepted,
    baseline,        ///< the first reading of a counter: there is nothing to compare it with yet
    reordered,       ///< accepted, though later ones had come before it
    resynchronised,  ///< accepted: the stream started anew here
    counter_reset,   ///< the counter started anew here: a new baseline
    held,            ///< far off: a new start if its successor comes next, else an outlier
    duplicate,       ///< of one that was accepted
    late,            ///< after its timeout: it stays lost
    unexpected,      ///< to a question that was never asked, or is forgotten
    negative,        ///< a duration below zero
    not_finite,      ///< NaN or an infinity
    too_large,       ///< beyond what can be stored, or believed
    clock_ran_back,  ///< not after the sample before
    app_limited,     ///< the sender was slower than the path
    overtaken,       ///< of a train whose packets came in another order: it says nothing
};

/// Whether the sample changed nothing but a counter.
[[nodiscard]] constexpr bool was_refused(push_result r) noexcept {
    return r >= push_result::duplicate;
}

}  // namespace hostpick::rolling
