#include "sharing/json_predicate.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "delta/testing/predicate_text.h"

namespace sluice::sharing {
namespace {

std::string Read(std::string_view text) {
  return delta::testing::PredicateText(ParseJsonPredicate(text));
}

std::string Column(std::string_view name, std::string_view type) {
  return fmt::format(R"({{"op":"column","name":"{}","valueType":"{}"}})", name, type);
}

std::string Literal(std::string_view value, std::string_view type) {
  return fmt::format(R"({{"op":"literal","value":"{}","valueType":"{}"}})", value, type);
}

std::string Node(std::string_view op, std::string_view children) {
  return fmt::format(R"({{"op":"{}","children":[{}]}})", op, children);
}

std::string Equal(std::string_view name, std::string_view value) {
  return Node("equal", Column(name, "int") + "," + Literal(value, "int"));
}

TEST(JsonPredicate, ReadsTheExamplesOfTheSpecification) {
  EXPECT_EQ(Read(R"({
    "op": "equal",
    "children": [
      {"op": "column", "name":"hireDate", "valueType":"date"},
      {"op":"literal","value":"2021-04-29","valueType":"date"}
    ]
  })"),
            "(= hireDate as date date'2021-04-29')");
  EXPECT_EQ(Read(R"({"op":"and","children":[
      {"op":"equal","children":[
        {"op":"column","name":"hireDate","valueType":"date"},
        {"op":"literal","value":"2021-04-29","valueType":"date"}]},
      {"op":"lessThan","children":[
        {"op":"column","name":"id","valueType":"int"},
        {"op":"literal","value":"25","valueType":"int"}]}]})"),
            "(and (= hireDate as date date'2021-04-29') (< id as int int'25'))");
  EXPECT_EQ(Read(Node("not", Node("isNull", Column("id", "int")))), "(not (null id as int))");
}

TEST(JsonPredicate, ReadsEveryOperation) {
  const std::string children = Column("a", "long") + "," + Literal("5", "long");
  const std::pair<std::string_view, std::string_view> expected[] = {
      {"equal", "(= a as long long'5')"},
      {"lessThan", "(< a as long long'5')"},
      {"lessThanOrEqual", "(<= a as long long'5')"},
      {"greaterThan", "(< long'5' a as long)"},
      {"greaterThanOrEqual", "(<= long'5' a as long)"},
      {"in", "(in a as long long'5')"},
      {"startsWith", "?"},
      {"and", "(and ? ?)"},
      {"unsupported", "?"},
      {"EQUAL", "?"},
      {"", "?"},
  };
  for (const auto& [op, text] : expected) EXPECT_EQ(Read(Node(op, children)), text) << op;
  EXPECT_EQ(Read(Node("or", Equal("a", "1") + "," + Equal("b", "2"))),
            "(or (= a as int int'1') (= b as int int'2'))");
  EXPECT_EQ(Read(Node("startsWith", Column("s", "string") + "," + Literal("x", "string"))),
            "(starts s as string string'x')");
  EXPECT_EQ(
      Read(Node("in", Column("a", "int") + "," + Literal("1", "int") + "," + Literal("2", "int"))),
      "(in a as int int'1' int'2')");
}

TEST(JsonPredicate, ReadsEveryType) {
  const std::pair<std::string_view, std::string_view> expected[] = {
      {"bool", "bool"}, {"int", "int"},     {"long", "long"},     {"string", "string"},
      {"date", "date"}, {"float", "float"}, {"double", "double"}, {"timestamp", "timestamp_ms"},
  };
  for (const auto& [type, text] : expected) {
    EXPECT_EQ(Read(Node("equal", Column("a", type) + "," + Literal("v", type))),
              fmt::format("(= a as {} {}'v')", text, text));
  }
  EXPECT_EQ(Read(Node("isNull", Column("a", "decimal"))), "?");
}

TEST(JsonPredicate, ColumnsAndLiteralsMayStandOnEitherSide) {
  EXPECT_EQ(Read(Node("lessThan", Literal("5", "int") + "," + Column("a", "int"))),
            "(< int'5' a as int)");
  EXPECT_EQ(Read(Node("equal", Column("a", "int") + "," + Column("b.c", "int"))),
            "(= a as int b.c as int)");
}

