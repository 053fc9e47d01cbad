// What the attention record is made of: queries, shares as ratios, carry classes, tables of all states.
#pragma once

#include "analysis/extreme.h"
#include "analysis/table.h"
#include "model/attention_table.h"

namespace carryscope::analysis {

// The queries of one step, by the digit of the query's own token.
struct StepQueries {
  int step = 0, place = 0, position = 0;
  std::vector<model::AttentionTable<double>::Query> queries;
};
StepQueries queries_of(const model::AttentionTable<double>& table, int step);

// The record's entries over every state: scores, outputs and their singular values.
Json attention_states(const model::AttentionTable<double>& table);

// The pairs of one class at the place below a step's: a+b there is <= 8, 9 or >= 10, a carry comes in or
// not. Each is a cube, since a carry in and a sum digit tell which it is.
struct CarryClass {
  const char* name;
  std::uint8_t carry_in, carry_out;  // masks: bit c = carry c
  verify::Digits sum;                // digits that the sum may have
};
std::span<const CarryClass> carry_classes();  // "all" first
// All pairs of the class at the place below `place`; nothing where there is no such class.
std::optional<verify::Cube> cube_of(const CarryClass& c, int place, int digits);

// The weights of one head as functionals of the tokens: of all keys, and of one key alone.
verify::Additive weights(const model::AttentionTable<double>& table,
                         const model::AttentionTable<double>::Query& query, int head, int symbol);
verify::Additive weights_of_key(const model::AttentionTable<double>& table,
                                const model::AttentionTable<double>::Query& query, int head, int symbol,
                                int position);

}  // namespace carryscope::analysis
