#include "server/config_external.h"

#include "base/testing/matchers.h"
#include "server/config.h"

namespace sluice::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;

// `entries` are lines below `externalLocations:`, from line 4 on.
Result<Config> Parse(std::string_view entries, std::string_view more = {}) {
  return ParseConfig("version: 1\nauthorization: {bearerToken: t}\nexternalLocations:\n" +
                         std::string(entries) + "\nshares: [{name: a}]\n" + std::string(more),
                     "f.yaml");
}

std::string Problems(std::string_view entries) {
  const auto config = Parse(entries);
  EXPECT_THAT(config, IsError(Code::kInvalidArgument)) << entries;
  return config.has_value() ? std::string() : config.error().message;
}

TEST(ReadExternalLocations, GivesEachPlaceOneSpelling) {
  const auto config = Parse(
      "- /data/lake/\n- \"file:///data/my%20lake\"\n- //other//./place\n- s3a://lake/raw/\n"
      "- s3://whole");
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->external_locations, ElementsAre("/data/lake", "/data/my lake", "/other/place",
                                                      "s3://lake/raw", "s3://whole"));
  EXPECT_THAT(config->warnings, IsEmpty());
  EXPECT_THAT(
      ParseConfig("version: 1\nauthorization: {bearerToken: t}\nshares: [{name: a}]\n", "f.yaml")
          ->external_locations,
      IsEmpty());
  EXPECT_THAT(Parse("  []")->external_locations, IsEmpty());
}

TEST(ReadExternalLocations, RefusesWhatIsNoPlaceOrTooMuch) {
  EXPECT_THAT(Problems("- data/lake"),
              HasSubstr("f.yaml:4: the external location 'data/lake' must be absolute"));
  EXPECT_THAT(Problems("- /data/../etc"), HasSubstr("must not hold '..'"));
  EXPECT_THAT(Problems("- file:/data/%2e%2e/etc"), HasSubstr("must not hold '..'"));
  for (const char* everything : {"- /", "- file:///", "- //", "- /."}) {
    EXPECT_THAT(Problems(everything), HasSubstr("every file")) << everything;
  }
  EXPECT_THAT(Problems("- \"\""), HasSubstr("f.yaml:4: the external location is not valid"));
  EXPECT_THAT(Problems("- s3://"), HasSubstr("names no bucket"));
  EXPECT_THAT(Problems("- s3://lake/../x"), HasSubstr("'..'"));
  EXPECT_THAT(Problems("- file://host/x"), HasSubstr("another host"));
  EXPECT_THAT(Problems("- gs://lake"), HasSubstr("'gs' are not built into this version"));
  EXPECT_THAT(Problems("- {prefix: /data}"), HasSubstr("must be a location"));
  EXPECT_THAT(Problems("- [/data]"), HasSubstr("must be a location"));
  EXPECT_THAT(Problems("  /data"), HasSubstr("must be a list"));
  const std::string keys = Problems("- s3://AKIA:hush@lake");
  EXPECT_EQ(keys.find("hush"), std::string::npos) << keys;
}

TEST(ReadExternalLocations, RefusesTheSamePlaceTwice) {
  EXPECT_THAT(
      Problems("- s3://lake\n- /data\n- s3a://lake/"),
      HasSubstr("f.yaml:6: the external location 's3://lake' stands twice, first in line 4"));
  EXPECT_THAT(Parse("- /data\n- /data/deep\n- /data2"), IsOk());
}

TEST(ReadExternalLocations, WarnsOfStoresThatAreReachedAsAnother) {
  constexpr std::string_view kStorage =
      "storage:\n- {prefix: s3://lake, name: one}\n- {prefix: s3://lake/deep, name: two}\n"
      "- {prefix: s3://lake-2, name: three}\n";
  const auto config = Parse("- s3://lake", kStorage);
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(
      config->warnings,
      ElementsAre(HasSubstr("f.yaml:4: files below 's3://lake/deep' are reached as those")));
  EXPECT_THAT(Parse("- s3://lake\n- s3://lake/deep", kStorage)->warnings, IsEmpty());
  EXPECT_THAT(Parse("- s3://lake/deep/er", kStorage)->warnings, IsEmpty());
}

}  // namespace
}  // namespace sluice::server
