// carryscope trace FILE A B: one addition as the model performs it, step by step.
//
// Prints the table and where it goes wrong; --json writes everything.
#include <charconv>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "analysis/analyses.h"
#include "analysis/trace.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "model/error.h"
#include "model/record.h"

namespace carryscope::cli {
namespace {

using analysis::Json;
using model::InputError;

struct Flags {
  std::string file, a, b, json_path;
};

std::uint64_t operand(const std::string& name, const std::string& text, int digits) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value >= model::power_of_ten(digits))
    throw InputError(
        fmt::format("{}: '{}': expected a whole number of at most {} digits, which is what the "
                    "model adds",
                    name, text, digits));
  return value;
}

void run(const Flags& flags, const Context& context) {
  model::Record record(context.command);
  model::Checkpoint checkpoint = model::load(flags.file);
  record.add_input(flags.file, checkpoint.sha256);
  const int digits = checkpoint.decoder.layout.digits;
  const model::Pair pair{operand("A", flags.a, digits), operand("B", flags.b, digits)};
  const analysis::Subject subject(std::move(checkpoint));
  Json trace;
  try {
    trace = analysis::Tracer(subject)(pair);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", flags.file, error.what()));
  }
  if (flags.json_path != "-") std::cout << analysis::trace_text(trace);
  if (flags.json_path.empty()) return;
  Json out = analysis::envelope("trace", subject);
  out["traces"] = Json::array({{{"why", "asked for"}}});
  out["traces"][0].update(trace);
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

}  // namespace

void add_trace(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command =
      program.add_subcommand("trace", "One sum step by step: attention, carry, neurons, margin");
  command->add_option("FILE", flags->file, "a checkpoint: .pt, .safetensors or decoder JSON")->required();
  command->add_option("A", flags->a, "the first operand")->required();
  command->add_option("B", flags->b, "the second operand")->required();
  add_json_option(*command, flags->json_path);
  command->footer("Example: carryscope trace model.pt 9304630660 8594408863");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
