#include "storage/disk_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/testing/matchers.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage {
namespace {

namespace fs = std::filesystem;
using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

ObjectInfo Object(const std::string& key, std::string_view bytes, const std::string& tag = "t") {
  return {key, {bytes.size()}, {}, tag};
}

std::string BytesAt(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

DiskCache::Download Writes(std::string_view bytes) {
  return [bytes](int fd) -> Status {
    if (::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) return {};
    return Fail(Code::kUnavailable, "the download failed");
  };
}

Status NotAsked(int /*fd*/) { return Fail(Code::kInternal, "not asked for"); }

// Runs `body` in a process of its own, whose exit tells whether it was true.
template <class Body>
bool InChild(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class DiskCacheTest : public ::testing::Test {
 protected:
  std::string path() const { return (folder_ / "cache").string(); }
  std::unique_ptr<DiskCache> Open(ByteCount limit = MiB(1)) {
    return DiskCache::Open(path(), limit, metrics_).value();
  }
  // The entries' files, without their checksums.
  std::vector<fs::path> Entries() const {
    std::vector<fs::path> found;
    for (const auto& file : fs::recursive_directory_iterator(path())) {
      if (file.path().filename().string().size() == 64) found.push_back(file.path());
    }
    return found;
  }
  std::vector<fs::path> Files() const {
    std::vector<fs::path> found;
    for (const auto& file : fs::recursive_directory_iterator(path())) {
      if (!file.is_directory() && file.path().filename() != ".lock") found.push_back(file.path());
    }
    return found;
  }
  static void SetUsed(const fs::path& file, time_t used) {
    const timespec times[2] = {{used, 0}, {0, UTIME_OMIT}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  }

  testing::TempFolder folder_;
  Metrics metrics_;
};

TEST_F(DiskCacheTest, KeepsBytesAcrossRestarts) {
  const auto object = Object("_delta_log/0.json", "bytes");
  {
    const auto cache = Open();
    EXPECT_EQ(cache->Find("store", object), std::nullopt);
    cache->Put("store", object, "bytes");
    EXPECT_THAT(cache->Find("store", object), Optional(Eq("bytes")));
  }
  const auto cache = Open();
  EXPECT_THAT(cache->Find("store", object), Optional(Eq("bytes")));
  EXPECT_THAT(metrics_.Render(), HasSubstr("lookups_total{result=\"hit\"} 2"));
  EXPECT_THAT(metrics_.Render(), HasSubstr("lookups_total{result=\"miss\"} 1"));
}

TEST_F(DiskCacheTest, AnEntryIsNamedByAllThatItHolds) {
  const auto cache = Open();
  cache->Put("store", Object("k", "bytes"), "bytes");
  EXPECT_EQ(cache->Find("other", Object("k", "bytes")), std::nullopt);
  EXPECT_EQ(cache->Find("store", Object("l", "bytes")), std::nullopt);
  EXPECT_EQ(cache->Find("store", Object("k", "bytes", "u")), std::nullopt);
  EXPECT_EQ(cache->Find("store", Object("k", "other bytes")), std::nullopt);
  EXPECT_EQ(cache->Find("stor", Object("ek", "bytes")), std::nullopt);
  EXPECT_THAT(cache->Find("store", Object("k", "bytes")), Optional(Eq("bytes")));
}

TEST_F(DiskCacheTest, DownloadsOnceAndLendsAFile) {
  const auto cache = Open();
  const std::string bytes(3'000'000 / 16, 'x');
  const auto object = Object("c.parquet", bytes);
  EXPECT_EQ(BytesAt(cache->Get("s", object, Writes(bytes)).value()->path()), bytes);
  EXPECT_EQ(BytesAt(cache->Get("s", object, NotAsked).value()->path()), bytes);
  // After a restart as well, verified.
  EXPECT_EQ(BytesAt(Open()->Get("s", object, NotAsked).value()->path()), bytes);
  EXPECT_THAT(cache->Find("s", object), Optional(Eq(bytes)));
}

TEST_F(DiskCacheTest, ALentFileOutlivesItsEntry) {
  const auto cache = Open();
  const LocalCopy first = **cache->Get("s", Object("c", "bytes"), Writes("bytes"));
  const LocalCopy second = **cache->Get("s", Object("c", "bytes"), NotAsked);
  fs::remove_all(path());
  EXPECT_EQ(BytesAt(first.path()), "bytes");
  EXPECT_EQ(BytesAt(second.path()), "bytes");
}

TEST_F(DiskCacheTest, AFailedDownloadIsTheAnswerAndLeavesNothing) {
  const auto cache = Open();
  const auto fails = [](int fd) -> Status {
    EXPECT_EQ(::write(fd, "by", 2), 2);
    return Fail(Code::kNotFound, "gone");
  };
  EXPECT_THAT(cache->Get("s", Object("c", "bytes"), fails), IsError(Code::kNotFound));
  EXPECT_THAT(Files(), IsEmpty());
  // Nor is one kept that has another size than was listed.
  EXPECT_EQ(cache->Get("s", Object("c", "bytes"), Writes("byte")).value(), std::nullopt);
  cache->Put("s", Object("p", "bytes"), "byte");
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(DiskCacheTest, BrokenEntriesAreThrownAway) {
  const auto break_it = [](const fs::path& file, std::string_view how) {
    std::string bytes = BytesAt(file);
    if (how == "flipped") bytes[bytes.size() / 2] ^= 1;
    if (how == "cut") bytes.resize(bytes.size() / 2);
    if (how == "empty") bytes.clear();
    if (how == "longer") bytes += "x";
    fs::path target = file;
    if (how == "no sum") {
      fs::remove(target += ".sum");
      return;
    }
    if (how == "other sum") {
      target += ".sum";
      bytes = std::string(32, 'x');
    }
    std::ofstream(target, std::ios::binary) << bytes;
  };
  const std::string bytes(2'500'000 / 16, 'x');
  const auto object = Object("c", bytes);
  for (const std::string_view how : {"flipped", "cut", "empty", "longer", "no sum", "other sum"}) {
    fs::remove_all(path());
    Open()->Put("s", object, bytes);
    break_it(Entries().at(0), how);
    // By one that has not verified it before.
    const auto cache = Open();
    EXPECT_EQ(cache->Find("s", object), std::nullopt) << how;
    EXPECT_THAT(Entries(), IsEmpty()) << how;
    cache->Put("s", object, bytes);
    break_it(Entries().at(0), how);
    const auto copy = Open()->Get("s", object, Writes(bytes));
    ASSERT_THAT(copy, IsOk()) << how;
    EXPECT_EQ(BytesAt((*copy)->path()), bytes) << how;
    EXPECT_THAT(Open()->Find("s", object), Optional(Eq(bytes))) << how;
  }
}

TEST_F(DiskCacheTest, AnEntryUnderTheNameOfAnotherIsBroken) {
  const auto cache = Open();
  cache->Put("s", Object("a", "bytes"), "bytes");
  const fs::path first = Entries().at(0);
  cache->Put("s", Object("b", "other"), "other");
  for (const fs::path& entry : Entries()) {
    if (entry == first) continue;
    fs::copy_file(first, entry, fs::copy_options::overwrite_existing);
    fs::copy_file(first.string() + ".sum", entry.string() + ".sum",
                  fs::copy_options::overwrite_existing);
  }
  EXPECT_EQ(cache->Find("s", Object("b", "other")), std::nullopt);
  EXPECT_THAT(cache->Find("s", Object("a", "bytes")), Optional(Eq("bytes")));
}

TEST_F(DiskCacheTest, TheLeastRecentlyUsedGo) {
  constexpr uint64_t kEach = 8192;  // with its checksum
  const auto cache = Open({kEach * 16});
  const std::string bytes(4096, 'x');
  const auto put = [&](int i) { cache->Put("s", Object(std::to_string(i), bytes), bytes); };
  const auto known = [&](int i) {
    return cache->Find("s", Object(std::to_string(i), bytes)).has_value();
  };
  const fs::path lone = path() + "/not-ours";
  std::ofstream(lone) << bytes;
  std::set<fs::path> before;
  for (int i = 0; i < 16; ++i) {
    put(i);
    for (const fs::path& entry : Entries()) {
      if (before.insert(entry).second) SetUsed(entry, 1000 + i);
    }
  }
  EXPECT_THAT(Entries(), SizeIs(16));
  EXPECT_TRUE(known(0));  // used now
  put(16);
  EXPECT_TRUE(known(0));
  EXPECT_TRUE(known(16));
  EXPECT_FALSE(known(1));
  EXPECT_FALSE(known(2));
  EXPECT_TRUE(known(15));
  EXPECT_THAT(Entries().size(), Le(15U));
  EXPECT_THAT(Files(), SizeIs(2 * Entries().size() + 1));
  EXPECT_TRUE(fs::exists(lone));
  EXPECT_THAT(metrics_.Render(),
              HasSubstr(fmt::format("sluice_disk_cache_bytes {}", Entries().size() * kEach)));
}

TEST_F(DiskCacheTest, LargeObjectsAreNotKept) {
  const auto cache = Open(KiB(64));
  const std::string bytes(16 * 1024, 'x');
  EXPECT_EQ(cache->Get("s", Object("c", bytes), NotAsked).value(), std::nullopt);
  cache->Put("s", Object("c", bytes), bytes);
  EXPECT_EQ(cache->Find("s", Object("c", bytes)), std::nullopt);
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(DiskCacheTest, WhatCrashesLeftGoes) {
  const auto cache = Open();
  cache->Put("s", Object("a", "bytes"), "bytes");
  const fs::path sub = Entries().at(0).parent_path();
  const fs::path old_file = sub / ".new-0123";
  const fs::path young_file = sub / ".new-4567";
  const fs::path old_sum = sub / (sub.filename().string() + std::string(62, '0') + ".sum");
  for (const fs::path& file : {old_file, young_file, old_sum}) std::ofstream(file) << "x";
  for (const fs::path& file : {old_file, old_sum}) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  Open()->Put("s", Object("b", "bytes"), "bytes");  // looks, for it knows nothing yet
  EXPECT_FALSE(fs::exists(old_file));
  EXPECT_FALSE(fs::exists(old_sum));
  EXPECT_TRUE(fs::exists(young_file));
  EXPECT_THAT(Entries(), SizeIs(2));
}

TEST_F(DiskCacheTest, NobodyElseMayRead) {
  Open()->Put("s", Object("a", "bytes"), "bytes");
  const auto mode = [](const fs::path& file) { return fs::status(file).permissions(); };
  EXPECT_EQ(mode(path()), fs::perms::owner_all);
  EXPECT_EQ(mode(Entries().at(0).parent_path()), fs::perms::owner_all);
  for (const fs::path& file : Files()) {
    EXPECT_EQ(mode(file), fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(DiskCacheTest, FoldersOfOthersAreRefused) {
  fs::create_directories(path());
  ASSERT_EQ(::chmod(path().c_str(), 0777), 0);
  const auto open = [&](const std::string& folder) {
    return DiskCache::Open(folder, MiB(1), metrics_);
  };
  EXPECT_THAT(open(path()), IsError(Code::kInvalidArgument, "nobody else"));
  ASSERT_EQ(::chmod(path().c_str(), 0755), 0);
  EXPECT_THAT(open(path()), IsOk());
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path().c_str(), 12345, 12345), 0);
    EXPECT_THAT(open(path()), IsError(Code::kInvalidArgument, "must belong"));
  }
  folder_.Write("file", "x");
  EXPECT_THAT(open((folder_ / "file").string()), IsError(Code::kInvalidArgument));
  const auto below = open((folder_ / "file/below").string());
  EXPECT_THAT(below, IsError(Code::kInvalidArgument));
  EXPECT_THAT(below.error().message, Not(HasSubstr("/")));
  EXPECT_THAT(open((folder_ / "made/on/the/way/").string()), IsOk());
  EXPECT_EQ(fs::status(folder_ / "made/on/the/way").permissions(), fs::perms::owner_all);
}

TEST_F(DiskCacheTest, PlantedLinksAreNotFollowed) {
  const auto cache = Open();
  const auto object = Object("a", "bytes");
  cache->Put("s", object, "bytes");
  const fs::path entry = Entries().at(0);
  folder_.Write("elsewhere", "bytes");
  fs::rename(entry, folder_ / "moved");
  fs::create_symlink(folder_ / "moved", entry);
  EXPECT_EQ(cache->Find("s", object), std::nullopt);
  // What is written replaces the link, not what it leads to.
  cache->Put("s", object, "bytes");
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(entry)));
  EXPECT_THAT(cache->Find("s", object), Optional(Eq("bytes")));
  // A sub-folder that leads elsewhere.
  fs::create_directories(folder_ / "outside");
  fs::rename(entry, folder_ / "outside" / entry.filename());
  fs::remove_all(entry.parent_path());
  fs::create_directory_symlink(folder_ / "outside", entry.parent_path());
  EXPECT_EQ(cache->Find("s", object), std::nullopt);
  cache->Put("s", object, "bytes");
  EXPECT_EQ(cache->Get("s", object, Writes("bytes")).value(), std::nullopt);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "outside"), {}), 1);
}

TEST_F(DiskCacheTest, AFolderThatIsDeletedComesBack) {
  const auto cache = Open();
  const auto object = Object("a", "bytes");
  cache->Put("s", object, "bytes");
  fs::remove_all(path());
  EXPECT_EQ(cache->Find("s", object), std::nullopt);
  cache->Put("s", object, "bytes");
  EXPECT_THAT(cache->Find("s", object), Optional(Eq("bytes")));
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_all);
  // Something else stands in its place: no use, no harm.
  fs::remove_all(path());
  folder_.Write("cache", "a file");
  EXPECT_EQ(cache->Find("s", object), std::nullopt);
  cache->Put("s", object, "bytes");
  EXPECT_EQ(cache->Get("s", object, NotAsked).value(), std::nullopt);
  EXPECT_EQ(BytesAt(path()), "a file");
}

