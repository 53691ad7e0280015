#include "engine/duckdb_api.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/testing/matchers.h"

namespace sluice::engine {
namespace {

using ::testing::HasSubstr;
using testing::IsError;
using testing::IsOk;
namespace fs = std::filesystem;

TEST(DuckdbApiTest, IsOpenedOnce) {
  const auto first = LoadDuckdb();
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(*first, *LoadDuckdb());
  EXPECT_EQ((*first)->library_version()[0], 'v');
}

// Runs this binary from a folder of its own, so that it looks for the library there.
class DuckdbApiElsewhereTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "bin");
    fs::copy_file("/proc/self/exe", folder_ / "bin/test");
  }
  void TearDown() override { fs::remove_all(folder_); }

  bool Passes(const std::string& test) {
    const std::string command = (folder_ / "bin/test").string() +
                                " --gtest_also_run_disabled_tests --gtest_filter=" + test +
                                " > /dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  }

  fs::path folder_ = fs::temp_directory_path() / ("sluice-duckdb-api-" + std::to_string(getpid()));
};

TEST_F(DuckdbApiElsewhereTest, WithoutTheLibraryTellsWhatToDo) {
  EXPECT_TRUE(Passes("DuckdbApiTest.DISABLED_FindsNone"));
}

TEST_F(DuckdbApiElsewhereTest, FileThatIsNoLibraryIsRefused) {
  fs::copy_file("/proc/self/cmdline", folder_ / "bin/libduckdb.so");
  EXPECT_TRUE(Passes("DuckdbApiTest.DISABLED_CannotLoad"));
}

TEST_F(DuckdbApiElsewhereTest, InstalledLibraryIsFound) {
  const fs::path library = fs::read_symlink("/proc/self/exe").parent_path() / "libduckdb.so";
  fs::create_directories(folder_ / "lib/sluice");
  fs::create_symlink(fs::canonical(library), folder_ / "lib/sluice/libduckdb.so");
  EXPECT_TRUE(Passes("DuckdbApiTest.IsOpenedOnce"));
}

// The rest is run by the tests above, elsewhere.
TEST(DuckdbApiTest, DISABLED_FindsNone) {
  const auto loaded = LoadDuckdb();
  ASSERT_THAT(loaded, IsError(Code::kUnavailable));
  EXPECT_THAT(loaded.error().detail, HasSubstr("make setup"));
}

TEST(DuckdbApiTest, DISABLED_CannotLoad) {
  EXPECT_THAT(LoadDuckdb(), IsError(Code::kUnavailable, "cannot be loaded"));
}

}  // namespace
}  // namespace sluice::engine
