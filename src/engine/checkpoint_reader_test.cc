#include "engine/checkpoint_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <tuple>

#include "base/testing/matchers.h"
#include "engine/engine.h"
#include "engine/sql_text.h"
#include "storage/cached_store.h"
#include "storage/testing/memory_store.h"

namespace sluice::engine {
namespace {

using delta::AddFile;
using delta::CheckpointHeader;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;
using testing::IsOkAnd;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
namespace fs = std::filesystem;

struct Checkpoint {
  CheckpointHeader header;
  std::vector<AddFile> adds;
};

Result<Checkpoint> ReadFrom(const Engine& engine, const storage::ObjectStore& store,
                            const std::vector<storage::ObjectInfo>& parts) {
  Checkpoint checkpoint;
  checkpoint.header =
      TRY(engine.checkpoint_reader().Read(store, parts, [&](AddFile&& add) -> Status {
        checkpoint.adds.push_back(std::move(add));
        return {};
      }));
  std::ranges::sort(checkpoint.adds, {}, &AddFile::path);
  return checkpoint;
}

// The objects as a listing shows them; one that is gone since keeps its key.
std::vector<storage::ObjectInfo> Listed(const storage::ObjectStore& store,
                                        const std::vector<std::string>& keys) {
  std::vector<storage::ObjectInfo> objects;
  for (const auto& key : keys) {
    objects.push_back(store.Head(key).value_or(storage::ObjectInfo{key, {}, {}, {}}));
  }
  return objects;
}

Result<Checkpoint> ReadWith(const Engine& engine, const fs::path& folder,
                            const std::vector<std::string>& keys) {
  const auto store = TRY(storage::OpenLocalStore(folder.string()));
  return ReadFrom(engine, *store, Listed(*store, keys));
}

std::vector<std::string> Paths(const Checkpoint& checkpoint) {
  std::vector<std::string> paths;
  for (const auto& add : checkpoint.adds) paths.push_back(add.path);
  return paths;
}

// One engine for all tests of a suite; it must be gone before the process exits.
class WithEngine : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    engine_ = std::make_unique<Engine>(EngineOptions{MiB(512), 2, {}});
  }
  static void TearDownTestSuite() { engine_.reset(); }

  static inline std::unique_ptr<Engine> engine_;
};

// Checkpoints of other writers.
class RealCheckpoint : public WithEngine {
 protected:
  void SetUp() override {
    if (!fs::exists(root_)) GTEST_SKIP() << "no tables in " << root_;
  }
  // `table` with the parts of the checkpoint of `version`.
  Result<Checkpoint> Read(const std::string& table, int version) {
    std::vector<std::string> keys;
    const std::string prefix = fmt::format("{:020}.checkpoint.", version);
    for (const auto& entry : fs::directory_iterator(root_ / table / "_delta_log")) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(prefix) && name.ends_with(".parquet")) {
        keys.push_back("_delta_log/" + name);
      }
    }
    std::ranges::sort(keys);
    return ReadWith(*engine_, root_ / table, keys);
  }

  fs::path root_ = fs::path(SLUICE_SHARED_DIR) / "delta-tables";
};

TEST_F(RealCheckpoint, OfSparkIsReadWhole) {
  const Checkpoint read = *Read("golden/checkpoint/delta", 10);
  ASSERT_TRUE(read.header.protocol.has_value());
  EXPECT_EQ(read.header.protocol->min_reader_version, 1);
  EXPECT_EQ(read.header.protocol->reader_features, std::nullopt);
  ASSERT_TRUE(read.header.metadata.has_value());
  EXPECT_THAT(read.header.metadata->schema_string, StartsWith(R"({"type":"struct")"));
  EXPECT_THAT(read.header.metadata->partition_columns, IsEmpty());
  EXPECT_EQ(read.header.metadata->format_provider, "parquet");
  ASSERT_THAT(read.adds, Not(IsEmpty()));
  for (const auto& add : read.adds) {
    EXPECT_GT(add.size, 0);
    EXPECT_GT(add.modification_time, 0);
    EXPECT_EQ(add.deletion_vector, std::nullopt);
  }
}

