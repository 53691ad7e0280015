#include "delta/data_skipping.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "delta/testing/predicates.h"

namespace sluice::delta {
namespace {

using namespace testing;  // delta/testing/predicates.h

constexpr Matches kNone = Matches::kNone;
constexpr Matches kSome = Matches::kSome;
constexpr Matches kAll = Matches::kAll;

std::string Field(const std::string& name, const std::string& type,
                  const std::string& metadata = "{}") {
  return fmt::format(R"({{"name":"{}","type":{},"nullable":true,"metadata":{}}})", name, type,
                     metadata);
}
std::string Quoted(const std::string& text) { return '"' + text + '"'; }
std::string Struct(const std::string& fields) {
  return R"({"type":"struct","fields":[)" + fields + "]}";
}

Metadata Table(const std::string& fields, std::vector<std::string> partition_columns = {}) {
  Metadata metadata;
  metadata.schema_string = Struct(fields);
  metadata.partition_columns = std::move(partition_columns);
  return metadata;
}

Matches OfFile(const Metadata& metadata, const Predicate& predicate, std::string_view partition,
               std::optional<std::string_view> stats, const Protocol& protocol = {}) {
  DataSkipping skipping(predicate, protocol, metadata);
  FileEntry file;
  file.partition_values = partition;
  file.stats = stats;
  const Matches matches = skipping.OfFile(file);
  EXPECT_EQ(skipping.OfFile(file), matches);  // from memory
  const bool possible = skipping.can_skip() || matches != kNone;
  EXPECT_TRUE(possible);
  return matches;
}

// Statistics of a column "c" with ten rows.
std::string Bounds(const std::string& least, const std::string& most, int nulls = 0) {
  return fmt::format(
      R"({{"numRecords":10,"minValues":{{"c":{}}},"maxValues":{{"c":{}}},"nullCount":{{"c":{}}}}})",
      least, most, nulls);
}
std::string Partition(const std::string& value) { return fmt::format(R"({{"c":"{}"}})", value); }

struct Case {
  std::string type;
  std::string text;  // statistics, or the partition values
  Predicate predicate;
  Matches expected;
};

// A table with the one column "c".
void CheckStatistics(const std::vector<Case>& cases, const std::string& metadata = "{}") {
  for (size_t i = 0; i < cases.size(); ++i) {
    const Metadata table = Table(Field("c", Quoted(cases[i].type), metadata));
    EXPECT_EQ(OfFile(table, cases[i].predicate, "{}", cases[i].text), cases[i].expected)
        << "case " << i << ": " << cases[i].type << ' ' << cases[i].text;
  }
}
void CheckPartitions(const std::vector<Case>& cases) {
  for (size_t i = 0; i < cases.size(); ++i) {
    const Metadata table = Table(Field("c", Quoted(cases[i].type)), {"c"});
    EXPECT_EQ(OfFile(table, cases[i].predicate, cases[i].text, std::nullopt), cases[i].expected)
        << "case " << i << ": " << cases[i].type << ' ' << cases[i].text;
  }
}

TEST(DataSkipping, ComparesWithBounds) {
  const std::string bounds = Bounds("3", "7");
  CheckStatistics({{"long", bounds, Is("c", "=", Number("2")), kNone},
                   {"long", bounds, Is("c", "=", Number("3")), kSome},
                   {"long", bounds, Is("c", "=", Number("8")), kNone},
                   {"long", bounds, Is("c", "!=", Number("8")), kAll},
                   {"long", bounds, Is("c", "<", Number("3")), kNone},
                   {"long", bounds, Is("c", "<=", Number("3")), kSome},
                   {"long", bounds, Is("c", "<", Number("8")), kAll},
                   {"long", bounds, Is("c", "<=", Number("7")), kAll},
                   {"long", bounds, Is("c", "<", Number("7")), kSome},
                   {"long", bounds, Is("c", ">", Number("7")), kNone},
                   {"long", bounds, Is("c", ">=", Number("7")), kSome},
                   {"long", bounds, Is("c", ">=", Number("3")), kAll},
                   {"long", bounds, Is("c", ">", Number("2.5")), kAll},
                   {"long", bounds, Is("c", "<", Null()), kNone},
                   {"long", bounds, Not(Is("c", "=", Null())), kNone},
                   {"long", Bounds("5", "5"), Is("c", "=", Number("5")), kAll},
                   {"long", Bounds("5", "5"), Is("c", "!=", Number("5")), kNone},
                   {"long", Bounds("5", "5", 1), Is("c", "=", Number("5")), kSome},
                   {"long", Bounds("5", "5", 1), Is("c", "!=", Number("5")), kNone}});
}

TEST(DataSkipping, JoinsByThreeValuedLogic) {
  const std::string bounds = Bounds("3", "7");
  const Predicate no = Is("c", "=", Number("9"));
  const Predicate yes = Is("c", "<", Number("9"));
  const Predicate maybe = Is("c", "=", Number("5"));
  CheckStatistics({{"long", bounds, And(no, Unknown()), kNone},
                   {"long", bounds, And(yes, Unknown()), kSome},
                   {"long", bounds, Or(no, Unknown()), kSome},
                   {"long", bounds, Or(yes, Unknown()), kAll},
                   {"long", bounds, And(maybe, no), kNone},
                   {"long", bounds, Or(no, no), kNone},
                   {"long", bounds, Or(maybe, yes), kAll},
                   {"long", bounds, Not(And(yes, yes)), kNone},
                   {"long", bounds, Not(Or(no, maybe)), kSome},
                   {"long", bounds, Not(Unknown()), kSome},
                   {"long", bounds, And(Is("c", "=", Null()), Unknown()), kNone},
                   {"long", bounds, Not(And(Is("c", "=", Null()), Unknown())), kSome},
                   {"long", bounds, Or(Is("c", "=", Null()), yes), kAll},
                   // Without children nothing is said.
                   {"long", bounds, Join(Op::kOr, {}), kSome},
                   {"long", bounds, Join(Op::kAnd, {}), kSome},
                   {"long", bounds, Join(Op::kNot, {no, no}), kSome},
                   {"long", bounds, Predicate{.op = Op::kEqual, .operands = {Column("c")}}, kSome},
                   {"long", bounds, Predicate{.op = Op::kIn, .operands = {Column("c")}}, kSome}});
}

TEST(DataSkipping, CountsOfNullsMustMakeSense) {
  const Predicate null = IsNull("c");
  const Predicate five = Is("c", "=", Number("5"));
  const Predicate nine = Is("c", "=", Number("9"));
  CheckStatistics(
      {{"long", Bounds("3", "7"), null, kNone},
       {"long", Bounds("3", "7"), Not(null), kAll},
       {"long", Bounds("3", "7", 4), null, kSome},
       {"long", R"({"numRecords":4,"nullCount":{"c":4}})", null, kAll},
       {"long", R"({"numRecords":4,"nullCount":{"c":4}})", Not(null), kNone},
       {"long", R"({"numRecords":4,"nullCount":{"c":4}})", Is("c", "!=", Number("5")), kNone},
       {"long", R"({"nullCount":{"c":4}})", null, kSome},
       {"long", R"({"nullCount":{"c":4}})", Not(null), kSome},
       {"long", R"({"nullCount":{"c":0}})", null, kNone},
       {"long", R"({"numRecords":0,"nullCount":{"c":0}})", null, kSome},
       {"long", R"({"numRecords":4})", null, kSome},
       // Not the column's: nobody knows its values.
       {"long", R"({"numRecords":4,"minValues":{"d":1},"nullCount":{"d":0}})", nine, kSome},
       // Contradictions.
       {"long", Bounds("3", "7", 11), nine, kSome},
       {"long", Bounds("3", "7", -1), nine, kSome},
       {"long", Bounds("7", "3"), nine, kSome},
       {"long", R"({"numRecords":-3,"minValues":{"c":3},"maxValues":{"c":7}})", nine, kSome},
       {"long", R"({"numRecords":5,"minValues":{"c":3},"maxValues":{"c":7},"nullCount":{"c":"0"}})",
        nine, kSome},
       {"long", R"({"maxValues":{"c":7},"minValues":{"c":3}})", nine, kNone},
       {"long", R"({"maxValues":{"c":7}})", nine, kNone},
       {"long", R"({"maxValues":{"c":7}})", five, kSome},
       {"long", R"({"minValues":{"c":9}})", five, kNone},
       {"long", R"({"minValues":{"c":9},"maxValues":{"c":null}})", five, kNone},
       // A deletion vector took rows away: all null and no null hold on, one null may be gone.
       {"long", R"({"numRecords":4,"tightBounds":false,"nullCount":{"c":4}})", Not(null), kNone},
       {"long", R"({"numRecords":4,"tightBounds":false,"nullCount":{"c":0}})", null, kNone},
       {"long", R"({"numRecords":4,"tightBounds":false,"nullCount":{"c":3}})", null, kSome}});
}

TEST(DataSkipping, BoundsOfNothingButNullsAreNone) {
  const Metadata table = Table(Field("d", Quoted("double")) + ',' + Field("b", Quoted("byte")));
  const std::string stats =
      R"({"numRecords":1,"minValues":{"d":1.5,"b":0},"maxValues":{"d":2.5,"b":9},)"
      R"("nullCount":{"d":0,"b":1}})";
  for (const std::string_view op : {"=", "<", "<="}) {
    EXPECT_EQ(OfFile(table, Is(Column("d"), op, Column("b")), "{}", stats), kNone) << op;
    EXPECT_EQ(OfFile(table, Is(Column("b"), op, Column("d")), "{}", stats), kNone) << op;
  }
}

TEST(DataSkipping, BrokenStatisticsSayNothing) {
  const Predicate nine = Is("c", "=", Number("9"));
  const std::string good = Bounds("3", "7");
  EXPECT_EQ(OfFile(Table(Field("c", R"("long")")), nine, "{}", good), kNone);
  for (size_t length = 0; length < good.size(); ++length) {
    const std::string cut = good.substr(0, length);
    EXPECT_EQ(OfFile(Table(Field("c", R"("long")")), nine, "{}", cut), kSome) << cut;
  }
  for (const std::string bounds :
       {R"({"minValues":{"c":"3"},"maxValues":{"c":7}})",
        R"({"minValues":{"c":[]},"maxValues":{"c":7}})",
        R"({"minValues":{"c":{"c":3}},"maxValues":{"c":7}})",
        R"({"minValues":[3],"maxValues":{"c":[7]}})",
        R"({"minValues":{"c":3},"maxValues":{"c":7.5}})",
        R"({"minValues":{"c":3},"maxValues":{"c":1e0}})",
        R"({"minValues":{"c":3},"maxValues":{"c":7x}})",
        R"({"minValues":{"c":true},"maxValues":{"c":7}})",
        R"({"maxValues":{"c":7},"maxValues":{"c":9}})", R"({"maxValues":{"c":7,"c":9}})",
        R"({"maxValues":{"c":99999999999999999999}})",
        R"({"minValues":{"c":99999999999999999999}})",
        R"({"maxValues":{"c":7}} )"
        "{}",
        R"([{"maxValues":{"c":7}}])", "7", "null", "\xff"}) {
    EXPECT_EQ(OfFile(Table(Field("c", R"("long")")), nine, "{}", bounds), kSome) << bounds;
  }
  // A number that the column's type cannot have.
  CheckStatistics({{"byte", Bounds("3", "200"), Is("c", "=", Number("201")), kSome},
                   {"short", Bounds("3", "200"), Is("c", "=", Number("201")), kNone},
                   {"short", Bounds("3", "40000"), Is("c", "=", Number("2")), kSome},
                   {"integer", Bounds("3", "2147483648"), Is("c", "=", Number("2")), kSome}});
}

TEST(DataSkipping, PartitionValuesAreExact) {
  CheckPartitions({{"integer", Partition("5"), Is("c", "=", Number("5")), kAll},
                   {"integer", Partition("5"), Is("c", "!=", Number("5")), kNone},
                   {"integer", Partition("5"), Is("c", "<", Number("5.5")), kAll},
                   {"integer", Partition("5"), Is("c", ValueType::kInt, "<=", "4"), kNone},
                   {"integer", Partition("5x"), Is("c", "=", Number("5")), kSome},
                   {"integer", Partition("5x"), IsNull("c"), kSome},
                   {"integer", Partition("+5"), Is("c", "=", Number("4")), kSome},
                   {"integer", Partition(""), Is("c", "=", Number("5")), kNone},
                   {"integer", Partition(""), IsNull("c"), kAll},
                   {"integer", R"({"c":null})", IsNull("c"), kAll},
                   {"integer", R"({"c":null})", Not(Is("c", "=", Number("5"))), kNone},
                   {"integer", "{}", IsNull("c"), kSome},
                   {"integer", "{", Is("c", "=", Number("5")), kSome},
                   {"integer", R"({"c":5})", Is("c", "=", Number("4")), kSome},
                   {"boolean", Partition("true"), Is("c", ValueType::kBool, "=", "true"), kAll},
                   {"boolean", Partition("false"), Is("c", ValueType::kBool, "<", "true"), kAll},
                   {"boolean", Partition("TRUE"), Is("c", ValueType::kBool, "=", "false"), kSome},
                   {"string", Partition("b"), Is("c", ">", Text("a")), kAll},
                   {"string", Partition(R"(\"\u00e9\n)"), Is("c", "=", Text("\"é\n")), kAll},
                   {"string", Partition("🐤"), Is("c", ">", Text("\xEF\xBF\xBD")), kAll},
                   {"date", Partition("2021-04-28"), Is("c", "<", Day("2021-04-29")), kAll},
                   {"date", Partition("2021-4-28"), Is("c", "<", Day("2021-04-20")), kSome},
                   {"decimal(10,2)", Partition("10.50"), Is("c", "=", Number("10.5")), kAll},
                   {"decimal(10,2)", Partition("10.505"), Is("c", "=", Number("10.5")), kSome},
                   {"double", Partition("1.5"), Is("c", "=", Number("1.5")), kAll},
                   {"double", Partition("-0.0"), Is("c", "=", Number("0")), kAll},
                   {"double", Partition("NaN"), Is("c", ">", Number("1")), kSome},
                   {"binary", Partition("a"), Is("c", "=", Text("b")), kSome},
                   {"interval", Partition("a"), Is("c", "=", Text("b")), kSome},
                   {"binary", Partition(""), IsNull("c"), kAll}});
}

TEST(DataSkipping, LooksUpListsOfLiterals) {
  const auto in = [](std::vector<Operand> literals) {
    return In(Column("c"), std::move(literals));
  };
  const std::vector<Operand> numbers = {Number("9"), Number("1"), Number("5")};
  std::vector<Operand> with_null = numbers;
  with_null.push_back(Null());
  CheckStatistics({{"long", Bounds("3", "7"), in(numbers), kSome},
                   {"long", Bounds("2", "4"), in(numbers), kNone},
                   {"long", Bounds("6", "8"), Not(in(numbers)), kAll},
                   {"long", Bounds("10", "12"), in(numbers), kNone},
                   {"long", Bounds("-3", "0"), in(numbers), kNone},
                   {"long", Bounds("5", "5"), in(numbers), kAll},
                   {"long", Bounds("5", "5"), Not(in(numbers)), kNone},
                   {"long", Bounds("6", "6"), Not(in(with_null)), kNone},
                   {"long", Bounds("6", "6"), in({Number("5"), Text("null")}), kSome},
                   {"long", Bounds("6", "6"), Not(in({Number("5"), Text("null")})), kSome},
                   {"long", Bounds("6", "6"), in({Number("5"), Column("c")}), kSome},
                   {"long", R"({"minValues":{"c":10}})", in(numbers), kNone},
                   {"long", R"({"maxValues":{"c":0}})", in(numbers), kNone},
                   {"string", Bounds(R"("b")", R"("d")"), in({Text("a"), Text("e")}), kNone},
                   {"string", Bounds(R"("b")", R"("d")"), in({Text("a"), Text("c")}), kSome}});
  CheckPartitions({{"date", Partition("2021-04-28"), in({Day("2021-04-28")}), kAll},
                   {"date", Partition("2021-04-28"), in({Day("2021-04-29")}), kNone},
                   // As texts these may differ, as numbers not.
                   {"integer", Partition("5"), Not(in({Text("05")})), kSome},
                   {"integer", Partition("5"), in({Text("06")}), kNone},
                   {"string", Partition("5"), Not(in({Number("5.0")})), kSome},
                   // Moments that lie within each other: the widest begins first.
                   {"timestamp", Partition("2021-04-28T10:00:00Z"),
                    in({Time("2021-04-28T00:00:00"), Time("2021-04-28T01:00:00Z")}), kSome}});
}

TEST(DataSkipping, FindsBeginningsOfStrings) {
  CheckStatistics({{"string", Bounds(R"("ba")", R"("bz")"), StartsWith("c", "b"), kAll},
                   {"string", Bounds(R"("ba")", R"("bz")"), StartsWith("c", "a"), kNone},
                   {"string", Bounds(R"("ba")", R"("bz")"), StartsWith("c", "c"), kNone},
                   {"string", Bounds(R"("ba")", R"("bz")"), StartsWith("c", "bz1"), kNone},
                   {"string", Bounds(R"("ba")", R"("bz")"), StartsWith("c", "bc"), kSome},
                   {"string", Bounds(R"("ba")", R"("c")"), StartsWith("c", "b"), kSome},
                   {"string", Bounds(R"("ba")", R"("bz")"), StartsWith("c", ""), kAll},
                   {"string", Bounds(R"("ba")", R"("bz")"), StartsWith("c", "null"), kSome},
                   {"long", Bounds("1", "2"), StartsWith("c", "3"), kSome}});
}

TEST(DataSkipping, FindsColumnsByTheirNames) {
  const std::string inner = Struct(Field("C", R"("long")") + "," + Field("d.e", R"("long")"));
  const Metadata table =
      Table(Field("a", R"("long")") + "," + Field("A", R"("string")") + "," + Field("b", inner) +
            "," + Field("b.x", R"("long")") + "," + Field("y.x", R"("long")") + "," +
            Field("y", Struct(Field("x", R"("long")"))));
  const std::string stats =
      R"({"minValues":{"a":1,"A":"k","b":{"C":1,"d.e":1},"b.x":1,"y.x":1,"y":{"x":1}},)"
      R"("maxValues":{"a":2,"A":"l","b":{"C":2,"d.e":2},"b.x":2,"y.x":2,"y":{"x":2}}})";
  const auto judge = [&](const char* name) {
    return OfFile(table, Is(name, "=", Number("3")), "{}", stats);
  };
  EXPECT_EQ(judge("a"), kNone);
  EXPECT_EQ(OfFile(table, Is("A", "=", Text("m")), "{}", stats), kNone);
  EXPECT_EQ(judge("b.C"), kNone);
  EXPECT_EQ(judge("B.c"), kNone);
  EXPECT_EQ(judge("b.d.e"), kNone);
  EXPECT_EQ(judge("b.x"), kNone);
  EXPECT_EQ(judge("y.x"), kSome);  // two of that name
  EXPECT_EQ(judge("b"), kSome);
  EXPECT_EQ(judge("z"), kSome);
  EXPECT_EQ(judge(""), kSome);
  EXPECT_EQ(judge("b."), kSome);
  const Metadata twice = Table(Field("Aa", R"("long")") + "," + Field("aA", R"("long")"));
  const std::string of_twice = R"({"maxValues":{"Aa":2,"aA":2}})";
  EXPECT_EQ(OfFile(twice, Is("aA", "=", Number("3")), "{}", of_twice), kNone);
  EXPECT_EQ(OfFile(twice, Is("aa", "=", Number("3")), "{}", of_twice), kSome);
}

TEST(DataSkipping, FollowsColumnMapping) {
  const auto mapped = [](const std::string& name) {
    return fmt::format(R"({{"delta.columnMapping.physicalName":"{}"}})", name);
  };
  const std::string inner = Struct(Field("x", R"("long")", mapped("col-x")));
  Metadata table = Table(Field("p", R"("integer")", mapped("col-p")) + "," +
                             Field("a", R"("long")", mapped("col-a")) + "," +
                             Field("s", inner, mapped("col-s")) + "," + Field("n", R"("long")"),
                         {"p"});
  Protocol protocol;
  protocol.min_reader_version = 2;
  const std::string partition = R"({"col-p":"1","p":"9"})";
  const std::string stats =
      R"({"minValues":{"col-a":1,"col-s":{"col-x":1},"a":9,"n":1},)"
      R"("maxValues":{"col-a":2,"col-s":{"col-x":2},"a":9,"n":1},"nullCount":{"a":0}})";
  const auto judge = [&](const char* name) {
    return OfFile(table, Is(name, "=", Number("9")), partition, stats, protocol);
  };
  for (const char* mode : {"name", "id"}) {
    table.configuration["delta.columnMapping.mode"] = mode;
    EXPECT_EQ(judge("p"), kNone);
    EXPECT_EQ(judge("a"), kNone);
    EXPECT_EQ(judge("s.x"), kNone);
    EXPECT_EQ(judge("n"), kSome);  // nobody says how it is called in files
    EXPECT_EQ(judge("col-a"), kSome);
  }
  table.configuration.clear();
  EXPECT_EQ(judge("p"), kAll);
  EXPECT_EQ(judge("a"), kAll);
  table.configuration["delta.columnMapping.mode"] = "odd";
  EXPECT_EQ(judge("a"), kSome);
}

TEST(DataSkipping, TakesPartitionValuesAndStatisticsTogether) {
  const Metadata table = Table(Field("p", R"("integer")") + "," + Field("c", R"("long")"), {"p"});
  const std::string partition = R"({"p":"1"})";
  const std::string stats = Bounds("3", "7");
  const Predicate one = Is("p", "=", Number("1"));
  const Predicate nine = Is("c", "=", Number("9"));
  EXPECT_EQ(OfFile(table, And(one, nine), partition, stats), kNone);
  EXPECT_EQ(OfFile(table, And(one, Not(nine)), partition, stats), kAll);
  EXPECT_EQ(OfFile(table, Or(one, nine), partition, stats), kAll);
  EXPECT_EQ(OfFile(table, Or(Not(one), nine), partition, stats), kNone);
  EXPECT_EQ(OfFile(table, Or(Not(one), nine), partition, std::nullopt), kSome);
  EXPECT_EQ(OfFile(table, And(Not(one), nine), partition, "broken"), kNone);
  EXPECT_EQ(OfFile(table, Is(Column("p"), "<", Column("c")), partition, stats), kAll);
  EXPECT_EQ(OfFile(table, Is(Column("p"), "=", Column("c")), partition, stats), kNone);

  DataSkipping skipping(Or(Is(Column("p"), "=", Column("c")), Is("p", ">", Number("20"))), {},
                        table);
  EXPECT_TRUE(skipping.can_skip());
  FileEntry file;
  for (const int p : {1, 5, 1, 9, 21}) {
    const std::string values = fmt::format(R"({{"p":"{}"}})", p);
    file.partition_values = values;
    file.stats = stats;
    const Matches expected = p == 5 ? kSome : (p == 21 ? kAll : kNone);
    EXPECT_EQ(skipping.OfFile(file), expected) << p;
    EXPECT_EQ(skipping.OfPartition(values), p == 21 ? kAll : kSome) << p;
  }
}

TEST(DataSkipping, KnowsWhetherItIsOfUse) {
  const Metadata table = Table(Field("c", R"("long")") + "," + Field("b", R"("binary")"));
  const auto of_use = [&](const Predicate& predicate) {
    return DataSkipping(predicate, {}, table).can_skip();
  };
  const Predicate five = Is("c", "=", Number("5"));
  EXPECT_TRUE(of_use(five));
  EXPECT_TRUE(of_use(And(five, Unknown())));
  EXPECT_TRUE(of_use(Not(Or(five, Unknown()))));
  EXPECT_TRUE(of_use(Is(Number("1"), "=", Number("2"))));
  EXPECT_FALSE(of_use(Or(five, Unknown())));
  EXPECT_FALSE(of_use(Not(And(five, Unknown()))));
  EXPECT_FALSE(of_use(Unknown()));
  EXPECT_FALSE(of_use(Is("z", "=", Number("5"))));
  EXPECT_FALSE(of_use(Is("b", "=", Text("5"))));
}

// How many files without a match are left out until a thousand steps are made.
int LeftOut(const Predicate& predicate) {
  DataSkipping skipping(predicate, {}, Table(Field("c", R"("long")")), 1'000);
  const std::string stats = Bounds("11", "12");
  FileEntry file;
  file.partition_values = "{}";
  file.stats = stats;
  int left_out = 0;
  while (left_out < 2'000 && skipping.OfFile(file) == kNone) ++left_out;
  EXPECT_EQ(skipping.OfFile(file), kSome);
  EXPECT_EQ(skipping.OfPartition("{}"), kSome);
  return left_out;
}

TEST(DataSkipping, GivesUpWhenItCostsTooMuch) {
  std::vector<Predicate> many;
  for (int i = 0; i < 10; ++i) many.push_back(Is("c", "=", Number(std::to_string(i))));
  // Ten comparisons, what joins them, and two looks at the statistics each. Twenty-three go before:
  // the partition is looked at once.
  EXPECT_EQ(LeftOut(Join(Op::kOr, std::move(many))), (1'000 - 23) / 13);
}

TEST(DataSkipping, WhatComparesNothingCostsToo) {
  Predicate deep = Is("c", "=", Number("9"));
  for (int i = 0; i < 100; ++i) deep = Not(std::move(deep));
  EXPECT_EQ(LeftOut(deep), (1'000 - 203) / 103);
  // A tree that is larger than what may be spent on it: it is not walked to its end.
  std::vector<Predicate> parts(2'000, Not(Is("c", "=", Number("11"))));
  parts.push_back(Is("c", "=", Number("9")));
  EXPECT_EQ(LeftOut(Join(Op::kAnd, std::move(parts))), 0);
}

TEST(DataSkipping, ConstantsAreJoinedOnceForAllFiles) {
  const Predicate nine = Is("c", "=", Number("9"));
  const auto with_constants = [&](Op op, const Predicate& constant) {
    std::vector<Predicate> parts(100'000, constant);
    parts.push_back(nine);
    return Join(op, std::move(parts));
  };
  const int few = LeftOut(And(nine, Unknown()));
  EXPECT_GT(few, 100);
  EXPECT_NEAR(LeftOut(with_constants(Op::kAnd, Unknown())), few, few / 2);
  EXPECT_NEAR(LeftOut(with_constants(Op::kAnd, Not(Unknown()))), few, few / 2);
  EXPECT_NEAR(LeftOut(with_constants(Op::kOr, IsNull(Number("1")))), few, few / 2);
  const Predicate below = with_constants(Op::kAnd, And(Unknown(), Or(Unknown(), Unknown())));
  EXPECT_NEAR(LeftOut(below), few, few / 2);
  EXPECT_EQ(OfFile(Table(Field("c", R"("long")")), with_constants(Op::kOr, Unknown()), "{}",
                   Bounds("11", "12")),
            kSome);
}

TEST(DataSkipping, RemembersNoMoreThanItMay) {
  DataSkipping skipping(Is("c", "=", Number("5")), {}, Table(Field("c", R"("long")"), {"c"}));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 50'000; ++i) {
      ASSERT_EQ(skipping.OfPartition(Partition(std::to_string(i))), i == 5 ? kAll : kNone);
    }
  }
}

TEST(DataSkipping, NamesBeyondNumberAreUnknown) {
  std::vector<Predicate> all;
  for (int i = 0; i < 2'000; ++i) {
    all.push_back(Is(("x" + std::to_string(i)).c_str(), "=", Number("5")));
  }
  all.push_back(Is("c", "=", Number("5")));
  std::swap(all.front(), all.back());
  const Metadata table = Table(Field("c", R"("long")") + "," + Field("x1999", R"("long")"));
  const std::string stats = R"({"maxValues":{"x1999":4,"c":4}})";
  EXPECT_EQ(OfFile(table, Join(Op::kAnd, all), "{}", stats), kNone);
  all.front() = Unknown();
  EXPECT_EQ(OfFile(table, Join(Op::kAnd, all), "{}", stats), kSome);
}

TEST(DataSkipping, DeepPredicatesAreCutOff) {
  Predicate predicate = Is("c", "=", Number("5"));
  for (int i = 0; i < 1'000; ++i) predicate = And(std::move(predicate), Unknown());
  EXPECT_EQ(OfFile(Table(Field("c", R"("long")")), predicate, "{}", Bounds("6", "7")), kSome);
}

}  // namespace
}  // namespace sluice::delta
