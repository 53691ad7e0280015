#include "engine/checkpoint_sql.h"

#include "base/testing/matchers.h"

namespace sluice::engine {
namespace {

using ::testing::HasSubstr;
using testing::IsError;
using testing::IsOkAnd;
using ::testing::Not;

const ColumnType kText{DUCKDB_TYPE_VARCHAR, {}};
const ColumnType kNumber{DUCKDB_TYPE_BIGINT, {}};
const ColumnType kMap{DUCKDB_TYPE_MAP, {{"key", kText}, {"value", kText}}};

ColumnType Struct(std::vector<NamedColumnType> fields) {
  return {DUCKDB_TYPE_STRUCT, std::move(fields)};
}

ColumnType AddColumns(std::vector<NamedColumnType> more = {}) {
  std::vector<NamedColumnType> fields = {
      {"path", kText}, {"partitionValues", kMap}, {"size", kNumber}, {"modificationTime", kNumber}};
  fields.insert(fields.end(), more.begin(), more.end());
  return Struct({{"add", Struct(std::move(fields))}});
}

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(CheckpointSqlTest, FilesOfOneSchemaShareASelect) {
  const auto sql = AddStatement({{"'1'", AddColumns()}, {"'2'", AddColumns()}});
  ASSERT_TRUE(sql.has_value());
  EXPECT_EQ(Count(*sql, "read_parquet"), 1U);
  EXPECT_THAT(*sql, HasSubstr("['1', '2']"));
}

TEST(CheckpointSqlTest, FilesOfOtherSchemasHaveTheirOwn) {
  const auto sql = AddStatement({{"'1'", AddColumns()}, {"'2'", AddColumns({{"stats", kText}})}});
  ASSERT_TRUE(sql.has_value());
  EXPECT_EQ(Count(*sql, "read_parquet"), 2U);
  EXPECT_EQ(Count(*sql, "UNION ALL"), 1U);
}

TEST(CheckpointSqlTest, ColumnsNobodyReadsDoNotMatter) {
  const auto sql = AddStatement({{"'1'", AddColumns()}, {"'2'", AddColumns({{"tags", kMap}})}});
  ASSERT_TRUE(sql.has_value());
  EXPECT_EQ(Count(*sql, "read_parquet"), 1U);
  EXPECT_THAT(*sql, Not(HasSubstr("tags")));
}

TEST(CheckpointSqlTest, FilesWithoutAddsAreNotAsked) {
  EXPECT_THAT(AddStatement({{"'1'", Struct({{"txn", Struct({{"appId", kText}})}})}}),
              IsOkAnd(std::string()));
}

TEST(CheckpointSqlTest, MissingColumnsAreNamed) {
  EXPECT_THAT(AddStatement({{"'1'", Struct({{"add", Struct({{"path", kText}})}})}}),
              IsError(Code::kCorrupt, R"("add"."partitionValues")"));
  EXPECT_THAT(HeaderStatement({{"'1'", Struct({{"protocol", kText}})}}),
              IsError(Code::kCorrupt, R"("protocol"."minReaderVersion")"));
}

TEST(CheckpointSqlTest, WrongTypesAreNamed) {
  EXPECT_THAT(AddStatement({{"'1'", AddColumns({{"stats", kNumber}})}}),
              IsError(Code::kCorrupt, R"("add"."stats")"));
  EXPECT_THAT(AddStatement({{"'1'", AddColumns({{"baseRowId", kText}})}}),
              IsError(Code::kCorrupt, R"("add"."baseRowId")"));
}

TEST(CheckpointSqlTest, NamesOfStatisticsAreQuoted) {
  const auto parsed = Struct({{"minValues", Struct({{"a\"); DROP TABLE x; --", kNumber}})}});
  EXPECT_THAT(AddStatement({{"'1'", AddColumns({{"stats_parsed", parsed}})}}),
              IsOkAnd(HasSubstr(R"("a""); DROP TABLE x; --")")));
}

}  // namespace
}  // namespace sluice::engine
