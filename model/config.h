// Config: a factored one-layer configuration of the seeds' family, its presets and its stored tensors.
//
// The family: learned positions (33 rows for 10 digits), pre-norm attention and feed-forward without
// biases (but LayerNorm's), a head tied to the token embedding. Every linear map W is stored whole or
// as a product A B of a given rank; y = x W, so A is in x r and B is r x out.
// Everything here is data: the tying modes and the presets are tables, and the list of stored tensors
// follows from a Config alone. What the tensors multiply out to is in parametrisation.h.
//
// Names of the stored tensors (those of the public checkpoints and of their authors' modes):
//   token_emb.weight                         V x d; lm_head.weight is the same tensor
//   pos_emb.A, pos_emb.B | pos_emb.weight    context x r, r x d | context x d
//   blocks.0.ln1, blocks.0.ln2, ln_f         .weight, and .bias for LayerNorm
//   blocks.0.attn.*                          see tyings() below
//   blocks.0.attn.proj, blocks.0.mlp.fc1, .fc2   .A, .B | .weight
// A whole linear map is stored as torch's Linear stores it: `.weight`, out x in (the transpose of W).
// Whole embeddings are stored as rows.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/decoder.h"

namespace carryscope::model {

enum class QkvTying : std::uint8_t {
  none,
  all,
  qk,
  kv,
  shareA,
  shareB,
  shareB_tieQK,
  shareB_tieKV,
  shareA_tieKV,
  shareA_tieQK
};

// Which stored tensors (under blocks.0.attn.) the query, key and value maps use, in this order.
struct TyingRow {
  QkvTying mode;
  std::string_view name;
  std::array<std::string_view, 3> left, right;  // the factors A and B
  std::array<std::string_view, 3> whole;        // where qkv_rank is 0; empty names: the mode needs a rank
  bool joined;  // B (or the whole map) holds all three side by side: columns q | k | v
};

std::span<const TyingRow> tyings();
const TyingRow& tying(QkvTying mode);

struct Config {
  int digits = 10;
  int vocabulary = 14;
  int width = 7;          // d
  int feed_forward = 14;  // f
  int context = 33;       // rows of the position table, at least 3 digits + 3
  int heads = 1;          // divides width
  int pos_rank = 0, qkv_rank = 0, attn_out_rank = 0, ffn_rank = 0;  // 0 = stored whole
  NormType norm = NormType::layer;                                  // rms or layer
  double norm_eps = 1e-5;
  QkvTying tying = QkvTying::none;
  Activation activation = Activation::gelu_erf;  // one without a gate

  friend bool operator==(const Config&, const Config&) = default;
};

inline constexpr double kRmsEps = 1e-8, kLayerEps = 1e-5;  // the family's; inside the root
inline constexpr double family_eps(NormType norm) { return norm == NormType::rms ? kRmsEps : kLayerEps; }

// Throws InputError naming `where` and the field: ranges, divisibility, modes that need a rank.
void validate(const Config& config, const std::string& where);

// One stored tensor. A vector has rows = 0 and cols entries.
struct Part {
  std::string name;
  int rows = 0, cols = 0;
  std::size_t size() const {
    return static_cast<std::size_t>(rows == 0 ? 1 : rows) * static_cast<std::size_t>(cols);
  }
};

// Every stored tensor once, in the order of the public checkpoints; lm_head.weight is not among them.
std::vector<Part> parts(const Config& config);

// Unique parameters: the sum over parts.
int parameters(const Config& config);

struct Preset {
  std::string_view name;  // the number of parameters, in decimal
  Config config;
};

std::span<const Preset> presets();

// Throws InputError that lists the names where there is no such preset.
const Config& preset(std::string_view name);

}  // namespace carryscope::model
