#include "storage/stores.h"

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "storage/testing/fake_s3.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using sluice::testing::ManualClock;
using testing::FakeS3;
using ::testing::HasSubstr;
using testing::TempFolder;
using Variables = std::map<std::string, std::string>;

TimePoint RealNow() { return SystemClock().Now(); }

class StoresTest : public ::testing::Test {
 protected:
  static StoreRule RuleFor(const FakeS3& s3, std::string prefix, std::string name = "lake") {
    StoreRule rule;
    rule.name = std::move(name);
    rule.prefix = std::move(prefix);
    rule.s3.endpoint = s3.endpoint();
    rule.s3.proxy = "none";
    rule.s3.credentials.source = S3CredentialOptions::Source::kStatic;
    rule.s3.credentials.access_key_id = "AKID";
    rule.s3.credentials.secret_access_key = "secret";
    return rule;
  }
  StoresContext Context() {
    StoresContext context{.clock = clock_, .random = random_, .metrics = metrics_};
    context.limits.first_backoff = Millis(1);
    context.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    return context;
  }
  std::string ReadF(const std::string& location) {
    const auto store = stores_.Open(location);
    if (!store.has_value()) return "error: " + store.error().message;
    const auto bytes = (*store)->Read("f", KiB(1));
    return bytes.has_value() ? *bytes : "error: " + bytes.error().message;
  }

  ManualClock clock_{RealNow()};
  SecureRandom random_;
  Metrics metrics_;
  Variables variables_;
  Stores stores_{Context()};
};

TEST_F(StoresTest, OpensNothingOutsideOfItsRoots) {
  const TempFolder folder;
  folder.Write("lake/t/f", "in");
  folder.Write("lake2/f", "out");
  StoresContext context = Context();
  context.local_roots = {(folder / "lake").string()};
  Stores stores(std::move(context));
  const auto read = [&](const std::string& location) -> Result<std::string> {
    const auto store = TRY(stores.Open(location));
    return store->Read("f", KiB(1));
  };
  EXPECT_THAT(read((folder / "lake/t").string()), IsOkAnd("in"));
  EXPECT_THAT(read("file://" + (folder / "lake/t").string()), IsOkAnd("in"));
  for (const std::string& outside :
       {(folder / "lake2").string(), (folder / "lake").string() + "/../lake2", std::string("/"),
        std::string("s3://lake/t")}) {
    const auto refused = read(outside);
    EXPECT_THAT(refused, IsError(Code::kPermissionDenied)) << outside;
    EXPECT_EQ(refused.error().message, "the location of the table is not open to this server");
  }
  stores.Configure({{.name = "lake", .prefix = "s3://lake/t", .s3 = {}}});
  EXPECT_THAT(stores.Open("s3://lake/t/x"), IsOk());
  EXPECT_THAT(stores.Open("s3://lake/t2"), IsError(Code::kPermissionDenied));
}

TEST_F(StoresTest, ALinkThatCameLaterLeadsOutOfNoRoot) {
  const TempFolder folder;
  folder.Write("lake/t/f", "in");
  folder.Write("other/f", "out");
  StoresContext context = Context();
  context.local_roots = {(folder / "lake").string()};
  Stores stores(std::move(context));
  const auto store = stores.Open((folder / "lake/t").string()).value();
  EXPECT_THAT(store->Read("f", KiB(1)), IsOkAnd("in"));
  std::filesystem::remove_all(folder / "lake/t");
  std::filesystem::create_directory_symlink(folder / "other", folder / "lake/t");
  EXPECT_THAT(store->Read("f", KiB(1)), IsError(Code::kPermissionDenied));
  EXPECT_THAT(store->List(""), IsError(Code::kPermissionDenied));
  EXPECT_THAT(store->Head("f"), IsError(Code::kPermissionDenied));
  EXPECT_THAT(store->Open("f").error().code, Code::kPermissionDenied);
  EXPECT_THAT(store->PutIfAbsent("g", "x"), IsError(Code::kPermissionDenied));
  EXPECT_FALSE(std::filesystem::exists(folder / "other/g"));
}

