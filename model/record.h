// What a run writes down beside its figures, so that somebody else can run it again and compare:
// the program and its version, the command, the model's hash, the machine, the time it took.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace carryscope::model {

const char* version();  // of the program, "1.2.3"

class Record {
 public:
  // The command line as it was given; the clock starts here.
  explicit Record(std::vector<std::string> command);

  // A file that the result depends on, with the sha256 of its content.
  void add_input(const std::string& path, const std::string& sha256);

  // Processor seconds of all threads and seconds on the wall since the record was made.
  double processor_seconds() const;
  double wall_seconds() const;

  // {"program", "version", "command": [...], "inputs": [{"path", "sha256"}], "compiler",
  //  "machine": {"system", "processor", "cores"}, "seconds": {"wall", "processor"}}
  nlohmann::json json() const;

 private:
  std::vector<std::string> command_;
  nlohmann::json inputs_ = nlohmann::json::array();
  std::chrono::steady_clock::time_point started_;
  double processor_started_;
};

}  // namespace carryscope::model
