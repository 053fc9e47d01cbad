// What breaks without a part: the proven bracket of wrong pairs, beside what estimates say.
#include <algorithm>

#include <fmt/format.h>

#include "reports/panel/panel.h"
#include "reports/rows.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

// A row of either table; shares of all pairs.
struct Effect {
  std::string part, kind, step;
  bool token = false;  // the part is a token's role
  Count wrong, undecided, total;
  json sampled, error;
  json estimate[3];  // in the order of kEstimates, without the first

  double low() const { return ratio(wrong, total); }
  double high() const { return ratio(wrong + undecided, total); }
  std::string counted() const {
    return undecided == 0 ? grouped(wrong) : grouped(wrong) + " to " + grouped(wrong + undecided);
  }
  std::string shares() const {
    return undecided == 0 ? number(low(), 3) : number(low(), 2) + "–" + number(high(), 2);
  }
};

struct Estimate {
  std::string_view column, title;
};
constexpr Estimate kEstimates[] = {
    {"sampled", "share wrong, sampled"},
    {"drop", "real fall of the margin, logits"},
    {"first_order", "its first-order estimate, logits"},
    {"integrated", "integrated gradients, logits"},
};

std::vector<Effect> effects(const json& record, const char* table) {
  const Rows rows(record.at(table));
  const Count total = count(record.at("total"));
  const bool edge = std::string_view(table) == "edges";
  std::vector<Effect> all;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string part = rows.text(r, "node");
    const bool indexed = !rows.at(r, "index").is_null(), norm = part.starts_with("norm");
    if (indexed) part += " " + rows.text(r, "index");
    all.push_back({part,
                   rows.text(r, "kind"),
                   edge ? rows.text(r, "step") : "",
                   !indexed && !norm,
                   count(rows.at(r, "wrong")),
                   count(rows.at(r, "undecided")),
                   total,
                   rows.at(r, "sampled"),
                   rows.at(r, "standard_error"),
                   {rows.at(r, "drop"), rows.at(r, "first_order"), rows.at(r, "integrated")}});
  }
  return all;
}

std::vector<std::string> distinct(const std::vector<Effect>& all, std::string Effect::*field) {
  std::vector<std::string> values;
  for (const Effect& e : all)
    if (std::ranges::find(values, e.*field) == values.end()) values.push_back(e.*field);
  return values;
}

std::vector<Effect> of_kind(const std::vector<Effect>& all, const std::string& kind) {
  std::vector<Effect> some;
  std::ranges::copy_if(all, std::back_inserter(some), [&](const Effect& e) { return e.kind == kind; });
  return some;
}

// Bars of what is proven wrong, what is undecided after them, a mark where the sample says it is.
json bracket_bars(const std::vector<Effect>& some) {
  json names = json::array(), low = names, open = names, sampled = names, error = names, shown = names;
  for (const Effect& e : some) {
    names.push_back(e.part);
    low.push_back(rounded(e.low()));
    open.push_back(rounded(e.high() - e.low()));
    sampled.push_back(e.sampled);
    error.push_back(rounded(e.error));
    shown.push_back(e.counted());
  }
  const json bar{{"type", "bar"},
                 {"orientation", "h"},
                 {"y", names},
                 {"customdata", shown},
                 {"hovertemplate", "%{y}<br>wrong pairs: %{customdata}<extra></extra>"}};
  json proven = bar, undecided = bar;
  proven.update({{"name", "proven wrong"}, {"x", low}, {"marker", {{"color", "@bad"}}}});
  undecided.update(
      {{"name", "undecided"},
       {"x", open},
       {"marker", {{"color", "@line"}, {"pattern", {{"shape", "/"}, {"fgcolor", "@soft"}, {"size", 5}}}}}});
  return {proven,
          undecided,
          {{"name", "sampled"},
           {"mode", "markers"},
           {"y", names},
           {"x", sampled},
           {"error_x", {{"array", error}, {"color", "@ink"}, {"thickness", 1.5}, {"width", 3}}},
           {"hovertemplate", "%{y}<br>sampled: %{x}<extra></extra>"},
           {"marker", {{"color", "@ink"}, {"symbol", "diamond"}, {"size", 7}}}}};
}

