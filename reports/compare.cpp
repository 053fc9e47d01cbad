#include "reports/compare.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reports/certified.h"
#include "reports/error.h"
#include "reports/exact_error.h"
#include "reports/page.h"
#include "reports/panel/panel.h"
#include "reports/rows.h"
#include "reports/sweeps.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;
using Models = std::vector<Records>;

// One comparison; a new one is one function and one row of kComparisons.
struct Comparison {
  std::string_view id, title;
  void (*draw)(const Models& models, Sheet& sheet);
};

const json* certified(const Records& model) {
  const json* const certify = model.find("certify");
  return certify && certify->contains("pairs") ? certify : nullptr;
}

std::string margin(const json& smallest) {
  return smallest.is_null() || smallest.at("low").is_null() ? "" : number(smallest.at("low").get<double>());
}

void draw_verdicts(const Models& models, Sheet& sheet) {
  Table table{"verdicts",
              "Exact accuracy over all pairs",
              {{"Model"},
               {"Parameters", true},
               {"Semantics"},
               {"Wrong pairs", true},
               {"Undecided", true},
               {"Depend on rounding", true},
               {"Exact accuracy at least", true},
               {"Smallest margin, logits", true}},
              {}};
  for (const Records& model : models) {
    const json* const certify = certified(model);
    if (!certify) {
      table.rows.push_back({{escape(model.name), "", "not certified", "", "", "", "", ""}});
      continue;
    }
    const Counts n(certify->at("pairs"));
    table.rows.push_back(
        {{escape(model.name), certify->at("parameters").dump(),
          escape(certify->at("semantics").get<std::string>()), grouped(n.wrong), grouped(n.undecided),
          grouped(n.rounding), share(n.correct, n.total), margin(certify->at("smallest_margin"))}});
  }
  sheet.table(table);
}

// A row for each entry of a list in the certify record, a column for each model.
void draw_list(const Models& models, Sheet& sheet, const char* list, const char* key,
               Count (*value)(const json&), Figure figure) {
  Table table{figure.id + "-table", figure.title, {{key}}, {}};
  std::size_t rows = 0;
  double least = 1e36, most = 0;
  for (const Records& model : models)
    if (const json* const certify = certified(model)) {
      table.columns.push_back({escape(model.name), true});
      rows = std::max(rows, certify->at(list).size());
    }
  for (std::size_t i = 0; i < rows; ++i) table.rows.push_back({{std::to_string(i)}});
  for (const Records& model : models) {
    const json* const certify = certified(model);
    if (!certify) continue;
    json x = json::array(), y = json::array();
    for (std::size_t i = 0; i < rows; ++i) {
      const json& entries = certify->at(list);
      const bool there = i < entries.size();
      const Count wrong = there ? value(entries[i]) : 0;
      table.rows[i].cells.push_back(there ? grouped(wrong) : "");
      x.push_back(std::to_string(i));
      y.push_back(wrong == 0 ? json() : json(static_cast<double>(wrong)));
      if (wrong == 0) continue;
      least = std::min(least, static_cast<double>(wrong));
      most = std::max(most, static_cast<double>(wrong));
    }
    figure.data.push_back({{"type", "bar"}, {"name", model.name}, {"x", x}, {"y", y}});
  }
  figure.layout = {{"xaxis", {{"title", key}, {"type", "category"}}},
                   {"yaxis", log_axis("wrong pairs", least / 10, most)}};
  if (most > 0) sheet.figure(figure);
  sheet.table(table);
}

void draw_by_step(const Models& models, Sheet& sheet) {
  draw_list(models, sheet, "steps", "Step", [](const json& step) { return count(step.at("first_failures")); },
            {.id = "wrong-by-step",
             .title = "Wrong pairs by the step that fails first",
             .text = "Logarithmic; a step without a wrong pair has no bar."});
}

void draw_by_cascade(const Models& models, Sheet& sheet) {
  draw_list(models, sheet, "by_cascade", "Cascade class",
            [](const json& row) { return count(row.at("wrong")); },
            {.id = "wrong-by-cascade",
             .title = "Wrong pairs by the longest cascade of carries",
             .text = "Logarithmic; a class without a wrong pair has no bar."});
}

