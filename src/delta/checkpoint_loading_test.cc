#include "delta/checkpoint_loading.h"

#include <latch>

#include "base/testing/matchers.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"
#include "storage/testing/memory_store.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using storage::testing::MemoryStore;
using testing::AddLine;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kMetadataLine;
using testing::kProtocolLine;
using ::testing::Not;
using testing::RemoveLine;
using testing::TestTable;
using ::testing::UnorderedElementsAre;
using Lines = std::vector<std::string>;

constexpr Version kVersion = 7;
const std::string kInfo = R"({"checkpointMetadata":{"version":7,"tags":{}}})";

// Checkpoints in a store far away, where lines of JSON stand for Parquet.
class CheckpointLoadingTest : public ::testing::Test {
 protected:
  static std::string Key(std::string_view end) {
    return fmt::format("_delta_log/{:020}.checkpoint.{}", kVersion, end);
  }
  static std::string SidecarLine(std::string_view path, size_t size) {
    return fmt::format(
        R"({{"sidecar":{{"path":"{}","sizeInBytes":{},"modificationTime":1,"tags":null}}}})", path,
        size);
  }
  // Writes a sidecar; its line.
  std::string Sidecar(const std::string& name, const Lines& lines) {
    const std::string text = TestTable::Join(lines);
    store_.Put("_delta_log/_sidecars/" + name, text);
    return SidecarLine(name, text.size());
  }
  // With protocol and metaData.
  void Write(const std::string& key, Lines lines) {
    lines.insert(lines.begin(), {std::string(kProtocolLine), std::string(kMetadataLine)});
    WriteBare(key, lines);
  }
  void WriteBare(const std::string& key, const Lines& lines) {
    store_.Put(key, TestTable::Join(lines));
  }
  // The one that is listed.
  Result<std::optional<CheckpointState>> Load() {
    const LogListing listing = ListLog(store_).value();
    EXPECT_EQ(listing.checkpoints.size(), 1U);
    store_.TakeRequests();
    return LoadCheckpoint({store_, reader_, limits_}, listing.checkpoints.back());
  }
  Lines Paths() {
    const auto state = Load();
    EXPECT_THAT(state, IsOk());
    Lines paths;
    if (!state.has_value() || !state->has_value()) return paths;
    LiveFilesCursor cursor((*state)->files);
    while (const FileRow* row = cursor.Next().value()) paths.emplace_back(row->entry.path);
    return paths;
  }

  const std::string classic_ = Key("parquet");
  const std::string json_ = Key("0e42c15b-17cc-4918-990d-2ff76e918e4d.json");
  const std::string parquet_ = Key("0e42c15b-17cc-4918-990d-2ff76e918e4d.parquet");
  MemoryStore store_;
  testing::LineCheckpointReader reader_;
  SnapshotLimits limits_;
};

TEST_F(CheckpointLoadingTest, EachKindOfTopFileHoldsFilesItself) {
  for (const std::string& key : {classic_, json_, parquet_}) {
    store_.Clear();
    Write(key, {AddLine("z"), kInfo, AddLine("a"), RemoveLine("b"), R"({"txn":{"appId":"x"}})",
                R"({"domainMetadata":{"domain":"d"}})", AddLine("%62"), AddLine("a b")});
    EXPECT_THAT(Paths(), ElementsAre("a", "a b", "%62", "z")) << key;
    EXPECT_EQ(Load().value()->header.metadata->id, "t") << key;
  }
}

TEST_F(CheckpointLoadingTest, EachKindOfTopFileMayHaveSidecars) {
  for (const std::string& key : {classic_, json_, parquet_}) {
    store_.Clear();
    Write(key, {kInfo, Sidecar("s1.parquet", {AddLine("d"), RemoveLine("x"), AddLine("b")}),
                Sidecar("s2.parquet", {AddLine("a"), AddLine("c b"), AddLine("e")}),
                Sidecar("s3.parquet", {RemoveLine("y")})});
    EXPECT_THAT(Paths(), ElementsAre("a", "b", "c b", "d", "e")) << key;
    EXPECT_EQ(Load().value()->files.totals().files, 5U) << key;
  }
}

