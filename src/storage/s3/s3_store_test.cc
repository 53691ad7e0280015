#include "storage/s3/s3_store.h"

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>

#include "base/testing/matchers.h"
#include "net/testing/test_server.h"
#include "storage/stores.h"
#include "storage/testing/fake_s3.h"

namespace sluice::storage {
namespace {

using net::testing::Pattern;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeS3;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class S3StoreTest : public ::testing::Test {
 protected:
  S3StoreTest() {
    StoreRule rule;
    rule.name = "lake";
    rule.prefix = "s3://lake";
    rule.s3.endpoint = s3_.endpoint();
    rule.s3.proxy = "none";
    rule.s3.credentials.source = S3CredentialOptions::Source::kStatic;
    rule.s3.credentials.access_key_id = "AKID";
    rule.s3.credentials.secret_access_key = "very-secret";
    stores_.Configure({rule});
    store_ = stores_.Open("s3://lake/a b/t").value();
  }

  static StoreLimits Quick() {
    StoreLimits limits;
    limits.first_backoff = Millis(1);
    limits.longest_backoff = Millis(2);
    limits.breaker_failures = 1000;
    return limits;
  }
  std::vector<std::string> Keys(std::string_view folder, std::string_view from = {}) {
    const auto listed = store_->List(folder, from);
    EXPECT_TRUE(listed.has_value()) << listed.error().message << listed.error().detail;
    std::vector<std::string> keys;
    for (const auto& object : listed.value_or(std::vector<ObjectInfo>()))
      keys.push_back(object.key);
    return keys;
  }
  // Answers the next `times` reads with what `answer` makes of the object.
  void Spoil(int times, const std::function<net::Response()>& answer) {
    auto left = std::make_shared<int>(times);
    s3_.Before([left, answer](const net::Request& request) -> std::optional<net::Response> {
      if (request.query.Find("list-type") || (*left)-- <= 0) return std::nullopt;
      return answer();
    });
  }

  FakeS3 s3_;
  SystemClock clock_;
  SecureRandom random_;
  Metrics metrics_;
  Stores stores_{{.clock = clock_,
                  .random = random_,
                  .metrics = metrics_,
                  .limits = Quick(),
                  .environment = [](const std::string&) { return std::nullopt; }}};
  std::shared_ptr<const ObjectStore> store_;
};

TEST_F(S3StoreTest, ListsAFolderFromAnyKey) {
  for (const std::string name : {"1.json", "2.json", "3.json", "x y+%.json", "sub/4.json"}) {
    s3_.Put("lake/a b/t/_delta_log/" + name, name);
  }
  s3_.Put("lake/a b/t/_delta_log/", "");
  s3_.Put("lake/a b/t/other", "o");
  EXPECT_THAT(Keys("_delta_log/"), ElementsAre("_delta_log/1.json", "_delta_log/2.json",
                                               "_delta_log/3.json", "_delta_log/x y+%.json"));
  EXPECT_THAT(Keys("_delta_log/", "_delta_log/2.json"),
              ElementsAre("_delta_log/2.json", "_delta_log/3.json", "_delta_log/x y+%.json"));
  EXPECT_THAT(Keys("_delta_log/", "_delta_log/2.jsoo"),
              ElementsAre("_delta_log/3.json", "_delta_log/x y+%.json"));
  EXPECT_THAT(Keys("nowhere"), SizeIs(0));
  EXPECT_THAT(Keys(""), ElementsAre("other"));
}

TEST_F(S3StoreTest, AListingFromAKeyIsOneRequest) {
  for (int i = 0; i < 3000; ++i) s3_.Put(fmt::format("lake/a b/t/l/{:020}.json", i), "{}");
  s3_.ForgetRequests();
  EXPECT_THAT(Keys("l/", fmt::format("l/{:020}.json", 2990)), SizeIs(10));
  EXPECT_THAT(s3_.Requests(), SizeIs(1));
}

TEST_F(S3StoreTest, ListsPageByPage) {
  s3_.set_page_size(7);
  for (int i = 0; i < 50; ++i) s3_.Put(fmt::format("lake/a b/t/l/{:02}", i), "x");
  EXPECT_THAT(Keys("l"), SizeIs(50));
  EXPECT_THAT(s3_.Requests(), SizeIs(8));
  EXPECT_THAT(Keys("l", "l/10"), SizeIs(40));
}

TEST_F(S3StoreTest, HeadTellsWhatTheListingTells) {
  s3_.Put("lake/a b/t/f", "four");
  const ObjectInfo listed = store_->List("", "")->front();
  const auto head = store_->Head("f");
  ASSERT_THAT(head, IsOk());
  EXPECT_TRUE(SameState(*head, listed));
  EXPECT_EQ(head->key, "f");
  EXPECT_EQ(head->size, ByteCount{4});
  EXPECT_THAT(store_->Head("g"), IsError(Code::kNotFound));
}

TEST_F(S3StoreTest, ReadsSmallAndLargeObjects) {
  const std::string large = Pattern(MiB(9).value + 17);
  s3_.Put("lake/a b/t/small", "small");
  s3_.Put("lake/a b/t/empty", "");
  s3_.Put("lake/a b/t/large", large);
  EXPECT_THAT(store_->Read("small", KiB(1)), IsOkAnd("small"));
  EXPECT_THAT(store_->Read("empty", KiB(1)), IsOkAnd(""));
  EXPECT_TRUE(store_->Read("large", MiB(64)).value() == large);
  EXPECT_THAT(store_->Read("large", MiB(8)), IsError(Code::kResourceExhausted));
  EXPECT_THAT(store_->Read("small", {2}), IsError(Code::kResourceExhausted));
  EXPECT_THAT(store_->Read("gone", KiB(1)), IsError(Code::kNotFound));
  EXPECT_THAT(store_->ReadRange("small", {1, 3}), IsOkAnd("mal"));
  EXPECT_THAT(store_->ReadRange("small", {1, 0}), IsOkAnd(""));
  for (const Range& range : {Range{9, 3}, Range{5, 1}, Range{4, 2}, Range{0, 6}}) {
    s3_.ForgetRequests();
    EXPECT_THAT(store_->ReadRange("small", range), IsError(Code::kInvalidArgument, "behind"));
    EXPECT_EQ(s3_.Requests().size(), 1U);  // it is an answer, not a fault
  }
  const auto all = store_->List("", "").value();
  for (const ObjectInfo& listed : all) {
    EXPECT_TRUE(store_->ReadListed(listed, MiB(64)).value() ==
                store_->Read(listed.key, MiB(64)).value());
    const auto copy = store_->Fetch(listed);
    ASSERT_THAT(copy, IsOk());
    EXPECT_EQ(std::filesystem::file_size(copy->path()), listed.size.value);
  }
}

TEST_F(S3StoreTest, WhatWasReplacedIsGone) {
  s3_.Put("lake/a b/t/f", "old");
  s3_.Put("lake/a b/t/large", Pattern(MiB(9).value));
  const auto listed = store_->List("", "").value();
  s3_.Put("lake/a b/t/f", "new");
  s3_.Put("lake/a b/t/large", Pattern(MiB(9).value) + "x");
  for (const ObjectInfo& object : listed) {
    EXPECT_THAT(store_->ReadListed(object, MiB(64)), IsError(Code::kNotFound));
    EXPECT_THAT(store_->Fetch(object), IsError(Code::kNotFound));
  }
  s3_.Remove("lake/a b/t/f");
  EXPECT_THAT(store_->ReadListed(listed.front(), MiB(64)), IsError(Code::kNotFound));
}

TEST_F(S3StoreTest, ABrokenAnswerIsReadAgain) {
  s3_.Put("lake/a b/t/f", "right");
  const ObjectInfo listed = store_->List("", "")->front();
  const auto wrong = [&] {
    net::Response response = net::Response::Text(200, "x", "wrong");
    response.headers.Add("ETag", '"' + listed.tag + '"');
    return response;
  };
  Spoil(1, wrong);
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("right"));
  Spoil(1, [&] {
    net::Response response = wrong();
    response.body = std::string("too long to be it");
    return response;
  });
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsError(Code::kNotFound))
      << "another size is another object";
  Spoil(1, [&] {
    net::Response response = wrong();
    response.body = std::string("rig");
    return response;
  });
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("right"));
}

