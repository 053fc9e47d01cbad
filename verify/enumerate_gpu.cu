// Memory, launch and kernel of enumerate_gpu.h.
#define CARRYSCOPE_ISA gpu
#include "verify/enumerate_gpu.h"

#include <cuda_runtime.h>

#include "model/error.h"
#include "verify/enumerate_thread.h"
#include "verify/thread_tables.h"

namespace carryscope::verify {
namespace gpu {

constexpr int kThreads = 128, kBlockPairs = ThreadTables::kLetters * ThreadTables::kLetters;
constexpr int kMostShared = 6144;  // floats: steps x vocabulary x row

template <class Sizes>
__global__ void __launch_bounds__(kThreads, 3)
    enumerate_blocks(const __grid_constant__ ThreadTables tables, const __grid_constant__ TailWeights weights,
                     const std::uint8_t* uppers, std::uint32_t* first_failures) {
  __shared__ float shared[kMostShared];
  __shared__ std::uint32_t wrong[ThreadTables::kMostSteps];
  const model::DecodeTail tail = reading(weights, tables.tail);
  const int steps = tables.digits + 1, thread = static_cast<int>(threadIdx.x);
  const std::uint8_t* const upper = uppers + std::size_t{blockIdx.x} * 2 * tables.digits;
  for (int row = thread; row < steps * tables.tail.vocabulary; row += kThreads)
    share_row(tables, upper, row, shared + row * tables.row_floats);
  if (thread < steps) wrong[thread] = 0;
  __syncthreads();
  for (int i = thread; i < kBlockPairs; i += kThreads) {
    const int step = first_wrong_step<Sizes>(tables, tail, shared, upper, i);
    if (step != kNoneWrong) atomicAdd(&wrong[step], 1U);
  }
  __syncthreads();
  if (thread < steps) first_failures[std::size_t{blockIdx.x} * steps + thread] = wrong[thread];
}

using Kernel = void (*)(ThreadTables, TailWeights, const std::uint8_t*, std::uint32_t*);
struct Size {
  bool (*fit)(const model::DecodeTail& tail);
  Kernel kernel;
};
template <int Width, int Hidden>
constexpr Size kSize = {model::FixedSizes<Width, Hidden>::fit,
                        enumerate_blocks<model::FixedSizes<Width, Hidden>>};
constexpr Size kSizes[] = {kSize<4, 4>, kSize<4, 8>, kSize<7, 14>, kSize<7, 28>};

Kernel find(const model::DecodeTail& tail) {
  for (const Size& size : kSizes)
    if (size.fit(tail)) return size.kernel;
  throw model::InputError("the GPU has no enumeration kernel for these sizes, expected those of a preset");
}

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  throw model::InputError(std::string("the GPU: ") + cudaGetErrorString(status) +
                          "; look at it with nvidia-smi, or enumerate on the processor");
}

struct Free {
  void operator()(void* memory) const { cudaFree(memory); }
};
using Pointer = std::unique_ptr<void, Free>;

Pointer allocate(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes));
  return Pointer(memory);
}

Pointer copied(const void* from, std::size_t bytes) {
  Pointer memory = allocate(bytes);
  check(cudaMemcpy(memory.get(), from, bytes, cudaMemcpyHostToDevice));
  return memory;
}

}  // namespace gpu

std::string enumerate_gpu_missing() {
  int devices = 0;
  const cudaError_t status = cudaGetDeviceCount(&devices);
  if (status != cudaSuccess) return cudaGetErrorString(status);
  return devices > 0 ? "" : "no CUDA device";
}

struct GpuEnumerator::Memory {
  gpu::Kernel kernel;
  gpu::Pointer floats;
  ThreadTables tables;
  TailWeights weights;
};

GpuEnumerator::GpuEnumerator(const model::DecodeTables& tables) {
  const std::string missing = enumerate_gpu_missing();
  if (!missing.empty())
    throw model::InputError("no GPU can be used (" + missing + "); enumerate on the processor");
  const FlatTables flat(tables);
  model::ensure(
      tables.layout().answer_digits() * tables.vocabulary() * static_cast<int>(tables.row_floats()) <=
          gpu::kMostShared,
      "the shared rows fit");
  memory_.reset(new Memory{gpu::find(tables.tail()),
                           gpu::copied(flat.memory().data(), flat.memory().size() * sizeof(float)),
                           {},
                           tail_weights(tables.tail())});
  memory_->tables = flat.at(static_cast<const float*>(memory_->floats.get()));
}

GpuEnumerator::~GpuEnumerator() = default;

std::vector<std::uint32_t> GpuEnumerator::first_failures(const std::vector<std::uint8_t>& upper) {
  const ThreadTables& t = memory_->tables;
  const std::size_t blocks = upper.size() / (2 * static_cast<std::size_t>(t.digits));
  std::vector<std::uint32_t> counts(blocks * (static_cast<std::size_t>(t.digits) + 1));
  if (blocks == 0) return counts;
  const gpu::Pointer uppers = gpu::copied(upper.data(), upper.size());
  const gpu::Pointer out = gpu::allocate(counts.size() * sizeof(std::uint32_t));
  memory_->kernel<<<static_cast<unsigned>(blocks), gpu::kThreads>>>(
      t, memory_->weights, static_cast<const std::uint8_t*>(uppers.get()),
      static_cast<std::uint32_t*>(out.get()));
  gpu::check(cudaGetLastError());
  gpu::check(
      cudaMemcpy(counts.data(), out.get(), counts.size() * sizeof(std::uint32_t), cudaMemcpyDeviceToHost));
  return counts;
}

}  // namespace carryscope::verify
