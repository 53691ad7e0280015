#include "storage/s3/s3_vendor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "base/crypto/crypto.h"
#include "base/crypto/random.h"
#include "base/encoding.h"
#include "base/timestamp.h"
#include "storage/s3/read_policy.h"
#include "storage/stores.h"
#include "storage/testing/credential_services.h"
#include "storage/testing/fake_s3.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using std::chrono::hours;
using std::chrono::minutes;
using testing::Answer;
using ::testing::Each;
using ::testing::EndsWith;
using testing::ErrorOf;
using testing::FakeS3;
using ::testing::HasSubstr;
using testing::kSecretKey;
using testing::kSessionToken;

constexpr std::chrono::seconds kHour{3600};

// Stores with one rule whose STS is here, and a bucket that refuses what the keys do not open.
class S3VendorTest : public testing::CredentialServices {
 protected:
  S3VendorTest() {
    On("/", [this](const net::Request& request) { return Assume(request); });
    Start();
    stores_ = std::make_unique<Stores>(StoresContext{
        .clock = clock_,
        .random = random_,
        .metrics = metrics_,
        .limits = {.max_attempts = 1},
        .environment = [](const std::string&) { return std::optional<std::string>(); }});
    rule_.name = "lake";
    rule_.prefix = "s3://lake";
    rule_.s3.region = "eu-central-1";
    rule_.s3.endpoint = s3_.endpoint();
    rule_.s3.proxy = "none";
    rule_.s3.credentials.source = S3CredentialOptions::Source::kStatic;
    rule_.s3.credentials.access_key_id = "AKIACALLER";
    rule_.s3.credentials.secret_access_key = kSecretKey;
    rule_.s3.directory_access = DirectoryAccess{
        .role_arn = "arn:aws:iam::1:role/readers", .external_id = "ours", .sts_endpoint = Url()};
    stores_->Configure({rule_});
    Answering([] { return FakeS3::Error(403, "AccessDenied"); });
  }

  // What the bucket answers. The keys with which it was asked are kept.
  void Answering(std::function<std::optional<net::Response>()> answer) {
    s3_.Before([this, answer = std::move(answer)](const net::Request& request) {
      signed_by_.insert(std::string(request.headers.Find("x-amz-security-token").value_or("")));
      return answer();
    });
  }

