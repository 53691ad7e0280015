// audit/segment_writer.h -- the end of the log: the one file that lines are added to.
//
// Knows files, lines and the chain; nothing of threads: FileLog holds its lock around each call,
// but for SyncTo, which is the slow one. After a failure nothing is added until Repair has
// succeeded, so that the chain has no gap and no half line in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "audit/chain.h"
#include "audit/log_end.h"
#include "audit/segment_files.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace sluice::audit {

class SegmentWriter {
 public:
  SegmentWriter(Fd folder, ByteCount segment_size)
      : folder_(std::move(folder)), limit_(segment_size) {}

  // Goes on where the log ends; what is torn is cut off. Errors: kUnavailable
  Status Resume(const LogEnd& end);

  // There is no file, or it is full or of a day before.
  bool NeedsFile(TimePoint now) const;
  // Begins the next file, the old one being on the disk. Errors: kUnavailable
  Status BeginFile(TimePoint now);
  // Adds the event that `line` was begun with; its number is head().sequence then.
  // Errors: kUnavailable  nothing was added; kInvalidArgument  it is longer than a line can be
  Status Add(std::string& line, const crypto::Sha256Stream& hashed);
  // After a failure: the file ends with what was added, all of it on the disk. Errors: kUnavailable
  Status Repair();

  // What is to be brought to the disk, for SyncTo without the lock; then Synced with the lock.
  struct Pending {
    std::shared_ptr<const Fd> file;
    Head head;
    uint64_t size = 0;
  };
  Pending BeginSync();
  static Status SyncTo(const Pending& pending);
  void Synced(const Pending& pending, bool succeeded);

  const Head& head() const { return chain_.head; }
  const Head& synced() const { return synced_; }
  bool failed() const { return torn_ || unsynced_failed_; }
  size_t unsynced_bytes() const { return unsynced_.size(); }
  const Fd& folder() const { return folder_; }

 private:
  Status Write(std::string_view bytes);

  Fd folder_;
  ByteCount limit_;
  std::shared_ptr<const Fd> file_;
  uint64_t size_ = 0;   // of whole lines
  int64_t day_ = 0;     // that the file was begun
  uint64_t first_ = 1;  // sequence of its first event
  Chain chain_;
  Head synced_;
  uint64_t synced_size_ = 0;
  std::string syncing_;           // lines that are on their way to the disk ...
  std::string unsynced_;          // ... and those after them: written again if the disk fails
  bool torn_ = false;             // the file may end with a part of a line
  bool unsynced_failed_ = false;  // the system may have dropped lines
};

}  // namespace sluice::audit
