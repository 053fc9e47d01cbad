// carryscope enumerate FILE: decodes all pairs of short operands, of a cube or of carry chains, or many
// random ones, and counts the wrong ones.
//
// Prints the count, the wrong pairs by their first wrong step and a few of them; --json writes the same
// (docs/schemas/enumerate.schema.json). Ctrl-C ends it with what was counted so far; with --journal the
// same command goes on from there.
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/interruptible.h"
#include "cli/json_output.h"
#include "cli/status_line.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/record.h"
#include "verify/cube_pattern.h"
#include "verify/enumerate.h"
#include "verify/number_text.h"

namespace carryscope::cli {
namespace {

using model::Decoder, model::InputError;
using nlohmann::json;
using verify::Enumeration, verify::EnumerateProgress, verify::grouped, verify::PairDomain;

constexpr int kMostDigits = 5;  // 10^10 pairs
constexpr std::uint64_t kMostRandom = 10'000'000'000;

struct Flags {
  std::string file;
  std::optional<int> digits;
  std::optional<std::uint64_t> random;
  std::string cube;
  bool carry_chains = false;
  std::optional<std::uint32_t> seed;
  int threads = 1;
  std::string journal_path, json_path;
};

// A domain, in words and as the JSON has it.
struct Chosen {
  verify::Domain domain;
  std::string text;
  json record = {{"digits", nullptr},
                 {"random", nullptr},
                 {"seed", nullptr},
                 {"cube", nullptr},
                 {"carry_chains", false}};
};

Chosen choose_digits(const Flags& flags, int most) {
  if (*flags.digits > most)
    throw InputError(
        fmt::format("--digits {}: {} adds operands of at most {} digits", *flags.digits, flags.file, most));
  Chosen chosen{verify::all_below(*flags.digits, most), {}};
  chosen.text = fmt::format("all {} pairs below 10^{}", grouped(chosen.domain->pairs()), *flags.digits);
  chosen.record["digits"] = *flags.digits;
  return chosen;
}

Chosen choose(const Flags& flags, const Decoder& decoder) {
  const int most = decoder.layout.digits;
  const std::uint32_t seed = flags.seed.value_or(0);
  if (flags.seed && !flags.random && !flags.carry_chains)
    throw InputError("--seed: nothing is drawn at random here; it belongs to --random and --carry-chains");
  if (flags.digits) return choose_digits(flags, most);
  Chosen chosen;
  if (flags.random) {
    chosen.domain = verify::random_pairs(*flags.random, seed, most);
    chosen.text = fmt::format("{} random pairs of {} digits, seed {}", grouped(*flags.random), most, seed);
    chosen.record.update({{"random", *flags.random}, {"seed", seed}});
  } else if (!flags.cube.empty()) {
    const verify::Cube cube = verify::parse_pattern(flags.cube, most);
    chosen.domain = verify::pairs_in(cube);
    chosen.text = fmt::format("all {} pairs of {}", grouped(chosen.domain->pairs()), pattern(cube));
    chosen.record["cube"] = pattern(cube);
  } else if (flags.carry_chains) {
    chosen.domain = verify::carry_chains(seed, most);
    chosen.text = fmt::format("every cascade under every carry pattern, {} pairs, seed {}",
                              grouped(chosen.domain->pairs()), seed);
    chosen.record.update({{"carry_chains", true}, {"seed", seed}});
  } else {
    throw InputError(
        "which pairs? give --digits K for all pairs below 10^K, --cube PATTERN, --carry-chains, or --random "
        "N for N "
        "random ones");
  }
  return chosen;
}

std::string status(const EnumerateProgress& p) {
  const double rate = static_cast<double>(p.done - p.resumed) / p.seconds;
  return fmt::format("{} of {} pairs, {:.0f} a second, about {} left; Ctrl-C ends with the count so far",
                     grouped(p.done), grouped(p.pairs), rate,
                     duration(static_cast<double>(p.pairs - p.done) / rate));
}

// Of several ranks only rank 0 has the result, the journal and the status line.
Enumeration enumerate(const Flags& flags, const model::Checkpoint& checkpoint, const PairDomain& domain,
                      model::Ranks& ranks) {
  std::optional<verify::Journal> journal;
  if (!flags.journal_path.empty() && ranks.rank() == 0)
    journal.emplace(flags.journal_path, verify::enumerate_header(checkpoint.sha256, domain));
  const Interruptible interruptible;
  StatusLine line;
  verify::EnumerateOptions options;
  options.threads = flags.threads;
  options.ranks = &ranks;
  options.journal = journal ? &*journal : nullptr;
  options.interrupted = interruptible.flag();
  options.progress = [&line](const EnumerateProgress& p) { line.show(status(p)); };
  return verify::enumerate(checkpoint.decoder, domain, options);
}

double error_rate(const Enumeration& result) {
  return result.counted.done == 0
             ? 0.0
             : static_cast<double>(result.wrong()) / static_cast<double>(result.counted.done);
}

// Of a random sample's error rate; a whole domain has none, nor have fewer than two pairs.
std::optional<double> standard_error(const Enumeration& result, const PairDomain& domain) {
  if (!domain.sampled() || result.counted.done < 2) return std::nullopt;
  const double rate = error_rate(result);
  return std::sqrt(rate * (1.0 - rate) / static_cast<double>(result.counted.done - 1));
}

int place(const Decoder& decoder, std::size_t step) { return decoder.layout.answer[step].place; }

const char* arithmetic(const Decoder& decoder) {
  return decoder.dtype == model::Precision::float64 ? "float64" : "float32";
}

void print(const Enumeration& result, const Decoder& decoder, const Chosen& chosen) {
  const EnumerateProgress& counted = result.counted;
  fmt::print(std::cout, "{}: {}, greedy decoding in {}\n", decoder.name, chosen.text, arithmetic(decoder));
  if (!result.slow.empty())
    fmt::print(std::cout, "  decoded the slow way: the block kernel does not take this model, {}\n",
               result.slow);
  if (!result.complete())
    fmt::print(std::cout, "  interrupted: only {} of {} pairs are counted\n", grouped(counted.done),
               grouped(counted.pairs));
  if (counted.resumed > 0)
    fmt::print(std::cout, "  {} of them were counted before, by the journal\n", grouped(counted.resumed));
  const auto deviation = standard_error(result, *chosen.domain);
  fmt::print(std::cout, "  wrong {} of {} ({:.3g}{})\n", grouped(result.wrong()), grouped(counted.done),
             error_rate(result), deviation ? fmt::format(", standard error {:.2g}", *deviation) : "");
  if (result.wrong() == 0) return;
  fmt::print(std::cout, "  {:>16} {:>8} {:>16}\n", "first wrong step", "place", "pairs");
  for (std::size_t step = 0; step < result.first_failures.size(); ++step)
    if (result.first_failures[step] > 0)
      fmt::print(std::cout, "  {:>16} {:>8} {:>16}\n", step, fmt::format("10^{}", place(decoder, step)),
                 grouped(result.first_failures[step]));
  for (const model::Failure& failure : result.examples)
    fmt::print(std::cout, "  wrong: {}\n", to_text(failure));
  if (result.wrong() > result.examples.size())
    fmt::print(std::cout, "  ... and {} more\n", grouped(result.wrong() - result.examples.size()));
}

json result_json(const Enumeration& result, const Decoder& decoder, const Chosen& chosen) {
  json out{{"format", "carryscope-enumerate"},
           {"version", 2},
           {"model", decoder.name},
           {"digits", decoder.layout.digits},
           {"arithmetic", arithmetic(decoder)},
           {"block_kernel", result.slow.empty()},
           {"domain", chosen.record},
           {"pairs", result.counted.pairs},
           {"decoded", result.counted.done},
           {"resumed", result.counted.resumed},
           {"complete", result.complete()},
           {"wrong", result.wrong()},
           {"error_rate", error_rate(result)},
           {"standard_error", nullptr},
           {"first_failures", json::array()},
           {"examples", json::array()}};
  if (const auto deviation = standard_error(result, *chosen.domain)) out["standard_error"] = *deviation;
  for (std::size_t step = 0; step < result.first_failures.size(); ++step)
    out["first_failures"].push_back(
        {{"step", step}, {"place", place(decoder, step)}, {"pairs", result.first_failures[step]}});
  for (const model::Failure& failure : result.examples) out["examples"].push_back(to_json(failure));
  return out;
}

void run(const Flags& flags, const Context& context) {
  model::Record record(context.command);
  const auto ranks = model::join_ranks();
  const model::Checkpoint checkpoint = model::load(flags.file);
  record.add_input(flags.file, checkpoint.sha256);
  const Chosen chosen = choose(flags, checkpoint.decoder);
  const Enumeration result = enumerate(flags, checkpoint, *chosen.domain, *ranks);
  if (ranks->rank() > 0) return;
  if (flags.json_path != "-") print(result, checkpoint.decoder, chosen);
  if (flags.json_path != "-" && !result.complete() && ranks->size() > 1)
    fmt::print(std::cout, "  ended from outside, perhaps because a process died: mpirun says which\n");
  if (flags.json_path != "-" && !result.complete() && !flags.journal_path.empty())
    fmt::print(std::cout, "  the same command goes on from {}\n", flags.journal_path);
  if (flags.json_path.empty()) return;
  json out = result_json(result, checkpoint.decoder, chosen);
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

// Which pairs: one of the four, and the seed.
void add_domains(CLI::App& command, Flags& flags) {
  CLI::Option* const digits =
      command.add_option("--digits", flags.digits, "every pair of operands below 10^K")
          ->check(CLI::Range(1, kMostDigits));
  CLI::Option* const random =
      command
          .add_option("--random", flags.random, "so many uniform pairs of the model's digits, repeats kept")
          ->check(CLI::Range(std::uint64_t{1}, kMostRandom));
  CLI::Option* const cube =
      command.add_option("--cube", flags.cube,
                         "every pair of a pattern as certify prints it: \"a=.[0-2]7 b=1.. s=..9. c=....\"");
  CLI::Option* const chains = command.add_flag(
      "--carry-chains", flags.carry_chains,
      "every cascade (a place that generates a carry, those that pass it on) at every place under every "
      "carry pattern, "
      "with all digits of the place that generates and of the one where it ends; others drawn at random");
  for (CLI::Option* option : {random, cube, chains})
    for (CLI::Option* other : {digits, random, cube, chains})
      if (option != other) option->excludes(other);
  command
      .add_option("--seed", flags.seed,
                  "of --random and --carry-chains: 20,000 pairs from each Python random.Random(seed * 2^32 "
                  "+ k), default 0")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{UINT32_MAX}));
}

}  // namespace

void add_enumerate(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand(
      "enumerate", "Decode every pair of short operands, of a cube or of carry chains, or many random ones");
  command->add_option("FILE", flags->file, "a checkpoint: .pt, .safetensors or decoder JSON")->required();
  add_domains(*command, *flags);
  command->add_option("--threads", flags->threads, "changes the time and nothing else")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--journal", flags->journal_path,
                      "keep what is counted in this file; the same command goes on from it");
  add_json_option(*command, flags->json_path);
  command->footer(
      "Example: carryscope enumerate model.pt --digits 4 --threads 2 --journal model.enumerate\n"
      "On several machines: mpirun -n 8 carryscope enumerate ..., with the same files everywhere; rank 0 "
      "hands out "
      "the pairs and writes.");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
