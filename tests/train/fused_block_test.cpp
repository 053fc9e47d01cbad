// The fused step as a block of several threads runs it, imitated on the processor: in each phase the threads
// take their turns one after the other. If no two of a phase's items touch one place, their order changes
// nothing, to the last bit; and the gradients are those of a single thread up to rounding.
#define CARRYSCOPE_ISA tested  // a namespace of its own: the library's is compiled with other flags
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
template <class L, class R, class Block>
std::vector<float> of(const Block& block) {
  const FusedShape shape = fused_shape(model::preset("311"), kBatch);
  const int accumulators = block.threads() * kLanes<L>;
  FusedWorkspace work{};
  std::vector<float> memory(arrange(shape, accumulators, nullptr, work) / sizeof(float));
  arrange(shape, accumulators, reinterpret_cast<std::byte*>(memory.data()), work);
  copy(start().tensors, {work.parameters, static_cast<std::size_t>(shape.parameters)});
  read_batch(shape, pairs(), work);
  gradients<L, R, 4, 8>(shape, work, even_shares(shape.steps), block);
  std::vector<float> out{work.result[0]};
  out.insert(out.end(), work.gradient, work.gradient + shape.parameters);
  return out;
}

std::vector<float> of_block(bool backwards) { return of<float, float>(TurnByTurn{backwards}); }

// What the library's kernel for this machine gives.
std::vector<float> of_library() {
  FusedModel one(model::preset("311"), kBatch);
  copy(start().tensors, one.parameters());
  one.read(pairs());
  std::vector<float> out{one.run(even_shares(one.shape().steps)).loss};
  out.insert(out.end(), one.gradient().begin(), one.gradient().end());
  return out;
}

void expect_close(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  EXPECT_NEAR(found[0], expected[0], 1e-6F * expected[0]);
  double difference = 0, size = 0;
  for (std::size_t i = 1; i < expected.size(); ++i) {
    difference += std::pow(static_cast<double>(found[i] - expected[i]), 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  EXPECT_GT(size, 0);
  EXPECT_LT(std::sqrt(difference), 1e-5 * std::sqrt(size));
}

TEST(FusedBlock, TheOrderOfThreadsChangesNothing) { EXPECT_EQ(of_block(false), of_block(true)); }

TEST(FusedBlock, GivesTheGradientsOfOneThread) { expect_close(of_block(false), of_library()); }

// Sixteen lanes read the table by columns, fewer by rows, whatever the machine has.
TEST(FusedBlock, ColumnsGiveWhatRowsGive) {
  const std::vector<float> columns = of<Lanes<16>, Lanes<8>>(OneThread{});
  expect_close(columns, of<Lanes<8>, Lanes<8>>(OneThread{}));
  expect_close(columns, of_library());
}

}  // namespace
}  // namespace carryscope::train::tested