TEST_F(RealCheckpoint, WithoutDeletionVectorColumnIsRead) {
  EXPECT_THAT(Read("golden/125-iterator-bug/delta", 10),
              IsOkAnd(Field(&Checkpoint::adds, Not(IsEmpty()))));
  EXPECT_THAT(Read("kernel/with_checkpoint_no_last_checkpoint", 2),
              IsOkAnd(Field(&Checkpoint::adds, Not(IsEmpty()))));
  EXPECT_THAT(Read("golden/only-checkpoint-files/delta", 2), IsOk());
}

TEST_F(RealCheckpoint, WithoutMetadataHasNone) {
  const Checkpoint read =
      *Read("golden/deltalog-state-reconstruction-from-checkpoint-missing-metadata/delta", 10);
  EXPECT_TRUE(read.header.protocol.has_value());
  EXPECT_FALSE(read.header.metadata.has_value());
}

TEST_F(RealCheckpoint, WithDeletionVectorsKeepsThem) {
  const Checkpoint read = *Read("golden/dv-partitioned-with-checkpoint/delta", 10);
  EXPECT_THAT(read.header.protocol->reader_features,
              Optional(UnorderedElementsAre("deletionVectors")));
  const auto with_vector = std::ranges::find_if(
      read.adds, [](const AddFile& add) { return add.deletion_vector.has_value(); });
  ASSERT_NE(with_vector, read.adds.end());
  EXPECT_EQ(with_vector->deletion_vector->storage_type, 'u');
  EXPECT_THAT(with_vector->deletion_vector->path_or_inline, SizeIs(20));
  EXPECT_EQ(with_vector->deletion_vector->offset, 1);
  EXPECT_GT(with_vector->deletion_vector->size_in_bytes, 0);
  EXPECT_GT(with_vector->deletion_vector->cardinality, 0);
  EXPECT_THAT(with_vector->partition_values, ElementsAre(Pair("part", Optional(::testing::_))));
}

TEST_F(RealCheckpoint, WithStatisticsAsStructOnlyGivesThemAsJson) {
  for (const auto* table :
       {"kernel/v1-single-part-struct-stats-only", "kernel/v1-multi-part-struct-stats-only",
        "kernel/v1-multi-part-partitioned-struct-stats-only"}) {
    const Checkpoint read = *Read(table, 5);
    ASSERT_THAT(read.adds, Not(IsEmpty())) << table;
    for (const auto& add : read.adds) {
      EXPECT_THAT(add.stats, Optional(AllOf(StartsWith(R"({"numRecords":)"),
                                            HasSubstr(R"("minValues":{"id":)"))))
          << table;
    }
  }
}

TEST_F(RealCheckpoint, WithBothKindsOfStatisticsGivesTheText) {
  const Checkpoint read = *Read("kernel/parsed-stats", 3);
  ASSERT_THAT(read.adds, Not(IsEmpty()));
  for (const auto& add : read.adds) {
    EXPECT_THAT(add.stats, Optional(StartsWith(R"({"numRecords": 100, )")));
  }
}

TEST_F(RealCheckpoint, PartsMayHaveDifferentColumns) {
  const Checkpoint read = *Read("kernel/parquet_row_group_skipping", 1);
  EXPECT_TRUE(read.header.protocol.has_value());
  EXPECT_TRUE(read.header.metadata.has_value());
  EXPECT_THAT(read.adds, Not(IsEmpty()));
}

