// One table row per opcode. The machine: a stack of node numbers, the heights of its marks, a memo.
#include "model/checkpoint/unpickler.h"

#include <array>
#include <bit>
#include <unordered_map>

#include <fmt/format.h>

#include "model/error.h"

namespace carryscope::model {
namespace {

using Kind = PickleNode::Kind;

constexpr std::size_t kMostNodes = 1'000'000;
constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::array<std::string_view, 7> kGlobals = {
    kOrderedDict,          kRebuildTensor,      kRebuildParameter, "torch.FloatStorage",
    "torch.DoubleStorage", "torch.LongStorage", "torch.IntStorage"};

class Machine {
 public:
  Machine(ByteView bytes, const std::string& where) : in_(bytes, where) {}
  Pickle run();

 private:
  void step(std::uint8_t opcode);
  bool plain_value(std::uint8_t opcode);
  bool container(std::uint8_t opcode);
  bool memo(std::uint8_t opcode);
  bool object(std::uint8_t opcode);

  [[noreturn]] void reject(const std::string& complaint) const {
    throw InputError(fmt::format("{}: {} at byte {}", in_.where(), complaint, in_.position()));
  }

  int make(Kind kind) {
    if (pickle_.nodes.size() >= kMostNodes) reject("more than a million values, expected a small checkpoint");
    pickle_.nodes.emplace_back().kind = kind;
    return static_cast<int>(pickle_.nodes.size()) - 1;
  }
  PickleNode& node(int i) { return pickle_.nodes[static_cast<std::size_t>(i)]; }
  PickleNode& push(Kind kind) {
    stack_.push_back(make(kind));
    return node(stack_.back());
  }
  void push_integer(std::int64_t value) { push(Kind::integer).integer = value; }
  void push_text(std::uint64_t length) {
    const std::string_view text = as_text(in_.take(length));
    push(Kind::text).text = text;
  }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  int pop() {
    if (stack_.size() <= floor()) reject("a damaged pickle: it takes a value where there is none");
    const int top = stack_.back();
    stack_.pop_back();
    return top;
  }
  int top() {
    const int t = pop();
    stack_.push_back(t);
    return t;
  }
  std::vector<int> pop_to_mark() {
    if (marks_.empty()) reject("a damaged pickle: a mark is missing");
    std::vector<int> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }

  void long_integer();
  void tuple(std::size_t count);
  void append(const std::vector<int>& items, Kind expected);
  void global(const std::string& name);
  void reduce();
  int rebuild_tensor(const std::vector<int>& arguments);
  void build();
  void persistent();
  void remember(std::uint64_t index) {
    const int value = top();
    memo_[index] = value;
  }
  void recall(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) reject(fmt::format("a damaged pickle: memo {} was never written", index));
    stack_.push_back(found->second);
  }