TEST_F(S3StoreTest, AnEmptySuccessIsNoObject) {
  s3_.Put("lake/a b/t/f", "right");
  const ObjectInfo listed = store_->List("", "")->front();
  const auto nothing = [] { return net::Response::Text(200, "application/xml", ""); };
  Spoil(1, nothing);
  EXPECT_THAT(store_->Read("f", KiB(1)), IsOkAnd("right"));
  Spoil(1, nothing);
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("right"));
  Spoil(1, nothing);
  EXPECT_THAT(store_->ReadRange("f", {0, 5}), IsOkAnd("right"));
  Spoil(100, nothing);
  EXPECT_THAT(store_->Read("f", KiB(1)), IsError(Code::kUnavailable));
}

TEST_F(S3StoreTest, TagsNeedNotBeSums) {
  s3_.Put("lake/a b/t/f", "bytes");
  s3_.At("lake/a b/t/f").tag = "0123456789abcdef0123456789abcdef";
  const ObjectInfo listed = store_->List("", "")->front();
  s3_.ForgetRequests();
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("bytes"));
  EXPECT_THAT(s3_.Requests(), SizeIs(2)) << "two reads that agree are believed";
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("bytes"));
  EXPECT_THAT(s3_.Requests(), SizeIs(3)) << "and it is remembered";
}

TEST_F(S3StoreTest, PassingFaultsAreRiddenOut) {
  s3_.Put("lake/a b/t/f", "bytes");
  for (const int status : {429, 500, 502, 503, 504}) {
    Spoil(2, [&] { return FakeS3::Error(status, "SlowDown"); });
    EXPECT_THAT(store_->Read("f", KiB(1)), IsOkAnd("bytes")) << status;
    Spoil(100, [&] { return net::Response::Text(status, "text/html", "<html>"); });
    EXPECT_THAT(store_->Read("f", KiB(1)), IsError(Code::kUnavailable)) << status;
  }
}

