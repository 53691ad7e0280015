// Random tables by partitions, files and filters: what a filter keeps is held against the values
// themselves, compared one by one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/matchers.h"
#include "delta/partition_filter.h"
#include "delta/stored_file.h"
#include "delta/testing/partitioned.h"
#include "delta/testing/random_rows.h"
#include "delta/testing/slow_like.h"

namespace sluice::delta {
namespace {

using namespace testing;  // delta/testing
using Op = PartitionOp;

struct TestedColumn {
  PartitionColumn about;
  Kind kind;
  bool zoned;              // times tell their zone
  std::vector<Cell> pool;  // what most values are, or are close to
};

using Row = std::vector<Cell>;

// What one term, with the cells behind its values, comes to over a row.
struct TestedTerm {
  size_t column;
  Op op;
  std::vector<Cell> cells;
  std::string pattern;
};

class Round {
 public:
  explicit Round(uint64_t seed) : dice_(seed), mapped_(dice_.OneIn(2)) {
    for (int i = 1 + dice_.Roll(3); i > 0; --i) {
      const std::string name = "c" + std::to_string(i);
      const Kind kind = static_cast<Kind>(dice_.Roll(kKinds));
      columns_.push_back({{name, TypeName(kind), mapped_ ? "col-" + name : ""},
                          kind,
                          kind == Kind::kTimestamp && dice_.OneIn(2),
                          {}});
      for (int j = 0; j < 3; ++j) columns_.back().pool.push_back(RandomCell(dice_, kind));
    }
  }

  void Run() {
    std::vector<PartitionColumn> columns;
    for (const TestedColumn& column : columns_) columns.push_back(column.about);
    const PartitionTerms terms = RandomTerms();
    const auto filter = PartitionFilter::Compile(terms, mapped_ ? MappedProtocol() : Protocol(),
                                                 PartitionedBy(columns));
    ASSERT_THAT(filter, sluice::testing::IsOk());
    PartitionSieve sieve(*filter);
    for (int i = 0; i < 20; ++i) CheckFile(sieve);
  }

  int counts[2] = {};

 private:
  Cell CloseCell(const TestedColumn& column) {
    Cell cell = dice_.OneIn(4) ? RandomCell(dice_, column.kind) : dice_.Of(column.pool);
    if (column.kind == Kind::kString && dice_.OneIn(3)) cell.text += RandomPiece(dice_);
    return cell;
  }

  // One of the texts that mean the value.
  std::string AnyText(const TestedColumn& column, const Cell& cell) {
    std::string text = CellText(column.kind, cell);
    const bool decimal = column.kind == Kind::kDecimal || column.kind == Kind::kBigDecimal;
    if (decimal && dice_.OneIn(2)) {
      text.resize(text.find_last_not_of('0') + 1);
      if (text.ends_with('.')) text.pop_back();
    }
    if (!IsMoment(column.kind)) return text;
    const char between = dice_.OneIn(2) ? 'T' : ' ';
    if (!column.zoned) return MomentText(cell.number, between, 6);
    if (dice_.OneIn(2)) return MomentText(cell.number, between, 6) + "Z";
    return MomentText(cell.number - Wide{5400} * kMillion, between, 6) + "-01:30";
  }