TEST(JsonPredicate, WhatIsTrueOrFalseMayBeALeaf) {
  EXPECT_EQ(Read(Column("b", "bool")), "(= b as bool bool'true')");
  EXPECT_EQ(Read(Column("b", "int")), "?");
  EXPECT_EQ(Read(Literal("TRUE", "bool")), "(and)");
  EXPECT_EQ(Read(Literal("false", "bool")), "(or)");
  EXPECT_EQ(Read(Literal("yes", "bool")), "?");
  EXPECT_EQ(Read(Node("not", Column("b", "bool"))), "(not (= b as bool bool'true'))");
}

TEST(JsonPredicate, ALiteralIsNotNullUnlessItMayStandForIt) {
  EXPECT_EQ(Read(Node("isNull", Literal("x", "string"))), "(or)");
  EXPECT_EQ(Read(Node("isNull", Literal("null", "string"))), "?");
}

TEST(JsonPredicate, LiteralsMayBeNumbersAndBooleans) {
  const auto literal = [](std::string_view value, std::string_view type) {
    return Read(Node("equal", Column("a", type) + "," +
                                  fmt::format(R"({{"op":"literal","value":{},"valueType":"{}"}})",
                                              value, type)));
  };
  EXPECT_EQ(literal("5", "int"), "(= a as int int'5')");
  EXPECT_EQ(literal("-5", "long"), "(= a as long long'-5')");
  EXPECT_EQ(literal("18446744073709551615", "long"), "(= a as long long'18446744073709551615')");
  EXPECT_EQ(literal("true", "bool"), "(= a as bool bool'true')");
  EXPECT_EQ(literal("0.1", "double"), "?");
  EXPECT_EQ(literal("null", "int"), "?");
  EXPECT_EQ(literal("[1]", "int"), "?");
}

TEST(JsonPredicate, WhatIsOddIsUnknownByItself) {
  const std::string odd[] = {
      Node("equal", Column("a", "int")),
      Node("equal", Column("a", "int") + "," + Literal("5", "long")),
      Node("equal", Column("a", "int") + "," + Literal("5", "int") + "," + Literal("6", "int")),
      Node("equal", Equal("a", "5") + "," + Literal("5", "int")),
      Node("in", Column("a", "int")),
      Node("isNull", ""),
      Node("isNull", Equal("a", "1")),
      Node("not", Equal("a", "1") + "," + Equal("b", "1")),
      Node("and", ""),
      Node("startsWith", Literal("x", "string") + "," + Literal("x", "string")),
      Node("startsWith", Column("s", "string") + "," + Column("t", "string")),
      R"({"op":"equal","children":{}})",
      R"({"op":"equal"})",
      R"({"op":7})",
      R"({"op":"column","valueType":"bool"})",
      R"({"op":"column","name":"b"})",
      R"({"op":"column","name":7,"valueType":"bool"})",
      R"({"op":"literal","value":"5","valueType":7})",
      "{}",
      "[]",
      "5",
      "null",
  };
  for (const std::string& text : odd) {
    EXPECT_EQ(Read(text), "?") << text;
    EXPECT_EQ(Read(Node("and", Equal("a", "1") + "," + text)), "(and (= a as int int'1') ?)")
        << text;
  }
}

TEST(JsonPredicate, WhatIsNoJsonIsUnknown) {
  for (const std::string_view text : {"", "{", "{not json", "{} {}", "\xff", "\0"}) {
    EXPECT_EQ(Read(text), "?") << text;
  }
}

TEST(JsonPredicate, AHundredOperationsDeepAndNoMore) {
  std::string text = Column("b", "bool");
  for (int depth = 2; depth <= 100; ++depth) text = Node("not", text);
  EXPECT_THAT(Read(text), ::testing::HasSubstr("b as bool"));
  EXPECT_EQ(Read(Node("not", text)), "?");
  EXPECT_EQ(Read(Node("and", Equal("a", "1") + "," + Node("not", text))), "?");
}

TEST(JsonPredicate, AMebibyteAndNoMore) {
  const std::string text = Equal("a", "1");
  EXPECT_NE(Read(text + std::string((1 << 20) - text.size(), ' ')), "?");
  EXPECT_EQ(Read(text + std::string((1 << 20) - text.size() + 1, ' ')), "?");
}

}  // namespace
}  // namespace sluice::sharing
