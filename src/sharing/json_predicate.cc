#include "sharing/json_predicate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::sharing {
namespace {

using delta::Operand;
using delta::Predicate;
using delta::ValueType;
using Op = Predicate::Op;

constexpr size_t kMaxDepth = 100;

const json::Value* Member(const json::Value& node, std::string_view name) {
  return node.is_object() ? node.get_object().if_contains(name) : nullptr;
}

std::optional<std::string_view> TextOf(const json::Value* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

// No children are none.
std::span<const json::Value> Children(const json::Value& node) {
  const json::Value* children = Member(node, "children");
  if (children == nullptr || !children->is_array()) return {};
  return {children->get_array().data(), children->get_array().size()};
}

// Nothing: `name` is no type of the specification. A timestamp may have lost its microseconds: the
// reference client sends milliseconds.
std::optional<ValueType> TypeOf(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, ValueType>, 8> kTypes = {{
      {"bool", ValueType::kBool},
      {"int", ValueType::kInt},
      {"long", ValueType::kLong},
      {"string", ValueType::kString},
      {"date", ValueType::kDate},
      {"float", ValueType::kFloat},
      {"double", ValueType::kDouble},
      {"timestamp", ValueType::kTimestampMs},
  }};
  const auto* found =
      std::ranges::find(kTypes, name, &std::pair<std::string_view, ValueType>::first);
  return found == kTypes.end() ? std::nullopt : std::optional(found->second);
}

// Nothing for a fraction: its last digits were lost when the JSON was read.
std::optional<std::string> ValueText(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(std::string_view(value->get_string()));
  if (value->is_bool()) return value->get_bool() ? "true" : "false";
  if (value->is_int64()) return std::to_string(value->get_int64());
  if (value->is_uint64()) return std::to_string(value->get_uint64());
  return std::nullopt;
}

// A column or a literal.
std::optional<Operand> ReadLeaf(const json::Value& node) {
  const auto op = TextOf(Member(node, "op"));
  const bool is_column = op == "column";
  if (!is_column && op != "literal") return std::nullopt;
  const auto type = TypeOf(TextOf(Member(node, "valueType")).value_or(""));
  std::optional<std::string> text;
  if (!is_column) {
    text = ValueText(Member(node, "value"));
  } else if (const auto name = TextOf(Member(node, "name"))) {
    text = std::string(*name);
  }
  if (!type || !text) return std::nullopt;
  return Operand{is_column, *std::move(text), *type};
}

// All children, or nothing when one is no leaf or is of another type than the first: which of the
// two types counts then is nobody's to guess.
std::optional<std::vector<Operand>> ReadLeaves(const json::Value& node) {
  std::vector<Operand> operands;
  for (const json::Value& child : Children(node)) {
    auto leaf = ReadLeaf(child);
    if (!leaf || (!operands.empty() && leaf->type != operands.front().type)) return std::nullopt;
    operands.push_back(*std::move(leaf));
  }
  return operands;
}

Predicate Constant(bool value) { return {.op = value ? Op::kAnd : Op::kOr}; }

Predicate ReadComparison(const json::Value& node, Op op, bool exchanged) {
  auto operands = ReadLeaves(node);
  if (!operands || operands->size() != 2) return {};
  if (exchanged) std::swap(operands->front(), operands->back());
  return {.op = op, .operands = *std::move(operands)};
}

Predicate ReadIn(const json::Value& node) {
  auto operands = ReadLeaves(node);
  if (!operands || operands->size() < 2) return {};
  return {.op = Op::kIn, .operands = *std::move(operands)};
}

Predicate ReadStartsWith(const json::Value& node) {
  auto operands = ReadLeaves(node);
  if (!operands || operands->size() != 2) return {};
  const Operand& column = operands->front();
  const Operand& prefix = operands->back();
  if (!column.is_column || prefix.is_column || prefix.type != ValueType::kString) return {};
  return {.op = Op::kStartsWith, .operands = *std::move(operands)};
}

// No literal is null but, maybe, that of text "null": the reference client writes NULL so.
Predicate ReadIsNull(const json::Value& node) {
  auto operands = ReadLeaves(node);
  if (!operands || operands->size() != 1) return {};
  const Operand& operand = operands->front();
  if (operand.is_column) return {.op = Op::kIsNull, .operands = *std::move(operands)};
  return AsciiLower(operand.text) == "null" ? Predicate{} : Constant(false);
}

// A leaf where true or false is asked for.
Predicate ReadTruth(const json::Value& node) {
  auto leaf = ReadLeaf(node);
  if (!leaf || leaf->type != ValueType::kBool) return {};
  if (leaf->is_column) {
    return {.op = Op::kEqual, .operands = {*std::move(leaf), {false, "true", ValueType::kBool}}};
  }
  const std::string text = AsciiLower(leaf->text);
  return text == "true" || text == "false" ? Constant(text == "true") : Predicate{};
}

// Reads one tree; too_deep() then tells whether it counts.
class Reader {
 public:
  Predicate Read(const json::Value& node, size_t depth = 1);
  bool too_deep() const { return too_deep_; }

 private:
  Predicate ReadLogic(const json::Value& node, Op op, size_t depth);

  bool too_deep_ = false;
};

Predicate Reader::Read(const json::Value& node, size_t depth) {
  too_deep_ = too_deep_ || depth > kMaxDepth;
  const auto op = TextOf(Member(node, "op"));
  if (too_deep_ || !op) return {};
  if (op == "and") return ReadLogic(node, Op::kAnd, depth);
  if (op == "or") return ReadLogic(node, Op::kOr, depth);
  if (op == "not") return ReadLogic(node, Op::kNot, depth);
  if (op == "equal") return ReadComparison(node, Op::kEqual, false);
  if (op == "lessThan") return ReadComparison(node, Op::kLess, false);
  if (op == "lessThanOrEqual") return ReadComparison(node, Op::kLessOrEqual, false);
  if (op == "greaterThan") return ReadComparison(node, Op::kLess, true);
  if (op == "greaterThanOrEqual") return ReadComparison(node, Op::kLessOrEqual, true);
  if (op == "isNull") return ReadIsNull(node);
  if (op == "in") return ReadIn(node);
  if (op == "startsWith") return ReadStartsWith(node);
  return ReadTruth(node);
}

Predicate Reader::ReadLogic(const json::Value& node, Op op, size_t depth) {
  const std::span<const json::Value> children = Children(node);
  if (children.empty() || (op == Op::kNot && children.size() != 1)) return {};
  Predicate predicate{.op = op};
  predicate.children.reserve(children.size());
  for (const json::Value& child : children) predicate.children.push_back(Read(child, depth + 1));
  return predicate;
}

}  // namespace

Predicate ParseJsonPredicate(std::string_view text) {
  // Each operation is an object in an array.
  const auto value = json::Parse(text, {.size = MiB(1), .depth = 2 * kMaxDepth});
  if (!value) return {};
  Reader reader;
  Predicate predicate = reader.Read(*value);
  return reader.too_deep() ? Predicate{} : predicate;
}

}  // namespace sluice::sharing
