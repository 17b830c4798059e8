# SPDX-License-Identifier: MIT
# For our own targets only: none of this reaches a user, nor a dependency that was fetched.

add_library(hostpick_dev INTERFACE)
if(MSVC)
  target_compile_options(hostpick_dev INTERFACE /W4 /WX /permissive-)
else()
  target_compile_options(hostpick_dev
    INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
endif()

# The ordinary build compiles every header alone. A library of its own, because the check compiles
# with what its library passes on, and ours must not pass on warnings.
function(check_headers target)
  get_target_property(headers ${target} HEADER_SET)
  add_library(${target}_headers INTERFACE)
  target_sources(${target}_headers
    INTERFACE FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${headers})
  target_link_libraries(${target}_headers INTERFACE ${target} hostpick_dev)
  set_target_properties(${target}_headers PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  add_custom_target(${target}_headers_compile_alone ALL)
  add_dependencies(${target}_headers_compile_alone ${target}_headers_verify_interface_header_sets)
endfunction()

check_headers(hostpick)
if(HOSTPICK_JSON)
  check_headers(hostpick_json)
endif()
