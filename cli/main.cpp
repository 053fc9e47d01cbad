// carryscope SUBCOMMAND ...: chooses the subcommand and turns every way to fail into one sentence on
// stderr and an exit code: 0 done, 2 bad input, 3 a broken invariant of the program itself.
#include <iostream>

#include "cli/command.h"
#include "model/error.h"
#include "model/record.h"

namespace {

using namespace carryscope;

using Add = void (*)(CLI::App&, const cli::Context&);
constexpr Add kCommands[] = {
    cli::add_certify, cli::add_diff,  cli::add_enumerate, cli::add_eval,  cli::add_explain, cli::add_finetune,
    cli::add_hunt,    cli::add_info,  cli::add_plant,     cli::add_prove, cli::add_recast,  cli::add_repair,
    cli::add_report,  cli::add_sweep, cli::add_trace,     cli::add_train,
};

int complain(const std::string& sentence, int exit_code) {
  std::cerr << "carryscope: " << sentence << '\n';
  return exit_code;
}

int run(int argc, char** argv) {
  const cli::Context context{{argv, argv + argc}};
  CLI::App program("Carryscope trains tiny transformers to add, and proves how often they are right.",
                   "carryscope");
  program.set_version_flag("--version", model::version());
  program.require_subcommand(1);
  for (const Add add : kCommands) add(program, context);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help) {  // --help, --version
    return program.exit(help);
  } catch (const CLI::ParseError& error) {
    return complain(std::string(error.what()) + "; --help lists the flags", 2);
  }
  std::cout.flush();
  if (!std::cout)
    return complain("standard output: could not write the result; check the disk or the pipe", 2);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const model::InputError& error) {
    return complain(error.what(), 2);
  } catch (const std::exception& error) {
    return complain(error.what(), 3);
  } catch (...) {
    return complain("an unknown exception escaped; please report it", 3);
  }
}
