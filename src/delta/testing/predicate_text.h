// delta/testing/predicate_text.h -- a predicate as one line of text, for tests.
//
// (and (= a int'5') (not (null a as date)) ?): operators stand before what they work on, a column
// is its name and as what it is looked at, a literal its type and text, kUnknown a question mark.
#pragma once

#include <string>
#include <string_view>

#include "delta/predicate.h"

namespace sluice::delta::testing {

inline std::string_view TypeText(ValueType type) {
  switch (type) {
    case ValueType::kOwn: return "own";
    case ValueType::kBool: return "bool";
    case ValueType::kInt: return "int";
    case ValueType::kLong: return "long";
    case ValueType::kFloat: return "float";
    case ValueType::kDouble: return "double";
    case ValueType::kNumber: return "number";
    case ValueType::kString: return "string";
    case ValueType::kDate: return "date";
    case ValueType::kTimestamp: return "timestamp";
    case ValueType::kTimestampMs: return "timestamp_ms";
    case ValueType::kNull: return "null";
  }
  return "?";
}

inline std::string_view OpText(Predicate::Op op) {
  switch (op) {
    case Predicate::Op::kUnknown: return "?";
    case Predicate::Op::kIsNull: return "null";
    case Predicate::Op::kEqual: return "=";
    case Predicate::Op::kLess: return "<";
    case Predicate::Op::kLessOrEqual: return "<=";
    case Predicate::Op::kIn: return "in";
    case Predicate::Op::kStartsWith: return "starts";
    case Predicate::Op::kAnd: return "and";
    case Predicate::Op::kOr: return "or";
    case Predicate::Op::kNot: return "not";
  }
  return "?";
}

inline std::string PredicateText(const Predicate& predicate) {
  std::string text(OpText(predicate.op));
  if (predicate.op == Predicate::Op::kUnknown) return text;
  for (const Operand& operand : predicate.operands) {
    text += ' ';
    if (operand.is_column) {
      text += operand.text;
      if (operand.type == ValueType::kOwn) continue;
      text.append(" as ").append(TypeText(operand.type));
    } else {
      text.append(TypeText(operand.type)).append("'").append(operand.text).append("'");
    }
  }
  for (const Predicate& child : predicate.children) text += ' ' + PredicateText(child);
  return '(' + text + ')';
}

}  // namespace sluice::delta::testing
