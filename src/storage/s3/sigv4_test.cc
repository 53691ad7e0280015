#include "storage/s3/sigv4.h"

#include <array>
#include <atomic>
#include <cstdio>
#include <thread>

#include "base/testing/matchers.h"
#include "base/timestamp.h"

namespace sluice::storage {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<const Credentials> MakeCredentials(std::string id, std::string secret,
                                                   std::string token = {}) {
  auto credentials = std::make_shared<Credentials>();
  credentials->access_key_id = std::move(id);
  credentials->secret_access_key = std::move(secret);
  credentials->session_token = std::move(token);
  return credentials;
}

net::Headers MakeHeaders(const Query& fields) {
  net::Headers headers;
  for (const auto& [name, value] : fields) headers.Add(name, value);
  return headers;
}

// Amazon S3 API Reference, "Signature Calculations for the Authorization Header": its examples.
class S3Examples : public ::testing::Test {
 protected:
  std::string Authorization(RequestToSign request) const {
    request.host = "examplebucket.s3.amazonaws.com";
    const net::Headers signed_headers = SignHeaders(request, keys_, *ParseTimestamp(kTime));
    return std::string(signed_headers.Find("authorization").value_or("none"));
  }

  static std::string Expected(std::string_view signed_headers, std::string_view signature) {
    return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
           "SignedHeaders=" +
           std::string(signed_headers) + ", Signature=" + std::string(signature);
  }

