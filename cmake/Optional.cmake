# What the program can do without. A part that is absent is announced once, in one line, and left out.
# CARRYSCOPE_TORCH and CARRYSCOPE_CUDA can switch a part off where it is present.
include(CheckLanguage)
option(CARRYSCOPE_TORCH "build what needs LibTorch" ON)

message(STATUS "optional: nothing yet")
