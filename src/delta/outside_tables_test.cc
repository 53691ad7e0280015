// Tables that others wrote, read where their log is JSON alone; those with checkpoints in Parquet:
// engine/outside_tables_test.cc
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <ranges>
#include <set>
#include <sstream>

#include "base/clock.h"
#include "base/json.h"
#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/version_checksum.h"
#include "storage/testing/temp_folder.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;

const fs::path kShared = SLUICE_SHARED_DIR;

std::string ReadFile(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

std::vector<fs::path> Folders(const fs::path& parent) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

bool HasCheckpoint(const fs::path& table) {
  for (const auto& entry : fs::directory_iterator(table / "_delta_log")) {
    if (entry.path().filename().string().find(".checkpoint.") != std::string::npos) return true;
  }
  return false;
}

class OutsideTables : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kShared / "delta-tables")) GTEST_SKIP() << "no tables at " << kShared;
  }

  uint64_t Walk(const Snapshot& snapshot) {
    FileCursor cursor = snapshot.Files();
    uint64_t files = 0;
    while (true) {
      const auto entry = cursor.Next();
      EXPECT_THAT(entry, IsOk());
      if (!entry.has_value() || *entry == nullptr) return files;
      ++files;
    }
  }

  testing::LineCheckpointReader reader_;
  SystemClock clock_;
  Metrics metrics_;
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
};

TEST_F(OutsideTables, TablesThatMustBeRefusedAre) {
  const auto load = [&](std::string_view name) {
    return snapshots_.Latest((kShared / "delta-tables/golden" / name / "delta").string());
  };
  EXPECT_THAT(load("deltalog-invalid-protocol-version"), IsError(Code::kUnsupported, "99"));
  EXPECT_THAT(load("deltalog-state-reconstruction-without-metadata"),
              IsError(Code::kCorrupt, "metaData"));
  EXPECT_THAT(load("deltalog-state-reconstruction-without-protocol"),
              IsError(Code::kCorrupt, "protocol"));
  EXPECT_THAT(load("deltalog-commit-info"), IsError(Code::kCorrupt, "without a schemaString"));
  EXPECT_THAT(load("versions-not-contiguous"), IsError(Code::kCorrupt, "version 1 is missing"));
  EXPECT_THAT(load("no-delta-log-folder"), IsError(Code::kNotFound));
  EXPECT_THAT(load("data-reader-absolute-paths-escaped-chars"), IsError(Code::kCorrupt));
  EXPECT_THAT(snapshots_.Latest((kShared / "delta-tables/kernel/crc-full").string()),
              IsError(Code::kCorrupt, "at version 0: 0 files, the checksum says 10"));
}

struct ExpectedTable {
  std::string_view name;
  Version version;
  uint64_t files;
  uint64_t bytes;
};

