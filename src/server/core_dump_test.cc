#include "server/core_dump.h"

#include <fstream>
#include <string>

#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

using testing::IsOkAnd;

// tests/clients/test_core_dump.py looks into a core file of the server.
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

}  // namespace
}  // namespace sluice::server
