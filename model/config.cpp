// The tables of the family: tying modes, presets, and the stored tensors that follow from a Config.
#include "model/config.h"

#include <algorithm>
#include <cmath>

#include "model/error.h"

namespace carryscope::model {
namespace {

constexpr std::string_view kNo;  // the mode shares a factor, so there is no whole map

constexpr std::array<TyingRow, 10> kTyings = {{
    {QkvTying::none,
     "none",
     {"qkv.A", "qkv.A", "qkv.A"},
     {"qkv.B", "qkv.B", "qkv.B"},
     {"qkv.weight", "qkv.weight", "qkv.weight"},
     true},
    {QkvTying::all,
     "all",
     {"qkv_shared.A", "qkv_shared.A", "qkv_shared.A"},
     {"qkv_shared.B", "qkv_shared.B", "qkv_shared.B"},
     {"qkv_shared.weight", "qkv_shared.weight", "qkv_shared.weight"},
     false},
    {QkvTying::qk,
     "qk",
     {"qk_shared.A", "qk_shared.A", "v_proj.A"},
     {"qk_shared.B", "qk_shared.B", "v_proj.B"},
     {"qk_shared.weight", "qk_shared.weight", "v_proj.weight"},
     false},
    {QkvTying::kv,
     "kv",
     {"q_proj.A", "kv_shared.A", "kv_shared.A"},
     {"q_proj.B", "kv_shared.B", "kv_shared.B"},
     {"q_proj.weight", "kv_shared.weight", "kv_shared.weight"},
     false},
    {QkvTying::shareA,
     "shareA",
     {"qkv_A", "qkv_A", "qkv_A"},
     {"qkv_Bq", "qkv_Bk", "qkv_Bv"},
     {kNo, kNo, kNo},
     false},
    {QkvTying::shareB,
     "shareB",
     {"qkv_Aq", "qkv_Ak", "qkv_Av"},
     {"qkv_B", "qkv_B", "qkv_B"},
     {kNo, kNo, kNo},
     false},
    {QkvTying::shareB_tieQK,
     "shareB_tieQK",
     {"qkv_Aqk", "qkv_Aqk", "qkv_Av"},
     {"qkv_B", "qkv_B", "qkv_B"},
     {kNo, kNo, kNo},
     false},
    {QkvTying::shareB_tieKV,
     "shareB_tieKV",
     {"qkv_Aq", "qkv_Akv", "qkv_Akv"},
     {"qkv_B", "qkv_B", "qkv_B"},
     {kNo, kNo, kNo},
     false},
    {QkvTying::shareA_tieKV,
     "shareA_tieKV",
     {"qkv_A", "qkv_A", "qkv_A"},
     {"qkv_Bq", "qkv_Bkv", "qkv_Bkv"},
     {kNo, kNo, kNo},
     false},
    {QkvTying::shareA_tieQK,
     "shareA_tieQK",
     {"qkv_A", "qkv_A", "qkv_A"},
     {"qkv_Bqk", "qkv_Bqk", "qkv_Bv"},
     {kNo, kNo, kNo},
     false},
}};

struct Ranks {
  int pos, qkv, out, ffn;
};

constexpr Config family(int width, int feed_forward, int context, Ranks rank, NormType norm, QkvTying mode) {
  Config config;
  config.width = width;
  config.feed_forward = feed_forward;
  config.context = context;
  config.pos_rank = rank.pos;
  config.qkv_rank = rank.qkv;
  config.attn_out_rank = rank.out;
  config.ffn_rank = rank.ffn;
  config.norm = norm;
  config.norm_eps = family_eps(norm);
  config.tying = mode;
  return config;
}

constexpr NormType kLayer = NormType::layer, kRms = NormType::rms;
constexpr QkvTying kNone = QkvTying::none, kShared = QkvTying::shareA_tieKV;

constexpr std::array<Preset, 10> kPresets = {{
    {"973", family(7, 28, 35, {0, 0, 0, 0}, kLayer, kNone)},
    {"777", family(7, 14, 35, {0, 0, 0, 0}, kLayer, kNone)},
    {"582", family(7, 14, 33, {3, 3, 3, 0}, kLayer, kNone)},
    {"512", family(7, 14, 33, {3, 3, 3, 3}, kLayer, kNone)},
    {"491", family(7, 14, 33, {3, 3, 3, 3}, kRms, kNone)},
    {"456", family(7, 14, 33, {3, 3, 2, 3}, kRms, kShared)},
    {"311", family(4, 8, 33, {3, 3, 3, 3}, kRms, kShared)},
    {"303", family(4, 8, 33, {3, 3, 2, 3}, kRms, kShared)},
    {"295", family(4, 8, 33, {3, 3, 1, 3}, kRms, kShared)},
    {"271", family(4, 4, 33, {3, 3, 1, 3}, kRms, kShared)},
}};

class PartList {
 public:
  // Tied tensors are asked for more than once and listed once.
  void matrix(const std::string& name, int rows, int cols) {
    const bool known = std::any_of(list_.begin(), list_.end(), [&](const Part& p) { return p.name == name; });
    if (!known) list_.push_back({name, rows, cols});
  }

