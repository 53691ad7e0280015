#include "delta/live_files.h"

#include "base/testing/matchers.h"
#include "delta/testing/random_files.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Describe;
using testing::Model;

// A sequence of random commits, applied to the files and to a plain map.
class LiveFilesTest : public ::testing::TestWithParam<int> {
 protected:
  // Adds, replaces and removes `count` files, and gives some another deletion vector.
  void Change(size_t count, uint64_t paths) {
    std::map<FileKey, FileChange> changes;
    const auto take = [&](StoredFile file) {
      const FileKey key = testing::KeyOf(file);
      changes[key] = std::make_shared<const StoredFile>(std::move(file));
    };
    for (size_t i = 0; i < count; ++i) {
      StoredFile file = testing::RandomFile(
          fmt::format("part-{:06}{}", random_() % paths, random_() % 9 == 0 ? " odd" : ""),
          random_);
      if (random_() % 3 == 0 && !model_.empty()) {
        const auto victim =
            std::next(model_.begin(),
                      static_cast<ptrdiff_t>(random_() % std::min<size_t>(model_.size(), 500)));
        file = victim->second;
        file.removed = true;
        if (random_() % 4 == 0) take(testing::RandomFile(file.key_path, random_));
      } else if (random_() % 10 == 0) {
        file.removed = true;  // of a file that may not be there
      }
      take(std::move(file));
    }
    std::vector<FileChange> sorted;
    for (const auto& [key, change] : changes) {
      sorted.push_back(change);
      model_.erase(key);
      if (!change->removed) model_.emplace(key, *change);
    }
    Result<LiveFiles> next = files_.Apply(sorted);
    ASSERT_THAT(next, IsOk());
    files_ = *std::move(next);
  }
  void MergeIfOutgrown() {
    if (files_.Outgrown()) files_ = files_.Merged().value();
  }

  void CheckWalk(Model::const_iterator expected, std::optional<FileKey> after) {
    LiveFilesCursor cursor(files_, std::move(after));
    for (; expected != model_.end(); ++expected) {
      const auto row = cursor.Next();
      ASSERT_THAT(row, IsOk());
      ASSERT_NE(*row, nullptr);
      ASSERT_EQ(Describe(**row), Describe(expected->second.Row()));
    }
    ASSERT_EQ(cursor.Next().value(), nullptr);
    ASSERT_EQ(cursor.Next().value(), nullptr);
  }

  // The overlay is in order, and right about what the base has.
  void CheckOverlay() {
    const Overlay& overlay = *files_.overlay();
    const LiveFiles base(files_.base());
    for (size_t i = 0; i < overlay.size(); ++i) {
      ASSERT_TRUE(i == 0 || overlay[i - 1].key() < overlay[i].key());
      ASSERT_EQ(base.Find(overlay[i].key()).value().has_value(), overlay[i].in_base);
      ASSERT_TRUE(overlay[i].in_base || !overlay[i].change->removed);
    }
  }

  void Check() {
    ASSERT_NO_FATAL_FAILURE(CheckOverlay());
    FileTotals totals;
    for (const auto& [key, file] : model_) totals.Add(file.Row());
    ASSERT_EQ(files_.totals().files, totals.files);
    ASSERT_EQ(files_.totals().bytes, totals.bytes);
    ASSERT_EQ(files_.totals().deletion_vectors, totals.deletion_vectors);
    ASSERT_EQ(files_.totals().deleted_records, totals.deleted_records);
    ASSERT_NO_FATAL_FAILURE(CheckWalk(model_.begin(), std::nullopt));
    // Resumed behind files that are there, and behind keys between them.
    for (int i = 0; i < 5 && !model_.empty(); ++i) {
      const auto place =
          std::next(model_.begin(), static_cast<ptrdiff_t>(random_() % model_.size()));
      ASSERT_NO_FATAL_FAILURE(CheckWalk(std::next(place), place->first));
      const FileKey between{place->first.path + "!", "x"};
      ASSERT_NO_FATAL_FAILURE(CheckWalk(model_.upper_bound(between), between));
    }
  }

  std::mt19937_64 random_{static_cast<uint64_t>(GetParam())};
  Model model_;
  LiveFiles files_;
};

TEST_P(LiveFilesTest, BehaveLikeAMap) {
  for (int commit = 0; commit < 20; ++commit) {
    const size_t count = commit % 10 == 5 ? 4500 : random_() % 60;
    ASSERT_NO_FATAL_FAILURE(Change(count, GetParam() % 2 == 0 ? 9000 : 20000)) << commit;
    MergeIfOutgrown();
    ASSERT_NO_FATAL_FAILURE(Check()) << commit;
  }
  // Overlays were merged on the way.
  EXPECT_GT(files_.base()->totals().files, 0U);
}

