// The peer of certification: what plain sampling says of the error rate in the same time.
//
// Uniform pairs, greedy decoding at table speed, one thread. The interval is Wilson's at 95 %: with
// p = wrong / n and z = 1.96,
//     ( p + z^2/2n -+ z sqrt(p (1-p)/n + z^2/4n^2) ) / (1 + z^2/n).
// It is a confidence statement; a certified bracket is a proof.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>

#include "model/evaluate.h"
#include "model/pairs.h"

namespace carryscope::benchmarks {

struct Sampled {
  std::uint64_t pairs = 0, wrong = 0;
  double seconds = 0.0;
  double rate() const { return static_cast<double>(wrong) / static_cast<double>(pairs); }
  double width() const {  // of the interval on the error rate, 0 to 1
    const double z = 1.959963984540054, n = static_cast<double>(pairs), p = rate();
    return 2.0 * z * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n);
  }
};

// Samples until `seconds` are over, at least one portion of 4,096 pairs; drawing them counts.
inline Sampled sample(const model::Decoder& decoder, double seconds, std::uint64_t seed) {
  const auto started = std::chrono::steady_clock::now();
  Sampled sampled;
  for (std::size_t portion = 4096; sampled.seconds < seconds; ++seed) {
    const auto result =
        model::evaluate(decoder, {model::uniform_pairs(portion, seed, decoder.layout.digits)});
    sampled.pairs += result.total.total;
    sampled.wrong += result.total.total - result.total.correct;
    sampled.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    portion = 65536;
  }
  return sampled;
}

}  // namespace carryscope::benchmarks
