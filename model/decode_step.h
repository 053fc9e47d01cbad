// One step of decoding for a block of pairs: the rows of attention that a pair's tokens pick are added up,
// the tail makes a token of the sums. What the rows are is in decode_tables.h.
//
// The sums' order: the start row, then the added rows one after the other. Rows are kRowChunk floats, or a
// multiple; a lane never sees its neighbours.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/decode_tail.h"
#include "model/vector_columns.h"

namespace carryscope::model {

inline constexpr int kRowChunk = 8;
struct alignas(sizeof(float) * kRowChunk) RowChunk {
  float value[kRowChunk] = {};
};
inline constexpr int kMostAdded = 2 * 18 + 4;  // added rows of a step
inline constexpr int kMostTokens = AnySizes::kMostVocabulary;

// Plain data. Offsets are in floats; [pair] arrays hold valid values up to a multiple of
// PairBlock::kPadding.
struct DecodeStep {
  const float* start[kMostTokens] = {};  // by query token: rows, of which a pair picks one
  const float* rows[kMostTokens] = {};   // by query token: rows, of which a pair adds some
  const float* residual = nullptr;       // width x kMostTokens: by query token, before attention
  int added_count = 0;
  const std::uint8_t* query = nullptr;          // [pair] token
  const std::uint32_t* first = nullptr;         // [pair] in start
  const std::uint32_t* added[kMostAdded] = {};  // [k][pair] in rows
  std::uint8_t* token = nullptr;                // [pair] out
  float* logits = nullptr;                      // [pair][V] out, or null
};

}  // namespace carryscope::model

namespace carryscope::model::CARRYSCOPE_ISA {

// columns[c], lane i = entry c of row i: a chunk of the rows in registers, transposed.
template <class L, class Row>
inline void rows_to_columns(Row* rows, int count, L* columns) {
  if constexpr (Grouped<L>::kGroup) {
    using Part = typename Grouped<L>::Part;
    Part part[kRowChunk];
    for (int g = 0; g < Grouped<L>::kParts; ++g) {
      rows_to_columns<Part>(rows + g * kLanes<Part>, count, part);
      for (int c = 0; c < count; ++c) columns[c].part[g] = part[c];
    }
  } else if constexpr (kLanes<L> == kRowChunk) {
    transpose(rows);
    for (int c = 0; c < count; ++c) columns[c] = rows[c];
  } else if constexpr (kLanes<L> == 2 * kRowChunk) {
    transpose(rows);
    transpose(rows + kRowChunk);
    for (int c = 0; c < count; ++c)
      columns[c] = __builtin_shufflevector(rows[c], rows[c + kRowChunk], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
                                           12, 13, 14, 15);
  } else {
    for (int c = 0; c < count; ++c)
      for (int i = 0; i < kLanes<L>; ++i) set_lane(columns[c], i, rows[i][c]);
  }
}

// `chunk`: floats to skip in each row. count <= kRowChunk of them are wanted.
template <class L>
inline void sum_rows(const DecodeStep& step, std::size_t pair, int chunk, int count, L* columns) {
  using Row = Lanes<kRowChunk>;
  Row sum[kLanes<L>];
  constexpr std::size_t kTogether = kRowChunk;
  for (std::size_t from = 0; from < kLanes<L>; from += kTogether) {
    constexpr std::size_t kCount = kLanes<L> < kTogether ? kLanes<L> : kTogether;
    const float* rows[kCount];
    Row part[kCount];
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::uint8_t q = step.query[pair + from + i];
      part[i] = load<Row>(step.start[q] + step.first[pair + from + i] + chunk);
      rows[i] = step.rows[q] + chunk;
    }
    for (int k = 0; k < step.added_count; ++k) {
      const std::uint32_t* const at = step.added[k] + pair + from;
      for (std::size_t i = 0; i < kCount; ++i) part[i] += load<Row>(rows[i] + at[i]);
    }
    for (std::size_t i = 0; i < kCount; ++i) sum[from + i] = part[i];
  }
  rows_to_columns<L>(sum, count, columns);
}

template <class Operation>
inline void for_each_chunk(int count, const Operation& operation) {
  for (int chunk = 0; chunk < count; chunk += kRowChunk)
    operation(chunk, count - chunk < kRowChunk ? count - chunk : kRowChunk);
}

// Pairs 0 .. pairs - 1, rounded up to whole lanes. kLogits: step.logits is there.
template <class L, class Sizes, bool kLogits>
inline void decode_pairs(const DecodeTail& tail, const DecodeStep& step, std::size_t pairs) {
  const Sizes size(tail);
  for (std::size_t pair = 0; pair < pairs; pair += kLanes<L>) {
    L sums[Sizes::kMostSums], x[Sizes::kMostWidth];
    for_each_chunk(size.heads * (1 + size.value_dim),
                   [&](int chunk, int count) { sum_rows<L>(step, pair, chunk, count, sums + chunk); });
    for (int i = 0; i < size.width; ++i)
      x[i] = look_up<L>(step.residual + i * kMostTokens, step.query + pair);
    const auto see = [&](int v, const L& logit) {
      if constexpr (kLogits)
        for (std::size_t i = 0; i < kLanes<L>; ++i)
          step.logits[(pair + i) * static_cast<std::size_t>(size.vocabulary) + static_cast<std::size_t>(v)] =
              lane(logit, static_cast<int>(i));
    };
    store_bytes<L>(step.token + pair, next_token<L>(size, tail, sums, x, see));
  }
}

template <class L, class Sizes>
void decode_step(const DecodeTail& tail, const DecodeStep& step, std::size_t pairs) {
  step.logits == nullptr ? decode_pairs<L, Sizes, false>(tail, step, pairs)
                         : decode_pairs<L, Sizes, true>(tail, step, pairs);
}

}  // namespace carryscope::model::CARRYSCOPE_ISA