  void linear(const std::string& name, int in, int out, int rank) {
    if (rank == 0) return matrix(name + ".weight", out, in);
    matrix(name + ".A", in, rank);
    matrix(name + ".B", rank, out);
  }

  void norm(const std::string& name, const Config& config) {
    list_.push_back({name + ".weight", 0, config.width});
    if (config.norm == NormType::layer) list_.push_back({name + ".bias", 0, config.width});
  }

  // All A before all B, as the public checkpoints have them, except where each map is its own module.
  void qkv(const std::string& prefix, const Config& config) {
    const TyingRow& row = tying(config.tying);
    const int d = config.width, r = config.qkv_rank, out = row.joined ? 3 * d : d;
    const bool modules = !row.whole[0].empty();
    if (r == 0) {
      for (const auto name : row.whole) matrix(prefix + std::string(name), out, d);
    } else if (modules) {
      for (std::size_t i = 0; i < 3; ++i) {
        matrix(prefix + std::string(row.left[i]), d, r);
        matrix(prefix + std::string(row.right[i]), r, out);
      }
    } else {
      for (const auto name : row.left) matrix(prefix + std::string(name), d, r);
      for (const auto name : row.right) matrix(prefix + std::string(name), r, out);
    }
  }

  std::vector<Part> take() { return std::move(list_); }

 private:
  std::vector<Part> list_;
};

void in_range(long long value, long long low, long long high, const char* field, const std::string& where) {
  if (value < low || value > high)
    throw InputError(where + ": " + field + " is " + std::to_string(value) + ", expected " +
                     std::to_string(low) + " to " + std::to_string(high) +
                     "; this configuration cannot be used");
}

}  // namespace

std::span<const TyingRow> tyings() { return kTyings; }

const TyingRow& tying(QkvTying mode) {
  const auto found =
      std::find_if(kTyings.begin(), kTyings.end(), [&](const TyingRow& r) { return r.mode == mode; });
  ensure(found != kTyings.end(), "every tying mode has a row");
  return *found;
}

void validate(const Config& config, const std::string& where) {
  constexpr int kMost = 4096;  // far above the family; keeps every product of sizes inside an int
  in_range(config.digits, 1, kMaxDigits, "digits", where);
  in_range(config.vocabulary, 14, 256, "vocab_size", where);
  in_range(config.width, 1, 256, "d_model", where);
  in_range(config.feed_forward, 1, kMost, "d_ff", where);
  in_range(config.context, 3 * config.digits + 3, kMost, "max_seq_len", where);
  in_range(config.heads, 1, config.width, "n_head", where);
  in_range(config.pos_rank, 0, kMost, "pos_rank", where);
  in_range(config.qkv_rank, 0, kMost, "qkv_rank", where);
  in_range(config.attn_out_rank, 0, kMost, "attn_out_rank", where);
  in_range(config.ffn_rank, 0, kMost, "ffn_rank", where);
  if (config.width % config.heads != 0)
    throw InputError(where + ": n_head is " + std::to_string(config.heads) +
                     ", expected a divisor of d_model " + std::to_string(config.width));
  if (config.norm == NormType::none)
    throw InputError(where + ": norm is none, expected rms or layer; store such a model as a decoder JSON");
  if (!(config.norm_eps >= 0) || !std::isfinite(config.norm_eps))
    throw InputError(where + ": norm_eps is not a finite number from 0 up");
  const TyingRow& row = tying(config.tying);
  if (config.qkv_rank == 0 && row.whole[0].empty())
    throw InputError(where + ": tie_qkv " + std::string(row.name) +
                     " shares a factor, expected qkv_rank of 1 or more");
}

std::vector<Part> parts(const Config& config) {
  PartList list;
  list.matrix("token_emb.weight", config.vocabulary, config.width);
  if (config.pos_rank == 0) {
    list.matrix("pos_emb.weight", config.context, config.width);
  } else {
    list.matrix("pos_emb.A", config.context, config.pos_rank);
    list.matrix("pos_emb.B", config.pos_rank, config.width);
  }
  list.norm("blocks.0.ln1", config);
  list.qkv("blocks.0.attn.", config);
  list.linear("blocks.0.attn.proj", config.width, config.width, config.attn_out_rank);
  list.norm("blocks.0.ln2", config);
  list.linear("blocks.0.mlp.fc1", config.width, config.feed_forward, config.ffn_rank);
  list.linear("blocks.0.mlp.fc2", config.feed_forward, config.width, config.ffn_rank);
  list.norm("ln_f", config);
  return list.take();
}

int parameters(const Config& config) {
  std::size_t sum = 0;
  for (const Part& part : parts(config)) sum += part.size();
  return static_cast<int>(sum);
}

std::span<const Preset> presets() { return kPresets; }

const Config& preset(std::string_view name) {
  std::string names;
  for (const Preset& p : kPresets) {
    if (p.name == name) return p.config;
    names += " " + std::string(p.name);
  }
  throw InputError("preset '" + std::string(name) + "' does not exist; choose one of" + names);
}

}  // namespace carryscope::model
