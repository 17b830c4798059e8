// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/rolling/confidence.hpp>

#include <cstdint>
#include <optional>

namespace monitor {

/// Packets whose timeout has passed, and those of them that were lost.
struct loss_count {
    std::uint64_t lost = 0;
    std::uint64_t settled = 0;

    friend bool operator==(loss_count const&, loss_count const&) = default;
};

struct loss_estimate {
    loss_count of;
    double mean;  ///< ratios, 0 to 1
    double high;  ///< the upper end of what is left open at 95 %
};

/// The loss of a path from the few probes of the last minute and the many of the last full test.
///
/// Both count together as long as they could be of one path: a probe that is lost now and then is
/// no reason to forget that 800 were not. Once they contradict each other beyond chance (their
/// Wilson intervals at z = 3 do not meet), the path has changed, and the recent ones count alone.
/// Nothing where nothing is settled.
///
///     pooled_loss({1, 30}, {0, 800})->mean   // 0.0012
///     pooled_loss({10, 30}, {0, 800})->mean  // 0.33
[[nodiscard]] inline std::optional<loss_estimate> pooled_loss(loss_count recent,
                                                              loss_count tested) {
    using hostpick::rolling::wilson_interval;
    auto const a = wilson_interval(recent.lost, recent.settled, 3);
    auto const b = wilson_interval(tested.lost, tested.settled, 3);
    bool const contradict = a && b && (a->low > b->high || a->high < b->low);
    loss_count const all = contradict ? recent
                                      : loss_count{recent.lost + tested.lost,
                                                   recent.settled + tested.settled};
    auto const open = wilson_interval(all.lost, all.settled);
    if (!open) return std::nullopt;
    double const mean = static_cast<double>(all.lost) / static_cast<double>(all.settled);
    return loss_estimate{all, mean, open->high};
}

}  // namespace monitor
