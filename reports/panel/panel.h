// What the panels draw; each is one file of this folder. The table is in reports/panels.cpp.
#pragma once

#include "reports/numbers.h"
#include "reports/panels.h"

namespace carryscope::reports {

using Draw = void(const nlohmann::json& record, const Records& records, Sheet& sheet);

Draw draw_verdict, draw_steps, draw_cascades, draw_carries, draw_regions, draw_examples, draw_trace,
    draw_training, draw_repair, draw_seeds, draw_subtasks, draw_plane, draw_circuit, draw_program,
    draw_shapes, draw_neurons, draw_ablation, draw_decisions, draw_tables;

// An entry of a record's table as HTML: counts grouped, other numbers with five digits.
std::string cell(const nlohmann::json& value);

// How the seeds of a sweep ended; `best` is the least exact error, as text.
struct SeedSummary {
  std::size_t seeds = 0, finished = 0, perfect = 0, good = 0;  // good: above 90 % of all pairs right
  std::string best;
};
SeedSummary summarise(const nlohmann::json& seeds);

// Draws what all records say of themselves, not one record.
void draw_provenance(const Records& records, Sheet& sheet);

}  // namespace carryscope::reports