// A limit on the size of files stands for a disk that is full.
TEST_F(DiskCacheTest, AFullDiskCostsSpeedOnly) {
  const std::string bytes(20'000, 'x');
  const auto object = Object("a", bytes);
  const auto cache = Open();
  cache->Put("s", Object("b", "small"), "small");
  EXPECT_TRUE(InChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10'000, 10'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    cache->Put("s", object, bytes);
    if (cache->Find("s", object).has_value()) return false;
    const auto got = cache->Get("s", object, Writes(bytes));
    if (!got.has_value() || got->has_value()) return false;
    return cache->Find("s", Object("b", "small")) == "small";
  }));
  EXPECT_THAT(Entries(), SizeIs(1));
  EXPECT_THAT(Files(), SizeIs(2));
}

TEST_F(DiskCacheTest, CachesShareAFolder) {
  constexpr int kObjects = 40;
  const auto bytes_of = [](int i) { return std::string(static_cast<size_t>(500 + i), 'x'); };
  const auto work = [&](DiskCache& cache, int seed) {
    for (int round = 0; round < 200; ++round) {
      const int i = (round * 7 + seed * 3) % kObjects;
      const std::string bytes = bytes_of(i);
      const auto object = Object(std::to_string(i), bytes);
      if (round % 3 == 0) {
        const auto copy = cache.Get("s", object, Writes(bytes));
        if (!copy.has_value()) return false;
        if (copy->has_value() && BytesAt((*copy)->path()) != bytes) return false;
        continue;
      }
      const auto found = cache.Find("s", object);
      if (found.has_value() && *found != bytes) return false;
      if (!found.has_value()) cache.Put("s", object, bytes);
    }
    return true;
  };
  // So small that they evict each other's entries.
  const ByteCount limit{8192 * 24};
  const pid_t child = ::fork();
  if (child == 0) {
    const auto cache = DiskCache::Open(path(), limit, metrics_);
    ::_exit(cache.has_value() && work(**cache, 1) ? 0 : 1);
  }
  const auto first = Open(limit);
  const auto second = Open(limit);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { good += work(i % 2 == 0 ? *first : *second, i) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(good, 4);
  EXPECT_EQ(status, 0);
  // The next one to look brings it below the limit.
  Open(limit)->Put("s", Object("last", "x"), "x");
  EXPECT_THAT(Entries().size(), Le(24U));
  // Who evicts may meet who writes: then a half of an entry is left, which counts as none and is
  // cleared later. Nothing is left that was not given its name.
  for (const fs::path& file : Files()) {
    EXPECT_FALSE(file.filename().string().starts_with('.')) << file;
  }
}

}  // namespace
}  // namespace sluice::storage
