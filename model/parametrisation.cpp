// Rounding rule of a product entry, u = 2^-53, n terms summed in any order without contraction:
//   |fl(sum a b) - sum a b| <= gamma_n S + n eta,  S = sum |a b|,  gamma_n = n u / (1 - n u),
// eta = 2^-1074 for products that underflow. The stored radius is (n + 2) u times an upper bound of S,
// which covers gamma_n for every n below 2^25 and its own rounding, then one step up.
#include "model/parametrisation.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr double kUnit = 0x1p-53;

std::string shape_text(const std::vector<int>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : " x ") + std::to_string(shape[i]);
  return text + "]";
}

std::vector<int> shape_of(const Part& part) {
  return part.rows == 0 ? std::vector<int>{part.cols} : std::vector<int>{part.rows, part.cols};
}

double up(double x) { return std::nextafter(x, std::numeric_limits<double>::infinity()); }

// An entry of left * right with its enclosure; `step` and `stride` walk a row and a column.
struct Entry {
  double value = 0, radius = 0, magnitude = 0;
};

Entry dot(const double* row, const double* column, int terms, int stride) {
  double sum = 0, absolute = 0;
  bool vanishes = true;  // every product is exactly zero: so is the sum
  for (int k = 0; k < terms; ++k) {
    const double a = row[k], b = column[static_cast<std::ptrdiff_t>(k) * stride];
    vanishes = vanishes && (a == 0 || b == 0);
    sum += a * b;
    absolute += std::abs(a * b);
  }
  if (vanishes) return {};
  const double underflow = (terms + 1) * std::numeric_limits<double>::denorm_min();
  const double magnitude = up(up(absolute * (1 + (2 * terms + 4) * kUnit)) + underflow);
  const double radius = up(up((terms + 2) * kUnit * magnitude) + underflow);
  return {sum, radius, magnitude};
}

Weights whole(const Product& p, const Tensor& left) {
  Weights w(p.rows, p.cols);
  for (int r = 0; r < p.rows; ++r)
    for (int c = 0; c < p.cols; ++c) {
      const int column = p.first + c;
      const std::size_t from = p.transposed
                                   ? static_cast<std::size_t>(column) * static_cast<std::size_t>(p.rows) +
                                         static_cast<std::size_t>(r)
                                   : w.at(r, column);
      w.value[w.at(r, c)] = left.values[from];
    }
  return w;
}

Weights product(const Product& p, const Tensor& left, const Tensor& right) {
  const int terms = left.shape[1], stride = right.shape[1];
  Weights w(p.rows, p.cols);
  w.radius.resize(w.value.size());
  w.magnitude.resize(w.value.size());
  w.rank = terms;
  for (int r = 0; r < p.rows; ++r)
    for (int c = 0; c < p.cols; ++c) {
      const double* row = left.values.data() + static_cast<std::ptrdiff_t>(r) * terms;
      const Entry e = dot(row, right.values.data() + p.first + c, terms, stride);
      const std::size_t i = w.at(r, c);
      w.value[i] = e.value, w.radius[i] = e.radius, w.magnitude[i] = e.magnitude;
    }
  return w;
}

void linear(std::vector<Product>& list, Dense which, const std::string& name, int in, int out, int rank) {
  if (rank == 0)
    list.push_back({which, in, out, name + ".weight", "", 0, true});
  else
    list.push_back({which, in, out, name + ".A", name + ".B", 0, false});
}

void norm(std::vector<Product>& list, Dense weight, Dense bias, const std::string& name,
          const Config& config) {
  list.push_back({weight, 1, config.width, name + ".weight", "", 0, false});
  if (config.norm == NormType::layer) list.push_back({bias, 1, config.width, name + ".bias", "", 0, false});
}

void qkv(std::vector<Product>& list, const Config& config) {
  const TyingRow& row = tying(config.tying);
  constexpr Dense kMaps[3] = {Dense::query, Dense::key, Dense::value};
  const std::string prefix = "blocks.0.attn.";
  const int d = config.width;
  for (std::size_t i = 0; i < 3; ++i) {
    const int first = row.joined ? static_cast<int>(i) * d : 0;
    if (config.qkv_rank == 0)
      list.push_back({kMaps[i], d, d, prefix + std::string(row.whole[i]), "", first, true});
    else
      list.push_back({kMaps[i], d, d, prefix + std::string(row.left[i]), prefix + std::string(row.right[i]),
                      first, false});
  }
}

void check_tensor(const Tensor& tensor, const Part& part, const std::string& where) {
  const std::vector<int> expected = shape_of(part);
  if (tensor.shape != expected)
    throw InputError(where + ": tensor " + part.name + " has shape " + shape_text(tensor.shape) +
                     ", expected " + shape_text(expected) + " by the file's own configuration");
  ensure(tensor.values.size() == part.size(), "a tensor holds as many values as its shape says");
  const auto bad =
      std::find_if(tensor.values.begin(), tensor.values.end(), [](double v) { return !std::isfinite(v); });
  if (bad != tensor.values.end())
    throw InputError(where + ": tensor " + part.name + " holds " + (std::isnan(*bad) ? "NaN" : "infinity") +
                     " at entry " + std::to_string(bad - tensor.values.begin()) +
                     ", expected finite numbers; the training run that wrote it diverged");
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape == b.shape && a.values.size() == b.values.size() &&
         std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(double)) == 0;
}

bool power_of_two(int n) { return (n & (n - 1)) == 0; }

}  // namespace