TEST_F(CheckpointLoadingTest, AsksForTheTopFileAndOnceForEachSidecar) {
  const auto sidecar = [](std::string_view request, int number) {
    return fmt::format("{} _delta_log/_sidecars/s{}", request, number);
  };
  Write(parquet_, {kInfo, Sidecar("s1", {AddLine("a")}), Sidecar("s2", {AddLine("b")})});
  ASSERT_THAT(Load(), IsOk());
  EXPECT_THAT(store_.TakeRequests(),
              UnorderedElementsAre("fetch " + parquet_, sidecar("head", 1), sidecar("head", 2),
                                   sidecar("fetch", 1), sidecar("fetch", 2)));
  store_.Erase(parquet_);
  Write(json_, {kInfo, Sidecar("s1", {AddLine("a")})});
  ASSERT_THAT(Load(), IsOk());
  EXPECT_THAT(store_.TakeRequests(),
              ElementsAre("read " + json_, sidecar("head", 1), sidecar("fetch", 1)));
}

// Each Head waits for all others to be asked: one after the other they would wait for ever.
TEST_F(CheckpointLoadingTest, AsksForSidecarsAtTheSameTime) {
  Lines lines = {kInfo};
  for (const std::string name : {"a", "b", "c", "d"}) {
    lines.push_back(Sidecar(name, {AddLine(name)}));
  }
  Write(json_, lines);
  std::latch all(4);
  store_.before = [&](const std::string& request) -> Status {
    if (request.starts_with("head")) all.arrive_and_wait();
    return {};
  };
  store_.parallel = 4;
  EXPECT_THAT(Paths(), ElementsAre("a", "b", "c", "d"));
}

TEST_F(CheckpointLoadingTest, HundredsOfSidecars) {
  Lines lines = {kInfo};
  for (int i = 0; i < 300; ++i) {
    const std::string name = fmt::format("s{}.parquet", i);
    lines.push_back(
        Sidecar(name, {AddLine(fmt::format("b{}", i)), AddLine(fmt::format("a{}", i))}));
  }
  Write(json_, lines);
  EXPECT_EQ(Paths().size(), 600U);
  EXPECT_EQ(store_.TakeRequests().size(), 601U);
}

TEST_F(CheckpointLoadingTest, AnEmptyTableNeedsNoSidecar) {
  Write(json_, {kInfo});
  EXPECT_THAT(Paths(), IsEmpty());
  Write(json_, {kInfo, Sidecar("empty", {RemoveLine("x")})});
  EXPECT_THAT(Paths(), IsEmpty());
}

TEST_F(CheckpointLoadingTest, NamesOfSidecarsAreDecoded) {
  const std::string line = Sidecar("a b%20c", {AddLine("a")});
  Write(json_, {kInfo, SidecarLine("a%20b%2520c", TestTable::Join({AddLine("a")}).size())});
  EXPECT_THAT(Paths(), ElementsAre("a"));
}

TEST_F(CheckpointLoadingTest, SidecarsElsewhereAreNotAskedFor) {
  store_.Put("secret", AddLine("a"));
  for (const auto& [path, code] :
       std::map<std::string, Code>{{"/_delta_log/_sidecars/x", Code::kUnsupported},
                                   {"file:///t/_delta_log/_sidecars/x", Code::kUnsupported},
                                   {"s3://other/x", Code::kUnsupported},
                                   {"../../secret", Code::kUnsupported},
                                   {"%2e%2e/%2E%2E/secret", Code::kUnsupported},
                                   {"..%2F..%2Fsecret", Code::kUnsupported},
                                   {"deeper/x", Code::kCorrupt},
                                   {"deeper%2Fx", Code::kCorrupt},
                                   {"a%zz", Code::kCorrupt},
                                   {"a%00", Code::kCorrupt},
                                   {".", Code::kCorrupt}}) {
    Write(json_, {kInfo, Sidecar("good", {AddLine("a")}), SidecarLine(path, 1)});
    EXPECT_THAT(Load(), IsError(code)) << path;
    EXPECT_THAT(store_.TakeRequests(), ElementsAre("read " + json_)) << path;
  }
}

