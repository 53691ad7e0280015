#include "storage/s3/url_writer.h"

#include "base/encoding.h"
#include "base/testing/matchers.h"
#include "base/timestamp.h"

namespace sluice::storage {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const TimePoint kNow = *ParseTimestamp("2013-05-24T00:00:00Z");

// The key of the S3 reference's examples.
Credentials Example() {
  Credentials credentials;
  credentials.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  credentials.secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  return credentials;
}

std::shared_ptr<const SigningKeys> Keys(const Credentials& credentials) {
  return std::make_shared<SigningKeys>(std::make_shared<Credentials>(credentials),
                                       SigningScope{.region = "us-east-1"});
}

UrlTarget Target() {
  return {"https://examplebucket.s3.amazonaws.com", "examplebucket.s3.amazonaws.com", "/"};
}

std::string Link(UrlWriter& writer, std::string_view key) {
  std::string out;
  writer.Append(key, out);
  return out;
}

std::string Parameter(const std::string& url, const std::string& name) {
  const size_t at = url.find(name + "=");
  if (at == std::string::npos) return "none";
  const size_t begin = at + name.size() + 1;
  return url.substr(begin, url.find('&', begin) - begin);
}

// The signature of a GET as the standard writes it down, without anything kept from link to link.
std::string SignatureOf(const SigningKeys& keys, const std::string& path, const std::string& query,
                        const std::string& host, const std::string& stamp) {
  const std::string request =
      "GET\n" + path + "\n" + query + "\nhost:" + host + "\n\nhost\nUNSIGNED-PAYLOAD";
  const std::string day = stamp.substr(0, 8);
  const std::string text = "AWS4-HMAC-SHA256\n" + stamp + "\n" + day +
                           "/us-east-1/s3/aws4_request\n" +
                           Hex(crypto::View(crypto::Sha256(request)));
  return Hex(crypto::View(keys.KeyOf(day).Sign(text)));
}

TEST(UrlWriter, TheExampleOfTheS3Reference) {
  const auto writer = MakeUrlWriter(Target(), Keys(Example()), kNow, hours(24));
  EXPECT_EQ(Link(*writer, "test.txt"),
            "https://examplebucket.s3.amazonaws.com/test.txt"
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  EXPECT_EQ(writer->expires(), kNow + hours(24));
}

TEST(UrlWriter, ATokenIsSignedInItsPlaceOfTheSortedQuery) {
  Credentials credentials = Example();
  credentials.session_token = "a/b+c==";
  const auto keys = Keys(credentials);
  const UrlTarget target{"http://127.0.0.1:9000", "127.0.0.1:9000", "/bucket/lake/t%20a/"};
  const auto writer = MakeUrlWriter(target, keys, kNow + Millis(999), seconds(60));
  const std::string url = Link(*writer, "day=1/part 0.parquet");
  const std::string path = "/bucket/lake/t%20a/day%3D1/part%200.parquet";
  EXPECT_TRUE(url.starts_with("http://127.0.0.1:9000" + path + "?X-Amz-Algorithm=")) << url;
  EXPECT_EQ(Parameter(url, "X-Amz-Security-Token"), "a%2Fb%2Bc%3D%3D");
  const std::string query =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256"
      "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-Security-Token=a%2Fb%2Bc%3D%3D"
      "&X-Amz-SignedHeaders=host";
  EXPECT_EQ(Parameter(url, "X-Amz-Signature"),
            SignatureOf(*keys, path, query, "127.0.0.1:9000", "20130524T000000Z"));
}

TEST(UrlWriter, ManyLinksOfOneWriterAreAsThoseOfTheirOwn) {
  const auto keys = Keys(Example());
  const auto writer = MakeUrlWriter(Target(), keys, kNow, hours(1));
  std::string key;
  std::string out = "kept:";
  for (int i = 0; i < 200; ++i) {
    key += static_cast<char>('a' + i % 26);
    const size_t begin = out.size();
    writer->Append(key, out);
    EXPECT_EQ(out.substr(begin), Link(*MakeUrlWriter(Target(), keys, kNow, hours(1)), key));
  }
  EXPECT_TRUE(out.starts_with("kept:https://"));
}

TEST(UrlWriter, KeysAreEncodedOnceAndNeverNormalised) {
  const auto writer = MakeUrlWriter(Target(), Keys(Example()), kNow, hours(1));
  const auto path = [&](std::string_view key) {
    const std::string url = Link(*writer, key);
    const size_t begin = Target().origin.size();
    return url.substr(begin, url.find('?') - begin);
  };
  EXPECT_EQ(path("a%20b"), "/a%2520b");
  EXPECT_EQ(path("a//./../b"), "/a//./../b");
  EXPECT_EQ(path("?#+&=~\xc3\xa9"), "/%3F%23%2B%26%3D~%C3%A9");
}

TEST(UrlWriter, LinksEndWithTheCredentials) {
  Credentials credentials = Example();
  credentials.expires = kNow + Millis(90'999);
  const auto writer = MakeUrlWriter(Target(), Keys(credentials), kNow + Millis(500), hours(1));
  EXPECT_EQ(Parameter(Link(*writer, "k"), "X-Amz-Expires"), "90");
  EXPECT_EQ(writer->expires(), kNow + seconds(90));

  credentials.expires = kNow + hours(2);  // later than asked for
  const auto later = MakeUrlWriter(Target(), Keys(credentials), kNow, hours(1));
  EXPECT_EQ(Parameter(Link(*later, "k"), "X-Amz-Expires"), "3600");
  EXPECT_EQ(later->expires(), kNow + hours(1));
}

TEST(UrlWriter, ALinkLivesASecondAtLeastAndAWeekAtMost) {
  Credentials credentials = Example();
  for (const Millis left : {Millis(1), Millis(999), Millis(0), Millis(-5000)}) {
    credentials.expires = kNow + left;
    const auto writer = MakeUrlWriter(Target(), Keys(credentials), kNow, hours(1));
    EXPECT_EQ(Parameter(Link(*writer, "k"), "X-Amz-Expires"), "1");
    EXPECT_EQ(writer->expires(), kNow + seconds(1));
  }
  const auto writer = MakeUrlWriter(Target(), Keys(Example()), kNow, hours(24 * 365));
  EXPECT_EQ(Parameter(Link(*writer, "k"), "X-Amz-Expires"), "604800");
  EXPECT_EQ(writer->expires(), kNow + hours(24 * 7));
}

TEST(UrlWriter, AnonymousLinksArePlain) {
  const auto writer = MakeUrlWriter({"http://127.0.0.1:9000", "127.0.0.1:9000", "/b/t%20a/"},
                                    Keys(Credentials()), kNow, hours(1));
  EXPECT_EQ(Link(*writer, "x y.parquet"), "http://127.0.0.1:9000/b/t%20a/x%20y.parquet");
  EXPECT_EQ(writer->expires(), kNow + hours(1));
}

TEST(UrlWriter, WorksWhenItsKeysAreLetGo) {
  auto keys = Keys(Example());
  const auto writer = MakeUrlWriter(Target(), keys, kNow, hours(24));
  keys.reset();
  EXPECT_EQ(Parameter(Link(*writer, "test.txt"), "X-Amz-Signature"),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

}  // namespace
}  // namespace sluice::storage
