#include "db/database.h"

#include <atomic>
#include <limits>
#include <thread>

#include "base/testing/matchers.h"
#include "db/testing/child.h"
#include "db/testing/each_driver.h"
#include "db/testing/statements.h"

namespace sluice::db {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using testing::All;
using testing::Child;
using testing::DriverName;
using testing::Drivers;
using testing::EachDriver;
using ::testing::ElementsAre;
using testing::Execute;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Number;
using testing::TempDatabase;
using testing::Where;

// A table of one counter, and a change that reads it and writes it back.
constexpr std::string_view kCounter = "CREATE TABLE counter (value INTEGER NOT NULL)";

Status Increment(Database& database) {
  return database.Write([](Session& session) -> Status {
    const std::vector<Row> rows = TRY(All(session, "SELECT value FROM counter"));
    const int64_t value = TRY(Int(rows.at(0), 0));
    TRY(session.Run("UPDATE counter SET value = ?", {value + 1}));
    return {};
  });
}

// What holds for every driver.
class DatabaseTest : public EachDriver {
 protected:
  void Prepare() override { database_ = place_->Open(); }
  bool is_postgres() const { return GetParam() == Where::kPostgres; }
  std::unique_ptr<Database> database_;
};

using Processes = EachDriver;
using OpenTest = EachDriver;

INSTANTIATE_TEST_SUITE_P(Each, DatabaseTest, Drivers(), DriverName);
INSTANTIATE_TEST_SUITE_P(Each, Processes, Drivers(), DriverName);
INSTANTIATE_TEST_SUITE_P(Each, OpenTest, Drivers(), DriverName);

TEST_P(DatabaseTest, KeepsValuesAsTheyAre) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (number INTEGER, name TEXT, place INTEGER)"),
              IsOk());
  const std::string zeros = is_postgres() ? "ab" : std::string("a\0b\0", 4);
  const std::string unicode = "Größe \xf0\x9f\x8c\x8a \xe2\x80\xa8 'quoted' :name ?";
  const std::string large(3'000'000, 'x');
  const auto max = std::numeric_limits<int64_t>::max();
  const auto min = std::numeric_limits<int64_t>::min();
  const std::vector<Row> rows = {{max, zeros}, {min, unicode},          {int64_t{1} << 40, ""},
                                 {0, large},   {std::monostate(), "x"}, {-1, std::monostate()}};
  for (Row row : rows) {
    row.emplace_back(Number(*database_, "SELECT count(*) FROM t"));
    ASSERT_THAT(Execute(*database_, "INSERT INTO t VALUES (?, ?, ?)", row), IsOk());
  }
  database_ = nullptr;
  database_ = place_->Open();
  EXPECT_EQ(All(*database_, "SELECT number, name FROM t ORDER BY place").value(), rows);
  // Expressions have no declared type; SOCI would guess one.
  EXPECT_THAT(All(*database_,
                  "SELECT count(*), max(number), max('a' || name) FROM t WHERE number > ?", {5}),
              IsOkAnd(ElementsAre(Row{2, max, "a" + zeros})));
}

TEST_P(DatabaseTest, TellsHowManyRowsAStatementChanged) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (a INTEGER)"), IsOk());
  ASSERT_THAT(database_->Write([](Session& session) -> Status {
    EXPECT_THAT(session.Run("INSERT INTO t VALUES (1), (2), (3)"), IsOkAnd(3));
    EXPECT_THAT(session.Run("UPDATE t SET a = a + 1 WHERE a > :low", {1}), IsOkAnd(2));
    EXPECT_THAT(session.Run("DELETE FROM t WHERE a = 77"), IsOkAnd(0));
    EXPECT_THAT(session.Run("CREATE TABLE other (a INTEGER)"), IsOkAnd(0));
    EXPECT_THAT(session.Run("DELETE FROM t WHERE a < ? RETURNING a", {4}), IsOkAnd(2));
    return {};
  }),
              IsOk());
}

TEST_P(DatabaseTest, FillsNamedPlacesInTheirOrder) {
  EXPECT_THAT(All(*database_, "SELECT :b, :a, :b", {1, "two"}),
              IsOkAnd(ElementsAre(Row{1, "two", 1})));
}