void draw_nodes(const std::vector<Effect>& all, Sheet& sheet) {
  const auto kinds = distinct(all, &Effect::kind);
  json variants = json::array();
  std::size_t most = 0;
  for (const std::string& kind : kinds) {
    const auto some = of_kind(all, kind);
    most = std::max(most, some.size());
    variants.push_back({{"data", bracket_bars(some)}});
  }
  sheet.figure({"ablation-nodes",
                "Share of all pairs that go wrong without a part",
                "Bars are proven over all pairs: what is surely wrong, then what the search left undecided. "
                "Diamonds are the same share among sampled pairs, with one standard error.",
                {},
                {{"barmode", "stack"},
                 {"xaxis", {{"title", "share of all pairs"}, {"range", {0, 1.02}}}},
                 {"yaxis", {{"type", "category"}, {"autorange", "reversed"}}}},
                120 + 22 * static_cast<int>(most)},
               {{"cut", kinds}}, std::move(variants));
}

json edge_map(const std::vector<Effect>& some) {
  const auto steps = distinct(some, &Effect::step), parts = distinct(some, &Effect::part);
  json z(steps.size(), json(parts.size(), json())), shown = z;
  json texts{{"mode", "text"}, {"hoverinfo", "skip"}, {"showlegend", false}};
  for (const Effect& e : some) {
    const auto i = static_cast<std::size_t>(std::ranges::find(steps, e.step) - steps.begin());
    const auto j = static_cast<std::size_t>(std::ranges::find(parts, e.part) - parts.begin());
    z[i][j] = rounded((e.low() + e.high()) / 2);
    texts["x"].push_back(e.part);
    texts["y"].push_back(e.step);
    texts["text"].push_back(e.shares());
    texts["textfont"]["color"].push_back(e.low() + e.high() > 1.0 ? "@page" : "@ink");
    shown[i][j] = {e.counted(), number(e.sampled, 3), number(e.error, 2)};
  }
  texts["textfont"]["size"] = 10;
  return {{{"type", "heatmap"},
           {"name", "share wrong"},
           {"x", parts},
           {"y", steps},
           {"z", z},
           {"customdata", shown},
           {"hovertemplate",
            "%{x} cut from step %{y}<br>wrong pairs: %{customdata[0]}<br>sampled: %{customdata[1]} ± "
            "%{customdata[2]}<extra></extra>"},
           {"colorscale", "@sequential"},
           {"zmin", 0},
           {"zmax", 1},
           {"xgap", 1},
           {"ygap", 1},
           {"colorbar", {{"thickness", 10}, {"outlinewidth", 0}, {"len", 0.9}}}},
          texts};
}

void draw_edges(const std::vector<Effect>& all, Sheet& sheet) {
  const auto kinds = distinct(all, &Effect::kind);
  json variants = json::array();
  for (const bool token : {true, false})
    for (const std::string& kind : kinds) {
      std::vector<Effect> some = of_kind(all, kind);
      std::erase_if(some, [&](const Effect& e) { return e.token != token; });
      variants.push_back({{"data", some.empty() ? json::array() : edge_map(some)}});
    }
  sheet.figure(
      {"ablation-edges",
       "What a step gets wrong without a part",
       "Share of all pairs: one number where it is exact, else the proven bracket; the colour is its "
       "middle. A head, neuron or norm cannot be masked.",
       {},
       {{"xaxis", {{"type", "category"}, {"showgrid", false}}},
        {"yaxis", {{"type", "category"}, {"title", "step"}, {"autorange", "reversed"}, {"showgrid", false}}}},
       430},
      {{"part", {"tokens", "heads, neurons, norms"}}, {"cut", kinds}}, std::move(variants));
}

