#include "storage/local/local_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/testing/matchers.h"
#include "storage/local/beneath.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

namespace fs = std::filesystem;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::IsOkAnd;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempFolder;

ObjectInfo Named(std::string_view key) {
  ObjectInfo object;
  object.key = key;
  return object;
}

class LocalStoreTest : public ::testing::Test {
 protected:
  std::vector<std::string> Keys(std::string_view folder, std::string_view from = {}) const {
    std::vector<std::string> keys;
    const auto found = store_.List(folder, from);
    EXPECT_THAT(found, IsOk());
    for (const ObjectInfo& info : found.value_or(std::vector<ObjectInfo>())) {
      keys.push_back(info.key);
    }
    return keys;
  }

  TempFolder folder_;
  LocalStore store_{(folder_ / "table").string()};
};

TEST_F(LocalStoreTest, ListsFilesOfOneFolderInByteOrder) {
  folder_.Write("table/_delta_log/b", "22");
  folder_.Write("table/_delta_log/a", "1");
  folder_.Write("table/_delta_log/B", "");
  folder_.Write("table/_delta_log/sub/c", "");
  folder_.Write("table/top", "");
  EXPECT_THAT(Keys("_delta_log/"), ElementsAre("_delta_log/B", "_delta_log/a", "_delta_log/b"));
  EXPECT_THAT(Keys("_delta_log"), ElementsAre("_delta_log/B", "_delta_log/a", "_delta_log/b"));
  EXPECT_THAT(Keys("_delta_log/", "_delta_log/a"), ElementsAre("_delta_log/a", "_delta_log/b"));
  EXPECT_THAT(Keys(""), ElementsAre("top"));
}

TEST_F(LocalStoreTest, AMissingFolderIsEmpty) {
  EXPECT_THAT(Keys("_delta_log/"), IsEmpty());
  folder_.Write("table/plain", "");
  EXPECT_THAT(Keys("_delta_log/"), IsEmpty());
  EXPECT_THAT(Keys("plain/"), IsEmpty());
}

TEST_F(LocalStoreTest, ReadsWholeObjectsAndRanges) {
  folder_.Write("table/f", "0123456789");
  EXPECT_THAT(store_.Read("f", KiB(1)), IsOkAnd("0123456789"));
  EXPECT_THAT(store_.Read("f", {10}), IsOkAnd("0123456789"));
  EXPECT_THAT(store_.Read("f", {9}), IsError(Code::kResourceExhausted));
  EXPECT_THAT(store_.ReadRange("f", {2, 3}), IsOkAnd("234"));
  EXPECT_THAT(store_.ReadRange("f", {10, 0}), IsOkAnd(""));
  EXPECT_THAT(store_.ReadRange("f", {8, 3}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(store_.ReadRange("f", {11, 0}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(store_.ReadRange("f", {UINT64_MAX, 2}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(store_.Read("g", KiB(1)), IsError(Code::kNotFound));
}

TEST_F(LocalStoreTest, HeadTellsSizeTimeAndTag) {
  folder_.Write("table/f", "abc");
  const timespec times[2] = {{1'700'000'000, 123'456'789}, {1'700'000'000, 123'456'789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "table/f").c_str(), times, 0), 0);
  const ObjectInfo info = store_.Head("f").value();
  EXPECT_EQ(info.key, "f");
  EXPECT_EQ(info.size, ByteCount{3});
  EXPECT_EQ(ToUnixMillis(info.modified), 1'700'000'000'123);
  EXPECT_EQ(store_.Head("f")->tag, info.tag);
  EXPECT_EQ(store_.List("", "")->front().tag, info.tag);
  EXPECT_EQ(store_.Open("f")->info().tag, info.tag);
}

TEST_F(LocalStoreTest, TheTagChangesWithTheFile) {
  folder_.Write("table/f", "abc");
  const std::string before = store_.Head("f")->tag;
  const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "table/f").c_str(), times, 0), 0);
  const std::string touched = store_.Head("f")->tag;
  EXPECT_NE(touched, before);
  // Another file of the same size and time in its place.
  folder_.Write("table/g", "xyz");
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "table/g").c_str(), times, 0), 0);
  fs::rename(folder_ / "table/g", folder_ / "table/f");
  EXPECT_NE(store_.Head("f")->tag, touched);
}

