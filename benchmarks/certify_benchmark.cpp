// How long certification takes, or how narrow its bracket is after ten seconds; one core.
//
// Usage: certify_benchmark                        the models with a figure to reach
//        certify_benchmark --bad [--float32]      models that add badly, 1 s and 10 s each, against sampling
//        certify_benchmark --zoo [--float32]      the one-layer models of ../shared/zoo, 10 s each
//        certify_benchmark [--float32] FILE...    these files, 10 s each
// From the file to the counts, without the smallest margin ("+ margin" is with it): wall-clock seconds, and
// the processor's ("cpu"), which a busy machine stretches less. The median by cpu of three runs where one
// takes less than 5 s; those must agree to the last pair. Each run is a process of its own, with its peak
// memory. "speed" is target / cpu: above 1 the target is met.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "benchmarks/apart.h"
#include "benchmarks/bad_models.h"
#include "benchmarks/monte_carlo.h"
#include "model/checkpoint/checkpoint.h"
#include "verify/certify.h"

namespace {

using namespace carryscope;
using benchmarks::Apart;
using verify::Count;
using verify::Semantics;
namespace fs = std::filesystem;

constexpr double kShortSeconds = 1.0, kBracketSeconds = 10.0, kDecideSeconds = 100.0, kQuick = 5.0,
                 kMemoryMib = 500.0;
constexpr int kFewSteps = 10'000;  // of training
const std::string kShared = CARRYSCOPE_SHARED_DIR;

struct Measured {
  Count total = 0, wrong = 0, rounding = 0, undecided = 0;
  std::uint64_t nodes = 0;
  double seconds = 0.0, cpu = 0.0;

