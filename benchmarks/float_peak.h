// What one core can do: float32 multiplications and additions a second, in registers, by processor time. To
// be measured in the run that is held against it, between its repetitions: other machines' work slows down
// both.
#pragma once

#include <time.h>

namespace carryscope::benchmarks {

inline double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

#if defined(__x86_64__)
// Ten independent chains of fused multiply-adds of eight lanes.
__attribute__((target("avx2,fma"))) inline double peak() {
  typedef float Vector __attribute__((vector_size(32)));
  constexpr int kRounds = 100'000, kChains = 10;
  Vector a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{}, i{}, j{};
  const Vector factor = Vector{} + 0.999F, term = Vector{} + 0.001F;
  const double started = processor_seconds();
  for (int round = 0; round < kRounds; ++round)
    asm volatile(
        "vfmadd132ps %10, %11, %0\n\tvfmadd132ps %10, %11, %1\n\tvfmadd132ps %10, %11, %2\n\t"
        "vfmadd132ps %10, %11, %3\n\tvfmadd132ps %10, %11, %4\n\tvfmadd132ps %10, %11, %5\n\t"
        "vfmadd132ps %10, %11, %6\n\tvfmadd132ps %10, %11, %7\n\tvfmadd132ps %10, %11, %8\n\t"
        "vfmadd132ps %10, %11, %9"
        : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e), "+x"(f), "+x"(g), "+x"(h), "+x"(i), "+x"(j)
        : "x"(term), "x"(factor));
  const double taken = processor_seconds() - started;
  return 2.0 * 8 * kChains * kRounds / taken;
}
#else
inline double peak() { return 0; }
#endif

}  // namespace carryscope::benchmarks