  static constexpr std::string_view kTime = "2013-05-24T00:00:00Z";
  const SigningKeys keys_{
      MakeCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      {.region = "us-east-1"}};
};

TEST_F(S3Examples, GetObjectWithRange) {
  EXPECT_EQ(Authorization({.method = "GET",
                           .encoded_path = "/test.txt",
                           .headers = MakeHeaders({{"Range", "bytes=0-9"}})}),
            Expected("host;range;x-amz-content-sha256;x-amz-date",
                     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST_F(S3Examples, PutObject) {
  EXPECT_EQ(Authorization(
                {.method = "PUT",
                 .encoded_path = "/test%24file.text",
                 .body_hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
                 .headers = MakeHeaders({{"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                                         {"Date", "Fri, 24 May 2013 00:00:00 GMT"}})}),
            Expected("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST_F(S3Examples, GetBucketLifecycle) {
  EXPECT_EQ(Authorization({.method = "GET", .encoded_path = "/", .query = {{"lifecycle", ""}}}),
            Expected("host;x-amz-content-sha256;x-amz-date",
                     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST_F(S3Examples, ListObjects) {
  EXPECT_EQ(
      Authorization(
          {.method = "GET", .encoded_path = "/", .query = {{"prefix", "J"}, {"max-keys", "2"}}}),
      Expected("host;x-amz-content-sha256;x-amz-date",
               "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST_F(S3Examples, AllHeadersToSendAreThere) {
  const net::Headers headers = SignHeaders({.method = "GET",
                                            .host = "examplebucket.s3.amazonaws.com",
                                            .encoded_path = "/test.txt",
                                            .headers = MakeHeaders({{"Range", "bytes=0-9"}})},
                                           keys_, *ParseTimestamp(kTime));
  EXPECT_EQ(headers.fields().size(), 4U);
  EXPECT_EQ(headers.Find("range"), "bytes=0-9");
  EXPECT_EQ(headers.Find("x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(headers.Find("x-amz-content-sha256"), kEmptyBodyHash);
  EXPECT_TRUE(headers.Find("authorization").has_value());
}

// The signature test suite of AWS Signature Version 4.
struct SuiteCase {
  std::string_view name;
  std::string_view method;
  std::string_view path;
  Query query;
  Query headers;
  std::string_view signed_headers;
  std::string_view signature;
};

void PrintTo(const SuiteCase& one, std::ostream* os) { *os << one.name; }

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

class SignatureSuite : public ::testing::TestWithParam<SuiteCase> {};

TEST_P(SignatureSuite, GivesTheAuthorizationOfTheSuite) {
  const SuiteCase& one = GetParam();
  const SigningKeys keys(MakeCredentials("AKIDEXAMPLE", std::string(kSecret)),
                         {.region = "us-east-1", .service = "service"});
  const net::Headers headers = SignHeaders({.method = one.method,
                                            .host = "example.amazonaws.com",
                                            .encoded_path = one.path,
                                            .query = one.query,
                                            .headers = MakeHeaders(one.headers)},
                                           keys, *ParseTimestamp("2015-08-30T12:36:00Z"));
  EXPECT_EQ(headers.Find("authorization"),
            "AWS4-HMAC-SHA256 "
            "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
                std::string(one.signed_headers) + ", Signature=" + std::string(one.signature));
  EXPECT_FALSE(headers.Find("x-amz-content-sha256").has_value()) << "it is a header of S3";
}

INSTANTIATE_TEST_SUITE_P(
    Sigv4, SignatureSuite,
    ::testing::Values(
        SuiteCase{"get-vanilla",
                  "GET",
                  "/",
                  {},
                  {},
                  "host;x-amz-date",
                  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        SuiteCase{"get-vanilla, no path",
                  "GET",
                  "",
                  {},
                  {},
                  "host;x-amz-date",
                  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
        SuiteCase{"get-vanilla-query-order-key-case",
                  "GET",
                  "/",
                  {{"Param2", "value2"}, {"Param1", "value1"}},
                  {},
                  "host;x-amz-date",
                  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        SuiteCase{"get-vanilla-empty-query-key",
                  "GET",
                  "/",
                  {{"Param1", "value1"}},
                  {},
                  "host;x-amz-date",
                  "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
        SuiteCase{"get-vanilla-utf8-query",
                  "GET",
                  "/",
                  {{"\xe1\x88\xb4", "bar"}},
                  {},
                  "host;x-amz-date",
                  "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        SuiteCase{"get-utf8",
                  "GET",
                  "/%E1%88%B4",
                  {},
                  {},
                  "host;x-amz-date",
                  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
        SuiteCase{"get-header-value-trim",
                  "GET",
                  "/",
                  {},
                  {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
                  "host;my-header1;my-header2;x-amz-date",
                  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        SuiteCase{"get-header-key-duplicate",
                  "GET",
                  "/",
                  {},
                  {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
                  "host;my-header1;x-amz-date",
                  "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        SuiteCase{"post-vanilla",
                  "POST",
                  "/",
                  {},
                  {},
                  "host;x-amz-date",
                  "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        SuiteCase{"post-header-key-sort",
                  "POST",
                  "/",
                  {},
                  {{"My-Header1", "value1"}},
                  "host;my-header1;x-amz-date",
                  "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"}));

TEST(Sigv4, PostStsTokenOfTheSuite) {
  const std::string token =
      "AQoDYXdzEPT//////////"
      "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfI"
      "eoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/"
      "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0"
      "wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+"
      "scqKmlzm8FDrypN"
      "C9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
  const SigningKeys keys(MakeCredentials("AKIDEXAMPLE", std::string(kSecret), token),
                         {.region = "us-east-1", .service = "service"});
  const net::Headers headers =
      SignHeaders({.method = "POST", .host = "example.amazonaws.com", .encoded_path = "/"}, keys,
                  *ParseTimestamp("2015-08-30T12:36:00Z"));
  EXPECT_EQ(headers.Find("x-amz-security-token"), token);
  EXPECT_EQ(headers.Find("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date;x-amz-security-token, "
            "Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST(Sigv4, AnonymousRequestsGetNothing) {
  const SigningKeys keys(MakeCredentials("", ""), {.region = "us-east-1"});
  const net::Headers headers = SignHeaders({.method = "GET",
                                            .host = "h",
                                            .encoded_path = "/",
                                            .headers = MakeHeaders({{"Range", "bytes=0-9"}})},
                                           keys, FromUnixMillis(0));
  EXPECT_EQ(headers.fields(), (Query{{"Range", "bytes=0-9"}}));
}

TEST(Sigv4, OnlyUnreservedBytesStay) {
  for (int c = 0; c < 256; ++c) {
    const std::string one(1, static_cast<char>(c));
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    std::string encoded = "x";
    AppendUriEncoded(one, false, encoded);
    std::array<char, 4> escape;
    std::snprintf(escape.data(), escape.size(), "%%%02X", static_cast<unsigned>(c));
    EXPECT_EQ(encoded, "x" + (letter || other ? one : std::string(escape.data()))) << c;
  }
  std::string path;
  AppendUriEncoded("a b//c+d=%20\xc3\xa9/", true, path);
  EXPECT_EQ(path, "a%20b//c%2Bd%3D%2520%C3%A9/");
  std::string value;
  AppendUriEncoded("a/b", false, value);
  EXPECT_EQ(value, "a%2Fb");
}

TEST(Sigv4, QueriesAreSortedAsEncoded) {
  EXPECT_EQ(EncodedQuery({}), "");
  EXPECT_EQ(EncodedQuery({{"b", "2"}, {"a", "2"}, {"a", "1"}, {"B", ""}}), "B=&a=1&a=2&b=2");
  // '~' stays and comes last; '%' of the others comes first.
  EXPECT_EQ(EncodedQuery({{"a~", ""}, {"a\xc3\xa9", ""}, {"a0", ""}}), "a%C3%A9=&a0=&a~=");
  EXPECT_EQ(EncodedQuery({{"prefix", "a b/"}, {"list-type", "2"}}), "list-type=2&prefix=a%20b%2F");
}

TEST(Sigv4, TimesAreCutToSecondsAlsoBefore1970) {
  EXPECT_EQ(SigningTime(*ParseTimestamp("2024-02-29T23:59:59.999Z")), "20240229T235959Z");
  EXPECT_EQ(SigningTime(FromUnixMillis(0)), "19700101T000000Z");
  EXPECT_EQ(SigningTime(FromUnixMillis(-1)), "19691231T235959Z");
}

TEST(Sigv4, TheKeyChangesWithTheDayAndBack) {
  const SigningKeys keys(MakeCredentials("id", "secret"), {.region = "r"});
  const crypto::Digest first = keys.KeyOf("20130524").Sign("m");
  EXPECT_NE(keys.KeyOf("20130525").Sign("m"), first);
  EXPECT_EQ(keys.KeyOf("20130524").Sign("m"), first);
  EXPECT_EQ(keys.KeyOf("20130524").Sign("m"), first);
}

TEST(Sigv4, KeysServeManyThreadsOverADayBorder) {
  const SigningKeys keys(MakeCredentials("id", "secret"), {.region = "r"});
  const std::array<std::string, 2> days = {"20130524", "20130525"};
  const std::array<crypto::Digest, 2> expected = {keys.KeyOf(days[0]).Sign("m"),
                                                  keys.KeyOf(days[1]).Sign("m")};
  ASSERT_NE(expected[0], expected[1]);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 200; ++i) {
        const size_t day = (i + t) % 2;
        if (keys.KeyOf(days[day]).Sign("m") != expected[day]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sluice::storage
