// carryscope hunt FILE --where CONDITION: the failing pairs that meet a condition, counted and shown.
//
// docs/hunt.md describes the conditions; verify/hunt.h what is proven and what is a bracket. Every pair shown
// was replayed by the plain forward pass.
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/json_output.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/record.h"
#include "verify/hunt.h"
#include "verify/number_text.h"

namespace carryscope::cli {
namespace {

using nlohmann::ordered_json;
using verify::Hunt, verify::Match, verify::grouped, verify::to_string;

struct Flags {
  std::string file, where, semantics = "real", json_path;
  bool count = false, smallest = false;
  int list = 0, random = 0, threads = 1;
  std::uint64_t seed = 1;
  double time_limit = 60.0;  // seconds
};

std::string verdict(const Hunt& hunt) {
  if (hunt.most == 0 && hunt.rounding == 0)
    return "NONE EXISTS: proven, no pair that the model gets wrong meets the condition.\n";
  std::string text;
  if (hunt.least == hunt.most)
    text =
        fmt::format("EXACT: {} failing pairs meet the condition{}.\n", grouped(hunt.least),
                    hunt.decoded ? " (the answers are those of float32 decoding, of every candidate)" : "");
  else
    text = fmt::format("A BRACKET, not exact: at least {} failing pairs meet the condition{}, at most {}.\n",
                       grouped(hunt.least), hunt.decoded ? " (found by decoding)" : "", grouped(hunt.most));
  if (hunt.rounding > 0)
    text += fmt::format("Not counted: at most {} pairs that fail in some float32 evaluations only.\n",
                        grouped(hunt.rounding));
  return text;
}

std::string line(const Match& match) {
  const auto [a, b] = match.pair;
  return fmt::format("  {} + {} = {}, the model says {}{}\n", a, b, a + b,
                     match.predicted ? std::to_string(*match.predicted) : "no number",
                     match.holds ? "" : " (float32 decoding does not meet the condition)");
}

ordered_json to_json(const Flags& flags, const model::Checkpoint& checkpoint, const Hunt& hunt) {
  ordered_json out{{"format", "carryscope-hunt"},
                   {"version", 1},
                   {"model", checkpoint.decoder.name},
                   {"file_sha256", checkpoint.sha256},
                   {"semantics", flags.semantics},
                   {"where", flags.where},
                   {"least", to_string(hunt.least)},
                   {"most", to_string(hunt.most)},
                   {"rounding_dependent_at_most", to_string(hunt.rounding)},
                   {"by_decoding", hunt.decoded}};
  out["right_or_wrong"] = hunt.all ? ordered_json(to_string(*hunt.all)) : ordered_json(nullptr);
  out["pairs"] = ordered_json::array();
  for (const Match& m : hunt.shown)
    out["pairs"].push_back({{"a", m.pair.a},
                            {"b", m.pair.b},
                            {"sum", m.pair.a + m.pair.b},
                            {"prediction", m.predicted ? ordered_json(*m.predicted) : ordered_json(nullptr)},
                            {"replay_holds", m.holds}});
  out["seconds"] = hunt.seconds;
  return out;
}

void print(const Hunt& hunt) {
  std::cout << verdict(hunt);
  if (hunt.all) fmt::print(std::cout, "{} pairs meet it, right or wrong.\n", grouped(*hunt.all));
  for (const Match& match : hunt.shown) std::cout << line(match);
  fmt::print(std::cout, "{:.2f} s\n", hunt.seconds);
}

void run(const Flags& flags, const Context& context) {
  if (!(flags.time_limit > 0.0))
    throw model::InputError("--time-limit: expected a number of seconds above 0 (inf for no limit)");
  model::Record record(context.command);
  const model::Checkpoint checkpoint = model::load(flags.file);
  record.add_input(flags.file, checkpoint.sha256);
  const auto where = verify::query::parse(flags.where, checkpoint.decoder.layout);
  const bool nothing_asked = !flags.count && !flags.smallest && flags.list == 0 && flags.random == 0;
  const Interruptible interruptible;
  verify::HuntOptions options;
  options.semantics = flags.semantics == "real" ? verify::Semantics::real : verify::Semantics::float32;
  options.threads = flags.threads;
  options.time_limit = flags.time_limit;
  options.list = nothing_asked ? 5 : flags.list;
  options.random = flags.random;
  options.smallest = flags.smallest;
  options.seed = flags.seed;
  options.interrupted = interruptible.flag();
  const Hunt hunt = verify::hunt(checkpoint.decoder, where, options);
  if (flags.json_path != "-") print(hunt);
  if (flags.json_path.empty()) return;
  ordered_json out = to_json(flags, checkpoint, hunt);
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

std::string names() {
  std::string text =
      "Example: carryscope hunt model.pt --where 'cascade >= 2 && a < 10^6' --smallest\n\nNumbers: "
      "a, b, sum, predicted, error = predicted - sum. Small values:";
  for (const auto& v : verify::query::variables()) {
    using verify::query::Shape;
    text += fmt::format("\n  {:<16} {}",
                        std::string(v.name) + (v.shape == Shape::indexed     ? "[i]"
                                               : v.shape == Shape::of_number ? "(a)"
                                                                             : ""),
                        v.meaning);
  }
  return text;
}

}  // namespace

void add_hunt(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand(
      "hunt", "The failing pairs that meet a condition: counted, listed, the smallest");
  command->add_option("FILE", flags->file, "a checkpoint: .pt, .safetensors or decoder JSON")->required();
  command->add_option("--where", flags->where, "the condition, such as 'c[3] == 1 && a < 10^6'")->required();
  command->add_flag("--count", flags->count, "count only");
  command
      ->add_option("--list", flags->list, "show so many, spread evenly over all (5 where nothing is asked)")
      ->check(CLI::Range(0, 100'000));
  command->add_flag("--smallest", flags->smallest, "show the pair of the smallest sum, then the smallest a");
  command->add_option("--random", flags->random, "show so many, drawn uniformly")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--seed", flags->seed, "of --random")->capture_default_str();
  command->add_option("--semantics", flags->semantics, "as of certify")
      ->check(CLI::IsMember({"real", "float32"}))
      ->capture_default_str();
  command->add_option("--threads", flags->threads, "changes the time and nothing else")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--time-limit", flags->time_limit, "seconds; what is undecided then is bracketed")
      ->capture_default_str();
  add_json_option(*command, flags->json_path);
  command->footer(names());
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
