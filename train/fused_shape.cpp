// The offsets of fused_shape.h, from a configuration's parts and products.
#include "train/fused_shape.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::train {
namespace {

void refuse(const char* field, const std::string& found, const char* expected) {
  throw model::InputError(
      fmt::format("the fused trainer has no kernel for {} {}, expected {}; train it with --engine torch",
                  field, found, expected));
}

void check(const model::Config& config) {
  if (config.heads != 1) refuse("heads =", std::to_string(config.heads), "1");
  if (config.activation != model::Activation::gelu_erf) refuse("this activation,", "", "gelu_erf");
  if (config.width >= kRow) refuse("width =", std::to_string(config.width), "at most 7");
  if (config.vocabulary != kVocabulary) refuse("vocabulary =", std::to_string(config.vocabulary), "14");
}

struct Place {
  int offset = 0;
  model::Part part;
};

std::map<std::string, Place> places(const model::Config& config) {
  std::map<std::string, Place> found;
  int offset = 0;
  for (const model::Part& part : model::parts(config)) {
    found[part.name] = {offset, part};
    offset += static_cast<int>(part.size());
  }
  return found;
}

// In the order of model::Dense.
std::array<int, kDenses> dense_sizes(const model::Config& c) {
  const int d = c.width, square = d * d;
  return {c.vocabulary * d,   c.context * d,      d, d, square,          square, square, square, d, d,
          d * c.feed_forward, c.feed_forward * d, d, d, d * c.vocabulary};
}

void add_products(FusedShape& shape, const model::Config& config) {
  const auto place = places(config);
  for (const model::Product& p : model::products(config)) {
    const Place& left = place.at(p.left);
    FusedProduct& out = shape.product[shape.products++];
    out = {shape.dense[static_cast<int>(p.dense)],
           p.rows,
           p.cols,
           left.offset,
           left.part.cols,
           -1,
           0,
           0,
           p.first,
           p.transposed};
    if (p.right.empty()) continue;
    const Place& right = place.at(p.right);
    out.right = right.offset, out.right_cols = right.part.cols, out.inner = left.part.cols;
  }
}

int digit_at(const model::Slot& slot) {
  switch (slot.role) {
    case model::Role::a:
      return slot.place;
    case model::Role::b:
      return kOperand + slot.place;
    case model::Role::sum:
      return 2 * kOperand + slot.place;
    case model::Role::fixed:
      break;
  }
  return 3 * kOperand;
}

class Arranger {
 public:
  explicit Arranger(std::byte* memory) : memory_(memory) {}

  template <class T>
  void place(T*& array, int count) {
    array = memory_ ? reinterpret_cast<T*>(memory_ + used_) : nullptr;
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
  }
  std::size_t used() const { return used_; }

 private:
  std::byte* memory_;
  std::size_t used_ = 0;
};

}  // namespace

FusedShape fused_shape(const model::Config& config, int batch) {
  model::validate(config, "the configuration to train");
  check(config);
  const model::Decoder decoder = model::skeleton(config);
  const model::Layout& layout = decoder.layout;
  FusedShape shape;
  shape.width = config.width, shape.feed_forward = config.feed_forward;
  shape.prompt = static_cast<int>(layout.prompt.size());
  shape.positions = layout.input_length(), shape.steps = layout.steps();
  shape.batch = batch, shape.context = config.context;
  shape.parameters = model::parameters(config);
  shape.centred = config.norm == model::NormType::layer;
  shape.norm_eps = static_cast<float>(config.norm_eps);
  shape.score_scale = static_cast<float>(decoder.layers[0].attention->score_scale.value);
  const auto sizes = dense_sizes(config);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    shape.dense[i] = shape.dense_size;
    shape.dense_size += sizes[i];
  }
  for (int p = 0; p <= shape.positions; ++p) {
    const model::Slot& slot = layout.slot(p);
    shape.fixed_token[p] = slot.role == model::Role::fixed ? slot.token : -1;
    shape.digit_at[p] = digit_at(slot);
  }
  add_products(shape, config);
  return shape;
}

std::size_t arrange(const FusedShape& shape, int accumulators, std::byte* memory, FusedWorkspace& w) {
  Arranger all(memory);
  const int states = shape.states(), padded = shape.padded_states();
  for (float** array : {&w.parameters, &w.gradient, &w.first_moment, &w.second_moment})
    all.place(*array, shape.parameters);
  all.place(w.dense, shape.dense_size);
  all.place(w.dense_gradient, shape.dense_size);
  for (float** array : {&w.embedding, &w.normed, &w.query, &w.value, &w.embedding_gradient,
                        &w.normed_gradient, &w.query_gradient})
    all.place(*array, states * kRow);
  for (float** array : {&w.key_columns, &w.value_columns, &w.key_gradient, &w.value_gradient})
    all.place(*array, padded * kRow);
  all.place(w.inverse, states);
  all.place(w.weighted, kSymbols * padded * kRow);
  all.place(w.weighted_gradient, kSymbols * padded * kRow);
  all.place(w.scores, kSymbols * padded);
  for (float** array : {&w.target, &w.share}) all.place(*array, shape.padded_batch());
  for (float** array : {&w.sums, &w.residual, &w.mean_gradient, &w.residual_gradient})
    all.place(*array, shape.padded_batch() * kRow);
  all.place(w.tail_gradient, shape.tail_size() * accumulators);
  all.place(w.loss, accumulators);
  all.place(w.result, 2);
  all.place(w.chosen, shape.batch * kSlots);
  all.place(w.packed, kWords * shape.batch);
  all.place(w.order, shape.steps * shape.padded_batch());
  all.place(w.first, shape.steps * (kSymbols + 1));
  return all.used();
}

}  // namespace carryscope::train
