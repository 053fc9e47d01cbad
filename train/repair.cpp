// The rounds of repair.h.
#include "train/repair.h"

#include <algorithm>
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
constexpr std::int64_t kShortest = 10;        // a round's steps are not cut below this part of the first's
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

bool set(const std::atomic<bool>* flag) { return flag && *flag; }

class Search {
 public:
  Search(const model::Factored& model, const RepairOptions& options, const RepairEvents& events)
      : start_(model),
        options_(options),
        events_(events),
        failing_(options.seed),
        rate_(options.rate),
        steps_(options.steps) {
    result_.model = model;
  }

  Repair begin() {
    Round first;
    judge(start_, first);
    finish(first, start_);
    return go_on();
  }

  Repair resume(const model::Factored& best, const State& state, const nlohmann::json& rest) {
    result_.model = best;
    for (const auto& round : rest.at("rounds")) result_.rounds.push_back(round_from_json(round));
    result_.best = rest.at("best").get<int>();
    rate_ = rest.at("rate").get<double>();
    steps_ = rest.at("steps").get<std::int64_t>();
    last_progress_ = rest.at("last_progress").get<int>();
    failing_ = FailingPairs::from(rest.at("failing"));
    restart();
    trainer_->restore(state, "the repair to resume");
    return go_on();
  }

 private:
  Repair go_on() {
    for (int number = static_cast<int>(result_.rounds.size()); !over(number); ++number) {
      if (!trainer_) restart();
      Round round;
      round.number = number;
      train(round);
      const model::Factored now = trainer_->model(0);
      judge(now, round);
      finish(round, now);
      if (number - last_progress_ >= options_.patience) {
        last_progress_ = number, rate_ /= 2;
        steps_ = std::max({steps_ / 2, options_.steps / kShortest, std::int64_t{1}});
        restart();
      }
      if (!set(options_.interrupted)) events_.state(trainer_->state(), state());
    }
    result_.interrupted = set(options_.interrupted);
    result_.repaired = repaired();
    return std::move(result_);
  }

  const Round& best() const { return result_.rounds[static_cast<std::size_t>(result_.best)]; }
  bool repaired() const {
    return best().error.proven_right() && (options_.margin == 0 || best().tight->proven_right());
  }
  bool over(int number) const {
    return repaired() || failing_.empty() || number > options_.rounds || rate_ < kLeastRate ||
           set(options_.interrupted) || (options_.superfluous && options_.superfluous());
  }

  nlohmann::json state() const {
    nlohmann::json rounds = nlohmann::json::array();
    for (const Round& round : result_.rounds) rounds.push_back(json(round));
    return {{"rounds", rounds},
            {"best", result_.best},
            {"rate", rate_},
            {"steps", steps_},
            {"last_progress", last_progress_},
            {"failing", failing_.json()}};
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
    for (std::int64_t i = 0; i < steps_; ++i) sum += trainer_->step()[0];
    round.loss = sum / static_cast<double>(steps_);
    round.trained = since(begin);
    round.steps = result_.rounds.back().steps + steps_;
    round.rate = rate_;
  }

  // What the semantics get wrong, or what is not above the margin. Its cubes are learnt from.
  ExactError certify(const model::Decoder& decoder, verify::Semantics semantics, double above, Round& round) {
    verify::CertifyOptions options;
    options.semantics = semantics;
    options.above = above;
    options.threads = options_.threads;
    options.time_limit = options_.budget;
    options.margin = false;
    options.regions = 0;
    options.leaves = true;
    options.interrupted = options_.interrupted;
    const verify::Certification certification = verify::certify(decoder, options);
    failing_.learn(certification, kDraws);
    round.cubes = failing_.cubes();
    return exact_error(certification);
  }

  void judge(const model::Factored& model, Round& round) {
    const auto begin = Clock::now();
    const model::Decoder decoder = model::multiply_out(model);
    round.error = certify(decoder, options_.semantics, 0, round);
    if (round.error.proven_right() && options_.margin > 0)
      round.tight = certify(decoder, verify::Semantics::real, options_.margin, round);
    round.certified = since(begin);
  }

  void finish(Round& round, const model::Factored& model) {
    round.distance = distance(start_, model);
    round.best = result_.rounds.empty() || better(round, best());
    result_.rounds.push_back(round);
    if (round.best) {
      result_.best = round.number, result_.model = model;
      last_progress_ = round.number;
    }
    events_.round(round, model);
  }

  const model::Factored& start_;
  const RepairOptions& options_;
  const RepairEvents& events_;
  FailingPairs failing_;
  std::unique_ptr<Trainer> trainer_;
  Repair result_;
  double rate_;
  std::int64_t steps_;
  int last_progress_ = 0;
};

}  // namespace

bool better(const Round& x, const Round& y) {
  if (x.tight && y.tight) return better(*x.tight, *y.tight);
  return better(x.error, y.error);
}

nlohmann::json json(const Round& round) {
  nlohmann::json out{{"round", round.number},
                     {"steps", round.steps},
                     {"rate", round.rate},
                     {"loss", round.loss},
                     {"exact", json(round.error)},
                     {"cubes", round.cubes},
                     {"distance", round.distance},
                     {"trained_seconds", round.trained},
                     {"certified_seconds", round.certified},
                     {"best", round.best}};
  if (round.tight) out["tight"] = json(*round.tight);
  return out;
}

Round round_from_json(const nlohmann::json& json) {
  Round round;
  round.number = json.at("round").get<int>();
  round.steps = json.at("steps").get<std::int64_t>();
  round.rate = json.at("rate").get<double>();
  round.loss = json.at("loss").is_null() ? std::nan("") : json.at("loss").get<double>();
  round.error = exact_error_from_json(json.at("exact"));
  if (json.contains("tight")) round.tight = exact_error_from_json(json.at("tight"));
  round.cubes = json.at("cubes").get<std::size_t>();
  round.distance = json.at("distance").get<double>();
  round.trained = json.at("trained_seconds").get<double>();
  round.certified = json.at("certified_seconds").get<double>();
  round.best = json.at("best").get<bool>();
  return round;
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

Repair repair(const model::Factored& model, const RepairOptions& options, const RepairEvents& events) {
  return Search(model, options, events).begin();
}

Repair resume_repair(const model::Factored& model, const RepairOptions& options, const RepairEvents& events,
                     const model::Factored& best, const State& state, const nlohmann::json& rest) {
  return Search(model, options, events).resume(best, state, rest);
}

}  // namespace carryscope::train
