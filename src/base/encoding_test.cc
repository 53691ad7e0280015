#include "base/encoding.h"

#include "base/testing/matchers.h"

namespace sluice {
namespace {

using testing::IsError;
using testing::IsOkAnd;

TEST(Encoding, Base64UrlOfRfc4648Vectors) {
  // RFC 4648 section 10, without padding.
  EXPECT_EQ(Base64Url(""), "");
  EXPECT_EQ(Base64Url("f"), "Zg");
  EXPECT_EQ(Base64Url("fo"), "Zm8");
  EXPECT_EQ(Base64Url("foo"), "Zm9v");
  EXPECT_EQ(Base64Url("foob"), "Zm9vYg");
  EXPECT_EQ(Base64Url("fooba"), "Zm9vYmE");
  EXPECT_EQ(Base64Url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Url("\xfb\xff\xfe"), "-__-");
}

TEST(Encoding, Base64UrlRoundTripsEveryByteAndLength) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_THAT(DecodeBase64Url(Base64Url(bytes)), IsOkAnd(bytes));
  }
}

TEST(Encoding, Base64UrlRefusesWhatNoEncoderWrites) {
  EXPECT_THAT(DecodeBase64Url("A"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(DecodeBase64Url("Zg=="), IsError(Code::kInvalidArgument));
  EXPECT_THAT(DecodeBase64Url("Zm+v"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(DecodeBase64Url("Zh"), IsError(Code::kInvalidArgument));  // stray bits
}

TEST(Encoding, PercentDecodeIsStrict) {
  EXPECT_THAT(PercentDecode("a%20b%2Fc"), IsOkAnd(std::string("a b/c")));
  EXPECT_THAT(PercentDecode("a%4"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(PercentDecode("%"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(PercentDecode("%zz"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(PercentDecode("%00"), IsOkAnd(std::string(1, '\0')));
  EXPECT_THAT(PercentDecode("x%41"), IsOkAnd(std::string("xA")));
}

TEST(Encoding, PercentEncodeKeepsUnreservedAndWhatIsAsked) {
  EXPECT_EQ(PercentEncode("a b/c~"), "a%20b%2Fc~");
  EXPECT_EQ(PercentEncode("a b/c", "/"), "a%20b/c");
  EXPECT_EQ(PercentEncode("\xc3\xa9"), "%C3%A9");
}

TEST(Encoding, CaseIsIgnoredForAsciiOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("ShaRe-1", "sHArE-1"));
  EXPECT_FALSE(EqualsIgnoreCase("share", "share1"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
  EXPECT_EQ(AsciiLower("ÄbC"), "Äbc");
}

}  // namespace
}  // namespace sluice
