// carryscope plant --out FILE: writes a hand-built adder with a known number of wrong pairs.
//
// A model to try the other subcommands on where no checkpoint is at hand (model/planted.h): certify
// must find exactly the pairs that were planted.
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/command.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/planted.h"
#include "verify/number_text.h"

namespace carryscope::cli {
namespace {

struct Flags {
  std::string file, wrong;
  int digits = 10;
};

// The exponent of how many pairs shall be wrong; nothing where none.
std::optional<int> free_digits(const Flags& flags) {
  if (flags.wrong.empty()) return flags.digits;
  if (flags.wrong == "0") return std::nullopt;
  const int zeros = static_cast<int>(std::min<std::size_t>(flags.wrong.size() - 1, 1000));
  if (flags.wrong[0] != '1' || flags.wrong.find_first_not_of('0', 1) != std::string::npos ||
      zeros >= 2 * flags.digits)
    throw model::InputError(fmt::format("--wrong {}: expected 0 or a power of ten below 10^{}, such as 1000",
                                        flags.wrong, 2 * flags.digits));
  return zeros;
}

void run(const Flags& flags) {
  const std::optional<int> exponent = free_digits(flags);
  std::vector<model::Needle> needles;
  if (exponent) needles.push_back(model::make_needle(flags.digits, *exponent, flags.digits / 2));
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::planted_adder(flags.digits, needles);
  model::save(flags.file, checkpoint);
  verify::Count wrong = exponent ? 1 : 0;
  for (int i = 0; i < exponent.value_or(0); ++i) wrong *= 10;
  fmt::print(std::cout, "{}: a hand-built adder, wrong for {} of 10^{} pairs\n", flags.file,
             verify::grouped(wrong), 2 * flags.digits);
}

}  // namespace

void add_plant(CLI::App& program, const Context&) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command =
      program.add_subcommand("plant", "Write a hand-built adder with a known number of wrong pairs");
  command->add_option("-o,--out", flags->file, "the decoder JSON to write, FILE.decoder.json")->required();
  command->add_option("--digits", flags->digits, "of each operand")
      ->check(CLI::Range(1, model::kMaxDigits))
      ->capture_default_str();
  command->add_option("--wrong", flags->wrong,
                      "how many pairs: 0 or a power of ten; 10^digits where not given");
  command->footer("Example: carryscope plant --out adder.decoder.json --digits 4 --wrong 100");
  command->callback([flags] { run(*flags); });
}

}  // namespace carryscope::cli