TEST_F(RealCheckpoint, WithSidecarsNamesThem) {
  const Checkpoint read = *Read("kernel/v2-checkpoints-parquet-with-sidecars", 6);
  EXPECT_EQ(read.header.checkpoint_metadata->version, 6);
  ASSERT_THAT(read.header.sidecars, SizeIs(2));
  EXPECT_THAT(read.header.sidecars[0].path,
              StartsWith("00000000000000000006.checkpoint.0000000001.0000000002.76931b15-"));
  EXPECT_EQ(read.header.sidecars[0].size, 12461);
  EXPECT_EQ(read.header.sidecars[0].modification_time, 1739329719752);
  EXPECT_TRUE(read.header.protocol.has_value() && read.header.metadata.has_value());
  EXPECT_THAT(read.adds, IsEmpty());

  const Checkpoint flat = *Read("kernel/v2-checkpoints-parquet-without-sidecars", 2);
  EXPECT_EQ(flat.header.checkpoint_metadata->version, 2);
  EXPECT_THAT(flat.header.sidecars, IsEmpty());
  EXPECT_THAT(flat.adds, SizeIs(3));
}

TEST_F(RealCheckpoint, SidecarsAreReadTogether) {
  const std::string table = "kernel/v2-checkpoints-parquet-with-sidecars";
  const Checkpoint top = *Read(table, 6);
  std::vector<std::string> keys;
  for (const auto& sidecar : top.header.sidecars) {
    keys.push_back("_delta_log/_sidecars/" + sidecar.path);
  }
  const Checkpoint read = *ReadWith(*engine_, root_ / table, keys);
  EXPECT_THAT(read.adds, SizeIs(101));
  EXPECT_TRUE(std::ranges::is_sorted(Paths(read)));
  EXPECT_TRUE(read.header.empty());
}

// Checkpoints made here.
class MadeCheckpoint : public WithEngine {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_.parent_path()); }

  // Writes the rows of `select` as `key`.
  void Write(const std::string& select, const std::string& key = "c.parquet") {
    const Status written = engine_->Execute(
        "COPY (" + select + ") TO " + SqlString((folder_ / key).string()) + " (FORMAT parquet)");
    ASSERT_THAT(written, IsOk());
  }
  void WriteBytes(std::string_view bytes, const std::string& key = "c.parquet") {
    std::ofstream(folder_ / key, std::ios::binary) << bytes;
  }
  std::string Bytes(const std::string& key = "c.parquet") {
    std::ifstream file(folder_ / key, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Result<Checkpoint> Read(const std::vector<std::string>& keys = {"c.parquet"}) {
    return ReadWith(*engine_, folder_, keys);
  }

  fs::path folder_ = fs::temp_directory_path() /
                     fmt::format("sluice-checkpoint-{}-{}", getpid(),
                                 ::testing::UnitTest::GetInstance()->current_test_info()->name()) /
                     "it's [a] table*";
};

// An add with the needed columns; `more` are further fields of the struct.
std::string Add(const std::string& path, const std::string& more = "") {
  return "{path: " + path +
         ", \"partitionValues\": MAP {'p': '1'}, size: 10::BIGINT, \"modificationTime\": "
         "20::BIGINT" +
         more + "}";
}

constexpr const char* kProtocol = "{\"minReaderVersion\": 1, \"minWriterVersion\": 2}";
constexpr const char* kMetadata =
    "{id: 'x', \"schemaString\": '{}', \"partitionColumns\": ['p'], configuration: MAP {'k': 'v'}}";

TEST_F(MadeCheckpoint, ActionsComeFromDifferentRows) {
  Write(fmt::format("SELECT {} AS protocol, NULL AS \"metaData\" UNION ALL SELECT NULL, {}",
                    kProtocol, kMetadata));
  const Checkpoint read = *Read();
  EXPECT_EQ(read.header.protocol->min_writer_version, 2);
  EXPECT_EQ(read.header.metadata->id, "x");
  EXPECT_EQ(read.header.metadata->name, std::nullopt);
  EXPECT_THAT(read.header.metadata->partition_columns, ElementsAre("p"));
  EXPECT_THAT(read.header.metadata->configuration, ElementsAre(Pair("k", "v")));
  EXPECT_THAT(read.adds, IsEmpty());
}

TEST_F(MadeCheckpoint, FeaturesAreThereExactlyWhenTheVersionSays) {
  Write(
      "SELECT {\"minReaderVersion\": 3, \"minWriterVersion\": 7, \"readerFeatures\": ['a'], "
      "\"writerFeatures\": ['a', 'b']} AS protocol");
  EXPECT_THAT(Read()->header.protocol->reader_features, Optional(ElementsAre("a")));
  EXPECT_THAT(Read()->header.protocol->writer_features, Optional(ElementsAre("a", "b")));
  Write(
      "SELECT {\"minReaderVersion\": 1, \"minWriterVersion\": 2, \"readerFeatures\": "
      "[]::VARCHAR[], \"writerFeatures\": []::VARCHAR[]} AS protocol");
  EXPECT_EQ(Read()->header.protocol->reader_features, std::nullopt);
  Write("SELECT {\"minReaderVersion\": 3, \"minWriterVersion\": 7} AS protocol");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "readerFeatures"));
}

