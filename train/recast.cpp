// Singular values and neurons of recast.h.
#include "train/recast.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <Eigen/SVD>

#include "model/error.h"
#include "train/fused_trainer.h"
#include "train/initialise.h"

namespace carryscope::train {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using model::Config;
using model::Dense;
using model::Factored;
using model::Product;
using model::Tensor;
using Tensors = std::map<std::string, Matrix>;  // by name, in the orientation that is stored

constexpr std::uint64_t kFreshSeed = 1;  // of what is new
constexpr double kFreshScale = 0.1, kVanishing = 1e-9;

void check(const Config& given, const Config& wanted, const std::string& where) {
  const auto same = [&](int x, int y, const char* field) {
    if (x != y)
      throw model::InputError(fmt::format("{}: {} is {}, the wanted configuration has {}; expected the same",
                                          where, field, x, y));
  };
  same(given.width, wanted.width, "width");
  same(given.digits, wanted.digits, "digits");
  same(given.vocabulary, wanted.vocabulary, "vocabulary");
  same(given.heads, wanted.heads, "heads");
  same(static_cast<int>(given.activation), static_cast<int>(wanted.activation), "activation");
}

Matrix dense_matrix(const Factored& model, Dense which) {
  model::Decoder decoder = model::multiply_out(model);
  const model::Weights& w = model::dense(decoder, which);
  return Eigen::Map<const Matrix>(w.value.data(), w.rows, w.cols);
}

// The model's map in the wanted shape; `fresh` has what there is more of, where that adds nothing.
Matrix fitted(const Factored& model, const Factored& fresh, const Product& product,
              const std::vector<int>& neurons) {
  const Matrix given = dense_matrix(model, product.dense);
  Matrix out = Matrix::Zero(product.rows, product.cols);
  const auto kept = static_cast<Eigen::Index>(neurons.size());
  if (product.dense == Dense::up) {
    out = dense_matrix(fresh, Dense::up);
    out.leftCols(kept) = given(Eigen::all, neurons);
  } else if (product.dense == Dense::down) {
    out.topRows(kept) = given(neurons, Eigen::all);
  } else {
    const Eigen::Index rows = std::min(out.rows(), given.rows());
    out.topRows(rows) = given.topRows(rows);  // of fewer rows there are only where a bias is missing
  }
  return out;
}

bool same(const Product& x, const Product& y) {
  const auto fields = [](const Product& p) {
    return std::tie(p.dense, p.rows, p.cols, p.left, p.right, p.first, p.transposed);
  };
  return fields(x) == fields(y);
}

// Whether both configurations store the maps of `group` alike; then their factors stay.
bool stored_alike(const Factored& model, const std::vector<const Product*>& group, const Factored& fresh) {
  std::size_t found = 0;
  for (const Product& given : model::products(model.config))
    found += given.left == group.front()->left && given.dense != Dense::head &&
             std::ranges::any_of(group, [&](const Product* p) {
               return same(given, *p) && model.at(p->left).shape == fresh.at(p->left).shape;
             });
  return found == group.size();
}

Matrix stored(const Tensor& tensor) {
  const bool vector = tensor.shape.size() == 1;
  return Eigen::Map<const Matrix>(tensor.values.data(), vector ? 1 : tensor.shape[0], tensor.shape.back());
}

struct Slice {
  const Product* product = nullptr;
  Matrix sum;
  int maps = 0;
};

// The slices of columns that products of one left factor fill: tied maps fill one, with their mean.
std::vector<Slice> slices(const std::vector<const Product*>& group, const std::vector<Matrix>& maps) {
  std::vector<Slice> out;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto tied = std::ranges::find_if(out, [&](const Slice& s) {
      return s.product->right == group[i]->right && s.product->first == group[i]->first;
    });
    if (tied == out.end())
      out.push_back({group[i], maps[i], 1});
    else
      tied->sum += maps[i], ++tied->maps;
  }
  for (Slice& s : out) s.sum /= s.maps;
  return out;
}

void put_columns(Tensors& out, const std::string& name, const Slice& slice, const Matrix& columns) {
  Matrix& m = out[name];
  const Eigen::Index end = slice.product->first + columns.cols();
  if (m.cols() < end) m.conservativeResize(columns.rows(), end);
  m.middleCols(slice.product->first, columns.cols()) = columns;
}

