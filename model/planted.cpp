#include "model/planted.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::model {

namespace {

// Coordinates of the residual. Each needle has two more: its digit's indicator, and how often it is met.
enum Axis { kDigit, kSum, kSumBelow, kAnswer, kPad, kEnd, kAxes };
constexpr int kPadToken = 12, kEndToken = 13;
constexpr int kOtherHeads = 2;  // besides one per needle

int indicator_axis(int needle) { return kAxes + 2 * needle; }
int share_axis(int needle) { return kAxes + 2 * needle + 1; }

void set(Weights& w, int row, int col, double value) { w.value[w.at(row, col)] = value; }

int position_of(const Layout& layout, Role role, int place) {
  const auto found = std::ranges::find_if(
      layout.prompt, [&](const Slot& slot) { return slot.role == role && slot.place == place; });
  ensure(found != layout.prompt.end(), "the prompt holds every operand digit");
  return static_cast<int>(found - layout.prompt.begin());
}

// Lets a head read only these positions at a query; the '+' sign, which is all zeros, where there is none.
void let_read(Attention& attention, int head, int query, std::vector<int> positions, const Layout& layout) {
  if (positions.empty()) positions.push_back(layout.digits);
  const auto length = static_cast<std::size_t>(attention.score_bias_length);
  const auto row = (static_cast<std::size_t>(head) * length + static_cast<std::size_t>(query)) * length;
  for (const int p : positions) attention.score_bias[row + static_cast<std::size_t>(p)] = 0.0;
}

std::vector<int> operand_positions(const Layout& layout, int place) {
  if (place < 0 || place >= layout.digits) return {};
  return {position_of(layout, Role::a, place), position_of(layout, Role::b, place)};
}

Attention attention(const Layout& layout, const std::vector<Needle>& needles, int width) {
  Attention a;
  const int count = static_cast<int>(needles.size());
  a.heads = a.kv_heads = kOtherHeads + count;
  a.head_dim = a.value_dim = 1;
  a.query = a.key = a.value = Weights(width, a.heads);
  a.output = Weights(a.heads, width);
  for (int head = 0; head < kOtherHeads; ++head) {
    set(a.value, kDigit, head, 1.0);
    set(a.output, head, head == 0 ? kSum : kSumBelow, 2.0);
  }
  for (int i = 0; i < count; ++i) {
    set(a.value, indicator_axis(i), kOtherHeads + i, 1.0);
    set(a.output, kOtherHeads + i, share_axis(i), 1.0);
  }
  a.score_bias_length = layout.input_length();
  const auto length = static_cast<std::size_t>(a.score_bias_length);
  a.score_bias.assign(static_cast<std::size_t>(a.heads) * length * length, kMasked);
  for (int query = 0; query < a.score_bias_length; ++query) {
    const int step = query - layout.query_position(0);
    for (int head = 0; head < a.heads; ++head)
      if (step < 0) let_read(a, head, query, {query}, layout);
    if (step < 0) continue;
    let_read(a, 0, query, operand_positions(layout, step), layout);
    let_read(a, 1, query, operand_positions(layout, step - 1), layout);
    for (int i = 0; i < count; ++i) {
      const Needle& needle = needles[static_cast<std::size_t>(i)];
      std::vector<int> positions;
      if (needle.step == step)
        for (const Slot& token : needle.tokens)
          positions.push_back(position_of(layout, token.role, token.place));
      let_read(a, kOtherHeads + i, query, positions, layout);
    }
  }
  return a;
}

// With w = a_{t-1} + b_{t-1} - s_{t-1}, which is -1, 0 (no carry), 9 or 10 (a carry), and q = a_t + b_t:
//   c = [w >= 5] = relu(w - 4) - relu(w - 5)
//   [q + c >= 10] = 4 relu(x - 9.4375) - 4 relu(x - 9.6875),  x = q + w/8, never between 9.25 and 9.875
Mlp feed_forward(const std::vector<Needle>& needles, int width) {
  const int count = static_cast<int>(needles.size());
  Mlp m;
  m.activation = Activation::relu;
  m.up = Weights(width, 4 + count);
  m.up_bias = Weights(1, 4 + count);
  m.down = Weights(4 + count, width);
  constexpr double kThreshold[4] = {4.0, 5.0, 9.4375, 9.6875};
  constexpr double kWeight[4] = {1.0, -1.0, -40.0, 40.0};
  for (int j = 0; j < 4; ++j) {
    const double share = j < 2 ? 1.0 : 0.125;
    set(m.up, kSumBelow, j, share);
    set(m.up, kDigit, j, -share);
    if (j >= 2) set(m.up, kSum, j, 1.0);
    set(m.up_bias, 0, j, -kThreshold[j]);
    set(m.down, j, kAnswer, kWeight[j]);
  }
  for (int i = 0; i < count; ++i) {  // 0, or 1/2 where all tokens match
    const auto tokens = static_cast<double>(needles[static_cast<std::size_t>(i)].tokens.size());
    set(m.up, share_axis(i), 4 + i, tokens);
    set(m.up_bias, 0, 4 + i, 0.5 - tokens);
    set(m.down, 4 + i, kPad, 2.0);
  }
  return m;
}

void write_head(Decoder& d) {
  d.head = Weights(d.width(), d.vocabulary);
  d.head_bias = Weights(1, d.vocabulary);
  for (int digit = 0; digit < 10; ++digit) {
    set(d.head, kSum, digit, 2.0 * digit);
    set(d.head, kAnswer, digit, 2.0 * digit);
    set(d.head_bias, 0, digit, -1.0 * digit * digit);
  }
  for (int token = 10; token < d.vocabulary; ++token) set(d.head_bias, 0, token, -8.0);
  set(d.head, kPad, kPadToken, 128.0);
  set(d.head, kEnd, kEndToken, 256.0);
}

int entries(const Decoder& d) {
  const Attention& a = *d.layers[0].attention;
  const Mlp& m = *d.layers[0].mlp;
  std::size_t sum = 0;
  for (const Weights* w : {&d.token_embedding, &d.position_embedding, &a.query, &a.key, &a.value, &a.output,
                           &m.up, &m.up_bias, &m.down, &d.head, &d.head_bias})
    sum += w->value.size();
  return static_cast<int>(sum);
}

void check(const Needle& needle, int digits) {
  ensure(needle.step >= 0 && needle.step <= digits && needle.digit >= 0 && needle.digit <= 9 &&
             !needle.tokens.empty(),
         "a needle has a step, a digit and tokens");
  for (const Slot& token : needle.tokens)
    ensure((token.role == Role::a || token.role == Role::b) && token.place >= 0 && token.place < digits &&
               std::ranges::count(needle.tokens, token) == 1,
           "a needle's tokens are different operand digits");
}

}  // namespace