TEST_F(MadeCheckpoint, TwoProtocolsOrMetadatasAreCorrupt) {
  Write(fmt::format("SELECT {} AS protocol FROM range(2)", kProtocol));
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "two protocol"));
  Write(fmt::format("SELECT {} AS \"metaData\" FROM range(2)", kMetadata));
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "two metaData"));
}

constexpr const char* kSidecar =
    "{path: 's%20' || i, \"sizeInBytes\": i, \"modificationTime\": 20::BIGINT, tags: MAP {'a': "
    "'b'}}";

TEST_F(MadeCheckpoint, SidecarsAndItsMetadataStandBesideOtherActions) {
  Write(
      fmt::format("SELECT {} AS protocol, NULL AS \"metaData\", NULL AS sidecar, NULL AS "
                  "\"checkpointMetadata\", NULL AS add UNION ALL "
                  "SELECT NULL, {}, NULL, NULL, NULL UNION ALL "
                  "SELECT NULL, NULL, {}, NULL, NULL FROM range(3) r(i) UNION ALL "
                  "SELECT NULL, NULL, NULL, {{version: 7::BIGINT, tags: NULL::MAP(VARCHAR, "
                  "VARCHAR)}}, NULL UNION ALL SELECT NULL, NULL, NULL, NULL, {}",
                  kProtocol, kMetadata, kSidecar, Add("'a'")));
  const Checkpoint read = *Read();
  EXPECT_TRUE(read.header.protocol.has_value() && read.header.metadata.has_value());
  EXPECT_EQ(read.header.checkpoint_metadata->version, 7);
  std::vector<std::tuple<std::string, int64_t, int64_t>> sidecars;
  for (const auto& one : read.header.sidecars) {
    sidecars.emplace_back(one.path, one.size, one.modification_time);
  }
  EXPECT_THAT(sidecars, UnorderedElementsAre(std::tuple("s%200", 0, 20), std::tuple("s%201", 1, 20),
                                             std::tuple("s%202", 2, 20)));
  EXPECT_THAT(Paths(read), ElementsAre("a"));
}

TEST_F(MadeCheckpoint, OtherActionsArePassedOver) {
  Write(
      "SELECT {\"appId\": 'a', version: 1} AS txn, {domain: 'd', configuration: '', removed: "
      "false} "
      "AS \"domainMetadata\", {path: 'gone', \"deletionTimestamp\": 1} AS remove, " +
      Add("'a'") + " AS add");
  EXPECT_THAT(Read(), IsOkAnd(Field(&Checkpoint::adds, SizeIs(1))));
}

