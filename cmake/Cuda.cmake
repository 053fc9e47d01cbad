# What runs on a GPU: only with CARRYSCOPE_CUDA, which the preset `cuda` sets. The code is for sm_80, sm_90,
# sm_100 and, as PTX, whatever comes later; scripts/gpu-kernels prints what each kernel takes.
option(CARRYSCOPE_CUDA "the GPU parts, with nvcc" OFF)
if(NOT CARRYSCOPE_CUDA)
  return()
endif()
if(NOT CARRYSCOPE_NVCC)
  message(FATAL_ERROR "CARRYSCOPE_CUDA: nvcc was not found; install the CUDA toolkit or set CUDACXX")
endif()
if(NOT CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_COMPILER ${CARRYSCOPE_NVCC})
endif()
enable_language(CUDA)
set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100)
set(CMAKE_CUDA_FLAGS "") # LibTorch 2.x has put its own architectures there
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION) # CMake 3.25 does not know that nvcc 13 has it
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
endif()

# carryscope_<room>_gpu: what a room has in *_gpu.cu. INTERFACE: the host compiler's flags are none of nvcc's.
foreach(room train verify)
  file(GLOB gpu_sources CONFIGURE_DEPENDS ${room}/*_gpu.cu)
  add_library(carryscope_${room}_gpu STATIC ${gpu_sources})
  target_include_directories(carryscope_${room}_gpu PRIVATE ${PROJECT_SOURCE_DIR})
  # 1675: an unroll pragma that is the host compiler's.
  target_compile_options(carryscope_${room}_gpu PRIVATE --expt-relaxed-constexpr --threads=0 -diag-suppress=1675
                                                        -Xcompiler=-Wall,-Wextra)
  target_link_libraries(carryscope_${room}_gpu INTERFACE carryscope_${room})
endforeach()
target_compile_options(carryscope_verify_gpu PRIVATE --fmad=false) # every fused multiply-add is spelt out
