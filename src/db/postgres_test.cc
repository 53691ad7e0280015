// What PostgreSQL can do that a file cannot: go away, come back, be somebody else's.
#include <limits>

#include "base/testing/matchers.h"
#include "db/database.h"
#include "db/testing/child.h"
#include "db/testing/postgres_server.h"
#include "db/testing/statements.h"

namespace sluice::db {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using testing::All;
using testing::Child;
using ::testing::ElementsAre;
using testing::Execute;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Number;
using testing::PostgresServer;

constexpr std::string_view kTable = "CREATE TABLE t (a INTEGER UNIQUE)";

class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (PostgresServer::Binaries().empty()) GTEST_SKIP() << "no PostgreSQL is installed";
    url_ = PostgresServer::Running().NewSchema();
  }
  std::unique_ptr<Database> Open() const {
    auto database = Database::Open(url_);
    if (!database) throw std::runtime_error(database.error().message + database.error().detail);
    return *std::move(database);
  }
  // Waits until the server says so; how long that takes does not matter.
  static void WaitUntil(Database& database, std::string_view query) {
    while (Number(database, query) == 0) std::this_thread::yield();
  }
  std::string url_;
};

TEST_F(PostgresTest, ALostConnectionIsOpenedAgain) {
  const auto database = Open();
  ASSERT_THAT(Execute(*database, kTable), IsOk());
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), 0);
  PostgresServer::Running().Disconnect();
  EXPECT_THAT(Execute(*database, "INSERT INTO t VALUES (1)"), IsOk());
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), 1);
}

TEST_F(PostgresTest, ALossWithinAChangeFailsItWhole) {
  const auto database = Open();
  ASSERT_THAT(Execute(*database, kTable), IsOk());
  const Status lost = database->Write([](Session& session) -> Status {
    TRY(session.Run("INSERT INTO t VALUES (1)"));
    PostgresServer::Running().Disconnect();
    EXPECT_THAT(session.Run("INSERT INTO t VALUES (2)"), IsError(Code::kUnavailable));
    return {};
  });
  EXPECT_THAT(lost, IsError(Code::kUnavailable));
  EXPECT_THAT(database->Write([](Session& session) -> Status {
    TRY(session.Run("INSERT INTO t VALUES (3)"));
    PostgresServer::Running().Disconnect();
    return {};  // only the commit sees it
  }),
              IsError(Code::kUnavailable));
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), 0);
}

TEST_F(PostgresTest, WhileTheServerIsAwayAllIsUnavailable) {
  PostgresServer server;
  url_ = server.NewSchema();
  const auto database = Open();
  ASSERT_THAT(Execute(*database, kTable), IsOk());
  server.Kill();
  EXPECT_THAT(Execute(*database, "INSERT INTO t VALUES (1)"), IsError(Code::kUnavailable));
  EXPECT_THAT(database->Generation(), IsError(Code::kUnavailable));
  EXPECT_THAT(Database::Open(url_), IsError(Code::kUnavailable));
  server.Start();
  EXPECT_THAT(Execute(*database, "INSERT INTO t VALUES (1)"), IsOk());
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), 1);
}

TEST_F(PostgresTest, AProcessKilledWithinAChangeLeavesNothingOfIt) {
  Child child([&](Child& parent) {
    const auto database = Open();
    if (!Execute(*database, kTable)) return 1;
    IgnoreError(database->Write([&](Session& session) -> Status {
      TRY(session.Run("INSERT INTO t VALUES (1)"));
      parent.Send(0);
      parent.Receive();  // never
      return {};
    }),
                "it is killed");
    return 0;
  });
  ASSERT_TRUE(child.Receive().has_value());
  child.Kill();
  EXPECT_EQ(child.Wait(), -1);
  const auto database = Open();
  EXPECT_THAT(Execute(*database, "INSERT INTO t VALUES (2)"), IsOk()) << "nobody holds the lock";
  EXPECT_THAT(All(*database, "SELECT a FROM t"), IsOkAnd(ElementsAre(Row{2})));
}

TEST_F(PostgresTest, OneServerAtATime) {
  const auto first = Open();
  ASSERT_THAT(first->ServeAlone(), IsOk());
  const auto second = Open();
  ASSERT_THAT(Execute(*second, "SELECT set_config('lock_timeout', '1ms', false)"), IsOk());
  EXPECT_THAT(second->ServeAlone(), IsError(Code::kConflict, "another server runs"));
  EXPECT_THAT(Execute(*second, kTable), IsOk()) << "commands may still write";
  url_ = PostgresServer::Running().NewSchema();
  EXPECT_THAT(Open()->ServeAlone(), IsOk()) << "another schema is another database";
}

