# Arb, the library of real balls, under the one name Arb::arb.
#
# FLINT 3 (Debian 13, Ubuntu 24.04) contains Arb: <flint/arb.h>, libflint. Before it (Debian 12: FLINT
# 2.9, Arb 2.23) they are two packages: <arb.h>, and a library that Debian calls libflint-arb and
# everybody else libarb. Sources choose with __has_include(<flint/arb.h>).
find_path(ARB_INCLUDE_DIR NAMES flint/arb.h arb.h)
find_path(FLINT_INCLUDE_DIR NAMES flint/fmpz.h)
find_library(FLINT_LIBRARY NAMES flint)
if(ARB_INCLUDE_DIR AND EXISTS ${ARB_INCLUDE_DIR}/flint/arb.h)
  set(ARB_LIBRARY ${FLINT_LIBRARY} CACHE FILEPATH "the library that contains Arb")
else()
  find_library(ARB_LIBRARY NAMES flint-arb arb)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Arb REQUIRED_VARS ARB_LIBRARY FLINT_LIBRARY ARB_INCLUDE_DIR
                                                    FLINT_INCLUDE_DIR)
mark_as_advanced(ARB_INCLUDE_DIR FLINT_INCLUDE_DIR FLINT_LIBRARY ARB_LIBRARY)

if(Arb_FOUND AND NOT TARGET Arb::arb)
  add_library(Arb::arb INTERFACE IMPORTED)
  target_include_directories(Arb::arb INTERFACE ${ARB_INCLUDE_DIR} ${FLINT_INCLUDE_DIR})
  target_link_libraries(Arb::arb INTERFACE ${ARB_LIBRARY} ${FLINT_LIBRARY})
endif()
