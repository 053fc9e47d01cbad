// The decoder of the seeds' family in LibTorch operations, from named tensors, factors kept apart.
//
// A peer to compare with, so it shares nothing with model/: which maps are tied is read off the names
// that are present, and (x A) B is evaluated as it is stored. Its job is agreement, not speed.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace carryscope::torch_peer {

using Tensors = std::map<std::string, torch::Tensor>;

class SeedsDecoder {
 public:
  // heads divides the width; dtype is what everything is computed in.
  SeedsDecoder(const Tensors& stored, int heads, torch::Dtype dtype) : heads_(heads) {
    for (const auto& [name, tensor] : stored) tensors_[name] = tensor.to(dtype);
  }

  // tokens [batch, length] of int64 -> logits [batch, length, vocabulary]
  torch::Tensor operator()(const torch::Tensor& tokens) const {
    const auto embedding = at("token_emb.weight");
    const auto positions = has("pos_emb.A") ? at("pos_emb.A").matmul(at("pos_emb.B")) : at("pos_emb.weight");
    auto x = embedding.index_select(0, tokens.flatten()).view({tokens.size(0), tokens.size(1), -1});
    x = x + positions.slice(0, 0, tokens.size(1));
    x = x + attention(norm(x, "blocks.0.ln1"));
    const auto hidden = torch::gelu(linear(norm(x, "blocks.0.ln2"), "blocks.0.mlp.fc1"));
    x = x + linear(hidden, "blocks.0.mlp.fc2");
    return norm(x, "ln_f").matmul(embedding.t());
  }

 private:
  bool has(const std::string& name) const { return tensors_.count(name) != 0; }
  const torch::Tensor& at(const std::string& name) const { return tensors_.at(name); }

  torch::Tensor linear(const torch::Tensor& x, const std::string& name) const {
    if (has(name + ".weight")) return torch::linear(x, at(name + ".weight"));
    return x.matmul(at(name + ".A")).matmul(at(name + ".B"));
  }

  torch::Tensor norm(const torch::Tensor& x, const std::string& name) const {
    const auto& weight = at(name + ".weight");
    if (has(name + ".bias")) return torch::layer_norm(x, {x.size(-1)}, weight, at(name + ".bias"), 1e-5);
    return x * torch::rsqrt(x.pow(2).mean(-1, true) + 1e-8) * weight;
  }

  // x A_m B_m for one of the maps m = q, k, v, whose factor has a name of its own or a shared one.
  torch::Tensor shared_factors(const torch::Tensor& x, char map) const {
    return x.matmul(factor('A', map)).matmul(factor('B', map));
  }

  const torch::Tensor& factor(char side, char map) const {
    const std::string prefix = std::string("blocks.0.attn.qkv_") + side;
    for (const std::string shared_by : {"", "q", "k", "v", "qk", "kv"})
      if (has(prefix + shared_by) && (shared_by.empty() || shared_by.find(map) != std::string::npos))
        return at(prefix + shared_by);
    throw std::out_of_range(prefix + " of " + map);
  }

  std::vector<torch::Tensor> query_key_value(const torch::Tensor& x) const {
    const std::string prefix = "blocks.0.attn.";
    const auto stored = [&](const std::string& name) {
      return has(prefix + name + ".A") || has(prefix + name + ".weight");
    };
    const auto map = [&](const std::string& name) { return linear(x, prefix + name); };
    if (stored("qkv")) return map("qkv").chunk(3, -1);
    if (stored("qkv_shared")) return {map("qkv_shared"), map("qkv_shared"), map("qkv_shared")};
    if (stored("qk_shared")) return {map("qk_shared"), map("qk_shared"), map("v_proj")};
    if (stored("kv_shared")) return {map("q_proj"), map("kv_shared"), map("kv_shared")};
    return {shared_factors(x, 'q'), shared_factors(x, 'k'), shared_factors(x, 'v')};
  }

  torch::Tensor attention(const torch::Tensor& x) const {
    const auto batch = x.size(0), length = x.size(1), width = x.size(2), dim = width / heads_;
    const auto qkv = query_key_value(x);
    const auto split = [&](const torch::Tensor& t) {
      return t.reshape({batch, length, heads_, dim}).transpose(1, 2);  // [batch, head, length, dim]
    };
    auto scores = split(qkv[0]).matmul(split(qkv[1]).transpose(-2, -1)) / std::sqrt(static_cast<double>(dim));
    const auto future = torch::ones({length, length}, torch::kBool).triu(1);
    scores = scores.masked_fill(future, -std::numeric_limits<double>::infinity());
    const auto mixed = torch::softmax(scores, -1).matmul(split(qkv[2]));
    return linear(mixed.transpose(1, 2).reshape({batch, length, width}), "blocks.0.attn.proj");
  }

  std::int64_t heads_;
  Tensors tensors_;
};

}  // namespace carryscope::torch_peer
