#include "delta/snapshot_cache.h"

#include <fmt/format.h>

#include <map>
#include <random>

#include "base/testing/matchers.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using ::testing::HasSubstr;

LiveFiles FilesOf(size_t count) {
  std::vector<FileChange> changes;
  for (size_t i = 0; i < count; ++i) {
    AddFile add;
    add.path = fmt::format("p{:08}", i);
    changes.push_back(std::make_shared<const StoredFile>(StoreFile(std::move(add)).value()));
  }
  return LiveFiles().Apply(changes).value().Merged().value();
}

SnapshotCache::Ptr SnapshotOf(Version version, LiveFiles files) {
  SnapshotParts parts;
  parts.version = version;
  parts.metadata.schema_string = testing::kEmptySchema;
  parts.files = std::move(files);
  return TableSnapshot::Make(std::move(parts)).value();
}

class SnapshotCacheTest : public ::testing::Test {
 protected:
  Metrics metrics_;
};

TEST_F(SnapshotCacheTest, FindsByTableAndVersion) {
  SnapshotCache cache(MiB(10), metrics_);
  cache.Put("a", SnapshotOf(3, {}));
  cache.Put("a", SnapshotOf(7, {}));
  cache.Put("b", SnapshotOf(5, {}));
  EXPECT_EQ(cache.Find("a", 3)->version(), 3);
  EXPECT_EQ(cache.Find("a", 5), nullptr);
  EXPECT_EQ(cache.Find("c", 3), nullptr);
  EXPECT_EQ(cache.FindUpTo("a", 6)->version(), 3);
  EXPECT_EQ(cache.FindUpTo("a", 7)->version(), 7);
  EXPECT_EQ(cache.FindUpTo("a", 2), nullptr);
  cache.Drop("a");
  EXPECT_EQ(cache.Find("a", 3), nullptr);
  EXPECT_NE(cache.Find("b", 5), nullptr);
}

TEST_F(SnapshotCacheTest, TheLeastRecentlyUsedGoes) {
  const ByteCount one = SnapshotOf(0, FilesOf(100))->memory();
  SnapshotCache cache({one.value * 5 / 2}, metrics_);
  cache.Put("a", SnapshotOf(0, FilesOf(100)));
  cache.Put("b", SnapshotOf(0, FilesOf(100)));
  EXPECT_NE(cache.Find("a", 0), nullptr);
  cache.Put("c", SnapshotOf(0, FilesOf(100)));
  EXPECT_NE(cache.Find("a", 0), nullptr);
  EXPECT_EQ(cache.Find("b", 0), nullptr);
  EXPECT_NE(cache.Find("c", 0), nullptr);
  EXPECT_LE(cache.bytes(), ByteCount{one.value * 5 / 2});
}

TEST_F(SnapshotCacheTest, TheOneUsedLastStaysWhateverItsSize) {
  SnapshotCache cache({1}, metrics_);
  cache.Put("a", SnapshotOf(0, FilesOf(10)));
  cache.Put("b", SnapshotOf(0, FilesOf(10)));
  EXPECT_EQ(cache.Find("a", 0), nullptr);
  EXPECT_NE(cache.Find("b", 0), nullptr);
}

