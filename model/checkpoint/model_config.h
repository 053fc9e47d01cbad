// A Config as the flat list of settings that checkpoints carry under `model_config`.
//
// Keys of the public checkpoints: n_layer d_model n_head d_ff dropout max_seq_len vocab_size pos_rank
// qkv_rank attn_out_rank ffn_rank use_rmsnorm tie_qkv; the last two may be absent (LayerNorm, none).
// Written beside them only where they differ from the family's: digits (10), norm_eps (1e-8 RMSNorm,
// 1e-5 LayerNorm), activation (gelu_erf).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/config.h"

namespace carryscope::model {

using Setting = std::variant<bool, std::int64_t, double, std::string>;
using Settings = std::vector<std::pair<std::string, Setting>>;

// Throws InputError naming `where` and the key: missing, unknown, of another type, out of range.
Config config_from(const Settings& settings, const std::string& where);

Settings settings_of(const Config& config);

// "gelu_erf" and so on, as the formats spell them; nothing where the name is unknown.
std::string_view activation_name(Activation activation);
std::optional<Activation> activation_from(std::string_view name);

}  // namespace carryscope::model
