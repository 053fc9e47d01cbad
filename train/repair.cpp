// The rounds of repair.h.
#include "train/repair.h"

#include <array>
#include <chrono>
#include <cmath>

#include "model/error.h"
#include "train/failing_pairs.h"
#include "train/fused_trainer.h"

namespace carryscope::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kDraws = 8000;          // failing pairs a round
constexpr double kLeastRate = 1e-6;           // below, float32 weights hardly move
constexpr std::int64_t kForever = 1'000'000;  // the rate stays where it is

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Recipe constant_rate(double rate) {
  Recipe recipe;
  recipe.steps = kForever;
  recipe.peak_rate = rate, recipe.floor = 1, recipe.warmup = 100;
  recipe.beta2 = 0.99;
  recipe.curriculum = {{kForever, model::kMaxDigits}};
  return recipe;
}

class Search {
 public:
  Search(const model::Factored& model, const RepairOptions& options,
         const std::function<void(const Round&, const model::Factored&)>& done)
      : start_(model), options_(options), done_(done), failing_(options.seed), rate_(options.rate) {
    result_.model = model;
  }

  Repair operator()() {
    Round first;
    judge(start_, first);
    finish(first, start_);
    for (int number = 1; !over(number); ++number) {
      if (!trainer_) restart();
      Round round;
      round.number = number;
      train(round);
      const model::Factored now = trainer_->model(0);
      judge(now, round);
      finish(round, now);
      if (number - last_progress_ >= options_.patience) trainer_.reset(), last_progress_ = number, rate_ /= 2;
    }
    result_.interrupted = stopped();
    return std::move(result_);
  }

 private:
  bool stopped() const { return options_.interrupted && *options_.interrupted; }
  bool over(int number) const {
    return result_.repaired() || failing_.empty() || number > options_.rounds || rate_ < kLeastRate ||
           stopped();
  }

  void restart() {
    trainer_ = make_fused_trainer(start_.config, constant_rate(rate_), std::array{options_.seed});
    State state = trainer_->state();
    state.members[0].parameters = result_.model;
    trainer_->restore(state, "the model to repair");
    trainer_->curriculum(0).add_source(options_.share, [this](CounterRandom& r) { return failing_.draw(r); });
  }

  void train(Round& round) {
    const auto begin = Clock::now();
    double sum = 0;
    for (std::int64_t i = 0; i < options_.steps; ++i) sum += trainer_->step()[0];
    round.loss = sum / static_cast<double>(options_.steps);
    round.trained = since(begin);
    round.steps = steps_ += options_.steps;
    round.rate = rate_;
  }

  void judge(const model::Factored& model, Round& round) {
    const auto begin = Clock::now();
    verify::CertifyOptions options;
    options.semantics = options_.semantics;
    options.threads = options_.threads;
    options.time_limit = options_.budget;
    options.margin = false;
    options.regions = 0;
    options.leaves = true;
    options.interrupted = options_.interrupted;
    const verify::Certification certification = verify::certify(model::multiply_out(model), options);
    round.error = exact_error(certification);
    failing_.learn(certification, kDraws);
    round.cubes = failing_.cubes();
    round.certified = since(begin);
  }

  void finish(Round& round, const model::Factored& model) {
    const bool first = result_.rounds.empty();
    round.distance = distance(start_, model);
    round.best = first || better(round.error, result_.rounds[static_cast<std::size_t>(result_.best)].error);
    result_.rounds.push_back(round);
    if (round.best) {
      result_.best = round.number, result_.model = model;
      last_progress_ = round.number;
    }
    done_(round, model);
  }

  const model::Factored& start_;
  const RepairOptions& options_;
  const std::function<void(const Round&, const model::Factored&)>& done_;
  FailingPairs failing_;
  std::unique_ptr<Trainer> trainer_;
  Repair result_;
  double rate_;
  std::int64_t steps_ = 0;
  int last_progress_ = 0;
};

}  // namespace

nlohmann::json json(const Round& round) {
  return {{"round", round.number},
          {"steps", round.steps},
          {"rate", round.rate},
          {"loss", round.loss},
          {"exact", json(round.error)},
          {"cubes", round.cubes},
          {"distance", round.distance},
          {"trained_seconds", round.trained},
          {"certified_seconds", round.certified},
          {"best", round.best}};
}

double distance(const model::Factored& x, const model::Factored& y) {
  model::ensure(x.config == y.config, "distances are between models of one configuration");
  double square = 0;
  for (std::size_t t = 0; t < x.tensors.size(); ++t)
    for (std::size_t i = 0; i < x.tensors[t].values.size(); ++i) {
      const double d = x.tensors[t].values[i] - y.tensors[t].values[i];
      square += d * d;
    }
  return std::sqrt(square);
}

Repair repair(const model::Factored& model, const RepairOptions& options,
              const std::function<void(const Round&, const model::Factored&)>& done) {
  return Search(model, options, done)();
}

}  // namespace carryscope::train
