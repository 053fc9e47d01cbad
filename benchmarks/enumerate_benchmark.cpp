// Enumeration on one core: pairs a second decoded completely, beside the core's float32 peak and batched
// PyTorch (evaluate_pytorch.py) in the same run, in processor seconds of one thread.
//
// The peak is what a loop of independent fused multiply-adds reaches, measured between the repetitions, and
// the best of all counts: a core that other machines' work slows down is slow for both. A pair's operations
// are counted by the formula below (a fused multiply-add is two); comparisons and look-ups are not.
//
// Usage: enumerate_benchmark [FILE [PEER_SETS]]
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "benchmarks/float_peak.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "verify/enumerate.h"

namespace {

using namespace carryscope;
using benchmarks::peak;
using benchmarks::processor_seconds;

// Of all answer digits of a pair of a block of 10^4: rows of attention, means, maps, norms, activations.
double operations(const model::DecodeTables& tables) {
  const model::DecodeTail& t = tables.tail();
  const double sums = t.heads * (1 + t.value_dim), means = t.heads * t.value_dim;
  const double norm = 4.0 * t.width + 4;  // squares, scale, eps, root, reciprocal; factor and weight
  const double maps = 2.0 * (means * t.width + 2.0 * t.width * t.hidden + t.width * t.vocabulary);
  const double activation = t.hidden * 33.0;  // an argument, 14 fused multiply-adds, 4 more
  double rows = 0;
  const int digits = tables.layout().answer_digits();
  for (int step = 0; step < digits; ++step) {
    const int answers = step / 2;
    rows += 1 + answers;  // the second letter, the answers
  }
  return rows * sums + digits * (means + t.heads + maps + 2 * t.width + 2 * norm + activation);
}

double peer(const std::string& file, const std::string& sets) {
  const std::string command =
      "/usr/bin/python3 " CARRYSCOPE_SOURCE_DIR "/benchmarks/evaluate_pytorch.py '" + file + "' " + sets;
  FILE* const pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    text.append(buffer.data(), n);
  if (pclose(pipe) != 0)
    throw model::InputError("the peer did not run; it needs python3-torch (scripts/setup test)");
  const auto json = nlohmann::json::parse(text);
  return json["pairs"].get<double>() / json["processor_seconds"].get<double>();
}

struct Best {
  double kernel = 0, whole = 0, random = 0, peak = 0;
};

// 10^4 neighbours again and again: the kernel alone. All pairs below 10^3, and random ones: as a user has it.
Best measure(const model::Decoder& decoder, const model::DecodeTables& tables) {
  Best best;
  const int digits = decoder.layout.digits;
  model::PairBlock block(digits, verify::kShardPairs);
  verify::all_below(std::min(digits, 4), digits)->fill(0, block);
  std::vector<std::uint8_t> tokens(static_cast<std::size_t>(decoder.layout.answer_digits()) * block.stride);
  model::BlockDecoder kernel(tables);
  const auto rate = [](double& best_rate, const auto& work) {
    const double started = processor_seconds();
    const double pairs = work();
    best_rate = std::max(best_rate, pairs / (processor_seconds() - started));
  };
  const auto whole = verify::all_below(3, digits), random = verify::random_pairs(200'000, 1, digits);
  for (int repeat = 0; repeat < 60; ++repeat) {
    best.peak = std::max(best.peak, peak());
    rate(best.kernel, [&] {
      kernel.decode(block, decoder.layout.answer_digits(), tokens);
      return static_cast<double>(block.count);
    });
    if (repeat % 10 != 0) continue;
    rate(best.whole, [&] { return static_cast<double>(verify::enumerate(decoder, *whole).counted.done); });
    rate(best.random, [&] { return static_cast<double>(verify::enumerate(decoder, *random).counted.done); });
  }
  return best;
}

int run(const std::string& file, const std::string& sets) {
  if (!std::filesystem::exists(file))
    throw model::InputError(file + " is not there; name a checkpoint of the public family");
  const model::Decoder decoder = model::load(file).decoder;
  std::string why;
  const auto tables = model::DecodeTables::make(decoder, &why);
  if (!tables) throw model::InputError("the block kernel does not take " + file + ": " + why);
  const Best best = measure(decoder, *tables);
  const double of_pair = operations(*tables), reached = best.kernel * of_pair / best.peak;
  fmt::print("{}, {}, one core, processor seconds\n", std::filesystem::path(file).filename().string(),
             model::decode_instructions().front().name);
  fmt::print("  float32 peak                 {:>10.1f} GFLOP/s, the best of this run\n", best.peak / 1e9);
  fmt::print(
      "  kernel, 10^4 neighbours      {:>10.2f} M pairs/s, {:.0f} operations a pair: {:.2f} of the peak\n",
      best.kernel / 1e6, of_pair, reached);
  fmt::print("  enumerate, all below 10^3    {:>10.2f} M pairs/s, with making tables and marking\n",
             best.whole / 1e6);
  fmt::print("  enumerate, 200,000 random    {:>10.2f} M pairs/s\n", best.random / 1e6);
  fmt::print("  reach: a third of the peak {}, 5 M pairs/s {}\n", reached >= 1.0 / 3 ? "met" : "missed",
             best.kernel >= 5e6 ? "met" : "missed");
  const double other = peer(file, sets);
  fmt::print(
      "  PyTorch, batches of 512      {:>10.0f} pairs/s; the kernel {:.0f} times, enumerate {:.0f} times\n",
      other, best.kernel / other, best.whole / other);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : CARRYSCOPE_SHARED_DIR "/checkpoints/best_311p_s34.pt",
               argc > 2 ? argv[2] : "1");
  } catch (const std::exception& error) {
    fmt::print(stderr, "enumerate_benchmark: {}\n", error.what());
    return 2;
  }
}
