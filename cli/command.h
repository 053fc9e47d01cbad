// The program's subcommands. Each is one file of this folder with one function that declares its
// flags and what runs when it is chosen; main.cpp has the table.
//
// A subcommand writes its result to stdout, progress and complaints to stderr, and throws: InputError
// for what the user can mend (exit code 2), anything else is a fault of the program (3).
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace carryscope::cli {

// What the program was called with, for records.
struct Context {
  std::vector<std::string> command;
};

void add_certify(CLI::App& program, const Context& context);
void add_diff(CLI::App& program, const Context& context);
void add_enumerate(CLI::App& program, const Context& context);
void add_eval(CLI::App& program, const Context& context);
void add_explain(CLI::App& program, const Context& context);
void add_finetune(CLI::App& program, const Context& context);
void add_hunt(CLI::App& program, const Context& context);
void add_info(CLI::App& program, const Context& context);
void add_plant(CLI::App& program, const Context& context);
void add_prove(CLI::App& program, const Context& context);
void add_recast(CLI::App& program, const Context& context);
void add_repair(CLI::App& program, const Context& context);
void add_report(CLI::App& program, const Context& context);
void add_sweep(CLI::App& program, const Context& context);
void add_trace(CLI::App& program, const Context& context);
void add_train(CLI::App& program, const Context& context);

}  // namespace carryscope::cli
