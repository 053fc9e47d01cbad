// Memory, batches and dispatch of fused_model.h.
#include "train/fused_model.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include "model/error.h"
#include "model/instruction_sets.h"

namespace carryscope::train {
namespace {

constexpr std::align_val_t kAlignment{64};

#if defined(__x86_64__)
std::vector<InstructionSet> found() {
  std::vector<InstructionSet> sets;
  if (model::has_avx512()) sets.push_back({"avx512", 16, fused_avx512});
  if (model::has_avx2()) sets.push_back({"avx2", 8, fused_avx2});
  sets.push_back({"portable", 4, fused_portable});
  return sets;
}
#else
std::vector<InstructionSet> found() { return {{"portable", 4, fused_portable}}; }
#endif

// The digits of a number below 10^19, the ones first, by threes from a table.
void split(std::uint64_t value, std::uint8_t* to) {
  using Digits = std::array<std::uint8_t, 4>;
  static const std::array<Digits, 1000> kThrees = [] {
    std::array<Digits, 1000> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
      for (std::size_t place = 0, left = i; place < 3; ++place, left /= 10)
        table[i][place] = static_cast<std::uint8_t>(left % 10);
    return table;
  }();
  for (; value > 0; value /= 1000, to += 3) std::memcpy(to, kThrees[value % 1000].data(), 3);
}

}  // namespace

std::span<const InstructionSet> instruction_sets() {
  static const std::vector<InstructionSet> sets = found();
  return sets;
}

void FusedModel::Free::operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }

FusedModel::FusedModel(const model::Config& config, int batch, const InstructionSet& isa)
    : shape_(fused_shape(config, batch)), run_(isa.find(config.width, config.feed_forward)) {
  if (!run_)
    throw model::InputError(
        fmt::format("the fused trainer has no kernel for width {} with feed-forward {}, expected those of a "
                    "preset; train it with --engine torch",
                    config.width, config.feed_forward));
  const std::size_t bytes = arrange(shape_, isa.lanes, nullptr, work_);
  memory_.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
  std::memset(memory_.get(), 0, bytes);
  arrange(shape_, isa.lanes, memory_.get(), work_);
}

void FusedModel::read(std::span<const model::Pair> pairs) { read_batch(shape_, pairs, work_); }

FusedResult FusedModel::run(const FusedStep& step) {
  run_(shape_, work_, step);
  return {work_.result[0], work_.result[1]};
}

void read_batch(const FusedShape& shape, std::span<const model::Pair> pairs, FusedWorkspace& work) {
  model::ensure(pairs.size() == static_cast<std::size_t>(shape.batch), "a batch has the model's size");
  for (std::size_t b = 0; b < pairs.size(); ++b) {
    const model::Pair pair = pairs[b];
    PairDigits digits{};
    split(pair.a, digits.data());
    split(pair.b, digits.data() + kOperand);
    split(pair.a + pair.b, digits.data() + 2 * kOperand);
    for (std::uint8_t& digit : digits) digit = static_cast<std::uint8_t>(digit * kRow);
    std::uint8_t* const chosen = work.chosen + b * kSlots;
    for (int p = 0; p <= shape.positions; ++p)
      chosen[p] = digits[static_cast<std::size_t>(shape.digit_at[p])];
  }
}

void copy(const std::vector<model::Tensor>& tensors, std::span<float> out) {
  auto to = out.begin();
  for (const model::Tensor& tensor : tensors)
    to = std::transform(tensor.values.begin(), tensor.values.end(), to,
                        [](double v) { return static_cast<float>(v); });
  model::ensure(to == out.end(), "tensors fill the parameters exactly");
}

void copy(std::span<const float> values, std::vector<model::Tensor>& out) {
  auto from = values.begin();
  for (model::Tensor& tensor : out)
    for (double& value : tensor.values) value = static_cast<double>(*from++);
  model::ensure(from == values.end(), "parameters fill the tensors exactly");
}

}  // namespace carryscope::train
