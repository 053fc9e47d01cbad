// Training steps of one core: the fused trainer against LibTorch eager in the same run, one model and a
// population of 16, the paper's recipe past its warm-up of lengths, on the fastest instruction set here.
//
// Speed is model steps a *processor* second, so that other work on the machine matters little. The peer
// computes only the positions that have a loss and keeps its optimiser in one tensor, so it is no straw man.
// The roofline holds the fused step's arithmetic, counted from its shape, against the core's float32 peak,
// which is measured between the slices of the same run: the best slice against the best peak.
// Usage: train_benchmark [PRESET [SECONDS]]     (default 311, 10 seconds of each measurement); the last line
// is JSON.
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/float_peak.h"
#include "model/error.h"
#include "train/fused_model.h"
#include "train/fused_trainer.h"
#include "train/torch_trainer.h"

namespace {

using namespace carryscope;
using benchmarks::processor_seconds;

struct Measurement {
  std::string engine;
  int population = 1;
  std::int64_t steps = 0;     // of each member
  double seconds = 0;         // of processor time
  double best = 0, peak = 0;  // of all slices: model steps a second; operations a second of the core
  double rate() const { return static_cast<double>(steps) * population / seconds; }
};

// Everything after this runs on the core it happens to be on.
void stay_on_one_core() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) fmt::print("this process could not be held on one core\n");
  train::set_torch_threads(1);
}

Measurement measure(const std::string& engine, train::Trainer& trainer, double seconds) {
  constexpr double kSlice = 0.02;
  for (int i = 0; i < 3; ++i) trainer.step();
  Measurement out{engine, trainer.population()};
  while (out.seconds < seconds) {
    const double start = processor_seconds();
    double taken = 0;
    int steps = 0;
    for (; taken < kSlice; ++steps, taken = processor_seconds() - start)
      for (const double loss : trainer.step())
        model::ensure(std::isfinite(loss), "the benchmark's models do not diverge");
    out.steps += steps, out.seconds += taken;
    out.best = std::max(out.best, steps * out.population / taken);
    out.peak = std::max(out.peak, benchmarks::peak());
  }
  fmt::print(
      "  {:<22} population {:>2}  {:>9.1f} model steps/s   ({} steps in {:.2f} s; best slice {:.1f})\n",
      out.engine, out.population, out.rate(), out.steps, out.seconds, out.best);
  return out;
}

struct Work {
  double operations = 0, bytes = 0;
};

// Of one optimiser step: multiplications, additions, divisions and roots (a fused multiply-add is two), and
// what goes between the tables of rows and the registers. Comparisons and the tail's own memory are not
// counted.
Work work(const train::FusedShape& shape) {
  const double d = shape.width, f = shape.feed_forward, row = train::kRow * sizeof(float);
  const double exp = 19, gelu = exp + 29, logit = exp + 4, log = 15;
  const double maps = 2 * (d * d + 2 * d * f + d * train::kVocabulary);
  const double norms = 2 * (15 * d + 6), mean = 5 * d + 1;
  // A map is run forwards, backwards and for its weights; so are the three maps of each state.
  const double tail = 3 * maps + norms + mean + f * gelu + train::kVocabulary * logit + log;
  const double state = 3 * 3 * 2 * d * d;
  const double entry =
      2 * d + 1 + exp + d + 8 * d + 1;  // score, e, e v; value, score, key and query backwards
  Work sum{shape.states() * state, 0};
  for (int step = 0; step < shape.steps; ++step) {
    const double read = shape.query_position(step) + 1;
    const double entries = read * train::kSymbols * shape.query_symbols(step);
    sum.operations += shape.batch * (tail + 2 * read * (d + 1)) + entries * entry;
    sum.bytes +=
        shape.batch * 3 * read * row + entries * 3 * row;  // looked up, added to; made, cleared, read
  }
  return sum;
}

const char* met(bool reached) { return reached ? "met" : "missed"; }

void roofline(const train::FusedShape& shape, const Measurement& fused, const Measurement& torch) {
  const Work step = work(shape);
  const double share = fused.best * step.operations / fused.peak;
  fmt::print("roofline of a step\n");
  fmt::print("  operations                 {:>9.2f} M\n", step.operations / 1e6);
  fmt::print("  rows moved                 {:>9.2f} MB, {:.2f} operations a byte\n", step.bytes / 1e6,
             step.operations / step.bytes);
  fmt::print("  float32 peak of the core   {:>9.1f} GFLOP/s, so at most {:.0f} steps/s\n", fused.peak / 1e9,
             fused.peak / step.operations);
  fmt::print("  best slice                 {:>9.1f} GFLOP/s, {:.2f} of the peak (stretch: a third) {}\n",
             fused.best * step.operations / 1e9, share, met(share >= 1.0 / 3));
  fmt::print("reach: 2,500 steps/s {}; 100 times LibTorch {}\n", met(fused.rate() >= 2500),
             met(fused.rate() >= 100 * torch.rate()));
}

nlohmann::json json(const Measurement& m) {
  return {{"engine", m.engine},
          {"population", m.population},
          {"steps", m.steps},
          {"processor_seconds", m.seconds},
          {"best_slice", m.best},
          {"peak", m.peak},
          {"model_steps_per_second", m.rate()}};
}

void compare(const std::string& preset, double seconds) {
  const model::Config& config = model::preset(preset);
  train::Recipe recipe = train::recipe("paper");
  recipe.curriculum = {{recipe.steps, config.digits}};
  const std::string fused = fmt::format("fused, {}", train::instruction_sets().front().name);
  const std::string torch = train::torch_version();
  fmt::print("training {}, batch {}, one core\n", preset, recipe.batch);
  std::vector<Measurement> all;
  for (const std::size_t population : {1U, 16U}) {
    std::vector<std::uint64_t> seeds(population);
    for (std::size_t i = 0; i < population; ++i) seeds[i] = i + 1;
    all.push_back(measure(fused, *train::make_fused_trainer(config, recipe, seeds), seconds));
    all.push_back(measure(torch, *train::make_torch_trainer(config, recipe, seeds, "cpu"), seconds));
    const double ratio = all[all.size() - 2].rate() / all.back().rate();
    fmt::print("  ratio {:.1f}\n", ratio);
  }
  roofline(train::fused_shape(config, recipe.batch), all[0], all[1]);
  nlohmann::json out = {
      {"preset", preset}, {"batch", recipe.batch}, {"measurements", nlohmann::json::array()}};
  for (const Measurement& m : all) out["measurements"].push_back(json(m));
  fmt::print("{}\n", out.dump());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    stay_on_one_core();
    compare(argc > 1 ? argv[1] : "311", argc > 2 ? std::stod(argv[2]) : 10.0);
    return 0;
  } catch (const model::InputError& error) {
    fmt::print(stderr, "train_benchmark: {}\n", error.what());
    return 2;
  }
}
