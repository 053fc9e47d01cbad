// BlockDecoder: greedy float32 decoding of blocks of pairs by the program of decode_tables.h and
// decode_tail.h, with the processor's widest instructions.
//
// Truly autoregressive: what was generated is read next, right or wrong. Pairs do not influence each other,
// so neither blocks, threads nor the instruction set change a bit. The upper places that a whole block
// shares are added up once for the block: blocks of pairs that differ in their lower places only are the
// quickest.
#pragma once

#include <memory>
#include <span>

#include "model/decode_tables.h"
#include "model/pair_block.h"

namespace carryscope::model {

// Decodes one step of so many pairs.
using DecodeRun = void(const DecodeTail& tail, const DecodeStep& step, std::size_t pairs);

// One compiled form of decode_step.h. `find` picks the instance for a model's sizes.
struct DecodeInstructions {
  const char* name;
  DecodeRun* (*find)(const DecodeTail& tail);
};

// Those that this processor has, the widest first.
std::span<const DecodeInstructions> decode_instructions();

class BlockDecoder {
 public:
  // The tables must outlive this. One object is used by one thread at a time.
  explicit BlockDecoder(const DecodeTables& tables,
                        const DecodeInstructions& instructions = decode_instructions().front());

  // tokens: steps x block.stride, [step][pair]. The first `steps` of the answer are generated. logits, if
  // any: steps x block.stride x V.
  void decode(const PairBlock& block, int steps, std::span<std::uint8_t> tokens, float* logits = nullptr);

 private:
  void place_letters(const PairBlock& block);
  void place_first_queries(const PairBlock& block);
  void share_upper_places(const PairBlock& block, int step, const std::uint8_t* query);
  void place_answer(int step, const std::uint8_t* token, const std::uint8_t* before);

  const DecodeTables& tables_;
  DecodeRun* run_;
  int top_ = 0;                            // the highest place in which the block's pairs differ
  std::vector<std::uint8_t> letters_;      // those that the block has at that place
  std::vector<RowChunk> shared_;           // V x 100 rows: base, upper letters, then that place's letter
  std::vector<std::uint8_t> first_query_;  // stride
  std::vector<std::uint32_t> offsets_;     // (places + answers) x stride
  std::size_t stride_ = 0;
  DecodeStep step_;
};

}  // namespace carryscope::model