const Tensor& Factored::at(std::string_view name) const {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& t) { return t.name == name; });
  ensure(found != tensors.end(), "a factored model holds every part of its configuration");
  return *found;
}

std::vector<Product> products(const Config& config) {
  std::vector<Product> list;
  const int d = config.width;
  list.push_back({Dense::token_embedding, config.vocabulary, d, "token_emb.weight", "", 0, false});
  if (config.pos_rank == 0)
    list.push_back({Dense::position_embedding, config.context, d, "pos_emb.weight", "", 0, false});
  else
    list.push_back({Dense::position_embedding, config.context, d, "pos_emb.A", "pos_emb.B", 0, false});
  norm(list, Dense::norm_weight, Dense::norm_bias, "blocks.0.ln1", config);
  qkv(list, config);
  linear(list, Dense::output, "blocks.0.attn.proj", d, d, config.attn_out_rank);
  norm(list, Dense::mlp_norm_weight, Dense::mlp_norm_bias, "blocks.0.ln2", config);
  linear(list, Dense::up, "blocks.0.mlp.fc1", d, config.feed_forward, config.ffn_rank);
  linear(list, Dense::down, "blocks.0.mlp.fc2", config.feed_forward, d, config.ffn_rank);
  norm(list, Dense::final_norm_weight, Dense::final_norm_bias, "ln_f", config);
  list.push_back({Dense::head, d, config.vocabulary, "token_emb.weight", "", 0, true});
  return list;
}

Weights& dense(Decoder& decoder, Dense which) {
  ensure(decoder.layers.size() == 1 && decoder.layers[0].attention && decoder.layers[0].mlp,
         "the family has one layer with attention and feed-forward");
  Layer& layer = decoder.layers[0];
  switch (which) {
    case Dense::token_embedding:
      return decoder.token_embedding;
    case Dense::position_embedding:
      return decoder.position_embedding;
    case Dense::norm_weight:
      return layer.norm.weight;
    case Dense::norm_bias:
      return layer.norm.bias;
    case Dense::query:
      return layer.attention->query;
    case Dense::key:
      return layer.attention->key;
    case Dense::value:
      return layer.attention->value;
    case Dense::output:
      return layer.attention->output;
    case Dense::mlp_norm_weight:
      return layer.mlp_norm.weight;
    case Dense::mlp_norm_bias:
      return layer.mlp_norm.bias;
    case Dense::up:
      return layer.mlp->up;
    case Dense::down:
      return layer.mlp->down;
    case Dense::final_norm_weight:
      return decoder.final_norm.weight;
    case Dense::final_norm_bias:
      return decoder.final_norm.bias;
    case Dense::head:
      return decoder.head;
  }
  report_broken("every dense matrix has a place");
}

Decoder skeleton(const Config& config) {
  Decoder decoder;
  decoder.parameters = parameters(config);
  decoder.vocabulary = config.vocabulary;
  decoder.layout = Layout::seeds(config.digits);
  const Norm plain{config.norm, config.norm_eps, {}, {}};
  Attention attention;
  attention.heads = attention.kv_heads = config.heads;
  attention.head_dim = attention.value_dim = config.width / config.heads;
  attention.score_scale = inverse_root(attention.head_dim);
  Mlp mlp;
  mlp.activation = config.activation;
  decoder.layers.push_back({plain, attention, plain, mlp});
  decoder.final_norm = plain;
  return decoder;
}

Factored assemble(const Config& config, Precision stored, std::vector<Tensor> tensors,
                  const std::string& where) {
  validate(config, where);
  std::map<std::string, Tensor> left;
  for (Tensor& tensor : tensors) {
    const std::string name = tensor.name;
    if (!left.emplace(name, std::move(tensor)).second)
      throw InputError(fmt::format("{}: tensor {} comes twice, expected once", where, name));
  }
  Factored model{config, stored, {}};
  for (const Part& part : parts(config)) {
    const auto found = left.find(part.name);
    if (found == left.end())
      throw InputError(where + ": tensor " + part.name + " is missing, expected shape " +
                       shape_text(shape_of(part)) + " by the file's own configuration");
    check_tensor(found->second, part, where);
    model.tensors.push_back(std::move(found->second));
    left.erase(found);
  }
  if (const auto head = left.find("lm_head.weight"); head != left.end()) {
    if (!same_bits(head->second, model.at("token_emb.weight")))
      throw InputError(where +
                       ": tensor lm_head.weight differs from token_emb.weight, expected a tied head; "
                       "store an untied model as a decoder JSON");
    left.erase(head);
  }
  if (!left.empty())
    throw InputError(where + ": tensor " + left.begin()->first +
                     " is surplus, its configuration has no place for it");
  return model;
}

Decoder multiply_out(const Factored& model) {
  Decoder decoder = skeleton(model.config);
  decoder.dtype = model.stored;
  for (const Product& p : products(model.config)) {
    const Tensor& left = model.at(p.left);
    dense(decoder, p.dense) = p.right.empty() ? whole(p, left) : product(p, left, model.at(p.right));
  }
  return decoder;
}

Scalar inverse_root(int dimension) {
  ensure(dimension > 0, "a head has at least one dimension");
  const double root = std::sqrt(static_cast<double>(dimension)), value = 1 / root;
  const int whole_root = static_cast<int>(root);
  const bool exact = whole_root * whole_root == dimension && power_of_two(whole_root);
  return {value, exact ? 0.0 : up(value * 3 * kUnit)};  // two roundings of half an ulp each, relative 2 u
}

}  // namespace carryscope::model
