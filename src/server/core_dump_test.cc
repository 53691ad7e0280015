#include "server/core_dump.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/testing/matchers.h"
#include "storage/testing/temp_folder.h"

namespace sluice::server {
namespace {

using testing::IsOk;
using testing::IsOkAnd;

TEST(SetCoreDumpFilter, IsReadBackAsItWasSet) {
  const Result<uint32_t> before = SetCoreDumpFilter(kDumpNothing);
  if (!before) GTEST_SKIP() << "this kernel has no filter of core dumps";
  std::ifstream file("/proc/self/coredump_filter");
  std::string text;
  file >> text;
  EXPECT_EQ(std::stoul(text, nullptr, 16), 0U);
  EXPECT_THAT(SetCoreDumpFilter(0x33), IsOkAnd(0U));
  EXPECT_THAT(SetCoreDumpFilter(*before), IsOkAnd(0x33U));
}

std::string CorePattern() {
  std::ifstream file("/proc/sys/kernel/core_pattern");
  std::string pattern;
  std::getline(file, pattern);
  return pattern;
}

// Ends by SIGABRT with a secret in its memory, in `folder`. Only what a forked child may call.
[[noreturn]] void Crash(const char* folder, const std::string& half) {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_CORE, &unlimited) != 0 || ::chdir(folder) != 0) ::_exit(2);
  static char secret[64];
  for (int i = 0; i < 2; ++i) half.copy(secret + static_cast<size_t>(i) * half.size(), half.size());
  ::signal(SIGABRT, SIG_DFL);
  ::abort();
}

// What the core file of a crash holds; empty: there was none.
std::string CoreOfCrash(const std::string& half) {
  const storage::testing::TempFolder folder;
  const pid_t child = ::fork();
  if (child == 0) Crash(folder.path().c_str(), half);
  int status = 0;
  ::waitpid(child, &status, 0);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  return {};
}

TEST(SetCoreDumpFilter, KeepsSecretsOutOfCoreFiles) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "a sanitizer's shadow memory would be dumped, too";
#endif
  const std::string pattern = CorePattern();
  if (pattern.empty() || pattern.find_first_of("|/") != std::string::npos) {
    GTEST_SKIP() << "core dumps are no plain files here: " << pattern;
  }
  // In halves, so that the program's text does not hold it whole.
  const std::string half = "hush-" + std::to_string(::getpid()) + "-half";
  const Result<uint32_t> before = SetCoreDumpFilter(0x33);
  ASSERT_THAT(before, IsOk());
  const std::string open = CoreOfCrash(half);
  ASSERT_THAT(SetCoreDumpFilter(kDumpNothing), IsOk());
  const std::string closed = CoreOfCrash(half);
  ASSERT_THAT(SetCoreDumpFilter(*before), IsOk());
  if (open.empty()) GTEST_SKIP() << "no core file was written";
  EXPECT_NE(open.find(half + half), std::string::npos) << "the test would see nothing";
  EXPECT_FALSE(closed.empty());
  EXPECT_EQ(closed.find(half), std::string::npos);
}

}  // namespace
}  // namespace sluice::server
