// The forward pass of torch_decoder.h; x [members, batch, positions, width] throughout.
#include "train/torch_decoder.h"

#include <limits>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::train {
namespace {

using model::Dense;
using torch::Tensor;

// x W for each member; w [members, in, out].
Tensor times(const Tensor& x, const Tensor& w) {
  return x.reshape({x.size(0), x.size(1) * x.size(2), x.size(3)})
      .bmm(w)
      .view({x.size(0), x.size(1), x.size(2), w.size(2)});
}

// [members, batch, positions, heads * dim] -> [members, batch, heads, positions, dim]
Tensor by_head(const Tensor& x, int heads) {
  return x.view({x.size(0), x.size(1), x.size(2), heads, x.size(3) / heads}).transpose(2, 3);
}

Tensor activate(const Tensor& x, model::Activation activation) {
  switch (activation) {
    case model::Activation::gelu_erf:
      return torch::gelu(x);
    case model::Activation::gelu_tanh:
      return torch::gelu(x, "tanh");
    case model::Activation::relu:
      return torch::relu(x);
    case model::Activation::silu:
      return torch::silu(x);
  }
  model::report_broken("every activation has a function");
}

Tensor future_mask(const model::Layout& layout, const torch::TensorOptions& options) {
  const auto keys = torch::arange(layout.input_length(), options);
  const auto queries = torch::arange(layout.query_position(0), layout.input_length(), options);
  const auto future = keys.unsqueeze(0) > queries.unsqueeze(1);
  return torch::zeros({layout.steps(), layout.input_length()}, options)
      .masked_fill(future, -std::numeric_limits<double>::infinity());
}

}  // namespace

torch::Dtype dtype_of(model::Precision precision) {
  return precision == model::Precision::float32 ? torch::kFloat32 : torch::kFloat64;
}

torch::Device torch_device(const std::string& name) {
  if (name != "auto" && name != "cpu" && name != "cuda")
    throw model::InputError(fmt::format("device '{}' does not exist; choose one of auto cpu cuda", name));
  const bool present = name != "cpu" && torch::cuda::is_available();
  if (name == "cuda" && !present)
    throw model::InputError("device cuda: LibTorch finds no CUDA device here; use --device cpu");
  return present ? torch::kCUDA : torch::kCPU;
}

Tensor flatten(std::span<const model::Factored> members, torch::Dtype dtype) {
  std::vector<Tensor> rows;
  for (const model::Factored& member : members) {
    std::vector<double> row;
    for (const model::Tensor& t : member.tensors) row.insert(row.end(), t.values.begin(), t.values.end());
    rows.push_back(torch::tensor(row, torch::kFloat64));
  }
  return torch::stack(rows).to(dtype);
}

std::vector<model::Tensor> unflatten(const model::Config& config, const Tensor& row) {
  const Tensor values = row.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  const double* next = values.data_ptr<double>();
  std::vector<model::Tensor> out;
  for (const model::Part& part : model::parts(config)) {
    const auto shape = part.rows == 0 ? std::vector<int>{part.cols} : std::vector<int>{part.rows, part.cols};
    out.push_back({part.name, shape, std::vector<double>(next, next + part.size())});
    next += part.size();
  }
  return out;
}

TorchDecoder::TorchDecoder(std::span<const model::Factored> members, torch::Device device, torch::Dtype dtype)
    : config_(members.front().config),
      architecture_(model::skeleton(config_)),
      parts_(model::parts(config_)),
      products_(model::products(config_)),
      parameters_(flatten(members, dtype).to(device).set_requires_grad(true)),
      mask_(future_mask(architecture_.layout, options())) {
  for (const model::Factored& member : members)
    model::ensure(member.config == config_, "a population has one configuration");
}

