# Z3 under the name Z3::z3. Debian's libz3-dev ships no configuration of its own for CMake.
find_path(Z3_INCLUDE_DIR NAMES z3++.h PATH_SUFFIXES z3)
find_library(Z3_LIBRARY NAMES z3)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Z3 REQUIRED_VARS Z3_LIBRARY Z3_INCLUDE_DIR)
mark_as_advanced(Z3_INCLUDE_DIR Z3_LIBRARY)

if(Z3_FOUND AND NOT TARGET Z3::z3)
  add_library(Z3::z3 INTERFACE IMPORTED)
  target_include_directories(Z3::z3 INTERFACE ${Z3_INCLUDE_DIR})
  target_link_libraries(Z3::z3 INTERFACE ${Z3_LIBRARY})
endif()
