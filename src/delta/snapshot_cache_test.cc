#include "delta/snapshot_cache.h"

#include <fmt/format.h>

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
  return LiveFiles().Apply(changes).value();
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

}  // namespace
}  // namespace sluice::delta
