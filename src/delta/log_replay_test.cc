#include "delta/log_replay.h"

#include "base/testing/matchers.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using testing::AddLine;
using ::testing::ElementsAre;
using ::testing::Eq;
using testing::kMetadataLine;
using testing::kProtocolLine;
using ::testing::Optional;
using testing::RemoveLine;
using testing::TestTable;
using Lines = std::vector<std::string>;

Status Add(LogReplay& replay, Version version, const Lines& lines) {
  return replay.Add(version, TestTable::Join(lines));
}

std::string DomainLine(std::string_view domain) {
  return fmt::format(
      R"({{"domainMetadata":{{"domain":"{}","configuration":"secret","removed":false}}}})", domain);
}

// "+path" for an add, "-path" for a removal, with "/id" of a deletion vector.
Lines Describe(const std::vector<FileChange>& changes) {
  Lines described;
  for (const FileChange& change : changes) {
    std::string text = (change->removed ? "-" : "+") + change->key_path;
    if (!change->dv_id.empty()) text += "/" + change->dv_id;
    described.push_back(text);
  }
  return described;
}

TEST(LogReplay, TheLastActionOfAFileCounts) {
  LogReplay replay;
  ASSERT_THAT(Add(replay, 0, {AddLine("b"), AddLine("a"), AddLine("c")}), IsOk());
  ASSERT_THAT(Add(replay, 1, {RemoveLine("a"), AddLine("b", 9)}), IsOk());
  ASSERT_THAT(Add(replay, 2, {AddLine("a", 7)}), IsOk());
  ASSERT_THAT(Add(replay, 3, {RemoveLine("c")}), IsOk());
  EXPECT_EQ(replay.pending(), 3U);
  const auto changes = replay.TakeChanges();
  EXPECT_THAT(Describe(changes), ElementsAre("+a", "+b", "-c"));
  EXPECT_EQ(changes[0]->size, 7);
  EXPECT_EQ(changes[1]->size, 9);
  EXPECT_EQ(changes[1]->num_records, 10);
  EXPECT_EQ(replay.pending(), 0U);
}

TEST(LogReplay, AFileWithAnotherVectorIsAnotherFile) {
  LogReplay replay;
  ASSERT_THAT(Add(replay, 0, {AddLine("a")}), IsOk());
  ASSERT_THAT(Add(replay, 1, {RemoveLine("a"), AddLine("a", 1, "x")}), IsOk());
  ASSERT_THAT(Add(replay, 2, {AddLine("a", 1, "y"), RemoveLine("a", "x")}), IsOk());
  EXPECT_THAT(Describe(replay.TakeChanges()), ElementsAre("-a", "-a/ix", "+a/iy"));
}

TEST(LogReplay, OneFileInSeveralWritings) {
  LogReplay replay;
  ASSERT_THAT(Add(replay, 0, {AddLine("a%20b~"), AddLine("/x/y")}), IsOk());
  ASSERT_THAT(Add(replay, 1, {RemoveLine("a b%7E"), RemoveLine("file:///x/y")}), IsOk());
  EXPECT_THAT(Describe(replay.TakeChanges()), ElementsAre("-a%20b~", "-file:/x/y"));
}

TEST(LogReplay, KeepsTheNewestProtocolAndMetadata) {
  LogReplay replay;
  EXPECT_FALSE(replay.protocol().has_value());
  ASSERT_THAT(Add(replay, 0, {std::string(kProtocolLine), std::string(kMetadataLine)}), IsOk());
  ASSERT_THAT(Add(replay, 1, {testing::ProtocolLine(3, 7, "[]")}), IsOk());
  ASSERT_THAT(Add(replay, 2, {testing::MetadataLine(R"({"k":"v"})")}), IsOk());
  EXPECT_EQ(replay.protocol()->min_reader_version, 3);
  EXPECT_EQ(replay.metadata()->configuration.at("k"), "v");
}

TEST(LogReplay, KnowsTheTimestampOfTheLastCommit) {
  LogReplay replay;
  ASSERT_THAT(Add(replay, 0, {R"({"commitInfo":{"inCommitTimestamp":7}})"}), IsOk());
  EXPECT_THAT(replay.in_commit_timestamp(), Optional(7));
  ASSERT_THAT(Add(replay, 1, {R"({"commitInfo":{}})"}), IsOk());
  EXPECT_THAT(replay.in_commit_timestamp(), Eq(std::nullopt));
}

TEST(LogReplay, TakesLinesOfAllKinds) {
  LogReplay replay;
  ASSERT_THAT(replay.Add(0, "\n" + AddLine("a") + "\r\n\n" + AddLine("b") + "  "), IsOk());
  EXPECT_THAT(Describe(replay.TakeChanges()), ElementsAre("+a", "+b"));
}

