#include "engine/column_type.h"

#include "base/testing/matchers.h"
#include "engine/database.h"

namespace sluice::engine {
namespace {

ColumnType TypeOf(const std::string& value) {
  Database database({MiB(256), 1, {}});
  Connection connection = *database.Connect();
  Rows rows = *connection.Run("SELECT " + value);
  return ReadColumnType(connection.api(), rows.ColumnType(0));
}

TEST(ColumnTypeTest, FlatTypesHaveNoChildren) {
  const ColumnType type = TypeOf("'text'");
  EXPECT_EQ(type.id, DUCKDB_TYPE_VARCHAR);
  EXPECT_TRUE(type.children.empty());
  EXPECT_EQ(TypeOf("TIMESTAMPTZ '2024-01-01'").id, DUCKDB_TYPE_TIMESTAMP_TZ);
}

TEST(ColumnTypeTest, NestedTypesAreReadToTheBottom) {
  const ColumnType type = TypeOf("{a: MAP {'k': [1]}, \"b c\": {d: true}}");
  ASSERT_EQ(type.id, DUCKDB_TYPE_STRUCT);
  ASSERT_NE(type.Child("a"), nullptr);
  EXPECT_EQ(type.Child("a")->id, DUCKDB_TYPE_MAP);
  EXPECT_EQ(type.Child("a")->Child("key")->id, DUCKDB_TYPE_VARCHAR);
  EXPECT_EQ(type.Child("a")->Child("value")->Child("element")->id, DUCKDB_TYPE_INTEGER);
  EXPECT_EQ(type.Child("b c")->Child("d")->id, DUCKDB_TYPE_BOOLEAN);
  EXPECT_EQ(type.Child("B C"), nullptr);
}

}  // namespace
}  // namespace sluice::engine
