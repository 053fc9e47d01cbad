// Members, schedule and divergence of fused_trainer.h.
#include "train/fused_trainer.h"

#include <cmath>
#include <limits>

#include "model/error.h"
#include "train/curriculum.h"
#include "train/fused_model.h"
#include "train/initialise.h"
#include "train/schedule.h"

namespace carryscope::train {
namespace {

struct Member {
  Member(const model::Config& config, const Recipe& recipe, std::uint64_t seed)
      : curriculum(recipe, config.digits, seed),
        form(first_weights(config, recipe, seed)),
        fused(config, recipe.batch) {
    copy(form.tensors, fused.parameters());
  }

  Curriculum curriculum;
  model::Factored form;  // shapes and configuration; its values are those of the start
  FusedModel fused;
  bool diverged = false;
};

FusedStep step_of(const Recipe& recipe, int tokens, std::int64_t step) {
  FusedStep s;
  const auto done = static_cast<double>(step + 1);
  s.rate = static_cast<float>(learning_rate(recipe, step));
  s.beta1 = static_cast<float>(recipe.beta1), s.beta2 = static_cast<float>(recipe.beta2);
  s.epsilon = static_cast<float>(recipe.epsilon), s.decay = static_cast<float>(recipe.weight_decay);
  s.clip = static_cast<float>(recipe.clip);
  s.correction1 = static_cast<float>(1 - std::pow(recipe.beta1, done));
  s.correction2 = static_cast<float>(1 - std::pow(recipe.beta2, done));
  for (int t = 0; t < tokens; ++t) {
    const double weight =
        recipe.step_weights.empty() ? 1.0 : recipe.step_weights[static_cast<std::size_t>(t)];
    s.share[t] = static_cast<float>(weight / tokens);
  }
  return s;
}

class FusedTrainer final : public Trainer {
 public:
  FusedTrainer(const model::Config& config, const Recipe& recipe, std::span<const std::uint64_t> seeds)
      : config_(config), recipe_(recipe), batch_(static_cast<std::size_t>(recipe.batch)) {
    for (const std::uint64_t seed : seeds) members_.push_back(std::make_unique<Member>(config, recipe, seed));
  }

  std::vector<double> step() override {
    std::vector<double> losses;
    for (auto& member : members_) losses.push_back(step(*member));
    ++step_;
    return losses;
  }

  std::int64_t steps_done() const override { return step_; }
  int population() const override { return static_cast<int>(members_.size()); }

  model::Factored model(int member) const override {
    Member& m = *members_[static_cast<std::size_t>(member)];
    model::Factored now = m.form;
    copy(m.fused.parameters(), now.tensors);
    return now;
  }

  Curriculum& curriculum(int member) override {
    return members_[static_cast<std::size_t>(member)]->curriculum;
  }

  State state() const override {
    State state{step_, {}};
    for (int i = 0; i < population(); ++i) {
      Member& m = *members_[static_cast<std::size_t>(i)];
      MemberState member{model(i), m.form.tensors, m.form.tensors, m.diverged};
      copy(m.fused.first_moment(), member.first);
      copy(m.fused.second_moment(), member.second);
      state.members.push_back(std::move(member));
    }
    return state;
  }

  void restore(const State& given, const std::string& where) override {
    const State state = accepted(given, config_, population(), where);
    step_ = state.step;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      Member& m = *members_[i];
      copy(state.members[i].parameters.tensors, m.fused.parameters());
      copy(state.members[i].first, m.fused.first_moment());
      copy(state.members[i].second, m.fused.second_moment());
      m.diverged = state.members[i].diverged;
    }
  }

 private:
  // The kernel leaves out the update where loss or gradient is not finite.
  double step(Member& m) {
    if (m.diverged) return std::numeric_limits<double>::quiet_NaN();
    m.curriculum.batch(step_, batch_);
    m.fused.read(batch_);
    const FusedResult result = m.fused.run(step_of(recipe_, m.fused.shape().steps, step_));
    if (std::isfinite(result.loss) && std::isfinite(result.gradient_norm))
      return static_cast<double>(result.loss);
    m.diverged = true;
    return std::numeric_limits<double>::quiet_NaN();
  }

  model::Config config_;
  Recipe recipe_;
  std::vector<model::Pair> batch_;
  std::vector<std::unique_ptr<Member>> members_;
  std::int64_t step_ = 0;
};

}  // namespace

std::unique_ptr<Trainer> make_fused_trainer(const model::Config& config, const Recipe& recipe,
                                            std::span<const std::uint64_t> seeds) {
  return std::make_unique<FusedTrainer>(config, recipe, seeds);
}

}  // namespace carryscope::train
