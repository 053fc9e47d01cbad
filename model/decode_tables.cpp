// Builds decode_tables.h's rows and the tail's weights.
#include "model/decode_tables.h"

#include <fmt/format.h>

namespace carryscope::model {
namespace {

constexpr std::size_t kMostBytes = std::size_t{128} << 20;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::size_t chunks(int floats) { return index((floats + kRowChunk - 1) / kRowChunk); }

// Whether the token can be the step's query.
bool asks(const Layout& layout, int step, int token) {
  if (step > 0) return true;
  const Slot& slot = layout.prompt.back();
  if (slot.role == Role::fixed) return slot.token == token;
  return std::ranges::find(layout.digit_tokens, token) != layout.digit_tokens.end();
}

// Rows of answers that a step adds.
int answer_chunks(int step) { return step / 2; }

std::size_t bytes(const Layout& layout, int vocabulary, std::size_t row_chunks) {
  const std::size_t v = index(vocabulary);
  std::size_t rows = 0;
  for (int step = 0; step < layout.steps(); ++step)
    rows += v * (100 * index(layout.digits) + index(answer_chunks(step)) * v * (v + 1));
  return rows * row_chunks * kRowChunk * sizeof(float);
}

// The feature that this program is not for; empty where there is none.
std::string hindrance(const Decoder& d) {
  if (d.dtype != Precision::float32) return "it is a float64 model";
  if (d.layers.size() != 1) return fmt::format("it has {} layers", d.layers.size());
  if (!d.layers[0].attention) return "it has no attention";
  const Attention& a = *d.layers[0].attention;
  if (d.vocabulary > AnySizes::kMostVocabulary)
    return fmt::format("its vocabulary has {} tokens", d.vocabulary);
  if (d.width() > AnySizes::kMostWidth) return fmt::format("its width is {}", d.width());
  if (a.heads * (1 + a.value_dim) > AnySizes::kMostSums)
    return fmt::format("it has {} heads of {} values", a.heads, a.value_dim);
  if (d.layers[0].mlp && d.layers[0].mlp->up.cols > AnySizes::kMostHidden)
    return fmt::format("its feed-forward has {} neurons", d.layers[0].mlp->up.cols);
  if (bytes(d.layout, d.vocabulary, chunks(a.heads * (1 + a.value_dim))) > kMostBytes)
    return "its tables would be larger than 128 MiB";
  return {};
}

}  // namespace

std::unique_ptr<const DecodeTables> DecodeTables::make(const Decoder& decoder, std::string* why) {
  std::string reason = hindrance(decoder);
  std::unique_ptr<DecodeTables> tables;
  if (reason.empty()) {
    tables.reset(new DecodeTables(decoder));
    if (!tables->build(decoder)) {
      reason = "its attention is so peaked that weights relative to a row's largest vanish";
      tables.reset();
    }
  }
  if (why != nullptr) *why = reason;
  return tables;
}

DecodeTables::DecodeTables(const Decoder& decoder)
    : layout_(decoder.layout), vocabulary_(index(decoder.vocabulary)) {
  const Layer& layer = decoder.layers[0];
  const Attention& attention = *layer.attention;
  tail_.heads = attention.heads;
  tail_.value_dim = attention.value_dim;
  tail_.width = decoder.width();
  tail_.vocabulary = decoder.vocabulary;
  tail_.one_by_width = 1.0F / static_cast<float>(tail_.width);
  tail_.output = map(attention.output, attention.output_bias);
  if (layer.mlp) {
    tail_.hidden = layer.mlp->up.cols;
    tail_.activation = layer.mlp->activation;
    tail_.mlp_norm = scale(layer.mlp_norm);
    tail_.up = map(layer.mlp->up, layer.mlp->up_bias);
    tail_.gate = map(layer.mlp->gate, layer.mlp->gate_bias);
    tail_.down = map(layer.mlp->down, layer.mlp->down_bias);
  }
  tail_.final_norm = scale(decoder.final_norm);
  tail_.head = map(decoder.head, decoder.head_bias);
  row_chunks_ = chunks(tail_.heads * (1 + tail_.value_dim));
}

const float* DecodeTables::keep(const Weights& weights, bool by_output) {
  if (weights.empty()) return nullptr;
  auto& kept = weights_.emplace_back(new float[weights.value.size()]);
  float* to = kept.get();
  for (int c = 0; c < weights.cols; ++c)
    for (int r = 0; r < weights.rows; ++r)
      *to++ = static_cast<float>(weights.value[by_output ? weights.at(r, c) : index(c)]);
  return kept.get();
}

DecodeTail::Map DecodeTables::map(const Weights& weights, const Weights& bias) {
  return {keep(weights, true), keep(bias, true)};
}

DecodeTail::Scale DecodeTables::scale(const Norm& norm) {
  return {norm.type, static_cast<float>(norm.eps), keep(norm.weight, true), keep(norm.bias, true)};
}

bool DecodeTables::build(const Decoder& decoder) {
  const AttentionRows<float> attention(decoder);
  for (int step = 0; step < layout_.steps(); ++step) {
    std::vector<float>& residual = residual_.emplace_back(index(tail_.width) * kMostTokens);
    for (int token = 0; token < decoder.vocabulary; ++token) {
      Query& query = queries_.emplace_back();
      if (!asks(layout_, step, token)) continue;
      const auto row = attention.make(step, token);
      if (row.peaked) return false;
      for (std::size_t i = 0; i < row.residual.size(); ++i)
        residual[i * kMostTokens + index(token)] = row.residual[i];
      fill(query, step, token, row, attention);
    }
  }
  return true;
}

// The sums of one step and query token, by AttentionRows' entries.
void DecodeTables::fill(Query& query, int step, int token, const AttentionRows<float>::Row& row,
                        const AttentionRows<float>& attention) const {
  const int own = layout_.query_position(step), prompt = static_cast<int>(layout_.prompt.size());
  const std::size_t numbers = index(tail_.heads * (1 + tail_.value_dim));
  const auto add = [&](RowChunk* to, int position, int read) {
    const float* const entry = &row.entries[attention.entry(position, read, 0)];
    for (std::size_t i = 0; i < numbers; ++i) to[i / kRowChunk].value[i % kRowChunk] += entry[i];
  };

  query.base.resize(row_chunks_);
  query.rows.resize((first_answer(answer_chunks(step))) * row_chunks_);
  for (int p = 0; p < prompt; ++p)
    if (p != own && layout_.slot(p).role == Role::fixed) add(query.base.data(), p, layout_.slot(p).token);
  add(query.base.data(), own, token);
  for (std::size_t head = 0; head < row.rest.size(); ++head) {
    const std::size_t i = head * (1 + attention.value_dim());
    query.base[i / kRowChunk].value[i % kRowChunk] += row.rest[head];
  }

  for (int p = 0; p < prompt; ++p) {
    const Slot& slot = layout_.slot(p);
    if (p == own || slot.role == Role::fixed) continue;
    for (int letter = 0; letter < kLetters; ++letter) {
      const int digit = slot.role == Role::a ? letter / 10 : letter % 10;
      add(&query.rows[letter_row(slot.place, letter) * row_chunks_], p, layout_.digit_tokens[index(digit)]);
    }
  }

  for (int known = 0; known + 1 < step; ++known) {
    const int chunk = known / 2;
    for (int u = 0; u < tail_.vocabulary; ++u) {
      if (known % 2 == 0) add(&query.rows[answer_row(chunk, u) * row_chunks_], prompt + known, u);
      for (int v = 0; v < tail_.vocabulary; ++v)
        add(&query.rows[answers_row(chunk, u, v) * row_chunks_], prompt + known, known % 2 == 0 ? u : v);
    }
  }
}

}  // namespace carryscope::model