TEST_F(MadeCheckpoint, BrokenSidecarsAreCorrupt) {
  Write("SELECT {path: NULL::VARCHAR, \"sizeInBytes\": 1, \"modificationTime\": 1} AS sidecar");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "a sidecar without a path"));
  Write("SELECT {path: '', \"sizeInBytes\": 1, \"modificationTime\": 1} AS sidecar");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "a sidecar without a path"));
  Write("SELECT {path: 's', \"sizeInBytes\": -1, \"modificationTime\": 1} AS sidecar");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "a sidecar without a size"));
  Write("SELECT {path: 's', \"sizeInBytes\": 1, \"modificationTime\": NULL::BIGINT} AS sidecar");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "without a modificationTime"));
  Write("SELECT {path: 's', \"modificationTime\": 1} AS sidecar");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "sizeInBytes"));
  Write("SELECT {path: 's', \"sizeInBytes\": 'x', \"modificationTime\": 1} AS sidecar");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "sizeInBytes"));
  Write("SELECT {version: 1} AS \"checkpointMetadata\" FROM range(2)");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "two checkpointMetadata"));
  Write("SELECT {tags: 1} AS \"checkpointMetadata\"");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "version"));
  Write(fmt::format("SELECT {} AS sidecar FROM range(10001) r(i)", kSidecar));
  EXPECT_THAT(Read(), IsError(Code::kUnsupported, "more than 10000 sidecar"));
}

TEST_F(MadeCheckpoint, ProtocolInEachOfTwoPartsIsCorrupt) {
  Write(fmt::format("SELECT {} AS protocol", kProtocol), "1.parquet");
  Write(fmt::format("SELECT {} AS protocol, 1 AS extra", kProtocol), "2.parquet");
  EXPECT_THAT(Read({"1.parquet", "2.parquet"}), IsError(Code::kCorrupt, "two protocol"));
}

TEST_F(MadeCheckpoint, OptionalFieldsOfAnAdd) {
  const std::string vector =
      ", \"deletionVector\": {\"storageType\": 'i', \"pathOrInlineDv\": "
      "'wi5b=000010000siXQKl0rr91000'"
      ", \"offset\": NULL::INTEGER, \"sizeInBytes\": 40, cardinality: 6::BIGINT}";
  Write("SELECT " +
        Add("'a'",
            ", \"dataChange\": false, stats: '{\"numRecords\":7}', \"baseRowId\": "
            "5::BIGINT, \"defaultRowCommitVersion\": 6::BIGINT, "
            "\"clusteringProvider\": 'liquid', extra: [1]" +
                vector) +
        " AS add");
  const Checkpoint read = *Read();
  ASSERT_THAT(read.adds, SizeIs(1));
  const AddFile& add = read.adds.front();
  EXPECT_EQ(add.path, "a");
  EXPECT_THAT(add.partition_values, ElementsAre(Pair("p", Optional(std::string("1")))));
  EXPECT_EQ(std::tie(add.size, add.modification_time), std::make_tuple(10, 20));
  EXPECT_FALSE(add.data_change);
  EXPECT_EQ(add.stats, R"({"numRecords":7})");
  EXPECT_EQ(add.base_row_id, 5);
  EXPECT_EQ(add.default_row_commit_version, 6);
  EXPECT_EQ(add.clustering_provider, "liquid");
  EXPECT_EQ(add.deletion_vector->storage_type, 'i');
  EXPECT_EQ(add.deletion_vector->path_or_inline, "wi5b=000010000siXQKl0rr91000");
  EXPECT_EQ(add.deletion_vector->offset, std::nullopt);
  EXPECT_EQ(add.deletion_vector->cardinality, 6);
}

TEST_F(MadeCheckpoint, AbsentFieldsAreAbsent) {
  Write("SELECT " + Add("'a'") + " AS add");
  const Checkpoint read = *Read();
  ASSERT_THAT(read.adds, SizeIs(1));
  EXPECT_EQ(read.adds[0].stats, std::nullopt);
  EXPECT_EQ(read.adds[0].deletion_vector, std::nullopt);
  EXPECT_EQ(read.adds[0].base_row_id, std::nullopt);
  EXPECT_EQ(read.adds[0].clustering_provider, std::nullopt);
}