  // The one text that LIKE looks at.
  static std::string OneText(const TestedColumn& column, const Cell& cell) {
    std::string text = CellText(column.kind, cell);
    if (!IsMoment(column.kind)) return text;
    text.resize(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  }

  std::string RandomPattern(const TestedColumn& column) {
    std::string text = OneText(column, CloseCell(column));
    std::string pattern;
    while (!text.empty()) {
      const size_t length = CharacterLength(text);
      const std::string character = text.substr(0, length);
      text.erase(0, length);
      const int roll = dice_.Roll(8);
      if (roll == 0) pattern += "_";
      if (roll == 1) pattern += "%";
      if (roll == 2) text.erase(0, dice_.OneIn(2) ? text.size() : 0);
      if (roll > 1) pattern += character;
    }
    return pattern + (dice_.OneIn(3) ? "%" : "");
  }

  PartitionTerms RandomTerms() {
    PartitionTerms terms{{}, "x"};
    for (int i = 1 + dice_.Roll(3); i > 0; --i) {
      auto& tuple = terms.tuples.emplace_back();
      tested_.emplace_back();
      for (int j = 1 + dice_.Roll(2); j > 0; --j) tuple.push_back(RandomTerm());
    }
    return terms;
  }

  PartitionTerm RandomTerm() {
    TestedTerm tested;
    tested.column = static_cast<size_t>(dice_.Roll(static_cast<int>(columns_.size())));
    const TestedColumn& column = columns_[tested.column];
    constexpr int kOps = 7;
    tested.op = static_cast<Op>(dice_.Roll(kOps));
    if (tested.op == Op::kLike && IsReal(column.kind)) tested.op = Op::kIn;
    PartitionTerm term{column.about.name, tested.op, {}};
    if (tested.op == Op::kLike) {
      term.values = {tested.pattern = RandomPattern(column)};
    } else if (tested.op != Op::kIsNull) {
      for (int i = tested.op == Op::kIn ? 1 + dice_.Roll(4) : 1; i > 0; --i) {
        tested.cells.push_back(CloseCell(column));
        term.values.push_back(AnyText(column, tested.cells.back()));
      }
    }
    tested_.back().push_back(std::move(tested));
    return term;
  }

  bool Holds(const TestedTerm& term, const Row& row) const {
    const TestedColumn& column = columns_[term.column];
    const Cell& cell = row[term.column];
    if (term.op == Op::kIsNull) return cell.null;
    if (cell.null) return false;
    if (term.op == Op::kLike) return IsLikeSlowly(OneText(column, cell), term.pattern);
    for (const Cell& value : term.cells) {
      const bool below = IsBelow(column.kind, cell, value);
      const bool above = IsBelow(column.kind, value, cell);
      if (term.op == Op::kIn && !below && !above) return true;
      if (term.op == Op::kLess && below) return true;
      if (term.op == Op::kLessOrEqual && !above) return true;
      if (term.op == Op::kGreater && above) return true;
      if (term.op == Op::kGreaterOrEqual && !below) return true;
    }
    return false;
  }

  void CheckFile(PartitionSieve& sieve) {
    Row row;
    PartitionValues values = {{"unknown", "x"}};
    for (const TestedColumn& column : columns_) {
      Cell cell = dice_.OneIn(6) ? Cell{} : CloseCell(column);
      std::optional<std::string> text;
      if (!cell.null) text = AnyText(column, cell);
      if (text == "") cell.null = true;
      values.emplace_back(mapped_ ? column.about.physical : column.about.name, text);
      row.push_back(std::move(cell));
    }
    const std::string json = RenderPartitionValues(values);
    bool expected = false;
    for (const auto& tuple : tested_) {
      bool all = true;
      for (const TestedTerm& term : tuple) all = all && Holds(term, row);
      expected = expected || all;
    }
    const auto keeps = sieve.Keeps(json);
    ASSERT_THAT(keeps, sluice::testing::IsOk()) << json;
    EXPECT_EQ(*keeps, expected) << json;
    ++counts[*keeps ? 1 : 0];
  }

  Dice dice_;
  const bool mapped_;
  std::vector<TestedColumn> columns_;
  std::vector<std::vector<TestedTerm>> tested_;
};

TEST(PartitionFilterProperty, KeepsExactlyWhatItSays) {
  constexpr uint64_t kRounds = 2'000;
  int counts[2] = {};
  for (uint64_t seed = 1; seed <= kRounds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Round round(seed);
    round.Run();
    for (int i = 0; i < 2; ++i) counts[i] += round.counts[i];
  }
  for (const int count : counts) EXPECT_GT(count, 4'000);
}

}  // namespace
}  // namespace sluice::delta
