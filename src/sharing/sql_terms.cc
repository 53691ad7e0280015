#include "sharing/sql_terms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/encoding.h"
#include "sharing/sql_predicate.h"

namespace sluice::sharing::sql {
namespace {

using delta::Operand;
using delta::Predicate;
using delta::ValueType;
using Op = Predicate::Op;

bool IsNumber(ValueType type) {
  return type == ValueType::kNumber || type == ValueType::kInt || type == ValueType::kLong ||
         type == ValueType::kFloat || type == ValueType::kDouble;
}

template <class Number>
bool FitsIn(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

Predicate Constant(bool value) { return {.op = value ? Op::kAnd : Op::kOr}; }

template <class... Predicates>
Predicate Join(Op op, Predicates... parts) {
  Predicate result{.op = op};
  result.children.reserve(sizeof...(parts));
  (result.children.push_back(std::move(parts)), ...);
  return result;
}

Predicate Compare(Op op, const Term& left, const Term& right) {
  const auto* a = std::get_if<Operand>(&left);
  const auto* b = std::get_if<Operand>(&right);
  if (a == nullptr || b == nullptr) return {};
  return {.op = op, .operands = {*a, *b}};
}

// a <=> b, which is never null.
Predicate EqualOrBothNull(const Term& a, const Term& b) {
  return Join(Op::kOr, Join(Op::kAnd, IsNull(a), IsNull(b)),
              Join(Op::kAnd, Not(IsNull(a)), Not(IsNull(b)), Compare(Op::kEqual, a, b)));
}

// Looks at a column as text: a prefix of anything else is one of how the engine writes it.
std::optional<Operand> AsText(const Term& term) {
  const auto* operand = std::get_if<Operand>(&term);
  if (operand == nullptr || !operand->is_column) return std::nullopt;
  if (operand->type != ValueType::kOwn && operand->type != ValueType::kString) return std::nullopt;
  return Operand{true, operand->text, ValueType::kString};
}

// Whether `type` can be written on a literal without a change of its value.
bool KeepsValue(const Operand& literal, ValueType type) {
  if (literal.type == ValueType::kString || literal.type == type) return true;
  if (literal.type == ValueType::kFloat || literal.type == ValueType::kDouble) return false;
  if (!IsNumber(literal.type)) return false;
  switch (type) {
    case ValueType::kInt: return FitsIn<int32_t>(literal.text);
    case ValueType::kLong: return FitsIn<int64_t>(literal.text);
    case ValueType::kFloat:
    case ValueType::kDouble: return true;
    default: return false;
  }
}

}  // namespace

Operand Literal(std::string text, ValueType type) { return {false, std::move(text), type}; }

// With an exponent and no letter it is a double in some dialects, and exact in others.
Term NumberLiteral(std::string_view text) {
  const size_t end = std::min(text.find_first_not_of("0123456789.eE+-"), text.size());
  std::string digits(text.substr(0, end));
  if (!FitsIn<double>(digits)) return {};
  const std::string letters = AsciiLower(text.substr(end));
  const bool exponent = digits.find_first_of("eE") != std::string::npos;
  const bool whole = FitsIn<int64_t>(digits);
  if (letters.empty()) {
    return Literal(std::move(digits), exponent ? ValueType::kDouble : ValueType::kNumber);
  }
  if (letters == "d") return Literal(std::move(digits), ValueType::kDouble);
  if (letters == "f") return Literal(std::move(digits), ValueType::kFloat);
  if (letters == "bd") return Literal(std::move(digits), ValueType::kNumber);
  if (whole && letters == "l") return Literal(std::move(digits), ValueType::kLong);
  if (whole && (letters == "s" || letters == "y")) {
    return Literal(std::move(digits), ValueType::kInt);
  }
  return {};
}

Term Negative(const Term& term) {
  const auto* operand = std::get_if<Operand>(&term);
  if (operand == nullptr || operand->is_column || !IsNumber(operand->type)) return {};
  if (operand->text.starts_with('-')) return {};
  return Literal('-' + operand->text, operand->type);
}

std::optional<ValueType> TypeOf(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, ValueType>, 11> kTypes = {{
      {"boolean", ValueType::kBool},
      {"int", ValueType::kInt},
      {"integer", ValueType::kInt},
      {"bigint", ValueType::kLong},
      {"long", ValueType::kLong},
      {"float", ValueType::kFloat},
      {"real", ValueType::kFloat},
      {"double", ValueType::kDouble},
      {"string", ValueType::kString},
      {"date", ValueType::kDate},
      {"timestamp", ValueType::kTimestamp},
  }};
  const auto* found =
      std::ranges::find(kTypes, AsciiLower(name), &std::pair<std::string_view, ValueType>::first);
  return found == kTypes.end() ? std::nullopt : std::optional(found->second);
}

// A cast of a cast is not judged.
Term Cast(const Term& term, std::optional<ValueType> type) {
  const auto* operand = std::get_if<Operand>(&term);
  if (operand == nullptr) return {};
  if (!operand->is_column) {
    if (operand->type == ValueType::kNull) return term;
    if (!type || !KeepsValue(*operand, *type)) return {};
    return Literal(operand->text, *type);
  }
  if (operand->type != ValueType::kOwn) return {};
  if (operand->text.starts_with(kPartitionValues) &&
      operand->text[kPartitionValues.size()] == '.') {
    return Operand{true, operand->text.substr(kPartitionValues.size() + 1), ValueType::kOwn};
  }
  if (!type) return {};
  return Operand{true, operand->text, *type};
}

Predicate Not(Predicate predicate) { return Join(Op::kNot, std::move(predicate)); }

Predicate Between(const Term& term, const Term& low, const Term& high) {
  return Join(Op::kAnd, Compare(Op::kLessOrEqual, low, term),
              Compare(Op::kLessOrEqual, term, high));
}

Predicate Compare(std::string_view sign, const Term& left, const Term& right) {
  if (sign == "<") return Compare(Op::kLess, left, right);
  if (sign == "<=") return Compare(Op::kLessOrEqual, left, right);
  if (sign == ">") return Compare(Op::kLess, right, left);
  if (sign == ">=") return Compare(Op::kLessOrEqual, right, left);
  if (sign == "<=>") return EqualOrBothNull(left, right);
  Predicate equal = Compare(Op::kEqual, left, right);
  if (sign == "=" || sign == "==") return equal;
  return Not(std::move(equal));
}

// Text that is cast and cannot be read may become null.
Predicate IsNull(const Term& term) {
  const auto* operand = std::get_if<Operand>(&term);
  if (operand == nullptr) return {};
  if (operand->is_column) return {.op = Op::kIsNull, .operands = {*operand}};
  if (operand->type == ValueType::kNull) return Constant(true);
  const bool sound = operand->type == ValueType::kString ||
                     (IsNumber(operand->type) && FitsIn<double>(operand->text));
  return sound ? Constant(false) : Predicate{};
}

Predicate In(const Term& term, const std::vector<Term>& list) {
  Predicate result{.op = Op::kIn};
  const auto* operand = std::get_if<Operand>(&term);
  if (operand == nullptr) return {};
  result.operands.reserve(list.size() + 1);
  result.operands.push_back(*operand);
  for (const Term& member : list) {
    const auto* value = std::get_if<Operand>(&member);
    if (value == nullptr) return {};
    result.operands.push_back(*value);
  }
  return result;
}

Predicate StartsWith(const Term& term, const Term& prefix) {
  auto column = AsText(term);
  const auto* text = std::get_if<Operand>(&prefix);
  if (!column || text == nullptr || text->is_column || text->type != ValueType::kString) return {};
  return {.op = Op::kStartsWith, .operands = {*std::move(column), *text}};
}

// Only text, or text and one % behind it.
Predicate Like(const Term& term, const Term& pattern) {
  const auto* text = std::get_if<Operand>(&pattern);
  if (text == nullptr || text->is_column || text->type != ValueType::kString) return {};
  const size_t wildcard = text->text.find_first_of("%_");
  if (wildcard == std::string::npos) {
    auto column = AsText(term);
    if (!column) return {};
    return {.op = Op::kEqual, .operands = {*std::move(column), *text}};
  }
  if (text->text[wildcard] != '%' || wildcard + 1 != text->text.size()) return {};
  return StartsWith(term, Literal(text->text.substr(0, wildcard), ValueType::kString));
}

Predicate Truth(Term term) {
  if (auto* predicate = std::get_if<Predicate>(&term)) return std::move(*predicate);
  const auto* operand = std::get_if<Operand>(&term);
  if (operand == nullptr) return {};
  const bool maybe = operand->type == ValueType::kBool || operand->type == ValueType::kOwn;
  if (!maybe) return {};
  if (operand->is_column) return Compare(Op::kEqual, term, Literal("true", ValueType::kBool));
  const bool known = operand->text == "true" || operand->text == "false";
  return known ? Constant(operand->text == "true") : Predicate{};
}

}  // namespace sluice::sharing::sql
