#include "analysis/trace.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "analysis/analyses.h"

namespace carryscope::analysis {
namespace {

constexpr std::size_t kAxisPairs = 2000;  // behind the carry axes

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// The digit a token stands for; null for any other token.
Json digit_of(const model::Layout& layout, int token) {
  const auto found = std::ranges::find(layout.digit_tokens, token);
  return found == layout.digit_tokens.end() ? Json(nullptr) : Json(found - layout.digit_tokens.begin());
}

}  // namespace

Tracer::Tracer(const Subject& subject)
    : subject_(subject),
      dissect_(subject.table()),
      axes_(carry_axes(subject.table(), subject.sample(kAxisPairs))) {}

Json Tracer::operator()(model::Pair pair) const {
  const model::Layout& layout = subject_.decoder().layout;
  std::vector<int> tokens = model::tokenise(layout, pair), generated(index(layout.steps()));
  const std::vector<int> expected(tokens.begin() + static_cast<std::ptrdiff_t>(layout.prompt.size()),
                                  tokens.end());
  subject_.greedy().decode(std::span(&pair, 1), generated);
  std::ranges::copy(generated, tokens.begin() + static_cast<std::ptrdiff_t>(layout.prompt.size()));
  const auto predicted = model::detokenise(layout, generated);
  Json out{{"a", pair.a}, {"b", pair.b}, {"sum", pair.a + pair.b}};
  out["predicted"] = predicted ? Json(*predicted) : Json(nullptr);
  out["first_wrong_step"] = nullptr;
  out["cascade"] = model::cascade_class(pair, layout.digits);
  out["steps"] = Json::array();
  for (int step = 0; step < layout.steps(); ++step) {
    const auto read = std::span<const int>(tokens).first(index(layout.query_position(step) + 1));
    if (step < layout.answer_digits() && generated[index(step)] != expected[index(step)] &&
        out["first_wrong_step"].is_null())
      out["first_wrong_step"] = step;
    out["steps"].push_back(step_json(step, pair, read, expected[index(step)], generated[index(step)]));
  }
  return out;
}

Json Tracer::step_json(int step, model::Pair pair, std::span<const int> read, int expected,
                       int answered) const {
  const model::Layout& layout = subject_.decoder().layout;
  const model::Slot& slot = layout.answer[index(step)];
  const bool is_digit = slot.role == model::Role::sum;
  const bool has_operands = is_digit && slot.place < layout.digits;
  const Anatomy anatomy = dissect_(read);
  Json out{{"step", step}, {"writes", slot_name(slot)}};
  out["a"] = has_operands ? Json(model::digit_at(pair.a, slot.place)) : Json(nullptr);
  out["b"] = has_operands ? Json(model::digit_at(pair.b, slot.place)) : Json(nullptr);
  out["carry"] = is_digit ? Json(model::carries(pair, layout.digits)[index(slot.place)]) : Json(nullptr);
  out["expected_token"] = expected;
  out["expected"] = digit_of(layout, expected);
  out["answered_token"] = answered;
  out["answered"] = digit_of(layout, answered);
  out["margin"] = margin_of(anatomy.logits, expected);
  const auto& axis = index(step) < axes_.size() ? axes_[index(step)] : std::nullopt;
  const auto coordinate =
      axis ? axis->at(anatomy.before, sum_at(pair, slot.place, layout.digits)) : std::nullopt;
  out["carry_axis"] = coordinate ? Json(*coordinate) : Json(nullptr);
  out["attention"] = attention_json(anatomy, read);
  out["neurons"] = anatomy.neurons;
  out["logits"] = anatomy.logits;
  return out;
}

// Per head all keys, the largest share first.
Json Tracer::attention_json(const Anatomy& anatomy, std::span<const int> read) const {
  const model::Layout& layout = subject_.decoder().layout;
  Json heads = Json::array();
  for (const Vector& share : anatomy.share) {
    std::vector<std::size_t> order(share.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t x, std::size_t y) { return share[x] > share[y]; });
    Json keys = Json::array();
    for (const std::size_t p : order)
      keys.push_back({{"position", p},
                      {"holds", slot_name(layout.slot(static_cast<int>(p)))},
                      {"digit", digit_of(layout, read[p])},
                      {"share", share[p]}});
    heads.push_back(std::move(keys));
  }
  return heads;
}