TEST_F(StoresTest, WritesBeneathARoot) {
  const TempFolder folder;
  folder.Write("lake/x", "");
  StoresContext context = Context();
  context.local_roots = {(folder / "lake").string()};
  Stores stores(std::move(context));
  const auto store = stores.Open((folder / "lake/a/b").string()).value();
  EXPECT_THAT(store->List(""), IsOkAnd(::testing::IsEmpty()));
  EXPECT_THAT(store->PutIfAbsent("_log/0", "text"), IsOk());
  EXPECT_THAT(store->Read("_log/0", KiB(1)), IsOkAnd("text"));
  EXPECT_TRUE(std::filesystem::exists(folder / "lake/a/b/_log/0"));
}

TEST_F(StoresTest, AStoreApartChangesNothingForOthers) {
  const FakeS3 s3;
  const auto apart = stores_.OpenApart("s3://lake/t", RuleFor(s3, "s3://lake", "trial"));
  ASSERT_THAT(apart, IsOk());
  EXPECT_NE(stores_.Open("s3://lake/t").value(), *apart);
}

TEST_F(StoresTest, OpensFoldersAndKeepsThem) {
  const TempFolder folder;
  folder.Write("f", "local");
  EXPECT_EQ(ReadF(folder.path().string()), "local");
  EXPECT_EQ(stores_.Open(folder.path().string()).value(),
            stores_.Open(folder.path().string()).value());
  EXPECT_THAT(stores_.Open("gs://lake"), IsError(Code::kUnsupported));
  EXPECT_THAT(stores_.Open(""), IsError(Code::kInvalidArgument));
}

TEST_F(StoresTest, TheLongestPrefixOfWholeSegmentsCounts) {
  FakeS3 one;
  FakeS3 two;
  one.Put("lake/a/f", "one");
  one.Put("lake/ab/f", "one ab");
  two.Put("lake/a/f", "two");
  two.Put("lake/a/b/f", "two b");
  stores_.Configure({RuleFor(one, "s3://lake/"), RuleFor(two, "s3://lake/a")});
  EXPECT_EQ(ReadF("s3://lake/a"), "two");
  EXPECT_EQ(ReadF("s3a://lake/a/b/"), "two b");
  EXPECT_EQ(ReadF("s3://lake/ab"), "one ab");
}

TEST_F(StoresTest, AChangedRuleOpensAnewAndOthersStay) {
  FakeS3 one;
  FakeS3 two;
  one.Put("lake/a/f", "one");
  one.Put("lake/b/f", "one b");
  two.Put("lake/a/f", "two");
  stores_.Configure({RuleFor(one, "s3://lake/a"), RuleFor(one, "s3://lake/b")});
  const auto a = stores_.Open("s3://lake/a").value();
  const auto b = stores_.Open("s3://lake/b").value();
  stores_.Configure({RuleFor(two, "s3://lake/a"), RuleFor(one, "s3://lake/b")});
  EXPECT_NE(stores_.Open("s3://lake/a").value(), a);
  EXPECT_EQ(stores_.Open("s3://lake/b").value(), b);
  EXPECT_EQ(ReadF("s3://lake/a"), "two");
  EXPECT_THAT(a->Read("f", KiB(1)), IsOkAnd("one")) << "who holds it goes on";
}

TEST_F(StoresTest, TheEnvironmentFillsWhatIsOpen) {
  FakeS3 s3;
  s3.Put("lake/t/f", "bytes");
  variables_ = {{"AWS_ENDPOINT_URL", s3.endpoint()},
                {"AWS_ACCESS_KEY_ID", "AKID"},
                {"AWS_SECRET_ACCESS_KEY", "secret"},
                {"AWS_REGION", "eu-test-1"}};
  std::string authorization;
  s3.Before([&](const net::Request& request) -> std::optional<net::Response> {
    authorization = request.headers.Find("authorization").value_or("none");
    return std::nullopt;
  });
  EXPECT_EQ(ReadF("s3://lake/t"), "bytes");
  EXPECT_THAT(authorization, HasSubstr("AKID/"));
  EXPECT_THAT(authorization, HasSubstr("/eu-test-1/s3/aws4_request"));
}

