# What the program can do without: LibTorch (comparisons), the CUDA toolkit, MPI. An absent part is
# announced once, in one line, and left out.
#
# LibTorch 1.13 comes from the distribution, LibTorch 2.x from PyTorch's wheel through the preset `cuda`,
# which says where (CMakePresets.json) and insists on it.
option(CARRYSCOPE_TORCH "build the tests that compare with LibTorch" ON)
option(CARRYSCOPE_REQUIRE_LIBTORCH_2 "fail without LibTorch 2.x" OFF)

function(carryscope_absent what consequence)
  string(MAKE_C_IDENTIFIER ${what} key)
  if(NOT CARRYSCOPE_SAID_${key})
    message(STATUS "${what}: not found; ${consequence}")
    set(CARRYSCOPE_SAID_${key} TRUE CACHE INTERNAL "announced once")
  endif()
endfunction()

find_program(CARRYSCOPE_NVCC nvcc HINTS ENV CUDACXX ENV CUDA_PATH /usr/local/cuda PATH_SUFFIXES bin)
mark_as_advanced(CARRYSCOPE_NVCC)
if(NOT CARRYSCOPE_NVCC)
  carryscope_absent("CUDA toolkit" "built without the GPU parts")
endif()

find_program(CARRYSCOPE_MPI_COMPILER NAMES mpicxx mpic++)
mark_as_advanced(CARRYSCOPE_MPI_COMPILER)
if(NOT CARRYSCOPE_MPI_COMPILER)
  carryscope_absent("MPI" "built without the parts for several machines")
endif()

# The wheel keeps CUDA's own libraries in the sibling folders nvidia/*/lib; they must come before the
# system's NCCL on the link and run path.
function(carryscope_prefer_wheel_libraries)
  file(REAL_PATH ${TORCH_INSTALL_PREFIX} wheel)
  cmake_path(GET wheel PARENT_PATH site_packages)
  file(GLOB folders LIST_DIRECTORIES true ${site_packages}/nvidia/*/lib)
  list(PREPEND folders ${TORCH_INSTALL_PREFIX}/lib)
  foreach(folder IN LISTS folders)
    target_link_options(carryscope_torch INTERFACE -L${folder} -Wl,-rpath,${folder})
  endforeach()
endfunction()

if(CARRYSCOPE_REQUIRE_LIBTORCH_2)
  find_package(Torch 2 REQUIRED)
elseif(CARRYSCOPE_TORCH)
  find_package(Torch QUIET)
endif()
if(Torch_FOUND)
  message(STATUS "LibTorch ${Torch_VERSION}: ${TORCH_INSTALL_PREFIX}")
  # Its headers are not ours to mend: SYSTEM, so that they raise no warnings.
  add_library(carryscope_torch INTERFACE)
  target_include_directories(carryscope_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(carryscope_torch INTERFACE ${TORCH_LIBRARIES})
  # The wheel's include folder holds a later fmt than the library that the rest is linked with.
  target_compile_definitions(carryscope_torch INTERFACE FMT_HEADER_ONLY)
  separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(carryscope_torch INTERFACE ${torch_flags})
  if(EXISTS ${TORCH_INSTALL_PREFIX}/lib/libtorch_cuda.so)
    carryscope_prefer_wheel_libraries()
  endif()
elseif(CARRYSCOPE_TORCH)
  carryscope_absent("LibTorch" "built without the tests that compare with it")
endif()
