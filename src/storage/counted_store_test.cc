#include "storage/counted_store.h"

#include "base/testing/matchers.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using ::testing::HasSubstr;
using testing::TempFolder;

TEST(CountedStore, PassesRequestsOnAndCountsThem) {
  const TempFolder folder;
  Metrics metrics;
  const auto store = CountRequests(OpenLocalStore(folder.path().string()).value(), metrics);
  EXPECT_THAT(store->PutIfAbsent("a", "bytes"), IsOk());
  EXPECT_THAT(store->Read("a", KiB(1)), IsOkAnd("bytes"));
  EXPECT_THAT(store->ReadRange("a", {1, 2}), IsOkAnd("yt"));
  EXPECT_THAT(store->Head("a"), IsOk());
  EXPECT_EQ(store->List("", "")->size(), 1U);
  EXPECT_THAT(store->Open("a"), IsOk());
  const ObjectInfo listed = store->Head("a").value();
  EXPECT_THAT(store->ReadListed(listed, KiB(1)), IsOkAnd("bytes"));
  EXPECT_EQ(store->Fetch(listed)->path(), (folder / "a").string());
  EXPECT_EQ(store->location(), folder.path().string());
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("operation=\"read\"} 3"));
  for (const std::string_view one : {"put", "list"}) {
    EXPECT_THAT(text, HasSubstr("operation=\"" + std::string(one) + "\"} 1"));
  }
  EXPECT_THAT(text, HasSubstr("operation=\"head\"} 2"));
  EXPECT_THAT(text, HasSubstr("operation=\"open\"} 2"));
}

}  // namespace
}  // namespace sluice::storage