namespace {

constexpr std::size_t kKeysShown = 4, kNeuronsShown = 4;

std::string keys_text(const Json& keys) {
  std::string text;
  for (std::size_t k = 0; k < std::min(kKeysShown, keys.size()); ++k) {
    const Json& key = keys[k];
    text += fmt::format("  {}{} {:.1f} %", key["holds"].get<std::string>(),
                        key["digit"].is_null() ? "" : "=" + key["digit"].dump(),
                        100 * key["share"].get<double>());
  }
  return text;
}

std::string neurons_text(const Json& neurons) {
  const auto values = neurons.get<std::vector<double>>();
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t x, std::size_t y) { return std::abs(values[x]) > std::abs(values[y]); });
  std::string text;
  for (std::size_t k = 0; k < std::min(kNeuronsShown, order.size()); ++k)
    text += fmt::format("  n{} {:+.3g}", order[k], values[order[k]]);
  return text;
}

std::string cell(const Json& value) { return value.is_null() ? "" : value.dump(); }

std::string step_text(const Json& step) {
  const bool right = step["expected_token"] == step["answered_token"];
  const auto digit_or_token = [&](const char* name) {
    return step[name].is_null() ? "'" + step[std::string(name) + "_token"].dump() + "'" : step[name].dump();
  };
  std::string text =
      fmt::format("{:>4} {:>6} {:>3} {:>2} {:>6} {:>9} {:>9} {:>10.4f} {:>11}{}\n", step["step"].get<int>(),
                  step["writes"].get<std::string>(), cell(step["a"]), cell(step["b"]), cell(step["carry"]),
                  digit_or_token("expected"), digit_or_token("answered"), step["margin"].get<double>(),
                  step["carry_axis"].is_null() ? "" : fmt::format("{:.3f}", step["carry_axis"].get<double>()),
                  right ? "" : "   <- wrong");
  for (std::size_t h = 0; h < step["attention"].size(); ++h)
    text += fmt::format("       {:<10}{}\n",
                        step["attention"].size() == 1 ? "attends to" : fmt::format("head {}", h),
                        keys_text(step["attention"][h]));
  if (!step["neurons"].empty()) text += "       neurons   " + neurons_text(step["neurons"]) + '\n';
  return text;
}

std::string verdict_text(const Json& trace) {
  if (trace["first_wrong_step"].is_null()) return "Right.\n";
  const Json& step = trace["steps"][trace["first_wrong_step"].get<std::size_t>()];
  std::string text = fmt::format("Goes wrong at step {}, which writes {}", step["step"].get<int>(),
                                 step["writes"].get<std::string>());
  if (!step["carry_axis"].is_null())
    text += fmt::format(": the carry is {} and reads {:.3f} on the carry axis", step["carry"].get<int>(),
                        step["carry_axis"].get<double>());
  return text + ".\n";
}

}  // namespace

std::string trace_text(const Json& trace) {
  std::string text = fmt::format(
      "{} + {} = {}, the model says {}; cascade S{}\n\n", trace["a"].get<std::uint64_t>(),
      trace["b"].get<std::uint64_t>(), trace["sum"].get<std::uint64_t>(),
      trace["predicted"].is_null() ? "no number" : trace["predicted"].dump(), trace["cascade"].get<int>());
  text += "step writes   a  b  carry  expected  answered     margin  carry axis\n";
  for (const Json& step : trace["steps"]) text += step_text(step);
  return text +
         "\nmargin: the expected token's logit minus the best other one; carry axis: 0 is the mean without a "
         "carry, 1 with one, given a + b.\n" +
         verdict_text(trace);
}

}  // namespace carryscope::analysis
