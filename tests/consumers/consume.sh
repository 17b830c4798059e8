#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# consume.sh WAY: gets the library into a project of its own, in a directory of its own, the way
# that a user would. CMakeLists.txt sets the environment.
set -euo pipefail

way=$1
here=$(cd "$(dirname "$0")" && pwd)
source_tree=$(cd "$here/../.." && pwd)
prefix=$PWD/prefix
work=$PWD/$way
IFS=. read -r major minor _ <<<"$HOSTPICK_VERSION"

fail() { echo "$*"; exit 1; }

configure() {
  rm -rf "$work" && mkdir "$work" && cp -r "$here/game" "$work/game"
  cmake -S "$work/game" -B "$work/build" -DHOSTPICK="$source_tree" "$@"
}

# The project builds, runs, and installs and tests nothing but its own.
accepted() {
  configure "$@"
  cmake --build "$work/build"
  cmake --install "$work/build" --prefix "$work/installed"
  "$work/installed/bin/game" || fail "game gives $?"
  [ "$(cd "$work/installed" && find . -type f)" = ./bin/game ] || fail "hostpick is installed too"
  [[ $(ctest --test-dir "$work/build" -N) == *"Total Tests: 0"* ]] || fail "hostpick is tested too"
}

# The project is refused when it is configured, and for the reason given.
refused() {
  local reason=$1 log
  shift
  if log=$(configure "$@" 2>&1); then fail "accepted: $*"; fi
  log=$(tr -s ' \n' ' ' <<<"$log") # CMake breaks its lines
  [[ $log == *"$reason"* ]] || fail "expected: $reason; found: $log"
}

case $way in
  add_subdirectory)
    accepted -DWAY=add_subdirectory ;;
  add_subdirectory_with_json)
    accepted -DWAY=add_subdirectory -DWITH_JSON=ON -DHOSTPICK_JSON=ON
    accepted -DWAY=add_subdirectory -DWITH_JSON=ON -DNLOHMANN_JSON_FIRST=ON ;;
  fetch_content_source_dir)
    accepted -DWAY=fetch_content -DFETCHCONTENT_SOURCE_DIR_HOSTPICK="$source_tree" ;;
  fetch_content_git)
    # A repository of what is in the tree now, whatever is committed.
    unset $(git rev-parse --local-env-vars)
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
    repository=$PWD/repository
    rm -rf "$repository" && git init --quiet --initial-branch=main "$repository"
    in_tree=(git --git-dir="$repository/.git" --work-tree="$source_tree")
    "${in_tree[@]}" add --all "$source_tree"
    "${in_tree[@]}" -c user.name=test -c user.email=test@localhost commit --quiet --message test
    accepted -DWAY=fetch_content -DHOSTPICK="$repository" ;;

  install) # then moved: an installation does not know where it is
    rm -rf "$prefix" "$prefix.unmoved"
    cmake --install "$HOSTPICK_BUILD" --prefix "$prefix.unmoved"
    mv "$prefix.unmoved" "$prefix"
    headers() { (cd "$1/include" && find . -type f ! -name 'json*' | sort); }
    diff <(headers "$source_tree") <(headers "$prefix")
    [ -s "$prefix/share/licenses/hostpick/LICENSE" ] ;;
  find_package)
    accepted -DVERSION="$major.$minor"
    configure -DVERSION="$HOSTPICK_VERSION" ;;
  find_package_with_json)
    accepted -DCOMPONENTS=json -DWITH_JSON=ON ;;
  find_package_without_nlohmann_json)
    accepted -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
    refused 'the component "json" of hostpick needs nlohmann_json' \
      -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON -DCOMPONENTS=json ;;
  find_package_unknown_component)
    refused 'hostpick has no component "yaml"' -DCOMPONENTS=yaml ;;
  find_package_wrong_version)
    for version in 99.0 "$major.$((minor + 1))" "$major.$((minor - 1))" "$((major + 1)).$minor"; do
      [[ $version != *-* ]] || continue
      refused "compatible with requested version \"$version\". The following configuration files \
were considered but not accepted: $prefix/share/cmake/hostpick/hostpick-config.cmake, version: \
$HOSTPICK_VERSION" -DVERSION="$version"
    done ;;
  pkg_config)
    export PKG_CONFIG_PATH=$prefix/share/pkgconfig
    [ "$(pkg-config --modversion hostpick)" = "$HOSTPICK_VERSION" ]
    [ "$(pkg-config --libs hostpick)" = "" ]
    rm -rf "$work" && mkdir "$work"
    "$CXX" -std=c++20 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags hostpick) \
      "$here/game/main.cpp" -o "$work/game"
    "$work/game" || fail "game gives $?" ;;
  *) fail "no such way: $way" ;;
esac
