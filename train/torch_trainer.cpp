// One AdamW step of a whole population: every tensor has the members as its first dimension.
#include "train/torch_trainer.h"

#include <cmath>
#include <limits>

#include "model/error.h"
#include "train/curriculum.h"
#include "train/initialise.h"
#include "train/schedule.h"
#include "train/torch_batch.h"
#include "train/torch_decoder.h"

namespace carryscope::train {
namespace {

using torch::Tensor;

std::vector<model::Factored> initial(const model::Config& config, const Recipe& recipe,
                                     std::span<const std::uint64_t> seeds) {
  std::vector<model::Factored> out;
  for (const std::uint64_t seed : seeds) out.push_back(first_weights(config, recipe, seed));
  return out;
}

class TorchTrainer final : public Trainer {
 public:
  TorchTrainer(const model::Config& config, const Recipe& recipe, std::span<const std::uint64_t> seeds,
               torch::Device device, torch::Dtype dtype)
      : recipe_(recipe),
        config_(config),
        decoder_(initial(config, recipe, seeds), device, dtype),
        step_weights_(step_weights(decoder_.layout(), recipe.step_weights, decoder_.options())),
        first_(torch::zeros_like(decoder_.parameters(), decoder_.options())),
        second_(torch::zeros_like(first_)),
        sound_(torch::ones({first_.size(0), 1}, decoder_.options().dtype(torch::kBool))) {
    for (const std::uint64_t seed : seeds) curricula_.emplace_back(recipe, config.digits, seed);
  }

  std::vector<double> step() override {
    const Tensor losses = decoder_.losses(batch(), step_weights_);
    const Tensor gradient = torch::autograd::grad({losses.sum()}, {decoder_.parameters()})[0];
    const Tensor reported = update(losses.detach(), gradient).to(torch::kCPU, torch::kFloat64).contiguous();
    ++steps_;
    return {reported.data_ptr<double>(), reported.data_ptr<double>() + reported.numel()};
  }

  std::int64_t steps_done() const override { return steps_; }
  int population() const override { return static_cast<int>(curricula_.size()); }
  model::Factored model(int member) const override { return decoder_.factored(member); }

  Curriculum& curriculum(int member) override { return curricula_[static_cast<std::size_t>(member)]; }

  State state() const override {
    State out{steps_, {}};
    for (int i = 0; i < population(); ++i)
      out.members.push_back(
          {model(i), unflatten(config_, first_[i]), unflatten(config_, second_[i]), !sound_[i].item<bool>()});
    return out;
  }

  void restore(const State& given, const std::string& where) override {
    const State state = accepted(given, config_, population(), where);
    const torch::NoGradGuard no_gradients;
    for (int i = 0; i < population(); ++i) {
      const MemberState& member = state.members[static_cast<std::size_t>(i)];
      assign(decoder_.parameters(), i, member.parameters.tensors);
      assign(first_, i, member.first);
      assign(second_, i, member.second);
      sound_[i].fill_(!member.diverged);
    }
    steps_ = state.step;
  }

 private:
  // [members, batch, input_length + 1] on the device
  Tensor batch() const {
    std::vector<model::Pair> pairs(static_cast<std::size_t>(recipe_.batch));
    std::vector<Tensor> rows;
    for (const Curriculum& curriculum : curricula_) {
      curriculum.batch(steps_, pairs);
      rows.push_back(sequences(decoder_.layout(), pairs));
    }
    return torch::stack(rows).to(decoder_.options().device(), torch::kInt64);
  }

  // AdamW as in recipe.h; returns the losses, NaN for members that are not, or no longer, sound.
  Tensor update(const Tensor& losses, const Tensor& raw_gradient) {
    const torch::NoGradGuard no_gradients;
    const Tensor norm = raw_gradient.norm(2, 1, true);
    sound_ = sound_.logical_and(torch::isfinite(norm)).logical_and(torch::isfinite(losses).unsqueeze(1));
    const Tensor gradient = raw_gradient * (recipe_.clip / (norm + 1e-6)).clamp_max(1.0);
    const auto t = static_cast<double>(steps_ + 1);
    const double rate = learning_rate(recipe_, steps_);
    const double correction1 = 1 - std::pow(recipe_.beta1, t), correction2 = 1 - std::pow(recipe_.beta2, t);

    const Tensor first = first_ * recipe_.beta1 + gradient * (1 - recipe_.beta1);
    const Tensor second = second_ * recipe_.beta2 + gradient.square() * (1 - recipe_.beta2);
    const Tensor denominator = second.sqrt() / std::sqrt(correction2) + recipe_.epsilon;
    const Tensor& p = decoder_.parameters();
    const Tensor moved = p * (1 - rate * recipe_.weight_decay) - first / denominator * (rate / correction1);
    first_ = torch::where(sound_, first, first_);
    second_ = torch::where(sound_, second, second_);
    p.copy_(torch::where(sound_, moved, p));
    return losses.masked_fill(sound_.squeeze(1).logical_not(), std::numeric_limits<double>::quiet_NaN());
  }

  void assign(const Tensor& rows, int member, const std::vector<model::Tensor>& values) const {
    const model::Factored row{config_, model::Precision::float64, values};
    rows[member].copy_(flatten({&row, 1}, torch::kFloat64)[0]);
  }

  Recipe recipe_;
  model::Config config_;
  TorchDecoder decoder_;
  Tensor step_weights_;
  Tensor first_, second_;  // Adam's moments, [members, parameters]
  Tensor sound_;           // [members, 1], bool: has not diverged
  std::vector<Curriculum> curricula_;
  std::int64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> make_torch_trainer(const model::Config& config, const Recipe& recipe,
                                            std::span<const std::uint64_t> seeds, const std::string& device,
                                            model::Precision precision) {
  model::ensure(!seeds.empty(), "a population has a member");
  return std::make_unique<TorchTrainer>(config, recipe, seeds, torch_device(device), dtype_of(precision));
}

// What train/engine.cpp looks up in the module that holds this file.
extern "C" std::unique_ptr<Trainer> carryscope_make_torch_trainer(const model::Config& config,
                                                                  const Recipe& recipe,
                                                                  std::span<const std::uint64_t> seeds,
                                                                  const std::string& device) {
  return make_torch_trainer(config, recipe, seeds, device);
}

void set_torch_threads(int threads) { torch::set_num_threads(threads); }

std::string torch_version() { return "LibTorch " TORCH_VERSION; }

bool torch_has_cuda() { return torch::cuda::is_available(); }

}  // namespace carryscope::train