// The tables whose log is JSON alone: newest version, live files and their bytes.
constexpr ExpectedTable kExpectedTables[] = {
    {"golden/124-decimal-decode-bug", 0, 2, 844},
    {"golden/basic-decimal-table-legacy", 0, 4, 4036},
    {"golden/basic-decimal-table", 0, 4, 4131},
    {"golden/basic-with-inserts-merge", 1, 1, 1495},
    {"golden/basic-with-inserts-updates", 1, 2, 2012},
    {"golden/basic-with-vacuum-protocol-check-feature", 1, 2, 2191},
    {"golden/canonicalized-paths-normal-a", 1, 0, 0},
    {"golden/canonicalized-paths-normal-b", 1, 0, 0},
    {"golden/canonicalized-paths-special-a", 1, 0, 0},
    {"golden/data-reader-array-complex-objects", 0, 2, 5662},
    {"golden/data-reader-array-primitives", 0, 2, 7271},
    {"golden/data-reader-date-types-America", 0, 2, 1075},
    {"golden/data-reader-date-types-Asia", 0, 2, 1075},
    {"golden/data-reader-date-types-Etc", 0, 2, 1075},
    {"golden/data-reader-date-types-Jst", 0, 2, 1075},
    {"golden/data-reader-date-types-Pst", 0, 2, 1075},
    {"golden/data-reader-date-types-utc", 0, 2, 1075},
    {"golden/data-reader-escaped-chars", 2, 3, 1194},
    {"golden/data-reader-map", 0, 2, 7293},
    {"golden/data-reader-nested-struct", 0, 2, 2871},
    {"golden/data-reader-nullable-field-invalid-schema-key", 0, 2, 885},
    {"golden/data-reader-partition-values", 0, 3, 5832},
    {"golden/data-reader-primitives", 0, 2, 5050},
    {"golden/data-reader-timestamp_ntz-id-mode", 1, 4, 4832},
    {"golden/data-reader-timestamp_ntz", 1, 4, 2940},
    {"golden/data-skipping-basic-stats-all-types-checkpoint", 0, 1, 2738},
    {"golden/data-skipping-basic-stats-all-types-columnmapping-id", 0, 1, 4949},
    {"golden/data-skipping-basic-stats-all-types-columnmapping-name", 0, 1, 4949},
    {"golden/data-skipping-basic-stats-all-types", 0, 1, 2738},
    {"golden/data-skipping-change-stats-collected-across-versions", 4, 3, 2052},
    {"golden/delete-re-add-same-file-different-transactions", 3, 2, 2},
    {"golden/deltalog-getChanges", 2, 0, 0},
    {"golden/kernel-timestamp-int96", 0, 5, 3535},
    {"golden/kernel-timestamp-timestamp_micros", 0, 5, 3530},
    {"golden/kernel-timestamp-timestamp_millis", 0, 5, 3529},
    {"golden/log-replay-latest-metadata-protocol", 2, 4, 2744},
    {"golden/log-replay-special-characters-b", 0, 1, 100},
    {"golden/log-replay-special-characters", 1, 0, 0},
    {"golden/parquet-all-types-legacy-format", 0, 1, 20934},
    {"golden/parquet-all-types", 0, 1, 21057},
    {"golden/parquet-decimal-dictionaries", 0, 1, 60952},
    {"golden/parquet-decimal-type", 0, 1, 2303393},
    {"golden/snapshot-data0", 0, 2, 1300},
    {"golden/snapshot-data1", 1, 4, 2598},
    {"golden/snapshot-data2-deleted", 4, 3, 1740},
    {"golden/snapshot-data2", 2, 2, 1298},
    {"golden/snapshot-data3", 3, 4, 2690},
    {"golden/snapshot-repartitioned", 5, 2, 1392},
    {"golden/table-with-columnmapping-mode-name", 0, 2, 25618},
    {"golden/time-travel-partition-changes-a", 0, 10, 4290},
    {"golden/time-travel-partition-changes-b", 1, 4, 1758},
    {"golden/time-travel-schema-changes-a", 0, 2, 900},
    {"golden/time-travel-start-start20-start40", 2, 6, 2704},
    {"golden/time-travel-start-start20", 1, 4, 1802},
    {"golden/time-travel-start", 0, 2, 900},
    {"kernel/app-txn-no-checkpoint", 1, 4, 3198},
    {"kernel/app-txn-with-last-updated", 3, 4, 3236},
    {"kernel/basic-decimal-table", 0, 4, 4131},
    {"kernel/basic_partitioned", 1, 6, 4505},
    {"kernel/cdf-column-mapping-name-mode", 4, 3, 4810},
    {"kernel/cdf-column-mapping-name-mode-3-7", 4, 3, 4810},
    {"kernel/cdf-table", 3, 9, 7282},
    {"kernel/cdf-table-backtick-column-names", 1, 4, 5292},
    {"kernel/cdf-table-data-change", 1, 1, 525},
    {"kernel/cdf-table-delete-conditional-all-rows", 1, 0, 0},
    {"kernel/cdf-table-delete-conditional-two-rows", 1, 3, 1904},
    {"kernel/cdf-table-delete-unconditional", 1, 0, 0},
    {"kernel/cdf-table-non-partitioned", 4, 11, 22637},
    {"kernel/cdf-table-partitioned", 2, 1, 927},
    {"kernel/cdf-table-simple", 2, 0, 0},
    {"kernel/cdf-table-update-ops", 2, 2, 1003},
    {"kernel/cdf-table-with-dv", 6, 1, 635},
    {"kernel/data-reader-timestamp_ntz", 1, 4, 2940},
    {"kernel/mixed-nulls", 0, 3, 3631},
    {"kernel/partitioned_with_materialize_feature", 1, 6, 4505},
    {"kernel/table-with-cdf", 4, 0, 0},
    {"kernel/table-with-dv-small", 1, 1, 635},
    {"kernel/table-without-dv-small", 0, 1, 548},
    {"kernel/timestamp-partitioned-table", 0, 1, 706},
    {"kernel/v2-checkpoints-json-without-sidecars", 2, 3, 1481},  // the checkpoint is JSON too
    {"kernel/void-column", 0, 3, 1440},
};

TEST_F(OutsideTables, HoldTheFilesTheyShould) {
  for (const ExpectedTable& expected : kExpectedTables) {
    SCOPED_TRACE(expected.name);
    fs::path table = kShared / "delta-tables" / expected.name;
    if (expected.name.starts_with("golden/")) table /= "delta";
    const auto snapshot = snapshots_.Latest(table.string());
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_EQ((*snapshot)->version(), expected.version);
    EXPECT_EQ((*snapshot)->num_files(), expected.files);
    EXPECT_EQ((*snapshot)->size(), ByteCount{expected.bytes});
    EXPECT_EQ(Walk(**snapshot), expected.files);
  }
}

