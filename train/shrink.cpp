// Singular values and neurons of shrink.h.
#include "train/shrink.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>
#include <Eigen/SVD>

#include "model/error.h"
#include "train/fused_trainer.h"

namespace carryscope::train {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using model::Config;
using model::Dense;
using model::Factored;
using model::Product;
using model::Tensor;

bool shrinks(Dense which) {
  return which == Dense::position_embedding || which == Dense::output || which == Dense::up ||
         which == Dense::down;
}

// 0 stands for a map that is stored whole, of full rank.
void check_rank(int given, int wanted, const char* field, const std::string& where) {
  if (given == wanted || (wanted != 0 && (given == 0 || wanted < given))) return;
  throw model::InputError(fmt::format("{}: {} {} cannot shrink to {}; expected it no larger (0 is full rank)",
                                      where, field, given, wanted));
}

void check(const Config& given, const Config& wanted, const std::string& where) {
  check_rank(given.pos_rank, wanted.pos_rank, "pos_rank", where);
  check_rank(given.attn_out_rank, wanted.attn_out_rank, "attn_out_rank", where);
  check_rank(given.ffn_rank, wanted.ffn_rank, "ffn_rank", where);
  if (wanted.feed_forward > given.feed_forward)
    throw model::InputError(fmt::format("{}: feed_forward {} cannot shrink to {}; expected it no larger",
                                        where, given.feed_forward, wanted.feed_forward));
  Config rest = wanted;
  rest.pos_rank = given.pos_rank, rest.attn_out_rank = given.attn_out_rank, rest.ffn_rank = given.ffn_rank;
  rest.feed_forward = given.feed_forward;
  if (rest != given)
    throw model::InputError(
        fmt::format("{}: differs from the smaller configuration in more than pos_rank, attn_out_rank, "
                    "ffn_rank and feed_forward, which are all that shrinks; expected the same width, heads, "
                    "context, norms, tying and query, key and value maps",
                    where));
}

Matrix dense_matrix(const Factored& model, Dense which) {
  model::Decoder decoder = model::multiply_out(model);
  const model::Weights& w = model::dense(decoder, which);
  return Eigen::Map<const Matrix>(w.value.data(), w.rows, w.cols);
}

Tensor tensor(const std::string& name, const Matrix& m) {
  return {name, {static_cast<int>(m.rows()), static_cast<int>(m.cols())}, {m.data(), m.data() + m.size()}};
}

void put(const Product& product, const Matrix& m, int rank, std::vector<Tensor>& out) {
  if (product.right.empty()) {
    out.push_back(tensor(product.left, product.transposed ? Matrix(m.transpose()) : m));
    return;
  }
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(m, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd root = svd.singularValues().head(rank).cwiseSqrt();
  const Matrix a = svd.matrixU().leftCols(rank) * root.asDiagonal();
  const Matrix b = root.asDiagonal() * svd.matrixV().leftCols(rank).transpose();
  out.push_back(tensor(product.left, a));
  out.push_back(tensor(product.right, b));
}

int rank_of(const Config& config, Dense which) {
  if (which == Dense::position_embedding) return config.pos_rank;
  return which == Dense::output ? config.attn_out_rank : config.ffn_rank;
}

Matrix keep(const Matrix& m, Dense which, const std::vector<int>& neurons) {
  if (which == Dense::up) return m(Eigen::all, neurons);
  if (which == Dense::down) return m(neurons, Eigen::all);
  return m;
}

// `model` in a configuration that check() passed, with the given neurons.
Factored project(const Factored& model, const Config& smaller, const std::vector<int>& neurons) {
  std::vector<Tensor> tensors;
  for (const Product& product : model::products(smaller)) {
    if (!shrinks(product.dense)) continue;
    const Matrix m = keep(dense_matrix(model, product.dense), product.dense, neurons);
    put(product, m, rank_of(smaller, product.dense), tensors);
  }
  Factored out{smaller, model::Precision::float32, {}};
  for (const model::Part& part : model::parts(smaller)) {
    const auto made = std::ranges::find(tensors, part.name, &Tensor::name);
    out.tensors.push_back(made != tensors.end() ? *made : model.at(part.name));
    for (double& v : out.tensors.back().values) v = static_cast<double>(static_cast<float>(v));
  }
  return out;
}

double loss(const Factored& model) {
  const auto trainer =
      make_fused_trainer(model.config, finetune_round(1e-4, 1), std::array{std::uint64_t{1}});
  State state = trainer->state();
  state.members[0].parameters = model;
  trainer->restore(state, "the shrunken model");
  return trainer->step()[0];
}

// The same function of its input as without the neuron, in the same configuration.
void silence(Factored& model, int neuron) {
  for (const Product& product : model::products(model.config)) {
    if (product.dense != Dense::down) continue;
    const auto t = std::ranges::find(model.tensors, product.left, &Tensor::name);
    const int rows = t->shape[0], cols = t->shape[1];
    for (int i = 0; i < (product.transposed ? rows : cols); ++i) {
      const int at = product.transposed ? i * cols + neuron : neuron * cols + i;
      t->values[static_cast<std::size_t>(at)] = 0;
    }
  }
}

// The one of `neurons` whose silence costs least.
std::size_t least_missed(const Factored& model, const std::vector<int>& neurons) {
  std::vector<double> losses;
  for (const int neuron : neurons) {
    Factored without = model;
    silence(without, neuron);
    losses.push_back(loss(without));
  }
  return static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin());
}

}  // namespace

Factored shrink(const Factored& model, const Config& smaller, const std::string& where) {
  check(model.config, smaller, where);
  std::vector<int> neurons(static_cast<std::size_t>(model.config.feed_forward));
  std::iota(neurons.begin(), neurons.end(), 0);
  Factored thinned = model;
  while (neurons.size() > static_cast<std::size_t>(smaller.feed_forward)) {
    const std::size_t least = least_missed(thinned, neurons);
    silence(thinned, neurons[least]);
    neurons.erase(neurons.begin() + static_cast<std::ptrdiff_t>(least));
  }
  return project(thinned, smaller, neurons);
}

}  // namespace carryscope::train
