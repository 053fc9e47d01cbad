// Lays a block out for the kernel, step by step, and picks the kernel.
#include "model/block_decoder.h"

#include <algorithm>

#include "model/error.h"
#include "model/instruction_sets.h"

namespace carryscope::model {

DecodeRun* decode_portable(const DecodeTail& tail);
DecodeRun* decode_avx2(const DecodeTail& tail);
DecodeRun* decode_avx512(const DecodeTail& tail);

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::vector<DecodeInstructions> found() {
  std::vector<DecodeInstructions> sets;
#if defined(__x86_64__)
  if (has_avx512()) sets.push_back({"avx512", decode_avx512});
  if (has_avx2()) sets.push_back({"avx2", decode_avx2});
#endif
  sets.push_back({"portable", decode_portable});
  return sets;
}

bool varies(const std::vector<std::uint8_t>& digits, const PairBlock& block, int place) {
  const auto first = digits.begin() + static_cast<std::ptrdiff_t>(block.at(place, 0));
  return std::any_of(first, first + static_cast<std::ptrdiff_t>(block.count),
                     [&](std::uint8_t digit) { return digit != *first; });
}

}  // namespace

std::span<const DecodeInstructions> decode_instructions() {
  static const std::vector<DecodeInstructions> sets = found();
  return sets;
}

BlockDecoder::BlockDecoder(const DecodeTables& tables, const DecodeInstructions& instructions)
    : tables_(tables),
      run_(instructions.find(tables.tail())),
      letters_(DecodeTables::kLetters),
      shared_(index(tables.vocabulary()) * DecodeTables::kLetters * tables.row_floats() / kRowChunk) {}

void BlockDecoder::decode(const PairBlock& block, int steps, std::span<std::uint8_t> tokens, float* logits) {
  ensure(block.digits == tables_.layout().digits, "a block has the model's digits");
  ensure(tokens.size() >= index(steps) * block.stride, "every token has its place");
  if (block.count == 0) return;
  if (stride_ != block.stride) {
    stride_ = block.stride;
    offsets_.assign(kMostAdded * stride_, 0);
    first_query_.assign(stride_, 0);
  }
  place_letters(block);
  place_first_queries(block);
  for (int step = 0; step < steps; ++step) {
    std::uint8_t* const token = tokens.data() + index(step) * stride_;
    step_.query = step == 0 ? first_query_.data() : token - stride_;
    step_.token = token;
    step_.logits = logits == nullptr ? nullptr : logits + index(step) * stride_ * index(tables_.vocabulary());
    if (step >= 2) place_answer(step, token - 2 * stride_, token - 3 * stride_);
    share_upper_places(block, step, step_.query);
    run_(tables_.tail(), step_, block.count);
  }
}

// What no answer changes: the offsets of the letters.
void BlockDecoder::place_letters(const PairBlock& block) {
  top_ = block.digits - 1;
  while (top_ > 0 && !varies(block.a, block, top_) && !varies(block.b, block, top_)) --top_;
  const auto floats = static_cast<std::uint32_t>(tables_.row_floats());
  std::ranges::fill(letters_, std::uint8_t{0});
  for (int place = top_; place >= 0; --place) {
    std::uint32_t* const to = offsets_.data() + index(top_ - place) * stride_;
    const std::uint8_t* const a = &block.a[block.at(place, 0)];
    const std::uint8_t* const b = &block.b[block.at(place, 0)];
    const auto base = static_cast<std::uint32_t>(place == top_ ? 0 : tables_.letter_row(place, 0));
    for (std::size_t i = 0; i < stride_; ++i) to[i] = (base + 10U * a[i] + b[i]) * floats;
    if (place == top_)
      for (std::size_t i = 0; i < block.count; ++i) letters_[10U * a[i] + b[i]] = 1;
  }
  step_.first = offsets_.data();
  step_.added_count = top_;
  for (int k = 0; k < kMostAdded - 1; ++k) step_.added[k] = offsets_.data() + (index(k) + 1) * stride_;
}

void BlockDecoder::place_first_queries(const PairBlock& block) {
  const Layout& layout = tables_.layout();
  const Slot& slot = layout.prompt.back();
  if (slot.role == Role::fixed) {
    std::ranges::fill(first_query_, static_cast<std::uint8_t>(slot.token));
    return;
  }
  const auto& digits = slot.role == Role::a ? block.a : block.b;
  for (std::size_t i = 0; i < stride_; ++i)
    first_query_[i] = static_cast<std::uint8_t>(layout.digit_tokens[digits[block.at(slot.place, i)]]);
}

// The token generated two steps ago is now behind the query's own: alone, or with the one before it.
void BlockDecoder::place_answer(int step, const std::uint8_t* token, const std::uint8_t* before) {
  const int known = step - 2, chunk = known / 2;
  const auto floats = static_cast<std::uint32_t>(tables_.row_floats());
  std::uint32_t* const to = offsets_.data() + index(top_ + 1 + chunk) * stride_;
  if (known % 2 == 0) {
    const auto base = static_cast<std::uint32_t>(tables_.answer_row(chunk, 0));
    for (std::size_t i = 0; i < stride_; ++i) to[i] = (base + token[i]) * floats;
  } else {
    const auto base = static_cast<std::uint32_t>(tables_.answers_row(chunk, 0, 0));
    const auto v = static_cast<std::uint32_t>(tables_.vocabulary());
    for (std::size_t i = 0; i < stride_; ++i) to[i] = (base + v * before[i] + token[i]) * floats;
  }
  step_.added_count = top_ + 1 + chunk;
}

void BlockDecoder::share_upper_places(const PairBlock& block, int step, const std::uint8_t* query) {
  step_.residual = tables_.residual(step);
  std::array<bool, kMostTokens> asked{};
  for (std::size_t i = 0; i < block.count; ++i) asked[query[i]] = true;
  const std::size_t floats = tables_.row_floats();
  std::array<float, AnySizes::kMostSums + kRowChunk> upper{};
  const auto plus = [&](float* to, const float* x, const float* y) {
    for (std::size_t i = 0; i < floats; ++i) to[i] = x[i] + y[i];
  };
  for (int q = 0; q < tables_.vocabulary(); ++q) {
    const std::size_t any = std::ranges::find(asked, true) - asked.begin();
    const int from = asked[index(q)] ? q : static_cast<int>(any);  // padding may ask for any token
    step_.rows[q] = tables_.rows(step, from);
    step_.start[q] = shared_[index(from) * DecodeTables::kLetters * floats / kRowChunk].value;
    if (!asked[index(q)]) continue;
    std::copy_n(tables_.base(step, q), floats, upper.begin());
    const float* const rows = tables_.rows(step, q);
    const auto row = [&](int place, int letter) { return rows + tables_.letter_row(place, letter) * floats; };
    for (int place = block.digits - 1; place > top_; --place)
      plus(upper.data(), upper.data(),
           row(place, 10 * block.a[block.at(place, 0)] + block.b[block.at(place, 0)]));
    float* const start = shared_[index(q) * DecodeTables::kLetters * floats / kRowChunk].value;
    for (int letter = 0; letter < DecodeTables::kLetters; ++letter)
      if (letters_[index(letter)]) plus(start + index(letter) * floats, upper.data(), row(top_, letter));
  }
}

}  // namespace carryscope::model
