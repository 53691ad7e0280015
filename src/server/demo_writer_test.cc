#include "server/demo_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "base/testing/matchers.h"
#include "delta/checkpoint.h"
#include "engine/sql_text.h"
#include "storage/object_store.h"

namespace sluice::server {
namespace {

using ::testing::ElementsAre;
using testing::IsError;
using testing::IsOk;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class DemoWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(
        engine_.Execute(
            "CREATE SCHEMA demo; CREATE TABLE demo.source AS SELECT * FROM (VALUES "
            "(1, 'a b', 1.50::DECIMAL(10,2), TIMESTAMPTZ '2024-01-02 03:04:05.678+00', true), "
            "(2, 'a b', NULL, TIMESTAMPTZ '2024-01-01 00:00:00+00', false), "
            "(3, 'c', 2.25, NULL, NULL)) v(id, kind, price, moment, flag); "
            "CREATE TABLE demo.better AS SELECT * REPLACE (9.99 AS price) FROM demo.source "
            "WHERE id = 1"),
        IsOk());
  }
  void TearDown() override { fs::remove_all(folder_); }

  DemoTable Table() const {
    DemoTable table;
    table.name = "things";
    table.description = "Things.";
    table.columns = {{"id", "integer"},
                     {"kind", "string"},
                     {"price", "decimal(10,2)"},
                     {"moment", "timestamp"},
                     {"flag", "boolean"}};
    table.partition_columns = {"kind"};
    table.commits = {{"WRITE", FromUnixMillis(1'700'000'000'000), "demo.source"}};
    return table;
  }

  // The actions `name` of a version.
  std::vector<json::Value> Actions(int version, std::string_view name) const {
    std::ifstream file(folder_ / fmt::format("_delta_log/{:020}.json", version));
    std::vector<json::Value> actions;
    for (std::string line; std::getline(file, line);) {
      const json::Value value = json::Parse(line).value();
      if (const auto* action = value.as_object().if_contains(name)) actions.push_back(*action);
    }
    return actions;
  }

  static std::string Text(const json::Value& action, std::string_view key) {
    return std::string(action.at(key).as_string());
  }

  engine::Engine engine_{{MiB(256), 2, {}}};
  fs::path folder_ = fs::temp_directory_path() / fmt::format("sluice-demo-writer-{}", getpid());
};

TEST_F(DemoWriterTest, WritesOneFileForEachPartition) {
  const auto size = WriteDemoTable(engine_, Table(), folder_);
  ASSERT_THAT(size, IsOk());
  EXPECT_EQ(size->rows, 3);
  EXPECT_EQ(size->files, 2U);
  EXPECT_EQ(size->versions, 1U);

  const auto adds = Actions(0, "add");
  ASSERT_THAT(adds, SizeIs(2));
  EXPECT_TRUE(Text(adds[0], "path").starts_with("kind=a%20b/part-00000-"));
  EXPECT_EQ(adds[0].at("partitionValues"), json::Parse(R"({"kind":"a b"})").value());
  EXPECT_TRUE(Text(adds[1], "path").starts_with("kind=c/part-00001-"));
  EXPECT_EQ(json::Parse(Text(adds[0], "stats")).value(), json::Parse(R"({"numRecords":2,
      "minValues":{"id":1,"price":1.5,"moment":"2024-01-01T00:00:00.000Z"},
      "maxValues":{"id":2,"price":1.5,"moment":"2024-01-02T03:04:05.678Z"},
      "nullCount":{"id":0,"price":1,"moment":0,"flag":0}})")
                                                             .value());
}

TEST_F(DemoWriterTest, FilesHoldTheRowsWithoutPartitionColumns) {
  ASSERT_THAT(WriteDemoTable(engine_, Table(), folder_), IsOk());
  const auto columns = engine_.Query("SELECT name FROM parquet_schema(" +
                                     engine::SqlString((folder_ / "kind=c/*").string()) +
                                     ") WHERE type IS NOT NULL");
  ASSERT_THAT(columns, IsOk());
  EXPECT_THAT(columns->rows, ElementsAre(ElementsAre("id"), ElementsAre("price"),
                                         ElementsAre("moment"), ElementsAre("flag")));
  const auto rows = engine_.Query("SELECT count(*), sum(id) FROM read_parquet(" +
                                  engine::SqlString((folder_ / "kind=a b/*").string()) +
                                  ", hive_partitioning = false)");
  EXPECT_THAT(rows->rows, ElementsAre(ElementsAre("2", "3")));
  // Sizes in the log are those of the files.
  for (const auto& add : Actions(0, "add")) {
    std::string path = Text(add, "path");
    if (const size_t at = path.find("%20"); at != std::string::npos) path.replace(at, 3, " ");
    EXPECT_EQ(add.at("size").as_int64(), static_cast<int64_t>(fs::file_size(folder_ / path)));
  }
}

