// What one thread of a GPU does with one pair: decodes its answer digits and says which is the first wrong
// one.
//
// The same rows in the same order as BlockDecoder, the same tail (decode_tail.h) with a float for a lane: the
// bits are the processor's. Everything is plain data, and the function runs on the processor too, where
// tests/verify/enumerate_thread_test.cpp compares it.
#pragma once

#include "model/decode_step.h"

namespace carryscope::verify {

// The tables of model::DecodeTables, for a prompt that ends with a fixed token.
struct ThreadTables {
  static constexpr int kMostSteps = 20, kLetters = 100;

  model::DecodeTail tail;
  int digits = 0, row_floats = 0;
  const float* rows[kMostSteps] = {};      // [query token][row][row_floats]
  const float* base[kMostSteps] = {};      // [query token][row_floats]
  const float* residual[kMostSteps] = {};  // [width][kMostTokens]
  std::uint32_t rows_of_query[kMostSteps] = {};
  int place_of_step[kMostSteps] = {};  // of the digit that the step generates
  std::uint8_t digit_token[10] = {};
  std::uint8_t first_query = 0;  // the prompt's last token, a fixed one
};

// The tail's weights by value, for a launch to hand on as constants: a multiply-add reads those at no cost,
// memory by an instruction of its own. Laid out as DecodeTail says; a norm without weights has ones.
struct TailWeights {
  static constexpr int kWidth = 7, kHidden = 28, kVocabulary = 14;  // the most
  float output[kWidth * kWidth], mlp_norm[kWidth], up[kHidden * kWidth], down[kWidth * kHidden],
      final_norm[kWidth], head[kVocabulary * kWidth];
};

// The tail with these weights; biases and a gate, which no preset has but LayerNorm's biases, stay where
// they are.
CARRYSCOPE_BOTH inline model::DecodeTail reading(const TailWeights& weights, model::DecodeTail tail) {
  tail.output.weight = weights.output;
  tail.mlp_norm.weight = weights.mlp_norm;
  tail.up.weight = weights.up;
  tail.down.weight = weights.down;
  tail.final_norm.weight = weights.final_norm;
  tail.head.weight = weights.head;
  return tail;
}

}  // namespace carryscope::verify

namespace carryscope::verify::CARRYSCOPE_ISA {

using namespace model::CARRYSCOPE_ISA;

inline constexpr int kNoneWrong = 255;

// What the 10^4 pairs of a block have in common: base and the letters from place 2 on, of row `number` = step
// * vocabulary + query token. upper: the digits of a, then those of b, by place.
CARRYSCOPE_BOTH inline void share_row(const ThreadTables& t, const std::uint8_t* upper, int number,
                                      float* out) {
  const int step = number / t.tail.vocabulary, token = number % t.tail.vocabulary;
  const float* const rows =
      t.rows[step] + static_cast<std::size_t>(token) * t.rows_of_query[step] * t.row_floats;
  for (int i = 0; i < t.row_floats; ++i) out[i] = t.base[step][token * t.row_floats + i];
  for (int place = t.digits - 1; place >= 2; --place) {
    const int letter = 10 * upper[place] + upper[t.digits + place];
    const float* const row = rows + (place * ThreadTables::kLetters + letter) * t.row_floats;
    for (int i = 0; i < t.row_floats; ++i) out[i] += row[i];
  }
}

// letters: of places 1 and 0, 10 a_i + b_i. shared: rows of share_row. sum: the true digits of the sum, by
// place. tail: that of the tables, wherever its weights are read.
template <class Sizes>
CARRYSCOPE_BOTH inline int first_wrong_step(const ThreadTables& t, const model::DecodeTail& tail,
                                            const float* shared, int letter1, int letter0,
                                            const std::uint8_t* sum) {
  constexpr int kSums = Sizes::kMostSums;
  const Sizes size(t.tail);
  const int v = t.tail.vocabulary, answers = t.digits * ThreadTables::kLetters;
  int before = 0, token = t.first_query;
  std::uint32_t chunk_row[ThreadTables::kMostSteps / 2] = {};
  int wrong = kNoneWrong;
#ifdef __CUDACC__
#pragma unroll 1
#endif
  for (int step = 0; step <= t.digits; ++step) {
    const float* const rows =
        t.rows[step] + static_cast<std::size_t>(token) * t.rows_of_query[step] * t.row_floats;
    float sums[kSums], x[Sizes::kMostWidth];
    const float* const start = shared + (static_cast<std::size_t>(step) * v + token) * t.row_floats;
    for (int i = 0; i < size.heads * (1 + size.value_dim); ++i) sums[i] = start[i];
    const auto add = [&](std::uint32_t row) {
      const float* const from = rows + static_cast<std::size_t>(row) * t.row_floats;
      for (int i = 0; i < size.heads * (1 + size.value_dim); ++i) sums[i] += from[i];
    };
    add(static_cast<std::uint32_t>(ThreadTables::kLetters + letter1));
    add(static_cast<std::uint32_t>(letter0));
    for (int chunk = 0; chunk < step / 2; ++chunk) add(chunk_row[chunk]);
    for (int i = 0; i < size.width; ++i) x[i] = t.residual[step][i * model::kMostTokens + token];
    const float next = next_token<float>(size, tail, sums, x, [](int, float) {});
    // The query's own token is behind the next one's: alone, or with the one before it.
    if (step >= 1) {
      const int known = step - 1, chunk = known / 2, first = answers + chunk * v * (v + 1);
      chunk_row[chunk] =
          static_cast<std::uint32_t>(known % 2 == 0 ? first + v * v + token : first + v * before + token);
    }
    before = token;
    token = static_cast<int>(next);
    const int place = t.place_of_step[step];
    if (token != t.digit_token[sum[place]] && wrong == kNoneWrong) wrong = step;
  }
  return wrong;
}

// Pair number `i` of the 10^4 of a block: letters of place 1, then of place 0. upper: the digits of a and of
// b at the places from 2 on, digits each.
template <class Sizes>
CARRYSCOPE_BOTH inline int first_wrong_step(const ThreadTables& t, const model::DecodeTail& tail,
                                            const float* shared, const std::uint8_t* upper, int i) {
  const int letter1 = i / ThreadTables::kLetters, letter0 = i % ThreadTables::kLetters;
  std::uint8_t sum[ThreadTables::kMostSteps];
  int carry = 0;
  for (int place = 0; place < t.digits; ++place) {
    const int whole = place == 0   ? letter0 / 10 + letter0 % 10
                      : place == 1 ? letter1 / 10 + letter1 % 10 + carry
                                   : upper[place] + upper[t.digits + place] + carry;
    carry = whole >= 10;
    sum[place] = static_cast<std::uint8_t>(whole - 10 * carry);
  }
  sum[t.digits] = static_cast<std::uint8_t>(carry);
  return first_wrong_step<Sizes>(t, tail, shared, letter1, letter0, sum);
}

}  // namespace carryscope::verify::CARRYSCOPE_ISA
