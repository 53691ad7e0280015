#include "sharing/file_links.h"

#include <map>

#include "base/testing/matchers.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using std::chrono::seconds;
using ::testing::ElementsAre;

const TimePoint kIssued = FromUnixMillis(1'700'000'000'000);
constexpr std::string_view kBase = "http://127.0.0.1:8080/delta-sharing";

class FakeUrls final : public storage::UrlWriter {
 public:
  explicit FakeUrls(TimePoint expires) : expires_(expires) {}
  void Append(std::string_view key, std::string& out) override {
    out += "signed:";
    out += key;
  }
  TimePoint expires() const override { return expires_; }

 private:
  const TimePoint expires_;
};

// Signs for half of the time that is asked for, as one whose credentials end.
class FakeSigner final : public storage::UrlSigner {
 public:
  Result<std::unique_ptr<storage::UrlWriter>> Begin(seconds lifetime) const override {
    if (failure) return std::unexpected(*failure);
    return std::make_unique<FakeUrls>(kIssued + lifetime / 2);
  }
  std::optional<Error> failure;
};

// A store that does nothing but lend links.
class FakeStore final : public storage::ObjectStore {
 public:
  explicit FakeStore(const storage::UrlSigner* signer) : signer_(signer) {}
  const storage::UrlSigner* signer() const override { return signer_; }
  Result<std::vector<storage::ObjectInfo>> List(std::string_view, std::string_view) const override {
    return Nothing();
  }
  Result<storage::ObjectInfo> Head(std::string_view) const override { return Nothing(); }
  Result<std::string> Read(std::string_view, ByteCount) const override { return Nothing(); }
  Result<std::string> ReadListed(const storage::ObjectInfo&, ByteCount) const override {
    return Nothing();
  }
  Result<storage::LocalCopy> Fetch(const storage::ObjectInfo&) const override { return Nothing(); }
  Result<std::string> ReadRange(std::string_view, storage::Range) const override {
    return Nothing();
  }
  Status PutIfAbsent(std::string_view, std::string_view) const override { return Nothing(); }
  Result<storage::OpenObject> Open(std::string_view) const override { return Nothing(); }
  bool lists_from_any_key() const override { return true; }
  size_t parallel_reads() const override { return 1; }
  const std::string& location() const override { return location_; }

 private:
  static std::unexpected<Error> Nothing() { return Fail(Code::kInternal, "nothing here"); }
  const storage::UrlSigner* const signer_;
  const std::string location_ = "s3://bucket/table";
};

class FileLinksTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<FileLinks>> Begin(const storage::UrlSigner* signer) const {
    const auto open = [signer](const std::string&) {
      return Result<std::shared_ptr<const storage::ObjectStore>>(
          std::make_shared<FakeStore>(signer));
    };
    return BeginLinks({"s3://bucket/table", none_, {}, open}, key_, grant_, kBase);
  }
  const LinkKey key_{std::string(32, 'k')};
  const LinkGrant grant_{"recipient:1", "object", 7, kIssued, seconds(3600)};
  const delta::ExternalLocations none_;
  FakeSigner signer_;
};

TEST_F(FileLinksTest, OursWhereTheStoreSignsNothing) {
  const auto links = Begin(nullptr);
  ASSERT_THAT(links, IsOk());
  std::string link;
  ASSERT_THAT((*links)->Append("a%20b.parquet", 5, ".parquet", link), IsOk());
  std::string expected;
  LinkWriter(key_, grant_, kBase).Append("a%20b.parquet", 5, ".parquet", expected);
  EXPECT_EQ(link, expected);
  EXPECT_EQ((*links)->expires(), kIssued + seconds(3600));
}

TEST_F(FileLinksTest, TheStoresForTheKeyThatThePathMeans) {
  const auto links = Begin(&signer_);
  ASSERT_THAT(links, IsOk());
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"part-0.parquet", "part-0.parquet"},
      {"day=2025-01-01%2000%3A00/p.parquet", "day=2025-01-01 00:00/p.parquet"},
      {"a%2520b", "a%20b"},
      {"./a//b", "a/b"},
      {"a+b", "a+b"}};
  for (const auto& [path, key] : keys) {
    std::string link = "kept ";
    ASSERT_THAT((*links)->Append(path, 5, ".parquet", link), IsOk()) << path;
    EXPECT_EQ(link, "kept signed:" + key);
  }
}

TEST_F(FileLinksTest, TheStoresEndWhenItsSignerSays) {
  EXPECT_EQ((*Begin(&signer_))->expires(), kIssued + seconds(1800));
}

TEST_F(FileLinksTest, NothingOutsideOfTheTableIsSigned) {
  const auto links = Begin(&signer_);
  ASSERT_THAT(links, IsOk());
  for (const std::string_view path :
       {"../other/f.parquet", "a/../../f.parquet", "%2E%2E/f.parquet", "..%2Ff.parquet",
        "/etc/passwd", "%2Fetc/passwd", "s3://other/f.parquet", "file:///etc/passwd",
        "https://example.com/f.parquet"}) {
    std::string link = "kept";
    EXPECT_THAT((*links)->Append(path, 5, ".parquet", link), IsError(Code::kUnsupported)) << path;
    EXPECT_EQ(link, "kept");
  }
  for (const std::string_view path : {"", "a%zz", "a%00b", "%"}) {
    std::string link = "kept";
    EXPECT_THAT((*links)->Append(path, 5, ".parquet", link), IsError(Code::kCorrupt)) << path;
    EXPECT_EQ(link, "kept");
  }
}

