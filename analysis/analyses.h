// The table of analyses: what `carryscope explain` can say about a model.
//
// An analysis is one file with one function, declared below, and one row of the table in analyses.cpp. It
// takes a Subject and returns the payload of its record; docs/records.md has a paragraph on each, and
// docs/schemas/explanation.schema.json the exact form. It throws InputError, naming the feature, where it
// cannot handle the model.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "analysis/subject.h"
#include "analysis/table.h"

namespace carryscope::analysis {

struct Analysis {
  std::string_view name;
  std::string_view about;  // one line
  Json (*run)(const Subject& subject);
};

std::span<const Analysis> analyses();  // in the order in which they are run

// {"format": "carryscope-<name>", "version": 1, "model": {...}}
Json envelope(std::string_view name, const Subject& subject);

// The whole record but its "record" entry: the payload in its envelope. A payload that has a format of its
// own (a decoder, a certification) stays as it is.
Json document(const Analysis& analysis, const Subject& subject);

Json model_weights(const Subject& subject);
Json certify(const Subject& subject);
Json trace(const Subject& subject);
Json attention(const Subject& subject);
Json ablation(const Subject& subject);
Json circuit(const Subject& subject);
Json program(const Subject& subject);
Json subtasks(const Subject& subject);
Json neurons(const Subject& subject);
Json attribution(const Subject& subject);
Json geometry(const Subject& subject);
Json margins(const Subject& subject);
Json decisions(const Subject& subject);

}  // namespace carryscope::analysis
