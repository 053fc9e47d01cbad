// carryscope prove FILE: whether any pair fails at a step, asked of Z3; each step is proven, refuted by a
// pair, or undecided. --rules: the rules of addition, proved for all digits.
#include <iostream>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/json_output.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/record.h"
#include "verify/number_text.h"
#include "verify/smt_addition.h"
#include "verify/smt_engine.h"

namespace carryscope::cli {
namespace {

using model::Decoder, model::InputError;
using nlohmann::ordered_json;
using verify::Counterexample, verify::Proof, verify::StepProof, verify::grouped;

struct Flags {
  std::string file, where, json_path;
  int step = -1, threads = 1;
  double time_limit = 600.0;  // seconds
  bool rules = false;
};

constexpr const char* kVerdicts[] = {"proven", "refuted", "undecided"};  // by Proof
const char* name(Proof verdict) { return kVerdicts[static_cast<int>(verdict)]; }

Proof overall(const std::vector<StepProof>& proofs) {
  Proof verdict = Proof::proven;
  for (const StepProof& p : proofs)
    if (verdict == Proof::proven || p.verdict == Proof::refuted) verdict = p.verdict;
  return verdict;
}

std::string line(const StepProof& proof) {
  std::string text =
      fmt::format("{:>6} {:>6}  {:<10}", proof.step, fmt::format("10^{}", proof.place), name(proof.verdict));
  if (proof.counterexample) {
    const auto& [pair, rival, margin, predicted] = *proof.counterexample;
    text += fmt::format("{} + {} = {}: token {} is ahead by {:.3g} logits; the model says {}", pair.a, pair.b,
                        pair.a + pair.b, rival, -margin.upper(),
                        predicted ? std::to_string(*predicted) : "no number");
    if (predicted == pair.a + pair.b) text += ", right by rounding alone";
  } else {
    text += fmt::format(
        "{} pairs tried, {} lemmas{}", grouped(proof.proposals), grouped(proof.lemmas),
        proof.ties > 0 ? fmt::format(", {} too close to a tie to tell", grouped(proof.ties)) : "");
  }
  return text + fmt::format("; {:.1f} s\n", proof.seconds);
}

std::string conclusion(const Flags& flags, const Decoder& decoder, const std::vector<StepProof>& proofs) {
  const std::string pairs =
      fmt::format("of the 10^{} pairs{}", 2 * decoder.layout.digits,
                  flags.where.empty() ? "" : fmt::format(" those with {}", flags.where));
  const std::string at = flags.step < 0 ? "at any step" : fmt::format("at step {}", flags.step);
  switch (overall(proofs)) {
    case Proof::proven:
      return fmt::format("PROVEN over the reals: {}, none fails {}.\n", pairs, at);
    case Proof::refuted:
      return fmt::format("REFUTED: {}, some fail; each pair shown was replayed.\n", pairs);
    case Proof::undecided:
      return fmt::format("UNDECIDED: {}, none was found that fails {}, but that none exists is not proven.\n",
                         pairs, at);
  }
  return "";
}

ordered_json to_json(const StepProof& proof) {
  ordered_json out{
      {"step", proof.step},           {"place", proof.place},     {"verdict", name(proof.verdict)},
      {"proposals", proof.proposals}, {"lemmas", proof.lemmas},   {"ties", proof.ties},
      {"seconds", proof.seconds},     {"counterexample", nullptr}};
  if (!proof.counterexample) return out;
  const auto& [pair, rival, margin, predicted] = *proof.counterexample;
  out["counterexample"] = {{"a", pair.a},
                           {"b", pair.b},
                           {"sum", pair.a + pair.b},
                           {"rival_token", rival},
                           {"margin_at_least", margin.lower()},
                           {"margin_at_most", margin.upper()},
                           {"prediction", predicted ? ordered_json(*predicted) : ordered_json(nullptr)}};
  return out;
}

ordered_json to_json(const Flags& flags, const model::Checkpoint& checkpoint,
                     const std::vector<StepProof>& proofs) {
  ordered_json out{{"format", "carryscope-prove"},
                   {"version", 1},
                   {"model", checkpoint.decoder.name},
                   {"file_sha256", checkpoint.sha256},
                   {"digits", checkpoint.decoder.layout.digits},
                   {"semantics", "real"},
                   {"where", flags.where.empty() ? ordered_json(nullptr) : ordered_json(flags.where)},
                   {"verdict", name(overall(proofs))},
                   {"steps", ordered_json::array()}};
  for (const StepProof& proof : proofs) out["steps"].push_back(to_json(proof));
  return out;
}

std::vector<StepProof> prove(const Flags& flags, const Decoder& decoder) {
  if (flags.step >= decoder.layout.answer_digits())
    throw InputError(fmt::format("--step: '{}' has steps 0 to {}, not {}", decoder.name,
                                 decoder.layout.answer_digits() - 1, flags.step));
  std::optional<verify::query::Expression> where;
  if (!flags.where.empty()) where = verify::query::parse(flags.where, decoder.layout);
  const Interruptible interruptible;
  verify::ProveOptions options;
  options.step = flags.step;
  options.where = where ? &*where : nullptr;
  options.threads = flags.threads;
  options.time_limit = flags.time_limit;
  options.interrupted = interruptible.flag();
  if (flags.json_path == "-") return verify::prove(decoder, options);
  bool first = true;
  return verify::prove(decoder, options, [&](const StepProof& proof) {
    if (std::exchange(first, false)) fmt::print(std::cout, "{:>6} {:>6}  verdict\n", "step", "place");
    std::cout << line(proof) << std::flush;
  });
}

void print_rules() {
  for (const verify::ProvenRule& rule : verify::prove_rules())
    fmt::print(std::cout, "{}: {}\n  {}\n  changed to '{}': {}\n", rule.name, rule.statement,
               rule.proven ? "proven for all digits" : "NOT PROVEN", rule.mutant,
               rule.counterexample.empty() ? "NO COUNTEREXAMPLE FOUND" : "fails at " + rule.counterexample);
}

void run(const Flags& flags, const Context& context) {
  if (flags.rules) return print_rules();
  if (flags.file.empty()) throw InputError("prove: expected a FILE to prove something of, or --rules");
  if (!(flags.time_limit > 0.0))
    throw InputError("--time-limit: expected a number of seconds above 0 (inf for no limit)");
  model::Record record(context.command);
  const model::Checkpoint checkpoint = model::load(flags.file);
  record.add_input(flags.file, checkpoint.sha256);
  const std::vector<StepProof> proofs = prove(flags, checkpoint.decoder);
  if (flags.json_path != "-") std::cout << conclusion(flags, checkpoint.decoder, proofs);
  if (flags.json_path.empty()) return;
  ordered_json out = to_json(flags, checkpoint, proofs);
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

}  // namespace

void add_prove(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command =
      program.add_subcommand("prove", "Ask Z3, not the search, whether any pair fails at a step");
  CLI::Option* const file =
      command->add_option("FILE", flags->file, "a checkpoint: .pt, .safetensors or decoder JSON");
  command->add_option("--step", flags->step, "one step of the answer, from 0; otherwise all")
      ->check(CLI::Range(0, model::kMaxDigits));
  command->add_option(
      "--where", flags->where,
      "only pairs that meet the condition, such as 'c[3] == 1 && a < 10^6' (see hunt --help)");
  command->add_option("--threads", flags->threads, "changes the time and no verdict")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--time-limit", flags->time_limit, "seconds; what is open then is undecided")
      ->capture_default_str();
  add_json_option(*command, flags->json_path);
  command
      ->add_flag("--rules", flags->rules,
                 "prove the rules of addition that the engines rest on, and list them")
      ->excludes(file);
  command->footer("Example: carryscope prove model.pt --step 4 --where 'c[4] == 1'");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
