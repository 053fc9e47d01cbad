// FusedShape: what the fused trainer's kernel must know of a configuration, as plain numbers, and
// FusedWorkspace: the arrays it works in. Both are plain data, as a GPU is handed them
// (fused_gpu.h).
//
// A *state* is (position, symbol), numbered position * 10 + symbol; a position that holds a fixed
// token has ten equal states, of which the first is read. A *row* is eight floats, the components of
// one state: the width's, and in the last place the weight that adds up to the softmax's denominator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "model/config.h"
#include "model/parametrisation.h"
#include "model/portable.h"

namespace carryscope::train {

inline constexpr int kRow = 8;              // floats of a row
inline constexpr int kWeightAt = kRow - 1;  // so a width is at most 7
inline constexpr int kSymbols = 10;
inline constexpr int kMaxLanes = 16, kMaxBlock = 8;  // so many vectors of so many samples at once
inline constexpr int kVocabulary = 14;
inline constexpr int kDenses = 15;  // of model::Dense
inline constexpr int kSlots = 64;   // room for every position, the last target too; a cache's line
static_assert(kSlots >= 3 * model::kMaxDigits + 4);
inline constexpr int kPacked = 8;  // symbols of one word, four bits each
inline constexpr int kWords = kSlots / kPacked;
inline constexpr int kMaxSteps = model::kMaxDigits + 2;

// The digits of a, of b and of their sum by place, then a 0 for positions that hold a fixed token.
inline constexpr int kOperand = model::kMaxDigits + 1;
using PairDigits = std::array<std::uint8_t, 3 * kOperand + 1>;

// A row of model::products() as offsets into the parameters and the dense weights; right < 0: none.
struct FusedProduct {
  int dense = 0, rows = 0, cols = 0;
  int left = 0, left_cols = 0, right = 0, right_cols = 0, inner = 0, first = 0;
  bool transposed = false;
};

struct FusedShape {
  int width = 0, feed_forward = 0;
  int prompt = 0, positions = 0, steps = 0;  // positions: all that are read; steps: answer tokens
  int batch = 0, context = 0;
  int parameters = 0, dense_size = 0;
  bool centred = false;  // LayerNorm: the mean is taken off and there is a bias
  float norm_eps = 0, score_scale = 0;
  int products = 0;
  FusedProduct product[kDenses] = {};
  int dense[kDenses] = {};       // offset of each matrix, in the order of model::Dense
  int fixed_token[kSlots] = {};  // of each position; < 0: a digit
  int digit_at[kSlots] = {};     // of each position: its digit in PairDigits

  CARRYSCOPE_BOTH int states() const { return positions * kSymbols; }
  // So many that a whole vector can be read from any position's first state on.
  CARRYSCOPE_BOTH int padded_states() const { return (states() + 2 * kMaxLanes - 1) / kMaxLanes * kMaxLanes; }
  CARRYSCOPE_BOTH int padded_batch() const {
    constexpr int kMost = kMaxLanes * kMaxBlock;
    return (batch + kMost - 1) / kMost * kMost;
  }
  CARRYSCOPE_BOTH int query_position(int step) const { return prompt - 1 + step; }
  CARRYSCOPE_BOTH int query_symbols(int step) const {
    return fixed_token[query_position(step)] < 0 ? kSymbols : 1;
  }
  CARRYSCOPE_BOTH int tail() const { return dense[static_cast<int>(model::Dense::output)]; }
  CARRYSCOPE_BOTH int tail_size() const { return dense_size - tail(); }
};

// Throws InputError naming the field that the kernel has no form for: several heads, an activation
// other than gelu_erf, a width above 7. batch >= 1.
FusedShape fused_shape(const model::Config& config, int batch);

// All arrays of one model in one block of memory. Row arrays are [..][kRow], column arrays
// [kRow][padded_states].
struct FusedWorkspace {
  float *parameters, *gradient, *first_moment, *second_moment;   // [parameters]
  float *dense, *dense_gradient;                                 // [dense_size]
  float *embedding, *normed, *inverse;                           // [states] rows, rows, scalars
  float *query, *value;                                          // [states] rows; value holds 1 at kWeightAt
  float *key_columns, *value_columns;                            // columns
  float *embedding_gradient, *normed_gradient, *query_gradient;  // [states] rows
  float *key_gradient, *value_gradient;                          // columns
  // Of one step; its samples are in the order of the query symbols.
  float *weighted, *weighted_gradient;  // [kAtOnce query symbols][states] rows of e (v, 1); or columns, see
                                        // fused_attention.h
  float* scores;                        // [10][states], e, then the score's gradient
  float *sums, *residual;  // [padded_batch] rows, or columns; [kRow][padded_batch]: sums of e (v, 1),
                           // and the query state's embedding
  float *target, *share;   // [padded_batch]: the token to come; its part in the loss, 0 beyond
                           // the batch, where the last sample is repeated
  float *mean_gradient, *residual_gradient;  // [padded_batch] rows; [kRow][padded_batch]
  float* tail_gradient;                      // [tail_size][threads * lanes]
  float* loss;                               // [threads * lanes]
  float* result;                             // mean loss, gradient norm before clipping
  std::uint8_t* chosen;                      // [batch][kSlots]: where each symbol's row starts, from its
                                             // position's first; a fixed token has symbol 0
  std::int32_t* packed;  // [kWords][batch]: the symbols, the first position's in the low bits
  std::int32_t* order;   // [steps][padded_batch]: samples by the symbol at the query position
  std::int32_t* first;   // [steps][11]: where each symbol's samples start
};

// Points the arrays into `memory` (zeroed, aligned to 64 bytes for speed; null: only counts) and returns the
// bytes they take for `accumulators` = threads * lanes.
std::size_t arrange(const FusedShape& shape, int accumulators, std::byte* memory, FusedWorkspace& workspace);

// What one optimiser step takes beside the weights: torch's AdamW after clipping by the norm.
struct FusedStep {
  float rate = 0, beta1 = 0, beta2 = 0, epsilon = 0, decay = 0, clip = 0;
  float correction1 = 1, correction2 = 1;  // 1 - beta^steps
  float share[kMaxSteps] = {};             // of each answer token in the mean loss; their sum is 1
  bool update = true;                      // false: only loss and gradient
};

}  // namespace carryscope::train
