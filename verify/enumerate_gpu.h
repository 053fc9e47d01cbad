// Enumeration of whole blocks of 10^4 pairs on an NVIDIA GPU: a thread block for a block of pairs that share
// their upper places, a thread for every 128th of its pairs.
//
// The arithmetic is enumerate_thread.h's, bit for bit the processor's; a test runs it on the processor over
// the same grid. It is compiled for sm_80, sm_90, sm_100 and PTX and has run on no GPU so far: the program
// offers it nowhere, and its test (ctest -L gpu) is skipped where no GPU is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/decode_tables.h"

namespace carryscope::verify {

// Why this machine can run no kernel; empty where it can.
std::string enumerate_gpu_missing();

class GpuEnumerator {
 public:
  // Throws InputError where there is no GPU, or no kernel for the model's sizes.
  explicit GpuEnumerator(const model::DecodeTables& tables);
  ~GpuEnumerator();

  // Wrong pairs by their first wrong step, of each block one after the other: blocks x answer digits. upper:
  // for each block the digits of a, then those of b, by place; places 0 and 1 take all 10^4 values.
  std::vector<std::uint32_t> first_failures(const std::vector<std::uint8_t>& upper);

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace carryscope::verify
