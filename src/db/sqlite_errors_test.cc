#include "db/sqlite_errors.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include "base/testing/matchers.h"

namespace sluice::db {
namespace {

TEST(FromSqlite, OneCodeForEachReaction) {
  const std::pair<int, Code> cases[] = {
      {SQLITE_CONSTRAINT_UNIQUE, Code::kAlreadyExists},
      {SQLITE_CONSTRAINT_PRIMARYKEY, Code::kAlreadyExists},
      {SQLITE_CONSTRAINT_ROWID, Code::kAlreadyExists},
      {SQLITE_CONSTRAINT_FOREIGNKEY, Code::kInternal},
      {SQLITE_CONSTRAINT_NOTNULL, Code::kInternal},
      {SQLITE_BUSY, Code::kUnavailable},
      {SQLITE_BUSY_RECOVERY, Code::kUnavailable},
      {SQLITE_BUSY_SNAPSHOT, Code::kConflict},
      {SQLITE_FULL, Code::kUnavailable},
      {SQLITE_IOERR_WRITE, Code::kUnavailable},
      {SQLITE_IOERR_FSYNC, Code::kUnavailable},
      {SQLITE_READONLY_DBMOVED, Code::kUnavailable},
      {SQLITE_CANTOPEN, Code::kUnavailable},
      {SQLITE_CORRUPT, Code::kCorrupt},
      {SQLITE_CORRUPT_INDEX, Code::kCorrupt},
      {SQLITE_IOERR_DATA, Code::kCorrupt},
      {SQLITE_NOTADB, Code::kCorrupt},
      {SQLITE_NOMEM, Code::kInternal},
      {SQLITE_IOERR_NOMEM, Code::kInternal},
      {SQLITE_ERROR, Code::kInternal},
      {SQLITE_LOCKED, Code::kInternal},
      {SQLITE_MISUSE, Code::kInternal},
  };
  for (const auto& [code, ours] : cases) {
    const Error error = FromSqlite(code, "words");
    EXPECT_EQ(CodeName(error.code), CodeName(ours)) << code;
    EXPECT_EQ(error.message.find("words"), std::string::npos);
    EXPECT_NE(error.detail.find("words"), std::string::npos);
  }
}

TEST(Caught, WhatIsNoErrorOfTheDatabaseIsABug) {
  const auto failed = Caught([]() -> int { throw std::runtime_error("words"); });
  EXPECT_THAT(failed, sluice::testing::IsError(Code::kInternal));
  EXPECT_EQ(failed.error().detail, "words");
}

}  // namespace
}  // namespace sluice::db
