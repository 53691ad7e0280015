#include "delta/schema.h"

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;

std::string StructOf(std::string_view type, std::string_view metadata = "{}") {
  return R"({"type":"struct","fields":[{"name":"a","type":)" + std::string(type) +
         R"(,"nullable":true,"metadata":)" + std::string(metadata) + "}]}";
}

TEST(ParseSchema, ListsTheColumns) {
  const auto schema = ParseSchema(
      R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}},)"
      R"({"name":"b \"q\"","type":{"type":"array","elementType":"double",)"
      R"("containsNull":true},"nullable":true,"metadata":{}}]})");
  ASSERT_THAT(schema, IsOk());
  ASSERT_EQ(schema->columns.size(), 2U);
  EXPECT_EQ(schema->columns[0].name, "a");
  EXPECT_EQ(schema->columns[0].type, "long");
  EXPECT_EQ(schema->columns[1].name, "b \"q\"");
  EXPECT_EQ(schema->columns[1].type, "array");
  EXPECT_FALSE(schema->timestamp_ntz || schema->variant || schema->widened);
  EXPECT_TRUE(ParseSchema(R"({"type":"struct","fields":[]})")->columns.empty());
}

TEST(ParseSchema, FindsAdvancedTypesAtAnyDepth) {
  const auto nested = [](std::string_view type) {
    const std::string inner = StructOf(type);
    return std::vector<std::string>{
        StructOf(type), StructOf(inner),
        StructOf(R"({"type":"array","elementType":)" + inner + "}"),
        StructOf(R"({"type":"map","keyType":"string","valueType":)" + inner + "}"),
        StructOf(R"({"type":"map","keyType":)" + inner + R"(,"valueType":"string"})")};
  };
  for (const std::string& text : nested(R"("timestamp_ntz")")) {
    EXPECT_TRUE(ParseSchema(text)->timestamp_ntz) << text;
    EXPECT_FALSE(ParseSchema(text)->variant) << text;
  }
  for (const std::string& text : nested(R"("variant")")) {
    EXPECT_TRUE(ParseSchema(text)->variant) << text;
  }
  const auto named = ParseSchema(StructOf(R"("string")", R"({"comment":"variant timestamp_ntz"})"));
  EXPECT_FALSE(named->variant || named->timestamp_ntz);
}

TEST(ParseSchema, FindsWidenedColumns) {
  const std::string changes = R"({"delta.typeChanges":[{"fromType":"short","toType":"integer"}]})";
  EXPECT_TRUE(ParseSchema(StructOf(R"("integer")", changes))->widened);
  EXPECT_TRUE(ParseSchema(StructOf(StructOf(R"("integer")", changes)))->widened);
  EXPECT_FALSE(ParseSchema(StructOf(R"("integer")", R"({"delta.typeChanges":[]})"))->widened);
}

TEST(ParseSchema, KnowsWhetherAllColumnsAreMapped) {
  const std::string both = R"({"delta.columnMapping.physicalName":"p","delta.columnMapping.id":1})";
  const std::string name = R"({"delta.columnMapping.physicalName":"p"})";
  const auto inner = [](const std::string& metadata) { return StructOf(R"("long")", metadata); };
  EXPECT_TRUE(ParseSchema(StructOf(inner(both), both))->named);
  EXPECT_TRUE(ParseSchema(StructOf(inner(both), both))->numbered);
  EXPECT_TRUE(ParseSchema(StructOf(inner(name), both))->named);
  EXPECT_FALSE(ParseSchema(StructOf(inner(name), both))->numbered);
  EXPECT_FALSE(ParseSchema(StructOf(inner("{}"), both))->named);
  EXPECT_FALSE(ParseSchema(StructOf(inner(both)))->named);
}

// Recipients read the rows.
TEST(ParseSchema, TakesTypesAsTheyCome) {
  for (const std::string_view type :
       {R"("void")", R"("interval day to second")", R"("interval year to month")",
        "\"decimal(38,2)\"", R"("timestamp_nanos")", R"("string collate x")",
        R"("nobody knows")"}) {
    EXPECT_THAT(ParseSchema(StructOf(type)), IsOk()) << type;
  }
}

TEST(ParseSchema, RefusesWhatIsNoSchema) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string(R"("long")"),
        std::string(R"({"type":"array","elementType":"long"})"),
        std::string(R"({"type":"struct"})"),
        std::string(R"({"type":"struct","fields":[{"type":"long"}]})"),
        std::string(R"({"type":"struct","fields":[{"name":"a"}]})"),
        std::string(R"({"type":"struct","fields":[7]})"), StructOf("7"), StructOf("{}")}) {
    EXPECT_THAT(ParseSchema(text), IsError(Code::kCorrupt)) << text;
  }
}

TEST(ParseSchema, EndsOnDeepNesting) {
  std::string text = R"("long")";
  for (int i = 0; i < 600; ++i) text = R"({"type":"array","elementType":)" + text + "}";
  EXPECT_THAT(ParseSchema(StructOf(text)), IsError(Code::kCorrupt));
}

}  // namespace
}  // namespace sluice::delta
