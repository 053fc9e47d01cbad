// A model, certified, with its certificate as bytes and as the checker reads it.
#pragma once

#include <gtest/gtest.h>

#include "model/checkpoint/decoder_json.h"
#include "model/checkpoint/sha256.h"
#include "verify/certificate.h"
#include "verify/check/check.h"

namespace carryscope::test {

struct CertifiedModel {
  model::Checkpoint checkpoint;
  verify::Certification certification;
  std::string bytes;
  verify::check::Certificate certificate;
};

inline model::Checkpoint checkpoint_of(const model::Decoder& decoder) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = decoder;
  checkpoint.sha256 = model::sha256(model::as_bytes(model::write_decoder_json(decoder)));
  return checkpoint;
}

inline CertifiedModel certified(const model::Checkpoint& checkpoint, verify::Semantics semantics,
                                int threads = 1, double time_limit = verify::kInfinity) {
  verify::CertifyOptions options;
  options.semantics = semantics;
  options.margin = false;
  options.leaves = true;
  options.threads = threads;
  options.time_limit = time_limit;
  CertifiedModel m{checkpoint, certify(checkpoint.decoder, options), {}, {}};
  m.bytes = verify::certificate_bytes(m.checkpoint, m.certification, "a test");
  m.certificate = verify::check::read_certificate(model::as_bytes(m.bytes), "the certificate");
  return m;
}

inline CertifiedModel certified(const model::Decoder& decoder, verify::Semantics semantics, int threads = 1) {
  return certified(checkpoint_of(decoder), semantics, threads);
}

inline verify::check::Report checked(const CertifiedModel& m) {
  return verify::check::check(m.certificate, m.checkpoint, 1, "the certificate");
}

// What the checker says; empty where it accepts.
inline std::string refusal(const verify::check::Certificate& certificate,
                           const model::Checkpoint& checkpoint) {
  try {
    verify::check::check(certificate, checkpoint, 1, "the certificate");
  } catch (const verify::check::Refused& e) {
    return e.what();
  } catch (const model::InputError& e) {
    return std::string("input: ") + e.what();
  }
  return "";
}

inline void expect_same_counts(const verify::check::Counts& derived, const verify::Counts& claimed) {
  using verify::to_string;
  EXPECT_EQ(to_string(derived.correct), to_string(claimed.correct));
  EXPECT_EQ(to_string(derived.wrong), to_string(claimed.wrong));
  EXPECT_EQ(to_string(derived.rounding), to_string(claimed.rounding));
  EXPECT_EQ(to_string(derived.undecided), to_string(claimed.undecided));
}

}  // namespace carryscope::test
