// carryscope recast: a trained model as the start of another configuration.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "train/recast.h"

namespace carryscope::cli {
namespace {

struct Flags {
  std::string file, preset, output;
};

void run(const Flags& flags) {
  const model::Checkpoint given = model::load(flags.file);
  if (!given.factored)
    throw model::InputError(fmt::format(
        "{}: holds a dense decoder, expected a factored checkpoint (.pt or .safetensors); only those have "
        "factors to fit",
        flags.file));
  model::Checkpoint out;
  out.factored = train::recast(*given.factored, model::preset(flags.preset), flags.file);
  out.decoder = model::multiply_out(*out.factored);
  model::save(flags.output, out);
  fmt::print("{}: {} parameters made {}; carryscope finetune trains them\n", flags.output,
             model::parameters(given.factored->config), model::parameters(out.factored->config));
}

}  // namespace

void add_recast(CLI::App& program, const Context&) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand(
      "recast", "Starts another configuration from a trained model: other ranks, tying, neurons");
  command->add_option("FILE", flags->file, "a factored checkpoint: .pt or .safetensors")->required();
  command->add_option("--preset", flags->preset, "the wanted configuration, of the same width")->required();
  command->add_option("-o,--output", flags->output, "the checkpoint to write")->required();
  command->footer("Example: carryscope recast checkpoints/311.pt --preset 303 -o 303-start.pt");
  command->callback([flags] { run(*flags); });
}

}  // namespace carryscope::cli