  bool exact() const { return undecided == 0; }
  // Of the proven bracket on the error rate; pairs that depend on rounding belong to it.
  double width() const { return static_cast<double>(rounding + undecided) / static_cast<double>(total); }
};

using Source = std::function<model::Decoder()>;

Source from_file(const std::string& file) {
  return [file] { return model::load(file).decoder; };
}

Apart<Measured> certify_once(const Source& source, Semantics semantics, double limit, bool margin,
                             bool total_only = false) {
  return benchmarks::apart([&] {
    const auto started = std::chrono::steady_clock::now();
    verify::CertifyOptions options;
    options.semantics = semantics;
    options.time_limit = limit;
    options.margin = margin;
    options.total_only = total_only;
    const verify::Certification made = verify::certify(source(), options);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    const double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    return Measured{made.pairs.total,
                    made.pairs.wrong,
                    made.pairs.rounding,
                    made.pairs.undecided,
                    made.nodes,
                    taken.count(),
                    cpu};
  });
}

// The median by cpu of three runs where they are quick; peak memory is the largest.
Apart<Measured> certify(const Source& source, Semantics semantics, double limit, bool margin) {
  std::vector<Apart<Measured>> runs{certify_once(source, semantics, limit, margin)};
  if (!runs[0].refusal.empty() || runs[0].result.seconds > kQuick) return runs[0];
  for (int repeat = 0; repeat < 2; ++repeat) {
    runs.push_back(certify_once(source, semantics, limit, margin));
    const Measured &first = runs[0].result, &again = runs.back().result;
    if (runs.back().refusal.empty() && again.wrong == first.wrong && again.rounding == first.rounding &&
        again.undecided == first.undecided)
      continue;
    runs[0].refusal = "two runs disagree";
    return runs[0];
  }
  std::ranges::sort(runs, {}, [](const auto& run) { return run.result.cpu; });
  runs[1].peak_mib = std::max({runs[0].peak_mib, runs[1].peak_mib, runs[2].peak_mib});
  return runs[1];
}

const char* name(Semantics semantics) { return semantics == Semantics::real ? "real" : "float32"; }

std::string stem(const std::string& file) {
  const std::string whole = fs::path(file).filename().string();
  return whole.substr(0, whole.find('.'));
}

void print_heading(const char* title) {
  fmt::print("\n{}\n{:<26} {:<7} {:>20} {:>12} {:>20} {:>8} {:>7} {:>9} {:>6}", title, "model", "meaning",
             "wrong", "rounding", "undecided", "seconds", "cpu", "nodes", "MiB");
}

// The cells that every table shares; false, and the reason printed, where there is nothing to show.
bool print_measured(const std::string& model, Semantics semantics, const Apart<Measured>& run) {
  fmt::print("\n{:<26} {:<7} ", model, name(semantics));
  if (!run.refusal.empty()) {
    fmt::print("skipped: {}", run.refusal);
    return false;
  }
  const Measured& m = run.result;
  fmt::print("{:>20} {:>12} {:>20} {:>8.3f} {:>7.3f} {:>9} {:>5.0f}{}", verify::to_string(m.wrong),
             verify::to_string(m.rounding), verify::to_string(m.undecided), m.seconds, m.cpu, m.nodes,
             run.peak_mib, run.peak_mib < kMemoryMib ? ' ' : '!');
  return true;
}

struct Target {
  const char* file;
  Semantics semantics;
  double seconds, stretch;  // 0: none is stated
};
constexpr Target kTargets[] = {
    {"best_311p_s34.pt", Semantics::real, 0.3, 0.05},  {"best_311p_s34.pt", Semantics::float32, 1.0, 0.0},
    {"best_456p_s43.pt", Semantics::real, 1.0, 0.0},   {"best_456p_s43.pt", Semantics::float32, 1.0, 0.0},
    {"best_512params.pt", Semantics::real, 20.0, 1.0}, {"best_512params.pt", Semantics::float32, 0.0, 0.0}};

std::string speed(const Measured& m, double target) {
  if (target == 0.0) return "-";
  return m.exact() ? fmt::format("{:.2f}", target / m.cpu) : "undecided";
}

std::string seconds(double value) { return value == 0.0 ? "-" : fmt::format("{:g}", value); }

void print_sampled(const Measured& m, const benchmarks::Sampled& peer) {
  fmt::print(" {:>9.2e} {:>9.2e} {:>10}", m.width(), peer.width(),
             m.width() > 0.0 ? fmt::format("{:.3g}", peer.width() / m.width()) : "exact");
}

void targets() {
  print_heading("Figures to reach; sampling for as long gives an interval on the error rate of that width");
  fmt::print(" {:>6} {:>9} {:>7} {:>9} {:>8} {:>9} {:>9} {:>10}", "target", "speed", "stretch", "speed",
             "+ margin", "width", "sampling", "narrower");
  for (const Target& target : kTargets) {
    const std::string file = kShared + "/checkpoints/" + target.file;
    if (!fs::exists(file)) {
      fmt::print("\n{:<26} {:<7} skipped: {} is not there", target.file, name(target.semantics), file);
      continue;
    }
    const Source source = from_file(file);
    const Apart<Measured> run = certify(source, target.semantics, kDecideSeconds, false);
    if (!print_measured(stem(file), target.semantics, run)) continue;
    const Apart<Measured> margin = certify_once(source, target.semantics, kDecideSeconds, true);
    const Measured& m = run.result;
    fmt::print(" {:>6} {:>9} {:>7} {:>9} {:>8}", seconds(target.seconds), speed(m, target.seconds),
               seconds(target.stretch), speed(m, target.stretch),
               margin.refusal.empty() ? fmt::format("{:.3f}", margin.result.cpu) : margin.refusal);
    print_sampled(m, benchmarks::sample(source(), m.seconds, 1));
    std::fflush(stdout);
  }
  fmt::print("\n");
}

struct Bad {
  std::string name;
  Source source;
};

std::vector<Bad> bad_list() {
  std::vector<Bad> list;
  for (const unsigned seed : {1U, 2U}) {
    list.push_back({fmt::format("311, weights N(0,1), #{}", seed), [seed] {
                      return benchmarks::random_weights(model::preset("311"), seed,
                                                        [](const model::Part&) { return 1.0; });
                    }});
    list.push_back({fmt::format("311, untrained, #{}", seed), [seed] {
                      return benchmarks::random_weights(model::preset("311"), seed,
                                                        benchmarks::initial_deviation);
                    }});
  }
  for (const unsigned seed : {1U, 2U, 3U}) {
    const auto model =
        std::make_shared<model::Decoder>(benchmarks::in_training(model::preset("311"), seed, kFewSteps));
    list.push_back({fmt::format("311, {} steps, #{}", kFewSteps, seed), [model] { return *model; }});
  }
  const std::string trained = kShared + "/checkpoints/best_311p_s34.pt";
  if (!fs::exists(trained)) {
    fmt::print("models with noise are skipped: {} is not there\n", trained);
    return list;
  }
  for (const double noise : {0.003, 0.01, 0.03, 0.1, 0.3})
    list.push_back({fmt::format("best_311, {:g} % noise", 100 * noise), [trained, noise] {
                      return benchmarks::with_noise(*model::load(trained).factored, noise, 1);
                    }});
  return list;
}

void bad_models(Semantics semantics) {
  print_heading(
      "Bad models, 10 s each: widths of the proven bracket and of sampling's; reach 1e-2, stretch 1e-6");
  fmt::print(" {:>9} {:>9} {:>10} {:>9} {:>8}", "width", "sampling", "narrower", "after 1 s", "seconds");
  for (const Bad& bad : bad_list()) {
    const Apart<Measured> run = certify_once(bad.source, semantics, kBracketSeconds, false, true);
    if (!print_measured(bad.name, semantics, run)) continue;
    print_sampled(run.result, benchmarks::sample(bad.source(), run.result.seconds, 1));
    const Apart<Measured> quick = certify_once(bad.source, semantics, kShortSeconds, false, true);
    fmt::print(" {:>9.2e} {:>8.3f}", quick.result.width(), quick.result.seconds);
    std::fflush(stdout);
  }
  fmt::print("\n");
}

void brackets(const std::vector<std::string>& files, Semantics semantics) {
  print_heading("Brackets after 10 s; a model is decided where nothing is undecided");
  fmt::print(" {:>9}", "width");
  int models = 0, decided = 0, within_second = 0;
  for (const std::string& file : files) {
    const Apart<Measured> run = certify(from_file(file), semantics, kBracketSeconds, false);
    if (!print_measured(stem(file), semantics, run)) continue;
    const Measured& m = run.result;
    fmt::print(" {:>9.2e}", m.width());
    std::fflush(stdout);
    ++models;
    decided += m.exact();
    within_second += m.exact() && m.cpu <= 1.0;
  }
  fmt::print("\n\n{}: {} of {} models decided to the last pair, {} of them within 1 s\n", name(semantics),
             decided, models, within_second);
}

std::vector<std::string> zoo() {
  std::vector<std::string> files;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(kShared + "/zoo", absent))
    if (entry.path().string().ends_with(".decoder.json")) files.push_back(entry.path().string());
  std::ranges::sort(files);
  if (absent) fmt::print("skipped: {}/zoo: {}\n", kShared, absent.message());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    double load = 0.0;
    if (getloadavg(&load, 1) == 1)
      fmt::print("one core; load average of the last minute {:.2f}{}\n", load,
                 load > 1.5 ? ": too busy for seconds to mean much" : "");
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool float32 = std::erase(arguments, "--float32") > 0;
    const Semantics semantics = float32 ? Semantics::float32 : Semantics::real;
    if (arguments.empty())
      targets();
    else if (arguments[0] == "--bad")
      bad_models(semantics);
    else
      brackets(arguments[0] == "--zoo" ? zoo() : arguments, semantics);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "certify_benchmark: {}\n", error.what());
    return 2;
  }
}
