// The fused step as a block of several threads runs it, imitated on the processor: in each phase the threads
// take their turns one after the other. If no two of a phase's items touch one place, their order changes
// nothing, to the last bit; and the gradients are those of a single thread up to rounding.
#define CARRYSCOPE_ISA tested  // a namespace of its own: the library's is compiled with other flags
#pragma GCC diagnostic ignored "-Wpsabi"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "train/counter_random.h"
#include "train/fused_kernel.h"
#include "train/fused_model.h"
#include "train/initialise.h"

namespace carryscope::train::tested {
namespace {

constexpr int kBatch = 50, kThreads = 7;

struct TurnByTurn {
  bool backwards;
  int threads() const { return kThreads; }
  template <class Phase>
  void operator()(const Phase& phase) const {
    for (int i = 0; i < kThreads; ++i) phase(backwards ? kThreads - 1 - i : i);
  }
};

std::vector<model::Pair> pairs() {
  CounterRandom random(7);
  std::vector<model::Pair> out(kBatch);
  for (model::Pair& pair : out) pair = {random.below(10'000'000'000), random.below(10'000'000'000)};
  return out;
}

FusedStep even_shares(int steps) {
  FusedStep step;
  step.update = false;
  for (int t = 0; t < steps; ++t) step.share[t] = 1.0F / static_cast<float>(steps);
  return step;
}

model::Factored start() { return initialise(model::preset("311"), 3, 0.5); }

// Loss, then the gradient.
std::vector<float> of_block(bool backwards) {
  const FusedShape shape = fused_shape(model::preset("311"), kBatch);
  FusedWorkspace work{};
  std::vector<float> memory(arrange(shape, kThreads, nullptr, work) / sizeof(float));
  arrange(shape, kThreads, reinterpret_cast<std::byte*>(memory.data()), work);
  copy(start().tensors, {work.parameters, static_cast<std::size_t>(shape.parameters)});
  read_batch(shape, pairs(), work);
  const FusedStep step = even_shares(shape.steps);
  gradients<float, float, 4, 8>(shape, work, step, TurnByTurn{backwards});
  std::vector<float> out{work.result[0]};
  out.insert(out.end(), work.gradient, work.gradient + shape.parameters);
  return out;
}

TEST(FusedBlock, TheOrderOfThreadsChangesNothing) { EXPECT_EQ(of_block(false), of_block(true)); }

TEST(FusedBlock, GivesTheGradientsOfOneThread) {
  FusedModel one(model::preset("311"), kBatch);
  copy(start().tensors, one.parameters());
  one.read(pairs());
  const FusedResult result = one.run(even_shares(one.shape().steps));
  const std::vector<float> block = of_block(false);
  EXPECT_NEAR(block[0], result.loss, 1e-6F * result.loss);
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < one.gradient().size(); ++i) {
    difference += std::pow(static_cast<double>(block[i + 1] - one.gradient()[i]), 2);
    size += std::pow(static_cast<double>(one.gradient()[i]), 2);
  }
  EXPECT_GT(size, 0);
  EXPECT_LT(std::sqrt(difference), 1e-5 * std::sqrt(size));
}

}  // namespace
}  // namespace carryscope::train::tested
