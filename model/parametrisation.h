// From stored parameters to the canonical Decoder: which product of stored tensors each dense matrix is.
//
// The rule is a table (products()): one row per dense matrix, naming its factors. multiply_out() walks
// it forwards; whoever needs gradients walks the same rows backwards (dA += dW B^T, dB += A^T dW), so a
// tied tensor gets its contributions from every row that names it.
// Products are never rounded silently: each entry is a ball around the exact product of the stored
// numbers (decoder.h), with |A||B| beside it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/decoder.h"

namespace carryscope::model {

struct Tensor {
  std::string name;
  std::vector<int> shape;      // one or two extents
  std::vector<double> values;  // row-major, exactly the stored numbers
};

struct Factored {
  Config config;
  Precision stored = Precision::float32;  // of every tensor
  std::vector<Tensor> tensors;            // exactly parts(config), in that order

  const Tensor& at(std::string_view name) const;  // ensures that it is there
};

// The dense matrices of a one-layer decoder.
enum class Dense : std::uint8_t {
  token_embedding,
  position_embedding,
  norm_weight,
  norm_bias,
  query,
  key,
  value,
  output,
  mlp_norm_weight,
  mlp_norm_bias,
  up,
  down,
  final_norm_weight,
  final_norm_bias,
  head
};

// dense = left                         where right is empty (transposed where `transposed`)
// dense = left * right[:, first .. first + cols)   else
// rows x cols is the shape of the dense matrix; for a whole map `first` counts columns of the
// (transposed) left tensor likewise.
struct Product {
  Dense dense;
  int rows = 0, cols = 0;
  std::string left, right;
  int first = 0;
  bool transposed = false;
};

std::vector<Product> products(const Config& config);

// The matrix of a decoder that has one layer with attention and feed-forward.
Weights& dense(Decoder& decoder, Dense which);

// The architecture of a configuration without its weights: layout, norms, heads, score scale.
Decoder skeleton(const Config& config);

// Throws InputError naming `where` and the tensor: missing, surplus, misshapen, not finite.
// A surplus lm_head.weight is accepted if it equals token_emb.weight to the last bit; it is dropped.
Factored assemble(const Config& config, Precision stored, std::vector<Tensor> tensors,
                  const std::string& where);

// The Decoder that a Factored model means, every entry enclosed. name and source stay empty.
Decoder multiply_out(const Factored& model);

// Encloses 1/sqrt(dimension); radius 0 exactly where the root and its inverse are doubles.
Scalar inverse_root(int dimension);

}  // namespace carryscope::model