TEST_F(PostgresTest, AServerThatLostItsPlaceWritesNoMore) {
  const auto first = Open();
  ASSERT_THAT(first->ServeAlone(), IsOk());
  ASSERT_THAT(Execute(*first, kTable), IsOk());
  PostgresServer::Running().Disconnect();
  {
    const auto second = Open();
    ASSERT_THAT(second->ServeAlone(), IsOk());
    EXPECT_THAT(Execute(*first, "INSERT INTO t VALUES (1)"), IsError(Code::kConflict));
    EXPECT_THAT(Execute(*first, "INSERT INTO t VALUES (1)"), IsError(Code::kConflict));
    EXPECT_THAT(Execute(*second, "INSERT INTO t VALUES (2)"), IsOk());
  }
  WaitUntil(*first, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
  EXPECT_THAT(Execute(*first, "INSERT INTO t VALUES (3)"), IsOk()) << "the other one is gone";
}

TEST_F(PostgresTest, TextsThatItCannotKeepAreRefused) {
  const auto database = Open();
  ASSERT_THAT(Execute(*database, "CREATE TABLE t (name TEXT)"), IsOk());
  EXPECT_THAT(Execute(*database, "INSERT INTO t VALUES (?)", {std::string("a\0b", 3)}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(Execute(*database, "INSERT INTO t VALUES (?)", {"\xff"}),
              IsError(Code::kInvalidArgument));
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM t"), 0);
}

TEST_F(PostgresTest, ErrorsQuoteNoValues) {
  const auto database = Open();
  ASSERT_THAT(Execute(*database, kTable), IsOk());
  const Status wrong = Execute(*database, "INSERT INTO t VALUES (CAST(? AS INTEGER))", {"secret"});
  ASSERT_THAT(wrong, IsError(Code::kInternal));
  EXPECT_THAT(wrong.error().detail, HasSubstr("22P02"));
  EXPECT_THAT(wrong.error().detail, Not(HasSubstr("secret")));
}

TEST_F(PostgresTest, TextsAreSortedByTheirBytes) {
  const auto database = Open();
  ASSERT_THAT(Execute(*database, "CREATE TABLE t (name TEXT)"), IsOk());
  ASSERT_THAT(Execute(*database, "INSERT INTO t VALUES ('b'), ('A'), ('a'), ('_')"), IsOk());
  EXPECT_THAT(All(*database, "SELECT name FROM t ORDER BY name"),
              IsOkAnd(ElementsAre(Row{"A"}, Row{"_"}, Row{"a"}, Row{"b"})));
  EXPECT_THAT(All(*database,
                  "SELECT collation_name FROM information_schema.columns"
                  " WHERE table_schema = current_schema() AND column_name = 'name'"
                  " AND table_name = 't'"),
              IsOkAnd(ElementsAre(Row{"C"})));
}

TEST_F(PostgresTest, OtherPeoplesTablesAreNotTouched) {
  {
    const auto database = Open();
  }
  const std::string schema = url_.substr(url_.rfind("%3D") + 3);
  PostgresServer::Running().Execute("DROP TABLE " + schema + ".sluice_generation");
  EXPECT_THAT(Database::Open(url_), IsError(Code::kInvalidArgument, "another program's tables"));
  PostgresServer::Running().Execute("DROP SCHEMA " + schema + " CASCADE");
  EXPECT_THAT(Database::Open(url_), IsError(Code::kInvalidArgument, "no schema"));
}

TEST_F(PostgresTest, AUrlHoldsNoPassword) {
  for (const std::string url :
       {"postgresql://u:secret@localhost/d", "postgres:///d?password=secret"}) {
    const auto refused = Database::Open(url);
    ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "passfile"));
    EXPECT_THAT(refused.error().message + refused.error().detail, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(Database::Open("postgresql://h:secret:x/?a"), IsError(Code::kInvalidArgument));
}

TEST_F(PostgresTest, CopiesAreMadeWithItsOwnTools) {
  EXPECT_THAT(Open()->Backup("/tmp/none"), IsError(Code::kUnsupported, "pg_dump"));
}

}  // namespace
}  // namespace sluice::db
