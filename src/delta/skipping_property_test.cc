// Random tables, rows and predicates: what data skipping says is held against the rows themselves,
// read as Spark, DuckDB and pandas would read them.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "delta/data_skipping.h"
#include "delta/testing/predicates.h"
#include "delta/testing/random_rows.h"

namespace sluice::delta {
namespace {

using namespace testing;  // delta/testing

enum class Truth { kTrue, kFalse, kNull };

// What readers do not agree on.
struct Reader {
  bool nan_is_greatest = true;  // and equal to itself; else nothing holds of it
  bool floats_stay_floats = false;
  int64_t zone = 0;            // of the session: micros ahead of UTC
  int64_t partition_zone = 0;  // that partition values without one are read in
  unsigned unknown = 0;        // what unknown parts come to
};

struct TestColumn {
  std::string name;
  Kind kind;
  bool is_partition;
  bool is_local;           // a partition of times without a zone
  std::vector<Cell> pool;  // what most values and literals are, or are close to
};

using Row = std::vector<Cell>;

// A value that depends on the reader.
using Source = std::function<Cell(const Row&, const Reader&)>;
using Judge = std::function<Truth(const Row&, const Reader&)>;

struct Tested {
  Predicate predicate;
  Judge truth;
  bool exact = false;  // on partition columns alone, where nothing is open to doubt
};

Truth Of(bool holds) { return holds ? Truth::kTrue : Truth::kFalse; }
Truth Negated(Truth a) { return a == Truth::kNull ? a : Of(a == Truth::kFalse); }
Truth Both(Truth a, Truth b) {
  if (a == Truth::kFalse || b == Truth::kFalse) return Truth::kFalse;
  return a == Truth::kNull || b == Truth::kNull ? Truth::kNull : Truth::kTrue;
}
Truth Either(Truth a, Truth b) { return Negated(Both(Negated(a), Negated(b))); }

Truth Compared(Kind kind, const std::string& op, const Cell& a, const Cell& b,
               const Reader& reader) {
  if (a.null || b.null) return Truth::kNull;
  const bool nan = IsReal(kind) && (std::isnan(a.real) || std::isnan(b.real));
  if (nan && !reader.nan_is_greatest) return Truth::kFalse;
  const bool below = IsBelow(kind, a, b);
  const bool above = IsBelow(kind, b, a);
  if (op == "=") return Of(!below && !above);
  if (op == "<") return Of(below);
  if (op == "<=") return Of(!above);
  return Of(op == ">" ? above : !below);
}

class Round {
 public:
  explicit Round(uint64_t seed) : dice_(seed) {
    const int columns = 1 + dice_.Roll(4);
    for (int i = 0; i < columns; ++i) {
      const Kind kind = static_cast<Kind>(dice_.Roll(kKinds));
      columns_.push_back({"c" + std::to_string(i), kind, dice_.OneIn(3), dice_.OneIn(2), {}});
      for (int j = 0; j < 3; ++j) columns_.back().pool.push_back(RandomCell(dice_, kind));
    }
  }

  void Run() {
    const Tested tested = RandomPredicate(1 + dice_.Roll(5));
    DataSkipping skipping(tested.predicate, {}, Table());
    for (int file = 0; file < 4; ++file) CheckFile(tested, skipping);
  }

 private:
  Metadata Table() const {
    Metadata metadata;
    for (const TestColumn& column : columns_) {
      metadata.schema_string += metadata.schema_string.empty() ? "" : ",";
      metadata.schema_string +=
          fmt::format(R"({{"name":"{}","type":"{}","nullable":true,"metadata":{{}}}})", column.name,
                      TypeName(column.kind));
      if (column.is_partition) metadata.partition_columns.push_back(column.name);
    }
    metadata.schema_string = R"({"type":"struct","fields":[)" + metadata.schema_string + "]}";
    return metadata;
  }

  Cell CloseCell(const TestColumn& column) {
    if (dice_.OneIn(4)) return RandomCell(dice_, column.kind);
    Cell cell = dice_.Of(column.pool);
    if (IsMoment(column.kind)) cell.number += dice_.Roll(4) * 400;
    if (column.kind == Kind::kString && dice_.OneIn(3)) cell.text += RandomPiece(dice_);
    return cell;
  }

  // --- what is asked ---

  Source Value(size_t index) const {
    const TestColumn column = columns_[index];
    return [column, index](const Row& row, const Reader& reader) {
      Cell cell = row[index];
      if (column.kind == Kind::kTimestamp && column.is_partition && column.is_local) {
        cell.number -= reader.partition_zone;
      }
      return cell;
    };
  }

