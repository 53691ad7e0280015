#include "storage/object_store.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/testing/matchers.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;
using testing::TempFolder;

std::string LocationOf(std::string_view text) {
  const auto store = OpenStore(text);
  return store.has_value() ? (*store)->location() : "error: " + store.error().message;
}

TEST(OpenStore, TakesPathsAndFileUris) {
  EXPECT_EQ(LocationOf("/data/t"), "/data/t");
  EXPECT_EQ(LocationOf("/data/t//"), "/data/t");
  EXPECT_EQ(LocationOf("/"), "/");
  EXPECT_EQ(LocationOf("file:/data/t"), "/data/t");
  EXPECT_EQ(LocationOf("file:///data/t/"), "/data/t");
  EXPECT_EQ(LocationOf("FILE:///data/t"), "/data/t");
  EXPECT_EQ(LocationOf("file://localhost/data/t"), "/data/t");
}

TEST(OpenStore, DecodesUrisButNotPaths) {
  EXPECT_EQ(LocationOf("file:///data/a%20b"), "/data/a b");
  EXPECT_EQ(LocationOf("/data/a%20b"), "/data/a%20b");
  EXPECT_THAT(OpenStore("file:///data/100%"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(OpenStore("file:///data/%00"), IsError(Code::kInvalidArgument));
}

TEST(OpenStore, RelativePathsStartAtTheWorkingFolder) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(LocationOf("tables/t"), here + "/tables/t");
  EXPECT_EQ(LocationOf("odd:name/t"), here + "/odd:name/t");
  EXPECT_EQ(LocationOf("odd/s3://name"), here + "/odd/s3://name");
}

TEST(OpenStore, NamesTheSchemeItDoesNotKnow) {
  for (const std::string_view scheme : {"s3", "s3a", "abfss", "gs", "https"}) {
    EXPECT_THAT(OpenStore(std::string(scheme) + "://bucket/t"),
                IsError(Code::kUnsupported, "'" + std::string(scheme) + "'"));
  }
}

TEST(OpenStore, RefusesWhatIsNoLocation) {
  EXPECT_THAT(OpenStore(""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(OpenStore("file://host/data"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(OpenStore("file:data"), IsError(Code::kInvalidArgument));
  EXPECT_THAT(OpenStore(std::string_view("/a\0b", 4)), IsError(Code::kInvalidArgument));
}

TEST(OpenObject, ClosesItsDescriptorUnlessItWasReleased) {
  const TempFolder folder;
  folder.Write("f", "x");
  const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) != -1; };
  const auto store = OpenStore(folder.path().string()).value();
  int fd = -1;
  {
    OpenObject object = store->Open("f").value();
    OpenObject moved = std::move(object);
    fd = moved.Release();
  }
  EXPECT_TRUE(is_open(fd));
  {
    const OpenObject closes(fd, {});
  }
  EXPECT_FALSE(is_open(fd));
}

}  // namespace
}  // namespace sluice::storage