TEST_F(LocalStoreTest, KeysCannotClimb) {
  folder_.Write("secret", "s");
  folder_.Write("table/f", "x");
  for (const std::string_view key :
       {"../secret", "a/../../secret", "/etc/passwd", "./f", "a//f", "f/", "..", ".", ""}) {
    EXPECT_THAT(store_.Head(key), IsError(Code::kInvalidArgument)) << key;
    EXPECT_THAT(store_.Read(key, KiB(1)), IsError(Code::kInvalidArgument)) << key;
    EXPECT_THAT(store_.Open(key), IsError(Code::kInvalidArgument)) << key;
    EXPECT_THAT(store_.Fetch(Named(key)), IsError(Code::kInvalidArgument)) << key;
    EXPECT_THAT(store_.PutIfAbsent(key, "x"), IsError(Code::kInvalidArgument)) << key;
  }
  EXPECT_THAT(store_.List("..", ""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(store_.Head(std::string_view("f\0g", 3)), IsError(Code::kInvalidArgument));
}

TEST_F(LocalStoreTest, LinksCountOnlyInsideOfTheFolder) {
  folder_.Write("secret", "s");
  folder_.Write("outer/secret", "s");
  folder_.Write("table/real", "r");
  fs::create_symlink("real", folder_ / "table/inside");
  fs::create_symlink("../secret", folder_ / "table/climbs");
  fs::create_symlink(folder_ / "secret", folder_ / "table/absolute");
  fs::create_symlink(folder_ / "outer", folder_ / "table/folder");
  fs::create_symlink("loop", folder_ / "table/loop");
  fs::create_symlink("nowhere", folder_ / "table/dangling");
  EXPECT_THAT(store_.Read("inside", KiB(1)), IsOkAnd("r"));
  for (const std::string_view key : {"climbs", "absolute", "folder/secret", "loop"}) {
    EXPECT_THAT(store_.Head(key), IsError(Code::kPermissionDenied)) << key;
    EXPECT_THAT(store_.Read(key, KiB(1)), IsError(Code::kPermissionDenied)) << key;
    EXPECT_THAT(store_.Open(key), IsError(Code::kPermissionDenied)) << key;
    EXPECT_THAT(store_.Fetch(Named(key)), IsError(Code::kPermissionDenied)) << key;
  }
  EXPECT_THAT(store_.Head("dangling"), IsError(Code::kNotFound));
  EXPECT_THAT(store_.PutIfAbsent("folder/new", "x"), IsError(Code::kPermissionDenied));
  EXPECT_FALSE(fs::exists(folder_ / "outer/new"));
  EXPECT_THAT(store_.List("folder", ""), IsError(Code::kPermissionDenied));
  EXPECT_THAT(Keys(""), ElementsAre("inside", "real"));
}

TEST_F(LocalStoreTest, TheRootItselfMayBeALink) {
  folder_.Write("real/f", "x");
  fs::create_directory_symlink(folder_ / "real", folder_ / "table");
  EXPECT_THAT(store_.Read("f", KiB(1)), IsOkAnd("x"));
  EXPECT_THAT(Keys(""), ElementsAre("f"));
}

TEST_F(LocalStoreTest, OnlyRegularFilesAreObjects) {
  folder_.Write("table/sub/f", "x");
  ASSERT_EQ(::mkfifo((folder_ / "table/pipe").c_str(), 0600), 0);
  for (const std::string_view key : {"pipe", "sub"}) {
    EXPECT_THAT(store_.Head(key), IsError(Code::kNotFound)) << key;
    EXPECT_THAT(store_.Read(key, KiB(1)), IsError(Code::kNotFound)) << key;
    EXPECT_THAT(store_.Open(key), IsError(Code::kNotFound)) << key;
  }
  EXPECT_THAT(store_.Read("sub/f/deeper", KiB(1)), IsError(Code::kNotFound));
  EXPECT_THAT(Keys(""), IsEmpty());
}

TEST_F(LocalStoreTest, SaysWhenTheSystemRefuses) {
  if (::geteuid() == 0) GTEST_SKIP() << "nothing is refused to root";
  folder_.Write("table/f", "x");
  fs::permissions(folder_ / "table/f", fs::perms::none);
  EXPECT_THAT(store_.Read("f", KiB(1)), IsError(Code::kPermissionDenied));
  fs::permissions(folder_ / "table", fs::perms::none);
  EXPECT_THAT(store_.Head("f"), IsError(Code::kPermissionDenied));
  EXPECT_THAT(store_.List("", ""), IsError(Code::kPermissionDenied));
  fs::permissions(folder_ / "table", fs::perms::owner_all);
}

TEST_F(LocalStoreTest, MessagesHoldNoPath) {
  const auto missing = store_.Read("some/key", KiB(1));
  ASSERT_THAT(missing, IsError(Code::kNotFound));
  EXPECT_EQ(missing.error().message.find("some"), std::string::npos);
  const auto climbing = store_.Read("../key", KiB(1));
  EXPECT_EQ(climbing.error().message.find("key"), std::string::npos);
}

TEST_F(LocalStoreTest, PutsOnceAndMakesFolders) {
  EXPECT_THAT(store_.PutIfAbsent("_delta_log/0.json", "first"), IsOk());
  EXPECT_THAT(store_.PutIfAbsent("_delta_log/0.json", "second"), IsError(Code::kAlreadyExists));
  EXPECT_THAT(store_.Read("_delta_log/0.json", KiB(1)), IsOkAnd("first"));
  EXPECT_THAT(store_.PutIfAbsent("_delta_log/1.json", "next"), IsOk());
  // No temporary file is left.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "table/_delta_log"), {}), 2);
}

TEST_F(LocalStoreTest, OneOfManyWritersWins) {
  constexpr int kWriters = 8;
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      const Status put = store_.PutIfAbsent("log/7", std::string(1000, static_cast<char>('a' + i)));
      if (put.has_value()) ++won;
      if (!put.has_value() && put.error().code == Code::kAlreadyExists) ++lost;
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, kWriters - 1);
  const std::string bytes = store_.Read("log/7", KiB(4)).value();
  EXPECT_EQ(bytes, std::string(1000, bytes.front()));
}

TEST_F(LocalStoreTest, FilesBeingWrittenAreNotListed) {
  folder_.Write("table/log/.sluice-tmp-1-2-3", "half");
  folder_.Write("table/log/1", "whole");
  EXPECT_THAT(Keys("log"), ElementsAre("log/1"));
}

TEST_F(LocalStoreTest, AListedStateIsReadOrGone) {
  folder_.Write("table/f", "old");
  const ObjectInfo listed = store_.List("", "")->front();
  EXPECT_THAT(store_.ReadListed(listed, KiB(1)), IsOkAnd("old"));
  EXPECT_THAT(store_.ReadListed(listed, {2}), IsError(Code::kResourceExhausted));
  folder_.Write("table/g", "new");
  fs::rename(folder_ / "table/g", folder_ / "table/f");
  EXPECT_THAT(store_.ReadListed(listed, KiB(1)), IsError(Code::kNotFound));
  EXPECT_THAT(store_.Fetch(listed), IsError(Code::kNotFound));
}

TEST_F(LocalStoreTest, TheEngineGetsTheRealPath) {
  folder_.Write("table/real/f", "x");
  fs::create_directory_symlink("real", folder_ / "table/link");
  const ObjectInfo listed = store_.Head("link/f").value();
  EXPECT_EQ(store_.Fetch(listed)->path(), fs::canonical(folder_ / "table/real/f").string());
  EXPECT_THAT(store_.Fetch(Named("gone")), IsError(Code::kNotFound));
  EXPECT_EQ(store_.signer(), nullptr);
}

TEST_F(LocalStoreTest, AReplacedFolderIsSeen) {
  folder_.Write("table/f", "old");
  EXPECT_THAT(store_.Read("f", KiB(1)), IsOkAnd("old"));
  folder_.Write("next/f", "new");
  fs::rename(folder_ / "table", folder_ / "gone");
  fs::rename(folder_ / "next", folder_ / "table");
  EXPECT_THAT(store_.Read("f", KiB(1)), IsOkAnd("new"));
}

// Whether there are links on the way to an object or not: the same counts.
TEST(BoundLocalStore, LinksCountOnlyInsideOfTheFolder) {
  TempFolder folder;
  folder.Write("lake/table/own", "1");
  folder.Write("lake/other/file", "2");
  folder.Write("elsewhere/own", "3");
  fs::create_symlink("own", folder / "lake/table/inside");
  fs::create_symlink("../other/file", folder / "lake/table/outside");
  fs::create_directory_symlink("table", folder / "lake/renamed");
  fs::create_directory_symlink("../elsewhere", folder / "lake/away");
  for (const char* name : {"table", "renamed"}) {
    const LocalStore store((folder / "lake").string(), name);
    EXPECT_THAT(store.Read("own", KiB(1)), IsOkAnd("1")) << name;
    EXPECT_THAT(store.Read("inside", KiB(1)), IsOkAnd("1")) << name;
    EXPECT_THAT(store.Read("outside", KiB(1)), IsError(Code::kPermissionDenied)) << name;
    EXPECT_THAT(store.Head("missing"), IsError(Code::kNotFound)) << name;
    EXPECT_THAT(store.Head("../other/file"), IsError(Code::kInvalidArgument)) << name;
  }
  EXPECT_THAT(LocalStore((folder / "lake").string(), "away").Head("own"),
              IsError(Code::kPermissionDenied));
}

TEST(WalkBeneath, OpensFilesAndRefusesEveryLink) {
  const TempFolder folder;
  folder.Write("a/b/f", "x");
  fs::create_symlink("f", folder / "a/b/link");
  fs::create_directory_symlink("b", folder / "a/folder");
  const Fd root = OpenRoot(folder.path().string()).value();
  EXPECT_THAT(WalkBeneath(root.get(), "a/b/f", O_RDONLY), IsOk());
  EXPECT_THAT(WalkBeneath(root.get(), "a/b/g", O_RDONLY), IsError(Code::kNotFound));
  EXPECT_THAT(WalkBeneath(root.get(), "a/b/link", O_RDONLY), IsError(Code::kPermissionDenied));
  EXPECT_FALSE(WalkBeneath(root.get(), "a/folder/f", O_RDONLY).has_value());
}

}  // namespace
}  // namespace sluice::storage
