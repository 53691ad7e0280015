#include "storage/location.h"

#include <filesystem>

#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;

std::string LocationOf(std::string_view text) {
  const auto location = ParseLocation(text);
  return location.has_value() ? location->Text() : "error: " + location.error().message;
}

TEST(ParseLocation, TakesPathsAndFileUris) {
  EXPECT_EQ(LocationOf("/data/t"), "/data/t");
  EXPECT_EQ(LocationOf("/data/t//"), "/data/t");
  EXPECT_EQ(LocationOf("/"), "/");
  EXPECT_EQ(LocationOf("file:/data/t"), "/data/t");
  EXPECT_EQ(LocationOf("file:///data/t/"), "/data/t");
  EXPECT_EQ(LocationOf("FILE:///data/t"), "/data/t");
  EXPECT_EQ(LocationOf("file://localhost/data/t"), "/data/t");
}

TEST(ParseLocation, DecodesUrisButNotPaths) {
  EXPECT_EQ(LocationOf("file:///data/a%20b"), "/data/a b");
  EXPECT_EQ(LocationOf("/data/a%20b"), "/data/a%20b");
  EXPECT_THAT(ParseLocation("file:///data/100%"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(ParseLocation("file:///data/%00"), IsError(Code::kInvalidArgument));
}

TEST(ParseLocation, RelativePathsStartAtTheWorkingFolder) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(LocationOf("tables/t"), here + "/tables/t");
  EXPECT_EQ(LocationOf("odd:name/t"), here + "/odd:name/t");
  EXPECT_EQ(LocationOf("odd/s3://name"), here + "/odd/s3://name");
}

TEST(ParseLocation, NamesTheSchemeThatItDoesNotReadYet) {
  for (const std::string_view scheme : {"abfss", "gs", "wasbs", "hdfs"}) {
    EXPECT_THAT(ParseLocation(std::string(scheme) + "://bucket/t"),
                IsError(Code::kUnsupported, "'" + std::string(scheme) + "'"));
  }
}

TEST(ParseLocation, RefusesWhatIsNoLocation) {
  EXPECT_THAT(ParseLocation(""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(ParseLocation("file://host/data"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(ParseLocation("file:data"), IsError(Code::kInvalidArgument));
  for (const std::string_view scheme : {"flie", "https", "s4", "gopher"}) {
    EXPECT_THAT(ParseLocation(std::string(scheme) + "://bucket/t"),
                IsError(Code::kInvalidArgument, "scheme is unknown"));
  }
  EXPECT_THAT(ParseLocation(std::string_view("/a\0b", 4)), IsError(Code::kInvalidArgument));
}

TEST(ParseLocation, TakesBuckets) {
  EXPECT_EQ(LocationOf("s3://lake"), "s3://lake");
  EXPECT_EQ(LocationOf("s3://lake/"), "s3://lake");
  EXPECT_EQ(LocationOf("s3a://lake/a/t/"), "s3://lake/a/t");
  EXPECT_EQ(LocationOf("S3N://lake//a/t"), "s3://lake/a/t");
  EXPECT_EQ(LocationOf("s3://my.lake_1/a b/ü%20+#"), "s3://my.lake_1/a b/ü%20+#");
  const auto location = ParseLocation("s3://lake/a/t");
  EXPECT_EQ(location->bucket, "lake");
  EXPECT_EQ(location->path, "a/t");
}

TEST(ParseLocation, RefusesWhatIsNoBucket) {
  for (const std::string_view text :
       {"s3://", "s3:///t", "s3://a", "s3://bu cket/t", "s3://lake/../t", "s3://lake/a//t",
        "s3://lake/./t", "s3://lake/a\nb"}) {
    EXPECT_THAT(ParseLocation(text), IsError(Code::kInvalidArgument)) << text;
  }
}

TEST(ParseLocation, AKeyInALocationIsNotRepeated) {
  const auto refused = ParseLocation("s3://AKIDEXAMPLE:secret@lake/t");
  ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "'storage'"));
  EXPECT_EQ((refused.error().message + refused.error().detail).find("secret"), std::string::npos);
}

}  // namespace
}  // namespace sluice::storage
