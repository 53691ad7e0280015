// fuzz/predicate_shape.h -- what every predicate that is read from outside must be like.
#pragma once

#include "delta/predicate.h"
#include "fuzz.h"

namespace sluice::fuzz {

// Each operation has what it works on, and no tree is deeper than can be walked.
inline void RequireSound(const delta::Predicate& predicate, size_t depth = 0) {
  using Op = delta::Predicate::Op;
  Require(depth < 1'000);
  const size_t operands = predicate.operands.size();
  const size_t children = predicate.children.size();
  switch (predicate.op) {
    case Op::kUnknown: Require(operands == 0 && children == 0); break;
    case Op::kIsNull: Require(operands == 1 && children == 0); break;
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessOrEqual: Require(operands == 2 && children == 0); break;
    case Op::kIn: Require(operands >= 2 && children == 0); break;
    case Op::kStartsWith:
      Require(operands == 2 && children == 0);
      Require(predicate.operands[0].is_column && !predicate.operands[1].is_column);
      Require(predicate.operands[1].type == delta::ValueType::kString);
      break;
    case Op::kAnd:
    case Op::kOr: Require(operands == 0); break;
    case Op::kNot: Require(operands == 0 && children == 1); break;
  }
  for (const delta::Operand& operand : predicate.operands) {
    Require(operand.is_column || operand.type != delta::ValueType::kOwn);
    Require(!operand.is_column || operand.type != delta::ValueType::kNull);
  }
  for (const delta::Predicate& child : predicate.children) RequireSound(child, depth + 1);
}

}  // namespace sluice::fuzz
