// --json FILE: where a command's result goes as JSON; - is the standard output, on which nothing else is then
// printed.
#pragma once

#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "model/checkpoint/atomic_file.h"

namespace carryscope::cli {

inline void add_json_option(CLI::App& command, std::string& path) {
  command.add_option("--json", path,
                     "write the full result to this file; - is stdout, and nothing else is printed");
}

// Does nothing without a path. Text that is no UTF-8 (a file's name) is replaced, never refused.
template <class Json>
void write_json(const std::string& path, const Json& result) {
  if (path.empty()) return;
  const std::string text = result.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (path == "-")
    std::cout << text;
  else
    model::write_file(path, text);
}

}  // namespace carryscope::cli
