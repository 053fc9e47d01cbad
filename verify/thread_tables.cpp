// Until they are asked for, pointers hold places in the memory, from 1 on, as numbers: null stays null.
#include "verify/thread_tables.h"

#include <algorithm>

#include "model/error.h"

namespace carryscope::verify {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

// Calls visit(pointer) for every pointer of the tables.
template <class Visit>
void for_each_pointer(ThreadTables& t, const Visit& visit) {
  for (auto* map : {&t.tail.output, &t.tail.up, &t.tail.gate, &t.tail.down, &t.tail.head}) {
    visit(map->weight);
    visit(map->bias);
  }
  for (auto* norm : {&t.tail.mlp_norm, &t.tail.final_norm}) {
    visit(norm->weight);
    visit(norm->bias);
  }
  for (int step = 0; step <= t.digits; ++step) {
    visit(t.rows[step]);
    visit(t.base[step]);
    visit(t.residual[step]);
  }
}

}  // namespace

TailWeights tail_weights(const model::DecodeTail& tail) {
  model::ensure(tail.heads == 1 && tail.value_dim == tail.width && tail.width <= TailWeights::kWidth &&
                    tail.hidden <= TailWeights::kHidden && tail.vocabulary <= TailWeights::kVocabulary,
                "the tail's weights fit");
  TailWeights weights{};
  const auto copy = [](const float* from, int count, float* to) { std::copy_n(from, count, to); };
  const auto scale = [&](const model::DecodeTail::Scale& norm, float* to) {
    std::fill_n(to, tail.width, 1.0F);
    if (norm.weight != nullptr) copy(norm.weight, tail.width, to);
  };
  copy(tail.output.weight, tail.width * tail.width, weights.output);
  scale(tail.mlp_norm, weights.mlp_norm);
  copy(tail.up.weight, tail.hidden * tail.width, weights.up);
  copy(tail.down.weight, tail.width * tail.hidden, weights.down);
  scale(tail.final_norm, weights.final_norm);
  copy(tail.head.weight, tail.vocabulary * tail.width, weights.head);
  return weights;
}

void FlatTables::keep(const float*& pointer, const float* from, std::size_t count) {
  if (from == nullptr) return;
  while (memory_.size() % model::kRowChunk != 0) memory_.push_back(0);
  pointer = reinterpret_cast<const float*>(memory_.size() + 1);  // NOLINT(performance-no-int-to-ptr)
  memory_.insert(memory_.end(), from, from + count);
}

FlatTables::FlatTables(const model::DecodeTables& tables) {
  const model::Layout& layout = tables.layout();
  if (layout.digits < 2 || layout.prompt.back().role != model::Role::fixed)
    throw model::InputError(
        "a thread decodes models of two digits or more whose prompt ends with a fixed token");
  ThreadTables& t = tables_;
  t.tail = tables.tail();
  t.digits = layout.digits;
  t.row_floats = static_cast<int>(tables.row_floats());
  t.first_query = static_cast<std::uint8_t>(layout.prompt.back().token);
  for (std::size_t digit = 0; digit < 10; ++digit)
    t.digit_token[digit] = static_cast<std::uint8_t>(layout.digit_tokens[digit]);
  keep_tail(tables.tail());
  for (int step = 0; step <= t.digits; ++step) keep_step(tables, step);
}

void FlatTables::keep_tail(const model::DecodeTail& from) {
  const std::size_t width = index(from.width), hidden = index(from.hidden);
  model::DecodeTail& tail = tables_.tail;
  const auto map = [&](model::DecodeTail::Map& to, const model::DecodeTail::Map& m, std::size_t in,
                       std::size_t out) {
    keep(to.weight, m.weight, in * out);
    keep(to.bias, m.bias, out);
  };
  map(tail.output, from.output, index(from.heads * from.value_dim), width);
  map(tail.up, from.up, width, hidden);
  map(tail.gate, from.gate, width, hidden);
  map(tail.down, from.down, hidden, width);
  map(tail.head, from.head, width, index(from.vocabulary));
  for (const auto& [to, norm] :
       {std::pair(&tail.mlp_norm, &from.mlp_norm), std::pair(&tail.final_norm, &from.final_norm)}) {
    keep(to->weight, norm->weight, width);
    keep(to->bias, norm->bias, width);
  }
}

void FlatTables::keep_step(const model::DecodeTables& tables, int step) {
  const std::size_t width = index(tables.tail().width), v = index(tables.tail().vocabulary);
  const std::size_t floats = tables.row_floats(), rows = tables.answer_row(step / 2, 0) - v * v;
  std::vector<float> all_rows(v * rows * floats), bases(v * floats);
  for (std::size_t q = 0; q < v; ++q) {
    const float* const of_query = tables.rows(step, static_cast<int>(q));
    if (of_query == nullptr) continue;
    std::copy_n(of_query, rows * floats, &all_rows[q * rows * floats]);
    std::copy_n(tables.base(step, static_cast<int>(q)), floats, &bases[q * floats]);
  }
  tables_.place_of_step[step] = tables.layout().answer[index(step)].place;
  tables_.rows_of_query[step] = static_cast<std::uint32_t>(rows);
  keep(tables_.rows[step], all_rows.data(), all_rows.size());
  keep(tables_.base[step], bases.data(), bases.size());
  keep(tables_.residual[step], tables.residual(step), width * model::kMostTokens);
}

ThreadTables FlatTables::at(const float* memory) const {
  ThreadTables t = tables_;
  for_each_pointer(t, [&](const float*& pointer) {
    if (pointer != nullptr) pointer = memory + reinterpret_cast<std::uintptr_t>(pointer) - 1;
  });
  return t;
}

}  // namespace carryscope::verify