// Upright the proven bracket, across the estimate.
json compared(const std::vector<Effect>& all, const char* name, std::size_t estimate) {
  json x = json::array(), y = x, up = x, down = x, error = x, shown = x;
  for (const Effect& e : all) {
    const double middle = (e.low() + e.high()) / 2;
    x.push_back(estimate == 0 ? e.sampled : rounded(e.estimate[estimate - 1]));
    y.push_back(rounded(middle));
    up.push_back(rounded(e.high() - middle));
    down.push_back(rounded(middle - e.low()));
    if (estimate == 0) error.push_back(rounded(e.error));
    shown.push_back(e.part + (e.step.empty() ? "" : " cut from step " + e.step) + ", " + e.kind + ": " +
                    e.counted());
  }
  return {{"name", name},
          {"mode", "markers"},
          {"x", x},
          {"y", y},
          {"customdata", shown},
          {"hovertemplate", "%{customdata}<br>estimate: %{x}<extra></extra>"},
          {"error_x", {{"array", error}, {"thickness", 1}, {"width", 0}}},
          {"error_y",
           {{"symmetric", false}, {"array", up}, {"arrayminus", down}, {"thickness", 1}, {"width", 3}}},
          {"marker", {{"size", 5}}}};
}

void draw_estimates(const std::vector<Effect>& nodes, const std::vector<Effect>& edges, Sheet& sheet) {
  const auto kinds = distinct(edges, &Effect::kind);
  std::vector<std::string> titles;
  json variants = json::array();
  for (std::size_t i = 0; i < std::size(kEstimates); ++i) {
    titles.emplace_back(kEstimates[i].title);
    for (const std::string& kind : kinds)
      variants.push_back({{"data",
                           {compared(of_kind(edges, kind), "from one step", i),
                            compared(of_kind(nodes, kind), "everywhere", i)}}});
  }
  sheet.figure(
      {"ablation-estimates",
       "Exact against estimated",
       "Every cut part: upright the proven bracket of the share of all pairs that go wrong, across an "
       "estimate from sampled pairs: the share that goes wrong, with one standard error, or how far "
       "the margin falls, really and as attribution patching and integrated gradients have it.",
       {},
       {{"xaxis", {{"title", "estimate"}}}, {"yaxis", {{"title", "share wrong, proven"}}}},
       400},
      {{"estimate", titles}, {"cut", kinds}}, std::move(variants));
}

std::string correlation(const json& value) { return value.is_null() ? "" : number(value.get<double>(), 2); }

// A row for each kind, two columns for each estimate.
void draw_correlations(const json& record, Sheet& sheet) {
  const Rows rows(record.at("correlations"));
  Table table{"ablation-correlations",
              "Correlation of exact effects with estimates, over all edges: Pearson, Spearman",
              {{"Cut"}},
              {}};
  for (const Estimate& e : kEstimates) {
    table.columns.push_back({words(e.column) + ", P", true});
    table.columns.push_back({"S", true});
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (table.rows.empty() || table.rows.back().cells[0] != rows.text(r, "kind"))
      table.rows.push_back({{rows.text(r, "kind")}});
    for (const char* column : {"pearson", "spearman"})
      table.rows.back().cells.push_back(correlation(rows.at(r, column)));
  }
  sheet.table(table);
}

}  // namespace

void draw_ablation(const json& record, const Records& records, Sheet& sheet) {
  const auto nodes = effects(record, "nodes"), edges = effects(record, "edges");
  if (!nodes.empty()) draw_nodes(nodes, sheet);
  if (!edges.empty()) {
    draw_edges(edges, sheet);
    draw_estimates(nodes, edges, sheet);
    draw_correlations(record, sheet);
  }
  draw_tables(record, records, sheet);
}

}  // namespace carryscope::reports
