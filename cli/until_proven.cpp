// The stages of until_proven.h.
#include "cli/until_proven.h"

#include <fmt/format.h>

#include "cli/repairing.h"
#include "cli/training.h"
#include "model/checkpoint/atomic_file.h"
#include "verify/certificate.h"

namespace carryscope::cli {
namespace {

void write_certificate(const train::RunFolder& folder, const train::RepairOptions& options,
                       const Context& context) {
  const std::string path = folder.file("repaired.pt"), certificate = folder.file("repaired.cert");
  const model::Checkpoint repaired = model::load(path);
  verify::CertifyOptions certify;
  certify.semantics = options.semantics;
  certify.leaves = true;
  const auto result = verify::certify(repaired.decoder, certify);
  model::write_file(certificate, verify::certificate_bytes(
                                     repaired, result, fmt::format("{}", fmt::join(context.command, " "))));
  fmt::print("carryscope-check {} {} checks it\n", certificate, path);
}

// Whether it is over: proven, or interrupted.
bool repaired(const train::RunFolder& folder, const model::Checkpoint& start, const UntilProven& options,
              const Context& context) {
  train::RepairOptions repair;
  repair.interrupted = options.run.interrupted;
  const train::Repair result =
      repair_in(folder, start, repair, model::Record(context.command), options.run.resume);
  if (result.repaired) write_certificate(folder, repair, context);
  return result.repaired || result.interrupted;
}

train::Finetuned tune(const train::RunFolder& folder, const std::string& source, const UntilProven& options) {
  train::FinetuneOptions finetune;
  finetune.rounds = options.rounds;
  finetune.engine = options.plan.engine;
  finetune.sweep.folder = folder.path();
  finetune.sweep.seeds = {options.plan.seed};
  finetune.sweep.run = options.run;
  TrainingView view(0);
  view.watch(finetune.sweep.run);
  finetune.begins = [&](std::size_t k) {
    fmt::print("fine-tuning: rate {:g}, {} steps\n", options.rounds[k].rate, options.rounds[k].steps);
    view.restart(options.rounds[k].steps);
  };
  return train::finetune(model::load(source), source, finetune);
}

}  // namespace

void until_proven(const train::RunFolder& folder, const UntilProven& options, const Context& context) {
  if (repaired(folder, model::load(folder.file("best.pt")), options, context) || options.rounds.empty())
    return;
  const train::RunFolder tuned(folder.file("tuned"));
  const train::Finetuned result = tune(tuned, folder.file("repaired.pt"), options);
  if (result.interrupted) return;
  fmt::print("exact error {} before, {} after: {}\n", train::to_string(result.score_before.exact),
             train::to_string(result.score.exact), result.source);
  repaired(tuned, result.best, options, context);
}

}  // namespace carryscope::cli
