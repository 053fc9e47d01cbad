// Exact match of a decoder on sets of operand pairs, by greedy decoding (greedy.h).
//
// A pair is correct iff all digits of the sum were generated. Token accuracy is the share of answer
// digits that are right, under greedy decoding too: what follows a wrong digit has read it. Whether
// the model also generated its end token where the layout expects one is counted apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/decoder.h"
#include "model/pairs.h"

namespace carryscope::model {

class Greedy;

struct Score {
  std::uint64_t total = 0;             // pairs
  std::uint64_t correct = 0;           // pairs with every digit right
  std::uint64_t digits = 0;            // answer digits of all pairs
  std::uint64_t digits_right = 0;      // of those
  std::optional<std::uint64_t> ended;  // pairs that ended where expected; nothing if no end is expected

  double exact_match() const;     // 0 to 1; 0 for no pairs
  double token_accuracy() const;  // 0 to 1; 0 for no pairs
  Score& operator+=(const Score& other);
};

struct Failure {
  std::size_t set = 0;  // index of its pair set
  Pair pair;
  std::vector<int> tokens;                  // generated, answer slots in order
  std::optional<std::uint64_t> prediction;  // nothing where some answer token is no digit
  std::uint64_t sum = 0;                    // the true one
  int cascade = 0;                          // cascade_class of the pair
  int first_wrong_step = 0;

  // prediction - sum as signed decimal text; empty without a prediction.
  std::string error() const;
};

struct SetScore {
  std::string name;
  Score score;
};

struct Evaluation {
  std::vector<SetScore> sets;
  Score total;
  std::vector<Failure> failures;  // in the order of the sets and their pairs
};

struct EvaluateOptions {
  int threads = 1;         // >= 1; changes the time and nothing else
  bool reference = false;  // the plain forward pass even where tables would do
};

// Operands must be below 10^digits of the decoder's layout. The decoder is valid.
Evaluation evaluate(const Decoder& decoder, const std::vector<PairSet>& sets,
                    const EvaluateOptions& options = {});

// With a Greedy of this decoder made before: for many calls.
Evaluation evaluate(const Decoder& decoder, const Greedy& greedy, const std::vector<PairSet>& sets,
                    int threads = 1);

}  // namespace carryscope::model
