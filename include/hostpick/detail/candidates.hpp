// SPDX-License-Identifier: MIT
#pragma once

#include <hostpick/metrics.hpp>
#include <hostpick/verdict.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// How a range of hosts, whatever its elements, becomes (position, host, id, metrics).
namespace hostpick::detail {

template <class F, class T>
concept callable_with = std::invocable<F const&, T const&>;

template <class Hosts>
concept host_range = requires(Hosts& hosts) {
    *std::begin(hosts);
    { std::begin(hosts) != std::end(hosts) } -> std::convertible_to<bool>;
};

template <host_range Hosts>
using element_of = std::remove_cvref_t<decltype(*std::begin(std::declval<Hosts&>()))>;

/// Hosts that are their own metrics.
struct itself {
    template <class T>
    constexpr T const& operator()(T const& x) const noexcept {
        return x;
    }
};

// ---- metrics: in a map, from a function, in a member, or the element itself

template <class T>
concept metrics_value = host_metrics<std::remove_cvref_t<T>>;

/// A pointer, an optional: empty, or leading to metrics that lie somewhere.
template <class T>
concept metrics_handle = requires(T const& t) {
    static_cast<bool>(t);
    { *t } -> metrics_value;
    requires std::is_lvalue_reference_v<decltype(*t)>;
};

template <class T>
concept metrics_or_handle = metrics_value<T> || metrics_handle<T>;

template <class Source, class Host>
concept metrics_map = requires(Source const& source, Host const& host) {
    { source.find(host) == source.end() } -> std::convertible_to<bool>;
    { source.find(host)->second } -> metrics_or_handle;
};

template <class Source, class Host>
concept metrics_function =
    callable_with<Source, Host> &&
    metrics_or_handle<std::invoke_result_t<Source const&, Host const&>> &&
    (std::is_lvalue_reference_v<std::invoke_result_t<Source const&, Host const&>> ||
     std::move_constructible<std::invoke_result_t<Source const&, Host const&>>);

template <class Source, class Host>
concept metrics_source = metrics_map<Source, Host> || metrics_function<Source, Host>;

/// What lies somewhere already as a pointer to the metrics, null where there are none.
template <metrics_or_handle T>
[[nodiscard]] constexpr auto const* pointer_to(T const& x) {
    if constexpr (metrics_value<T>) return &x;
    else return x ? &std::as_const(*x) : nullptr;
}

/// The metrics of `host` as something to test and to dereference. It is a pointer wherever the
/// metrics already lie somewhere, so that nothing is copied.
template <class Host, metrics_source<Host> Source>
[[nodiscard]] constexpr auto find_metrics(Source const& source, Host const& host) {
    if constexpr (metrics_map<Source, Host>) {
        auto const found = source.find(host);
        return found == source.end() ? nullptr : pointer_to(found->second);
    } else {
        using given = std::invoke_result_t<Source const&, Host const&>;
        if constexpr (std::is_lvalue_reference_v<given>)
            return pointer_to(std::invoke(source, host));
        else if constexpr (metrics_value<given>)
            return std::optional{std::invoke(source, host)};
        else
            return std::invoke(source, host);
    }
}

template <class Source, class Host>
using metrics_from = std::remove_cvref_t<decltype(*find_metrics(std::declval<Source const&>(),
                                                                std::declval<Host const&>()))>;

// ---- ids: what the caller's projection gives, else the host itself, else its position

/// Stands for "no projection": the host itself is its id, or has none.
struct automatic_id {};

template <class T>
concept text = std::convertible_to<T const&, std::string_view>;

template <class T>
concept id_like = std::totally_ordered<T> &&
                  ((std::integral<T> && !std::same_as<T, bool>) || std::is_enum_v<T> ||
                   std::is_pointer_v<T> || text<T>);

/// Text behind a bare pointer, or in an array, is compared as text, which must outlive the choice.
template <class T>
inline constexpr bool is_c_text = text<T> && std::is_pointer_v<std::decay_t<T>>;
template <class T>
concept can_be_id = is_c_text<std::remove_cvref_t<T>> || !std::is_array_v<std::remove_cvref_t<T>>;
template <class T>
using stored_id = std::conditional_t<is_c_text<T>, std::string_view, std::decay_t<T>>;

/// Without a projection: what is looked up in a map is an id, whatever its type.
template <class Hosts, class Source>
using default_id = std::conditional_t<metrics_map<Source, element_of<Hosts>> &&
                                          !id_like<element_of<Hosts>>,
                                      std::identity, automatic_id>;

template <class Host, class IdOf>
struct id_traits {};
template <class Host, class IdOf>
    requires callable_with<IdOf, Host> && can_be_id<std::invoke_result_t<IdOf const&, Host const&>>
struct id_traits<Host, IdOf> {
    static constexpr bool has_id = true;
    using given = std::invoke_result_t<IdOf const&, Host const&>;
    using type = stored_id<std::remove_cvref_t<given>>;
    using reference = std::conditional_t<is_c_text<std::remove_cvref_t<given>>, type, given>;
    static constexpr reference get(Host const& host, IdOf const& id_of, std::size_t) {
        return std::invoke(id_of, host);
    }
};
template <class Host>
struct id_traits<Host, automatic_id> {
    static constexpr bool has_id = false;
    using type = std::size_t;
    static constexpr std::size_t get(Host const&, automatic_id, std::size_t position) noexcept {
        return position;
    }
};
template <id_like Host>
struct id_traits<Host, automatic_id> {
    static constexpr bool has_id = true;
    using type = stored_id<Host>;
    using reference = std::conditional_t<is_c_text<Host>, type, Host const&>;
    static constexpr reference get(Host const& host, automatic_id, std::size_t) noexcept {
        return host;
    }
};

template <class Hosts, class IdOf>
using ids_of = id_traits<element_of<Hosts>, IdOf>;

/// A reference in disguise: a choice that held one would hold, and assign to, what the caller owns.
template <class T>
inline constexpr bool is_proxy = std::same_as<T, std::vector<bool>::reference>;
template <template <class...> class Of, class... Parts>
inline constexpr bool is_proxy<Of<Parts...>> = (std::is_reference_v<Parts> || ...);

template <class Id>
concept id_value = std::totally_ordered<Id> && std::copyable<Id> && !is_proxy<Id>;

template <class Host, class IdOf>
concept id_projection = id_value<typename id_traits<Host, IdOf>::type>;

/// Whether repeated ids can be sorted out by walking over the hosts again.
template <class Hosts, class IdOf, class It = decltype(std::begin(std::declval<Hosts&>()))>
concept top_selectable = !ids_of<Hosts, IdOf>::has_id || std::forward_iterator<It>;

// ---- the walk

template <class Host>
[[nodiscard]] constexpr bool excludes(limits const&, Host const&) noexcept {
    return false;
}
template <class Excluded, class Host>
    requires callable_with<Excluded, Host> &&
             requires(std::invoke_result_t<Excluded const&, Host const&> answer) {
                 static_cast<bool>(answer);
             }
[[nodiscard]] constexpr bool excludes(constraints<Excluded> const& rules, Host const& host) {
    return static_cast<bool>(std::invoke(rules.excluded, host));
}

/// Limits, or constraints whose predicate takes the elements of the range.
template <class Rules, class Host>
concept rules_for = requires(Rules const& rules, Host const& host) { excludes(rules, host); };

/// Calls `visit(host, position, judgement)` for every host, in the order of the range. The
/// judgement is a `standing`, or a `verdict` where the parts are wanted too. A host that is
/// excluded is not looked up.
template <class Judgement, class Hosts, class Source, class Policy, class Rules, class Visit>
constexpr void judge_each(Hosts& hosts, Source const& source, Policy const& policy,
                          Rules const& rules, Visit&& visit) {
    using ready = ready_policy<Policy, metrics_from<Source, element_of<Hosts>>>;
    ready const judge_by{policy};
    ready_rules<Rules, typename ready::real_type> const limited{rules};
    auto const walk = [&](auto const& within) {
        std::size_t position = 0;
        for (auto const& host : hosts) {
            if (excludes(rules, host))
                visit(host, position, Judgement{.reason = exclusion::excluded});
            else if (auto const metrics = find_metrics(source, host))
                visit(host, position, judge<Judgement>(*metrics, judge_by, within));
            else
                visit(host, position, Judgement{.reason = exclusion::no_metrics});
            ++position;
        }
    };
    if (limited.limited()) walk(limited);
    else walk(no_rules{});
}

}  // namespace hostpick::detail
