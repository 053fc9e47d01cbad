#include "analysis/analyses.h"

#include "model/checkpoint/decoder_json.h"
#include "model/checkpoint/sha256.h"
#include "verify/certify_json.h"

namespace carryscope::analysis {
namespace {

constexpr Analysis kAnalyses[] = {
    {"model", "its weights, as a decoder JSON", model_weights},
    {"certify", "how many of all pairs it gets wrong, which and why not more", certify},
    {"attention", "where each step looks: exact ranges over all pairs, tables, singular values", attention},
    {"subtasks", "which part of the addition each neuron and head direction tells", subtasks},
    {"neurons", "what each neuron answers to: digit by digit by carry", neurons},
    {"geometry", "how digits, positions and carries lie in the residual, and what the tail makes of them",
     geometry},
    {"attribution", "what each token, head and neuron adds to the margins", attribution},
    {"margins", "by how much each step is right, proven", margins},
    {"decisions", "on which stretch of the carry axis each digit is answered, proven", decisions},
    {"trace", "a few additions step by step", trace},
    {"ablation", "how many pairs go wrong without a token, head or neuron", ablation},
    {"circuit", "the fewest edges that still answer every pair as the whole model does", circuit},
    {"program", "the rule that each step computes, as text and C++, and where the model departs from it",
     program},
};

Json model_json(const Subject& subject) {
  const model::Decoder& d = subject.decoder();
  return {{"name", d.name},
          {"parameters", d.parameters},
          {"digits", d.layout.digits},
          {"layers", d.layers.size()},
          {"model_sha256", model::sha256(d)},
          {"file_sha256", subject.checkpoint().sha256}};
}

}  // namespace

std::span<const Analysis> analyses() { return kAnalyses; }

Json envelope(std::string_view name, const Subject& subject) {
  return {{"format", "carryscope-" + std::string(name)}, {"version", 1}, {"model", model_json(subject)}};
}

Json document(const Analysis& analysis, const Subject& subject) {
  Json payload = analysis.run(subject);
  if (payload.contains("format")) return payload;
  Json out = envelope(analysis.name, subject);
  out.update(payload);
  return out;
}

Json model_weights(const Subject& subject) {
  return Json::parse(model::write_decoder_json(subject.decoder()));
}

Json certify(const Subject& subject) {
  Json out = verify::to_json(subject.decoder(), subject.certification());
  out["file_sha256"] = subject.checkpoint().sha256;
  return out;
}

}  // namespace carryscope::analysis
