// Asks the system once, when the record is written (record.h).
#include "model/record.h"

#include <ctime>
#include <fstream>
#include <string_view>
#include <thread>

#include <sys/utsname.h>

namespace carryscope::model {
namespace {

double processor_clock() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::string processor_name() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);)
    if (line.starts_with("model name"))
      if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown";
}

std::string system_name() {
  utsname names{};
  if (uname(&names) != 0) return "unknown";
  return std::string(names.sysname) + " " + names.release + " " + names.machine;
}

}  // namespace

const char* version() { return CARRYSCOPE_VERSION; }

Record::Record(std::vector<std::string> command)
    : command_(std::move(command)),
      started_(std::chrono::steady_clock::now()),
      processor_started_(processor_clock()) {}

void Record::add_input(const std::string& path, const std::string& sha256) {
  inputs_.push_back({{"path", path}, {"sha256", sha256}});
}

double Record::processor_seconds() const { return processor_clock() - processor_started_; }

double Record::wall_seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

nlohmann::json Record::json() const {
  return {{"program", "carryscope"},
          {"version", version()},
          {"command", command_},
          {"inputs", inputs_},
          {"compiler", __VERSION__},
          {"machine",
           {{"system", system_name()},
            {"processor", processor_name()},
            {"cores", std::thread::hardware_concurrency()}}},
          {"seconds", {{"wall", wall_seconds()}, {"processor", processor_seconds()}}}};
}

}  // namespace carryscope::model
