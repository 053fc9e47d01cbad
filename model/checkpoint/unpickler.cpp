// One table row per opcode. The machine: a stack of node numbers, the heights of its marks, a memo.
#include "model/checkpoint/unpickler.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

using Kind = PickleNode::Kind;

constexpr std::size_t kMostNodes = 1'000'000;  // and stack entries, marks, memos
constexpr std::size_t kMostArguments = 16;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kGlobals[] = {kOrderedDict,         kRebuildTensor,        kRebuildParameter,
                                         "torch.FloatStorage", "torch.DoubleStorage", "torch.LongStorage",
                                         "torch.IntStorage"};

class Machine {
 public:
  Machine(ByteView bytes, const std::string& where) : in(bytes, where) {}
  Pickle run();

  // What opcodes do.
  Cursor in;
  void push_integer(std::int64_t value) { push(Kind::integer).integer = value; }
  void push_text(std::uint64_t length) {
    const std::string_view text = as_text(in.take(length));
    push(Kind::text).text = text;
  }
  void long_integer();
  void real();
  void mark() { marks_.push_back(stack_.size()); }
  void tuple(std::size_t count);
  void marked_tuple();
  void append(const std::vector<int>& items, Kind expected);
  void set_item();
  void remember(std::uint64_t index) { memo_[index] = top(); }
  void memoize() { remember(memo_.size()); }
  void recall(std::uint64_t index);
  void global_lines();
  void stack_global();
  void reduce();
  void build();
  void persistent();
  void protocol();

  PickleNode& push(Kind kind) {
    stack_.push_back(make(kind));
    return node(stack_.back());
  }
  int pop();
  std::vector<int> pop_to_mark();

 private:
  [[noreturn]] void reject(const std::string& complaint) const {
    throw InputError(fmt::format("{}: {} at byte {}", in.where(), complaint, in.position()));
  }
  PickleNode& node(int i) { return pickle_.nodes[static_cast<std::size_t>(i)]; }
  int make(Kind kind);
  int top() {
    const int value = pop();
    stack_.push_back(value);
    return value;
  }
  void global(const std::string& name);
  int rebuild_tensor(const std::vector<int>& arguments);

  Pickle pickle_;
  std::vector<int> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, int> memo_;
};

struct OpcodeRow {
  std::uint8_t code;
  void (*run)(Machine&);
};

constexpr OpcodeRow kOpcodes[] = {
    {'N', [](Machine& m) { m.push(Kind::none); }},                                     // NONE
    {0x88, [](Machine& m) { m.push(Kind::boolean).integer = 1; }},                     // NEWTRUE
    {0x89, [](Machine& m) { m.push(Kind::boolean).integer = 0; }},                     // NEWFALSE
    {'K', [](Machine& m) { m.push_integer(m.in.u8()); }},                              // BININT1
    {'M', [](Machine& m) { m.push_integer(m.in.u16()); }},                             // BININT2
    {'J', [](Machine& m) { m.push_integer(static_cast<std::int32_t>(m.in.u32())); }},  // BININT
    {0x8a, [](Machine& m) { m.long_integer(); }},                                      // LONG1
    {'G', [](Machine& m) { m.real(); }},                                               // BINFLOAT
    {'X', [](Machine& m) { m.push_text(m.in.u32()); }},                                // BINUNICODE
    {0x8c, [](Machine& m) { m.push_text(m.in.u8()); }},                                // SHORT_BINUNICODE
    {'(', [](Machine& m) { m.mark(); }},                                               // MARK
    {')', [](Machine& m) { m.tuple(0); }},                                             // EMPTY_TUPLE
    {0x85, [](Machine& m) { m.tuple(1); }},                                            // TUPLE1
    {0x86, [](Machine& m) { m.tuple(2); }},                                            // TUPLE2
    {0x87, [](Machine& m) { m.tuple(3); }},                                            // TUPLE3
    {'t', [](Machine& m) { m.marked_tuple(); }},                                       // TUPLE
    {']', [](Machine& m) { m.push(Kind::list); }},                                     // EMPTY_LIST
    {'}', [](Machine& m) { m.push(Kind::dict); }},                                     // EMPTY_DICT
    {'a', [](Machine& m) { m.append({m.pop()}, Kind::list); }},                        // APPEND
    {'e', [](Machine& m) { m.append(m.pop_to_mark(), Kind::list); }},                  // APPENDS
    {'s', [](Machine& m) { m.set_item(); }},                                           // SETITEM
    {'u', [](Machine& m) { m.append(m.pop_to_mark(), Kind::dict); }},                  // SETITEMS
    {'q', [](Machine& m) { m.remember(m.in.u8()); }},                                  // BINPUT
    {'r', [](Machine& m) { m.remember(m.in.u32()); }},                                 // LONG_BINPUT
    {0x94, [](Machine& m) { m.memoize(); }},                                           // MEMOIZE
    {'h', [](Machine& m) { m.recall(m.in.u8()); }},                                    // BINGET
    {'j', [](Machine& m) { m.recall(m.in.u32()); }},                                   // LONG_BINGET
    {'c', [](Machine& m) { m.global_lines(); }},                                       // GLOBAL
    {0x93, [](Machine& m) { m.stack_global(); }},                                      // STACK_GLOBAL
    {'R', [](Machine& m) { m.reduce(); }},                                             // REDUCE
    {'b', [](Machine& m) { m.build(); }},                                              // BUILD
    {'Q', [](Machine& m) { m.persistent(); }},                                         // BINPERSID
    {0x80, [](Machine& m) { m.protocol(); }},                                          // PROTO
    {0x95, [](Machine& m) { m.in.skip(8); }},  // FRAME: about buffering
};

