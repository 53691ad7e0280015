// Tables that others wrote, read where their log is JSON alone; checkpoints in Parquet are the
// engine's to test.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/clock.h"
#include "base/json.h"
#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
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
  Snapshots snapshots_{reader_, clock_, metrics_, {}};
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
  EXPECT_THAT(load("versions-not-contiguous"), IsError(Code::kCorrupt, "version 1 is missing"));
  EXPECT_THAT(load("no-delta-log-folder"), IsError(Code::kNotFound));
  EXPECT_THAT(load("data-reader-absolute-paths-escaped-chars"), IsError(Code::kCorrupt));
}

// What each golden table without a checkpoint holds: version and number of files.
TEST_F(OutsideTables, GoldenTables) {
  size_t read = 0;
  for (const fs::path& folder : Folders(kShared / "delta-tables/golden")) {
    const fs::path table = folder / "delta";
    if (!fs::exists(table / "_delta_log") || HasCheckpoint(table)) continue;
    const auto snapshot = snapshots_.Latest(table.string());
    if (!snapshot.has_value()) {
      std::cerr << folder.filename() << " ";
      PrintTo(snapshot.error(), &std::cerr);
      std::cerr << "\n";
      continue;
    }
    ++read;
    EXPECT_EQ(Walk(**snapshot), (*snapshot)->num_files()) << folder;
    std::cerr << folder.filename() << " " << (*snapshot)->version() << " "
              << (*snapshot)->num_files() << "\n";
  }
  for (const fs::path& table : Folders(kShared / "delta-tables/kernel")) {
    if (!fs::exists(table / "_delta_log") || HasCheckpoint(table)) continue;
    const auto snapshot = snapshots_.Latest(table.string());
    if (!snapshot.has_value()) {
      std::cerr << table.filename() << " ";
      PrintTo(snapshot.error(), &std::cerr);
      std::cerr << "\n";
      continue;
    }
    ++read;
    EXPECT_EQ(Walk(**snapshot), (*snapshot)->num_files()) << table;
    std::cerr << table.filename() << " " << (*snapshot)->version() << " "
              << (*snapshot)->num_files() << "\n";
  }
  EXPECT_GT(read, 50U);
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