TEST_F(S3StoreTest, RefusalsAreFinalAndTellNothingToClients) {
  s3_.Put("lake/a b/t/f", "bytes");
  for (const std::string_view code :
       {"AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"}) {
    Spoil(100, [&] { return FakeS3::Error(403, code); });
    s3_.ForgetRequests();
    const auto refused = store_->Read("f", KiB(1));
    ASSERT_THAT(refused, IsError(Code::kPermissionDenied));
    EXPECT_THAT(refused.error().detail, HasSubstr(code));
    EXPECT_EQ(refused.error().message.find("lake"), std::string::npos);
    EXPECT_EQ((refused.error().message + refused.error().detail).find("very-secret"),
              std::string::npos);
    EXPECT_LE(s3_.Requests().size(), 2U);
  }
  s3_.Before({});
  EXPECT_THAT(store_->List("../x", ""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(store_->Head("a//b"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(store_->Head(std::string(2000, 'k')), IsError(Code::kNotFound));
  EXPECT_THAT(store_->Open("f"), IsError(Code::kUnsupported));
}

TEST_F(S3StoreTest, AMissingBucketIsARefusal) {
  const auto other = stores_.Open("s3://lake/t").value();
  Spoil(100, [&] { return FakeS3::Error(404, "NoSuchBucket"); });
  EXPECT_THAT(other->Read("f", KiB(1)), IsError(Code::kPermissionDenied));
}

TEST_F(S3StoreTest, RedirectsAreNotFollowed) {
  s3_.Put("lake/a b/t/f", "bytes");
  Spoil(100, [&] {
    net::Response response = FakeS3::Error(307, "TemporaryRedirect");
    response.headers.Add("Location", s3_.endpoint() + "/lake/elsewhere");
    return response;
  });
  EXPECT_THAT(store_->Read("f", KiB(1)), IsError(Code::kPermissionDenied));
  for (const std::string& request : s3_.Requests()) {
    EXPECT_EQ(request.find("elsewhere"), std::string::npos);
  }
}

TEST_F(S3StoreTest, ListingsThatDoNotFitAreNotBelieved) {
  s3_.Put("lake/a b/t/f", "bytes");
  s3_.Before([](const net::Request&) {
    return net::Response::Text(200, "application/xml", "<ListBucketResult>");
  });
  EXPECT_THAT(store_->List("", ""), IsError(Code::kUnavailable));
  s3_.Before([](const net::Request&) { return FakeS3::Error(200, "InternalError"); });
  EXPECT_THAT(store_->List("", ""), IsError(Code::kUnavailable));
}

TEST_F(S3StoreTest, WritesOnce) {
  EXPECT_THAT(store_->PutIfAbsent("log/1", "first"), IsOk());
  EXPECT_THAT(store_->PutIfAbsent("log/1", "second"), IsError(Code::kAlreadyExists));
  EXPECT_THAT(store_->Read("log/1", KiB(1)), IsOkAnd("first"));
}

TEST_F(S3StoreTest, ALostAnswerIsNoLostWrite) {
  // The write is done, and its answer replaced by a failure.
  int puts = 0;
  s3_.Before([&](const net::Request& request) -> std::optional<net::Response> {
    if (request.method != net::Method::kPut || ++puts > 1) return std::nullopt;
    FakeS3::Object object;
    object.bytes = request.body;
    object.meta["x-amz-meta-sluice-write"] = *request.headers.Find("x-amz-meta-sluice-write");
    s3_.PutLocked("lake/a b/t/log/1", std::move(object));
    return FakeS3::Error(500, "InternalError");
  });
  EXPECT_THAT(store_->PutIfAbsent("log/1", "mine"), IsOk());
  EXPECT_EQ(puts, 2);
}

TEST_F(S3StoreTest, SignsLinksToItsObjects) {
  const auto links = store_->signer()->Begin(std::chrono::seconds(60));
  ASSERT_THAT(links, IsOk());
  std::string url;
  (*links)->Append("p=1/x y.parquet", url);
  EXPECT_THAT(url, HasSubstr(s3_.endpoint() + "/lake/a%20b/t/p%3D1/x%20y.parquet?"));
  EXPECT_THAT(url, HasSubstr("X-Amz-Expires=60"));
  EXPECT_THAT(url, HasSubstr("X-Amz-Signature="));
  EXPECT_EQ(url.find("very-secret"), std::string::npos);
}

TEST_F(S3StoreTest, CountsItsRequests) {
  s3_.Put("lake/a b/t/f", "bytes");
  EXPECT_THAT(store_->Read("f", KiB(1)), IsOk());
  EXPECT_THAT(store_->List("", ""), IsOk());
  const std::string text = metrics_.Render();
  EXPECT_THAT(text, HasSubstr("sluice_store_requests_total{operation=\"read\"} 1"));
  EXPECT_THAT(text, HasSubstr("sluice_store_requests_total{operation=\"list\"} 1"));
  EXPECT_THAT(text, HasSubstr("store=\"lake\""));
  EXPECT_EQ(text.find("AKID"), std::string::npos);
}

}  // namespace
}  // namespace sluice::storage
