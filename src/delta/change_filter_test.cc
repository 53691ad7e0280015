#include "delta/change_filter.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/partitioned.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::ElementsAre;
using testing::MetadataLineOf;
using testing::Only;
using testing::PartitionedBy;
using testing::RemoveLine;

// An action about a file of a partition; `values` as in the log.
std::string Line(std::string_view action, std::string_view path, std::string_view values) {
  return fmt::format(R"({{"{}":{{"path":"{}","partitionValues":{},"size":3,"modificationTime":1,)"
                     R"("deletionTimestamp":1,"dataChange":true}}}})",
                     action, path, values);
}
std::string In(std::string_view action, std::string_view path, std::string_view country) {
  return Line(action, path, fmt::format(R"({{"c":"{}"}})", country));
}
std::string WithVector(std::string line) {
  return line.insert(line.size() - 2, testing::VectorField("abcd"));
}

const Metadata kByCountry = PartitionedBy({{"c", "string"}});

class ChangeFilterTest : public ::testing::Test {
 protected:
  void Start(const Metadata& metadata, std::vector<std::string> lines = {}) {
    lines.insert(lines.begin(), {std::string(testing::kProtocolLine), MetadataLineOf(metadata)});
    table_.Commit(0, lines);
  }

  void Checkpoint(Version version, std::vector<std::string> lines) const {
    lines.insert(lines.begin(), {std::string(testing::kProtocolLine), MetadataLineOf(kByCountry)});
    table_.Write(fmt::format("{:020}.checkpoint.parquet", version),
                 testing::TestTable::Join(lines));
  }

  Result<std::unique_ptr<ChangeFeed>> Open(Version first, Changes what = Changes::kRows,
                                           const PartitionTerms& only = Only("c", "SE")) {
    const auto any = [](std::string_view) { return Status(); };
    return snapshots_.OpenChanges(table_.location(), first, std::nullopt, what, any, &only);
  }

  // "version: +added -removed ~cdc", one a commit.
  std::vector<std::string> Changed(Version first, Changes what = Changes::kRows,
                                   const PartitionTerms& only = Only("c", "SE")) {
    const auto feed = Open(first, what, only);
    EXPECT_THAT(feed, IsOk());
    std::vector<std::string> commits;
    while (feed.has_value()) {
      const CommitChanges* changes = (*feed)->Next().value();
      if (changes == nullptr) break;
      std::string text = fmt::format("{}:", changes->version);
      for (const ChangedFile& changed : changes->files) {
        text += fmt::format(" {}{}", std::string_view("+-~")[static_cast<size_t>(changed.kind)],
                            changed.file.Row().entry.path);
      }
      commits.push_back(text);
    }
    return commits;
  }

  testing::TestTable table_;
  testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{FromUnixMillis(0)};
  Metrics metrics_;
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  Snapshots snapshots_{stores_, reader_, clock_, metrics_, {MiB(64), 4, MiB(16), 1000}};
};

TEST_F(ChangeFilterTest, EveryKindOfActionIsFiltered) {
  Start(kByCountry, {In("add", "a", "SE"), In("add", "b", "NO")});
  table_.Commit(1, {In("remove", "a", "SE"), In("remove", "b", "NO"), In("add", "d", "SE"),
                    In("add", "e", "NO")});
  table_.Commit(2, {In("cdc", "f", "SE"), In("cdc", "g", "NO"), In("remove", "d", "SE")});
  EXPECT_THAT(Changed(0), ElementsAre("0: +a", "1: +d -a", "2: ~f"));
  EXPECT_THAT(Changed(2, Changes::kFiles), ElementsAre("2: -d"));
}

TEST_F(ChangeFilterTest, RemovalsThatDoNotTellAreLookedUp) {
  Start(kByCountry, {In("add", "a", "SE"), In("add", "b", "NO")});
  table_.Commit(1, {RemoveLine("a"), RemoveLine("b"), RemoveLine("never")});
  EXPECT_THAT(Changed(0), ElementsAre("0: +a", "1: -a"));
  EXPECT_THAT(Changed(1), ElementsAre("1: -a"));
}

TEST_F(ChangeFilterTest, RemovalsThatNobodyKnowsAreRefused) {
  Start(kByCountry, {In("add", "a", "SE")});
  table_.Commit(1, {In("add", "b", "NO")});
  table_.Commit(2, {RemoveLine("b")});
  Checkpoint(2, {In("add", "a", "SE")});
  table_.RemoveCommit(0);
  EXPECT_THAT(Open(2), IsError(Code::kUnsupported));
}

