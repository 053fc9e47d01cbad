// Greedy decoding through the forward pass and in blocks, and the choice between them and tables (greedy.h).
#include "model/greedy.h"

#include <algorithm>

#include "model/block_decoder.h"
#include "model/forward.h"
#include "model/greedy_table.h"

namespace carryscope::model {
namespace {

// Starts from the true answer. Attention is causal, so one pass over the whole sequence gives the
// logits of every step up to and including the first that differs from what was read; that
// token is replaced and the pass repeated. A correct answer costs a single pass.
template <std::floating_point F>
class ForwardGreedy final : public Greedy {
 public:
  explicit ForwardGreedy(const Decoder& decoder) : decoder_(&decoder) {}

  void decode(std::span<const Pair> pairs, std::span<int> tokens) const override {
    Forward<F> forward(*decoder_);
    const auto steps = static_cast<std::size_t>(decoder_->layout.steps());
    for (std::size_t i = 0; i < pairs.size(); ++i)
      decode(forward, pairs[i], tokens.subspan(i * steps, steps));
  }

 private:
  void decode(Forward<F>& forward, Pair pair, std::span<int> tokens) const {
    const Layout& layout = decoder_->layout;
    std::vector<int> sequence = tokenise(layout, pair);
    const std::span<const int> read =
        std::span(sequence).first(static_cast<std::size_t>(layout.input_length()));
    int step = 0;
    while (step < layout.steps()) {
      const std::vector<F> logits = forward.logits(read);
      for (bool as_read = true; as_read && step < layout.steps(); ++step) {
        const int position = layout.query_position(step);
        int& next = sequence[static_cast<std::size_t>(position) + 1];
        const int generated = largest(logits, position);
        as_read = generated == next;
        next = generated;
      }
    }
    std::copy(sequence.begin() + static_cast<std::ptrdiff_t>(layout.prompt.size()), sequence.end(),
              tokens.begin());
  }

  int largest(const std::vector<F>& logits, int position) const {
    const auto first = logits.begin() + static_cast<std::ptrdiff_t>(position) * decoder_->vocabulary;
    return static_cast<int>(std::max_element(first, first + decoder_->vocabulary) - first);
  }

  const Decoder* decoder_;
};

class BlockGreedy final : public Greedy {
 public:
  explicit BlockGreedy(std::unique_ptr<const DecodeTables> tables) : tables_(std::move(tables)) {}

  void decode(std::span<const Pair> pairs, std::span<int> tokens) const override {
    const Layout& layout = tables_->layout();
    const auto steps = static_cast<std::size_t>(layout.steps());
    BlockDecoder decoder(*tables_);
    PairBlock block(layout.digits, std::min(kBlock, pairs.size()));
    std::vector<std::uint8_t> generated(steps * block.stride);
    for (std::size_t start = 0; start < pairs.size(); start += kBlock) {
      block.count = std::min(kBlock, pairs.size() - start);
      for (std::size_t i = 0; i < block.count; ++i) block.set(i, pairs[start + i]);
      decoder.decode(block, layout.steps(), generated);
      for (std::size_t i = 0; i < block.count; ++i)
        for (std::size_t step = 0; step < steps; ++step)
          tokens[(start + i) * steps + step] = generated[step * block.stride + i];
    }
  }

 private:
  static constexpr std::size_t kBlock = 2048;

  std::unique_ptr<const DecodeTables> tables_;
};

}  // namespace

std::unique_ptr<Greedy> make_forward_greedy(const Decoder& decoder) {
  if (decoder.dtype == Precision::float64) return std::make_unique<ForwardGreedy<double>>(decoder);
  return std::make_unique<ForwardGreedy<float>>(decoder);
}

std::unique_ptr<Greedy> make_greedy(const Decoder& decoder) {
  const bool tables =
      decoder.layers.size() == 1 && decoder.layers[0].attention && decoder.vocabulary <= kTableVocabulary;
  if (!tables) return make_forward_greedy(decoder);
  if (auto block_tables = DecodeTables::make(decoder))
    return std::make_unique<BlockGreedy>(std::move(block_tables));
  if (decoder.dtype == Precision::float64) return std::make_unique<TableGreedy<double>>(decoder);
  return std::make_unique<TableGreedy<float>>(decoder);
}

}  // namespace carryscope::model