TEST_F(DemoWriterTest, FirstVersionHasProtocolAndSchema) {
  ASSERT_THAT(WriteDemoTable(engine_, Table(), folder_), IsOk());
  ASSERT_THAT(Actions(0, "protocol"), SizeIs(1));
  const auto metadata = Actions(0, "metaData");
  ASSERT_THAT(metadata, SizeIs(1));
  EXPECT_EQ(metadata[0].at("partitionColumns"), json::Parse(R"(["kind"])").value());
  const auto schema = json::Parse(Text(metadata[0], "schemaString")).value();
  const auto& price = schema.at("fields").at(2);
  EXPECT_EQ(Text(price, "name"), "price");
  EXPECT_EQ(Text(price, "type"), "decimal(10,2)");
  EXPECT_EQ(price.at("nullable"), true);
}

TEST_F(DemoWriterTest, LogFilesHaveTheTimesOfTheCommits) {
  ASSERT_THAT(WriteDemoTable(engine_, Table(), folder_), IsOk());
  const auto time = fs::last_write_time(folder_ / "_delta_log/00000000000000000000.json");
  EXPECT_EQ(std::chrono::file_clock::to_sys(time), FromUnixMillis(1'700'000'000'000));
  EXPECT_EQ(Actions(0, "commitInfo").at(0).at("timestamp"), 1'700'000'000'000);
}

TEST_F(DemoWriterTest, ReplacementRemovesTheSamePartitionsAndIsInTheCheckpoint) {
  DemoTable table = Table();
  DemoCommit correction{"WRITE", FromUnixMillis(1'700'000'100'000), "demo.better"};
  correction.replaces_partitions = true;
  table.commits.push_back(correction);
  table.checkpoint_version = 1;
  const auto size = WriteDemoTable(engine_, table, folder_);
  ASSERT_THAT(size, IsOk());
  EXPECT_EQ(size->rows, 2);
  EXPECT_EQ(size->files, 2U);
  const auto removes = Actions(1, "remove");
  ASSERT_THAT(removes, SizeIs(1));
  EXPECT_EQ(Text(removes[0], "path"), Text(Actions(0, "add")[0], "path"));

  const auto store = *storage::OpenLocalStore(folder_.string());
  std::vector<delta::AddFile> adds;
  const auto checkpoint = store->Head("_delta_log/00000000000000000001.checkpoint.parquet");
  ASSERT_THAT(checkpoint, IsOk());
  const auto header =
      engine_.checkpoint_reader().Read(*store, {*checkpoint}, [&](delta::AddFile&& add) -> Status {
        adds.push_back(std::move(add));
        return {};
      });
  ASSERT_THAT(header, IsOk());
  EXPECT_EQ(header->protocol->min_reader_version, 1);
  EXPECT_EQ(header->metadata->schema_string, Text(Actions(0, "metaData")[0], "schemaString"));
  EXPECT_THAT(header->metadata->partition_columns, ElementsAre("kind"));
  ASSERT_THAT(adds, SizeIs(2));
  std::ranges::sort(adds, {}, &delta::AddFile::path);
  EXPECT_EQ(adds[0].path, Text(Actions(1, "add")[0], "path"));
  EXPECT_THAT(adds[0].partition_values, ElementsAre(Pair("kind", Optional(std::string("a b")))));
  EXPECT_EQ(adds[1].path, Text(Actions(0, "add")[1], "path"));
  EXPECT_EQ(adds[1].stats, Text(Actions(0, "add")[1], "stats"));

  std::ifstream file(folder_ / "_delta_log/_last_checkpoint");
  std::stringstream hint;
  hint << file.rdbuf();
  const auto last = json::Parse(hint.str()).value();
  EXPECT_EQ(last.at("version"), 1);
  EXPECT_EQ(last.at("size"), 5);  // protocol, metaData, two adds, a remove
  EXPECT_EQ(last.at("numOfAddFiles"), 2);
}

TEST_F(DemoWriterTest, SlicesMakeFilesOfTheirOwn) {
  DemoTable table = Table();
  table.partition_columns = {};
  table.commits[0].slices = {"id < 2", "id >= 2"};
  ASSERT_THAT(WriteDemoTable(engine_, table, folder_), IsOk());
  const auto adds = Actions(0, "add");
  ASSERT_THAT(adds, SizeIs(2));
  EXPECT_EQ(json::Parse(Text(adds[0], "stats")).value().at("numRecords"), 1);
  EXPECT_EQ(json::Parse(Text(adds[1], "stats")).value().at("numRecords"), 2);
}

TEST_F(DemoWriterTest, FolderThatCannotBeMadeIsUnavailable) {
  EXPECT_THAT(WriteDemoTable(engine_, Table(), "/dev/null/things"), IsError(Code::kUnavailable));
}

TEST_F(DemoWriterTest, SourceThatIsNotThereIsInternal) {
  DemoTable table = Table();
  table.commits[0].source = "demo.nothing";
  EXPECT_THAT(WriteDemoTable(engine_, table, folder_), IsError(Code::kInternal));
}

}  // namespace
}  // namespace sluice::server