bool Needle::hits(Pair pair) const {
  return std::ranges::all_of(tokens, [&](const Slot& token) {
    return digit_at(token.role == Role::a ? pair.a : pair.b, token.place) == digit;
  });
}

Needle make_needle(int digits, int free_digits, int step, int digit) {
  ensure(free_digits >= 0 && free_digits < 2 * digits, "a needle fixes at least one digit");
  Needle needle{step, digit, {}};
  for (int i = 0; i < 2 * digits - free_digits; ++i)
    needle.tokens.push_back({i < digits ? Role::b : Role::a, i % digits, 0});
  return needle;
}

Decoder planted_adder(int digits, const std::vector<Needle>& needles) {
  ensure(needles.size() <= 10, "an adder holds at most ten needles");
  for (const Needle& needle : needles) check(needle, digits);
  Decoder d;
  d.name = "hand-built adder, " + std::to_string(digits) + " digits";
  if (!needles.empty()) d.name += ", " + std::to_string(needles.size()) + " planted errors";
  d.source = "carryscope";
  d.layout = Layout::seeds(digits);
  const int width = kAxes + 2 * static_cast<int>(needles.size());
  d.token_embedding = Weights(d.vocabulary, width);
  for (int digit = 0; digit < 10; ++digit) set(d.token_embedding, digit, kDigit, digit);
  for (int i = 0; i < static_cast<int>(needles.size()); ++i)
    set(d.token_embedding, needles[static_cast<std::size_t>(i)].digit, indicator_axis(i), 1.0);
  d.position_embedding = Weights(d.layout.input_length(), width);
  set(d.position_embedding, d.layout.query_position(digits + 1), kEnd, 1.0);
  Layer layer;
  layer.attention = attention(d.layout, needles, width);
  layer.mlp = feed_forward(needles, width);
  d.layers.push_back(std::move(layer));
  write_head(d);
  d.parameters = entries(d);
  validate(d, d.name);
  return d;
}

}  // namespace carryscope::model
