// Each dense matrix is set as a product left x right, written to whatever the configuration stores of it.
#include "train/orient.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>

#include "train/counter_random.h"

namespace carryscope::train {
namespace {

using Eigen::MatrixXd;
using model::Dense;

constexpr std::uint64_t kStream = 0x6f7269656e74;  // apart from the streams of initialise()
constexpr int kDirections = 3;
constexpr double kDigitRadius = 0.5, kDigitAngle = 0.5, kPlaceAngle = 0.6, kRise = 0.1, kGain = 2.0,
                 kNoise = 0.05;

class Orientation {
 public:
  Orientation(model::Factored& model, std::uint64_t seed)
      : model_(model), products_(model::products(model.config)), random_(seed, kStream) {}

  void digits() {
    const MatrixXd plane = orthonormal(2);
    MatrixXd tokens = stored(Dense::token_embedding);
    for (int digit = 0; digit < 10; ++digit) {
      const double angle = kDigitAngle * (digit - 4.5);
      tokens.row(layout_.digit_tokens[static_cast<std::size_t>(digit)]) =
          kDigitRadius * (std::cos(angle) * plane.row(0) + std::sin(angle) * plane.row(1)) +
          noise(1, model_.config.width);
    }
    put(Dense::token_embedding, tokens, {});
  }

  void places_and_maps() {
    const MatrixXd directions = orthonormal(kDirections), seen = orthonormal(kDirections) * kGain;
    MatrixXd places = noise(model_.config.context, kDirections);
    for (int position = 0; position < layout_.input_length(); ++position) {
      const int place = place_at(position);
      if (place < 0) continue;
      const double angle = kPlaceAngle * place;
      places.row(position) += Eigen::RowVector3d(std::cos(angle), std::sin(angle), kRise * (place - 5));
    }
    put(Dense::position_embedding, places, directions);
    for (const Dense map : {Dense::query, Dense::key}) put(map, directions.transpose(), seen);
  }

 private:
  // The place of the digit that a position holds or, in the answer, of the one that it asks for.
  int place_at(int position) const {
    const int first = layout_.query_position(0);
    const model::Slot& slot = layout_.slot(position < first ? position : position + 1);
    return slot.role == model::Role::fixed ? -1 : slot.place;
  }

  MatrixXd noise(int rows, int cols) {
    return MatrixXd::NullaryExpr(rows, cols, [&] { return kNoise * random_.normal(); });
  }

  MatrixXd orthonormal(int rows) {
    const int width = model_.config.width;
    const MatrixXd drawn = MatrixXd::NullaryExpr(width, rows, [&] { return random_.normal(); });
    const MatrixXd thin = MatrixXd::Identity(width, rows);
    return (Eigen::HouseholderQR<MatrixXd>(drawn).householderQ() * thin).transpose();
  }

  const model::Product& product(Dense which) const {
    return *std::ranges::find(products_, which, &model::Product::dense);
  }

  model::Tensor& tensor(const std::string& name) {
    return *std::ranges::find(model_.tensors, name, &model::Tensor::name);
  }

  MatrixXd stored(Dense which) {
    const model::Tensor& t = tensor(product(which).left);
    return Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(t.values.data(), t.shape[0],
                                                                            t.shape[1]);
  }

  static void set(model::Tensor& t, Eigen::Index row, Eigen::Index column, double value) {
    t.values[static_cast<std::size_t>(row * t.shape[1] + column)] =
        static_cast<double>(static_cast<float>(value));
  }

  // The dense matrix becomes left x right; right empty: left.
  void put(Dense which, const MatrixXd& left, const MatrixXd& right) {
    const model::Product& p = product(which);
    model::Tensor& first = tensor(p.left);
    if (p.right.empty()) {
      const MatrixXd whole = right.size() > 0 ? MatrixXd(left * right) : left;
      for (int r = 0; r < p.rows; ++r)
        for (int c = 0; c < p.cols; ++c)
          p.transposed ? set(first, p.first + c, r, whole(r, c)) : set(first, r, p.first + c, whole(r, c));
      return;
    }
    model::Tensor& second = tensor(p.right);
    for (int k = 0; k < std::min(kDirections, first.shape[1]); ++k) {
      for (int r = 0; r < p.rows; ++r) set(first, r, k, left(r, k));
      for (int c = 0; c < p.cols; ++c) set(second, k, p.first + c, right(k, c));
    }
  }

  model::Factored& model_;
  std::vector<model::Product> products_;
  model::Layout layout_ = model::Layout::seeds(model_.config.digits);
  CounterRandom random_;
};

}  // namespace

void orient(model::Factored& model, std::uint64_t seed) {
  Orientation orientation(model, seed);
  orientation.digits();
  orientation.places_and_maps();
}

}  // namespace carryscope::train