  // A literal for a column, and what it means to a reader.
  std::pair<Operand, Source> RandomLiteral(const TestColumn& column, bool json, bool& exact) {
    const Kind kind = column.kind;
    const Cell cell = CloseCell(column);
    const Source plain = [cell](const Row&, const Reader&) { return cell; };
    const std::string text = CellText(kind, cell);
    switch (kind) {
      case Kind::kBool: return {Literal(ValueType::kBool, text), plain};
      case Kind::kInt: return {json ? Literal(ValueType::kInt, text) : Number(text), plain};
      case Kind::kLong: return {json ? Literal(ValueType::kLong, text) : Number(text), plain};
      case Kind::kDecimal:
      case Kind::kBigDecimal: return {Number(text), plain};
      case Kind::kFloat:
        exact = false;
        if (dice_.OneIn(2)) return FloatAsDouble(json);
        return {Literal(ValueType::kFloat, text), plain};
      case Kind::kDouble:
        exact = false;
        if (json || !std::isfinite(cell.real)) return {Literal(ValueType::kDouble, text), plain};
        return {Number(text), plain};
      case Kind::kString: return {Text(text), plain};
      case Kind::kDate: return {!json && dice_.OneIn(2) ? Text(text) : Day(text), plain};
      case Kind::kTimestamp: exact = false; return Moment(cell, json);
      case Kind::kNtz:
        if (dice_.OneIn(2)) return {Text(MomentText(cell.number, 'T', 6)), plain};
        exact = false;
        return MomentForNtz(cell);
    }
    return {Null(), plain};
  }

  // A double for a column of floats: readers bring one to the other, or the other to the one.
  std::pair<Operand, Source> FloatAsDouble(bool json) {
    Cell cell = RandomCell(dice_, Kind::kDouble);
    const std::string text = CellText(Kind::kDouble, cell);
    const bool number = !json && std::isfinite(cell.real);
    return {number ? Number(text) : Literal(ValueType::kDouble, text),
            [cell](const Row&, const Reader& reader) {
              Cell seen = cell;
              if (reader.floats_stay_floats) seen.real = static_cast<float>(seen.real);
              return seen;
            }};
  }

  std::pair<Operand, Source> Moment(const Cell& cell, bool json) {
    const Source plain = [cell](const Row&, const Reader&) { return cell; };
    switch (dice_.Roll(json ? 2 : 4)) {
      case 0: return {Time(MomentText(cell.number, 'T', 6) + "Z"), plain};
      case 1: {  // cut towards zero
        const Wide cut = cell.number / 1000 * 1000;
        return {Literal(ValueType::kTimestampMs, MomentText(cut, 'T', 3) + "Z"), plain};
      }
      case 2: return {Text(MomentText(cell.number + 7200 * kMillion, ' ', 6) + "+02:00"), plain};
      default:
        return {Time(MomentText(cell.number, ' ', 6)), [cell](const Row&, const Reader& reader) {
                  Cell seen = cell;
                  seen.number -= reader.zone;
                  return seen;
                }};
    }
  }

  // A moment, which a reader sees by the clock of its zone.
  std::pair<Operand, Source> MomentForNtz(const Cell& cell) {
    return {Time(MomentText(cell.number, 'T', 6) + "Z"), [cell](const Row&, const Reader& reader) {
              Cell seen = cell;
              seen.number += reader.zone;
              return seen;
            }};
  }

  static ValueType JsonType(Kind kind) {
    switch (kind) {
      case Kind::kBool: return ValueType::kBool;
      case Kind::kInt: return ValueType::kInt;
      case Kind::kLong: return ValueType::kLong;
      case Kind::kFloat: return ValueType::kFloat;
      case Kind::kDouble: return ValueType::kDouble;
      case Kind::kString: return ValueType::kString;
      case Kind::kDate: return ValueType::kDate;
      case Kind::kTimestamp: return ValueType::kTimestamp;
      default: return ValueType::kOwn;
    }
  }

  Tested RandomComparison() {
    static const std::vector<std::string> kOps = {"=", "<", "<=", ">", ">="};
    const auto index = static_cast<size_t>(dice_.Roll(static_cast<int>(columns_.size())));
    const TestColumn& column = columns_[index];
    const bool json = dice_.OneIn(2);
    Operand left = Column(column.name, json ? JsonType(column.kind) : ValueType::kOwn);
    const std::string op = dice_.Of(kOps);
    bool exact = column.is_partition && !IsReal(column.kind);
    auto [right, meaning] = RandomLiteral(column, json, exact);
    // The column as what the literal is.
    if (json) left.type = right.type;
    if (json && right.type == ValueType::kNumber) left.type = ValueType::kOwn;
    if (column.kind == Kind::kNtz) left.type = ValueType::kOwn;
    if (dice_.OneIn(12)) {
      right = Null();
      meaning = [](const Row&, const Reader&) { return Cell{}; };
    } else if (!columns_.empty() && dice_.OneIn(10)) {
      return ColumnsCompared(index, op);
    }
    const Kind kind = column.kind;
    return {Is(left, op, right),
            [kind, op, a = Value(index), b = meaning](const Row& row, const Reader& reader) {
              return Compared(kind, op, a(row, reader), b(row, reader), reader);
            },
            exact};
  }

