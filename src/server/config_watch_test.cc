#include "server/config_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "storage/testing/temp_folder.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

class ConfigWatchTest : public ::testing::Test {
 protected:
  ConfigWatchTest() { Write("sluice.yaml", "version: 1\n", 1); }

  // The file's times are `second`, so that no test depends on the clock's steps.
  void Write(std::string_view name, std::string_view text, time_t second) {
    std::ofstream(At(name), std::ios::binary | std::ios::trunc) << text;
    const timespec times[2] = {{second, 0}, {second, 0}};
    ::utimensat(AT_FDCWD, At(name).c_str(), times, 0);
  }
  fs::path At(std::string_view name) const { return folder_.path() / name; }

  storage::testing::TempFolder folder_;
};

TEST_F(ConfigWatchTest, AFileThatStaysIsNoChange) {
  ConfigWatch watch(At("sluice.yaml"));
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(watch.Look());
}

TEST_F(ConfigWatchTest, AChangeCountsOnceAtTheSecondLook) {
  ConfigWatch watch(At("sluice.yaml"));
  Write("sluice.yaml", "version: 1\n# more\n", 2);
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
  EXPECT_FALSE(watch.Look());
  EXPECT_FALSE(watch.Look());
}

TEST_F(ConfigWatchTest, AFileThatIsBeingWrittenIsWaitedFor) {
  ConfigWatch watch(At("sluice.yaml"));
  Write("sluice.yaml", "v", 2);
  EXPECT_FALSE(watch.Look());
  Write("sluice.yaml", "version", 3);
  EXPECT_FALSE(watch.Look());
  Write("sluice.yaml", "version: 1", 4);
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
}

TEST_F(ConfigWatchTest, AChangeThatIsTakenBackIsNone) {
  ConfigWatch watch(At("sluice.yaml"));
  fs::rename(At("sluice.yaml"), At("kept"));
  EXPECT_FALSE(watch.Look());
  fs::rename(At("kept"), At("sluice.yaml"));
  // A rename is a change of the inode on some file systems, and may be reported: then just once.
  int reported = 0;
  for (int i = 0; i < 5; ++i) reported += watch.Look() ? 1 : 0;
  EXPECT_LE(reported, 1);
}

TEST_F(ConfigWatchTest, SizeAndTimeMayStayTheSame) {
  ConfigWatch watch(At("sluice.yaml"));
  Write("next", "version: 2\n", 1);
  fs::rename(At("next"), At("sluice.yaml"));
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
}

// As Kubernetes mounts a configuration map: the file is a link through a folder that is a link.
TEST_F(ConfigWatchTest, ALinkOnTheWayMaySwap) {
  fs::create_directory(At("one"));
  fs::create_directory(At("two"));
  Write("one/sluice.yaml", "version: 1\n", 1);
  Write("two/sluice.yaml", "version: 1\n", 1);
  fs::create_directory_symlink("one", At("..data"));
  fs::create_directory(At("mounted"));
  fs::create_symlink("../..data/sluice.yaml", At("mounted/sluice.yaml"));
  ConfigWatch watch(At("mounted/sluice.yaml"));
  EXPECT_FALSE(watch.Look());
  fs::create_directory_symlink("two", At("..data_tmp"));
  fs::rename(At("..data_tmp"), At("..data"));
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
}

TEST_F(ConfigWatchTest, AFileThatGoesAndComesIsTwoChanges) {
  ConfigWatch watch(At("sluice.yaml"));
  fs::remove(At("sluice.yaml"));
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
  EXPECT_FALSE(watch.Look());
  Write("sluice.yaml", "version: 1\n", 2);
  EXPECT_FALSE(watch.Look());
  EXPECT_TRUE(watch.Look());
}

}  // namespace
}  // namespace sluice::server