  Cursor in_;
  Pickle pickle_;
  std::vector<int> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, int> memo_;
};

Pickle Machine::run() {
  for (;;) {
    const std::uint8_t opcode = in_.u8();
    if (opcode == '.') break;
    step(opcode);
    if (stack_.size() > kMostNodes || marks_.size() > kMostNodes) reject("too many values at once");
  }
  pickle_.root = pop();
  return std::move(pickle_);
}

void Machine::step(std::uint8_t opcode) {
  if (opcode == 0x80) {  // PROTO
    const int protocol = in_.u8();
    if (protocol < 2 || protocol > 5)
      reject(fmt::format("pickle protocol {}, expected 2 to 5 as torch.save writes it", protocol));
    return;
  }
  if (opcode == 0x95) return in_.skip(8);  // FRAME: a hint about buffering
  if (plain_value(opcode) || container(opcode) || memo(opcode) || object(opcode)) return;
  reject(
      fmt::format("pickle opcode 0x{:02x} is not allowed: expected tensors, numbers, strings, lists and "
                  "dictionaries as torch.save writes them",
                  opcode));
}

bool Machine::plain_value(std::uint8_t opcode) {
  switch (opcode) {
    case 'N':
      push(Kind::none);
      return true;
    case 0x88:
      push(Kind::boolean).integer = 1;
      return true;
    case 0x89:
      push(Kind::boolean).integer = 0;
      return true;
    case 'K':
      push_integer(in_.u8());
      return true;
    case 'M':
      push_integer(in_.u16());
      return true;
    case 'J':
      push_integer(static_cast<std::int32_t>(in_.u32()));
      return true;
    case 0x8a:
      long_integer();
      return true;
    case 'G': {  // the one big-endian number of the format
      std::uint64_t bits = 0;
      for (int i = 0; i < 8; ++i) bits = bits << 8 | in_.u8();
      push(Kind::real).real = std::bit_cast<double>(bits);
      return true;
    }
    case 'X':
      push_text(in_.u32());
      return true;
    case 0x8c:
      push_text(in_.u8());
      return true;
    default:
      return false;
  }
}

void Machine::long_integer() {
  const std::size_t size = in_.u8();
  if (size > 8) reject("an integer of more than 64 bits");
  std::uint64_t value = 0;
  const ByteView bytes = in_.take(size);
  for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  if (size > 0 && size < 8 && (bytes[size - 1] & 0x80) != 0) value |= ~std::uint64_t{0} << (8 * size);
  push_integer(static_cast<std::int64_t>(value));
}

bool Machine::container(std::uint8_t opcode) {
  switch (opcode) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case ')':
      tuple(0);
      return true;
    case 0x85:
      tuple(1);
      return true;
    case 0x86:
      tuple(2);
      return true;
    case 0x87:
      tuple(3);
      return true;
    case 't': {
      std::vector<int> items = pop_to_mark();
      push(Kind::tuple).items = std::move(items);
      return true;
    }
    case ']':
      push(Kind::list);
      return true;
    case '}':
      push(Kind::dict);
      return true;
    case 'a':
      append({pop()}, Kind::list);
      return true;
    case 'e':
      append(pop_to_mark(), Kind::list);
      return true;
    case 's': {
      const int value = pop(), key = pop();
      append({key, value}, Kind::dict);
      return true;
    }
    case 'u':
      append(pop_to_mark(), Kind::dict);
      return true;
    default:
      return false;
  }
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

bool Machine::memo(std::uint8_t opcode) {
  switch (opcode) {
    case 'q':
      remember(in_.u8());
      return true;
    case 'r':
      remember(in_.u32());
      return true;
    case 0x94:
      remember(memo_.size());
      return true;
    case 'h':
      recall(in_.u8());
      return true;
    case 'j':
      recall(in_.u32());
      return true;
    default:
      return false;
  }
}

bool Machine::object(std::uint8_t opcode) {
  switch (opcode) {
    case 'c': {
      const std::string module(in_.line()), name(in_.line());
      global(module + "." + name);
      return true;
    }
    case 0x93: {  // STACK_GLOBAL
      const int name = pop(), module = pop();
      if (node(name).kind != Kind::text || node(module).kind != Kind::text)
        reject("a global whose name is no text");
      global(node(module).text + "." + node(name).text);
      return true;
    }
    case 'R':
      reduce();
      return true;
    case 'b':
      build();
      return true;
    case 'Q':
      persistent();
      return true;
    default:
      return false;
  }
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
                  name.size() > 200 ? name.substr(0, 200) + "..." : name));
}

void Machine::reduce() {
  const int arguments = pop(), callee = pop();
  if (node(arguments).kind != Kind::tuple || node(callee).kind != Kind::global)
    reject("a call of something that is no function");
  const std::string_view name = node(callee).text;
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
  const std::vector<int> items = node(id).items;
  constexpr Kind kExpected[5] = {Kind::text, Kind::global, Kind::text, Kind::text, Kind::integer};
  bool fits = node(id).kind == Kind::tuple && items.size() == 5;
  for (std::size_t i = 0; fits && i < 5; ++i) fits = node(items[i]).kind == kExpected[i];
  if (!fits || node(items[0]).text != "storage") reject("a persistent object that is no tensor storage");
  PickleNode storage;
  storage.kind = Kind::storage;
  storage.text = node(items[2]).text;
  storage.integer = node(items[4]).integer;
  storage.items = {items[1]};
  push(Kind::storage) = std::move(storage);
}

}  // namespace

std::string_view kind_name(Kind kind) {
  constexpr std::array<std::string_view, 11> kNames = {"None",   "truth value", "integer", "number",
                                                       "text",   "tuple",       "list",    "dictionary",
                                                       "global", "storage",     "tensor"};
  return kNames[static_cast<std::size_t>(kind)];
}

const PickleNode* Pickle::find(const PickleNode& dict, std::string_view key) const {
  const PickleNode* found = nullptr;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleNode& candidate = at(dict.items[i]);
    if (candidate.kind == Kind::text && candidate.text == key) found = &at(dict.items[i + 1]);
  }
  return found;
}

Pickle unpickle(ByteView bytes, const std::string& where) { return Machine(bytes, where).run(); }

}  // namespace carryscope::model
