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

bool varies(const std::uint8_t* digits, std::size_t count) {
  return std::any_of(digits, digits + count, [&](std::uint8_t digit) { return digit != *digits; });
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
  for (std::size_t from = 0; from < block.count; from += kPortion) {
    const Portion portion{block, from, std::min(kPortion, block.count - from)};
    decode_portion(portion, steps, tokens.data() + from,
                   logits == nullptr ? nullptr : logits + from * index(tables_.vocabulary()));
  }
}

void BlockDecoder::decode_portion(const Portion& portion, int steps, std::uint8_t* tokens, float* logits) {
  const std::size_t stride = portion.block.stride;
  make_room(portion.padded());
  place_letters(portion);
  place_first_queries(portion);
  for (int step = 0; step < steps; ++step) {
    std::uint8_t* const token = tokens + index(step) * stride;
    step_.query = step == 0 ? first_query_.data() : token - stride;
    step_.token = token;
    step_.logits = logits == nullptr ? nullptr : logits + index(step) * stride * index(tables_.vocabulary());
    if (step >= 2) place_answer(portion, step, token - 2 * stride, token - (step >= 3 ? 3 : 2) * stride);
    share_upper_places(portion, step, step_.query);
    run_(tables_.tail(), step_, portion.count);
  }
}

void BlockDecoder::make_room(std::size_t pairs) {
  if (pairs <= room_) return;
  room_ = pairs;
  offsets_.assign(kMostAdded * room_, 0);
  first_query_.assign(room_, 0);
  step_.first = offsets(0);
  for (int k = 0; k < kMostAdded - 1; ++k) step_.added[k] = offsets(k + 1);
}

// What no answer changes: the offsets of the letters.
void BlockDecoder::place_letters(const Portion& portion) {
  top_ = portion.block.digits - 1;
  while (top_ > 0 && !varies(portion.a(top_), portion.count) && !varies(portion.b(top_), portion.count))
    --top_;
  const auto floats = static_cast<std::uint32_t>(tables_.row_floats());
  for (int place = top_; place >= 0; --place) {
    std::uint32_t* const to = offsets(top_ - place);
    const std::uint8_t* const a = portion.a(place);
    const std::uint8_t* const b = portion.b(place);
    const auto base = static_cast<std::uint32_t>(place == top_ ? 0 : tables_.letter_row(place, 0));
    for (std::size_t i = 0; i < portion.padded(); ++i) to[i] = (base + 10U * a[i] + b[i]) * floats;
  }
  std::ranges::fill(letters_, std::uint8_t{0});
  for (std::size_t i = 0; i < portion.count; ++i) letters_[10U * portion.a(top_)[i] + portion.b(top_)[i]] = 1;
  step_.added_count = top_;
}

void BlockDecoder::place_first_queries(const Portion& portion) {
  const Layout& layout = tables_.layout();
  const Slot& slot = layout.prompt.back();
  if (slot.role == Role::fixed) {
    std::ranges::fill(first_query_, static_cast<std::uint8_t>(slot.token));
    return;
  }
  const std::uint8_t* const digit = slot.role == Role::a ? portion.a(slot.place) : portion.b(slot.place);
  for (std::size_t i = 0; i < portion.padded(); ++i)
    first_query_[i] = static_cast<std::uint8_t>(layout.digit_tokens[digit[i]]);
}

// The token generated two steps ago is now behind the query's own: alone, or with the one before it.
void BlockDecoder::place_answer(const Portion& portion, int step, const std::uint8_t* token,
                                const std::uint8_t* before) {
  const int known = step - 2, chunk = known / 2;
  const auto floats = static_cast<std::uint32_t>(tables_.row_floats());
  std::uint32_t* const to = offsets(top_ + 1 + chunk);
  if (known % 2 == 0) {
    const auto base = static_cast<std::uint32_t>(tables_.answer_row(chunk, 0));
    for (std::size_t i = 0; i < portion.padded(); ++i) to[i] = (base + token[i]) * floats;
  } else {
    const auto base = static_cast<std::uint32_t>(tables_.answers_row(chunk, 0, 0));
    const auto v = static_cast<std::uint32_t>(tables_.vocabulary());
    for (std::size_t i = 0; i < portion.padded(); ++i) to[i] = (base + v * before[i] + token[i]) * floats;
  }
  step_.added_count = top_ + 1 + chunk;
}

// Sets the step's rows by query token: base and upper letters of the portion in one sum, of which each letter
// of the highest place that varies has a continuation.
void BlockDecoder::share_upper_places(const Portion& portion, int step, const std::uint8_t* query) {
  std::array<bool, kMostTokens> asked{};
  for (std::size_t i = 0; i < portion.count; ++i) asked[query[i]] = true;
  const int any = static_cast<int>(std::ranges::find(asked, true) - asked.begin());
  const std::size_t floats = tables_.row_floats();
  const auto plus = [&](float* to, const float* x, const float* y) {
    for (std::size_t i = 0; i < floats; ++i) to[i] = x[i] + y[i];
  };
  std::array<float, AnySizes::kMostSums + kRowChunk> upper{};
  step_.residual = tables_.residual(step);
  for (int q = 0; q < tables_.vocabulary(); ++q) {
    const int from = asked[index(q)] ? q : any;  // lanes behind the last pair may ask for any token
    step_.rows[q] = tables_.rows(step, from);
    float* const start = shared_[index(from) * DecodeTables::kLetters * floats / kRowChunk].value;
    step_.start[q] = start;
    if (from != q) continue;
    std::copy_n(tables_.base(step, q), floats, upper.begin());
    const auto row = [&](int place, int letter) {
      return tables_.rows(step, q) + tables_.letter_row(place, letter) * floats;
    };
    for (int place = portion.block.digits - 1; place > top_; --place)
      plus(upper.data(), upper.data(), row(place, 10 * *portion.a(place) + *portion.b(place)));
    for (int letter = 0; letter < DecodeTables::kLetters; ++letter)
      if (letters_[index(letter)]) plus(start + index(letter) * floats, upper.data(), row(top_, letter));
  }
}

}  // namespace carryscope::model
