#include "storage/cached_store.h"

#include <fstream>
#include <iterator>

#include "base/testing/matchers.h"
#include "storage/testing/memory_store.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::MemoryStore;

std::string BytesAt(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class CachedStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { remote_.Put("_delta_log/a", "bytes"); }
  ObjectInfo Listed() { return store_->List("_delta_log/", "").value().at(0); }

  testing::TempFolder folder_;
  Metrics metrics_;
  std::unique_ptr<DiskCache> cache_ =
      DiskCache::Open((folder_ / "cache").string(), MiB(1), metrics_).value();
  std::unique_ptr<MemoryStore> made_ = std::make_unique<MemoryStore>();
  MemoryStore& remote_ = *made_;
  std::unique_ptr<ObjectStore> store_ = CacheLogFiles(std::move(made_), *cache_);
};

TEST_F(CachedStoreTest, ReadsEachStateOnce) {
  const ObjectInfo listed = Listed();
  remote_.TakeRequests();
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("bytes"));
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("bytes"));
  EXPECT_EQ(BytesAt(store_->Fetch(listed)->path()), "bytes");
  EXPECT_THAT(remote_.TakeRequests(), ElementsAre("read _delta_log/a"));
  remote_.Put("_delta_log/a", "other");
  EXPECT_THAT(store_->ReadListed(Listed(), KiB(1)), IsOkAnd("other"));
  // The state that was listed first is still what it was.
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("bytes"));
}

TEST_F(CachedStoreTest, FetchesOnce) {
  const ObjectInfo listed = Listed();
  remote_.TakeRequests();
  EXPECT_EQ(BytesAt(store_->Fetch(listed)->path()), "bytes");
  EXPECT_EQ(BytesAt(store_->Fetch(listed)->path()), "bytes");
  EXPECT_THAT(remote_.TakeRequests(), ElementsAre("fetch _delta_log/a"));
}

TEST_F(CachedStoreTest, WithoutADiskItIsTheStore) {
  std::filesystem::remove_all(folder_ / "cache");
  folder_.Write("cache", "a file");
  const ObjectInfo listed = Listed();
  remote_.TakeRequests();
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsOkAnd("bytes"));
  EXPECT_EQ(BytesAt(store_->Fetch(listed)->path()), "bytes");
  EXPECT_THAT(remote_.TakeRequests(), ElementsAre("read _delta_log/a", "fetch _delta_log/a"));
}

TEST_F(CachedStoreTest, FailuresAreTheStores) {
  ObjectInfo listed = Listed();
  EXPECT_THAT(store_->ReadListed(listed, {4}), IsError(Code::kResourceExhausted));
  EXPECT_THAT(store_->ReadListed(listed, {5}), IsOk());
  EXPECT_THAT(store_->ReadListed(listed, {4}), IsError(Code::kResourceExhausted));
  remote_.Erase("_delta_log/a");
  listed.tag = "another";
  EXPECT_THAT(store_->ReadListed(listed, KiB(1)), IsError(Code::kNotFound));
  EXPECT_THAT(store_->Fetch(listed), IsError(Code::kNotFound));
}

TEST_F(CachedStoreTest, EverythingElseIsHandedOn) {
  remote_.TakeRequests();
  EXPECT_THAT(store_->Head("_delta_log/a"), IsOk());
  EXPECT_THAT(store_->Read("_delta_log/a", KiB(1)), IsOkAnd("bytes"));
  EXPECT_THAT(store_->ReadRange("_delta_log/a", {1, 2}), IsOkAnd("yt"));
  EXPECT_THAT(store_->PutIfAbsent("_delta_log/a", "x"), IsError(Code::kAlreadyExists));
  EXPECT_THAT(store_->Open("_delta_log/a"), IsError(Code::kUnsupported));
  EXPECT_THAT(remote_.TakeRequests(), ElementsAre("head _delta_log/a", "read _delta_log/a",
                                                  "range _delta_log/a", "put _delta_log/a"));
  EXPECT_EQ(store_->signer(), nullptr);
  EXPECT_TRUE(store_->lists_from_any_key());
  EXPECT_EQ(store_->parallel_reads(), 4U);
  EXPECT_EQ(store_->location(), "memory://store");
  EXPECT_THAT(Listed().key, "_delta_log/a");
}

}  // namespace
}  // namespace sluice::storage
