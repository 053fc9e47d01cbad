#include "verify/shard_decoder.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "model/error.h"
#include "model/evaluate.h"

namespace carryscope::verify {
namespace {

using model::Decoder, model::DecodeTables, model::Pair;

constexpr std::uint8_t kRight = 0xFF;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

void add(Shard& shard, Pair pair, std::size_t first_wrong_step) {
  ++shard.first_failures[first_wrong_step];
  if (shard.examples.size() < kExamples) shard.examples.push_back(pair);
}

// Decimal numbers with one space between; nothing if there is anything else.
std::optional<std::vector<std::uint64_t>> numbers(const std::string& line) {
  std::vector<std::uint64_t> result;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (true) {
    const auto [stop, problem] = std::from_chars(at, end, result.emplace_back());
    if (problem != std::errc{} || (stop != end && *stop != ' ')) return std::nullopt;
    if (stop == end) return result;
    at = stop + 1;
  }
}

}  // namespace

std::uint64_t Shard::wrong() const {
  return std::accumulate(first_failures.begin(), first_failures.end(), std::uint64_t{0});
}

std::string line_of(const Shard& shard) {
  std::string line = std::to_string(shard.number);
  for (const std::uint64_t pairs : shard.first_failures) line += ' ' + std::to_string(pairs);
  for (const Pair& pair : shard.examples) line += ' ' + std::to_string(pair.a) + ' ' + std::to_string(pair.b);
  return line;
}

std::optional<Shard> shard_of(const std::string& line, const PairDomain& domain, int digits) {
  const std::size_t steps = static_cast<std::size_t>(digits) + 1;
  const auto values = numbers(line);
  if (!values || values->size() < 1 + steps || (values->size() - 1 - steps) % 2 != 0) return std::nullopt;
  const auto counts = values->begin() + 1;
  const auto pairs = counts + static_cast<std::ptrdiff_t>(steps);
  Shard shard{values->front(), {counts, pairs}, {}};
  if (shard.number >= domain.shards()) return std::nullopt;
  const std::uint64_t size = domain.pairs_of(shard.number), limit = model::power_of_ten(digits);
  if (std::ranges::any_of(shard.first_failures, [&](std::uint64_t n) { return n > size; }))
    return std::nullopt;
  for (auto at = pairs; at != values->end(); at += 2) {
    if (at[0] >= limit || at[1] >= limit) return std::nullopt;
    shard.examples.push_back({at[0], at[1]});
  }
  const std::uint64_t wrong = shard.wrong();
  if (wrong > size || shard.examples.size() != std::min<std::uint64_t>(wrong, kExamples)) return std::nullopt;
  return shard;
}

ShardDecoder::ShardDecoder(const Decoder& decoder, const DecodeTables* tables, const model::Greedy* greedy,
                           const PairDomain& domain)
    : decoder_(decoder),
      greedy_(greedy),
      domain_(domain),
      layout_(decoder.layout),
      block_(layout_.digits, kShardPairs),
      expected_(index(layout_.answer_digits()) * block_.stride),
      first_wrong_(block_.stride) {
  if (tables == nullptr) return;
  fast_.emplace(*tables);
  tokens_.resize(expected_.size());
}

Shard ShardDecoder::decode(std::uint64_t number) {
  Shard shard{number, std::vector<std::uint64_t>(index(layout_.answer_digits())), {}};
  domain_.fill(number, block_);
  fast_ ? decode_block(shard) : decode_pairs(shard);
  return shard;
}

void ShardDecoder::decode_block(Shard& shard) {
  fast_->decode(block_, layout_.answer_digits(), tokens_);
  add_up();
  std::fill(first_wrong_.begin(), first_wrong_.end(), kRight);
  for (int step = layout_.answer_digits() - 1; step >= 0; --step) {
    const std::uint8_t* const token = &tokens_[index(step) * block_.stride];
    const std::uint8_t* const right = &expected_[index(layout_.answer[index(step)].place) * block_.stride];
    const auto number = static_cast<std::uint8_t>(step);
    for (std::size_t i = 0; i < block_.count; ++i)
      first_wrong_[i] = token[i] == right[i] ? first_wrong_[i] : number;
  }
  for (std::size_t i = 0; i < block_.count; ++i)
    if (first_wrong_[i] != kRight) add(shard, block_.pair(i), first_wrong_[i]);
}

// expected_[place][pair] = the token of the sum's digit.
void ShardDecoder::add_up() {
  std::vector<std::uint8_t> carry(block_.stride);
  for (int place = 0; place < block_.digits; ++place) {
    const std::uint8_t* const a = &block_.a[block_.at(place, 0)];
    const std::uint8_t* const b = &block_.b[block_.at(place, 0)];
    std::uint8_t* const sum = &expected_[index(place) * block_.stride];
    for (std::size_t i = 0; i < block_.count; ++i) {
      const auto whole = static_cast<std::uint8_t>(a[i] + b[i] + carry[i]);
      carry[i] = whole >= 10;
      sum[i] = static_cast<std::uint8_t>(whole >= 10 ? whole - 10 : whole);
    }
  }
  std::ranges::copy(carry, &expected_[index(block_.digits) * block_.stride]);
  std::array<std::uint8_t, 10> token{};
  for (std::size_t digit = 0; digit < 10; ++digit)
    token[digit] = static_cast<std::uint8_t>(layout_.digit_tokens[digit]);
  const auto is_itself = [&](std::uint8_t digit) { return token[digit] == digit; };
  if (std::ranges::all_of(std::array<std::uint8_t, 10>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, is_itself)) return;
  for (std::uint8_t& digit : expected_) digit = token[digit];
}

void ShardDecoder::decode_pairs(Shard& shard) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < block_.count; ++i) pairs.push_back(block_.pair(i));
  for (const model::Failure& failure : model::evaluate(decoder_, *greedy_, {{"", pairs}}).failures)
    add(shard, failure.pair, index(failure.first_wrong_step));
}

}  // namespace carryscope::verify
