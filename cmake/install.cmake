# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(config_directory "${CMAKE_INSTALL_DATADIR}/cmake/hostpick")

install(TARGETS hostpick EXPORT hostpick FILE_SET HEADERS)
install(EXPORT hostpick
  NAMESPACE hostpick:: FILE hostpick-targets.cmake DESTINATION "${config_directory}")

# An export set of its own: who has no nlohmann_json can still use the core. An installed
# hostpick::json would look for nlohmann_json, so it needs one that was found, not fetched.
if(HOSTPICK_JSON)
  get_target_property(hostpick_json_is_installed nlohmann_json::nlohmann_json IMPORTED)
  if(hostpick_json_is_installed)
    install(TARGETS hostpick_json EXPORT hostpick-json FILE_SET HEADERS)
    install(EXPORT hostpick-json
      NAMESPACE hostpick:: FILE hostpick-json-targets.cmake DESTINATION "${config_directory}")
  else()
    message(STATUS "hostpick::json is not installed: nlohmann_json is part of this build")
  endif()
endif()

# While the major version is 0, a new minor version may break its users.
write_basic_package_version_file(hostpick-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_SOURCE_DIR}/cmake/hostpick-config.cmake"
              "${PROJECT_BINARY_DIR}/hostpick-config-version.cmake"
  DESTINATION "${config_directory}")

# Relative to itself, so that an installation can be moved.
file(RELATIVE_PATH include_from_pc
  "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file(cmake/hostpick.pc.in hostpick.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hostpick.pc"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/hostpick")
