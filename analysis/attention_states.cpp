// The entries of the record `attention` that no pair matters to: what every query state scores every key
// state with, what each key state gives, and the singular values of both.
#include <Eigen/SVD>

#include "analysis/anatomy.h"
#include "analysis/attention.h"

namespace carryscope::analysis {
namespace {

using AttentionTable = model::AttentionTable<double>;
using Eigen::MatrixXd;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

MatrixXd matrix_of(const std::vector<Vector>& rows) {
  MatrixXd m(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows[0].size()));
  for (std::size_t r = 0; r < rows.size(); ++r)
    m.row(static_cast<Eigen::Index>(r)) = Eigen::Map<const Eigen::RowVectorXd>(rows[r].data(), m.cols());
  return m;
}

Json singular_values(int head, const MatrixXd& m) {
  const Eigen::JacobiSVD<MatrixXd> svd(m);
  const Vector values(svd.singularValues().begin(), svd.singularValues().end());
  return {{"head", head}, {"values", values}};
}

std::vector<Column> digit_columns(std::vector<Column> first, const std::string& unit) {
  for (int digit = 0; digit < 10; ++digit) first.push_back({"digit_" + std::to_string(digit), unit});
  return first;
}

// One query state's scores of each key; returns those of what every query reads, the prompt's tokens.
Vector add_scores(const model::Layout& layout, const StepQueries& s, int symbol, int head, Table& out) {
  const AttentionTable::Query& q = s.queries[index(symbol)];
  Vector of_prompt;
  for (int key = 0; key <= s.position; ++key) {
    Json::array_t row{s.step, symbol, head, key, slot_name(layout.slot(key))};
    for (int digit = 0; digit < 10; ++digit) {
      const double weight = q.weight[q.at(head, key, digit)];
      const bool read =
          weight > 0 && (key == s.position ? digit == symbol : digit < model::symbols(layout.slot(key)));
      row.push_back(read ? Json(std::log(weight)) : Json(nullptr));
      if (read && key < static_cast<int>(layout.prompt.size()) - 1) of_prompt.push_back(std::log(weight));
    }
    out.add(std::move(row));
  }
  return of_prompt;
}

// Logarithms of the weights, the largest of each query state 0: scores up to what softmax forgets.
Json scores(const AttentionTable& table, Json& singular) {
  const model::Layout& layout = table.decoder().layout;
  Table out(digit_columns({{"step", ""}, {"query_digit", ""}, {"head", ""}, {"position", ""}, {"holds", ""}},
                          "score"));
  for (int head = 0; head < table.maps().shape().heads; ++head) {
    std::vector<Vector> rows;
    for (int step = 0; step < layout.answer_digits(); ++step) {
      const StepQueries s = queries_of(table, step);
      for (int symbol = 0; symbol < static_cast<int>(s.queries.size()); ++symbol)
        rows.push_back(add_scores(layout, s, symbol, head, out));
    }
    const bool whole = std::ranges::all_of(rows, [&](const Vector& r) { return r.size() == rows[0].size(); });
    if (!whole || rows[0].empty()) continue;  // masked keys leave holes: no matrix
    MatrixXd m = matrix_of(rows);
    m.colwise() -= Eigen::VectorXd(m.rowwise().mean());
    singular.push_back(singular_values(head, m));
  }
  return out.json();
}

Vector output(const AttentionTable& table, int head, int position, int symbol) {
  const model::Attention& shape = table.maps().shape();
  Vector out(index(table.decoder().width()));
  const auto value = table.value(head, position, symbol);
  for (int v = 0; v < shape.value_dim; ++v)
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] += value[index(v)] *
                shape.output.value[shape.output.at(head * shape.value_dim + v, static_cast<int>(i))];
  return out;
}

// What a head adds to the residual per unit of share, for every key state.
Json outputs(const AttentionTable& table, Json& singular) {
  const model::Decoder& d = table.decoder();
  std::vector<Column> columns{{"head", ""}, {"position", ""}, {"holds", ""}, {"digit", ""}};
  for (int i = 0; i < d.width(); ++i) columns.push_back({"residual_" + std::to_string(i), "residual"});
  Table out(columns);
  for (int head = 0; head < table.maps().shape().heads; ++head) {
    std::vector<Vector> rows;
    for (int p = 0; p < d.layout.input_length(); ++p)
      for (int symbol = 0; symbol < model::symbols(d.layout.slot(p)); ++symbol) {
        rows.push_back(output(table, head, p, symbol));
        Json::array_t row{head, p, slot_name(d.layout.slot(p)), symbol};
        row.insert(row.end(), rows.back().begin(), rows.back().end());
        out.add(std::move(row));
      }
    MatrixXd m = matrix_of(rows);
    m.rowwise() -= Eigen::RowVectorXd(m.colwise().mean());
    singular.push_back(singular_values(head, m));
  }
  return out.json();
}

}  // namespace

Json attention_states(const AttentionTable& table) {
  Json of_scores = Json::array(), of_outputs = Json::array(), out;
  out["scores"] = scores(table, of_scores);
  out["outputs"] = outputs(table, of_outputs);
  out["singular_values"] = {{"scores", of_scores}, {"outputs", of_outputs}};
  return out;
}

}  // namespace carryscope::analysis
