#include "storage/object_store.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/testing/matchers.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using testing::TempFolder;

TEST(OpenLocalStore, RefusesOtherPlaces) {
  EXPECT_THAT(OpenLocalStore("s3://lake/t"), IsError(Code::kInvalidArgument));
}

TEST(SameState, TellsReplacedObjects) {
  const ObjectInfo listed{"k", KiB(1), FromUnixMillis(1'500), "a"};
  ObjectInfo other = listed;
  other.modified = FromUnixMillis(1'000);
  EXPECT_TRUE(SameState(listed, other)) << "a HEAD tells whole seconds";
  other.modified = FromUnixMillis(2'000);
  EXPECT_FALSE(SameState(listed, other));
  other = listed;
  other.tag = "b";
  EXPECT_FALSE(SameState(listed, other));
  other = listed;
  other.size = KiB(2);
  EXPECT_FALSE(SameState(listed, other));
}

TEST(OpenObject, ClosesItsDescriptorUnlessItWasReleased) {
  const TempFolder folder;
  folder.Write("f", "x");
  const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) != -1; };
  const auto store = OpenLocalStore(folder.path().string()).value();
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
