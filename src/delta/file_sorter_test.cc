#include "delta/file_sorter.h"

#include <algorithm>

#include "base/testing/matchers.h"
#include "delta/testing/random_files.h"
#include "storage/testing/temp_folder.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Describe;
using testing::Model;

// Paths begin with a letter of the alphabet, so that parts of the keys differ in size.
Model RandomModel(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  Model model;
  while (model.size() < count) {
    const std::string path = fmt::format("{}={}/part-{}", static_cast<char>('a' + random() % 3),
                                         random() % 20, random());
    StoredFile file = testing::RandomFile(path, random);
    model.insert_or_assign(testing::KeyOf(file), std::move(file));
  }
  return model;
}

std::vector<StoredFile> FilesOf(const Model& model) {
  std::vector<StoredFile> files;
  for (const auto& [key, file] : model) files.push_back(file);
  return files;
}

Result<std::shared_ptr<const FileSegment>> Sort(std::vector<StoredFile> files,
                                                const BlockLimits& limits = {}) {
  FileSorter sorter(limits);
  for (StoredFile& file : files) {
    const Status added = sorter.Add(std::move(file));
    if (!added.has_value()) return std::unexpected(added.error());
  }
  EXPECT_EQ(sorter.count(), files.size());
  return sorter.Finish();
}

void ExpectHolds(const FileSegment& segment, const Model& model) {
  EXPECT_EQ(segment.totals().files, model.size());
  BlockReader reader;
  auto expected = model.begin();
  for (const auto& block : segment.blocks()) {
    ASSERT_THAT(reader.Open(block), IsOk());
    for (const FileRow* row = reader.Next().value(); row != nullptr; row = reader.Next().value()) {
      ASSERT_NE(expected, model.end());
      ASSERT_EQ(Describe(*row), Describe(expected->second.Row()));
      ++expected;
    }
  }
  EXPECT_EQ(expected, model.end());
}

TEST(FileSorter, NothingMakesAnEmptySegment) { EXPECT_EQ(Sort({}).value()->blocks().size(), 0U); }

TEST(FileSorter, PutsFilesInOrder) {
  // One run; two; several, the last of which is short.
  for (const size_t count : {1, 1000, 17'000, 60'000}) {
    const Model model = RandomModel(count, count);
    std::vector<StoredFile> files = FilesOf(model);
    std::shuffle(files.begin(), files.end(), std::mt19937_64(count));
    const auto segment = Sort(std::move(files));
    ASSERT_THAT(segment, IsOk());
    ExpectHolds(**segment, model);
  }
}

TEST(FileSorter, FilesThatComeInOrderMakeFullBlocks) {
  const Model model = RandomModel(40'000, 3);
  const auto segment = Sort(FilesOf(model));
  ASSERT_THAT(segment, IsOk());
  ExpectHolds(**segment, model);
  EXPECT_EQ((*segment)->blocks().size(), (40'000U + 255) / 256);
}

TEST(FileSorter, WhatDoesNotFitInMemoryIsOnDisk) {
  const storage::testing::TempFolder folder;
  const Model model = RandomModel(40'000, 4);
  std::vector<StoredFile> files = FilesOf(model);
  std::shuffle(files.begin(), files.end(), std::mt19937_64(4));
  const auto small = Sort(files, {KiB(64), folder.path().string()});
  ASSERT_THAT(small, IsOk());
  ExpectHolds(**small, model);
  const auto large = Sort(std::move(files));
  EXPECT_LT((*small)->memory().value, (*large)->memory().value / 2);
}

TEST(FileSorter, RefusesAFileTwice) {
  const auto last_is_twice = [](size_t count, size_t first) {
    std::vector<StoredFile> files = FilesOf(RandomModel(count, 5));
    std::shuffle(files.begin(), files.end(), std::mt19937_64(5));
    files.push_back(files[first]);
    return Sort(std::move(files));
  };
  EXPECT_THAT(last_is_twice(100, 50), IsError(Code::kAlreadyExists));      // in one run
  EXPECT_THAT(last_is_twice(40'000, 7), IsError(Code::kAlreadyExists));    // in two
  EXPECT_THAT(last_is_twice(16'384, 100), IsError(Code::kAlreadyExists));  // a run of its own
}

TEST(FileSorter, TellsThatTheDiskHasNoRoom) {
  std::vector<StoredFile> files = FilesOf(RandomModel(20'000, 6));
  EXPECT_THAT(Sort(std::move(files), {ByteCount{0}, "/nonexistent"}), IsError(Code::kUnavailable));
}

TEST(FileSorter, MayBeLeftInTheMiddle) {
  FileSorter sorter({});
  for (StoredFile& file : FilesOf(RandomModel(17'000, 7))) {
    EXPECT_THAT(sorter.Add(std::move(file)), IsOk());
  }
}

}  // namespace
}  // namespace sluice::delta