TEST_P(DatabaseTest, AUniqueKeyIsAlreadyThere) {
  ASSERT_THAT(
      Execute(*database_,
              "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT UNIQUE, n INTEGER CHECK (n > 0))"),
      IsOk());
  ASSERT_THAT(Execute(*database_, "INSERT INTO t VALUES ('1', 'a', 1)"), IsOk());
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES ('1', 'b', 1)"),
              IsError(Code::kAlreadyExists));
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES ('2', 'a', 1)"),
              IsError(Code::kAlreadyExists));
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES ('2', 'b', 0)"), IsError(Code::kInternal));
}

TEST_P(DatabaseTest, AFailedStatementLeavesTheTransactionUsable) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (id INTEGER PRIMARY KEY)"), IsOk());
  ASSERT_THAT(database_->Write([](Session& session) -> Status {
    TRY(session.Run("INSERT INTO t VALUES (1)"));
    EXPECT_THAT(session.Run("INSERT INTO t VALUES (5), (1)"), IsError(Code::kAlreadyExists));
    TRY(session.Run("INSERT INTO t VALUES (2)"));
    return {};
  }),
              IsOk());
  EXPECT_THAT(All(*database_, "SELECT id FROM t ORDER BY id"),
              IsOkAnd(ElementsAre(Row{1}, Row{2})));
}

TEST_P(DatabaseTest, ForeignKeysHold) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE parent (id INTEGER PRIMARY KEY)"), IsOk());
  ASSERT_THAT(Execute(*database_, "CREATE TABLE child (id INTEGER REFERENCES parent)"), IsOk());
  EXPECT_THAT(Execute(*database_, "INSERT INTO child VALUES (1)"), IsError(Code::kInternal));
}

TEST_P(DatabaseTest, ErrorsTellNoValuesAndNoNames) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (token TEXT UNIQUE)"), IsOk());
  ASSERT_THAT(Execute(*database_, "INSERT INTO t VALUES (?)", {"secret"}), IsOk());
  const Status again = Execute(*database_, "INSERT INTO t VALUES (?)", {"secret"});
  ASSERT_THAT(again, IsError(Code::kAlreadyExists));
  EXPECT_THAT(again.error().message, Not(HasSubstr("token")));
  EXPECT_THAT(again.error().detail, HasSubstr(is_postgres() ? "unique constraint \"t_token_key\""
                                                            : "UNIQUE constraint failed: t.token"));
  EXPECT_THAT(again.error().detail, Not(HasSubstr("secret")));
}

TEST_P(DatabaseTest, WrongStatementsAreRefused) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (a INTEGER)"), IsOk());
  for (const std::string_view sql :
       {"SELEKT 1", "", "   ", "INSERT INTO t VALUES (1); DELETE FROM t",
        "INSERT INTO missing VALUES (1)"}) {
    EXPECT_THAT(Execute(*database_, sql), IsError(Code::kInternal)) << sql;
  }
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES (?)", {}), IsError(Code::kInternal));
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES (?)", {1, 2}), IsError(Code::kInternal));
  EXPECT_THAT(All(*database_, "SELECT 1.5"), IsError(Code::kInternal));
  EXPECT_THAT(All(*database_, "SELECT x'00'"), IsError(Code::kInternal));
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES (1) ; \n"), IsOk());
  EXPECT_EQ(Number(*database_, "SELECT count(*) FROM t"), 1);
}

TEST_P(DatabaseTest, AFailedChangeChangesNothing) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (a INTEGER)"), IsOk());
  const int64_t before = database_->Generation().value();
  EXPECT_THAT(database_->Write([](Session& session) -> Status {
    TRY(session.Run("INSERT INTO t VALUES (1)"));
    TRY(session.Run("CREATE TABLE another (a INTEGER)"));
    return Fail(Code::kNotFound, "on purpose");
  }),
              IsError(Code::kNotFound, "on purpose"));
  EXPECT_EQ(Number(*database_, "SELECT count(*) FROM t"), 0);
  EXPECT_THAT(All(*database_, "SELECT * FROM another"), IsError(Code::kInternal));
  EXPECT_THAT(database_->Generation(), IsOkAnd(before));
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES (2)"), IsOk());
}

