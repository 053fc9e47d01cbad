// ShardDecoder: decodes one shard of a domain after the other and marks its pairs; and a shard's counts as a
// line of text, for journals and between processes.
//
// A line is decimal numbers with one space between: the shard's number, its wrong pairs by first wrong step
// (step 0 first), then a and b of its first wrong pairs, at most kExamples.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/block_decoder.h"
#include "model/greedy.h"
#include "verify/pair_domain.h"

namespace carryscope::verify {

inline constexpr std::size_t kExamples = 10;  // wrong pairs that are kept

struct Shard {
  std::uint64_t number = 0;
  std::vector<std::uint64_t> first_failures;  // [step]
  std::vector<model::Pair> examples;

  std::uint64_t wrong() const;
};

std::string line_of(const Shard& shard);
// Nothing if the line is no shard of this domain. digits: of the model.
std::optional<Shard> shard_of(const std::string& line, const PairDomain& domain, int digits);

class ShardDecoder {
 public:
  // By blocks where there are tables, else by `greedy`: one of them is there. All must outlive this; used by
  // one thread at a time.
  ShardDecoder(const model::Decoder& decoder, const model::DecodeTables* tables, const model::Greedy* greedy,
               const PairDomain& domain);

  Shard decode(std::uint64_t number);

 private:
  void decode_block(Shard& shard);
  void decode_pairs(Shard& shard);
  void add_up();

  const model::Decoder& decoder_;
  const model::Greedy* greedy_;
  const PairDomain& domain_;
  const model::Layout& layout_;
  model::PairBlock block_;
  std::optional<model::BlockDecoder> fast_;
  std::vector<std::uint8_t> tokens_, expected_;  // answer digits x stride; expected by place
  std::vector<std::uint8_t> first_wrong_;        // step, or kRight
};

}  // namespace carryscope::verify
