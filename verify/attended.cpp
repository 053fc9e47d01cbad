#include "verify/attended.h"

#include "verify/elementary.h"
#include "verify/float32.h"

namespace carryscope::verify {

using model::AttentionTable;
using model::Number;
using model::Role;
using model::Slot;

namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

template <class T>
Interval enclosure(const T& x) {
  return Interval(Number<T>::lower(x), Number<T>::upper(x));
}

std::vector<Interval> project(const model::Attention& shape, int head, const std::vector<Interval>& value,
                              int width) {
  std::vector<Interval> c;
  c.reserve(index(width));
  for (int i = 0; i < width; ++i) {
    Interval sum = 0.0;
    for (int v = 0; v < shape.value_dim; ++v) {
      const std::size_t w = shape.output.at(head * shape.value_dim + v, i);
      sum += value[index(v)] * Number<Interval>::weight(shape.output.value[w], shape.output.radius_at(w));
    }
    c.push_back(sum);
  }
  return c;
}

// Collects the cells and readings of a query state.
template <class T>
class Reader {
 public:
  Reader(const AttentionTable<T>& table, const typename AttentionTable<T>::Query& query, Attended& read)
      : table_(table),
        query_(query),
        shape_(table.maps().shape()),
        width_(table.decoder().width()),
        read_(read) {}

  void read() {
    const model::Layout& layout = table_.decoder().layout;
    for (int p = 0; p <= query_.position; ++p) {
      const Slot& slot = layout.slot(p);
      const bool fixed = slot.role == Role::fixed || p == query_.position;
      read_.cells.push_back({fixed, {slot.role, slot.place}});
    }
    read_.cells.push_back({true, {}});  // the plus-one softmax's rest
    read_.readings.resize(index(shape_.heads));
    read_.largest.assign(index(shape_.heads * shape_.value_dim), 0.0);
    for (int h = 0; h < shape_.heads; ++h) {
      auto& cells = read_.readings[index(h)];
      for (int p = 0; p <= query_.position; ++p)
        cells.push_back(read_position(h, p, read_.cells[index(p)].fixed));
      cells.push_back({{enclosure(query_.rest[index(h)]), std::vector<Interval>(index(width_), 0.0)}});
    }
  }

 private:
  std::vector<Reading> read_position(int head, int position, bool fixed) {
    std::vector<Reading> digits;
    std::vector<Interval> value;
    for (int s = 0; s < (fixed ? 1 : model::kSymbols); ++s) {
      Reading r;
      r.weight = enclosure(query_.weight[query_.at(head, position, s)]);
      value.clear();
      for (int v = 0; v < shape_.value_dim; ++v) {
        const T& x = position == query_.position
                         ? query_.value[index(table_.maps().kv_head(head) * shape_.value_dim + v)]
                         : table_.value(head, position, s)[index(v)];
        value.push_back(enclosure(x));
        double& most = read_.largest[index(head * shape_.value_dim + v)];
        if (r.weight.upper() > 0) most = std::max(most, value.back().magnitude());
      }
      r.contribution = project(shape_, head, value, width_);
      digits.push_back(std::move(r));
    }
    return digits;
  }

  const AttentionTable<T>& table_;
  const typename AttentionTable<T>::Query& query_;
  const model::Attention& shape_;
  int width_;
  Attended& read_;
};

}  // namespace

template <class T>
Attended attend(const AttentionTable<T>& table, int step, int symbol) {
  const model::Layout& layout = table.decoder().layout;
  const int position = layout.query_position(step);
  const auto query = table.query(position, model::token_of(layout, layout.slot(position), symbol));
  Attended read;
  read.step = step;
  read.symbol = symbol;
  read.within = Cube::everything(layout.digits);
  for (const T& x : query.residual) read.residual.push_back(enclosure(x));
  Reader<T>(table, query, read).read();
  return read;
}

template Attended attend(const AttentionTable<Interval>&, int, int);
template Attended attend(const AttentionTable<Float32>&, int, int);

}  // namespace carryscope::verify
