#include "storage/read_ahead.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "storage/parallel.h"

namespace sluice::storage {
namespace {

constexpr size_t kFewThreads = 4;

// Makes a thing of each object, in parallel, and hands the things out in order. Objects are begun
// in their order, so that what the caller waits for is always under way.
template <class T>
class Ahead {
 public:
  using Make = std::function<Result<T>(const ObjectInfo&)>;

  Ahead(std::span<const ObjectInfo> objects, ByteCount in_flight, Make make)
      : objects_(objects), limit_(in_flight.value), make_(std::move(make)) {}

  ~Ahead() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  void Start(size_t wanted) {
    if (wanted < 2) return;
    share_.emplace(wanted, kFewThreads);
    threads_.reserve(share_->count());
    try {
      for (size_t i = 0; i < share_->count(); ++i) threads_.emplace_back([this] { Work(); });
    } catch (const std::system_error& failed) {
      // At the machine's limit: as many as there are now, or the calling thread.
      log::Debug("reading with {} threads of {}: {}", threads_.size(), share_->count(),
                 failed.what());
    }
  }

  // The things in order, one a call.
  Result<T> Next(size_t index) {
    if (threads_.empty()) return make_(objects_[index]);
    std::unique_lock lock(mutex_);
    made_one_.wait(lock, [&] { return made_.contains(index); });
    auto node = made_.extract(index);
    in_flight_ -= objects_[index].size.value;
    room_.notify_all();
    return std::move(node.mapped());
  }

 private:
  // The next object to begin; nothing: there is none. Waits for room.
  std::optional<size_t> Begin() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] {
      if (stopped_ || next_ == objects_.size()) return true;
      return in_flight_ == 0 || in_flight_ + objects_[next_].size.value <= limit_;
    });
    if (stopped_ || next_ == objects_.size()) return std::nullopt;
    in_flight_ += objects_[next_].size.value;
    return next_++;
  }

  // An exception would end the process here, where nobody stands above.
  Result<T> MakeSafely(const ObjectInfo& object) {
    try {
      return make_(object);
    } catch (const std::bad_alloc&) {
      return Fail(Code::kUnavailable, "the server is out of memory", object.key);
    }
  }

  void Work() {
    while (const std::optional<size_t> index = Begin()) {
      Result<T> made = MakeSafely(objects_[*index]);
      const std::lock_guard lock(mutex_);
      // Nobody asks for what lies behind a failure.
      if (!made.has_value()) next_ = objects_.size();
      made_.emplace(*index, std::move(made));
      made_one_.notify_one();
      if (next_ == objects_.size()) room_.notify_all();
    }
  }

  const std::span<const ObjectInfo> objects_;
  const uint64_t limit_;
  const Make make_;
  std::vector<std::thread> threads_;
  std::optional<ThreadShare> share_;

  std::mutex mutex_;  // of what follows
  std::condition_variable room_;
  std::condition_variable made_one_;
  std::map<size_t, Result<T>> made_;
  size_t next_ = 0;
  uint64_t in_flight_ = 0;
  bool stopped_ = false;
};

size_t ThreadsFor(const ObjectStore& store, std::span<const ObjectInfo> objects) {
  return std::min(store.parallel_reads(), objects.size());
}

}  // namespace

Status ReadInOrder(const ObjectStore& store, std::span<const ObjectInfo> objects,
                   const ReadAheadLimits& limits, const ObjectSink& sink) {
  Ahead<std::string> ahead(objects, limits.in_flight, [&](const ObjectInfo& object) {
    return store.ReadListed(object, limits.object);
  });
  ahead.Start(ThreadsFor(store, objects));
  for (size_t i = 0; i < objects.size(); ++i) TRY(sink(i, TRY(ahead.Next(i))));
  return {};
}

Result<std::vector<LocalCopy>> FetchAll(const ObjectStore& store,
                                        std::span<const ObjectInfo> objects) {
  // Copies lie on a disk, or are all needed at a time: there is nothing to bound.
  Ahead<LocalCopy> ahead(objects, {UINT64_MAX / 2},
                         [&](const ObjectInfo& object) { return store.Fetch(object); });
  ahead.Start(ThreadsFor(store, objects));
  std::vector<LocalCopy> copies;
  copies.reserve(objects.size());
  for (size_t i = 0; i < objects.size(); ++i) copies.push_back(TRY(ahead.Next(i)));
  return copies;
}

}  // namespace sluice::storage
