// SPDX-License-Identifier: MIT
#pragma once

#include "settings.hpp"
#include "snapshot.hpp"

#include "writer.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace monitor {

/// Remembers what the monitor sees: of each host a sample now and then, and every decision that is news. The
/// writing is done elsewhere (`history::writer`), so that no database ever holds up a probe.
class historian {
public:
    using opener = history::writer::opener;

    historian(history_settings const& s, opener open, std::function<void(std::string const&)> say);

    /// Takes what is new in a snapshot.
    void take(snapshot const& now);

    [[nodiscard]] history::writer_counts counts() const { return writer_.counts(); }

private:
    history_settings settings_;
    history::writer writer_;
    std::optional<hostpick::rolling::instant> last_{};
    std::map<std::string, hostpick::rolling::instant> tested_{};  ///< of which the bandwidth is known
    std::uint64_t next_routing_ = 0;
};

/// A store where the settings say, for `historian`.
[[nodiscard]] historian::opener store_of(history_settings const& s);

}  // namespace monitor