  // Keys that tell which call they are of.
  net::Response Assume(const net::Request& request) {
    if (refuse_ != 0) {
      return Answer(refuse_,
                    "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
    }
    const auto form = net::QueryParams::Parse(request.body).value();
    const std::chrono::seconds life(std::stoi(std::string(form.Find("DurationSeconds").value())));
    const std::lock_guard lock(calls_mutex_);
    return Answer(
        200,
        fmt::format("<AssumeRoleResponse><AssumeRoleResult><Credentials>"
                    "<AccessKeyId>ASIA{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>"
                    "<SessionToken>{}</SessionToken><Expiration>{}</Expiration></Credentials>"
                    "</AssumeRoleResult></AssumeRoleResponse>",
                    ++calls_, kSecretKey, kSessionToken, FormatTimestamp(clock_.Now() + life)));
  }

  std::shared_ptr<const ObjectStore> Open(const std::string& location = "s3://lake/sales/orders") {
    auto store = stores_->Open(location);
    EXPECT_THAT(store, IsOk());
    return store.value_or(nullptr);
  }
  // The key of whom; "" and a failure of the test: none.
  std::string KeyOf(const std::string& holder, std::chrono::seconds lifetime = kHour) {
    const auto keys = Open()->vendor()->Vend(holder, lifetime);
    EXPECT_THAT(keys, IsOk());
    return keys.has_value() ? keys->access_key_id : "";
  }
  std::string Asked(size_t call, std::string_view name) {
    return std::string(
        net::QueryParams::Parse(asked_.at(call).body).value().Find(name).value_or(""));
  }

  std::set<std::string> signed_by_;  // tokens
  FakeS3 s3_;
  SecureRandom random_;
  Metrics metrics_;
  StoreRule rule_;
  std::unique_ptr<Stores> stores_;
  int refuse_ = 0;
  std::mutex calls_mutex_;
  int calls_ = 0;
};

TEST_F(S3VendorTest, TheRoleIsNarrowedToTheFolderOfTheStore) {
  const auto keys = Open()->vendor()->Vend("ann", kHour);
  ASSERT_THAT(keys, IsOk());
  EXPECT_EQ(keys->access_key_id, "ASIA1");
  EXPECT_EQ(keys->secret_access_key, kSecretKey);
  EXPECT_EQ(keys->session_token, kSessionToken);
  EXPECT_EQ(keys->expires, clock_.Now() + kHour);
  EXPECT_EQ(Asked(0, "Action"), "AssumeRole");
  EXPECT_EQ(Asked(0, "RoleArn"), "arn:aws:iam::1:role/readers");
  EXPECT_EQ(Asked(0, "ExternalId"), "ours");
  EXPECT_EQ(Asked(0, "DurationSeconds"), "3600");
  EXPECT_EQ(Asked(0, "Policy"),
            ReadPolicy("lake", "sales/orders", *rule_.s3.directory_access).value());
}

TEST_F(S3VendorTest, EachHolderHasASessionOfItsOwn) {
  EXPECT_EQ(KeyOf("recipient:ann"), "ASIA1");
  EXPECT_EQ(KeyOf("Jörg / <b>"), "ASIA2");
  EXPECT_EQ(Asked(0, "RoleSessionName"),
            "sluice-" + Hex(crypto::View(crypto::Sha256("recipient:ann"))).substr(0, 32));
  EXPECT_NE(Asked(1, "RoleSessionName"), Asked(0, "RoleSessionName"));
}

TEST_F(S3VendorTest, KeysAreKeptWhileMoreThanHalfOfTheirLifeIsLeft) {
  EXPECT_EQ(KeyOf("ann"), "ASIA1");
  clock_.Advance(minutes(29));
  EXPECT_EQ(KeyOf("ann"), "ASIA1");
  clock_.Advance(minutes(1));
  EXPECT_EQ(KeyOf("ann"), "ASIA2");
  EXPECT_EQ(KeyOf("ann"), "ASIA2");
}

TEST_F(S3VendorTest, AnotherLifetimeIsAnotherKey) {
  EXPECT_EQ(KeyOf("ann"), "ASIA1");
  EXPECT_EQ(KeyOf("ann", hours(12)), "ASIA2");
  EXPECT_EQ(Asked(1, "DurationSeconds"), "43200");
  EXPECT_EQ(KeyOf("ann", hours(12)), "ASIA2");
}

TEST_F(S3VendorTest, FoldersShareNothing) {
  EXPECT_EQ(KeyOf("ann"), "ASIA1");
  const auto other = Open("s3a://lake/sales/orders2/")->vendor()->Vend("ann", kHour);
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(other->access_key_id, "ASIA2");
  EXPECT_NE(Asked(1, "Policy").find("sales/orders2/*"), std::string::npos);
}

TEST_F(S3VendorTest, RequestsThatComeTogetherShareOneCall) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::multiset<std::string> keys;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const std::string key = KeyOf("ann");
      const std::lock_guard lock(mutex);
      keys.insert(key);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(keys.count("ASIA1"), 8U);
  EXPECT_EQ(calls_, 1);
}

TEST_F(S3VendorTest, TheTableOfHoldersIsBounded) {
  EXPECT_EQ(KeyOf("first"), "ASIA1");
  for (int i = 0; i < 999; ++i) KeyOf(fmt::format("holder {}", i));
  EXPECT_EQ(KeyOf("first"), "ASIA1") << "there is room for a thousand";
  KeyOf("one more");
  EXPECT_EQ(KeyOf("first"), "ASIA1") << "who was not seen for longest goes first";
  EXPECT_EQ(KeyOf("holder 0"), "ASIA1002");
}

TEST_F(S3VendorTest, WhatTheServiceRefusesIsNotLent) {
  refuse_ = 403;
  const auto vend = [&] { return Open()->vendor()->Vend("ann", kHour); };
  EXPECT_EQ(ErrorOf(vend()).code, Code::kPermissionDenied);
  refuse_ = 500;
  clock_.Advance(minutes(1));
  EXPECT_EQ(ErrorOf(vend()).code, Code::kUnavailable);
  refuse_ = 0;
  clock_.Advance(minutes(1));
  EXPECT_THAT(vend(), IsOk());
  // What is still good is given out while the service is away.
  refuse_ = 500;
  clock_.Advance(minutes(40));
  EXPECT_EQ(KeyOf("ann"), "ASIA1");
  clock_.Advance(minutes(40));
  EXPECT_EQ(ErrorOf(vend()).code, Code::kUnavailable);
}

