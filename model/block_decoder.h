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
  // Pairs whose tokens and offsets stay in the cache from step to step.
  static constexpr std::size_t kPortion = 10'000;
  struct Portion {
    const PairBlock& block;
    std::size_t from, count;
    std::size_t padded() const {
      return (count + PairBlock::kPadding - 1) / PairBlock::kPadding * PairBlock::kPadding;
    }
    const std::uint8_t* a(int place) const { return &block.a[block.at(place, from)]; }
    const std::uint8_t* b(int place) const { return &block.b[block.at(place, from)]; }
  };

  void decode_portion(const Portion& portion, int steps, std::uint8_t* tokens, float* logits);
  void make_room(std::size_t pairs);
  void place_letters(const Portion& portion);
  void place_first_queries(const Portion& portion);
  void share_upper_places(const Portion& portion, int step, const std::uint8_t* query);
  void place_answer(const Portion& portion, int step, const std::uint8_t* token, const std::uint8_t* before);
  std::uint32_t* offsets(int k) { return offsets_.data() + static_cast<std::size_t>(k) * room_; }

  const DecodeTables& tables_;
  DecodeRun* run_;
  int top_ = 0;                            // the highest place in which the portion's pairs differ
  std::vector<std::uint8_t> letters_;      // those that the portion has at that place
  std::vector<RowChunk> shared_;           // V x 100 rows: base, upper letters, then that place's letter
  std::vector<std::uint8_t> first_query_;  // room
  std::vector<std::uint32_t> offsets_;     // kMostAdded x room
  std::size_t room_ = 0;                   // pairs
  DecodeStep step_;
};

}  // namespace carryscope::model
