#include "analysis/subject.h"

namespace carryscope::analysis {
namespace {

constexpr double kExceptionShare = 0.3;  // of the time limit

}  // namespace

Subject::Subject(model::Checkpoint checkpoint, Options options)
    : checkpoint_(std::move(checkpoint)), options_(options) {}

std::vector<model::Pair> Subject::sample(std::size_t count) const {
  return model::uniform_pairs(count, options_.seed, decoder().layout.digits).pairs;
}

const model::AttentionTable<double>& Subject::table() const {
  if (!table_) table_ = std::make_unique<model::AttentionTable<double>>(decoder());
  return *table_;
}

const model::Greedy& Subject::greedy() const {
  if (!greedy_) greedy_ = model::make_greedy(decoder());
  return *greedy_;
}

const verify::Certification& Subject::certification() const {
  if (certification_) return *certification_;
  verify::CertifyOptions wanted;
  wanted.threads = options_.threads;
  wanted.time_limit = options_.time_limit;
  wanted.interrupted = options_.interrupted;
  wanted.regions = 1000;
  certification_ = std::make_unique<verify::Certification>(verify::certify(decoder(), wanted));
  return *certification_;
}

const Network& Subject::network() const {
  if (!network_) network_ = std::make_unique<Network>(decoder());
  return *network_;
}

const std::vector<Exceptions>& Subject::exceptions() const {
  if (exceptions_) return *exceptions_;
  const verify::Deadline deadline(kExceptionShare * options_.time_limit, options_.interrupted);
  exceptions_ = std::make_unique<std::vector<Exceptions>>(
      analysis::exceptions(network(), certification(), options_.threads, deadline));
  return *exceptions_;
}

}  // namespace carryscope::analysis
