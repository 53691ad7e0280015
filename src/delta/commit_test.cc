#include "delta/commit.h"

#include <sstream>

#include "base/json.h"
#include "base/testing/matchers.h"
#include "storage/testing/memory_store.h"

namespace sluice::delta {
namespace {

using ::testing::ElementsAre;
using testing::IsError;
using testing::IsOk;
using ::testing::Pair;

// The names of the actions, and each action's object.
std::vector<std::pair<std::string, json::Value>> Actions(const std::string& text) {
  std::vector<std::pair<std::string, json::Value>> actions;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const json::Value value = json::Parse(line).value();
    EXPECT_EQ(value.as_object().size(), 1U) << line;
    const auto& member = *value.as_object().begin();
    actions.emplace_back(member.key(), member.value());
  }
  return actions;
}

Commit FirstCommit() {
  Commit commit;
  commit.protocol = Protocol{};
  commit.metadata = Metadata{};
  commit.metadata->id = "11111111-2222-3333-4444-555555555555";
  commit.metadata->name = "orders";
  commit.metadata->schema_string = R"({"type":"struct","fields":[]})";
  commit.metadata->partition_columns = {"region", "month"};
  commit.metadata->configuration = {{"delta.appendOnly", "false"}};
  commit.metadata->created_time = 1700000000000;
  commit.time = TimePoint(std::chrono::milliseconds(1700000000123));
  return commit;
}

AddFile Add() {
  AddFile add;
  add.path = "region=Asia%252FPacific/part-0.parquet";
  add.partition_values = {{"region", "Asia/Pacific"}, {"month", std::nullopt}};
  add.size = 1234;
  add.modification_time = 1700000000000;
  add.stats = R"({"numRecords":2,"minValues":{"name":"O'Neil \"x\""}})";
  return add;
}

TEST(CommitTest, ActionsStandInOrderOneALine) {
  Commit commit = FirstCommit();
  commit.adds = {Add(), Add()};
  commit.removes = {{"old.parquet", std::nullopt}};
  const auto actions = Actions(RenderCommit(commit));
  std::vector<std::string> names;
  for (const auto& [name, action] : actions) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("commitInfo", "protocol", "metaData", "remove", "add", "add"));
}

TEST(CommitTest, CommitInfoTellsTimeAndOperation) {
  Commit commit = FirstCommit();
  commit.operation = "CREATE TABLE";
  const auto info = Actions(RenderCommit(commit)).at(0).second;
  EXPECT_EQ(info.at("timestamp"), 1700000000123);
  EXPECT_EQ(info.at("operation"), "CREATE TABLE");
  EXPECT_TRUE(info.at("operationParameters").is_object());
  EXPECT_EQ(info.at("isBlindAppend"), false);
}

TEST(CommitTest, ATransactionSaysHowFarAProgramHasCome) {
  Commit commit;
  commit.time = TimePoint(std::chrono::milliseconds(1700000000123));
  commit.adds = {Add()};
  commit.transaction = Transaction{"app \"x\"", 42};
  commit.user_metadata = "what it says";
  const auto actions = Actions(RenderCommit(commit));
  EXPECT_EQ(actions.at(0).second.at("userMetadata"), "what it says");
  EXPECT_EQ(actions.at(1).first, "txn");
  EXPECT_EQ(actions.at(1).second, json::Parse(R"({"appId":"app \"x\"","version":42,
                                                  "lastUpdated":1700000000123})")
                                      .value());
}

TEST(CommitTest, AppendIsBlindUnlessItRemoves) {
  Commit commit;
  commit.adds = {Add()};
  EXPECT_EQ(Actions(RenderCommit(commit)).at(0).second.at("isBlindAppend"), true);
  commit.removes = {{"old.parquet", std::nullopt}};
  EXPECT_EQ(Actions(RenderCommit(commit)).at(0).second.at("isBlindAppend"), false);
}

TEST(CommitTest, ProtocolHasFeaturesOnlyWhereItHasThem) {
  Commit commit = FirstCommit();
  EXPECT_EQ(Actions(RenderCommit(commit)).at(1).second,
            json::Parse(R"({"minReaderVersion":1,"minWriterVersion":2})").value());
  commit.protocol = Protocol{3, 7, {{"deletionVectors"}}, {{"deletionVectors", "appendOnly"}}};
  EXPECT_EQ(Actions(RenderCommit(commit)).at(1).second, json::Parse(R"({
      "minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],
      "writerFeatures":["deletionVectors","appendOnly"]})")
                                                            .value());
}

