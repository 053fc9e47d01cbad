// Choice and loading of engines.
#include "train/engine.h"

#include <dlfcn.h>

#include <filesystem>

#include <fmt/format.h>

#include "model/error.h"
#include "train/fused_model.h"
#include "train/fused_trainer.h"

namespace carryscope::train {
namespace {

using model::InputError;
using MakeTorch = std::unique_ptr<Trainer>(const model::Config&, const Recipe&,
                                           std::span<const std::uint64_t>, const std::string&);

constexpr const char* kTorchModule = "libcarryscope_torch_engine.so";
constexpr const char* kTorchSymbol = "carryscope_make_torch_trainer";

std::filesystem::path program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(".") : program.parent_path();
}

MakeTorch* torch_engine() {
  const std::string path = (program_folder() / kTorchModule).string();
  if (!std::filesystem::exists(path))
    throw InputError(
        fmt::format("--engine torch: {} is not there; build with LibTorch (scripts/setup test installs "
                    "it), or use --engine fused",
                    path));
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const symbol = module ? ::dlsym(module, kTorchSymbol) : nullptr;
  if (!symbol)
    throw InputError(
        fmt::format("--engine torch: {} could not be loaded: {}; build it again, or use --engine fused", path,
                    ::dlerror()));
  return reinterpret_cast<MakeTorch*>(symbol);
}

}  // namespace

std::unique_ptr<Trainer> make_trainer(const Engine& engine, const model::Config& config, const Recipe& recipe,
                                      std::span<const std::uint64_t> seeds) {
  if (engine.name == "torch") return torch_engine()(config, recipe, seeds, engine.device);
  if (engine.name != "fused")
    throw InputError(fmt::format("--engine: '{}' is unknown; expected fused or torch", engine.name));
  if (engine.device == "cuda")
    throw InputError("--device cuda: the fused engine runs on the processor; use --engine torch");
  return make_fused_trainer(config, recipe, seeds);
}

std::string describe(const Engine& engine) {
  return engine.name == "fused" ? fmt::format("fused {}", instruction_sets().front().name) : engine.name;
}

}  // namespace carryscope::train
