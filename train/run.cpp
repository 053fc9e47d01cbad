// The loop of run.h.
#include "train/run.h"

#include <array>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "model/checkpoint/model_config.h"
#include "model/error.h"
#include "model/evaluate.h"
#include "train/curriculum.h"
#include "train/initialise.h"
#include "train/schedule.h"

namespace carryscope::train {
namespace {

using model::InputError;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr double kNearlyRight = 0.5;  // sampled exact match from which the exact count is worth the budget
constexpr double kGlance = 0.25;      // seconds to certify a model that is not
constexpr std::array<const char*, 3> kEndings = {"finished", "diverged", "interrupted"};

class Run {
 public:
  Run(const Plan& plan, const RunFolder& folder, const RunOptions& options, Trainer& trainer)
      : plan_(plan),
        folder_(folder),
        options_(options),
        trainer_(trainer),
        curriculum_(plan.recipe, plan.config.digits, plan.seed) {}

  Outcome operator()() {
    open();
    const std::int64_t last = plan_.recipe.steps;
    while (trainer_.steps_done() < last && outcome_.ending == Ending::finished) {
      const std::int64_t next = std::min(last, (trainer_.steps_done() / options_.every + 1) * options_.every);
      train_until(next);
      if (trainer_.steps_done() == next || outcome_.ending == Ending::diverged) {
        evaluate();
        if (hopeless()) start_over();
        loss_sum_ = 0, interval_steps_ = 0;
      }
      save();
    }
    if (outcome_.ending != Ending::interrupted) folder_.write("result.json", train::json(outcome_));
    return outcome_;
  }

 private:
  void open() {
    const Json described = train::json(plan_);
    if (!folder_.has("run.json")) return begin(described);
    if (!options_.resume)
      throw InputError(
          fmt::format("{}: holds a run already; go on with it by --resume, or name another folder with -o",
                      folder_.path()));
    Json stored = folder_.read("run.json");
    if (stored.is_object()) stored.erase("record");
    if (stored != described)
      throw InputError(
          fmt::format("{}: holds a run with another preset, recipe, seed or engine; resume it with the "
                      "flags it was started with",
                      folder_.file("run.json")));
    if (!folder_.has("state.cbor")) return begin(described);
    const auto [state, saved] = folder_.read_state("state.cbor", plan_.config);
    trainer_.restore(state, folder_.file("state.cbor"));
    take_up(saved);
    folder_.truncate_metrics(outcome_.retries, trainer_.steps_done());
  }

  void take_up(const Json& saved) try {
    outcome_ = outcome_from_json(saved.at("outcome"));
    outcome_.ending = Ending::finished;
    before_ = outcome_.seconds;
    loss_sum_ = saved.at("loss_sum"), interval_steps_ = saved.at("interval_steps");
  } catch (const Json::exception&) {
    throw InputError(folder_.file("state.cbor") +
                     ": lacks the run's part; start the run again in a new folder");
  }

  void begin(Json described) {
    described["record"] = options_.record;
    folder_.write("run.json", described);
    outcome_.best = {1, 1, 1};
    if (!plan_.start) return;
    State state = trainer_.state();
    state.members[0].parameters = *plan_.start;
    trainer_.restore(state, plan_.start_name);
  }

