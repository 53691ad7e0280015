// audit/file_log.h -- the log in files of a folder: who may write, when a line is on the disk, what
// is kept.
//
//   auto log = TRY(FileLog::Open({.folder = "/var/lib/sluice/audit"}, clock, &anchors));
//   TRY(log->Append(event, Sync::kNow));
//
// A line is written by the thread that appends it, one write(2) each; a thread of its own brings
// what was written to the disk, for all who wait at once. A second one notes the newest event that
// is on the disk with the anchor store, at the first event of all, every five seconds and at the
// end.
//
// If a line cannot be written Append fails, and so does every later one until the file could be
// brought back to its last whole line. If bringing to the disk fails, the lines since the last time
// it worked are written again first; an entry whose Append failed that way may be in the log.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "audit/anchor.h"
#include "audit/log.h"
#include "audit/segment_writer.h"

namespace sluice::audit {

// What a run of retention deleted.
struct Purged {
  uint64_t segments = 0;
  uint64_t through_sequence = 0;  // the newest event that went
};

// Thread-safe.
class FileLog final : public Log {
 public:
  struct Options {
    std::string folder{};      // made, mode 0700, if it is not there
    std::string account_id{};  // of the metastore, in each event
    ByteCount segment_size = MiB(64);
    // Goes on with a log whose end is broken or shorter than anchored: the damaged file is kept
    // aside, and the first new event says what was found.
    bool accept_break = false;
  };

  // `clock` and `anchors` are borrowed; without `anchors` nothing is noted. A line that a crash
  // left unfinished, which nobody was told of, is cut off; an event says so. Errors: kConflict
  // another process has the folder open
  //         kCorrupt          the end of the log is not what it was; the detail says where
  //         kInvalidArgument  the folder cannot be made, or others may write to it
  //         kUnavailable      the disk, or the anchor store
  static Result<std::unique_ptr<FileLog>> Open(Options options, const Clock& clock,
                                               AnchorStore* anchors);
  ~FileLog() override;

  // Fills in the event's id and time where it has none.
  // Errors: kUnavailable, as above; kInvalidArgument  the entry is longer than 1 MiB
  Status Append(const Event& event, Sync sync) override;
  Status CheckReady() override;

  // Notes the newest event that is on the disk, if it is another than the last time.
  Status Anchor();

  // Deletes the files all of whose events are older than `keep`, never the newest, and records what
  // went: the event "purgeAuditLog" is on the disk before the first file goes.
  Result<Purged> Purge(std::chrono::days keep);

  // The newest event.
  Head head() const;

 private:
  FileLog(Options options, const Clock& clock, AnchorStore* anchors, SegmentWriter writer,
          bool has_anchor);
  Status RecordOpening(const LogEnd& end, const std::string& accepted);
  std::string NewId(TimePoint now);
  Status MakeReady(std::unique_lock<std::mutex>& lock, TimePoint now);
  Status AwaitSync(std::unique_lock<std::mutex>& lock);
  void SyncLoop();
  void SyncOnce(std::unique_lock<std::mutex>& lock);
  void AnchorLoop();

  const Options options_;
  const Clock& clock_;
  AnchorStore* const anchors_;
  const uint64_t id_base_;
  std::atomic<uint64_t> id_count_ = 0;

  mutable std::mutex mutex_;        // over all below, down to the threads
  std::condition_variable wake_;    // the threads: there is something to do
  std::condition_variable synced_;  // those who wait for the disk
  SegmentWriter writer_;
  bool syncing_ = false;
  bool urgent_ = false;
  bool stopping_ = false;
  bool has_anchor_;      // or was tried to get its first
  uint64_t failed_ = 0;  // the newest event that was there when the disk failed

  std::mutex anchor_mutex_;  // one Save at a time
  Head anchored_;
  std::thread syncer_;
  std::thread anchorer_;
};

}  // namespace sluice::audit