TEST_P(DatabaseTest, AChangeThatThrowsChangesNothing) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (a INTEGER)"), IsOk());
  EXPECT_THROW(IgnoreError(database_->Write([](Session& session) -> Status {
                 TRY(session.Run("INSERT INTO t VALUES (1)"));
                 throw std::runtime_error("a bug of the room above");
               }),
                           "it throws"),
               std::runtime_error);
  EXPECT_EQ(Number(*database_, "SELECT count(*) FROM t"), 0);
  EXPECT_THAT(Execute(*database_, "INSERT INTO t VALUES (2)"), IsOk());
}

TEST_P(DatabaseTest, NothingIsWrittenPastTheEndOfATransaction) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (a INTEGER)"), IsOk());
  EXPECT_THAT(database_->Write([](Session& session) -> Status {
    TRY(session.Run("INSERT INTO t VALUES (1)"));
    TRY(session.Run("ROLLBACK"));
    EXPECT_THAT(session.Run("INSERT INTO t VALUES (2)"), IsError(Code::kInternal));
    return {};
  }),
              IsError(Code::kInternal));
  EXPECT_EQ(Number(*database_, "SELECT count(*) FROM t"), 0);
}

TEST_P(DatabaseTest, AReadDoesNotWrite) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE t (a INTEGER)"), IsOk());
  EXPECT_THAT(database_->Read([](Session& session) -> Status {
    TRY(session.Run("INSERT INTO t VALUES (1)"));
    return {};
  }),
              IsError(Code::kInternal));
  EXPECT_THAT(All(*database_, "INSERT INTO t VALUES (1) RETURNING a"), IsError(Code::kInternal));
}

TEST_P(DatabaseTest, AQueryEndsWhereARowFails) {
  int rows = 0;
  EXPECT_THAT(database_->Read([&](Session& session) {
    return session.Query("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", {},
                         [&](const Row&) -> Status {
                           if (++rows == 2) return Fail(Code::kCorrupt, "this row");
                           return {};
                         });
  }),
              IsError(Code::kCorrupt, "this row"));
  EXPECT_EQ(rows, 2);
}

TEST_P(DatabaseTest, AReadSeesOneState) {
  ASSERT_THAT(Execute(*database_, kCounter), IsOk());
  ASSERT_THAT(Execute(*database_, "INSERT INTO counter VALUES (1)"), IsOk());
  const auto other = place_->Open();
  ASSERT_THAT(database_->Read([&](Session& session) -> Status {
    const auto before = TRY(All(session, "SELECT value FROM counter"));
    TRY(Increment(*other));
    EXPECT_EQ(TRY(All(session, "SELECT value FROM counter")), before);
    return {};
  }),
              IsOk());
  EXPECT_EQ(Number(*database_, "SELECT value FROM counter"), 2);
}

TEST_P(DatabaseTest, GenerationGrowsByOneWithEachWriteOfAnybody) {
  const auto other = place_->Open();
  const int64_t start = database_->Generation().value();
  ASSERT_THAT(Execute(*database_, kCounter), IsOk());
  EXPECT_THAT(database_->Generation(), IsOkAnd(start + 1));
  EXPECT_THAT(other->Generation(), IsOkAnd(start + 1));
  ASSERT_THAT(other->Write([&](Session& session) -> Status {
    EXPECT_THAT(Generation(session), IsOkAnd(start + 2));
    EXPECT_THAT(database_->Generation(), IsOkAnd(start + 1)) << "not committed yet";
    return {};
  }),
              IsOk());
  EXPECT_THAT(database_->Generation(), IsOkAnd(start + 2));
}

TEST_P(DatabaseTest, NoIncrementOfManyThreadsIsLost) {
  ASSERT_THAT(Execute(*database_, kCounter), IsOk());
  ASSERT_THAT(Execute(*database_, "INSERT INTO counter VALUES (0)"), IsOk());
  const auto other = place_->Open();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) EXPECT_THAT(Increment(i % 2 == 0 ? *database_ : *other), IsOk());
    });
  }
  threads.clear();
  EXPECT_EQ(Number(*database_, "SELECT value FROM counter"), 60);
}