Pickle Machine::run() {
  for (;;) {
    const std::uint8_t code = in.u8();
    if (code == '.') break;  // STOP
    const auto row = std::ranges::find(kOpcodes, code, &OpcodeRow::code);
    if (row == std::end(kOpcodes))
      reject(
          fmt::format("pickle opcode 0x{:02x} is not allowed: expected tensors, numbers, strings, lists and "
                      "dictionaries as torch.save writes them",
                      code));
    row->run(*this);
    if (std::max({stack_.size(), marks_.size(), memo_.size()}) > kMostNodes)
      reject("too many values at once");
  }
  pickle_.root = pop();
  return std::move(pickle_);
}

int Machine::make(Kind kind) {
  if (pickle_.nodes.size() >= kMostNodes) reject("more than a million values, expected a small checkpoint");
  pickle_.nodes.emplace_back().kind = kind;
  return static_cast<int>(pickle_.nodes.size()) - 1;
}

int Machine::pop() {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) reject("a damaged pickle: it takes a value where there is none");
  const int value = stack_.back();
  stack_.pop_back();
  return value;
}

std::vector<int> Machine::pop_to_mark() {
  if (marks_.empty()) reject("a damaged pickle: a mark is missing");
  std::vector<int> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

void Machine::recall(std::uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) reject(fmt::format("a damaged pickle: memo {} was never written", index));
  stack_.push_back(found->second);
}

void Machine::protocol() {
  const int p = in.u8();
  if (p < 2 || p > 5) reject(fmt::format("pickle protocol {}, expected 2 to 5 as torch.save writes it", p));
}

void Machine::real() {  // the one big-endian number of the format
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | in.u8();
  push(Kind::real).real = std::bit_cast<double>(bits);
}

void Machine::marked_tuple() {
  std::vector<int> items = pop_to_mark();  // before push() moves the stack
  push(Kind::tuple).items = std::move(items);
}

void Machine::set_item() {
  const int value = pop(), key = pop();
  append({key, value}, Kind::dict);
}

void Machine::global_lines() {
  const std::string module(in.line()), name(in.line());
  global(module + "." + name);
}

void Machine::stack_global() {
  const int name = pop(), module = pop();
  if (node(name).kind != Kind::text || node(module).kind != Kind::text)
    reject("a global whose name is no text");
  global(node(module).text + "." + node(name).text);
}