  void train_until(std::int64_t step) {
    const std::int64_t first = trainer_.steps_done();
    const auto start = Clock::now();
    while (trainer_.steps_done() < step && outcome_.ending == Ending::finished) {
      const double loss = trainer_.step()[0];
      if (std::isnan(loss))
        outcome_.ending = Ending::diverged;
      else if (options_.interrupted && *options_.interrupted)
        outcome_.ending = Ending::interrupted;
      loss_sum_ += loss, ++interval_steps_;
      if (options_.stepped && trainer_.steps_done() % 100 == 0)
        options_.stepped(trainer_.steps_done(), mean_loss());
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    steps_per_second_ = seconds > 0 ? static_cast<double>(trainer_.steps_done() - first) / seconds : 0;
  }

  double mean_loss() const { return loss_sum_ / static_cast<double>(interval_steps_); }

  bool hopeless() const {
    const Recipe& recipe = plan_.recipe;
    return outcome_.ending != Ending::diverged && outcome_.retries < recipe.retries &&
           trainer_.steps_done() >= recipe.retry_step && mean_loss() > recipe.retry_loss;
  }

  void start_over() {
    ++outcome_.retries;
    State state{0, {{}}};
    MemberState& member = state.members[0];
    const auto stream = static_cast<std::uint64_t>(outcome_.retries);
    member.parameters = first_weights(plan_.config, plan_.recipe, CounterRandom(plan_.seed, stream).next());
    member.first = member.second = member.parameters.tensors;
    for (auto* moments : {&member.first, &member.second})
      for (model::Tensor& tensor : *moments) std::fill(tensor.values.begin(), tensor.values.end(), 0.0);
    trainer_.restore(state, "an early restart");
  }

  bool best_so_far(const Evaluation& e) const {
    return outcome_.best_step == 0 ||
           better(Score{e.exact, e.validation}, Score{outcome_.best, outcome_.validation});
  }

  void evaluate() {
    const model::Factored now = trainer_.model(0);
    Evaluation e;
    e.step = trainer_.steps_done(), e.loss = mean_loss(), e.steps_per_second = steps_per_second_;
    e.rate = learning_rate(plan_.recipe, e.step - 1);
    if (!curriculum_.validation().empty())
      e.validation = model::evaluate(model::multiply_out(now), {{"validation", curriculum_.validation()}})
                         .total.exact_match();
    const double budget = e.validation < kNearlyRight ? std::min(kGlance, options_.budget) : options_.budget;
    // Not cut short by an interruption: the best model would be another than that of a run left alone.
    e.exact = exact_error(now, options_.semantics, budget);
    e.seconds = outcome_.seconds = before_ + std::chrono::duration<double>(Clock::now() - start_).count();
    outcome_.steps = e.step;
    if (best_so_far(e)) {
      outcome_.best = e.exact, outcome_.best_step = e.step, outcome_.validation = e.validation;
      folder_.write_checkpoint("best.pt", now, e.step, e.validation);
    }
    folder_.write_checkpoint("last.pt", now, e.step, e.validation);
    if (options_.snapshots)
      folder_.write_checkpoint(fmt::format("step-{}.pt", e.step), now, e.step, e.validation);
    folder_.add_line("metrics.jsonl", {{"step", e.step},
                                       {"loss", std::isfinite(e.loss) ? Json(e.loss) : Json(nullptr)},
                                       {"rate", e.rate},
                                       {"validation", e.validation},
                                       {"exact", train::json(e.exact)},
                                       {"retries", outcome_.retries},
                                       {"seconds", e.seconds},
                                       {"steps_per_second", e.steps_per_second}});
    if (options_.evaluated) options_.evaluated(e);
  }

  void save() {
    outcome_.seconds = before_ + std::chrono::duration<double>(Clock::now() - start_).count();
    folder_.write_state(
        "state.cbor", trainer_.state(),
        {{"outcome", train::json(outcome_)}, {"loss_sum", loss_sum_}, {"interval_steps", interval_steps_}});
  }

  const Plan& plan_;
  const RunFolder& folder_;
  const RunOptions& options_;
  Trainer& trainer_;
  Curriculum curriculum_;
  Outcome outcome_;
  Clock::time_point start_ = Clock::now();
  double before_ = 0, steps_per_second_ = 0;
  double loss_sum_ = 0;              // since the last evaluation,
  std::int64_t interval_steps_ = 0;  // over so many steps
};

Json config_json(const model::Config& config) {
  Json out;
  for (const auto& [key, setting] : model::settings_of(config))
    std::visit([&out, name = key](const auto& value) { out[name] = value; }, setting);
  return out;
}

}  // namespace

Json json(const Plan& plan) {
  Json out = {{"format", "carryscope-run"},         {"version", 1},      {"config", config_json(plan.config)},
              {"recipe", train::json(plan.recipe)}, {"seed", plan.seed}, {"engine", describe(plan.engine)}};
  if (plan.start) out["start"] = plan.start_name;
  return out;
}

Json json(const Outcome& outcome) {
  return {{"ending", kEndings[static_cast<std::size_t>(outcome.ending)]},
          {"steps", outcome.steps},
          {"best_step", outcome.best_step},
          {"best", train::json(outcome.best)},
          {"validation", outcome.validation},
          {"seconds", outcome.seconds},
          {"retries", outcome.retries}};
}

Outcome outcome_from_json(const nlohmann::json& json) {
  Outcome outcome;
  const auto ending = std::find(kEndings.begin(), kEndings.end(), json.at("ending").get<std::string>());
  if (ending == kEndings.end())
    throw InputError("an outcome's ending is not one of the three; it is damaged");
  outcome.ending = static_cast<Ending>(ending - kEndings.begin());
  outcome.steps = json.at("steps"), outcome.best_step = json.at("best_step");
  outcome.best = exact_error_from_json(json.at("best"));
  outcome.validation = json.at("validation"), outcome.seconds = json.at("seconds");
  outcome.retries = json.at("retries");
  return outcome;
}

Outcome read_outcome(const std::string& path) {
  try {
    return outcome_from_json(read_json(path));
  } catch (const Json::exception&) {
    throw InputError(path +
                     ": is damaged, expected the outcome of a run; start the run again in a new folder");
  }
}

Outcome run(const Plan& plan, const RunFolder& folder, const RunOptions& options) {
  validate(plan.recipe, plan.config.digits, "the recipe");
  return run(plan, folder, options,
             *make_trainer(plan.engine, plan.config, plan.recipe, std::array{plan.seed}));
}

Outcome run(const Plan& plan, const RunFolder& folder, const RunOptions& options, Trainer& trainer) {
  model::ensure(options.every > 0, "evaluations are at least a step apart");
  return Run(plan, folder, options, trainer)();
}

}  // namespace carryscope::train
