#include "db/migrations.h"

#include <vector>

#include "base/testing/matchers.h"
#include "db/testing/child.h"
#include "db/testing/each_driver.h"
#include "db/testing/statements.h"

namespace sluice::db {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Child;
using testing::Execute;
using ::testing::HasSubstr;
using testing::Number;
using testing::TempDatabase;
using testing::Where;

// Steps of the kinds that happen: a table, a column, a table rebuilt that others refer to.
std::vector<Migration> Steps() {
  return {
      {"shares", {"CREATE TABLE shares (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"}},
      {"objects",
       {"CREATE TABLE objects (share INTEGER NOT NULL REFERENCES shares ON DELETE CASCADE)",
        "CREATE INDEX objects_share ON objects (share)"}},
      {"comments", {"ALTER TABLE shares ADD COLUMN comment TEXT"}},
      {"unique names",
       {"CREATE TABLE shares_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, comment TEXT)",
        "INSERT INTO shares_new SELECT id, name, comment FROM shares", "DROP TABLE shares",
        "ALTER TABLE shares_new RENAME TO shares"},
       {"ALTER TABLE shares ADD UNIQUE (name)"}},
  };
}

std::span<const Migration> First(const std::vector<Migration>& steps, size_t count) {
  return std::span(steps).first(count);
}

using Migrate = testing::EachDriver;

INSTANTIATE_TEST_SUITE_P(Each, Migrate, testing::Drivers(), testing::DriverName);

TEST_P(Migrate, KeepsTheRowsOfEachOlderForm) {
  const std::vector<Migration> steps = Steps();
  for (size_t old = 1; old <= steps.size(); ++old) {
    const TempDatabase place(GetParam());
    {
      const auto database = place.Open();
      ASSERT_THAT(database->Migrate(First(steps, old)), IsOk());
      ASSERT_THAT(Execute(*database, "INSERT INTO shares (id, name) VALUES (7, 'sales')"), IsOk());
      if (old >= 2) {
        ASSERT_THAT(Execute(*database, "INSERT INTO objects VALUES (7)"), IsOk());
      }
    }
    const auto database = place.Open();
    ASSERT_THAT(database->Migrate(steps), IsOk()) << "from " << old;
    EXPECT_EQ(Number(*database, "SELECT count(*) FROM shares WHERE id = 7 AND comment IS NULL"), 1);
    EXPECT_EQ(Number(*database, "SELECT count(*) FROM objects"), old >= 2 ? 1 : 0);
    EXPECT_EQ(Number(*database, "SELECT count(*) FROM sluice_migrations"), 4);
    EXPECT_THAT(Execute(*database, "INSERT INTO shares (id, name) VALUES (8, 'sales')"),
                IsError(Code::kAlreadyExists));
    EXPECT_THAT(Execute(*database, "INSERT INTO objects VALUES (8)"), IsError(Code::kInternal))
        << "foreign keys hold again";
  }
}

TEST_P(Migrate, TakesEachStepOnce) {
  const std::vector<Migration> steps = Steps();
  const TempDatabase place(GetParam());
  const auto database = place.Open();
  ASSERT_THAT(database->Migrate(steps), IsOk());
  const int64_t generation = database->Generation().value();
  ASSERT_THAT(database->Migrate(steps), IsOk());
  EXPECT_EQ(database->Generation().value(), generation);
}

TEST_P(Migrate, RecordsWhatItDid) {
  const std::vector<Migration> steps = {
      {"one", {"CREATE TABLE a (x TEXT)", "CREATE TABLE b (x TEXT)"}}};
  const TempDatabase place(GetParam());
  const auto database = place.Open();
  ASSERT_THAT(database->Migrate(steps), IsOk());
  // sha256("CREATE TABLE a (x TEXT)\0CREATE TABLE b (x TEXT)\0"), by another program.
  EXPECT_EQ(
      Number(*database,
             "SELECT count(*) FROM sluice_migrations WHERE number = 1 AND name = 'one' AND sha256 ="
             " '934425abcb3856f0ab2cd381ac8e387dc18e1b611571c3386ec8a0106dd04561' AND applied_at "
             "LIKE '20__-__-__T%Z'"),
      1);
}

TEST_P(Migrate, RefusesADatabaseOfANewerProgram) {
  const std::vector<Migration> steps = Steps();
  const TempDatabase place(GetParam());
  const auto database = place.Open();
  ASSERT_THAT(database->Migrate(steps), IsOk());
  EXPECT_THAT(database->Migrate(First(steps, 2)),
              IsError(Code::kUnsupported, "newer version of Sluice: it is at step 3 ('comments')"));
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM sluice_migrations"), 4);
}

TEST_P(Migrate, RefusesADatabaseWhoseStepsWereOthers) {
  const std::vector<Migration> steps = Steps();
  const TempDatabase place(GetParam());
  const auto database = place.Open();
  ASSERT_THAT(database->Migrate(First(steps, 2)), IsOk());
  std::vector<Migration> changed = steps;
  changed[1].statements[1] = "CREATE INDEX other_name ON objects (share)";
  EXPECT_THAT(database->Migrate(changed), IsError(Code::kUnsupported, "step 2 ('objects')"));
  // The border between statements counts too.
  changed = steps;
  changed[1].statements.pop_back();
  EXPECT_THAT(database->Migrate(changed), IsError(Code::kUnsupported, "step 2 ('objects')"));
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM sluice_migrations"), 2);
}

TEST_P(Migrate, AStepThatFailsLeavesNothingAndKeepsTheStepsBefore) {
  std::vector<Migration> steps = Steps();
  steps[2].statements = {"CREATE TABLE half (a INTEGER)", "CREATE GARBAGE"};
  const TempDatabase place(GetParam());
  const auto database = place.Open();
  const Status failed = database->Migrate(steps);
  ASSERT_THAT(failed, IsError(Code::kInternal));
  EXPECT_THAT(failed.error().detail, HasSubstr("step 3 ('comments')"));
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM sluice_migrations"), 2);
  EXPECT_EQ(Number(*database, GetParam() == Where::kSqlite
                                  ? "SELECT count(*) FROM sqlite_master WHERE name = 'half'"
                                  : "SELECT count(*) FROM pg_class WHERE relname = 'half'"),
            0);
  EXPECT_THAT(database->Migrate(Steps()), IsOk());
}

TEST_P(Migrate, AStepThatBreaksAReferenceFails) {
  if (GetParam() == Where::kPostgres) GTEST_SKIP() << "there the references delete what refers";
  std::vector<Migration> steps = Steps();
  steps[2].statements = {"DELETE FROM shares"};
  const TempDatabase place(GetParam());
  const auto database = place.Open();
  ASSERT_THAT(database->Migrate(First(steps, 2)), IsOk());
  ASSERT_THAT(Execute(*database, "INSERT INTO shares VALUES (7, 'sales')"), IsOk());
  ASSERT_THAT(Execute(*database, "INSERT INTO objects VALUES (7)"), IsOk());
  EXPECT_THAT(database->Migrate(First(steps, 3)), IsError(Code::kInternal));
  EXPECT_EQ(Number(*database, "SELECT count(*) FROM shares"), 1);
  EXPECT_THAT(Execute(*database, "INSERT INTO objects VALUES (8)"), IsError(Code::kInternal));
}

TEST_P(Migrate, ProcessesThatStartAtOnceTakeEachStepOnce) {
  const std::vector<Migration> steps = Steps();
  const TempDatabase place(GetParam());
  const auto body = [&](Child& parent) {
    const auto database = place.Open();
    parent.Send(0);
    if (!parent.Receive()) return 1;
    return database->Migrate(steps) ? 0 : 2;
  };
  Child first(body);
  Child second(body);
  for (Child* child : {&first, &second}) ASSERT_TRUE(child->Receive().has_value());
  for (Child* child : {&first, &second}) child->Send(0);
  EXPECT_EQ(first.Wait(), 0);
  EXPECT_EQ(second.Wait(), 0);
  EXPECT_EQ(Number(*place.Open(), "SELECT count(*) FROM sluice_migrations"), 4);
}

}  // namespace
}  // namespace sluice::db