TEST_F(CheckpointLoadingTest, ASidecarOfAnotherSizeIsCorrupt) {
  Sidecar("s", {AddLine("a")});
  Write(json_, {kInfo, SidecarLine("s", 1)});
  const auto read = Load();
  ASSERT_THAT(read, IsError(Code::kCorrupt, "another size"));
  EXPECT_THAT(read.error().message, Not(HasSubstr("_sidecars")));
}

TEST_F(CheckpointLoadingTest, SidecarsHoldFilesOnly) {
  const std::string other = Sidecar("other", {AddLine("b")});
  for (const std::string& line :
       {std::string(kProtocolLine), std::string(kMetadataLine), kInfo, other}) {
    Write(json_, {kInfo, Sidecar("s", {AddLine("a"), line})});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt, "other actions than files")) << line;
  }
}

TEST_F(CheckpointLoadingTest, FilesAreInTheTopFileOrInSidecars) {
  for (const std::string& key : {json_, parquet_}) {
    store_.Clear();
    Write(key, {kInfo, Sidecar("s", {AddLine("a")}), AddLine("b")});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt, "beside")) << key;
  }
}

TEST_F(CheckpointLoadingTest, AFileTwiceIsCorrupt) {
  Write(json_, {kInfo, AddLine("b"), AddLine("a"), AddLine("b")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "twice"));
  Write(json_, {kInfo, AddLine("b"), AddLine("a"), AddLine("%62")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "twice"));
  Write(json_, {kInfo, Sidecar("1", {AddLine("a")}), Sidecar("2", {AddLine("b"), AddLine("a")})});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "twice"));
  const std::string line = Sidecar("1", {AddLine("a")});
  Write(json_, {kInfo, line, line});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "twice"));
}

TEST_F(CheckpointLoadingTest, ProtocolAndMetadataAreThereOnce) {
  for (const std::string& key : {classic_, json_}) {
    store_.Clear();
    WriteBare(key, {kInfo, std::string(kMetadataLine)});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt, "no protocol"));
    WriteBare(key, {kInfo, std::string(kProtocolLine)});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt, "no metaData"));
    Write(key, {kInfo, std::string(kProtocolLine)});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt, "two protocol"));
    Write(key, {kInfo, std::string(kMetadataLine)});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt, "two metaData"));
    Write(key, {kInfo, kInfo});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt, "two checkpointMetadata"));
  }
}

TEST_F(CheckpointLoadingTest, EachKindHasWhatItsSpecificationSays) {
  Write(json_, {AddLine("a")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "no checkpointMetadata"));
  Write(json_, {R"({"checkpointMetadata":{"version":6}})", AddLine("a")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "version 6"));
  store_.Clear();
  Write(parquet_, {AddLine("a")});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "no checkpointMetadata"));
  store_.Clear();
  Write(classic_, {AddLine("a")});
  EXPECT_THAT(Paths(), ElementsAre("a"));
  Write(classic_, {Sidecar("s", {AddLine("a")})});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "no checkpointMetadata"));
  Write(classic_, {R"({"checkpointMetadata":{"version":8}})"});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "version 8"));
  store_.Clear();
  Write(Key("0000000001.0000000002.parquet"), {AddLine("a")});
  WriteBare(Key("0000000002.0000000002.parquet"), {kInfo});
  EXPECT_THAT(Load(), IsError(Code::kCorrupt, "in parts"));
  WriteBare(Key("0000000002.0000000002.parquet"), {AddLine("b")});
  EXPECT_THAT(Paths(), ElementsAre("a", "b"));
}

