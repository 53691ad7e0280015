// How a table's overlay is merged while the table is read and written.
#include <atomic>
#include <map>
#include <thread>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "delta/log_path.h"
#include "delta/table_log.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/manual_work.h"
#include "delta/testing/test_table.h"
#include "storage/testing/memory_store.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsOk;
using storage::testing::MemoryStore;
using testing::AddLine;
using testing::RemoveLine;
using testing::TestTable;
using Sizes = std::map<std::string, int64_t>;  // by path and deletion vector

constexpr size_t kShare = 4096;  // what an overlay may have on a small base

class BackgroundMergeTest : public ::testing::Test {
 protected:
  // Adds files p<first> and so on, of size `size`.
  void Commit(size_t first, size_t count, int64_t size = 1,
              const std::vector<std::string>& more = {}) {
    std::vector<std::string> lines = more;
    if (next_ == 0) {
      lines.emplace_back(testing::kProtocolLine);
      lines.emplace_back(testing::kMetadataLine);
    }
    for (size_t i = first; i < first + count; ++i) {
      lines.push_back(AddLine(PathOf(i), size));
      model_[PathOf(i)] = size;
    }
    store_->Put(CommitKey(next_), TestTable::Join(lines), TestTable::TimeOf(next_));
    ++next_;
  }
  void CommitRemoval(size_t file) {
    model_.erase(PathOf(file));
    Commit(0, 0, 0, {RemoveLine(PathOf(file))});
  }
  void CommitVector(size_t file, const std::string& vector) {
    model_.erase(PathOf(file));
    model_[PathOf(file) + " i" + vector] = 77;
    Commit(0, 0, 0, {RemoveLine(PathOf(file)), AddLine(PathOf(file), 77, vector)});
  }
  static std::string PathOf(size_t file) { return fmt::format("p{:06}", file); }