TEST_F(MadeCheckpoint, PartitionValuesMayBeNullOrMany) {
  Write(
      "SELECT {path: 'p' || lpad(i::VARCHAR, 5, '0'), \"partitionValues\": CASE WHEN i % 3 = 0 "
      "THEN "
      "NULL WHEN i % 3 = 1 THEN MAP {'a': NULL, 'long name of a column': 'value ' || i} ELSE MAP "
      "([]::VARCHAR[], []::VARCHAR[]) END, size: i, \"modificationTime\": i} AS add "
      "FROM range(5000) r(i) ORDER BY hash(i)");
  const Checkpoint read = *Read();
  ASSERT_THAT(read.adds, SizeIs(5000));
  for (size_t i = 0; i < read.adds.size(); ++i) {
    EXPECT_EQ(read.adds[i].path, fmt::format("p{:05}", i));
    EXPECT_EQ(read.adds[i].size, static_cast<int64_t>(i));
    if (i % 3 == 1) {
      EXPECT_THAT(read.adds[i].partition_values,
                  ElementsAre(Pair("a", std::nullopt),
                              Pair("long name of a column", fmt::format("value {}", i))));
    } else {
      EXPECT_THAT(read.adds[i].partition_values, IsEmpty());
    }
  }
}

TEST_F(MadeCheckpoint, StructStatisticsBecomeDeltaJson) {
  const std::string values =
      "{\"it's\": 1, f: 1.1::FLOAT, n: 'nan'::DOUBLE, i: '-inf'::FLOAT, d: DATE '2024-02-29', "
      "t: TIMESTAMPTZ '2024-01-01 00:00:00.123456+00', l: TIMESTAMP '2024-01-01 00:00:00', "
      "x: NULL::INTEGER, s: {\"quote\"\"d\": 'v'}}";
  Write("SELECT " +
        Add("'a'", ", stats_parsed: {\"numRecords\": 3::BIGINT, \"minValues\": " + values + "}") +
        " AS add");
  EXPECT_EQ(Read()->adds.at(0).stats,
            R"({"numRecords":3,"minValues":{"it's":1,"f":1.1,"n":"NaN","i":"-Infinity",)"
            R"("d":"2024-02-29","t":"2024-01-01T00:00:00.123Z","l":"2024-01-01T00:00:00.000",)"
            R"("s":{"quote\"d":"v"}}})");
}

TEST_F(MadeCheckpoint, DecimalsInStructStatisticsKeepAllDigits) {
  Write("SELECT " +
        Add("'a'",
            ", stats_parsed: {\"minValues\": {m: "
            "12345678901234567890.120::DECIMAL(38,3)}}") +
        " AS add");
  EXPECT_EQ(Read()->adds.at(0).stats, R"({"minValues":{"m":12345678901234567890.120}})");
}

TEST_F(MadeCheckpoint, StructStatisticsFillInWhereTextIsNull) {
  Write("SELECT " +
        Add("'a'", ", stats: NULL::VARCHAR, stats_parsed: {\"numRecords\": 3::BIGINT}") +
        " AS add UNION ALL SELECT " +
        Add("'b'", ", stats: 'text', stats_parsed: {\"numRecords\": 3::BIGINT}") +
        " UNION ALL SELECT " + Add("'c'", ", stats: NULL, stats_parsed: NULL"));
  const Checkpoint read = *Read();
  EXPECT_EQ(read.adds.at(0).stats, R"({"numRecords":3})");
  EXPECT_EQ(read.adds.at(1).stats, "text");
  EXPECT_EQ(read.adds.at(2).stats, std::nullopt);
}

TEST_F(MadeCheckpoint, AddWithoutPathIsCorrupt) {
  Write("SELECT " + Add("CASE WHEN i = 3 THEN NULL ELSE 'p' || i END") +
        " AS add FROM range(5) r(i)");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "without a path"));
}

