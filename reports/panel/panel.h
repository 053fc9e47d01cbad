// What the panels draw; each is one file of this folder. The table is in reports/panels.cpp.
#pragma once

#include "reports/numbers.h"
#include "reports/panels.h"

namespace carryscope::reports {

using Draw = void(const nlohmann::json& record, const Records& records, Sheet& sheet);

Draw draw_verdict, draw_steps, draw_cascades, draw_carries, draw_regions, draw_examples, draw_trace,
    draw_training, draw_repair, draw_seeds, draw_subtasks, draw_plane, draw_circuit, draw_program,
    draw_shapes, draw_neurons, draw_ablation, draw_tables;

// Shared: wrong share of all pairs against lines' field `along` (metrics, repair), as a proven bracket.
Figure exact_error_figure(const std::string& id, const nlohmann::json& lines, const char* along,
                          const std::string& text);

// An entry of a record's table as HTML: counts grouped, other numbers with five digits.
std::string cell(const nlohmann::json& value);

// Draws what all records say of themselves, not one record.
void draw_provenance(const Records& records, Sheet& sheet);

}  // namespace carryscope::reports
