// The paper protocol, 100,000 pairs, on one core: carryscope against a batched PyTorch evaluation of
// the same checkpoint (evaluate_pytorch.py) in the same run; and enumeration of 10^6 pairs. Ours counts
// everything from the file to the counts (loading, drawing the pairs, tables, decoding); the peer's only its
// decoding.
//
// Usage: evaluate_benchmark [FILE.pt [PEER_SETS]]    (PEER_SETS of the ten sets, 10,000 pairs each; default
// 2)
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/evaluate.h"
#include "verify/enumerate.h"

namespace {

using namespace carryscope;

struct Run {
  std::uint64_t pairs = 0, correct = 0;
  double seconds = 0;
  double rate() const { return static_cast<double>(pairs) / seconds; }
};

Run ours(const std::string& file) {
  const auto started = std::chrono::steady_clock::now();
  const model::Checkpoint checkpoint = model::load(file);
  const auto result =
      model::evaluate(checkpoint.decoder, model::paper_protocol(checkpoint.decoder.layout.digits));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  return {result.total.total, result.total.correct, taken.count()};
}

// All pairs below 1,000, counted: for the rate of long runs.
Run enumerated(const std::string& file) {
  const auto started = std::chrono::steady_clock::now();
  const model::Decoder decoder = model::load(file).decoder;
  const auto result = verify::enumerate(decoder, *verify::all_below(3, decoder.layout.digits));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  return {result.counted.done, result.counted.done - result.wrong(), taken.count()};
}

Run peer(const std::string& file, const std::string& sets) {
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
  return {json["pairs"], json["correct"], json["seconds"]};
}

void print(const char* name, const Run& run) {
  fmt::print("  {:<28} {:>7} of {:>7} correct in {:8.3f} s   {:>10.0f} pairs/s\n", name, run.correct,
             run.pairs, run.seconds, run.rate());
}

int compare(const std::string& file, const std::string& sets) {
  if (!std::filesystem::exists(file)) {
    fmt::print(stderr, "evaluate_benchmark: {} is not there; name a checkpoint of the public family\n", file);
    return 2;
  }
  fmt::print("paper protocol, {}, one thread each\n", std::filesystem::path(file).filename().string());
  Run best;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const Run run = ours(file);
    if (repeat == 0 || run.seconds < best.seconds) best = run;
    print("carryscope, everything", run);
  }
  const Run other = peer(file, sets);
  print("PyTorch, decoding only", other);
  const Run after = ours(file);
  print("carryscope, everything", after);
  const Run whole = enumerated(file);
  print("carryscope, enumeration", whole);
  fmt::print("  enumeration {:.0f} times PyTorch's pairs/s\n", whole.rate() / other.rate());
  fmt::print(
      "  ratio, the run after the peer {:.0f} times PyTorch's pairs/s; best of all runs {:.0f} times\n",
      after.rate() / other.rate(), std::max(best.rate(), after.rate()) / other.rate());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return compare(argc > 1 ? argv[1] : CARRYSCOPE_SHARED_DIR "/checkpoints/best_311p_s34.pt",
                   argc > 2 ? argv[2] : "2");
  } catch (const std::exception& error) {
    fmt::print(stderr, "evaluate_benchmark: {}\n", error.what());
    return 2;
  }
}