TEST_F(S3VendorTest, NewKeysAreTriedOutsideOfTheirFolder) {
  EXPECT_EQ(KeyOf("ann"), "ASIA1");
  // Its clock is another one than ours here: the first request may come twice.
  EXPECT_THAT(s3_.Requests(),
              Each(EndsWith("GET /lake?list-type=2&max-keys=1&prefix=sales%2Forders")));
  EXPECT_EQ(signed_by_, std::set<std::string>{std::string(kSessionToken)});
  s3_.ForgetRequests();
  EXPECT_EQ(KeyOf("ann"), "ASIA1");
  EXPECT_TRUE(s3_.Requests().empty()) << "once for each keys";
  EXPECT_EQ(KeyOf("bob"), "ASIA2");
  EXPECT_EQ(s3_.Requests().size(), 1U);
}

TEST_F(S3VendorTest, NothingIsOutsideOfABucket) {
  EXPECT_THAT(Open("s3://lake")->vendor()->Vend("ann", kHour), IsOk());
  EXPECT_TRUE(s3_.Requests().empty());
}

TEST_F(S3VendorTest, KeysThatOpenMoreAreNotGivenOut) {
  Answering([] { return std::nullopt; });  // the listing
  const Error error = ErrorOf(Open()->vendor()->Vend("ann", kHour));
  EXPECT_EQ(error.code, Code::kPermissionDenied);
  EXPECT_THAT(error.message, HasSubstr("gives more than the table"));
  EXPECT_THAT(error.message, HasSubstr("docs/guide/object-stores.md"));
  EXPECT_THAT(error.detail, HasSubstr("'sales/orders' in bucket lake"));
  Answering([] { return FakeS3::Error(403, "AccessDenied"); });
  clock_.Advance(minutes(1));
  EXPECT_EQ(KeyOf("ann"), "ASIA2") << "not the keys that were found to open more";
}

TEST_F(S3VendorTest, WhatIsNoRefusalOfTheListingProvesNothing) {
  const auto code_at = [&](int status, const char* said) {
    Answering([=] { return FakeS3::Error(status, said); });
    clock_.Advance(minutes(1));
    const Error error = ErrorOf(Open()->vendor()->Vend("ann", kHour));
    EXPECT_THAT(error.detail, HasSubstr(fmt::format("status {} {}", status, said)));
    return error.code;
  };
  EXPECT_EQ(code_at(500, "InternalError"), Code::kUnavailable);
  EXPECT_EQ(code_at(403, "InvalidAccessKeyId"), Code::kUnavailable) << "keys not known yet";
  EXPECT_EQ(code_at(403, "SignatureDoesNotMatch"), Code::kUnavailable);
  EXPECT_EQ(code_at(404, "NoSuchBucket"), Code::kUnavailable);
}

TEST_F(S3VendorTest, NobodyIsGivenKeysUnlessTheRuleSaysSo) {
  EXPECT_EQ(Open("s3://elsewhere/t")->vendor(), nullptr);
  EXPECT_EQ(Open(home_.path().string())->vendor(), nullptr);
  rule_.s3.directory_access.reset();
  stores_->Configure({rule_});
  EXPECT_EQ(Open()->vendor(), nullptr) << "a change of the rule counts at once";
}

TEST_F(S3VendorTest, WhichFoldersAreLent) {
  const auto lent = [&](std::string_view location) {
    return LendsFolder({rule_}, ParseLocation(location).value());
  };
  EXPECT_TRUE(lent("s3://lake/t"));
  EXPECT_TRUE(lent("s3n://lake"));
  EXPECT_FALSE(lent("s3://lake-2/t"));
  EXPECT_FALSE(lent("/lake/t"));
  EXPECT_FALSE(lent("s3://lake/every*thing"));
  StoreRule finer = rule_;
  finer.prefix = "s3://lake/closed";
  finer.s3.directory_access.reset();
  EXPECT_FALSE(LendsFolder({rule_, finer}, ParseLocation("s3://lake/closed/t").value()));
}

TEST_F(S3VendorTest, AFolderThatNoPolicyNamesIsNotLent) {
  EXPECT_THAT(Open("s3://lake/a*b")->vendor()->Vend("ann", kHour), IsError(Code::kUnsupported));
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace sluice::storage
