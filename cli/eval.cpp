// carryscope eval FILE: exact match on a protocol's pairs by greedy decoding.
//
// Prints per-set and total figures and the failures; --json writes everything
// (docs/schemas/eval.schema.json).
#include <charconv>
#include <iostream>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/command.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/evaluate.h"
#include "model/record.h"
#include "verify/number_text.h"

namespace carryscope::cli {
namespace {

using model::Evaluation, model::Failure, model::InputError, model::PairSet, model::Score;
using nlohmann::json;
using verify::grouped;

constexpr std::size_t kMostPairs = 10'000'000;  // all are held in memory
constexpr std::size_t kFailuresShown = 20;

struct Flags {
  std::string file;
  std::string protocol = "paper";
  std::uint64_t seed = 0;
  int threads = 1;
  std::string json_path;
};

std::size_t random_count(const std::string& text) {
  std::size_t count = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (problem != std::errc{} || end != text.data() + text.size() || count < 1 || count > kMostPairs)
    throw InputError(
        fmt::format("--protocol random:{}: expected a number of pairs from 1 to {}", text, kMostPairs));
  return count;
}

struct Protocol {
  const char* name;
  std::vector<PairSet> (*sets)(const Flags& flags, const std::string& argument, int digits);
};

constexpr Protocol kProtocols[] = {
    {"paper", [](const Flags&, const std::string&, int digits) { return model::paper_protocol(digits); }},
    {"adderboard",
     [](const Flags&, const std::string&, int digits) { return model::adderboard_protocol(digits); }},
    {"random:",
     [](const Flags& flags, const std::string& count, int digits) {
       return std::vector{model::uniform_pairs(random_count(count), flags.seed, digits)};
     }},
};

std::vector<PairSet> pair_sets(const Flags& flags, int digits) {
  for (const Protocol& protocol : kProtocols) {
    const std::string_view name = protocol.name;
    const bool takes_argument = name.ends_with(':');
    if (takes_argument ? flags.protocol.starts_with(name) : flags.protocol == name)
      return protocol.sets(flags, flags.protocol.substr(name.size()), digits);
  }
  throw InputError(fmt::format("--protocol {}: unknown; use paper, adderboard or random:N", flags.protocol));
}

json score_json(const Score& score) {
  json row{{"correct", score.correct},
           {"total", score.total},
           {"exact_match", score.exact_match()},
           {"token_accuracy", score.token_accuracy()}};
  row["ended"] = score.ended ? json(*score.ended) : json(nullptr);
  return row;
}

json result_json(const Flags& flags, const model::Decoder& decoder, const Evaluation& result) {
  json out = score_json(result.total);
  out["format"] = "carryscope-eval";
  out["version"] = 1;
  out["model"] = decoder.name;
  out["protocol"] = flags.protocol;
  out["seed"] = flags.seed;
  out["digits"] = decoder.layout.digits;
  out["arithmetic"] = decoder.dtype == model::Precision::float64 ? "float64" : "float32";
  out["sets"] = json::array();
  for (const auto& set : result.sets) {
    out["sets"].push_back(score_json(set.score));
    out["sets"].back()["name"] = set.name;
  }
  out["failures"] = json::array();
  for (const Failure& failure : result.failures) {
    out["failures"].push_back(to_json(failure));
    out["failures"].back()["set"] = result.sets[failure.set].name;
  }
  return out;
}

void print_score(const std::string& name, const Score& score) {
  fmt::print(std::cout, "  {:<16} {:>18}   {:9.5f} %   {:9.5f} %", name,
             fmt::format("{} / {}", grouped(score.correct), grouped(score.total)), 100 * score.exact_match(),
             100 * score.token_accuracy());
  if (score.ended) fmt::print(std::cout, "   {:>9}", grouped(*score.ended));
  fmt::print(std::cout, "\n");
}

void print(const Evaluation& result, const model::Decoder& decoder, const Flags& flags) {
  fmt::print(std::cout, "{}: protocol {}, {} digits, greedy decoding\n", decoder.name, flags.protocol,
             decoder.layout.digits);
  fmt::print(std::cout, "  {:<16} {:>18}   {:>11}   {:>11}{}\n", "set", "exact match", "", "digits right",
             result.total.ended ? "       ended" : "");
  for (const auto& set : result.sets) print_score(set.name, set.score);
  print_score("total", result.total);
  for (std::size_t i = 0; i < std::min(result.failures.size(), kFailuresShown); ++i) {
    const Failure& failure = result.failures[i];
    fmt::print(std::cout, "  wrong: {}: {}\n", result.sets[failure.set].name, to_text(failure));
  }
  if (result.failures.size() > kFailuresShown)
    fmt::print(std::cout, "  ... and {} more; --json FILE writes all of them\n",
               grouped(result.failures.size() - kFailuresShown));
}

void run(const Flags& flags, const Context& context) {
  model::Record record(context.command);
  const model::Checkpoint checkpoint = model::load(flags.file);
  record.add_input(flags.file, checkpoint.sha256);
  const std::vector<PairSet> sets = pair_sets(flags, checkpoint.decoder.layout.digits);
  const Evaluation result = model::evaluate(checkpoint.decoder, sets, {.threads = flags.threads});
  if (flags.json_path != "-") print(result, checkpoint.decoder, flags);
  if (flags.json_path.empty()) return;
  json out = result_json(flags, checkpoint.decoder, result);
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

}  // namespace

void add_eval(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command =
      program.add_subcommand("eval", "How many pairs of a public test the model adds correctly");
  command->add_option("FILE", flags->file, "a checkpoint: .pt, .safetensors or decoder JSON")->required();
  command
      ->add_option("--protocol", flags->protocol,
                   "paper (10 sets of 10,000), adderboard (10 edge cases, 10,000 random) or random:N")
      ->capture_default_str();
  command->add_option("--seed", flags->seed, "of random:N, as in Python's random.Random(seed)")
      ->check(CLI::NonNegativeNumber)  // else -1 would become 2^64 - 1
      ->capture_default_str();
  command->add_option("--threads", flags->threads, "changes the time and nothing else")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_json_option(*command, flags->json_path);
  command->footer("Example: carryscope eval model.pt --protocol adderboard --json eval.json");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