// A clone in one store, of files in another and in a local folder.
class LinksToPlaces : public FileLinksTest {
 protected:
  Result<std::unique_ptr<FileLinks>> BeginAt(const std::string& table,
                                             delta::ExternalLocations::Used used) {
    const auto open = [this](const std::string& location) {
      opened_.push_back(location);
      const bool local = location.starts_with('/');
      return Result<std::shared_ptr<const storage::ObjectStore>>(
          std::make_shared<FakeStore>(local ? nullptr : &signers_[location]));
    };
    return BeginLinks({table, external_, std::move(used), open}, key_, grant_, kBase);
  }
  static std::string LinkTo(FileLinks& links, std::string_view file) {
    std::string link;
    EXPECT_THAT(links.Append(file, 5, ".parquet", link), IsOk()) << file;
    return link;
  }
  LinkTarget Target(const std::string& link) const {
    const std::string head = std::string(kBase) + "/files/";
    EXPECT_TRUE(link.starts_with(head)) << link;
    const std::string payload = link.substr(head.size(), link.find('/', head.size()) - head.size());
    return key_.Verify(payload, link.substr(link.find("Signature=") + 10)).value();
  }

  const delta::ExternalLocations external_{{"/data/a", "s3://other/raw"}};
  std::map<std::string, FakeSigner> signers_;
  std::vector<std::string> opened_;
};

TEST_F(LinksToPlaces, EachFileGetsALinkOfItsPlace) {
  const auto links = BeginAt("s3://bucket/table", {"/data/a", "s3://other/raw"});
  ASSERT_THAT(links, IsOk());
  EXPECT_THAT(opened_, ElementsAre("s3://bucket/table", "/data/a", "s3://other/raw"));
  EXPECT_EQ(LinkTo(**links, "own%20file"), "signed:own file");
  EXPECT_EQ(LinkTo(**links, "s3a://bucket/table/own%20file"), "signed:own file");
  EXPECT_EQ(LinkTo(**links, "s3://other/raw/b%2520c/p"), "signed:b%20c/p");
  const LinkTarget target = Target(LinkTo(**links, "file:///data/a/x%20y/p:1"));
  EXPECT_EQ(target.location, key_.NameOf("/data/a"));
  EXPECT_EQ(target.file, "x%20y/p%3A1");
  EXPECT_EQ(target.size, 5U);
  EXPECT_EQ(opened_.size(), 3U);
}

TEST_F(LinksToPlaces, AMixtureTheOtherWayRound) {
  const auto links = BeginAt("/tables/t", {});
  ASSERT_THAT(links, IsOk());
  EXPECT_EQ(Target(LinkTo(**links, "own%20file")).file, "own%20file");
  const LinkTarget own = Target(LinkTo(**links, "file:/tables/t/own%20file"));
  EXPECT_EQ(own.location, "");
  EXPECT_EQ(own.file, "own%20file");
  EXPECT_EQ(opened_.size(), 1U);
  // What was not named is opened when it is needed.
  EXPECT_EQ(LinkTo(**links, "s3://other/raw/p"), "signed:p");
  EXPECT_THAT(opened_, ElementsAre("/tables/t", "s3://other/raw"));
}

TEST_F(LinksToPlaces, EndWithTheFirstOfAll) {
  EXPECT_EQ((*BeginAt("/tables/t", {"/data/a"}))->expires(), kIssued + seconds(3600));
  EXPECT_EQ((*BeginAt("/tables/t", {"s3://other/raw"}))->expires(), kIssued + seconds(1800));
  const auto links = BeginAt("/tables/t", {});
  LinkTo(**links, "s3://other/raw/p");
  EXPECT_EQ((*links)->expires(), kIssued + seconds(1800));
}

TEST_F(LinksToPlaces, AStoreThatCannotSignFailsBeforeTheAnswer) {
  signers_["s3://other/raw"].failure = Error{Code::kPermissionDenied, "no credentials", {}, {}};
  EXPECT_THAT(BeginAt("/tables/t", {"s3://other/raw"}), IsError(Code::kPermissionDenied));
  EXPECT_THAT(BeginAt("/tables/t", {"/data/a"}), IsOk());
}

TEST_F(LinksToPlaces, NothingElseIsLinked) {
  for (const std::string table : {"/tables/t", "s3://bucket/table"}) {
    const auto links = BeginAt(table, {});
    ASSERT_THAT(links, IsOk());
    for (const std::string_view path :
         {"/etc/passwd", "file:/data/ab/p", "file:/data/a/../b", "s3://other/rawer/p",
          "s3://other/p", "s3://bucket/p", "//data/a/p", "https://example.com/f.parquet"}) {
      std::string link = "kept";
      EXPECT_THAT((*links)->Append(path, 5, ".parquet", link), IsError(Code::kUnsupported)) << path;
      EXPECT_EQ(link, "kept");
    }
  }
}

TEST_F(FileLinksTest, ASignerWithoutCredentialsFailsTheRequest) {
  signer_.failure = Error{Code::kPermissionDenied, "no credentials", {}, {}};
  EXPECT_THAT(Begin(&signer_), IsError(Code::kPermissionDenied));
}

}  // namespace
}  // namespace sluice::sharing