TEST_F(StoresTest, AnonymousRequestsAreNotSigned) {
  FakeS3 s3;
  s3.Put("lake/t/f", "bytes");
  StoreRule rule = RuleFor(s3, "s3://lake");
  rule.s3.credentials = {};
  rule.s3.credentials.source = S3CredentialOptions::Source::kAnonymous;
  stores_.Configure({rule});
  s3.Before([&](const net::Request& request) -> std::optional<net::Response> {
    EXPECT_FALSE(request.headers.Find("authorization").has_value());
    return std::nullopt;
  });
  EXPECT_EQ(ReadF("s3://lake/t"), "bytes");
  auto links = stores_.Open("s3://lake/t").value()->signer()->Begin(std::chrono::seconds(60));
  ASSERT_THAT(links, IsOk());
  std::string url;
  (*links)->Append("f", url);
  EXPECT_EQ(url, s3.endpoint() + "/lake/t/f");
}

TEST_F(StoresTest, TheBucketsRegionIsLearned) {
  FakeS3 s3;
  s3.Put("lake/t/f", "bytes");
  stores_.Configure({RuleFor(s3, "s3://lake")});
  int refused = 0;
  s3.Before([&](const net::Request& request) -> std::optional<net::Response> {
    if (request.headers.Find("authorization")->find("/eu-west-9/") != std::string_view::npos) {
      return std::nullopt;
    }
    ++refused;
    return FakeS3::Error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-9</Region>");
  });
  EXPECT_EQ(ReadF("s3://lake/t"), "bytes");
  EXPECT_EQ(ReadF("s3://lake/t"), "bytes");
  EXPECT_EQ(refused, 1);
}

TEST_F(StoresTest, ARegionThatIsNoneIsNotBelieved) {
  FakeS3 s3;
  stores_.Configure({RuleFor(s3, "s3://lake")});
  s3.Before([&](const net::Request&) {
    net::Response response = FakeS3::Error(301, "PermanentRedirect");
    response.headers.Add("x-amz-bucket-region", "evil.example.com/x");
    return response;
  });
  EXPECT_THAT(ReadF("s3://lake/t"), HasSubstr("refuses"));
}

TEST_F(StoresTest, AClockThatIsOffIsPutRight) {
  FakeS3 s3;
  s3.Put("lake/t/f", "bytes");
  stores_.Configure({RuleFor(s3, "s3://lake")});
  clock_.Advance(-Millis(3'600'000));
  const std::string today = FormatTimestamp(RealNow()).substr(0, 10);
  int refused = 0;
  s3.Before([&](const net::Request& request) -> std::optional<net::Response> {
    // 20130524T000000Z against the real time, to the hour: refused when off.
    const std::string date(*request.headers.Find("x-amz-date"));
    const auto sent = ParseTimestamp(
        fmt::format("{}-{}-{}T{}:{}:{}Z", date.substr(0, 4), date.substr(4, 2), date.substr(6, 2),
                    date.substr(9, 2), date.substr(11, 2), date.substr(13, 2)));
    if (std::chrono::abs(*sent - RealNow()) < Millis(60'000)) return std::nullopt;
    ++refused;
    return FakeS3::Error(403, "RequestTimeTooSkewed");
  });
  EXPECT_EQ(ReadF("s3://lake/t"), "bytes");
  EXPECT_EQ(ReadF("s3://lake/t"), "bytes");
  EXPECT_EQ(refused, 1);
}

TEST_F(StoresTest, TwoBucketsOfARuleAreTwoStores) {
  FakeS3 s3;
  s3.AddBucket("pond");
  s3.Put("lake/t/f", "lake");
  s3.Put("pond/t/f", "pond");
  stores_.Configure({RuleFor(s3, "s3://lake"), RuleFor(s3, "s3://pond")});
  EXPECT_EQ(ReadF("s3://lake/t"), "lake");
  EXPECT_EQ(ReadF("s3://pond/t"), "pond");
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("store=\"lake\""));
  EXPECT_THAT(text, HasSubstr("store=\"lake-2\""));
  EXPECT_EQ(text.find("pond"), std::string::npos);
}

TEST_F(StoresTest, AnEndpointThatIsNoneIsSaidWhenOpened) {
  StoreRule rule;
  rule.prefix = "s3://lake";
  rule.s3.endpoint = "minio:9000";
  stores_.Configure({rule});
  EXPECT_THAT(stores_.Open("s3://lake/t"), IsError(Code::kInvalidArgument, "https://"));
}

}  // namespace
}  // namespace sluice::storage
