// carryscope info FILE | --preset NAME: what a model is made of, without running it.
//
// Prints the stored tensors of a configuration with their shapes and parameter counts, or the shape of
// a dense decoder; for a file also its hash, its layout and what its training run left in it.
// --json writes the same (docs/schemas/info.schema.json).
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include "cli/command.h"
#include "cli/json_output.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/model_config.h"
#include "model/checkpoint/sha256.h"
#include "model/config.h"
#include "model/error.h"
#include "model/record.h"

namespace carryscope::cli {
namespace {

using model::Config, model::Decoder, model::InputError, model::Weights;
using nlohmann::ordered_json;

struct Flags {
  std::string file, preset, json_path;
};

struct Row {
  std::string part;
  std::vector<int> shape;
  std::size_t parameters = 0;
};

std::vector<int> shape(int rows, int cols) {
  return rows <= 1 ? std::vector<int>{cols} : std::vector<int>{rows, cols};
}

std::vector<Row> stored_parts(const Config& config) {
  std::vector<Row> rows;
  for (const model::Part& part : model::parts(config))
    rows.push_back({part.name, shape(part.rows, part.cols), part.size()});
  return rows;
}

// The dense matrices with as many numbers as they hold, whatever ties there were among them.
std::vector<Row> dense_parts(const Decoder& d) {
  std::vector<Row> rows;
  const auto add = [&rows](const std::string& name, const Weights& w) {
    if (!w.empty()) rows.push_back({name, shape(w.rows, w.cols), w.value.size()});
  };
  const auto add_norm = [&add](const std::string& name, const model::Norm& norm) {
    add(name + ".weight", norm.weight);
    add(name + ".bias", norm.bias);
  };
  add("token_embedding", d.token_embedding);
  add("position_embedding", d.position_embedding);
  for (std::size_t i = 0; i < d.layers.size(); ++i) {
    const model::Layer& layer = d.layers[i];
    const std::string prefix = fmt::format("layers[{}].", i);
    add_norm(prefix + "norm", layer.norm);
    if (const auto& a = layer.attention) {
      for (const auto& [name, w] : {std::pair("query", &a->query), std::pair("key", &a->key),
                                    std::pair("value", &a->value), std::pair("output", &a->output)})
        add(prefix + "attention." + name, *w);
      for (const auto& [name, w] :
           {std::pair("query_bias", &a->query_bias), std::pair("key_bias", &a->key_bias),
            std::pair("value_bias", &a->value_bias), std::pair("output_bias", &a->output_bias)})
        add(prefix + "attention." + name, *w);
      if (a->query_norm) add(prefix + "attention.query_norm.weight", a->query_norm->weight);
      if (a->key_norm) add(prefix + "attention.key_norm.weight", a->key_norm->weight);
    }
    add_norm(prefix + "mlp_norm", layer.mlp_norm);
    if (const auto& m = layer.mlp)
      for (const auto& [name, w] : {std::pair("up", &m->up), std::pair("up_bias", &m->up_bias),
                                    std::pair("gate", &m->gate), std::pair("gate_bias", &m->gate_bias),
                                    std::pair("down", &m->down), std::pair("down_bias", &m->down_bias)})
        add(prefix + "mlp." + name, *w);
  }
  add_norm("final_norm", d.final_norm);
  add("head", d.head);
  add("head_bias", d.head_bias);
  return rows;
}

std::string config_text(const Config& c) {
  const auto rank = [](int r) { return r == 0 ? std::string("full") : std::to_string(r); };
  return fmt::format(
      "width {}, feed-forward {} ({}), context {}, {} head{}, {} (eps {:g}), QKV {}\n"
      "  ranks: position {}, QKV {}, attention out {}, feed-forward {}; head tied to the token embedding",
      c.width, c.feed_forward, model::activation_name(c.activation), c.context, c.heads,
      c.heads == 1 ? "" : "s", c.norm == model::NormType::rms ? "RMSNorm" : "LayerNorm", c.norm_eps,
      model::tying(c.tying).name, rank(c.pos_rank), rank(c.qkv_rank), rank(c.attn_out_rank),
      rank(c.ffn_rank));
}

// The sequence as one word: a9 a8 ... '10' b9 ... = s0 s1 ...; tokens in quotes.
std::string layout_text(const model::Layout& layout) {
  std::string text;
  const std::size_t length = layout.prompt.size() + layout.answer.size();
  for (std::size_t p = 0; p < length; ++p) {
    const model::Slot& slot = layout.slot(static_cast<int>(p));
    if (p == layout.prompt.size()) text += " ->";
    if (!text.empty()) text += ' ';
    constexpr std::string_view kLetters = "abs";
    if (slot.role == model::Role::fixed)
      text += fmt::format("'{}'", slot.token);
    else
      text += fmt::format("{}{}", kLetters[static_cast<std::size_t>(slot.role)], slot.place);
  }
  return text;
}

void print_rows(const std::vector<Row>& rows, int parameters, std::string_view counted) {
  constexpr std::string_view kLine = "  {:<40} {:>9} {:>11}\n";
  fmt::print(std::cout, kLine, "part", "shape", counted);
  for (const Row& row : rows)
    fmt::print(std::cout, kLine, row.part, fmt::format("{}", fmt::join(row.shape, " x ")), row.parameters);
  fmt::print(std::cout, kLine, "unique parameters", "", parameters);
}

ordered_json config_json(const Config& config) {
  ordered_json out;
  for (const auto& [key, setting] : model::settings_of(config))
    std::visit([&slot = out[key]](const auto& value) { slot = value; }, setting);
  return out;
}

ordered_json rows_json(const std::vector<Row>& rows) {
  ordered_json out = ordered_json::array();
  for (const Row& row : rows)
    out.push_back({{"part", row.part}, {"shape", row.shape}, {"parameters", row.parameters}});
  return out;
}

ordered_json preset_info(const Flags& flags) {
  const Config& config = model::preset(flags.preset);
  const auto rows = stored_parts(config);
  const int parameters = model::parameters(config);
  if (flags.json_path != "-") {
    fmt::print(std::cout, "preset {}: {}\n", flags.preset, config_text(config));
    print_rows(rows, parameters, "parameters");
  }
  return {{"preset", flags.preset},
          {"parameters", parameters},
          {"config", config_json(config)},
          {"parts", rows_json(rows)}};
}

void print_file(const model::Checkpoint& c, const std::vector<Row>& rows) {
  const Decoder& d = c.decoder;
  fmt::print(std::cout, "{}: {}\n", d.name, d.source);
  fmt::print(std::cout, "  sha256 of the file   {}\n  sha256 of the model  {}\n", c.sha256, model::sha256(d));
  if (c.factored) fmt::print(std::cout, "  {}\n", config_text(c.factored->config));
  fmt::print(std::cout, "  {} digits, vocabulary {}, {} layer{}, width {}, {}\n  layout: {}\n",
             d.layout.digits, d.vocabulary, d.layers.size(), d.layers.size() == 1 ? "" : "s", d.width(),
             d.dtype == model::Precision::float32 ? "float32" : "float64", layout_text(d.layout));
  if (c.step) fmt::print(std::cout, "  training step {}\n", *c.step);
  if (c.val_exact) fmt::print(std::cout, "  best validation exact match {}\n", *c.val_exact);
  print_rows(rows, d.parameters, c.factored ? "parameters" : "numbers");
}

ordered_json file_info(const Flags& flags, model::Record& record) {
  const model::Checkpoint c = model::load(flags.file);
  record.add_input(flags.file, c.sha256);
  const auto rows = c.factored ? stored_parts(c.factored->config) : dense_parts(c.decoder);
  if (flags.json_path != "-") print_file(c, rows);
  ordered_json out;
  out["name"] = c.decoder.name;
  out["source"] = c.decoder.source;
  out["file_sha256"] = c.sha256;
  out["model_sha256"] = model::sha256(c.decoder);
  out["parameters"] = c.decoder.parameters;
  out["digits"] = c.decoder.layout.digits;
  out["layers"] = c.decoder.layers.size();
  out["layout"] = layout_text(c.decoder.layout);
  out["config"] = c.factored ? config_json(c.factored->config) : ordered_json(nullptr);
  out["step"] = c.step ? ordered_json(*c.step) : ordered_json(nullptr);
  out["val_exact"] = c.val_exact ? ordered_json(*c.val_exact) : ordered_json(nullptr);
  out["parts"] = rows_json(rows);
  return out;
}

void run(const Flags& flags, const Context& context) {
  if (flags.file.empty() == flags.preset.empty())
    throw InputError("info: expected either a FILE or --preset NAME, and not both; --help lists the flags");
  model::Record record(context.command);
  ordered_json out{{"format", "carryscope-info"}, {"version", 1}};
  out.update(flags.file.empty() ? preset_info(flags) : file_info(flags, record));
  if (flags.json_path.empty()) return;
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

}  // namespace

void add_info(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand("info", "What a checkpoint or a preset is made of");
  command->add_option("FILE", flags->file, "a checkpoint: .pt, .safetensors or decoder JSON");
  std::string names;
  for (const model::Preset& p : model::presets()) names += (names.empty() ? "" : " ") + std::string(p.name);
  command->add_option("--preset", flags->preset, "a configuration by its number of parameters: " + names);
  add_json_option(*command, flags->json_path);
  command->footer("Example: carryscope info --preset 311");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
