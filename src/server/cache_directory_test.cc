#include "server/cache_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

#include "base/log.h"
#include "storage/testing/temp_folder.h"

namespace sluice::server {
namespace {

storage::Environment Fake(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Config With(std::string directory) {
  Config config{.settings = DefaultSettings(),
                .shares = {},
                .storage_rules = {},
                .external_locations = {},
                .warnings = {}};
  config.settings.cache_directory = std::move(directory);
  return config;
}

TEST(CacheDirectory, IsWhatTheSettingSaysElseTheEnvironment) {
  const std::map<std::string, std::string> all = {{"CACHE_DIRECTORY", "/var/cache/sluice:/other"},
                                                  {"XDG_CACHE_HOME", "/x"},
                                                  {"HOME", "/home/me"}};
  auto some = all;
  EXPECT_EQ(CacheDirectory(With("/mine").settings, Fake(some)), "/mine");
  EXPECT_EQ(CacheDirectory(With("off").settings, Fake(some)), "");
  EXPECT_EQ(CacheDirectory(With("").settings, Fake(some)), "/var/cache/sluice");
  some.erase("CACHE_DIRECTORY");
  EXPECT_EQ(CacheDirectory(With("").settings, Fake(some)), "/x/sluice");
  some["XDG_CACHE_HOME"] = "relative";
  EXPECT_EQ(CacheDirectory(With("").settings, Fake(some)), "/home/me/.cache/sluice");
  EXPECT_EQ(CacheDirectory(With("").settings, Fake({})), "");
}

TEST(OpenDiskCache, MakesTheFolder) {
  const storage::testing::TempFolder folder;
  Metrics metrics;
  EXPECT_NE(OpenDiskCache(With(folder / "a"), Fake({}), metrics), nullptr);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a"));
  EXPECT_NE(OpenDiskCache(With(""), Fake({{"XDG_CACHE_HOME", folder / "b"}}), metrics), nullptr);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "b" / "sluice"));
}

TEST(OpenDiskCache, GoesOnWithoutOne) {
  const storage::testing::TempFolder folder;
  folder.Write("file", "x");
  Metrics metrics;
  Config config = With(folder / "file" / "below");
  config.shares = {{"s", {{"d", {{.name = "t", .location = "s3://lake/t"}}}}}};
  ::testing::internal::CaptureStderr();
  log::SetLevel(log::Level::kWarn);
  EXPECT_EQ(OpenDiskCache(config, Fake({}), metrics), nullptr);
  log::SetLevel(log::Level::kOff);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("without a disk cache"),
            std::string::npos);
  EXPECT_EQ(OpenDiskCache(With("off"), Fake({}), metrics), nullptr);
  EXPECT_EQ(OpenDiskCache(With(""), Fake({}), metrics), nullptr);
}

}  // namespace
}  // namespace sluice::server
