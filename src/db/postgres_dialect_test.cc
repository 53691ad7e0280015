#include "db/postgres_dialect.h"

#include <gtest/gtest.h>

namespace sluice::db {
namespace {

TEST(PostgresDialect, NumbersThePlaces) {
  const PostgresText text = ToPostgres("UPDATE t SET a = ?, b = :b, c = :c WHERE d = :b AND e = ?");
  EXPECT_EQ(text.sql, "UPDATE t SET a = $1, b = $2, c = $3 WHERE d = $2 AND e = $4");
  EXPECT_EQ(text.places, 4U);
}

TEST(PostgresDialect, LeavesQuotesAndCastsAsTheyAre) {
  const std::string_view sql = "SELECT '?', 'it''s :a', \"TEXT ?\", 1::bigint, 'open ?";
  EXPECT_EQ(ToPostgres(sql).sql, sql);
  EXPECT_EQ(ToPostgres(sql).places, 0U);
}

TEST(PostgresDialect, TypesOfNewColumns) {
  EXPECT_EQ(
      ToPostgres("CREATE TABLE t (a INTEGER NOT NULL, b TEXT, INTEGERS TEXT)").sql,
      "CREATE TABLE t (a BIGINT NOT NULL, b TEXT COLLATE \"C\", INTEGERS TEXT COLLATE \"C\")");
  EXPECT_EQ(ToPostgres("ALTER TABLE t ADD COLUMN a INTEGER").sql,
            "ALTER TABLE t ADD COLUMN a BIGINT");
  EXPECT_EQ(ToPostgres("SELECT CAST(a AS INTEGER) FROM t").sql, "SELECT CAST(a AS INTEGER) FROM t");
}

}  // namespace
}  // namespace sluice::db