TEST(CommitTest, MetadataIsWhole) {
  EXPECT_EQ(Actions(RenderCommit(FirstCommit())).at(2).second, json::Parse(R"({
      "id":"11111111-2222-3333-4444-555555555555","name":"orders",
      "format":{"provider":"parquet","options":{}},
      "schemaString":"{\"type\":\"struct\",\"fields\":[]}",
      "partitionColumns":["region","month"],"configuration":{"delta.appendOnly":"false"},
      "createdTime":1700000000000})")
                                                                   .value());
}

TEST(CommitTest, AddKeepsPathAndStatisticsAsTheyAre) {
  Commit commit;
  commit.adds = {Add()};
  EXPECT_EQ(Actions(RenderCommit(commit)).at(1).second, json::Parse(R"({
      "path":"region=Asia%252FPacific/part-0.parquet",
      "partitionValues":{"region":"Asia/Pacific","month":null},
      "size":1234,"modificationTime":1700000000000,"dataChange":true,
      "stats":"{\"numRecords\":2,\"minValues\":{\"name\":\"O'Neil \\\"x\\\"\"}}"})")
                                                            .value());
}

TEST(CommitTest, OptionalFieldsOfFiles) {
  Commit commit;
  AddFile add = Add();
  add.stats = std::nullopt;
  add.data_change = false;
  add.deletion_vector = DeletionVector{'u', "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  add.base_row_id = 7;
  add.default_row_commit_version = 8;
  add.clustering_provider = "liquid";
  commit.adds = {add};
  commit.removes = {{"old.parquet", DeletionVector{'i', "x", std::nullopt, 1, 2}}};
  commit.time = TimePoint(std::chrono::milliseconds(5));
  const auto actions = Actions(RenderCommit(commit));
  EXPECT_EQ(actions.at(1).second, json::Parse(R"({
      "path":"old.parquet","deletionTimestamp":5,"dataChange":true,
      "deletionVector":{"storageType":"i","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":2}})")
                                      .value());
  EXPECT_EQ(actions.at(2).second, json::Parse(R"({
      "path":"region=Asia%252FPacific/part-0.parquet",
      "partitionValues":{"region":"Asia/Pacific","month":null},
      "size":1234,"modificationTime":1700000000000,"dataChange":false,
      "deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,
                        "sizeInBytes":40,"cardinality":6},
      "baseRowId":7,"defaultRowCommitVersion":8,"clusteringProvider":"liquid"})")
                                      .value());
}

TEST(CommitTest, RemovesAndChangesTellWhatReadersOfChangesNeed) {
  Commit commit;
  RemoveFile gone{"old.parquet"};
  gone.partition_values = {{{"region", std::nullopt}}};
  gone.size = 77;
  commit.removes = {gone};
  commit.cdc = {{"_change_data/c.parquet", {{"region", "x"}}, 88}};
  commit.time = TimePoint(std::chrono::milliseconds(5));
  const auto actions = Actions(RenderCommit(commit));
  EXPECT_EQ(actions.at(1).second, json::Parse(R"({
      "path":"old.parquet","deletionTimestamp":5,"dataChange":true,"extendedFileMetadata":true,
      "partitionValues":{"region":null},"size":77})")
                                      .value());
  EXPECT_EQ(actions.at(2).first, "cdc");
  EXPECT_EQ(actions.at(2).second, json::Parse(R"({
      "path":"_change_data/c.parquet","partitionValues":{"region":"x"},"size":88,
      "dataChange":false})")
                                      .value());
}

TEST(CommitTest, IsWrittenUnderItsVersionOnce) {
  const storage::testing::MemoryStore store;
  const Commit commit = FirstCommit();
  EXPECT_THAT(WriteCommit(store, 7, commit), IsOk());
  EXPECT_THAT(store.Objects(),
              ElementsAre(Pair("_delta_log/00000000000000000007.json", RenderCommit(commit))));
  EXPECT_THAT(WriteCommit(store, 7, Commit{}), IsError(Code::kAlreadyExists));
  EXPECT_EQ(store.Objects().begin()->second, RenderCommit(commit));
}

}  // namespace
}  // namespace sluice::delta
