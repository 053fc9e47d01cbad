// Files and lock of run_folder.h.
#include "train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "model/checkpoint/atomic_file.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"

namespace carryscope::train {
namespace {

using model::InputError;
using Json = nlohmann::json;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw InputError(path + ": could not be read; check that it is there and readable");
  return text.str();
}

Json values_of(const std::vector<model::Tensor>& tensors) {
  Json out = Json::array();
  for (const model::Tensor& t : tensors) out.push_back(t.values);
  return out;
}

std::vector<model::Tensor> tensors_of(const Json& values, const model::Config& config) {
  std::vector<model::Tensor> out;
  for (const model::Part& part : model::parts(config)) {
    model::Tensor tensor;
    tensor.name = part.name;
    tensor.shape = part.rows == 0 ? std::vector<int>{part.cols} : std::vector<int>{part.rows, part.cols};
    tensor.values = values.at(out.size()).get<std::vector<double>>();
    out.push_back(std::move(tensor));
  }
  return out;
}

}  // namespace

RunFolder::RunFolder(const std::string& path, Free) : path_(path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    throw InputError(fmt::format("{}: the run's folder could not be made: {}; name another with -o", path,
                                 error.message()));
  lock_ = ::open(file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0)
    throw InputError(fmt::format("{}: the run's lock could not be opened: {}; check the folder's permissions",
                                 file("lock"), std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(lock_);
  lock_ = -1;
}

RunFolder::RunFolder(const std::string& path) : RunFolder(path, Free{}) {
  if (lock_ < 0)
    throw InputError(fmt::format(
        "{}: another process is training in this folder; wait for it, or name another folder with -o", path));
}

std::unique_ptr<RunFolder> RunFolder::unless_locked(const std::string& path) {
  std::unique_ptr<RunFolder> folder(new RunFolder(path, Free{}));
  return folder->lock_ < 0 ? nullptr : std::move(folder);
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

bool RunFolder::has(std::string_view name) const { return std::filesystem::exists(file(name)); }

Json read_json(const std::string& path) {
  try {
    return Json::parse(content(path));
  } catch (const Json::exception&) {
    throw InputError(path + ": is damaged, expected JSON; start the run again in a new folder");
  }
}

Json RunFolder::read(std::string_view name) const { return read_json(file(name)); }

void RunFolder::write(std::string_view name, const Json& value) const {
  model::write_file(file(name), value.dump(1) + "\n");
}

void RunFolder::add_line(std::string_view name, const Json& line) const {
  std::ofstream out(file(name), std::ios::app);
  out << line.dump() << '\n' << std::flush;
  if (!out)
    throw InputError(
        fmt::format("{}: could not be written; free some disk space and resume with --resume", file(name)));
}

void RunFolder::truncate_metrics(int retries, std::int64_t step) const {
  if (!has("metrics.jsonl")) return;
  std::istringstream lines(content(file("metrics.jsonl")));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const Json parsed = Json::parse(line, nullptr, false);  // the last line may be cut off
    if (parsed.is_discarded()) continue;
    const std::pair at(parsed.value("retries", 0), parsed.value("step", std::int64_t{0}));
    if (at <= std::pair(retries, step)) kept += line + "\n";
  }
  model::write_file(file("metrics.jsonl"), kept);
}

void RunFolder::write_state(std::string_view name, const State& state, const Json& run) const {
  Json members = Json::array();
  for (const MemberState& m : state.members)
    members.push_back({{"parameters", values_of(m.parameters.tensors)},
                       {"first", values_of(m.first)},
                       {"second", values_of(m.second)},
                       {"diverged", m.diverged}});
  const auto bytes = Json::to_cbor({{"step", state.step}, {"members", members}, {"run", run}});
  model::write_file(file(name), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::pair<State, Json> RunFolder::read_state(std::string_view name, const model::Config& config) const {
  const std::string path = file(name);
  try {
    const Json stored = Json::from_cbor(content(path));
    State state{stored.at("step").get<std::int64_t>(), {}};
    for (const Json& m : stored.at("members"))
      state.members.push_back({{config, model::Precision::float32, tensors_of(m.at("parameters"), config)},
                               tensors_of(m.at("first"), config),
                               tensors_of(m.at("second"), config),
                               m.at("diverged").get<bool>()});
    return {state, stored.at("run")};
  } catch (const Json::exception&) {
    throw InputError(path +
                     ": is damaged or of another configuration, expected the state of this run; "
                     "start the run again in a new folder");
  }
}

void RunFolder::copy_from(const std::string& folder, std::string_view name) const {
  model::write_file(file(name), content(folder + "/" + std::string(name)));
}

void RunFolder::write_checkpoint(std::string_view name, const model::Factored& model, std::int64_t step,
                                 double val_exact) const {
  model::Checkpoint checkpoint;
  checkpoint.decoder = model::multiply_out(model);
  checkpoint.factored = model;
  checkpoint.step = step;
  checkpoint.val_exact = val_exact;
  model::save(file(name), checkpoint);
}

}  // namespace carryscope::train
