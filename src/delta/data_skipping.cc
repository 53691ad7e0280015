#include "delta/data_skipping.h"

#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "delta/bound_predicate.h"
#include "delta/column_statistics.h"
#include "delta/json_scalars.h"
#include "delta/table_columns.h"

namespace sluice::delta {
namespace {

using Op = BoundNode::Op;
using Needs = BoundNode::Needs;

// What partition values came to is kept for about this many bytes.
constexpr size_t kMostMemory = size_t{4} << 20;

Matches MatchesOf(Outcomes outcomes) {
  if (!outcomes.may_be_true()) return Matches::kNone;
  return outcomes.only_true() ? Matches::kAll : Matches::kSome;
}

// Whether a file may come to an outcome set without true, or without false.
struct CanLose {
  bool is_true;
  bool is_false;
};

CanLose CanLoseOf(const BoundNode& node) {
  switch (node.op) {
    case Op::kConstant: return {!node.constant.may_be_true(), !node.constant.may_be_false()};
    case Op::kNot: {
      const CanLose child = CanLoseOf(node.children.front());
      return {child.is_false, child.is_true};
    }
    case Op::kAnd:
    case Op::kOr: {
      bool any_true = false, any_false = false, all_true = true, all_false = true;
      for (const BoundNode& child : node.children) {
        const CanLose lose = CanLoseOf(child);
        any_true |= lose.is_true;
        any_false |= lose.is_false;
        all_true &= lose.is_true;
        all_false &= lose.is_false;
      }
      return node.op == Op::kAnd ? CanLose{any_true, all_false} : CanLose{all_true, any_false};
    }
    default: return {true, true};
  }
}

// A column's range in the file of that turn.
struct Known {
  Range range;
  uint64_t turn = 0;
};

// What partition values come to, for all files that have them.
struct ByPartition {
  Outcomes whole;
  std::vector<Outcomes> parts;  // by BoundNode::part
};

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// The texts that tell of columns: where each column's begin, and the paths to them.
struct Layout {
  explicit Layout(const std::vector<TableColumn>& columns) : statistics{{"numRecords"}} {
    for (const TableColumn& column : columns) {
      auto& paths = column.is_partition ? partition : statistics;
      begin.push_back(paths.size());
      if (column.is_partition) {
        partition.push_back({column.path.front()});
        continue;
      }
      for (const char* const part : {"minValues", "maxValues", "nullCount"}) {
        JsonScalars::Path path = {part};
        path.insert(path.end(), column.path.begin(), column.path.end());
        statistics.push_back(std::move(path));
      }
    }
  }

  std::vector<size_t> begin;
  std::vector<JsonScalars::Path> partition;
  std::vector<JsonScalars::Path> statistics;
};

}  // namespace

struct DataSkipping::State {
  State(BoundPredicate bound, int64_t most_steps)
      : predicate(std::move(bound)),
        layout(predicate.columns),
        partition(layout.partition),
        statistics(layout.statistics),
        views(predicate.views.size()),
        budget(most_steps) {}

  const ByPartition& OfPartition(std::string_view partition_values);
  Outcomes OfStatistics(const ByPartition& known, std::string_view partition_values,
                        std::string_view stats);
  Outcomes Judge(const BoundNode& node);
  Outcomes JudgeAll(const BoundNode& node);
  void CollectParts(const BoundNode& node, std::vector<Outcomes>& found);
  Outcomes Compare(const BoundNode& node);
  const Range& RangeOf(const BoundOperand& operand);
  Range ColumnRange(size_t column) const;

