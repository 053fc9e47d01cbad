// carryscope shrink: a smaller preset started from a larger trained model.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "train/shrink.h"

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
        "ranks to shrink",
        flags.file));
  model::Checkpoint out;
  out.factored = train::shrink(*given.factored, model::preset(flags.preset), flags.file);
  out.decoder = model::multiply_out(*out.factored);
  model::save(flags.output, out);
  fmt::print("{}: {} parameters made {}; carryscope finetune trains them\n", flags.output,
             model::parameters(given.factored->config), model::parameters(out.factored->config));
}

}  // namespace

void add_shrink(CLI::App& program, const Context&) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand(
      "shrink", "Starts a smaller preset from a larger model: lower ranks, fewer neurons");
  command->add_option("FILE", flags->file, "a factored checkpoint: .pt or .safetensors")->required();
  command->add_option("--preset", flags->preset, "the smaller configuration")->required();
  command->add_option("-o,--output", flags->output, "the checkpoint to write")->required();
  command->footer("Example: carryscope shrink checkpoints/311.pt --preset 303 -o 303-start.pt");
  command->callback([flags] { run(*flags); });
}

}  // namespace carryscope::cli
