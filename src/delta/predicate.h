// delta/predicate.h -- a predicate as a client sends it, not yet bound to a table.
//
// Two languages lead here: JSON (sharing/json_predicate.h) and SQL (sharing/sql_predicate.h). What
// cannot be said here is kUnknown, which may be true, false or null for any row: data skipping then
// does what the rest of the tree allows, and never takes a guess.
// Source: Delta Sharing PROTOCOL.md, "SQL Expressions for Filtering", "JSON predicates for
// Filtering".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::delta {

// As what a column is looked at, or a literal's text is read.
enum class ValueType {
  kOwn,     // a column: its type in the schema
  kBool,    // "true", "false"
  kInt,     // 32 bits
  kLong,    // 64 bits
  kFloat,   // 32 bits
  kDouble,  // 64 bits
  kNumber,  // a number of SQL, exact: "10.50", "-3", "1e3"
  kString,
  kDate,         // "2021-04-28"
  kTimestamp,    // ISO 8601; without a zone it may be meant in any
  kTimestampMs,  // the same, of which the client may have cut off what is below a millisecond
  kNull,         // a literal: SQL's NULL
};

struct Operand {
  bool is_column = false;
  // A column: its name as the client wrote it; parts of a nested name have dots between them, and
  // so may a name itself. A literal: its text.
  std::string text;
  ValueType type = ValueType::kOwn;
};

// A tree. Meaning of all: SQL's three values; a comparison with null is null.
struct Predicate {
  enum class Op {
    kUnknown,
    kIsNull,       // operands: one
    kEqual,        // operands: two, of which each may be a column or a literal
    kLess,         //
    kLessOrEqual,  // greater ones: the same with the operands exchanged
    kIn,           // operands: what is looked for, then what it may equal (at least one)
    kStartsWith,   // operands: a column, and the prefix
    kAnd,          // children: any number; of none it is true
    kOr,           // children: any number; of none it is false
    kNot,          // children: one
  };

  Op op = Op::kUnknown;
  std::vector<Operand> operands = {};
  std::vector<Predicate> children = {};
};

}  // namespace sluice::delta
