// AblationParts: what can be cut from a one-layer decoder, and each step without it.
//
// A part is a token role (read through every head), a head, a neuron or a norm. A norm's part is the scale
// that it multiplies by: held, the norm is a linear map.
#pragma once

#include "analysis/ablation_kinds.h"
#include "analysis/anatomy.h"
#include "analysis/subject.h"
#include "analysis/token_roles.h"

namespace carryscope::analysis {

struct AblationPart {
  std::string_view node;            // a role's or norm's name, "head" or "neuron"
  int index = -1;                   // of the head or neuron
  const TokenRole* role = nullptr;  // of a token
  const NormPlace* norm = nullptr;
};

class AblationParts {
 public:
  // The pairs are behind the means and what is fitted; the first of them is the one that stands for all.
  // The subject must outlive this.
  AblationParts(const Subject& subject, std::vector<model::Pair> pairs);

  const std::vector<AblationPart>& parts() const { return parts_; }
  model::Pair stated() const { return pairs_.front(); }

  // The step without the part; empty where there is nothing to cut.
  std::vector<EditedStep> cut(const AblationPart& part, int step, const AblationKind& kind) const;

 private:
  EditedStep without_role(const TokenRole& role, int step, const AblationKind& kind,
                          const Substitution& by) const;
  EditedStep held(const AblationPart& part, int step, const AblationKind& kind, const Substitution& by) const;
  EditedStep held_at(const AblationPart& part, int step, const Vector& value,
                     const verify::Cube& within) const;
  Vector value(const AblationPart& part, int step, std::size_t pair) const;
  Vector mean(const AblationPart& part, int step, const verify::Cube& standing) const;
  Vector fitted(const AblationPart& part, int step, const Vector& start) const;
  double loss(const AblationPart& part, int step, const Vector& value) const;

  const Network& whole_;
  std::shared_ptr<const model::Decoder> decoder_;
  std::vector<model::Pair> pairs_;
  std::vector<std::vector<Anatomy>> anatomies_;  // [step][pair]
  std::vector<model::Norm> norms_;               // as norm_places()
  std::vector<AblationPart> parts_;
};

}  // namespace carryscope::analysis