TEST_F(OutsideTables, UnknownFeaturesAreNamed) {
  EXPECT_THAT(snapshots_.Latest((kShared / "delta-tables/kernel/table-with-geo").string()),
              IsError(Code::kUnsupported, "'geospatial'"));
}

// Newest first: each version is loaded from scratch, and so held against its checksum.
TEST_F(OutsideTables, AgreeWithTheirChecksums) {
  std::vector<fs::path> tables = Folders(kShared / "delta-tables/kernel");
  for (const fs::path& folder : Folders(kShared / "delta-tables/golden")) {
    tables.push_back(folder / "delta");
  }
  if (fs::exists(kShared / "spark-tables")) {
    std::ranges::copy(Folders(kShared / "spark-tables"), std::back_inserter(tables));
  }
  size_t checked = 0;
  for (const fs::path& table : tables) {
    if (!fs::exists(table / "_delta_log") || table.filename() == "crc-full") continue;
    const auto store = storage::OpenLocalStore(table.string()).value();
    const LogListing listing = ListLog(*store).value();
    for (const ChecksumFile& file : listing.checksums | std::views::reverse) {
      EXPECT_TRUE(ReadChecksum(*store, file).has_value()) << table << file.version;
      const auto snapshot = snapshots_.At(table.string(), file.version);
      const bool needs_parquet =
          !snapshot.has_value() && snapshot.error().code == Code::kUnsupported;
      if (needs_parquet) continue;
      EXPECT_THAT(snapshot, IsOk()) << table << file.version;
      ++checked;
    }
  }
  EXPECT_GE(checked, 20U);
}

class SparkTables : public OutsideTables {
 protected:
  void SetUp() override {
    if (!fs::exists(kShared / "spark-tables")) GTEST_SKIP() << "no tables at " << kShared;
    fs::copy(kShared / "spark-tables", folder_.path(), fs::copy_options::recursive);
  }

  // The times that Spark saw, as the tables' set_mtimes.py sets them.
  void SetTimes(const std::string& name, const json::Value& expected) {
    for (const auto& [file, ms] : expected.at("mtimes").as_object()) {
      const int64_t time = ms.as_int64();
      const timespec at = {time / 1000, time % 1000 * 1'000'000};
      const timespec times[2] = {at, at};
      const fs::path path = folder_ / (name + "/_delta_log/" + std::string(file));
      ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0) << path;
    }
  }

  void CheckVersion(const std::string& location, Version version, const json::Value& expected) {
    const TimePoint time = FromUnixMillis(expected.at("timestamp_ms").as_int64());
    const auto snapshot = snapshots_.At(location, version);
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_EQ((*snapshot)->commit_time(), time);
    EXPECT_EQ(Walk(**snapshot), (*snapshot)->num_files());
    EXPECT_THAT(snapshots_.VersionAt(location, time), IsOkAnd(version));
    EXPECT_THAT(snapshots_.FirstVersionSince(location, time), IsOkAnd(version));
    if (version > 0) {
      EXPECT_THAT(snapshots_.VersionAt(location, time - Millis(1)), IsOkAnd(version - 1));
      EXPECT_THAT(snapshots_.FirstVersionSince(location, time - Millis(1)), IsOkAnd(version));
    }
  }

  storage::testing::TempFolder folder_;
};

TEST_F(SparkTables, VersionsTimesAndFilesAreThoseOfSpark) {
  size_t checked = 0;
  for (const fs::path& folder : Folders(folder_.path())) {
    const std::string name = folder.filename().string();
    const fs::path expectation = folder_ / ("_expected/" + name + "/expected.json");
    if (!fs::exists(expectation) || HasCheckpoint(folder)) continue;
    SCOPED_TRACE(name);
    const json::Value expected = json::Parse(ReadFile(expectation), {MiB(16)}).value();
    ASSERT_NO_FATAL_FAILURE(SetTimes(name, expected));
    const auto latest = snapshots_.Latest(folder.string());
    ASSERT_THAT(latest, IsOk());
    EXPECT_EQ((*latest)->version(), expected.at("latest").as_int64());
    const json::Value* detail = expected.as_object().if_contains("detail");
    if (detail != nullptr && detail->is_object() && detail->as_object().contains("numFiles")) {
      EXPECT_EQ(static_cast<int64_t>((*latest)->num_files()), detail->at("numFiles").as_int64());
      EXPECT_EQ(static_cast<int64_t>((*latest)->size().value),
                detail->at("sizeInBytes").as_int64());
    }
    for (const auto& [version, entry] : expected.at("versions").as_object()) {
      SCOPED_TRACE(std::string(version));
      CheckVersion(folder.string(), std::stoll(std::string(version)), entry);
    }
    ++checked;
  }
  EXPECT_GE(checked, 9U);
}

}  // namespace
}  // namespace sluice::delta
