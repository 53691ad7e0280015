#include "delta/commit_summary.h"

#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::AddLine;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::RemoveLine;
using ::testing::StartsWith;
using testing::TestTable;

constexpr std::string_view kInfo =
    R"({"commitInfo":{"operation":"WRITE","userName":"ada","engineInfo":"x/1",)"
    R"("operationParameters":{"mode":"Append","by":["a"],"n":null},)"
    R"("operationMetrics":{"numFiles":"2"}}})";

CommitSummary Summary(const std::vector<std::string>& lines, bool whole = true) {
  return SummariseCommit(3, TestTable::Join(lines), whole).value();
}

TEST(SummariseCommit, TellsWhatTheWriterTold) {
  const CommitSummary told = Summary({std::string(kInfo)});
  EXPECT_EQ(told.version, 3);
  EXPECT_EQ(told.operation, "WRITE");
  EXPECT_EQ(told.user_name, "ada");
  EXPECT_EQ(told.engine_info, "x/1");
  EXPECT_THAT(told.parameters, ElementsAre(Pair("by", "[\"a\"]"), Pair("mode", "Append")));
  EXPECT_THAT(told.metrics, ElementsAre(Pair("numFiles", "2")));
}

TEST(SummariseCommit, NothingOfItHasToBeThere) {
  const CommitSummary told = Summary({R"({"commitInfo":{"operation":5,"operationMetrics":"x"}})"});
  EXPECT_EQ(told.operation, "5");
  EXPECT_THAT(told.metrics, IsEmpty());
}

TEST(SummariseCommit, CountsFiles) {
  const CommitSummary told = Summary({AddLine("a", 5), AddLine("b", 7), RemoveLine("c")});
  ASSERT_TRUE(told.files);
  EXPECT_EQ(told.files->added, 2);
  EXPECT_EQ(told.files->added_bytes, 12);
  EXPECT_EQ(told.files->removed, 1);
  EXPECT_FALSE(told.has_metadata);
}

TEST(SummariseCommit, OfABeginTellsNoCounts) {
  std::string text = TestTable::Join({std::string(kInfo), AddLine("a")});
  text.resize(text.size() - 20);
  const CommitSummary told = SummariseCommit(0, text, false).value();
  EXPECT_EQ(told.operation, "WRITE");
  EXPECT_FALSE(told.files);
  EXPECT_THAT(SummariseCommit(0, text, true), IsError(Code::kCorrupt));
}

TEST(SummariseCommit, CutsLongTexts) {
  const std::string longer(5000, 'x');
  const CommitSummary told = Summary({R"({"commitInfo":{"operation":")" + longer + R"("}})"});
  EXPECT_LT(told.operation.size(), 4200U);
  EXPECT_THAT(told.operation, StartsWith("xxx"));
}

class Commits : public ::testing::Test {
 protected:
  void SetUp() override {
    table_.Start();
    for (Version version = 1; version < 5; ++version) {
      table_.Commit(version, {AddLine("f" + std::to_string(version))});
    }
  }
  std::vector<Version> Versions(std::optional<Version> from, size_t most) {
    std::vector<Version> versions;
    const CommitPage page = snapshots_.Commits(table_.location(), from, most).value();
    for (const CommitSummary& commit : page.commits) {
      versions.push_back(commit.version);
    }
    return versions;
  }

  TestTable table_;
  testing::LineCheckpointReader reader_;
  SystemClock clock_;
  Metrics metrics_;
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
};

TEST_F(Commits, ComeNewestFirst) {
  EXPECT_THAT(Versions({}, 3), ElementsAre(4, 3, 2));
  EXPECT_THAT(Versions(1, 3), ElementsAre(1, 0));
  const CommitPage page = snapshots_.Commits(table_.location(), 2, 1).value();
  EXPECT_EQ(page.latest, 4);
  EXPECT_EQ(page.earliest, 0);
  EXPECT_EQ(page.commits.front().time, TestTable::TimeOf(2));
}

TEST_F(Commits, EndWhereTheLogWasCleanedUp) {
  table_.Checkpoint(2, {});
  table_.RemoveCommit(0);
  table_.RemoveCommit(1);
  const CommitPage page = snapshots_.Commits(table_.location(), {}, 100).value();
  EXPECT_EQ(page.earliest, 2);
  EXPECT_EQ(page.commits.size(), 3);
}

TEST_F(Commits, HaveTheirOwnTimeIfTheyTellIt) {
  table_.Commit(5, {R"({"commitInfo":{"inCommitTimestamp":77}})"});
  const CommitPage page = snapshots_.Commits(table_.location(), {}, 1).value();
  EXPECT_EQ(page.commits.front().time, FromUnixMillis(77));
}

}  // namespace
}  // namespace sluice::delta