// A merge begins, commits come, the merge ends; and the newest version is a commit that was applied
// to the version before it while that got the merged base.
TEST_P(LiveFilesTest, AMergeMayEndLater) {
  ASSERT_NO_FATAL_FAILURE(Change(900, 1200));
  files_ = files_.Merged().value();
  for (int round = 0; round < 12; ++round) {
    ASSERT_NO_FATAL_FAILURE(Change(random_() % 300, 1200));
    const LiveFiles from = files_;
    const LiveFiles merged = from.Merged().value();
    LiveFiles before = files_;
    for (uint64_t commits = random_() % 5; commits > 0; --commits) {
      before = files_;
      ASSERT_NO_FATAL_FAILURE(Change(random_() % 100, 1200));
    }
    const LiveFiles newest = files_;
    files_ = newest.Rebased(before, before.Rebased(from, merged));
    ASSERT_EQ(files_.base(), merged.base());
    ASSERT_NO_FATAL_FAILURE(Check()) << round;
    files_ = newest.Rebased(from, merged);
    ASSERT_EQ(files_.base(), merged.base());
    ASSERT_LE(files_.overlay()->size(), 800U);  // of four commits at most
    ASSERT_NO_FATAL_FAILURE(Check()) << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveFilesTest, ::testing::Range(0, 4));

std::vector<FileChange> Adds(size_t first, size_t count) {
  std::vector<FileChange> changes;
  for (size_t i = first; i < first + count; ++i) {
    AddFile add;
    add.path = fmt::format("p{:08}", i);
    changes.push_back(std::make_shared<const StoredFile>(StoreFile(std::move(add)).value()));
  }
  return changes;
}

LiveFiles Packed(size_t files) {
  return LiveFiles().Apply(Adds(0, files)).value().Merged().value();
}

TEST(LiveFiles, OldVersionsStayAsTheyWere) {
  const LiveFiles before = LiveFiles().Apply(Adds(0, 10)).value();
  const LiveFiles after = before.Apply(Adds(10, 10000)).value();
  EXPECT_EQ(before.totals().files, 10U);
  EXPECT_EQ(after.totals().files, 10010U);
}

TEST(LiveFiles, SmallChangesShareTheBase) {
  const LiveFiles before = Packed(10000);
  const LiveFiles after = before.Apply(Adds(10000, 10)).value();
  EXPECT_EQ(before.base(), after.base());
  EXPECT_EQ(after.overlay()->size(), 10U);
}

TEST(LiveFiles, AMergeSharesTheBlocksThatNothingChangedIn) {
  const LiveFiles before = Packed(10000);
  const LiveFiles after = before.Apply(Adds(9000, 6000)).value().Merged().value();  // at the end
  ASSERT_NE(before.base(), after.base());
  EXPECT_EQ(after.totals().files, 15000U);
  EXPECT_EQ(before.base()->blocks().front(), after.base()->blocks().front());
  EXPECT_NE(before.base()->blocks().back(), after.base()->blocks().back());
}

TEST(LiveFiles, AnOverlayMayGrowToAShareOfTheBase) {
  const LiveFiles small = Packed(100);
  EXPECT_FALSE(small.Apply(Adds(1000, 4096)).value().Outgrown());
  EXPECT_TRUE(small.Apply(Adds(1000, 4097)).value().Outgrown());
  const LiveFiles large = Packed(48'000);
  EXPECT_FALSE(large.Apply(Adds(50'000, 6000)).value().Outgrown());
  EXPECT_TRUE(large.Apply(Adds(50'000, 6001)).value().Outgrown());
  EXPECT_FALSE(large.Apply(Adds(50'000, 6001)).value().Outgrown(2));
}

TEST(LiveFiles, AMergeStopsWhenItIsTold) {
  const LiveFiles files = Packed(10000).Apply(Adds(9000, 6000)).value();
  int asked = 0;
  EXPECT_THAT(files.Merged([&] { return ++asked < 3; }), IsError(Code::kUnavailable));
  EXPECT_EQ(asked, 3);
}

TEST(LiveFiles, RemovingAFileThatIsNotThereChangesNothing) {
  const LiveFiles before = Packed(10000);
  RemoveFile remove;
  remove.path = "nothing";
  const LiveFiles after =
      before.Apply({std::make_shared<const StoredFile>(StoreFile(std::move(remove)).value())})
          .value();
  EXPECT_EQ(after.totals().files, 10000U);
  EXPECT_TRUE(after.overlay()->empty());
}

}  // namespace
}  // namespace sluice::delta
