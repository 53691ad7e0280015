// What was acknowledged outlives a process that is killed at any moment.
//
// SLUICE_CRASH_ROUNDS says how many processes are killed. A kill is not a power cut: what the
// process gave to the system arrives. That commits reach the disk is SQLite's synchronous=FULL.
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/testing/matchers.h"
#include "db/testing/child.h"
#include "db/testing/statements.h"
#include "db/testing/temp_database.h"

namespace sluice::db {
namespace {

using sluice::testing::IsOk;
using testing::Child;
using testing::Execute;
using testing::Number;
using testing::TempDatabase;

// Writes one row to each of two tables in a transaction, and tells its number once it is written.
int CommitForever(const TempDatabase& place, Child& parent, int64_t next) {
  const auto database = place.Open();
  // Small, so that the log is copied into the file (and that is killed too) many times a round.
  IgnoreError(Execute(*database, "PRAGMA wal_autocheckpoint = 20"), "then less often");
  for (;; ++next) {
    const Status written = database->Write([&](Session& session) -> Status {
      TRY(session.Run("INSERT INTO one VALUES (?, ?)", {next, std::string(1500, 'x')}));
      TRY(session.Run("INSERT INTO two VALUES (?)", {next}));
      return {};
    });
    if (!written) return 1;
    parent.Send(next);
  }
}

// The last number that was acknowledged before the process died at a moment nobody knows.
int64_t KillWhileItCommits(const TempDatabase& place, int64_t last, std::mt19937& random) {
  Child child([&](Child& parent) { return CommitForever(place, parent, last + 1); });
  const auto commits = random() % 30;
  for (size_t i = 0; i < commits; ++i) last = child.Receive().value_or(last);
  // On to some point within the next commit, or the first opening.
  const auto turns = random() % 3000;
  for (size_t i = 0; i < turns; ++i) ::sched_yield();
  child.Kill();
  while (const auto number = child.Receive()) last = *number;
  EXPECT_EQ(child.Wait(), -1) << "it ended by itself";
  return last;
}

int Rounds() {
  const char* rounds = std::getenv("SLUICE_CRASH_ROUNDS");
  return rounds == nullptr ? 20 : std::atoi(rounds);
}

void CheckAll(const TempDatabase& place, int64_t acknowledged) {
  const auto database = place.Open();
  const int64_t last = Number(*database, "SELECT coalesce(max(number), 0) FROM one");
  // One commit may have been whole before it could be acknowledged; never more.
  ASSERT_GE(last, acknowledged) << "lost";
  ASSERT_LE(last, acknowledged + 1);
  ASSERT_EQ(Number(*database, "SELECT count(*) FROM one"), last);
  ASSERT_EQ(Number(*database, "SELECT count(*) FROM two"), last) << "half of a transaction";
  ASSERT_EQ(Number(*database, "SELECT coalesce(max(number), 0) FROM two"), last);
  ASSERT_THAT(CheckBackup(place.path()), IsOk());
}

// Kills `rounds` processes, one after the other, that write to one database; counts what they
// wrote.
void KillAndCheck(int rounds, std::mt19937& random, int64_t& commits) {
  const TempDatabase place;
  {
    const auto database = place.Open();
    for (const std::string_view table : {"CREATE TABLE one (number INTEGER PRIMARY KEY, text TEXT)",
                                         "CREATE TABLE two (number INTEGER PRIMARY KEY)"}) {
      ASSERT_THAT(Execute(*database, table), IsOk());
    }
  }
  int64_t last = 0;
  for (int round = 0; round < rounds; ++round) {
    const int64_t acknowledged = KillWhileItCommits(place, last, random);
    ASSERT_NO_FATAL_FAILURE(CheckAll(place, acknowledged)) << "round " << round;
    last = Number(*place.Open(), "SELECT coalesce(max(number), 0) FROM one");
  }
  commits += last;
}

TEST(Crash, WhatWasAcknowledgedIsThere) {
  constexpr int kRoundsOfADatabase = 20;
  const uint32_t seed = std::getenv("CI") != nullptr ? 7 : std::random_device()();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  int64_t commits = 0;
  ASSERT_GT(Rounds(), 0);
  for (int left = Rounds(); left > 0; left -= kRoundsOfADatabase) {
    const int rounds = std::min(left, kRoundsOfADatabase);
    ASSERT_NO_FATAL_FAILURE(KillAndCheck(rounds, random, commits)) << left << " rounds left";
  }
  EXPECT_GT(commits, 0);
  RecordProperty("commits", std::to_string(commits));
}

}  // namespace
}  // namespace sluice::db
