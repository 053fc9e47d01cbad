// CARRYSCOPE_BOTH marks code that nvcc compiles for the processor and for the GPU alike.
#pragma once

#ifdef __CUDACC__
#define CARRYSCOPE_BOTH __host__ __device__
#else
#define CARRYSCOPE_BOTH
#endif