  TableSnapshotPtr Latest() { return log_->Latest().value(); }
  void Check(const TableSnapshotPtr& snapshot) {
    Sizes found;
    uint64_t bytes = 0;
    FileCursor cursor = snapshot->Files();
    while (const FileEntry* entry = cursor.Next().value()) {
      const DeletionVector* vector = entry->deletion_vector;
      found[std::string(entry->path) + (vector == nullptr ? "" : " " + vector->UniqueId())] =
          entry->size;
      bytes += static_cast<uint64_t>(entry->size);
    }
    ASSERT_EQ(found, model_);
    ASSERT_EQ(snapshot->version(), next_ - 1);
    ASSERT_EQ(snapshot->num_files(), model_.size());
    ASSERT_EQ(snapshot->size(), ByteCount{bytes});
  }
  // A packed table whose overlay has just outgrown its share.
  TableSnapshotPtr Outgrown() {
    Commit(0, 6000);
    EXPECT_TRUE(Latest()->files().overlay()->empty());
    Commit(10'000, kShare + 1);
    return Latest();
  }

  testing::LineCheckpointReader reader_;
  sluice::testing::ManualClock clock_{FromUnixMillis(0)};
  Metrics metrics_;
  SnapshotLimits limits_{MiB(64), 32, MiB(16), 1000};
  SnapshotCache cache_{limits_.cache, metrics_};
  testing::ManualWork work_;
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
  std::shared_ptr<TableLog> log_ = std::make_shared<TableLog>(
      SnapshotsContext{reader_, clock_, metrics_, limits_, cache_, work_}, "t", store_);
  Version next_ = 0;
  Sizes model_;
};

TEST_F(BackgroundMergeTest, ARefreshLeavesTheMergeToTheBackground) {
  Commit(0, 6000);
  const auto base = Latest()->files().base();
  Commit(10'000, kShare);
  EXPECT_EQ(Latest()->files().base(), base);
  EXPECT_EQ(work_.waiting(), 0U);
  Commit(20'000, 1);
  const auto outgrown = Latest();
  EXPECT_EQ(outgrown->files().base(), base);
  EXPECT_EQ(work_.waiting(), 1U);
  work_.Run();
  store_->TakeRequests();
  const auto merged = Latest();
  EXPECT_EQ(store_->TakeRequests().size(), 1U);
  EXPECT_NE(merged->files().base(), base);
  EXPECT_TRUE(merged->files().overlay()->empty());
  EXPECT_EQ(merged->commit_time(), outgrown->commit_time());
  EXPECT_EQ(merged->metadata().id, outgrown->metadata().id);
  ASSERT_NO_FATAL_FAILURE(Check(merged));
  ASSERT_NO_FATAL_FAILURE(Check(outgrown));  // is as it was
}

TEST_F(BackgroundMergeTest, OneMergeOfATableAtATime) {
  Outgrown();
  for (int i = 0; i < 3; ++i) {
    Commit(20'000 + static_cast<size_t>(i), 1);
    Latest();
    EXPECT_EQ(work_.waiting(), 1U);
  }
  work_.Run();
  EXPECT_TRUE(Latest()->files().overlay()->empty());
  Commit(30'000, kShare + 1);
  Latest();
  EXPECT_EQ(work_.waiting(), 1U);
}

TEST_F(BackgroundMergeTest, WhatCameDuringTheMergeLiesOnTopOfIt) {
  const auto before = Outgrown();
  size_t asked = 0;
  work_.Run([&] {
    if (asked++ != 3) return true;
    CommitRemoval(7);       // of the base
    CommitRemoval(10'007);  // of the overlay
    Commit(40'000, 2);
    CommitVector(8, "v1");
    Latest();
    CommitRemoval(40'000);
    Commit(7, 1, 5);  // again
    Commit(9, 1, 6);  // the same file otherwise
    Latest();
    return true;
  });
  ASSERT_GT(asked, 3U);
  const auto merged = Latest();
  EXPECT_NE(merged->files().base(), before->files().base());
  // p000007, p000008, its vector, p000009, p010007, p040001
  EXPECT_EQ(merged->files().overlay()->size(), 6U);
  EXPECT_EQ(merged->files().base()->totals().files, 6000U + kShare + 1);
  ASSERT_NO_FATAL_FAILURE(Check(merged));
  CommitRemoval(7);
  CommitRemoval(9);
  ASSERT_NO_FATAL_FAILURE(Check(Latest()));
}

TEST_F(BackgroundMergeTest, AMergeThatEndsDuringARefreshIsNotLost) {
  Outgrown();
  CommitRemoval(7);
  Commit(40'000, 1);
  const std::string commit = "read " + CommitKey(next_ - 1);
  store_->before = [&](const std::string& request) -> Status {
    if (request == commit) work_.Run();
    return {};
  };
  store_->parallel = 1;
  const auto merged = Latest();
  EXPECT_EQ(work_.waiting(), 0U);
  EXPECT_EQ(merged->files().overlay()->size(), 2U);
  EXPECT_EQ(Latest(), merged);
  ASSERT_NO_FATAL_FAILURE(Check(merged));
}

TEST_F(BackgroundMergeTest, OfATableThatWasReplacedNothingIsKept) {
  Outgrown();
  size_t asked = 0;
  work_.Run([&] {
    if (asked++ != 3) return true;
    store_->Clear();
    next_ = 0;
    model_.clear();
    Commit(50'000, 10);
    Commit(60'000, 10);
    EXPECT_THAT(log_->Latest(), IsOk());
    return true;
  });
  ASSERT_GT(asked, 3U);
  ASSERT_NO_FATAL_FAILURE(Check(Latest()));
  EXPECT_EQ(Latest()->num_files(), 20U);
}

TEST_F(BackgroundMergeTest, ARetiredTablePutsNothingIntoTheCache) {
  Outgrown();
  size_t asked = 0;
  work_.Run([&] {
    if (asked++ == 3) log_->Retire();
    return true;
  });
  ASSERT_GT(asked, 3U);
  EXPECT_EQ(cache_.bytes(), ByteCount{0});
  ASSERT_NO_FATAL_FAILURE(Check(Latest()));
  EXPECT_EQ(cache_.bytes(), ByteCount{0});
  EXPECT_THAT(log_->At(0), IsOk());
  EXPECT_EQ(cache_.bytes(), ByteCount{0});
}

TEST_F(BackgroundMergeTest, AnEvictedSnapshotIsNotMerged) {
  Outgrown();
  cache_.Drop("t");
  size_t asked = 0;
  work_.Run([&] { return ++asked > 0; });
  EXPECT_EQ(asked, 0U);
  EXPECT_EQ(cache_.bytes(), ByteCount{0});
}

TEST_F(BackgroundMergeTest, OneThatWasEvictedMeanwhileDoesNotComeBack) {
  Outgrown();
  size_t asked = 0;
  work_.Run([&] {
    if (asked++ == 3) cache_.Drop("t");
    return true;
  });
  ASSERT_GT(asked, 3U);
  EXPECT_EQ(cache_.bytes(), ByteCount{0});
  ASSERT_NO_FATAL_FAILURE(Check(Latest()));
}

TEST_F(BackgroundMergeTest, AMergeThatWasStoppedOrRefusedIsTriedAgain) {
  const auto base = Outgrown()->files().base();
  work_.Run([] { return false; });
  EXPECT_EQ(Latest()->files().base(), base);
  work_.most = 0;
  Commit(20'000, 1);
  EXPECT_EQ(Latest()->files().base(), base);
  work_.most = 1;
  Commit(20'001, 1);
  Latest();
  EXPECT_EQ(work_.waiting(), 1U);
  work_.Run();
  ASSERT_NO_FATAL_FAILURE(Check(Latest()));
  EXPECT_NE(Latest()->files().base(), base);
}

// When nobody gets around to it, memory is bounded all the same.
TEST_F(BackgroundMergeTest, AnOverlayThatGrowsFarTooLargeIsMergedAtOnce) {
  const auto base = Outgrown()->files().base();
  Commit(20'000, 3 * kShare - 1);
  EXPECT_EQ(Latest()->files().base(), base);
  Commit(40'000, 1);
  EXPECT_NE(Latest()->files().base(), base);
  EXPECT_TRUE(Latest()->files().overlay()->empty());
  work_.Run();
  ASSERT_NO_FATAL_FAILURE(Check(Latest()));
}

TEST_F(BackgroundMergeTest, ATableMayGoBeforeItsMerge) {
  Outgrown();
  log_.reset();
  size_t asked = 0;
  work_.Run([&] { return ++asked > 0; });
  EXPECT_EQ(asked, 0U);
}

// Readers walk while commits come and merges run: each sees a version as it was written.
TEST_F(BackgroundMergeTest, ReadersBesideCommitsAndMerges) {
  constexpr Version kVersions = 28;
  constexpr size_t kAdded = 1000;
  constexpr size_t kRemoved = 400;
  BackgroundThread thread(4);
  log_ = std::make_shared<TableLog>(
      SnapshotsContext{reader_, clock_, metrics_, limits_, cache_, thread}, "t", store_);
  Commit(0, kAdded);
  std::atomic<bool> done = false;
  std::atomic<int> walks = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done || walks < 10) {
        const auto snapshot = log_->Latest();
        ASSERT_THAT(snapshot, IsOk());
        const auto version = static_cast<size_t>((*snapshot)->version());
        size_t count = 0;
        FileCursor cursor = (*snapshot)->Files();
        while (cursor.Next().value() != nullptr) ++count;
        ASSERT_EQ(count, kAdded + version * (kAdded - kRemoved));
        ASSERT_EQ((*snapshot)->num_files(), count);
        ++walks;
      }
    });
  }
  const auto first = Latest()->files().base();
  for (size_t version = 1; version <= kVersions; ++version) {
    std::vector<std::string> removes;
    for (size_t i = 0; i < kRemoved; ++i) {
      const size_t file = (version - 1) * kAdded + i * 2;
      model_.erase(PathOf(file));
      removes.push_back(RemoveLine(PathOf(file)));
    }
    Commit(version * kAdded, kAdded, 1, removes);
    ASSERT_NO_FATAL_FAILURE(Check(Latest()));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  // By then, if the thread never ran, the overlay has grown far too large.
  EXPECT_NE(Latest()->files().base(), first);
}

}  // namespace
}  // namespace sluice::delta
