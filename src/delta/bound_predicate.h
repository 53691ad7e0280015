// delta/bound_predicate.h -- a predicate whose columns are those of a table, whose literals are
// read, and whose types are settled: what is left to do for each file is little.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/actions.h"
#include "delta/predicate.h"
#include "delta/table_columns.h"
#include "delta/value_range.h"

namespace sluice::delta {

// A column seen as one type, and compared as another: `CAST(day AS TIMESTAMP) < '2021-04-28'`.
struct ColumnView {
  size_t column = 0;  // in BoundPredicate::columns
  Type seen;
  Type compared;
  auto operator<=>(const ColumnView&) const = default;
};

struct BoundOperand {
  std::optional<size_t> view = std::nullopt;  // in BoundPredicate::views; else a literal
  Range literal = {};
};

struct BoundNode {
  enum class Op {
    kConstant,
    kIsNull,
    kEqual,
    kLess,
    kLessOrEqual,
    kIn,
    kStartsWith,
    kAnd,
    kOr,
    kNot
  };
  // What has to be looked at to judge it.
  enum class Needs { kNothing, kPartition, kStatistics };

  Op op = Op::kConstant;
  Needs needs = Needs::kNothing;
  Outcomes constant = Outcomes::Any();
  BoundOperand left = {};
  BoundOperand right = {};
  std::unique_ptr<const LiteralSet> set = nullptr;
  std::string prefix = {};
  std::vector<BoundNode> children = {};
  // Needs no more than partition values, below a node that needs statistics: its number among
  // those.
  std::optional<size_t> part = std::nullopt;
};

struct BoundPredicate {
  std::vector<TableColumn> columns;  // all that occur
  std::vector<ColumnView> views;
  BoundNode root;
  bool mixed = false;  // a partition column is compared with one that has statistics
};

// What cannot be bound is a constant that may come to anything. Constants are joined: no node has
// more than one, so that a tree is no larger than what it compares.
BoundPredicate Bind(const Predicate& predicate, const TableColumns& columns);

}  // namespace sluice::delta