TEST(LogReplay, NamesTheVersionThatIsBroken) {
  const auto fails = [](const Lines& lines, std::string_view why) {
    LogReplay replay;
    const Status status = Add(replay, 7, lines);
    EXPECT_THAT(status, IsError(Code::kCorrupt, "version 7"));
    EXPECT_THAT(status, IsError(Code::kCorrupt, why));
    EXPECT_EQ(replay.pending(), 0U);
    EXPECT_EQ(status.error().message.find("secret"), std::string::npos);
  };
  fails({}, "empty");
  fails({"", " "}, "empty");
  fails({AddLine("secret"), "{"}, "not JSON");
  fails({R"({"add":{"size":1}})"}, "an add without a path");
  fails({std::string(kProtocolLine), std::string(kProtocolLine)}, "two protocol actions");
  fails({std::string(kMetadataLine), std::string(kMetadataLine)}, "two metaData actions");
  fails({AddLine("secret"), AddLine("secret")}, "added twice");
  fails({AddLine("secret"), AddLine("secret", 1, "v")}, "added twice");
  fails({AddLine("secret%20~"), AddLine("secret ~")}, "added twice");
  fails({AddLine("secret"), RemoveLine("secret")}, "both added and removed");
  fails({AddLine("secret%zz")}, "broken path");
  fails({DomainLine("secret"), DomainLine("b"), DomainLine("secret")}, "one domain");
  fails({AddLine("secret"), "{", AddLine("b")}, "not JSON");
  fails({AddLine("secret"), AddLine("b") + AddLine("c")}, "not JSON");
  fails({AddLine("secret").substr(0, 40)}, "not JSON");
  fails({AddLine("a") + std::string(1, '\0')}, "not JSON");
  fails({"\xEF\xBB\xBF" + AddLine("secret"), AddLine("b")}, "not JSON");
  fails({"[" + AddLine("a") + "]"}, "no JSON object");
  fails({AddLine("secret", -1)}, "an add without a size");
  fails({R"({"add":{"path":"secret","size":"1"}})"}, "'size' has the wrong type");
  fails({R"({"add":{"path":7,"size":1}})"}, "'path' has the wrong type");
  fails({R"({"add":[]})"}, "'add' has the wrong type");
  fails({R"({"add":{"path":"a","size":1},"remove":{"path":"b"}})"}, "two actions");
}

TEST(LogReplay, ADomainMayChangeFromCommitToCommit) {
  LogReplay replay;
  ASSERT_THAT(Add(replay, 0, {DomainLine("a"), DomainLine("b")}), IsOk());
  ASSERT_THAT(Add(replay, 1, {DomainLine("a")}), IsOk());
  EXPECT_EQ(replay.pending(), 0U);
}

TEST(LogReplay, ABrokenCommitLeavesNothingBehind) {
  LogReplay replay;
  ASSERT_THAT(Add(replay, 0, {AddLine("a")}), IsOk());
  EXPECT_FALSE(Add(replay, 1, {std::string(kProtocolLine), AddLine("b"), "x"}).has_value());
  EXPECT_FALSE(replay.protocol().has_value());
  EXPECT_THAT(Describe(replay.TakeChanges()), ElementsAre("+a"));
}

TEST(ReadCommits, RefusesWhatIsTooLarge) {
  const TestTable table;
  table.Start({AddLine("a")});
  table.Commit(1, {"{}"});
  table.Commit(2, {AddLine("a"), AddLine("b"), AddLine("c")});
  const auto store = table.Store();
  const auto commits = ListLog(*store)->commits;
  std::vector<Version> taken;
  const auto read = [&](ByteCount limit) {
    taken.clear();
    return ReadCommits(*store, commits, limit, [&](Version version, std::string&&) -> Status {
      taken.push_back(version);
      return {};
    });
  };
  EXPECT_THAT(read(MiB(1)), IsOk());
  EXPECT_THAT(taken, ElementsAre(0, 1, 2));
  EXPECT_THAT(read({10}), IsError(Code::kUnsupported, "version 0"));
  table.Commit(0, {"{}"});
  EXPECT_THAT(read(MiB(1)), IsError(Code::kNotFound));
  const std::vector<CommitFile> behind(commits.begin() + 1, commits.end());
  EXPECT_THAT(ReadCommits(*store, behind, {10}, [](Version, std::string&&) { return Status(); }),
              IsError(Code::kUnsupported, "version 2"));
}

TEST(InCommitTimestamp, IsReadFromOneCommit) {
  const TestTable table;
  table.Commit(3, {R"({"commitInfo":{"inCommitTimestamp":99}})", AddLine("a")});
  const auto store = table.Store();
  EXPECT_THAT(InCommitTimestamp(*store, ListLog(*store)->commits.at(0), MiB(1)),
              IsOkAnd(Optional(99)));
}

TEST(LogReplay, CommitsHoldNothingThatIsOfCheckpoints) {
  LogReplay replay;
  EXPECT_THAT(Add(replay, 3, {R"({"checkpointMetadata":{"version":3}})"}),
              IsError(Code::kCorrupt, "version 3: a checkpointMetadata action outside"));
  EXPECT_THAT(Add(replay, 3, {R"({"sidecar":{"path":"p","sizeInBytes":1,"modificationTime":1}})"}),
              IsError(Code::kCorrupt, "sidecar"));
}

}  // namespace
}  // namespace sluice::delta