void draw_runs(const Models& models, Sheet& sheet) {
  bool any = false;
  for (const auto& [record, along] : {std::pair("metrics", "step"), std::pair("repair", "round")}) {
    Figure figure{
        .id = std::string(record) + "-error",
        .title = std::string("Exact error against ") + along,
        .text = "Upper ends of the proven brackets; no wrong pair is drawn at a tenth of one pair."};
    for (const Records& model : models)
      if (const json* const lines = model.find(record)) {
        Figure one = exact_error_figure("", *lines, along, "");
        one.data[0]["name"] = model.name;
        figure.data.push_back(one.data[0]);
        figure.data.back().erase("line");
        figure.layout = one.layout;
      }
    if (figure.data.empty()) continue;
    any = true;
    sheet.figure(figure);
  }
  if (!any) sheet.html("<p class=missing>None of the folders holds a training run or a repair.</p>\n");
}

// Each step's proven smallest margin.
void draw_margins(const Models& models, Sheet& sheet) {
  Figure figure{.id = "margins-by-step",
                .title = "Smallest margin of each step",
                .text = "Proven over all pairs; below 0 the step is wrong somewhere."};
  for (const Records& model : models) {
    const json* const margins = model.find("margins");
    if (!margins || !margins->contains("steps")) continue;
    const Rows rows(margins->at("steps"));
    json x = json::array(), y = json::array();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      x.push_back(rows.at(r, "step"));
      y.push_back(rounded(rows.at(r, "min_low")));
    }
    figure.data.push_back({{"name", model.name}, {"mode", "lines+markers"}, {"x", x}, {"y", y}});
  }
  figure.layout = {{"xaxis", {{"title", "step"}}}, {"yaxis", {{"title", "logits"}}}};
  if (figure.data.empty())
    sheet.html("<p class=missing>None of the folders holds margins.json.</p>\n");
  else
    sheet.figure(figure);
}

// How large the explanation is: the circuit, and the program.
void draw_explanations(const Models& models, Sheet& sheet) {
  Table table{"explanations",
              "What is needed to answer as the model does, proven over all pairs",
              {{"Model"},
               {"Edges of the circuit", true},
               {"Of", true},
               {"Program: other answers", true},
               {"Rules", true}},
              {}};
  for (const Records& model : models) {
    const json *const circuit = model.find("circuit"), *const program = model.find("program");
    Row row{{escape(model.name), "", "", "", ""}};
    if (circuit && circuit->contains("kept")) {
      row.cells[1] = circuit->at("kept").dump();
      row.cells[2] = circuit->at("of").dump();
    }
    if (program && program->contains("disagree")) {
      const Count low = count(program->at("disagree")), open = count(program->at("undecided"));
      row.cells[3] = open == 0 ? grouped(low) : grouped(low) + " to " + grouped(low + open);
      row.cells[4] = std::to_string(Rows(program->at("rules")).size());
    }
    table.rows.push_back(row);
  }
  sheet.table(table);
}

constexpr Comparison kComparisons[] = {
    {"verdict", "Verdicts", draw_verdicts},
    {"steps", "By step", draw_by_step},
    {"cascades", "By cascade", draw_by_cascade},
    {"margins", "Margins", draw_margins},
    {"explanations", "Explanations", draw_explanations},
    {"training", "Training", draw_runs},
    {"sweeps", "Sweeps", draw_sweeps},
};

// The same name twice would make one legend entry of two models.
Models distinct(Models models) {
  std::set<std::string> taken;
  for (Records& model : models) {
    std::string name = model.name;
    for (int copy = 2; !taken.insert(name).second; ++copy) name = fmt::format("{} ({})", model.name, copy);
    model.name = name;
  }
  return models;
}

}  // namespace

std::string comparison(const Models& given) {
  ensure(given.size() > 1, "a comparison needs two models");
  const Models models = distinct(given);
  Sheet sheet;
  Body body;
  for (const Records& model : models) body.title += (body.title.empty() ? "" : " · ") + model.name;
  body.subtitle = counted(models.size(), "model") + ", side by side";
  for (const Comparison& comparison : kComparisons) {
    sheet.html(fmt::format("<section id=\"{}\"><h2>{}</h2>\n", comparison.id, comparison.title));
    try {
      comparison.draw(models, sheet);
    } catch (const json::exception& error) {
      throw BadRecord(
          fmt::format("a certify, metrics or repair record has not the expected fields ({}); "
                      "make the records again with this program",
                      error.what()));
    }
    sheet.html("</section>\n");
    body.contents.emplace_back(comparison.id, comparison.title);
  }
  body.html = sheet.body();
  body.data = sheet.data();
  return shell(body);
}

}  // namespace carryscope::reports