TEST_F(MadeCheckpoint, MissingOrMistypedColumnIsCorruptByName) {
  Write("SELECT {path: 'a', size: 1::BIGINT, \"modificationTime\": 1::BIGINT} AS add");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "partitionValues"));
  Write(
      "SELECT {path: 'a', \"partitionValues\": MAP {'a': 'b'}, size: 'large', "
      "\"modificationTime\": 1::BIGINT} AS add");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "size"));
  Write("SELECT 'text' AS add");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "path"));
  Write("SELECT {\"minReaderVersion\": 1} AS protocol");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "minWriterVersion"));
  Write("SELECT {id: 'x', \"schemaString\": NULL::VARCHAR} AS \"metaData\"");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "schema"));
  Write("SELECT " +
        Add("'a'",
            ", \"deletionVector\": {\"storageType\": 'z', \"pathOrInlineDv\": 'x', "
            "\"sizeInBytes\": 1, cardinality: 1}") +
        " AS add");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "deletion vector"));
  Write("SELECT " +
        Add("'a'",
            ", \"deletionVector\": {\"storageType\": 'i', \"pathOrInlineDv\": 'x', "
            "\"sizeInBytes\": 1, cardinality: -1}") +
        " AS add");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt, "deletion vector"));
}

TEST_F(MadeCheckpoint, NumberThatDoesNotFitIsCorrupt) {
  Write("SELECT {\"minReaderVersion\": 5000000000, \"minWriterVersion\": 2} AS protocol");
  EXPECT_THAT(Read(), IsError(Code::kCorrupt));
}

TEST_F(MadeCheckpoint, BrokenFilesAreCorruptAndTellNoPath) {
  Write("SELECT " + Add("'p' || hash(i)") + " AS add FROM range(20000) r(i)");
  const std::string whole = Bytes();
  std::string overwritten = whole;
  std::fill_n(overwritten.begin() + 4, overwritten.size() / 2, '\x5a');
  std::string footer = whole;
  std::fill(footer.end() - 60, footer.end() - 12, '\xff');
  const std::string hole = whole.substr(0, 4) + whole.substr(whole.size() - 2000);
  for (const std::string& bytes :
       {std::string(), std::string("PAR1"), std::string("not Parquet, though long enough for it"),
        whole.substr(0, whole.size() / 2), overwritten, footer, hole}) {
    WriteBytes(bytes);
    const auto read = Read();
    ASSERT_THAT(read, IsError(Code::kCorrupt)) << bytes.size();
    EXPECT_THAT(read.error().message, Not(HasSubstr("/")));
    EXPECT_THAT(read.error().detail, Not(IsEmpty()));
  }
}

TEST_F(MadeCheckpoint, FileThatIsGoneIsNotFound) {
  Write(fmt::format("SELECT {} AS protocol", kProtocol), "1.parquet");
  EXPECT_THAT(Read({"gone.parquet"}), IsError(Code::kNotFound));
  EXPECT_THAT(Read({"1.parquet", "gone.parquet"}), IsError(Code::kNotFound));
}

