#include "engine/engine.h"

#include <fmt/format.h>

#include <thread>

#include "base/testing/matchers.h"

namespace sluice::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsError;
using testing::IsOk;
using testing::IsOkAnd;
using ::testing::Not;
using ::testing::StartsWith;

EngineOptions Small() { return {MiB(256), 2, {}}; }

TEST(EngineTest, TellsTheVersionOfTheLibrary) {
  EXPECT_THAT(Engine(Small()).LibraryVersion(), IsOkAnd(StartsWith("v1.")));
}

TEST(EngineTest, ReadsRowsAsText) {
  Engine engine(Small());
  const auto table = engine.Query(
      "SELECT i AS n, CASE WHEN i = 1 THEN NULL ELSE 'a text of more than twelve bytes ' || i END "
      "AS t, "
      "[i, NULL] AS l, DATE '2024-02-29' AS d FROM range(3) r(i) ORDER BY i DESC -- the end");
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(table->columns, ElementsAre("n", "t", "l", "d"));
  EXPECT_THAT(
      table->rows,
      ElementsAre(
          ElementsAre("2", "a text of more than twelve bytes 2", "[2, NULL]", "2024-02-29"),
          ElementsAre("1", std::nullopt, "[1, NULL]", "2024-02-29"),
          ElementsAre("0", "a text of more than twelve bytes 0", "[0, NULL]", "2024-02-29")));
}

TEST(EngineTest, ReadsMoreThanOneChunk) {
  Engine engine(Small());
  const auto table = engine.Query("SELECT i FROM range(10000) r(i)");
  ASSERT_THAT(table, IsOk());
  ASSERT_EQ(table->rows.size(), 10000U);
  EXPECT_EQ(table->rows.back().front(), "9999");
}

TEST(EngineTest, TablesLiveAsLongAsTheEngine) {
  Engine engine(Small());
  ASSERT_THAT(engine.Execute("CREATE TABLE t (i INT); INSERT INTO t VALUES (1), (2)"), IsOk());
  EXPECT_EQ(engine.Query("SELECT sum(i) FROM t")->rows.front().front(), "3");
  EXPECT_THAT(Engine(Small()).Query("SELECT * FROM t"), IsError(Code::kInternal));
}

TEST(EngineTest, TextsOfTheEngineStayInTheDetail) {
  Engine engine(Small());
  const auto failed = engine.Execute("SELECT * FROM read_parquet('/no/such/file')");
  ASSERT_THAT(failed, IsError(Code::kUnavailable));
  EXPECT_THAT(failed.error().message, Not(HasSubstr("/no/such")));
  EXPECT_THAT(failed.error().detail, HasSubstr("/no/such/file"));
  EXPECT_THAT(engine.Execute("SELECT broken from"), IsError(Code::kInternal));
  EXPECT_THAT(engine.Execute(std::string_view("SELECT 1\0", 9)), IsError(Code::kInternal));
}

TEST(EngineTest, SettingsAreLocked) {
  Engine engine(Small());
  for (const auto* sql :
       {"SET memory_limit = '100GB'", "SET autoload_known_extensions = true",
        "SET lock_configuration = false", "SET allow_community_extensions = true"}) {
    EXPECT_THAT(engine.Execute(sql), Not(IsOk())) << sql;
  }
  const auto settings = engine.Query(
      "SELECT value FROM duckdb_settings() WHERE name IN ('autoinstall_known_extensions', "
      "'autoload_known_extensions', 'allow_persistent_secrets', 'allow_community_extensions', "
      "'allow_unsigned_extensions', 'enable_external_file_cache') GROUP BY value");
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->rows, ElementsAre(ElementsAre("false")));
}

TEST(EngineTest, MoreThanTheMemoryLimitIsRefused) {
  Engine engine({MiB(32), 1, {}});
  EXPECT_THAT(
      engine.Execute("CREATE TABLE t AS SELECT repeat(i::VARCHAR, 100) FROM range(2000000) r(i)"),
      IsError(Code::kUnavailable));
  EXPECT_THAT(engine.Execute("SELECT 1"), IsOk());
}

TEST(EngineTest, MayBeUsedByManyThreads) {
  Engine engine(Small());
  std::vector<std::string> sums(8);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < sums.size(); ++i) {
      threads.emplace_back([&engine, &sums, i] {
        const auto table = engine.Query(fmt::format("SELECT sum(i) + {} FROM range(1000) r(i)", i));
        sums[i] = table.has_value() ? table->rows[0][0].value_or("") : table.error().detail;
      });
    }
  }
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(sums[i], std::to_string(499500 + i));
}

}  // namespace
}  // namespace sluice::engine
