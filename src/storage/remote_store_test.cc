#include "storage/remote_store.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using testing::IsError;
using testing::IsOk;

// One object that can be downloaded.
class OneObject final : public RemoteStore {
 public:
  const std::string& identity() const override { return name_; }
  Status Download(const ObjectInfo& object, int fd) const override {
    if (object.key != "a") return Fail(Code::kNotFound, "gone");
    EXPECT_EQ(::write(fd, "bytes", 5), 5);
    return {};
  }
  Result<std::vector<ObjectInfo>> List(std::string_view, std::string_view) const override {
    return No();
  }
  Result<ObjectInfo> Head(std::string_view) const override { return No(); }
  Result<std::string> Read(std::string_view, ByteCount) const override { return No(); }
  Result<std::string> ReadListed(const ObjectInfo&, ByteCount) const override { return No(); }
  Result<std::string> ReadRange(std::string_view, Range) const override { return No(); }
  Status PutIfAbsent(std::string_view, std::string_view) const override { return No(); }
  const UrlSigner* signer() const override { return nullptr; }
  Result<OpenObject> Open(std::string_view) const override { return No(); }
  bool lists_from_any_key() const override { return true; }
  size_t parallel_reads() const override { return 1; }
  const std::string& location() const override { return name_; }

 private:
  static std::unexpected<Error> No() { return Fail(Code::kInternal, "not asked for"); }
  std::string name_ = "one";
};

std::string BytesAt(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(RemoteStore, AFetchedObjectIsAFileWhileItIsHeld) {
  const OneObject store;
  std::string path;
  {
    const auto copy = store.Fetch({"a", {5}, {}, "t"});
    ASSERT_THAT(copy, IsOk());
    path = copy->path();
    // From its start, each time it is opened.
    EXPECT_EQ(BytesAt(path), "bytes");
    EXPECT_EQ(BytesAt(path), "bytes");
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
    const LocalCopy second = *store.Fetch({"a", {5}, {}, "t"});
    EXPECT_NE(second.path(), path);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RemoteStore, ADownloadThatFailsIsTheAnswer) {
  const OneObject store;
  EXPECT_THAT(store.Fetch({"b", {5}, {}, "t"}), IsError(Code::kNotFound));
}

}  // namespace
}  // namespace sluice::storage
