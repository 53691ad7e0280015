#include "base/log.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing/matchers.h"

namespace sluice::log {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;

TEST(Log, LevelsHaveNames) {
  EXPECT_THAT(ParseLevel("warn"), IsOkAnd(Level::kWarn));
  EXPECT_THAT(ParseLevel("loud"), IsError(Code::kInvalidArgument, "debug"));
}

TEST(Log, LinesAreAppendedToAFile) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("sluice-log-" + std::to_string(::getpid()));
  for (const char* line : {"{\"a\":1}", "{\"b\":2}"}) {
    auto sink = OpenLineSink(path);
    ASSERT_TRUE(sink.has_value());
    (*sink)->WriteLine(line);
  }
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "{\"a\":1}\n{\"b\":2}\n");
  std::filesystem::remove(path);
}

TEST(Log, AFileThatCannotBeOpenedIsAnError) {
  EXPECT_THAT(OpenLineSink("/nowhere/at/all.log"), IsError(Code::kInvalidArgument, "nowhere"));
}

}  // namespace
}  // namespace sluice::log
