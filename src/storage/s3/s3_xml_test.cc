#include "storage/s3/s3_xml.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;

std::string Object(std::string_view key, std::string_view size = "7",
                   std::string_view time = "2024-05-01T10:00:00.123Z",
                   std::string_view etag = "&quot;9a0364b9e99bb480dd25e1f0284c8555&quot;") {
  return fmt::format(
      "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>{}</ETag>"
      "<Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
      key, time, etag, size);
}

std::string List(std::string_view content,
                 std::string_view rest = "<IsTruncated>false</IsTruncated>") {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Name>lake</Name>{}{}</ListBucketResult>",
      rest, content);
}

TEST(ParseS3List, ReadsObjects) {
  const auto page = ParseS3List(List(Object("t/a") + Object("t/b", "0") +
                                         "<CommonPrefixes><Prefix>t/sub/</Prefix></CommonPrefixes>",
                                     "<KeyCount>3</KeyCount><IsTruncated>false</IsTruncated>"),
                                "t/");
  ASSERT_TRUE(page.has_value()) << page.error().detail;
  ASSERT_EQ(page->objects.size(), 2U);
  EXPECT_EQ(page->objects[0].key, "t/a");
  EXPECT_EQ(page->objects[0].size, ByteCount{7});
  EXPECT_EQ(ToUnixMillis(page->objects[0].modified), 1'714'557'600'123);
  EXPECT_EQ(page->objects[0].tag, "9a0364b9e99bb480dd25e1f0284c8555");
  EXPECT_EQ(page->next, "");
  const auto ceph =
      ParseS3List(List(Object("t/a") + "<CommonPrefixes><Prefix>t/s/</Prefix></CommonPrefixes>",
                       "<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>"),
                  "t/");
  EXPECT_TRUE(ceph.has_value());
}

TEST(ParseS3List, DecodesKeysWhereTheyAreEncoded) {
  const std::string encoded = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>";
  const auto page = ParseS3List(List(Object("t/a+b%2B%25%C3%BC"), encoded), "t/");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->objects[0].key, "t/a b+%ü");
  EXPECT_EQ(ParseS3List(List(Object("t/a+b%2B")), "t/")->objects[0].key, "t/a+b%2B");
  EXPECT_THAT(ParseS3List(List(Object("t/%zz"), encoded), "t/"), IsError(Code::kCorrupt));
}

TEST(ParseS3List, PagesHaveATokenUnlessTheyAreTheLast) {
  const std::string token = "<NextContinuationToken>x/1==</NextContinuationToken>";
  EXPECT_EQ(ParseS3List(List("", "<IsTruncated>true</IsTruncated>" + token), "")->next, "x/1==");
  EXPECT_THAT(ParseS3List(List("", "<IsTruncated>true</IsTruncated>"), ""),
              IsError(Code::kCorrupt));
  EXPECT_THAT(ParseS3List(List("", "<IsTruncated>false</IsTruncated>" + token), ""),
              IsError(Code::kCorrupt));
}

TEST(ParseS3List, RefusesWhatDoesNotAgree) {
  for (const std::string& xml : {
           std::string(),
           std::string("<html></html>"),
           std::string("{}"),
           List("").substr(0, List("").size() - 5),
           List("", ""),
           List(Object("other/a")),
           List(Object("t/b") + Object("t/a")),
           List(Object("t/a") + Object("t/a")),
           List(Object("t/a", "-1")),
           List(Object("t/a", "")),
           List(Object("t/a", "1x")),
           List(Object("t/a", "1", "yesterday")),
           List(Object("t/a", "1", "2024-05-01T10:00:00Z", "")),
           List(Object("t/a"), "<KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>"),
           List(Object(std::string("t/a") + '\x01')),
       }) {
    EXPECT_THAT(ParseS3List(xml, "t/"), IsError(Code::kCorrupt)) << xml;
  }
}

TEST(ParseS3Error, ReadsCodeAndRegionAndLittleElse) {
  const auto error = ParseS3Error(
      "<?xml version=\"1.0\"?><Error><Code>PermanentRedirect</Code><Message>Use\nthe other"
      "</Message><AWSAccessKeyId>AKID</AWSAccessKeyId><Region>eu-west-1</Region></Error>");
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, "PermanentRedirect");
  EXPECT_EQ(error->message, "Use the other");
  EXPECT_EQ(error->region, "eu-west-1");
  EXPECT_FALSE(ParseS3Error("").has_value());
  EXPECT_FALSE(ParseS3Error("<html><Error/></html>").has_value());
  EXPECT_FALSE(ParseS3Error("<Error><Message>no code</Message></Error>").has_value());
  EXPECT_LE(
      ParseS3Error("<Error><Code>x</Code><Message>" + std::string(5000, 'm') + "</Message></Error>")
          ->message.size(),
      300U);
}

TEST(BareTag, TakesQuotesOff) {
  EXPECT_EQ(BareTag("\"ab\""), "ab");
  EXPECT_EQ(BareTag("W/\"ab\""), "ab");
  EXPECT_EQ(BareTag("ab"), "ab");
  EXPECT_EQ(BareTag("\""), "\"");
  EXPECT_EQ(BareTag(""), "");
}

}  // namespace
}  // namespace sluice::storage
