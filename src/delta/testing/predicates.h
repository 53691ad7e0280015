// delta/testing/predicates.h -- predicates as tests write them: Is("c", "<", Long("5")).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "delta/predicate.h"

namespace sluice::delta::testing {

using Op = Predicate::Op;

inline Operand Column(std::string name, ValueType type = ValueType::kOwn) {
  return {true, std::move(name), type};
}
inline Operand Literal(ValueType type, std::string text) { return {false, std::move(text), type}; }
inline Operand Text(std::string text) { return Literal(ValueType::kString, std::move(text)); }
inline Operand Number(std::string text) { return Literal(ValueType::kNumber, std::move(text)); }
inline Operand Time(std::string text) { return Literal(ValueType::kTimestamp, std::move(text)); }
inline Operand Day(std::string text) { return Literal(ValueType::kDate, std::move(text)); }
inline Operand Null() { return Literal(ValueType::kNull, ""); }

inline Predicate Unknown() { return {}; }
inline Predicate Not(Predicate child) {
  Predicate predicate{.op = Op::kNot};
  predicate.children.push_back(std::move(child));
  return predicate;
}
inline Predicate Join(Op op, std::vector<Predicate> children) {
  return {.op = op, .children = std::move(children)};
}
inline Predicate And(Predicate a, Predicate b) {
  return Join(Op::kAnd, {std::move(a), std::move(b)});
}
inline Predicate Or(Predicate a, Predicate b) {
  return Join(Op::kOr, {std::move(a), std::move(b)});
}

// `op` is one of = != < <= > >=.
inline Predicate Is(Operand left, std::string_view op, Operand right) {
  if (op == "!=") return Not(Is(std::move(left), "=", std::move(right)));
  if (op.starts_with('>')) {
    std::swap(left, right);
    return Is(std::move(left), op == ">" ? "<" : "<=", std::move(right));
  }
  const Op kind = op == "=" ? Op::kEqual : (op == "<" ? Op::kLess : Op::kLessOrEqual);
  return {.op = kind, .operands = {std::move(left), std::move(right)}};
}
inline Predicate Is(const char* column, std::string_view op, Operand right) {
  return Is(Column(column), op, std::move(right));
}
// Both sides typed alike, as clients that speak JSON do.
inline Predicate Is(const char* column, ValueType type, std::string_view op, std::string text) {
  return Is(Column(column, type), op, Literal(type, std::move(text)));
}

inline Predicate IsNull(Operand operand) {
  return {.op = Op::kIsNull, .operands = {std::move(operand)}};
}
inline Predicate IsNull(const char* column) { return IsNull(Column(column)); }
inline Predicate In(Operand sought, std::vector<Operand> literals) {
  literals.insert(literals.begin(), std::move(sought));
  return {.op = Op::kIn, .operands = std::move(literals)};
}
inline Predicate StartsWith(const char* column, std::string prefix) {
  return {.op = Op::kStartsWith, .operands = {Column(column), Text(std::move(prefix))}};
}

}  // namespace sluice::delta::testing
