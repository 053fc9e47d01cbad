// Pointers are kept as offsets from 1 on until they are asked for: null stays null.
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

void FlatTables::keep(const float*& pointer, const float* from, std::size_t count) {
  if (from == nullptr) return;
  while (memory_.size() % model::kRowChunk != 0) memory_.push_back(0);
  pointer = static_cast<const float*>(nullptr) + memory_.size() + 1;
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

  const model::DecodeTail from = t.tail;
  const std::size_t width = index(from.width), hidden = index(from.hidden), v = index(from.vocabulary);
  const auto map = [&](model::DecodeTail::Map& to, const model::DecodeTail::Map& m, std::size_t in,
                       std::size_t out) {
    keep(to.weight, m.weight, in * out);
    keep(to.bias, m.bias, out);
  };
  map(t.tail.output, from.output, index(from.heads * from.value_dim), width);
  map(t.tail.up, from.up, width, hidden);
  map(t.tail.gate, from.gate, width, hidden);
  map(t.tail.down, from.down, hidden, width);
  map(t.tail.head, from.head, width, v);
  for (const auto& [to, norm] :
       {std::pair(&t.tail.mlp_norm, &from.mlp_norm), std::pair(&t.tail.final_norm, &from.final_norm)}) {
    keep(to->weight, norm->weight, width);
    keep(to->bias, norm->bias, width);
  }

  for (int step = 0; step <= t.digits; ++step) {
    const std::size_t floats = tables.row_floats(), rows = tables.answer_row(step / 2, 0) - v * v;
    t.place_of_step[step] = layout.answer[index(step)].place;
    t.rows_of_query[step] = static_cast<std::uint32_t>(rows);
    std::vector<float> all_rows(v * rows * floats), bases(v * floats);
    for (int q = 0; q < from.vocabulary; ++q) {
      if (tables.rows(step, q) == nullptr) continue;
      std::copy_n(tables.rows(step, q), rows * floats, &all_rows[index(q) * rows * floats]);
      std::copy_n(tables.base(step, q), floats, &bases[index(q) * floats]);
    }
    keep(t.rows[step], all_rows.data(), all_rows.size());
    keep(t.base[step], bases.data(), bases.size());
    keep(t.residual[step], tables.residual(step), width * model::kMostTokens);
  }
}

ThreadTables FlatTables::at(const float* memory) const {
  ThreadTables t = tables_;
  for_each_pointer(t, [&](const float*& pointer) {
    if (pointer != nullptr) pointer = memory + (pointer - static_cast<const float*>(nullptr)) - 1;
  });
  return t;
}

}  // namespace carryscope::verify
