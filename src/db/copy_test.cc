#include "db/copy.h"

#include <limits>
#include <optional>

#include "base/testing/matchers.h"
#include "db/testing/each_driver.h"
#include "db/testing/statements.h"

namespace sluice::db {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using testing::All;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::Execute;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::IsInstalled;
using testing::NameOf;
using ::testing::Not;
using testing::Number;
using testing::TempDatabase;
using testing::Where;

// A table that others refer to and that is made last, as one that was rebuilt; columns in another
// order there; a row that a step puts in.
std::vector<Migration> Steps() {
  return {
      {"shares", {"CREATE TABLE shares (id INTEGER PRIMARY KEY, name TEXT)"}},
      {"objects",
       {"CREATE TABLE a_object (share INTEGER NOT NULL REFERENCES shares, \"order\" TEXT)",
        "CREATE TABLE seen (number INTEGER NOT NULL)", "INSERT INTO seen VALUES (0)"}},
      {"unique names",
       {"CREATE TABLE shares_new (name TEXT UNIQUE, id INTEGER PRIMARY KEY)",
        "INSERT INTO shares_new SELECT name, id FROM shares", "DROP TABLE shares",
        "ALTER TABLE shares_new RENAME TO shares"},
       {"ALTER TABLE shares ADD UNIQUE (name)"}},
  };
}

struct Ways {
  Where from;
  Where to;
};

class CopyTest : public ::testing::TestWithParam<Ways> {
 protected:
  void SetUp() override {
    for (const Where where : {GetParam().from, GetParam().to}) {
      if (!IsInstalled(where)) GTEST_SKIP() << testing::kNotInstalled;
    }
    Make(Steps());
  }
  void Make(const std::vector<Migration>& steps) {
    from_place_.emplace(GetParam().from);
    to_place_.emplace(GetParam().to);
    from_ = from_place_->Open();
    to_ = to_place_->Open();
    ASSERT_THAT(from_->Migrate(steps), IsOk());
    ASSERT_THAT(to_->Migrate(steps), IsOk());
  }
  void Put(std::string_view sql, const Row& values = {}) {
    ASSERT_THAT(Execute(*from_, sql, values), IsOk());
  }
  std::optional<TempDatabase> from_place_;
  std::optional<TempDatabase> to_place_;
  std::unique_ptr<Database> from_;
  std::unique_ptr<Database> to_;
};

class CopyToPostgres : public CopyTest {};
class CopyToSqlite : public CopyTest {};

INSTANTIATE_TEST_SUITE_P(Each, CopyToPostgres,
                         ::testing::Values(Ways{Where::kSqlite, Where::kPostgres}));
INSTANTIATE_TEST_SUITE_P(Each, CopyToSqlite,
                         ::testing::Values(Ways{Where::kPostgres, Where::kSqlite}));
INSTANTIATE_TEST_SUITE_P(Each, CopyTest,
                         ::testing::Values(Ways{Where::kSqlite, Where::kPostgres},
                                           Ways{Where::kPostgres, Where::kSqlite},
                                           Ways{Where::kSqlite, Where::kSqlite}),
                         [](const auto& one) {
                           return NameOf(one.param.from) + "To" + NameOf(one.param.to);
                         });

TEST_P(CopyTest, KeepsValuesAsTheyAre) {
  const std::vector<Row> rows = {
      {std::numeric_limits<int64_t>::min(), ""},
      {-1, std::monostate()},
      {0, "'quoted' :name ? $1 \"x\""},
      {int64_t{1} << 40, "Größe \xf0\x9f\x8c\x8a \xe2\x80\xa8"},
      {std::numeric_limits<int64_t>::max(), "\n"},
  };
  for (const Row& row : rows) Put("INSERT INTO shares (id, name) VALUES (?, ?)", row);
  const std::string large(1 << 20, 'x');
  Put("INSERT INTO a_object (share, \"order\") VALUES (0, NULL), (0, NULL), (-1, ''), (?, ?)",
      {int64_t{1} << 40, large});
  Put("UPDATE seen SET number = 7");
  EXPECT_THAT(CopyRows(*from_, *to_),
              IsOkAnd(AllOf(Field(&CopyCount::tables, 3), Field(&CopyCount::rows, 10))));
  to_ = nullptr;
  to_ = to_place_->Open();
  EXPECT_EQ(All(*to_, "SELECT id, name FROM shares ORDER BY id").value(), rows);
  EXPECT_THAT(All(*to_, "SELECT share, \"order\" FROM a_object ORDER BY share"),
              IsOkAnd(ElementsAre(Row{-1, ""}, Row{0, std::monostate()}, Row{0, std::monostate()},
                                  Row{int64_t{1} << 40, large})));
  EXPECT_THAT(All(*to_, "SELECT number FROM seen"), IsOkAnd(ElementsAre(Row{7})));
  EXPECT_THAT(to_->Migrate(Steps()), IsOk());
  EXPECT_THAT(Execute(*to_, "INSERT INTO a_object (share) VALUES (99)"), IsError(Code::kInternal))
      << "references are followed again";
}

TEST_P(CopyTest, ManyRowsGoInParts) {
  ASSERT_THAT(from_->Write([](Session& session) -> Status {
    for (int64_t i = 0; i < 10'000; ++i) {
      TRY(session.Run("INSERT INTO shares (id, name) VALUES (?, ?)", {i, std::to_string(i)}));
    }
    for (int64_t i = 0; i < 10'000; ++i) {
      TRY(session.Run("INSERT INTO a_object (share) VALUES (?)", {9'999 - i / 2}));
    }
    return {};
  }),
              IsOk());
  int64_t told = 0;
  EXPECT_THAT(CopyRows(*from_, *to_,
                       [&](std::string_view table, int64_t rows) {
                         EXPECT_FALSE(table.empty());
                         EXPECT_EQ(rows, ++told);
                       }),
              IsOkAnd(Field(&CopyCount::rows, 20'001)));
  EXPECT_EQ(told, 20'001);
  for (const char* query : {"SELECT count(*) FROM shares", "SELECT count(*) FROM a_object",
                            "SELECT max(id) + 1 FROM shares WHERE name = '9999'"}) {
    EXPECT_EQ(Number(*to_, query), 10'000) << query;
  }
}

TEST_P(CopyTest, AskedAgainItFindsItself) {
  Put("INSERT INTO shares (id, name) VALUES (1, 'spring')");
  ASSERT_THAT(CopyRows(*from_, *to_), IsOk());
  EXPECT_THAT(CopyRows(*from_, *to_), IsOkAnd(Field(&CopyCount::rows, 2)));
  EXPECT_EQ(Number(*to_, "SELECT count(*) FROM shares"), 1);
}

TEST_P(CopyTest, OtherRowsAreNotTouched) {
  Put("INSERT INTO shares (id, name) VALUES (1, 'spring')");
  ASSERT_THAT(Execute(*to_, "INSERT INTO shares (id, name) VALUES (1, 'autumn')"), IsOk());
  EXPECT_THAT(CopyRows(*from_, *to_), IsError(Code::kAlreadyExists));
  EXPECT_THAT(All(*to_, "SELECT name FROM shares"), IsOkAnd(ElementsAre(Row{"autumn"})));
}

TEST_P(CopyTest, AnEmptiedDatabaseIsNotANewOne) {
  ASSERT_THAT(Execute(*to_, "UPDATE seen SET number = 3"), IsOk());
  EXPECT_THAT(CopyRows(*from_, *to_), IsError(Code::kAlreadyExists));
}

TEST_P(CopyTest, AFailureLeavesNothing) {
  // Whoever takes the rows refuses the last.
  constexpr std::string_view kFree = "CREATE TABLE late (n INTEGER)";
  constexpr std::string_view kChecked = "CREATE TABLE late (n INTEGER CHECK (n < 5000))";
  const bool to_postgres = GetParam().to == Where::kPostgres;
  auto steps = Steps();
  steps.push_back({"late", {to_postgres ? kFree : kChecked}, {to_postgres ? kChecked : kFree}});
  Make(steps);
  if (GetParam().from == GetParam().to) Put("PRAGMA ignore_check_constraints = ON");
  ASSERT_THAT(from_->Write([](Session& session) -> Status {
    TRY(session.Run("INSERT INTO shares (id) VALUES (1)"));
    for (int64_t i = 0; i <= 5'000; ++i) TRY(session.Run("INSERT INTO late VALUES (?)", {i}));
    return {};
  }),
              IsOk());
  const int64_t before = to_->Generation().value();
  const auto failed = CopyRows(*from_, *to_);
  ASSERT_THAT(failed, IsError(Code::kInternal));
  EXPECT_THAT(failed.error().detail, HasSubstr("late"));
  EXPECT_EQ(Number(*to_, "SELECT count(*) FROM late"), 0);
  EXPECT_EQ(Number(*to_, "SELECT count(*) FROM shares"), 0);
  EXPECT_EQ(Number(*to_, "SELECT number FROM seen"), 0) << "the step's row is back";
  EXPECT_THAT(to_->Generation(), IsOkAnd(before));
  Put("DELETE FROM late WHERE n = 5000");
  EXPECT_THAT(CopyRows(*from_, *to_), IsOkAnd(Field(&CopyCount::rows, 5'002)));
}

TEST_P(CopyTest, OfAnotherVersionNothingIsTaken) {
  Put("INSERT INTO shares (id) VALUES (1)");
  auto steps = Steps();
  steps.push_back({"more", {"CREATE TABLE more (a INTEGER)"}});
  ASSERT_THAT(to_->Migrate(steps), IsOk());
  EXPECT_THAT(CopyRows(*from_, *to_), IsError(Code::kInvalidArgument, "same version"));
}

TEST_P(CopyTest, OtherTablesAreNotTheSame) {
  Put("CREATE TABLE by_hand (a INTEGER)");
  EXPECT_THAT(CopyRows(*from_, *to_), IsError(Code::kInvalidArgument, "same tables"));
}

TEST_P(CopyToPostgres, ATextThatCannotBeKeptIsNamedByItsColumn) {
  for (const std::string& text : {std::string("secret\0", 7), std::string("secret\xff")}) {
    Make(Steps());
    Put("INSERT INTO shares (id, name) VALUES (1, 'spring')");
    Put("INSERT INTO shares (id, name) VALUES (2, ?)", {text});
    const auto copied = CopyRows(*from_, *to_);
    ASSERT_THAT(copied,
                IsError(Code::kInvalidArgument, "the column \"name\" of the table \"shares\""));
    EXPECT_THAT(copied.error().message + copied.error().detail, Not(HasSubstr("secret")));
    EXPECT_EQ(Number(*to_, "SELECT count(*) FROM shares"), 0);
  }
}

// SQLite makes a number of a text in such a column, if it can.
TEST_P(CopyToSqlite, WhatIsNotTheSameAfterwardsIsNoCopy) {
  Make({{"t", {"CREATE TABLE t (a INTEGER)"}, {"CREATE TABLE t (a TEXT)"}}});
  Put("INSERT INTO t VALUES ('12')");
  EXPECT_THAT(CopyRows(*from_, *to_), IsError(Code::kInternal, "not what was there"));
  EXPECT_EQ(Number(*to_, "SELECT count(*) FROM t"), 0);
}

TEST_P(CopyTest, TablesInACircleAreNotCopied) {
  Make({{"circle",
         {"CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b)",
          "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a)"},
         {"CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER)",
          "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a)",
          "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b"}}});
  EXPECT_THAT(CopyRows(*from_, *to_), IsError(Code::kUnsupported, "refer to each other"));
}

}  // namespace
}  // namespace sluice::db