TorchDecoder::Matrices TorchDecoder::matrices() const {
  const std::int64_t members = parameters_.size(0);
  std::vector<std::int64_t> sizes;
  for (const model::Part& part : parts_) sizes.push_back(static_cast<std::int64_t>(part.size()));
  const std::vector<Tensor> pieces = parameters_.split_with_sizes(sizes, 1);
  std::map<std::string, Tensor> stored;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    stored[parts_[i].name] = pieces[i].view({members, std::max(parts_[i].rows, 1), parts_[i].cols});

  Matrices out;
  for (const model::Product& p : products_) {
    const Tensor left = p.transposed ? stored.at(p.left).transpose(1, 2) : stored.at(p.left);
    out[p.dense] = p.right.empty() ? left.slice(2, p.first, p.first + p.cols)
                                   : left.bmm(stored.at(p.right).slice(2, p.first, p.first + p.cols));
  }
  return out;
}

Tensor TorchDecoder::embed(const Matrices& w, const Tensor& tokens) const {
  const Tensor& table = w.at(Dense::token_embedding);
  const std::int64_t members = table.size(0), vocabulary = table.size(1), width = table.size(2);
  const Tensor first_rows = torch::arange(members, tokens.options()).view({members, 1, 1}) * vocabulary;
  const Tensor rows =
      table.reshape({members * vocabulary, width}).index_select(0, (tokens + first_rows).flatten());
  const Tensor positions = w.at(Dense::position_embedding).slice(1, 0, tokens.size(2));
  return rows.view({members, tokens.size(1), tokens.size(2), width}) + positions.unsqueeze(1);
}

Tensor TorchDecoder::normalise(const Tensor& x, const Matrices& w, Dense weight, Dense bias) const {
  const Tensor scale = w.at(weight).unsqueeze(1);  // [members, 1, 1, width]
  if (config_.norm == model::NormType::rms)
    return x * torch::rsqrt(x.square().mean(-1, true) + config_.norm_eps) * scale;
  return torch::layer_norm(x, {x.size(-1)}, {}, {}, config_.norm_eps) * scale + w.at(bias).unsqueeze(1);
}

Tensor TorchDecoder::attend(const Matrices& w, const Tensor& residual, const Tensor& asking) const {
  const model::Attention& shape = *architecture_.layers[0].attention;
  const Tensor seen = normalise(residual, w, Dense::norm_weight, Dense::norm_bias);
  const Tensor asked = seen.slice(2, seen.size(2) - asking.size(2));
  const Tensor query = by_head(times(asked, w.at(Dense::query)) * shape.score_scale.value, shape.heads);
  const Tensor key = by_head(times(seen, w.at(Dense::key)), shape.heads);
  const Tensor value = by_head(times(seen, w.at(Dense::value)), shape.heads);
  const Tensor weights = torch::softmax(query.matmul(key.transpose(-2, -1)) + mask_, -1);
  const Tensor mixed = weights.matmul(value).transpose(2, 3).flatten(3);
  return times(mixed, w.at(Dense::output));
}

Tensor TorchDecoder::logits(const Tensor& tokens) const {
  const Matrices w = matrices();
  const Tensor residual = embed(w, tokens);
  Tensor x = residual.slice(2, layout().query_position(0));
  x = x + attend(w, residual, x);
  const Tensor hidden = times(normalise(x, w, Dense::mlp_norm_weight, Dense::mlp_norm_bias), w.at(Dense::up));
  x = x + times(activate(hidden, config_.activation), w.at(Dense::down));
  return times(normalise(x, w, Dense::final_norm_weight, Dense::final_norm_bias), w.at(Dense::head));
}

Tensor TorchDecoder::losses(const Tensor& sequences, const Tensor& step_weights) const {
  const std::int64_t length = layout().input_length();
  const Tensor targets = sequences.slice(2, length + 1 - layout().steps());
  const Tensor log_p = torch::log_softmax(logits(sequences.slice(2, 0, length)), -1);
  const Tensor of_target = log_p.gather(3, targets.unsqueeze(3)).squeeze(3);
  return -(of_target * step_weights).mean({1, 2});
}

model::Factored TorchDecoder::factored(int member) const {
  const auto stored =
      parameters_.scalar_type() == torch::kFloat32 ? model::Precision::float32 : model::Precision::float64;
  return {config_, stored, unflatten(config_, parameters_[member])};
}

}  // namespace carryscope::train