TEST_F(ChangeFilterTest, FilesThatCannotBeJudgedFailTheFeed) {
  Start(kByCountry, {In("add", "a", "SE")});
  table_.Commit(1, {Line("add", "b", "{}")});
  EXPECT_THAT(Open(0), IsError(Code::kCorrupt));
  EXPECT_THAT(Open(0, Changes::kFiles), IsError(Code::kCorrupt));
  EXPECT_THAT(Open(0, Changes::kRows, Only("id", "1")), IsError(Code::kCorrupt));
}

TEST_F(ChangeFilterTest, WhatOthersHaveShowsNowhere) {
  Start(kByCountry, {In("add", "a", "SE"), WithVector(In("add", "b", "NO"))});
  table_.Commit(1, {In("add", "c", "SE"), Line("add", "/elsewhere/x", R"({"c":"NO"})")});
  const PartitionTerms only = Only("c", "SE");
  const auto none = [](std::string_view path) {
    return Status(Fail(Code::kUnsupported, std::string(path)));
  };
  const auto feed =
      snapshots_.OpenChanges(table_.location(), 0, std::nullopt, Changes::kRows, none, &only);
  ASSERT_THAT(feed, IsOk());
  EXPECT_FALSE((*feed)->survey().advanced.deletion_vectors);
  const PartitionTerms others = Only("c", "NO");
  EXPECT_THAT(
      snapshots_.OpenChanges(table_.location(), 0, std::nullopt, Changes::kRows, none, &others),
      IsError(Code::kUnsupported));
}

// Files are judged by the metadata that they were written under: "01" is another text than "1", but
// the same number.
TEST_F(ChangeFilterTest, EachVersionHasItsOwnColumns) {
  const std::string fresh = MetadataLineOf(PartitionedBy({{"d", "string"}, {"c", "integer"}}));
  Start(kByCountry, {In("add", "a", "1"), In("add", "b", "01")});
  const std::string one = R"({"c":"01","d":"1"})";
  const std::string two = R"({"c":"2","d":"1"})";
  table_.Commit(1, {fresh, In("remove", "a", "1"), In("remove", "b", "01"), Line("add", "x", one),
                    Line("add", "y", two)});
  table_.Commit(2, {Line("remove", "x", one), Line("remove", "y", two)});
  const PartitionTerms only = Only("c", "1");
  EXPECT_THAT(Changed(0, Changes::kRows, only), ElementsAre("0: +a", "1: +x -a", "2: -x"));
  EXPECT_THAT(Changed(1, Changes::kRows, only), ElementsAre("1: +x -a", "2: -x"))
      << "asks the version before";
  // By a column that only the new files have nothing can be said of the old ones.
  EXPECT_THAT(Open(0, Changes::kRows, Only("d", "1")), IsError(Code::kCorrupt));
  EXPECT_THAT(Open(1, Changes::kRows, Only("d", "1")), IsError(Code::kCorrupt));
  EXPECT_THAT(Open(2, Changes::kRows, Only("d", "1")), IsOk());
}

TEST_F(ChangeFilterTest, ACommitWithoutItsPastIsRefused) {
  Start(kByCountry, {In("add", "a", "SE")});
  table_.Commit(1, {MetadataLineOf(kByCountry), In("remove", "a", "SE"), In("add", "b", "SE")});
  EXPECT_THAT(Changed(1), ElementsAre("1: +b -a"));
  Checkpoint(1, {In("add", "b", "SE")});
  table_.RemoveCommit(0);
  Snapshots fresh{stores_, reader_, clock_, metrics_, {MiB(64), 4, MiB(16), 1000}};
  const PartitionTerms only = Only("c", "SE");
  const auto any = [](std::string_view) { return Status(); };
  EXPECT_THAT(fresh.OpenChanges(table_.location(), 1, std::nullopt, Changes::kRows, any, &only),
              IsError(Code::kUnsupported));
}

// Beyond what is kept between the survey and the walk, commits are read again: and filtered again.
TEST_F(ChangeFilterTest, CommitsThatAreReadAgainAreFilteredToo) {
  Start(kByCountry);
  for (Version version = 1; version <= 6; ++version) {
    std::vector<std::string> lines;
    for (int i = 0; i < 1000; ++i) {
      const std::string country = i == 7 ? "SE" : "NO";
      lines.push_back(
          In("add", fmt::format("{}-{:03}-{}", version, i, std::string(100, 'x')), country));
    }
    table_.Commit(version, lines);
  }
  const auto feed = Open(1);
  ASSERT_THAT(feed, IsOk());
  for (Version version = 1; version <= 6; ++version) {
    const CommitChanges* changes = (*feed)->Next().value();
    ASSERT_NE(changes, nullptr);
    ASSERT_EQ(changes->files.size(), 1U);
    EXPECT_TRUE(changes->files[0].file.key_path.starts_with(fmt::format("{}-007-", version)));
  }
}

}  // namespace
}  // namespace sluice::delta