TEST_F(SnapshotCacheTest, CountsWhatIsSharedOnce) {
  SnapshotCache cache(MiB(100), metrics_);
  const LiveFiles files = FilesOf(10'000);
  cache.Put("a", SnapshotOf(0, files));
  const uint64_t first = cache.bytes().value;
  cache.Put("a", SnapshotOf(1, files));
  EXPECT_LT(cache.bytes().value - first, first / 10);
  EXPECT_THAT(metrics_.Render(), HasSubstr(fmt::format("{}", cache.bytes().value)));
  cache.Put("a", SnapshotOf(1, files));  // the same again
  cache.Drop("a");
  EXPECT_EQ(cache.bytes(), ByteCount{0});
}

FileChange Change(std::string path, bool removed = false) {
  StoredFile file;
  file.key_path = std::move(path);
  file.stats = std::string(300, 's');
  file.removed = removed;
  return std::make_shared<const StoredFile>(std::move(file));
}

TEST_F(SnapshotCacheTest, VersionsCountForWhatTheyAddToAnOverlay) {
  SnapshotCache cache(MiB(100), metrics_);
  std::vector<FileChange> changes;
  for (int i = 0; i < 4000; ++i) changes.push_back(Change(fmt::format("q{:08}", i)));
  LiveFiles files = FilesOf(10'000).Apply(changes).value();
  cache.Put("a", SnapshotOf(0, files));
  const uint64_t first = cache.bytes().value;
  ASSERT_GT(first, 4000U * 300);
  for (Version version = 1; version <= 10; ++version) {
    files = files.Apply({Change(fmt::format("q{:08}x", version * 300))}).value();
    cache.Put("a", SnapshotOf(version, files));
  }
  EXPECT_GT(cache.bytes().value - first, 10U * 300);
  EXPECT_LT(cache.bytes().value - first, first / 10);
}

TEST_F(SnapshotCacheTest, ReplacesWhatIsStillThere) {
  SnapshotCache cache(MiB(10), metrics_);
  const auto old = SnapshotOf(3, FilesOf(10));
  const auto merged = SnapshotOf(3, FilesOf(10));
  cache.Replace("a", old, merged);
  EXPECT_EQ(cache.Find("a", 3), nullptr);
  cache.Put("a", old);
  const auto before = cache.bytes();
  cache.Replace("a", old, merged);
  EXPECT_EQ(cache.Find("a", 3), merged);
  EXPECT_EQ(cache.bytes(), before);
  cache.Replace("a", old, old);
  EXPECT_EQ(cache.Find("a", 3), merged);
}

TEST_F(SnapshotCacheTest, ReplacingIsNoUse) {
  const ByteCount one = SnapshotOf(0, FilesOf(100))->memory();
  SnapshotCache cache({one.value * 5 / 2}, metrics_);
  const auto old = SnapshotOf(0, FilesOf(100));
  cache.Put("a", old);
  cache.Put("b", SnapshotOf(0, FilesOf(100)));
  cache.Replace("a", old, SnapshotOf(0, FilesOf(100)));
  cache.Put("c", SnapshotOf(0, FilesOf(100)));
  EXPECT_EQ(cache.Find("a", 0), nullptr);
  EXPECT_NE(cache.Find("b", 0), nullptr);
}

// Whatever was put, replaced and evicted: the bytes are those of what is there.
TEST_F(SnapshotCacheTest, CountsTheSameInWhateverOrder) {
  constexpr int kVersions = 30;
  std::mt19937_64 random(7);
  std::vector<SnapshotCache::Ptr> versions;
  LiveFiles files = FilesOf(2000);
  for (Version version = 0; version < kVersions; ++version) {
    std::map<std::string, FileChange> changes;
    for (int i = 0; i < 40; ++i) {
      const std::string path = fmt::format("p{:08}", random() % 3000);
      changes[path] = Change(path, random() % 3 == 0);
    }
    std::vector<FileChange> sorted;
    for (const auto& [path, change] : changes) sorted.push_back(change);
    files = files.Apply(sorted).value();
    if (version % 10 == 9) files = files.Merged().value();
    versions.push_back(SnapshotOf(version, files));
  }
  const uint64_t whole = versions.back()->memory().value;
  for (int round = 0; round < 50; ++round) {
    SnapshotCache cache({whole * (1 + random() % 4)}, metrics_);
    for (int i = 0; i < 60; ++i) {
      const auto& snapshot = versions[random() % kVersions];
      if (random() % 3 == 0) {
        cache.Replace("a", snapshot, snapshot->With(snapshot->version(), snapshot->files()));
      } else {
        cache.Put("a", snapshot);
      }
    }
    Metrics metrics;
    SnapshotCache fresh(MiB(100), metrics);
    for (Version version = 0; version < kVersions; ++version) {
      if (const auto kept = cache.Find("a", version)) fresh.Put("a", kept);
    }
    ASSERT_EQ(cache.bytes(), fresh.bytes());
    cache.Drop("a");
    ASSERT_EQ(cache.bytes(), ByteCount{0});
  }
}

}  // namespace
}  // namespace sluice::delta