  Tested ColumnsCompared(size_t index, const std::string& op) {
    const Kind kind = columns_[index].kind;
    const auto other = static_cast<size_t>(dice_.Roll(static_cast<int>(columns_.size())));
    if (columns_[other].kind != kind) return {Unknown(), UnknownTruth()};
    return {Is(Column(columns_[index].name), op, Column(columns_[other].name)),
            [kind, op, a = Value(index), b = Value(other)](const Row& row, const Reader& reader) {
              return Compared(kind, op, a(row, reader), b(row, reader), reader);
            }};
  }

  Judge UnknownTruth() {
    const auto salt = static_cast<unsigned>(dice_.Roll(1000));
    return [salt](const Row&, const Reader& reader) {
      return static_cast<Truth>((salt + reader.unknown) % 3);
    };
  }

  Tested RandomList() {
    const auto index = static_cast<size_t>(dice_.Roll(static_cast<int>(columns_.size())));
    const TestColumn& column = columns_[index];
    Tested list{
        .predicate = {}, .truth = nullptr, .exact = column.is_partition && !IsReal(column.kind)};
    std::vector<Operand> literals;
    std::vector<Source> meanings;
    for (int i = 1 + dice_.Roll(6); i > 0; --i) {
      auto [literal, meaning] = RandomLiteral(column, false, list.exact);
      // A text makes a text of a list.
      if (column.kind != Kind::kString && literal.type == ValueType::kString) list.exact = false;
      if (dice_.OneIn(12)) {
        literal = Null();
        meaning = [](const Row&, const Reader&) { return Cell{}; };
      }
      literals.push_back(std::move(literal));
      meanings.push_back(std::move(meaning));
    }
    list.predicate = In(Column(column.name), std::move(literals));
    list.truth = [kind = column.kind, a = Value(index), meanings](const Row& row,
                                                                  const Reader& reader) {
      Truth any = Truth::kFalse;
      for (const Source& b : meanings) {
        any = Either(any, Compared(kind, "=", a(row, reader), b(row, reader), reader));
      }
      return any;
    };
    return list;
  }

  Tested RandomLeaf() {
    const auto index = static_cast<size_t>(dice_.Roll(static_cast<int>(columns_.size())));
    const TestColumn& column = columns_[index];
    switch (dice_.Roll(8)) {
      case 0:
        return {IsNull(column.name.c_str()),
                [index](const Row& row, const Reader&) { return Of(row[index].null); },
                column.is_partition && !IsReal(column.kind)};
      case 1:
        if (column.kind == Kind::kString) {
          const std::string text = CloseCell(column).text;
          const std::string prefix = text.substr(0, text.size() / 2);
          return {StartsWith(column.name.c_str(), prefix),
                  [index, prefix](const Row& row, const Reader&) {
                    if (row[index].null) return Truth::kNull;
                    return Of(row[index].text.starts_with(prefix));
                  },
                  column.is_partition};
        }
        return {Unknown(), UnknownTruth()};
      case 2: return RandomList();
      default: return RandomComparison();
    }
  }

  Tested RandomPredicate(int depth) {
    const int kind = depth <= 1 ? 9 : dice_.Roll(8);
    if (kind >= 5) return RandomLeaf();
    Tested a = RandomPredicate(depth - 1);
    if (kind == 0) {
      return {Not(std::move(a.predicate)),
              [f = std::move(a.truth)](const Row& row, const Reader& reader) {
                return Negated(f(row, reader));
              },
              a.exact};
    }
    Tested b = RandomPredicate(depth - 1);
    const bool is_and = kind < 3;
    return {Join(is_and ? Op::kAnd : Op::kOr, {std::move(a.predicate), std::move(b.predicate)}),
            [is_and, f = std::move(a.truth), g = std::move(b.truth)](const Row& row,
                                                                     const Reader& reader) {
              const Truth left = f(row, reader), right = g(row, reader);
              return is_and ? Both(left, right) : Either(left, right);
            },
            a.exact && b.exact};
  }

  // --- what is there ---