void Machine::long_integer() {
  const std::size_t size = in.u8();
  if (size > 8) reject("an integer of more than 64 bits");
  std::uint64_t value = 0;
  const ByteView bytes = in.take(size);
  for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  if (size > 0 && size < 8 && (bytes[size - 1] & 0x80) != 0) value |= ~std::uint64_t{0} << (8 * size);
  push_integer(static_cast<std::int64_t>(value));
}

void Machine::tuple(std::size_t count) {
  std::vector<int> items(count);
  for (std::size_t i = count; i-- > 0;) items[i] = pop();
  push(Kind::tuple).items = std::move(items);
}

void Machine::append(const std::vector<int>& items, Kind expected) {
  PickleNode& target = node(top());
  if (target.kind != expected || (expected == Kind::dict && items.size() % 2 != 0))
    reject(fmt::format("a damaged pickle: values are put into a {} that is none", kind_name(expected)));
  target.items.insert(target.items.end(), items.begin(), items.end());
}

void Machine::global(const std::string& name) {
  for (const std::string_view allowed : kGlobals)
    if (name == allowed) {
      push(Kind::global).text = name;
      return;
    }
  reject(
      fmt::format("the pickle names the global {}, which is not allowed: expected tensors and plain values; "
                  "nothing was run",
                  printable(name)));
}

void Machine::reduce() {
  const int arguments = pop(), callee = pop();
  if (node(arguments).kind != Kind::tuple || node(callee).kind != Kind::global)
    reject("a call of something that is no function");
  const std::string_view name = node(callee).text;
  if (node(arguments).items.size() > kMostArguments)
    reject(fmt::format("a call of {} with too many arguments", name));
  const std::vector<int> items = node(arguments).items;
  if (name == kOrderedDict && items.empty()) {
    push(Kind::dict);
  } else if (name == kRebuildTensor && items.size() >= 4) {
    stack_.push_back(rebuild_tensor(items));
  } else if (name == kRebuildParameter && !items.empty() && node(items[0]).kind == Kind::tensor) {
    stack_.push_back(items[0]);
  } else {
    reject(
        fmt::format("a call of {} with {} arguments, which torch.save does not write", name, items.size()));
  }
}

int Machine::rebuild_tensor(const std::vector<int>& arguments) {
  constexpr Kind kExpected[4] = {Kind::storage, Kind::integer, Kind::tuple, Kind::tuple};
  for (std::size_t i = 0; i < 4; ++i)
    if (node(arguments[i]).kind != kExpected[i])
      reject(fmt::format("a tensor whose argument {} is no {}", i, kind_name(kExpected[i])));
  for (const int extents : {arguments[2], arguments[3]})
    for (const int extent : node(extents).items)
      if (node(extent).kind != Kind::integer)
        reject("a tensor whose shape holds something that is no integer");
  const int tensor = make(Kind::tensor);
  node(tensor).items.assign(arguments.begin(), arguments.begin() + 4);
  return tensor;
}

// Only an OrderedDict's attributes (state_dict keeps its _metadata there); they mean nothing here.
void Machine::build() {
  const int state = pop(), target = top();
  if (node(target).kind != Kind::dict || node(state).kind != Kind::dict)
    reject("the pickle sets attributes of something that is no dictionary");
}

// ("storage", type, key, device, number of elements)
void Machine::persistent() {
  const int id = pop();
  constexpr Kind kExpected[5] = {Kind::text, Kind::global, Kind::text, Kind::text, Kind::integer};
  bool fits = node(id).kind == Kind::tuple && node(id).items.size() == std::size(kExpected);
  const std::vector<int> items = fits ? node(id).items : std::vector<int>();
  for (std::size_t i = 0; fits && i < items.size(); ++i) fits = node(items[i]).kind == kExpected[i];
  if (!fits || node(items[0]).text != "storage") reject("a persistent object that is no tensor storage");
  PickleNode storage;
  storage.kind = Kind::storage;
  storage.text = node(items[2]).text;
  storage.integer = node(items[4]).integer;
  storage.items = {items[1]};
  push(Kind::storage) = std::move(storage);
}

}  // namespace

Pickle unpickle(ByteView bytes, const std::string& where) { return Machine(bytes, where).run(); }

}  // namespace carryscope::model