void put_whole(Tensors& out, const std::vector<Slice>& parts) {
  const Product& product = *parts.front().product;
  for (const Slice& s : parts) put_columns(out, product.left, s, s.sum);
  if (product.transposed) out[product.left] = Matrix(out[product.left].transpose());
}

void put_factors(Tensors& out, const std::vector<Slice>& parts, int rank, const std::string& where) {
  Eigen::Index cols = 0, at = 0;
  for (const Slice& s : parts) cols += s.sum.cols();
  Matrix joint(parts.front().sum.rows(), cols);
  for (const Slice& s : parts) joint.middleCols(std::exchange(at, at + s.sum.cols()), s.sum.cols()) = s.sum;
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(joint, Eigen::ComputeThinU | Eigen::ComputeThinV);
  Matrix left = svd.matrixU().leftCols(rank), right = svd.matrixV().leftCols(rank).transpose();
  for (int k = 0; k < rank; ++k) {
    const double value = svd.singularValues()[k];
    const bool spare = value <= kVanishing * svd.singularValues()[0];
    left.col(k) *= spare ? kFreshScale : std::sqrt(value);
    right.row(k) *= spare ? 0 : std::sqrt(value);
  }
  out[parts.front().product->left] = left;
  at = 0;
  for (const Slice& s : parts) {
    const Matrix columns = right.middleCols(std::exchange(at, at + s.sum.cols()), s.sum.cols());
    if (s.product->first == 0 && out.contains(s.product->right))
      throw model::InputError(fmt::format(
          "{}: the wanted tying shares the factor {} between maps of other left factors, which has no fit; "
          "expected one that shares left factors or none",
          where, s.product->right));
    put_columns(out, s.product->right, s, columns);
  }
}

Factored assembled(const Config& config, const Tensors& made) {
  Factored out{config, model::Precision::float32, {}};
  for (const model::Part& part : model::parts(config)) {
    const Matrix& m = made.at(part.name);
    Tensor tensor{part.name, {static_cast<int>(m.cols())}, {m.data(), m.data() + m.size()}};
    if (part.rows > 0) tensor.shape.insert(tensor.shape.begin(), static_cast<int>(m.rows()));
    for (double& v : tensor.values) v = static_cast<double>(static_cast<float>(v));
    out.tensors.push_back(std::move(tensor));
  }
  return out;
}

Factored project(const Factored& model, const Config& wanted, const std::vector<int>& neurons,
                 const std::string& where) {
  const Factored fresh = initialise(wanted, kFreshSeed);
  const std::vector<Product> all = model::products(wanted);
  std::map<std::string, std::vector<const Product*>> by_left;
  for (const Product& product : all)
    if (product.dense != Dense::head) by_left[product.left].push_back(&product);
  Tensors made;
  for (const auto& [left, group] : by_left) {
    if (stored_alike(model, group, fresh)) {
      for (const Product* p : group)
        for (const std::string& name : {p->left, p->right})
          if (!name.empty()) made[name] = stored(model.at(name));
      continue;
    }
    std::vector<Matrix> maps;
    for (const Product* product : group) maps.push_back(fitted(model, fresh, *product, neurons));
    const std::vector<Slice> parts = slices(group, maps);
    if (group.front()->right.empty())
      put_whole(made, parts);
    else
      put_factors(made, parts, fresh.at(left).shape[1], where);
  }
  return assembled(wanted, made);
}

double loss(const Factored& model) {
  const auto trainer = make_fused_trainer(model.config, finetune_round(1e-4, 1), std::array{kFreshSeed});
  State state = trainer->state();
  state.members[0].parameters = model;
  trainer->restore(state, "the model to recast");
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

Factored recast(const Factored& model, const Config& wanted, const std::string& where) {
  check(model.config, wanted, where);
  std::vector<int> neurons(static_cast<std::size_t>(model.config.feed_forward));
  std::iota(neurons.begin(), neurons.end(), 0);
  Factored thinned = model;
  while (neurons.size() > static_cast<std::size_t>(wanted.feed_forward)) {
    const std::size_t least = least_missed(thinned, neurons);
    silence(thinned, neurons[least]);
    neurons.erase(neurons.begin() + static_cast<std::ptrdiff_t>(least));
  }
  return project(thinned, wanted, neurons, where);
}

}  // namespace carryscope::train