  std::vector<Row> RandomRows() {
    std::vector<Row> rows(static_cast<size_t>(1 + dice_.Roll(5)), Row(columns_.size()));
    for (size_t i = 0; i < columns_.size(); ++i) {
      const int null_one_in = dice_.OneIn(6) ? 1 : (dice_.OneIn(2) ? 3 : 1000);
      for (Row& row : rows) {
        if (!dice_.OneIn(null_one_in)) row[i] = CloseCell(columns_[i]);
        if (columns_[i].is_partition) row[i] = rows.front()[i];
        if (columns_[i].is_partition && columns_[i].kind == Kind::kString && row[i].text.empty()) {
          row[i] = Cell{};
        }
      }
    }
    return rows;
  }

  std::string PartitionValues(const Row& row) {
    std::string values;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const TestColumn& column = columns_[i];
      if (!column.is_partition) continue;
      std::string text = CellText(column.kind, row[i]);
      if (column.kind == Kind::kTimestamp && !column.is_local) {
        text = MomentText(row[i].number, 'T', 6) + "Z";
      }
      values += (values.empty() ? "" : ",") + Quoted(column.name) + ":" +
                (row[i].null ? (dice_.OneIn(2) ? "null" : "\"\"") : Quoted(text));
    }
    return "{" + values + "}";
  }

  // Of all rows, with this and that missing.
  std::string Statistics(const std::vector<Row>& rows) {
    const Writer writer = RandomWriter(dice_);
    const int missing_one_in = dice_.OneIn(3) ? 4 : 1000;
    std::string least, most, nulls;
    const auto add = [&](std::string& to, const TestColumn& column, const std::string& value) {
      if (dice_.OneIn(missing_one_in)) return;
      to += (to.empty() ? "" : ",") + Quoted(column.name) + ":" + value;
    };
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].is_partition) continue;
      std::vector<Cell> cells;
      for (const Row& row : rows) cells.push_back(row[i]);
      const BoundTexts bounds = BoundsOf(writer, columns_[i].kind, cells);
      if (bounds.least.has_value()) add(least, columns_[i], *bounds.least);
      if (bounds.most.has_value()) add(most, columns_[i], *bounds.most);
      add(nulls, columns_[i], std::to_string(bounds.nulls));
    }
    const std::string count =
        dice_.OneIn(missing_one_in) ? "" : fmt::format(R"("numRecords":{},)", rows.size());
    return fmt::format(R"({{{}"minValues":{{{}}},"maxValues":{{{}}},"nullCount":{{{}}}}})", count,
                       least, most, nulls);
  }

  Reader RandomReader() {
    constexpr int64_t kQuarter = 900 * kMillion;
    return {dice_.OneIn(2), dice_.OneIn(2), dice_.Between(-48, 56) * kQuarter,
            dice_.Between(-48, 56) * kQuarter, static_cast<unsigned>(dice_.Roll(3))};
  }

  void CheckFile(const Tested& tested, DataSkipping& skipping) {
    std::vector<Row> rows = RandomRows();
    const std::string partition = PartitionValues(rows.front());
    const std::string stats = Statistics(rows);
    if (dice_.OneIn(4)) rows.resize(1 + rows.size() / 2);  // the others were deleted since
    FileEntry file;
    file.partition_values = partition;
    if (!dice_.OneIn(8)) file.stats = stats;
    const Matches of_partition = skipping.OfPartition(partition);
    const Matches matches = skipping.OfFile(file);
    const std::string told = partition + " " + stats;
    const bool decided = of_partition != Matches::kSome;
    EXPECT_TRUE(!decided || matches == of_partition) << told;
    EXPECT_TRUE(!tested.exact || decided) << told;
    EXPECT_TRUE(matches != Matches::kNone || skipping.can_skip()) << told;
    for (int i = 0; i < 8; ++i) {
      const Reader reader = RandomReader();
      for (const Row& row : rows) {
        const bool holds = tested.truth(row, reader) == Truth::kTrue;
        EXPECT_NE(matches, holds ? Matches::kNone : Matches::kAll) << told;
      }
    }
    ++counts[static_cast<int>(matches)];
  }

  Dice dice_;
  std::vector<TestColumn> columns_;

 public:
  int counts[3] = {};
};

TEST(DataSkippingProperty, NeverCostsAnyoneARow) {
  constexpr uint64_t kRounds = 4'000;
  int counts[3] = {};
  for (uint64_t seed = 1; seed <= kRounds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Round round(seed);
    round.Run();
    for (int i = 0; i < 3; ++i) counts[i] += round.counts[i];
  }
  // All kinds of answers are put to the test.
  for (const int count : counts) EXPECT_GT(count, 1'000);
}

}  // namespace
}  // namespace sluice::delta
