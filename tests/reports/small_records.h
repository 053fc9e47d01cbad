// Records made by hand, as small as their shape allows (docs/records.md).
#pragma once

#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace carryscope::reports::testing {

using nlohmann::json;

inline json table(std::initializer_list<const char*> columns, const json& rows) {
  json out{{"columns", json::array()}, {"rows", rows}};
  for (const char* name : columns) out["columns"].push_back({{"name", name}, {"unit", ""}});
  return out;
}

inline json rows(std::initializer_list<json> rows) { return json::array_t(rows); }

inline json geometry() {
  const json none = table({}, json::array());
  return {{"coordinates", none},
          {"pca", none},
          {"shapes", none},
          {"fourier", none},
          {"silhouette", none},
          {"planes", rows({{{"step", 1},
                            {"query_digit", 7},
                            {"x", {-1, 1}},
                            {"y", {0, 2}},
                            {"unit", "residual"},
                            {"answers", {"3.", "44"}}}})},
          {"plane_points", table({"step", "query_digit", "x", "y", "a", "b", "carry", "digit"},
                                 rows({{1, 7, -0.5, 0.5, 1, 2, 0, 3}, {1, 7, 0.5, 1.5, 1, 2, 1, 4}}))}};
}

inline json neurons() {
  return {{"maps", table({"step", "neuron", "a", "b", "carry", "mean", "min", "max", "sample"},
                         rows({{1, 0, 2, 3, 0, 0.5, 0.4, 0.6, 10}, {1, 0, 2, 3, 1, 0.75, 0.7, 0.8, 10}}))}};
}

inline json subtasks() {
  return {
      {"subtasks", {{"wrap", "a+b+carry >= 10"}}},
      {"units", table({"step", "unit", "subtask", "pass", "chance", "skill", "right", "all", "exceptions"},
                      rows({{1, "neuron 0", "wrap", 0.99, 0.5, 0.98, 198, 200, 2}}))},
      {"best", table({"step", "unit", "subtask", "class_order", "thresholds"},
                     rows({{1, "neuron 0", "wrap", "[0,1]", "[0.25]"}}))},
      {"exceptions", table({"step", "unit", "subtask", "a", "b", "a_below", "b_below", "carry_below", "value",
                            "class", "read_as", "pair_a", "pair_b"},
                           rows({{1, "neuron 0", "wrap", 9, 1, 0, 2, 0, 0.1, 1, 0, 90, 12}}))}};
}

inline json ablation() {
  return {{"total", "10000"},
          {"nodes", table({"node", "index", "kind", "wrong", "undecided", "sampled", "standard_error", "drop",
                           "first_order", "integrated", "seconds"},
                          rows({{"a_t", nullptr, "mask", "2500", "5000", 0.4, 0.01, 3.0, 0.2, 2.9, 0.5},
                                {"neuron", 1, "mask", "5000", "0", 0.51, 0.01, 4.0, 0.1, 4.1, 0.5}}))},
          {"edges", table({"step", "node", "index", "kind", "wrong", "undecided", "sampled", "standard_error",
                           "drop", "first_order", "integrated", "seconds"},
                          rows({{0, "a_t", nullptr, "mask", "0", "0", 0.0, 0.0, 0.0, 0.0, 0.0, 0.5},
                                {1, "a_t", nullptr, "mask", "2500", "5000", 0.4, 0.01, 3.0, 0.2, 2.9, 0.5},
                                {1, "neuron", 0, "mask", "100", "0", 0.01, 0.001, 1.0, 0.1, 0.9, 0.5}}))},
          {"correlations", table({"kind", "estimate", "edges", "pearson", "spearman"},
                                 rows({{"all", "sampled", 2, 0.99, 0.98},
                                       {"all", "drop", 2, 0.9, 0.8},
                                       {"all", "first_order", 2, 0.1, nullptr},
                                       {"all", "integrated", 2, 0.85, 0.8}}))}};
}

inline json circuit() {
  return {{"total", "10000"},
          {"kept", 1},
          {"of", 2},
          {"changed", "0"},
          {"undecided", "0"},
          {"minimum", true},
          {"edges", table({"step", "place", "node", "index", "kept", "proof", "witness_a", "witness_b",
                           "whole", "without", "harm", "standard_error", "apart"},
                          rows({{0, 0, "a_t", nullptr, true, "witness", 12, 34, 6, 5, 0.9, 0.01, 0.0},
                                {0, 0, "neuron", 3, false, "zero", nullptr, nullptr, nullptr, nullptr,
                                 nullptr, nullptr, nullptr}}))},
          {"curve",
           table({"edges", "step", "node", "index", "fidelity", "standard_error", "changed", "undecided"},
                 rows({{2, nullptr, nullptr, nullptr, 1.0, 0.0, "0", "0"},
                       {1, 0, "neuron", 3, 1.0, 0.0, "0", "0"},
                       {0, 0, "a_t", nullptr, 0.1, 0.02, nullptr, nullptr}}))},
          {"sizes", table({"fidelity", "edges", "changed", "undecided"},
                          rows({{1.0, 1, "5", "2"}, {0.99, nullptr, nullptr, nullptr}}))},
          {"files", {{"circuit.dot", "digraph {}"}}}};
}

inline json decisions() {
  return {
      {"steps", table({"step", "place", "classes", "proven", "overlaps", "slack", "query_digit", "sum"},
                      rows({{1, 1, 2, 1, 0, 0.25, 7, 3}}))},
      {"intervals", table({"step", "place", "query_digit", "axis", "sum", "digit", "pairs", "low", "high",
                           "low_a", "low_b", "high_a", "high_b", "answered_low", "answered_high"},
                          rows({{1, 1, 7, 0, 3, 3, "10", 0.5, 1.5, 10, 27, 20, 17, 0.25, 2.0},
                                {1, 1, 7, 0, 14, 4, "20", -1.0, -0.5, 70, 77, 80, 67, nullptr, nullptr}}))}};
}

inline json program() {
  return {{"total", "10000"},
          {"agree", "9990"},
          {"disagree", "10"},
          {"undecided", "0"},
          {"files", {{"program.txt", "carry = a < b\n"}, {"program.cpp", "int main() {}\n"}}}};
}

}  // namespace carryscope::reports::testing
