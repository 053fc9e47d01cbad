// Training steps of one core: the fused trainer against LibTorch eager in the same run, one model and a
// population of 16, the paper's recipe past its warm-up of lengths, on the fastest instruction set here.
//
// Speed is model steps a *processor* second, so that other work on the machine matters little. The peer
// computes only the positions that have a loss and keeps its optimiser in one tensor, so it is no straw man.
// Usage: train_benchmark [PRESET [SECONDS]]     (default 311, 10 seconds of each measurement); the last line
// is JSON.
#include <sched.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/error.h"
#include "train/fused_model.h"
#include "train/fused_trainer.h"
#include "train/torch_trainer.h"

namespace {

using namespace carryscope;

struct Measurement {
  std::string engine;
  int population = 1;
  std::int64_t steps = 0;  // of each member
  double seconds = 0;      // of processor time
  double rate() const { return static_cast<double>(steps) * population / seconds; }
};

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Everything after this runs on the core it happens to be on.
void stay_on_one_core() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) fmt::print("this process could not be held on one core\n");
  train::set_torch_threads(1);
}

Measurement measure(const std::string& engine, train::Trainer& trainer, double seconds) {
  for (int i = 0; i < 3; ++i) trainer.step();
  Measurement out{engine, trainer.population(), 0, 0};
  const double start = processor_seconds();
  while (out.seconds < seconds) {
    for (const double loss : trainer.step())
      model::ensure(std::isfinite(loss), "the benchmark's models do not diverge");
    ++out.steps;
    out.seconds = processor_seconds() - start;
  }
  fmt::print("  {:<22} population {:>2}  {:>9.1f} model steps/s   ({} steps in {:.2f} s)\n", out.engine,
             out.population, out.rate(), out.steps, out.seconds);
  return out;
}

nlohmann::json json(const Measurement& m) {
  return {{"engine", m.engine},
          {"population", m.population},
          {"steps", m.steps},
          {"processor_seconds", m.seconds},
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