  BoundPredicate predicate;
  Layout layout;
  JsonScalars partition;   // of the file that was read last
  JsonScalars statistics;  // the same
  std::optional<int64_t> rows;
  std::vector<Known> views;  // as BoundPredicate::views
  uint64_t turn = 0;
  const ByPartition* parts = nullptr;  // null: partition values are looked at, statistics are not
  std::unordered_map<std::string, ByPartition, Hash, std::equal_to<>> by_partition;
  size_t memory = 0;
  int64_t budget;  // steps that may still be made
};

Range DataSkipping::State::ColumnRange(size_t column) const {
  const TableColumn& about = predicate.columns[column];
  const size_t begin = layout.begin[column];
  if (about.is_partition) {
    return OfPartitionValue(about.type, partition.at(begin));
  }
  return delta::OfStatistics(
      about.type, {statistics.at(begin), statistics.at(begin + 1), statistics.at(begin + 2)}, rows);
}

const Range& DataSkipping::State::RangeOf(const BoundOperand& operand) {
  if (!operand.view.has_value()) return operand.literal;
  Known& known = views[*operand.view];
  if (known.turn != turn) {
    const ColumnView& view = predicate.views[*operand.view];
    const Type& own = predicate.columns[view.column].type;
    known.range =
        Convert(Convert(ColumnRange(view.column), own, view.seen), view.seen, view.compared);
    known.turn = turn;
    --budget;
  }
  return known.range;
}

Outcomes DataSkipping::State::Compare(const BoundNode& node) {
  const Range& left = RangeOf(node.left);
  switch (node.op) {
    case Op::kIsNull: return IsNull(left);
    case Op::kIn: return node.set->Contains(left);
    case Op::kStartsWith: return StartsWith(left, node.prefix);
    case Op::kEqual: return Equal(left, RangeOf(node.right));
    case Op::kLess: return Less(left, RangeOf(node.right));
    case Op::kLessOrEqual: return LessOrEqual(left, RangeOf(node.right));
    default: return Outcomes::Any();
  }
}

Outcomes DataSkipping::State::JudgeAll(const BoundNode& node) {
  const bool is_and = node.op == Op::kAnd;
  Outcomes all(is_and, !is_and, false);
  for (const BoundNode& child : node.children) {
    all = is_and ? And(all, Judge(child)) : Or(all, Judge(child));
    if (is_and ? all.only_false() : all.only_true()) break;
    if (budget <= 0) return Outcomes::Any();
  }
  return all;
}

// Whatever was not looked at since the budget is used up may come to anything.
Outcomes DataSkipping::State::Judge(const BoundNode& node) {
  if (--budget < 0) return Outcomes::Any();
  if (parts != nullptr && node.part.has_value()) return parts->parts[*node.part];
  switch (node.op) {
    case Op::kConstant: return node.constant;
    case Op::kNot: return Not(Judge(node.children.front()));
    case Op::kAnd:
    case Op::kOr: return JudgeAll(node);
    default: break;
  }
  if (node.needs == Needs::kStatistics && parts == nullptr) return Outcomes::Any();
  return Compare(node);
}

// Those that are missing since the budget is used up nobody asks for: Judge does not get to them.
void DataSkipping::State::CollectParts(const BoundNode& node, std::vector<Outcomes>& found) {
  if (--budget < 0) return;
  if (node.part.has_value()) return found.push_back(Judge(node));  // in the order of numbering
  for (const BoundNode& child : node.children) CollectParts(child, found);
}

const ByPartition& DataSkipping::State::OfPartition(std::string_view partition_values) {
  // Where no partition column is asked for, all files are of one kind.
  const std::string_view key = layout.partition.empty() ? std::string_view() : partition_values;
  const auto known = by_partition.find(key);
  if (known != by_partition.end()) return known->second;
  parts = nullptr;
  ++turn;
  budget -= static_cast<int64_t>(predicate.columns.size());
  partition.Read(key);
  ByPartition found{Judge(predicate.root), {}};
  // If all of it is for partition values to say, nobody asks for parts.
  if (predicate.root.needs == Needs::kStatistics) CollectParts(predicate.root, found.parts);
  constexpr size_t kEntry = 100;  // what the map itself needs, about
  if (memory > kMostMemory) {
    by_partition.clear();
    memory = 0;
  }
  memory += kEntry + key.size() + found.parts.size();
  return by_partition.emplace(key, std::move(found)).first->second;
}

Outcomes DataSkipping::State::OfStatistics(const ByPartition& known,
                                           std::string_view partition_values,
                                           std::string_view stats) {
  budget -= static_cast<int64_t>(predicate.columns.size());
  if (!statistics.Read(stats)) return known.whole;
  const Scalar& count = statistics.at(0);
  rows = count.kind == Scalar::Kind::kNumber ? ParseInteger(count.text) : std::nullopt;
  if (rows.has_value() && *rows < 0) return known.whole;
  if (predicate.mixed) partition.Read(partition_values);
  parts = &known;
  ++turn;
  return Judge(predicate.root);
}

DataSkipping::DataSkipping(const Predicate& predicate, const Protocol& protocol,
                           const Metadata& metadata, int64_t most_steps)
    : state_(
          std::make_unique<State>(Bind(predicate, TableColumns(protocol, metadata)), most_steps)) {}
DataSkipping::~DataSkipping() = default;

bool DataSkipping::can_skip() const { return CanLoseOf(state_->predicate.root).is_true; }

Matches DataSkipping::OfPartition(std::string_view partition_values) {
  if (state_->budget <= 0) return Matches::kSome;
  return MatchesOf(state_->OfPartition(partition_values).whole);
}

Matches DataSkipping::OfFile(const FileEntry& file) {
  if (state_->budget <= 0) return Matches::kSome;
  const ByPartition& known = state_->OfPartition(file.partition_values);
  const Matches matches = MatchesOf(known.whole);
  const bool decided = matches != Matches::kSome;
  if (decided || !file.stats.has_value() || state_->predicate.root.needs != Needs::kStatistics) {
    return matches;
  }
  return MatchesOf(state_->OfStatistics(known, file.partition_values, *file.stats));
}

}  // namespace sluice::delta