// Of a store far away, DuckDB gets files that have no name any more.
TEST_F(MadeCheckpoint, CopiesInMemoryAreRead) {
  Write(fmt::format("SELECT {} AS protocol", kProtocol), "1.parquet");
  Write("SELECT " + Add("'p' || i") + " AS add FROM range(5000) r(i)", "2.parquet");
  storage::testing::MemoryStore store;
  store.Put("1", Bytes("1.parquet"));
  store.Put("2", Bytes("2.parquet"));
  const auto parts = Listed(store, {"1", "2"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(ReadFrom(*engine_, store, parts), IsOkAnd(Field(&Checkpoint::adds, SizeIs(5000))));
  }
  // The same descriptors, other bytes of the same length.
  std::string broken = Bytes("2.parquet");
  std::fill_n(broken.begin() + 4, broken.size() - 4, 'x');
  store.Put("2", broken);
  EXPECT_THAT(ReadFrom(*engine_, store, parts), IsError(Code::kNotFound));
  EXPECT_THAT(ReadFrom(*engine_, store, Listed(store, {"1", "2"})), IsError(Code::kCorrupt));
  store.before = [](const std::string&) -> Status { return Fail(Code::kUnavailable, "down"); };
  EXPECT_THAT(ReadFrom(*engine_, store, parts), IsError(Code::kUnavailable, "down"));
}

// What a copy's content is blamed for, and what not.
class StoreOfBadCopies final : public storage::testing::MemoryStore {
 public:
  explicit StoreOfBadCopies(fs::path path) : path_(std::move(path)) {}
  Result<storage::LocalCopy> Fetch(const storage::ObjectInfo&) const override {
    return storage::LocalCopy(path_.string(), nullptr);
  }

 private:
  fs::path path_;
};

TEST_F(MadeCheckpoint, CopiesThatCannotBeReadAreNotCorrupt) {
  const std::vector<storage::ObjectInfo> parts = {{"1", {1}, {}, "t"}};
  EXPECT_THAT(ReadFrom(*engine_, StoreOfBadCopies(folder_ / "gone"), parts),
              IsError(Code::kNotFound));
  EXPECT_THAT(ReadFrom(*engine_, StoreOfBadCopies(folder_), parts), IsError(Code::kUnavailable));
  WriteBytes("no Parquet, though long enough");
  EXPECT_THAT(ReadFrom(*engine_, StoreOfBadCopies(folder_ / "c.parquet"), parts),
              IsError(Code::kCorrupt));
}

TEST_F(MadeCheckpoint, CopiesOfTheDiskCacheAreReadWhenEvicted) {
  Write("SELECT " + Add("'p' || i") + " AS add FROM range(5000) r(i)", "2.parquet");
  auto remote = std::make_unique<storage::testing::MemoryStore>();
  remote->Put("2", Bytes("2.parquet"));
  Metrics metrics;
  const auto cache_folder = folder_ / "cache";
  const auto cache = *storage::DiskCache::Open(cache_folder.string(), MiB(64), metrics);
  const auto store = storage::CacheLogFiles(std::move(remote), *cache);
  const auto parts = Listed(*store, {"2"});
  EXPECT_THAT(ReadFrom(*engine_, *store, parts), IsOkAnd(Field(&Checkpoint::adds, SizeIs(5000))));
  const auto copy = *store->Fetch(parts[0]);
  fs::remove_all(cache_folder);
  const auto rows =
      engine_->Query("SELECT count(*) FROM read_parquet(" + SqlString(copy.path()) + ")");
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(rows->rows.at(0).at(0), "5000");
}

TEST_F(MadeCheckpoint, ErrorOfTheSinkEndsTheRead) {
  Write("SELECT " + Add("'p' || i") + " AS add FROM range(10) r(i)");
  const auto store = *storage::OpenLocalStore(folder_.string());
  int calls = 0;
  const auto read = engine_->checkpoint_reader().Read(*store, Listed(*store, {"c.parquet"}),
                                                      [&](AddFile&&) -> Status {
                                                        ++calls;
                                                        return Fail(Code::kInternal, "enough");
                                                      });
  EXPECT_THAT(read, IsError(Code::kInternal, "enough"));
  EXPECT_EQ(calls, 1);
}

TEST_F(MadeCheckpoint, FoldersNamedLikePartitionsAddNoColumns) {
  fs::create_directories(folder_ / "add=1");
  Write("SELECT " + Add("'a'") + " AS add", "add=1/c.parquet");
  EXPECT_THAT(Read({"add=1/c.parquet"}), IsOkAnd(Field(&Checkpoint::adds, SizeIs(1))));
}

}  // namespace
}  // namespace sluice::engine
