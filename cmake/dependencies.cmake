# SPDX-License-Identifier: MIT
# Every third party in one place, and each only where the options ask for it: a project around us
# keeps its own choice. An installed package is taken first, else what is pinned here is fetched;
# FETCHCONTENT_SOURCE_DIR_<NAME> points to a copy of one's own.
include(FetchContent)

if(HOSTPICK_JSON AND NOT TARGET nlohmann_json::nlohmann_json)
  FetchContent_Declare(nlohmann_json
    URL https://github.com/nlohmann/json/archive/refs/tags/v3.11.3.tar.gz
    URL_HASH SHA256=0d8ef5af7f9794e3263480193c491549b2ba6cc74bb018906202ada498a79406
    DOWNLOAD_EXTRACT_TIMESTAMP ON
    SYSTEM
    FIND_PACKAGE_ARGS 3.11)
  FetchContent_MakeAvailable(nlohmann_json)
endif()

if(HOSTPICK_BUILD_TESTS)
  # No version: the tests run with Catch2 2.13 too, which some distributions still ship, and its
  # package would not answer to "3".
  FetchContent_Declare(Catch2
    URL https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz
    URL_HASH SHA256=c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c
    DOWNLOAD_EXTRACT_TIMESTAMP ON
    SYSTEM
    FIND_PACKAGE_ARGS)
  FetchContent_MakeAvailable(Catch2)
endif()

if(HOSTPICK_BUILD_BENCH)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  FetchContent_Declare(benchmark
    URL https://github.com/google/benchmark/archive/refs/tags/v1.9.1.tar.gz
    URL_HASH SHA256=32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981
    DOWNLOAD_EXTRACT_TIMESTAMP ON
    SYSTEM
    FIND_PACKAGE_ARGS)
  FetchContent_MakeAvailable(benchmark)
endif()

if(HOSTPICK_BUILD_EXAMPLES)
  FetchContent_Declare(CLI11
    URL https://github.com/CLIUtils/CLI11/archive/v2.4.2.tar.gz
    URL_HASH SHA256=f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a
    DOWNLOAD_EXTRACT_TIMESTAMP ON
    SYSTEM
    FIND_PACKAGE_ARGS 2.1)
  FetchContent_MakeAvailable(CLI11)

  # Standalone asio is headers without a package.
  find_path(HOSTPICK_ASIO_INCLUDE_DIR asio.hpp)
  if(HOSTPICK_ASIO_INCLUDE_DIR)
    set(asio_directory "${HOSTPICK_ASIO_INCLUDE_DIR}")
  else()
    FetchContent_Declare(asio
      GIT_REPOSITORY https://github.com/chriskohlhoff/asio.git
      GIT_TAG asio-1-30-2
      SOURCE_SUBDIR none)
    FetchContent_MakeAvailable(asio)
    set(asio_directory "${asio_SOURCE_DIR}/asio/include")
  endif()
  find_package(Threads REQUIRED)
  add_library(hostpick_asio INTERFACE)
  target_include_directories(hostpick_asio SYSTEM INTERFACE "${asio_directory}")
  target_compile_definitions(hostpick_asio INTERFACE ASIO_STANDALONE)
  target_link_libraries(hostpick_asio INTERFACE Threads::Threads)

  # cpp-httplib is a library where Debian builds it, which only pkg-config knows; else a header.
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(HTTPLIB QUIET IMPORTED_TARGET cpp-httplib)
  endif()
  add_library(hostpick_http INTERFACE)
  if(TARGET PkgConfig::HTTPLIB)
    target_link_libraries(hostpick_http INTERFACE PkgConfig::HTTPLIB Threads::Threads)
  else()
    FetchContent_Declare(httplib
      GIT_REPOSITORY https://github.com/yhirose/cpp-httplib.git
      GIT_TAG v0.11.4
      SOURCE_SUBDIR none
      FIND_PACKAGE_ARGS)
    FetchContent_MakeAvailable(httplib)
    target_include_directories(hostpick_http SYSTEM INTERFACE "${httplib_SOURCE_DIR}")
    target_link_libraries(hostpick_http INTERFACE Threads::Threads)
  endif()

  # SOCI, for the history, and dates with time zones, for reports. To build SOCI takes the libraries
  # of its databases, so it is not fetched.
  find_path(HOSTPICK_SOCI_INCLUDE_DIR soci/soci.h)
  find_path(HOSTPICK_SQLITE3_INCLUDE_DIR sqlite3.h)
  find_library(HOSTPICK_SOCI_CORE soci_core)
  find_library(HOSTPICK_SOCI_SQLITE3 soci_sqlite3)
  find_package(date QUIET)
  if(HOSTPICK_SOCI_INCLUDE_DIR AND HOSTPICK_SQLITE3_INCLUDE_DIR AND HOSTPICK_SOCI_CORE AND HOSTPICK_SOCI_SQLITE3
      AND TARGET date::date-tz)
    add_library(hostpick_soci INTERFACE)
    target_include_directories(hostpick_soci SYSTEM INTERFACE
      "${HOSTPICK_SOCI_INCLUDE_DIR}" "${HOSTPICK_SQLITE3_INCLUDE_DIR}")
    target_link_libraries(hostpick_soci INTERFACE "${HOSTPICK_SOCI_SQLITE3}" "${HOSTPICK_SOCI_CORE}")
    if(NOT MSVC)  # its libraries hide the types that this would ask for
      target_compile_options(hostpick_soci INTERFACE -fno-sanitize=vptr)
    endif()
  else()
    message(STATUS "hostpick: no history, and no reports of it: they take SOCI with SQLite, and date")
  endif()

  # fast-cpp-csv-parser is one header without a package; "csv.h" alone would find other libraries'.
  find_path(HOSTPICK_CSV_INCLUDE_DIR libfccp/csv.h)
  if(HOSTPICK_CSV_INCLUDE_DIR)
    set(csv_directory "${HOSTPICK_CSV_INCLUDE_DIR}/libfccp")
  else()
    FetchContent_Declare(fast_cpp_csv_parser
      GIT_REPOSITORY https://github.com/ben-strasser/fast-cpp-csv-parser.git
      GIT_TAG 4ade42d5f8c454c6c57b3dce9c51c6dd02182a66
      SOURCE_SUBDIR none)  # whatever it would build, the header is all that we want
    FetchContent_MakeAvailable(fast_cpp_csv_parser)
    set(csv_directory "${fast_cpp_csv_parser_SOURCE_DIR}")
  endif()
  add_library(hostpick_csv INTERFACE)
  target_include_directories(hostpick_csv SYSTEM INTERFACE "${csv_directory}")
  # It cuts a file name off on purpose; g++ says so even of a system header once it is inlined.
  target_compile_options(hostpick_csv
    INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-truncation>)
endif()
