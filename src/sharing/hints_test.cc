#include "sharing/hints.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "delta/table_snapshot.h"

namespace sluice::sharing {
namespace {

using delta::Matches;
using sluice::testing::IsError;

constexpr std::string_view kOnP =
    R"({"op":"equal","children":[{"op":"column","name":"p","valueType":"string"},)"
    R"({"op":"literal","value":"x","valueType":"string"}]})";
constexpr std::string_view kOnId =
    R"({"op":"equal","children":[{"op":"column","name":"id","valueType":"long"},)"
    R"({"op":"literal","value":"5","valueType":"long"}]})";

// A table of p (string, its partition column), id (long), and maybe one more column.
std::shared_ptr<const delta::Snapshot> Table(std::string_view another = "other") {
  delta::SnapshotParts parts;
  parts.metadata.partition_columns = {"p"};
  parts.metadata.schema_string =
      fmt::format(R"({{"type":"struct","fields":[)"
                  R"({{"name":"p","type":"string","nullable":true,"metadata":{{}}}},)"
                  R"({{"name":"id","type":"long","nullable":true,"metadata":{{}}}},)"
                  R"({{"name":"{}","type":"string","nullable":true,"metadata":{{}}}}]}})",
                  another);
  return delta::TableSnapshot::Make(std::move(parts)).value();
}

// Which of the files p=x id=5, p=x id=6, p=y id=5, p=y id=6 may match, one letter each: n(one),
// s(ome), a(ll). "-": none of any table is left out.
std::string Judge(const Hints& hints, const HintOptions& options = {},
                  const std::shared_ptr<const delta::Snapshot>& table = Table()) {
  const auto skipping = PlanSkipping(hints, options, *table);
  if (skipping == nullptr) return "-";
  std::string found;
  for (const std::string p : {"x", "y"}) {
    for (const int id : {5, 6}) {
      const std::string values = fmt::format(R"({{"p":"{}"}})", p);
      const std::string stats =
          fmt::format(R"({{"numRecords":1,"minValues":{{"id":{0}}},"maxValues":{{"id":{0}}},)"
                      R"("nullCount":{{"id":0}}}})",
                      id);
      delta::FileEntry file;
      file.partition_values = values;
      file.stats = stats;
      file.num_records = 1;
      switch (skipping->OfFile(file)) {
        case Matches::kNone: found += 'n'; break;
        case Matches::kSome: found += 's'; break;
        case Matches::kAll: found += 'a'; break;
      }
    }
  }
  return found;
}

Result<Hints> Parse(std::string_view body) {
  return ParseHints(json::Parse(body).value().get_object());
}

TEST(ParseHints, BothLanguages) {
  const auto hints =
      Parse(R"({"predicateHints":["a = 1", 7, null, "b = 2"],"jsonPredicateHints":"{}"})");
  ASSERT_TRUE(hints.has_value());
  EXPECT_THAT(hints->sql, ::testing::ElementsAre("a = 1", std::nullopt, std::nullopt, "b = 2"));
  EXPECT_EQ(hints->json, "{}");
  EXPECT_TRUE(hints->any());
}

TEST(ParseHints, NoneAreNone) {
  for (const std::string_view body : {"{}", R"({"predicateHints":[],"jsonPredicateHints":""})",
                                      R"({"predicateHints":null,"jsonPredicateHints":null})"}) {
    const auto hints = Parse(body);
    ASSERT_TRUE(hints.has_value()) << body;
    EXPECT_FALSE(hints->any()) << body;
  }
}

TEST(ParseHints, AWrongTypeIsRefused) {
  for (const std::string_view body :
       {R"({"predicateHints":"a = 1"})", R"({"predicateHints":{}})", R"({"jsonPredicateHints":{}})",
        R"({"jsonPredicateHints":["{}"]})"}) {
    EXPECT_THAT(Parse(body), IsError(Code::kInvalidArgument)) << body;
  }
}

TEST(PlanSkipping, AllHintsHoldTogether) {
  EXPECT_EQ(Judge({{"p = 'x'"}, ""}), "aann");
  EXPECT_EQ(Judge({{}, std::string(kOnId)}), "anan");
  EXPECT_EQ(Judge({{"p = 'x'"}, std::string(kOnId)}), "annn");
  EXPECT_EQ(Judge({{"p = 'x'", "id = 6"}, ""}), "nann");
}

TEST(PlanSkipping, WhatCannotBeReadLeavesOutNothingAndMakesNothingSure) {
  EXPECT_EQ(Judge({{"p = 'x'", "f(id)"}, ""}), "ssnn");
  EXPECT_EQ(Judge({{"p = 'x'", std::nullopt}, ""}), "ssnn");
  EXPECT_EQ(Judge({{"p = 'x'"}, "{not json"}), "ssnn");
  EXPECT_EQ(Judge({{"p ="}, ""}), "-");
  EXPECT_EQ(Judge({{std::nullopt}, ""}), "-");
  EXPECT_EQ(Judge({{}, "{}"}), "-");
  EXPECT_EQ(Judge({{"nobody = 1"}, ""}), "-");
}

TEST(PlanSkipping, TheOperatorSaysWhichCount) {
  const Hints all{{"p = 'x'"}, std::string(kOnId)};
  EXPECT_EQ(Judge(all, {.sql = false}), "snsn");
  EXPECT_EQ(Judge(all, {.json_on_partitions = false, .json = false}), "ssnn");
  EXPECT_EQ(Judge(all, {.json_on_partitions = false}), "annn");
  EXPECT_EQ(Judge(all, {.json = false}), "ssnn");
  EXPECT_EQ(Judge({{}, std::string(kOnP)}, {.json = false}), "aann");
  EXPECT_EQ(
      Judge({{}, fmt::format(R"({{"op":"or","children":[{},{}]}})", kOnP, kOnId)}, {.json = false}),
      "-");
  EXPECT_EQ(Judge(all, {false, false, false}), "-");
}

TEST(PlanSkipping, SoManyHintsCountAndMoreAreNoError) {
  const auto asked = [](size_t others, std::string_view last) {
    std::string body = R"({"predicateHints":["p = 'x'")";
    for (size_t i = 0; i < others; ++i) body += ",0";
    return Parse(fmt::format(R"({},"{}"]}})", body, last)).value();
  };
  EXPECT_EQ(Judge(asked(kMostHints - 2, "id = 5")), "snnn");
  EXPECT_EQ(Judge(asked(kMostHints - 1, "id = 5")), "ssnn");
  const Hints many = asked(100'000, "id = 5");
  EXPECT_EQ(many.sql.size(), kMostHints + 1);
  EXPECT_EQ(Judge(many), "ssnn");
}

TEST(PlanSkipping, SparkNamesPartitionColumnsInItsOwnWay) {
  const Hints hints{{"(CAST(partitionValues.p AS STRING) = 'x')"}, ""};
  EXPECT_EQ(Judge(hints), "aann");
  EXPECT_EQ(Judge(hints, {}, Table("partitionValues")), "-");
  EXPECT_EQ(Judge({{"p = 'x'"}, ""}, {}, Table("partitionValues")), "aann");
}

}  // namespace
}  // namespace sluice::sharing
