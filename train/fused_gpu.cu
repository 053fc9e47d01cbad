// Memory, launch and kernel of fused_gpu.h.
#define CARRYSCOPE_ISA gpu
#include "train/fused_gpu.h"

#include <cuda_runtime.h>

#include "model/error.h"
#include "train/fused_kernel.h"

namespace carryscope::train {
namespace gpu {

constexpr int kThreads = 256;  // with 128 registers each, two blocks share a multiprocessor

// A phase for each thread, then all wait.
struct ThreadBlock {
  __device__ int threads() const { return kThreads; }
  template <class Phase>
  __device__ void operator()(const Phase& phase) const {
    phase(static_cast<int>(threadIdx.x));
    __syncthreads();
  }
};

template <int D, int F>
__global__ void __launch_bounds__(kThreads, 2)
    step_population(const __grid_constant__ FusedShape shape, const FusedWorkspace* work,
                    const __grid_constant__ FusedStep step) {
  optimiser_step<float, float, D, F>(shape, work[blockIdx.x], step, ThreadBlock{});
}

using Kernel = void (*)(FusedShape, const FusedWorkspace*, FusedStep);
struct Size {
  int width, feed_forward;
  Kernel kernel;
};
constexpr Size kSizes[] = {{4, 4, step_population<4, 4>},
                           {4, 8, step_population<4, 8>},
                           {7, 14, step_population<7, 14>},
                           {7, 28, step_population<7, 28>}};

Kernel find(const model::Config& config) {
  for (const Size& size : kSizes)
    if (size.width == config.width && size.feed_forward == config.feed_forward) return size.kernel;
  throw model::InputError("the GPU has no kernel for width " + std::to_string(config.width) +
                          " with feed-forward " + std::to_string(config.feed_forward) +
                          ", expected those of a preset; train it with --engine torch");
}

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  throw model::InputError(std::string("the GPU: ") + cudaGetErrorString(status) +
                          "; look at it with nvidia-smi, or train on the processor");
}

struct Free {
  void operator()(void* memory) const { cudaFree(memory); }
};

std::unique_ptr<void, Free> allocate(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes));
  return std::unique_ptr<void, Free>(memory);
}

}  // namespace gpu

std::string gpu_missing() {
  int devices = 0;
  const cudaError_t status = cudaGetDeviceCount(&devices);
  if (status != cudaSuccess) return cudaGetErrorString(status);
  return devices > 0 ? "" : "no CUDA device";
}

struct FusedPopulation::Memory {
  FusedShape shape;
  gpu::Kernel kernel;
  std::vector<std::uint64_t> staging;  // one member's arrays on the host, where its batch is made
  FusedWorkspace staged{};
  std::unique_ptr<void, gpu::Free> arrays, table;  // of all members; the GPU's copy of `members`
  std::vector<FusedWorkspace> members;             // addresses on the GPU

  std::vector<float> fetch(const float* from) const {
    std::vector<float> values(static_cast<std::size_t>(shape.parameters));
    gpu::check(cudaMemcpy(values.data(), from, values.size() * sizeof(float), cudaMemcpyDeviceToHost));
    return values;
  }
  const FusedWorkspace& at(int member) const { return members.at(static_cast<std::size_t>(member)); }
};

FusedPopulation::FusedPopulation(const model::Config& config, int batch, int members) {
  const std::string missing = gpu_missing();
  if (!missing.empty())
    throw model::InputError("no GPU can be used (" + missing + "); train on the processor");
  memory_.reset(new Memory{fused_shape(config, batch), gpu::find(config), {}, {}, {}, {}, {}});
  Memory& m = *memory_;
  const std::size_t bytes = arrange(m.shape, gpu::kThreads, nullptr, m.staged);
  m.staging.resize(bytes / sizeof(std::uint64_t));
  arrange(m.shape, gpu::kThreads, reinterpret_cast<std::byte*>(m.staging.data()), m.staged);
  const auto count = static_cast<std::size_t>(members);
  m.arrays = gpu::allocate(count * bytes);
  gpu::check(cudaMemset(m.arrays.get(), 0, count * bytes));
  m.members.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    arrange(m.shape, gpu::kThreads, static_cast<std::byte*>(m.arrays.get()) + i * bytes, m.members[i]);
  m.table = gpu::allocate(count * sizeof(FusedWorkspace));
  gpu::check(
      cudaMemcpy(m.table.get(), m.members.data(), count * sizeof(FusedWorkspace), cudaMemcpyHostToDevice));
}

FusedPopulation::~FusedPopulation() = default;

const FusedShape& FusedPopulation::shape() const { return memory_->shape; }

void FusedPopulation::set_parameters(int member, std::span<const float> values) {
  model::ensure(values.size() == static_cast<std::size_t>(shape().parameters), "a model has its parameters");
  gpu::check(
      cudaMemcpy(memory_->at(member).parameters, values.data(), values.size_bytes(), cudaMemcpyHostToDevice));
}

std::vector<float> FusedPopulation::parameters(int member) const {
  return memory_->fetch(memory_->at(member).parameters);
}

std::vector<float> FusedPopulation::gradient(int member) const {
  return memory_->fetch(memory_->at(member).gradient);
}

void FusedPopulation::read(int member, std::span<const model::Pair> pairs) {
  Memory& m = *memory_;
  read_batch(m.shape, pairs, m.staged);
  gpu::check(cudaMemcpy(m.at(member).chosen, m.staged.chosen, pairs.size() * kSlots, cudaMemcpyHostToDevice));
}

std::vector<FusedResult> FusedPopulation::run(const FusedStep& step) {
  Memory& m = *memory_;
  m.kernel<<<static_cast<unsigned>(m.members.size()), gpu::kThreads>>>(
      m.shape, static_cast<const FusedWorkspace*>(m.table.get()), step);
  gpu::check(cudaGetLastError());
  std::vector<FusedResult> results(m.members.size());
  for (std::size_t i = 0; i < results.size(); ++i)
    gpu::check(cudaMemcpy(&results[i], m.members[i].result, sizeof(FusedResult), cudaMemcpyDeviceToHost));
  return results;
}

}  // namespace carryscope::train
