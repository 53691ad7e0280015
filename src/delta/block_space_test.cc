#include "delta/block_space.h"

#include <filesystem>

#include "base/testing/matchers.h"
#include "storage/testing/temp_folder.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;
using ::testing::Eq;

std::string Block(char letter, size_t size) { return std::string(size, letter); }

TEST(BlockSpace, KeepsBlocksInMemoryUpToItsLimitAndTheRestOnDisk) {
  const storage::testing::TempFolder folder;
  std::optional<BlockSpace> space;
  space.emplace(BlockLimits{ByteCount{250}, folder.path().string()});
  std::vector<PackedBytes> kept;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    kept.push_back(space->Keep(Block(letter, 100)).value());
  }
  EXPECT_FALSE(kept[1].on_disk());
  EXPECT_GE(kept[1].memory(), 100U);
  EXPECT_TRUE(kept[2].on_disk());
  EXPECT_LT(kept[2].memory(), 100U);
  EXPECT_EQ(kept[2].size(), 100U);
  space.reset();  // blocks outlive it
  std::string buffer;
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_THAT(kept[i].Read(buffer), IsOkAnd(Eq(Block(static_cast<char>('a' + i), 100))));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));  // its file has no name
}

TEST(BlockSpace, WithoutAFolderKeepsAllInMemory) {
  BlockSpace space({ByteCount{10}, ""});
  const PackedBytes bytes = space.Keep(Block('x', 100)).value();
  EXPECT_FALSE(bytes.on_disk());
}

TEST(BlockSpace, CountsWhatItShares) {
  const storage::testing::TempFolder folder;
  BlockSpace old({ByteCount{1000}, folder.path().string()});
  const PackedBytes shared = old.Keep(Block('s', 200)).value();
  BlockSpace space({ByteCount{250}, folder.path().string()});
  space.Count(shared);
  EXPECT_TRUE(space.Keep(Block('n', 100)).value().on_disk());
}

TEST(BlockSpace, TellsThatThereIsNoRoom) {
  BlockSpace space({ByteCount{0}, "/nonexistent/folder"});
  EXPECT_THAT(space.Keep(Block('x', 1)), IsError(Code::kUnavailable));
}

}  // namespace
}  // namespace sluice::delta
