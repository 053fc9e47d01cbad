// carryscope diff A B: the exact number of pairs on which two models answer differently.
//
// Prints the counts and the combinations of first wrong tokens, each with a pair that both models answered;
// --json writes everything (docs/schemas/diff.schema.json).
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "analysis/difference.h"
#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/json_output.h"
#include "model/error.h"
#include "model/record.h"
#include "verify/number_text.h"

namespace carryscope::cli {
namespace {

using analysis::Departure, analysis::Difference, analysis::DifferenceClass, analysis::Subject;
using nlohmann::ordered_json;

struct Flags {
  std::array<std::string, 2> files;
  analysis::Options options;
  int list = 10;
  std::string json_path;
};

std::string token_name(const model::Layout& layout, int token) {
  const auto digit = std::ranges::find(layout.digit_tokens, token);
  if (digit == layout.digit_tokens.end()) return fmt::format("token {}", token);
  return fmt::format("{}", digit - layout.digit_tokens.begin());
}

std::string describe(const Departure& departure, const model::Layout& layout) {
  if (departure.step == layout.answer_digits()) return "right";
  if (!departure.token) return fmt::format("unknown at step {}", departure.step);
  return fmt::format("writes {} at step {}", token_name(layout, *departure.token), departure.step);
}

std::optional<std::uint64_t> answer(const Subject& subject, model::Pair pair) {
  std::vector<int> tokens(static_cast<std::size_t>(subject.decoder().layout.steps()));
  subject.greedy().decode(std::span(&pair, 1), tokens);
  return model::detokenise(subject.decoder().layout, tokens);
}

std::string say(const std::optional<std::uint64_t>& number) {
  return number ? fmt::format("{}", *number) : "no number";
}

std::string text(const Difference& d, const Subject& x, const Subject& y, int list) {
  const model::Layout& layout = x.decoder().layout;
  std::string out = fmt::format("first:  {}, {} parameters\nsecond: {}, {} parameters\n\n", x.decoder().name,
                                x.decoder().parameters, y.decoder().name, y.decoder().parameters);
  const std::size_t width = verify::grouped(d.total).size();
  for (const auto& [name, count] :
       {std::pair{"alike", d.alike}, {"different", d.differ}, {"undecided", d.undecided}, {"all", d.total}})
    out += fmt::format("  {:<9}  {:>{}}\n", name, verify::grouped(count), width);
  out +=
      d.undecided == 0
          ? fmt::format("\nEXACT: the two models answer {} pairs differently.\n", verify::grouped(d.differ))
          : fmt::format("\nA BRACKET, not exact: between {} and {} pairs are answered differently.\n",
                        verify::grouped(d.differ), verify::grouped(d.differ + d.undecided));
  for (std::size_t i = 0; i < d.classes.size() && i < static_cast<std::size_t>(list); ++i) {
    const DifferenceClass& c = d.classes[i];
    out +=
        fmt::format("  {:>2}. {} pairs{}: first {}, second {}\n      for example {} + {} = {}: {} and {}\n",
                    i + 1, verify::grouped(c.pairs), c.alike == analysis::Alike::no ? "" : " (undecided)",
                    describe(c.first, layout), describe(c.second, layout), c.example.a, c.example.b,
                    c.example.a + c.example.b, say(answer(x, c.example)), say(answer(y, c.example)));
  }
  if (d.classes.size() > static_cast<std::size_t>(list))
    out += fmt::format("      ... and {} more; --list N shows more\n",
                       d.classes.size() - static_cast<std::size_t>(list));
  return out;
}

ordered_json departure_json(const Departure& departure, const model::Layout& layout) {
  if (departure.step == layout.answer_digits()) return nullptr;
  ordered_json token = nullptr;
  if (departure.token) token = *departure.token;
  return {{"step", departure.step}, {"token", token}};
}

ordered_json model_json(const std::string& file, const Subject& subject) {
  return {{"file", file},
          {"name", subject.decoder().name},
          {"parameters", subject.decoder().parameters},
          {"file_sha256", subject.checkpoint().sha256}};
}

ordered_json to_json(const Flags& flags, const Difference& d, const Subject& x, const Subject& y) {
  const auto number = [](const std::optional<std::uint64_t>& n) {
    return n ? ordered_json(*n) : ordered_json(nullptr);
  };
  ordered_json out{{"format", "carryscope-diff"},
                   {"version", 1},
                   {"first", model_json(flags.files[0], x)},
                   {"second", model_json(flags.files[1], y)},
                   {"total", verify::to_string(d.total)},
                   {"alike", verify::to_string(d.alike)},
                   {"different", verify::to_string(d.differ)},
                   {"undecided", verify::to_string(d.undecided)}};
  out["classes"] = ordered_json::array();
  for (const DifferenceClass& c : d.classes)
    out["classes"].push_back({{"first", departure_json(c.first, x.decoder().layout)},
                              {"second", departure_json(c.second, x.decoder().layout)},
                              {"different", c.alike == analysis::Alike::no},
                              {"pairs", verify::to_string(c.pairs)},
                              {"example",
                               {{"a", c.example.a},
                                {"b", c.example.b},
                                {"first", number(answer(x, c.example))},
                                {"second", number(answer(y, c.example))}}}});
  return out;
}

void run(Flags flags, const Context& context) {
  if (!(flags.options.time_limit > 0.0))
    throw model::InputError("--time-limit: expected a number of seconds above 0 (inf for no limit)");
  model::Record record(context.command);
  const Interruptible interruptible;
  flags.options.interrupted = interruptible.flag();
  std::vector<Subject> models;
  for (const std::string& file : flags.files) {
    model::Checkpoint checkpoint = model::load(file);
    record.add_input(file, checkpoint.sha256);
    models.emplace_back(std::move(checkpoint), flags.options);
  }
  const Difference d = analysis::difference(models[0], models[1]);
  if (flags.json_path != "-") std::cout << text(d, models[0], models[1], flags.list);
  if (flags.json_path.empty()) return;
  ordered_json out = to_json(flags, d, models[0], models[1]);
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

}  // namespace

void add_diff(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand(
      "diff", "On how many of all operand pairs two models answer differently, proven");
  command->add_option("A", flags->files[0], "a checkpoint: .pt, .safetensors or decoder JSON")->required();
  command->add_option("B", flags->files[1], "another one")->required();
  command->add_option("--list", flags->list, "how many combinations of first wrong tokens to show")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_option("--threads", flags->options.threads, "changes the time and nothing else")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      ->add_option("--time-limit", flags->options.time_limit,
                   "seconds for each search; what is undecided then is bracketed")
      ->capture_default_str();
  add_json_option(*command, flags->json_path);
  command->footer("Example: carryscope diff runs/311/best.pt runs/311-repaired/repaired.pt");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