TEST_P(DatabaseTest, MoreReadersThanConnectionsSeeWholeChanges) {
  ASSERT_THAT(Execute(*database_, "CREATE TABLE pair (a INTEGER, b INTEGER)"), IsOk());
  ASSERT_THAT(Execute(*database_, "INSERT INTO pair VALUES (0, 0)"), IsOk());
  std::atomic<bool> done = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 12; ++i) {
    readers.emplace_back([&] {
      do {
        const std::vector<Row> rows = All(*database_, "SELECT a, b FROM pair").value();
        EXPECT_EQ(rows.at(0).at(0), rows.at(0).at(1));
      } while (!done);
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(database_->Write([](Session& session) -> Status {
      TRY(session.Run("UPDATE pair SET a = a + 1"));
      TRY(session.Run("UPDATE pair SET b = b + 1"));
      return {};
    }),
                IsOk());
  }
  done = true;
}

TEST_P(DatabaseTest, AWriterThatWaitsTooLongIsToldToTryAgain) {
  const auto other = place_->Open();
  // Of the other's writer only, so that the test need not wait for five seconds.
  ASSERT_THAT(other->Write([this](Session& session) -> Status {
    TRY(All(session, is_postgres() ? "SELECT set_config('lock_timeout', '1ms', false)"
                                   : "PRAGMA busy_timeout = 0"));
    return {};
  }),
              IsOk());
  ASSERT_THAT(database_->Write([&](Session&) -> Status {
    EXPECT_THAT(Execute(*other, kCounter), IsError(Code::kUnavailable));
    return {};
  }),
              IsOk());
  EXPECT_THAT(Execute(*other, kCounter), IsOk());
}

TEST_P(Processes, NoIncrementOfTwoProcessesIsLost) {
  const TempDatabase& place = *place_;
  {
    const auto database = place.Open();
    ASSERT_THAT(Execute(*database, kCounter), IsOk());
    ASSERT_THAT(Execute(*database, "INSERT INTO counter VALUES (0)"), IsOk());
  }
  const auto body = [&](Child& parent) {
    const auto database = place.Open();
    parent.Send(0);
    if (!parent.Receive()) return 1;
    for (int i = 0; i < 20; ++i) {
      if (!Increment(*database)) return 2;
    }
    return 0;
  };
  Child first(body);
  Child second(body);
  for (Child* child : {&first, &second}) ASSERT_TRUE(child->Receive().has_value());
  for (Child* child : {&first, &second}) child->Send(0);
  EXPECT_EQ(first.Wait(), 0);
  EXPECT_EQ(second.Wait(), 0);
  EXPECT_EQ(Number(*place.Open(), "SELECT value FROM counter"), 40);
}

TEST_P(Processes, AWriteOfAnotherProcessIsSeen) {
  const TempDatabase& place = *place_;
  Child child([&](Child& parent) {
    if (!parent.Receive()) return 1;
    const auto database = place.Open();
    return Execute(*database, kCounter) ? 0 : 2;
  });
  const auto database = place.Open();
  const int64_t before = database->Generation().value();
  child.Send(0);
  ASSERT_EQ(child.Wait(), 0);
  EXPECT_THAT(database->Generation(), IsOkAnd(before + 1));
  EXPECT_THAT(All(*database, "SELECT * FROM counter"), IsOk());
}

TEST_P(Processes, ANewFileIsFoundedOnce) {
  for (int round = 0; round < 5; ++round) {
    const TempDatabase place(GetParam());
    const auto body = [&](Child& parent) {
      if (!parent.Receive()) return 1;
      const auto database = Database::Open(place.path());
      return database && (*database)->Generation() ? 0 : 2;
    };
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 4; ++i) children.push_back(std::make_unique<Child>(body));
    for (const auto& child : children) child->Send(0);
    for (const auto& child : children) EXPECT_EQ(child->Wait(), 0);
    EXPECT_EQ(Number(*place.Open(), "SELECT count(*) FROM sluice_generation"), 1);
  }
}

TEST_P(OpenTest, ThreadsMayOpenANewFileAtOnce) {
  const TempDatabase& place = *place_;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { EXPECT_THAT(Database::Open(place.path()), IsOk()); });
  }
}

}  // namespace
}  // namespace sluice::db
