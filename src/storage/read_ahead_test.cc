#include "storage/read_ahead.h"

#include <atomic>
#include <fstream>
#include <iterator>
#include <latch>
#include <set>
#include <thread>

#include "base/testing/matchers.h"
#include "storage/testing/memory_store.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using testing::MemoryStore;
using ::testing::SizeIs;

class ReadAheadTest : public ::testing::Test {
 protected:
  void Fill(size_t count, size_t size = 10) {
    for (size_t i = 0; i < count; ++i) store_.Put(Key(i), Bytes(i, size));
    objects_ = store_.List("f/", "").value();
    store_.TakeRequests();
  }
  static std::string Key(size_t i) { return fmt::format("f/{:04}", i); }
  static std::string Bytes(size_t i, size_t size) {
    return std::string(size, static_cast<char>('a' + i % 26));
  }
  Status Read(ByteCount in_flight = MiB(1)) {
    got_.clear();
    return ReadInOrder(store_, objects_, {KiB(64), in_flight},
                       [&](size_t index, std::string&& bytes) -> Status {
                         EXPECT_EQ(index, got_.size());
                         got_.push_back(std::move(bytes));
                         return {};
                       });
  }

  MemoryStore store_;
  std::vector<ObjectInfo> objects_;
  std::vector<std::string> got_;
};

TEST_F(ReadAheadTest, HandsOnInOrder) {
  Fill(200);
  EXPECT_THAT(Read(), IsOk());
  ASSERT_THAT(got_, SizeIs(200));
  for (size_t i = 0; i < got_.size(); ++i) EXPECT_EQ(got_[i], Bytes(i, 10));
  EXPECT_THAT(store_.TakeRequests(), SizeIs(200));
}

TEST_F(ReadAheadTest, ReadsAsManyAtATimeAsTheStoreLikes) {
  Fill(40);
  store_.parallel = 8;
  // Nobody goes on before eight are there.
  std::latch eight(8);
  std::atomic<int> at_a_time = 0;
  std::atomic<int> most = 0;
  store_.before = [&](const std::string& request) -> Status {
    const int now = ++at_a_time;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    if (request < "read " + Key(8)) eight.arrive_and_wait();
    --at_a_time;
    return {};
  };
  EXPECT_THAT(Read(), IsOk());
  EXPECT_EQ(most, 8);
}

TEST_F(ReadAheadTest, OneAtATimeIsReadHere) {
  Fill(5);
  store_.parallel = 1;
  std::set<std::thread::id> threads;
  store_.before = [&](const std::string&) -> Status {
    threads.insert(std::this_thread::get_id());
    return {};
  };
  EXPECT_THAT(Read(), IsOk());
  EXPECT_THAT(threads, ElementsAre(std::this_thread::get_id()));
  objects_.clear();
  EXPECT_THAT(Read(), IsOk());
  EXPECT_THAT(got_, IsEmpty());
}

TEST_F(ReadAheadTest, WhatIsInFlightIsBounded) {
  Fill(64, 1000);
  store_.parallel = 16;
  // What was begun less what was handed on.
  std::atomic<int> begun = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  store_.before = [&](const std::string&) -> Status {
    const int now = ++begun - done;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    return {};
  };
  const auto sink = [&](size_t, std::string&&) -> Status {
    ++done;
    return {};
  };
  EXPECT_THAT(ReadInOrder(store_, objects_, {KiB(64), {3500}}, sink), IsOk());
  // Three fit; the one that is being handed on has left room for another.
  EXPECT_THAT(most.load(), Le(4));
  // An object that is larger than all the room comes alone.
  begun = done = most = 0;
  EXPECT_THAT(ReadInOrder(store_, objects_, {KiB(64), {10}}, sink), IsOk());
  EXPECT_THAT(most.load(), Le(2));
  EXPECT_EQ(done, 64);
}

TEST_F(ReadAheadTest, WhoComesWhenAllThreadsAreTakenGetsAFew) {
  Fill(256);
  store_.parallel = 256;
  std::latch all_taken(128);
  std::latch go_on(1);
  store_.before = [&](const std::string& request) -> Status {
    if (request < "read " + Key(128)) all_taken.count_down();
    go_on.wait();
    return {};
  };
  std::thread first([&] { EXPECT_THAT(Read(), IsOk()); });
  all_taken.wait();
  MemoryStore other;
  other.parallel = 64;
  for (size_t i = 0; i < 100; ++i) other.Put(Key(i), "x");
  const auto objects = other.List("f/", "").value();
  std::atomic<int> at_a_time = 0;
  std::latch four(4);
  other.before = [&](const std::string& request) -> Status {
    EXPECT_LE(++at_a_time, 4);
    if (request < "read " + Key(4)) four.arrive_and_wait();
    --at_a_time;
    return {};
  };
  EXPECT_THAT(ReadInOrder(other, objects, {KiB(1)}, [](size_t, std::string&&) { return Status(); }),
              IsOk());
  go_on.count_down();
  first.join();
  EXPECT_THAT(got_, SizeIs(256));
}

TEST_F(ReadAheadTest, TheFirstErrorInOrderIsTheAnswer) {
  Fill(30);
  std::latch later_failed(1);
  store_.before = [&](const std::string& request) -> Status {
    if (request == "read " + Key(2)) {
      later_failed.wait();
      return Fail(Code::kPermissionDenied, "second");
    }
    if (request != "read " + Key(3)) return {};
    later_failed.count_down();
    return Fail(Code::kUnavailable, "third");
  };
  EXPECT_THAT(Read(), IsError(Code::kPermissionDenied));
  EXPECT_THAT(got_, SizeIs(2));
}

TEST_F(ReadAheadTest, NothingIsBegunBehindAFailure) {
  Fill(30);
  store_.before = [&](const std::string& request) -> Status {
    if (request == "read " + Key(0)) return Fail(Code::kUnavailable, "first");
    return {};
  };
  // Room for three.
  EXPECT_THAT(Read({30}), IsError(Code::kUnavailable));
  EXPECT_THAT(got_, IsEmpty());
  EXPECT_THAT(store_.TakeRequests().size(), Le(3U));
}

TEST_F(ReadAheadTest, AnErrorOfTheSinkEndsTheReading) {
  Fill(100);
  int calls = 0;
  const Status read =
      ReadInOrder(store_, objects_, {KiB(64)}, [&](size_t, std::string&&) -> Status {
        ++calls;
        return Fail(Code::kCorrupt, "enough");
      });
  EXPECT_THAT(read, IsError(Code::kCorrupt));
  EXPECT_EQ(calls, 1);
}

TEST_F(ReadAheadTest, ReplacedAndTooLargeObjectsAreRefused) {
  Fill(3, 100);
  EXPECT_THAT(ReadInOrder(store_, objects_, {{99}}, [](size_t, std::string&&) { return Status(); }),
              IsError(Code::kResourceExhausted));
  store_.Put(Key(1), "another");
  EXPECT_THAT(Read(), IsError(Code::kNotFound));
}

TEST_F(ReadAheadTest, FetchesAllParts) {
  Fill(9);
  const auto copies = FetchAll(store_, objects_);
  ASSERT_THAT(copies, IsOk());
  for (size_t i = 0; i < copies->size(); ++i) {
    std::ifstream file((*copies)[i].path(), std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), Bytes(i, 10));
  }
  store_.Erase(Key(4));
  EXPECT_THAT(FetchAll(store_, objects_), IsError(Code::kNotFound));
}

}  // namespace
}  // namespace sluice::storage
