// Tables with V2 checkpoints that others wrote: what their checkpoint says is what their commits
// say.
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/testing/matchers.h"
#include "delta/log_path.h"
#include "delta/snapshots.h"
#include "engine/engine.h"
#include "storage/testing/temp_folder.h"

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;
using delta::LogFileKind;
using delta::Version;
using testing::IsOk;

struct ExpectedTable {
  std::string_view name;
  Version checkpoint;
  Version version;
  uint64_t files;
  uint64_t bytes;
};

// The newest checkpoint and version, live files and their bytes; counted from the commits.
constexpr ExpectedTable kExpectedTables[] = {
    {"golden/v2-checkpoint-parquet/delta", 2, 2, 4, 1952},
    {"kernel/v2-checkpoints-json-with-last-checkpoint", 0, 0, 2, 1003},
    {"kernel/v2-checkpoints-json-with-sidecars", 6, 6, 101, 54541},
    {"kernel/v2-checkpoints-json-without-sidecars", 2, 2, 3, 1481},
    {"kernel/v2-checkpoints-parquet-with-last-checkpoint", 0, 0, 2, 1003},
    {"kernel/v2-checkpoints-parquet-with-sidecars", 6, 6, 101, 54541},
    {"kernel/v2-checkpoints-parquet-without-sidecars", 2, 2, 3, 1481},
    {"kernel/v2-classic-checkpoint-json", 1, 1, 4, 2009},
    {"kernel/v2-classic-checkpoint-parquet", 1, 1, 4, 2009},
    {"kernel/v2-classic-parquet-struct-stats-only", 5, 5, 5, 3804},
    {"kernel/v2-parquet-sidecars-struct-stats-only", 5, 5, 5, 3804},
};

using File = std::tuple<std::string, int64_t, int64_t, std::optional<int64_t>>;

std::vector<File> FilesOf(const delta::Snapshot& snapshot) {
  std::vector<File> files;
  delta::FileCursor cursor = snapshot.Files();
  while (const delta::FileEntry* entry = cursor.Next().value()) {
    files.emplace_back(entry->path, entry->size, entry->modification_time, entry->num_records);
  }
  return files;
}

class OutsideTables : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(root_)) GTEST_SKIP() << "no tables in " << root_;
  }
  // The log alone, without its files of some kind up to `last`.
  std::string Copy(std::string_view name, const std::string& suffix, Version last,
                   bool (*left_out)(LogFileKind)) {
    const fs::path to = folder_ / (std::string(name) + suffix);
    fs::create_directories(to);
    fs::copy(root_ / name / "_delta_log", to / "_delta_log", fs::copy_options::recursive);
    std::vector<fs::path> gone;
    for (const auto& entry : fs::directory_iterator(to / "_delta_log")) {
      const auto parsed = delta::ParseLogName(entry.path().filename().string());
      if (left_out(parsed.kind) && parsed.version <= last) gone.push_back(entry.path());
    }
    EXPECT_FALSE(gone.empty()) << name;
    for (const fs::path& path : gone) fs::remove(path);
    return to.string();
  }
  std::string WithoutCommits(std::string_view name, Version last) {
    return Copy(name, "-from-" + std::to_string(last), last,
                [](LogFileKind kind) { return kind == LogFileKind::kCommit; });
  }
  std::string WithoutCheckpoints(std::string_view name) {
    return Copy(name, "-no-checkpoints", std::numeric_limits<Version>::max(), [](LogFileKind kind) {
      return kind == LogFileKind::kCheckpoint || kind == LogFileKind::kV2Checkpoint;
    });
  }

  const fs::path root_ = fs::path(SLUICE_SHARED_DIR) / "delta-tables";
  storage::testing::TempFolder folder_;
  Engine engine_{{MiB(512), 2, {}}};
  SystemClock clock_;
  Metrics metrics_;
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, engine_.checkpoint_reader(), clock_, metrics_, {}};
};

TEST_F(OutsideTables, V2CheckpointsSayWhatTheirCommitsSay) {
  for (const ExpectedTable& expected : kExpectedTables) {
    SCOPED_TRACE(expected.name);
    const auto whole = snapshots_.Latest((root_ / expected.name).string());
    const auto from_checkpoint =
        snapshots_.Latest(WithoutCommits(expected.name, expected.checkpoint));
    const auto from_commits = snapshots_.Latest(WithoutCheckpoints(expected.name));
    for (const auto& snapshot : {whole, from_checkpoint, from_commits}) {
      ASSERT_THAT(snapshot, IsOk());
      EXPECT_EQ((*snapshot)->version(), expected.version);
      EXPECT_EQ((*snapshot)->num_files(), expected.files);
      EXPECT_EQ((*snapshot)->size(), ByteCount{expected.bytes});
      EXPECT_EQ((*snapshot)->metadata().id, (*from_commits)->metadata().id);
      EXPECT_EQ((*snapshot)->metadata().schema_string, (*from_commits)->metadata().schema_string);
      EXPECT_EQ((*snapshot)->protocol().reader_features,
                (*from_commits)->protocol().reader_features);
    }
    EXPECT_EQ(FilesOf(**whole), FilesOf(**from_commits));
    EXPECT_EQ(FilesOf(**from_checkpoint), FilesOf(**from_commits));
  }
}

TEST_F(OutsideTables, EachV2CheckpointIsAVersion) {
  for (const std::string_view name : {"kernel/v2-checkpoints-json-with-sidecars",
                                      "kernel/v2-checkpoints-parquet-with-sidecars"}) {
    const std::string commits = WithoutCheckpoints(name);
    for (Version version = 1; version <= 6; ++version) {
      SCOPED_TRACE(version);
      const auto from_checkpoint = snapshots_.At(WithoutCommits(name, version), version);
      const auto from_commits = snapshots_.At(commits, version);
      ASSERT_THAT(from_checkpoint, IsOk());
      ASSERT_THAT(from_commits, IsOk());
      EXPECT_EQ(FilesOf(**from_checkpoint), FilesOf(**from_commits));
    }
  }
}

}  // namespace
}  // namespace sluice::engine