TEST_F(CheckpointLoadingTest, BrokenJsonIsCorrupt) {
  for (const std::string& line : Lines{"{", "[]", R"({"add":{"path":"a"}})", R"({"sidecar":{}})",
                                       R"({"add":{"path":"a%zz","size":1}})"}) {
    Write(json_, {kInfo, line});
    EXPECT_THAT(Load(), IsError(Code::kCorrupt)) << line;
  }
  store_.Put(json_, "");
  EXPECT_THAT(Load(), IsError(Code::kCorrupt));
  Write(json_, {kInfo, AddLine("a")});
  store_.Put(json_, store_.Objects()[json_] + "\r\n \n" + AddLine("b") + "\r\n" + AddLine("c"));
  EXPECT_THAT(Paths(), ElementsAre("a", "b", "c"));
}

TEST_F(CheckpointLoadingTest, WhatIsReadHasLimits) {
  Write(json_, {kInfo, AddLine("a")});
  limits_.max_commit = ByteCount{100};
  EXPECT_THAT(Load(), IsError(Code::kUnsupported, "larger"));
  limits_.max_commit = MiB(64);
  Lines lines(10'001, SidecarLine("s", 1));
  lines.push_back(kInfo);
  Write(json_, lines);
  EXPECT_THAT(Load(), IsError(Code::kUnsupported, "more than 10000 sidecar"));
}

TEST_F(CheckpointLoadingTest, AMissingSidecarMakesItIncomplete) {
  for (const std::string& key : {classic_, json_, parquet_}) {
    store_.Clear();
    Write(key, {kInfo, Sidecar("s", {AddLine("a")}), SidecarLine("missing", 1)});
    const auto read = Load();
    ASSERT_THAT(read, IsOk());
    EXPECT_FALSE(read->has_value());
  }
}

TEST_F(CheckpointLoadingTest, ASidecarThatGoesWhileItIsReadIsMissing) {
  Write(json_, {kInfo, Sidecar("s", {AddLine("a")})});
  reader_.before_read = [&] { store_.Erase("_delta_log/_sidecars/s"); };
  const auto read = Load();
  ASSERT_THAT(read, IsOk());
  EXPECT_FALSE(read->has_value());
}

// Cleaned up since it was listed: the log has to be listed anew.
TEST_F(CheckpointLoadingTest, ATopFileThatGoesToo) {
  for (const bool replaced : {false, true}) {
    Write(json_, {kInfo, Sidecar("s", {AddLine("a")})});
    store_.before = [&](const std::string& request) -> Status {
      if (!request.starts_with("head") || request.ends_with("json")) return {};
      store_.Erase("_delta_log/_sidecars/s");
      store_.Erase(json_);
      if (replaced) store_.Put(json_, "another table");
      return {};
    };
    EXPECT_THAT(Load(), IsError(Code::kNotFound));
    store_.before = nullptr;
    store_.Clear();
  }
  Write(json_, {kInfo});
  const LogListing listing = ListLog(store_).value();
  store_.Clear();
  EXPECT_THAT(LoadCheckpoint({store_, reader_, limits_}, listing.checkpoints.back()),
              IsError(Code::kNotFound));
}

TEST_F(CheckpointLoadingTest, AFailureOfTheStoreIsNoMissingFile) {
  Write(json_, {kInfo, Sidecar("s", {AddLine("a")})});
  for (const std::string_view failing : {"read", "head", "fetch"}) {
    store_.before = [&](const std::string& request) -> Status {
      if (request.starts_with(failing)) return Fail(Code::kUnavailable, "down");
      return {};
    };
    EXPECT_THAT(Load(), IsError(Code::kUnavailable, "down")) << failing;
  }
}

}  // namespace
}  // namespace sluice::delta
