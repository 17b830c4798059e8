// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/detail/real.hpp>

#include <bit>
#include <concepts>
#include <optional>
#include <type_traits>

namespace hostpick {

/// What is known about the network path to one host.
///
/// A field left out is not known, which is never the same as zero. `failed` says that the
/// host did not answer at all; it outweighs every field.
///
///     network_metrics<> m{.latency_ms = 50, .bandwidth_mbps = 10, .packet_loss = 0.01};
template <class Real = double>
struct network_metrics {
    static_assert(detail::real<Real>, "metrics are kept as float or double");

    std::optional<Real> latency_ms{};      ///< round-trip time
    std::optional<Real> bandwidth_mbps{};  ///< what the host can send, 10^6 bit/s
    std::optional<Real> packet_loss{};     ///< ratio, 0 to 1
    std::optional<Real> jitter_ms{};       ///< mean |difference| of consecutive round trips
    bool failed = false;                   ///< the host did not answer

    [[nodiscard]] friend constexpr bool operator==(network_metrics const&,
                                                   network_metrics const&) = default;
};

/// A `std::chrono` duration in milliseconds, for the fields and limits that count in them.
///
///     network_metrics<> m{.latency_ms = to_ms(round_trip)};
template <class Duration>
    requires requires(Duration d) { d.count(), Duration::period::num, Duration::period::den; }
[[nodiscard]] constexpr double to_ms(Duration d) noexcept {
    using period = typename Duration::period;
    return static_cast<double>(d.count()) * (1000.0 * static_cast<double>(period::num)) /
           static_cast<double>(period::den);
}

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
struct unwrapped {
    using type = T;
};
template <class T>
struct unwrapped<std::optional<T>> {
    using type = T;
};

/// The number type of a field: `T` and `std::optional<T>` are both a `T`.
template <class Field>
using number_of = typename unwrapped<std::remove_cvref_t<Field>>::type;

template <class Field>
concept metric_field = real<number_of<Field>> ||
                       (std::integral<number_of<Field>> && !std::same_as<number_of<Field>, bool>);

template <class M>
concept has_bandwidth = requires(M const& m) { { m.bandwidth_mbps } -> metric_field; };
template <class M>
concept has_jitter = requires(M const& m) { { m.jitter_ms } -> metric_field; };
/// Something that says yes or no: a `bool`, a number, an enumeration, an optional of them.
template <class Flag>
concept flag_field = requires(number_of<Flag> const& flag) { static_cast<bool>(flag); };
template <class M>
concept has_failed = requires(M const& m) { { m.failed } -> flag_field; };

/// A member of that name is of a kind that we can read, or there is none: one that we could not
/// read would be taken for missing, and a failed host for a good one. A private or an overloaded
/// member cannot be told from none.
template <class M>
concept has_no_odd_member =
    (has_bandwidth<M> || !(requires { &M::bandwidth_mbps; })) &&
    (has_jitter<M> || !(requires { &M::jitter_ms; })) &&
    (has_failed<M> || !(requires { &M::failed; }));

}  // namespace detail

/// A struct that tells what is known about the path to a host.
///
/// It has `latency_ms` and `packet_loss`, and may have `bandwidth_mbps`, `jitter_ms` and
/// `failed`. A field is a number or a `std::optional` of one; in it NaN is missing, an infinite
/// latency is a host that failed, and a negative number is invalid. `failed` is a flag (anything
/// that converts to `bool`) or an optional one, where empty means that it did not fail.
///
///     struct my_ping { float latency_ms, packet_loss; int region; };
///     static_assert(host_metrics<my_ping>);
template <class M>
concept host_metrics = requires(M const& m) {
    { m.latency_ms } -> detail::metric_field;
    { m.packet_loss } -> detail::metric_field;
} && detail::has_no_odd_member<M>;

/// What a field of the metrics turned out to hold.
enum class field_state : unsigned char {
    missing,   ///< not known: empty, NaN, or no such member
    measured,  ///< a finite number, not negative
    invalid,   ///< negative or infinite
};

namespace detail {

/// One field as it was read; the value counts only where the state is `measured`.
template <real R>
struct field_reading {
    R value = 0;
    field_state state = field_state::missing;

    [[nodiscard]] constexpr bool measured() const noexcept {
        return state == field_state::measured;
    }
    [[nodiscard]] constexpr R value_or(R otherwise) const noexcept {
        return measured() ? value : otherwise;
    }
};

/// The metrics of one host in one form, whatever struct they came in.
template <real R>
struct metrics_reading {
    field_reading<R> latency_ms;
    field_reading<R> bandwidth_mbps;
    field_reading<R> packet_loss;
    field_reading<R> jitter_ms;
    bool failed = false;
};

template <class M>
[[nodiscard]] constexpr bool all_float() noexcept {
    bool all = std::same_as<number_of<decltype(M::latency_ms)>, float> &&
               std::same_as<number_of<decltype(M::packet_loss)>, float>;
    if constexpr (has_bandwidth<M>)
        all = all && std::same_as<number_of<decltype(M::bandwidth_mbps)>, float>;
    if constexpr (has_jitter<M>)
        all = all && std::same_as<number_of<decltype(M::jitter_ms)>, float>;
    return all;
}

/// Scores of metrics that are all `float` are computed in `float`, others in `double`.
template <host_metrics M>
using real_of = std::conditional_t<all_float<M>(), float, double>;

template <real R, class Field>
HOSTPICK_INLINE [[nodiscard]] constexpr field_reading<R> read_field(Field const& field) noexcept {
    if constexpr (is_optional<Field>) {
        return field ? read_field<R>(*field) : field_reading<R>{};
    } else {
        // Judged as what it is: the conversion may flush a number to zero, or overflow.
        using own = std::conditional_t<real<Field>, Field, double>;
        own const given = static_cast<own>(field);
        auto const bits = std::bit_cast<bits_of<own>>(given);
        if (bits < infinity_bits<own>) {
            if constexpr (std::same_as<own, R>) return {given, field_state::measured};
            else return {narrowed<R>(static_cast<double>(given)), field_state::measured};
        }
        if (bits == sign_bit<own>) return {0, field_state::measured};  // minus zero is zero
        return {static_cast<R>(given), is_nan(given) ? field_state::missing : field_state::invalid};
    }
}

template <real R, host_metrics M>
HOSTPICK_INLINE [[nodiscard]] constexpr metrics_reading<R> read_metrics(M const& m) noexcept {
    metrics_reading<R> reading{.latency_ms = read_field<R>(m.latency_ms),
                               .bandwidth_mbps = {},
                               .packet_loss = read_field<R>(m.packet_loss),
                               .jitter_ms = {}};
    if constexpr (has_bandwidth<M>) reading.bandwidth_mbps = read_field<R>(m.bandwidth_mbps);
    if constexpr (has_jitter<M>) reading.jitter_ms = read_field<R>(m.jitter_ms);
    reading.failed = reading.latency_ms.state == field_state::invalid &&
                     reading.latency_ms.value > 0;  // infinite
    if constexpr (has_failed<M>) {
        if constexpr (is_optional<std::remove_cvref_t<decltype(m.failed)>>)
            reading.failed = reading.failed || (m.failed && static_cast<bool>(*m.failed));
        else
            reading.failed = reading.failed || static_cast<bool>(m.failed);
    }
    return reading;
}

}  // namespace detail

}  // namespace hostpick
