#include "audit/segment_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "audit/event_json.h"

namespace sluice::audit {

Status SegmentWriter::Resume(const LogEnd& end) {
  chain_ = end.chain;
  synced_ = chain_.head;
  if (end.name.empty()) return {};
  Fd file(::openat(folder_.get(), end.name.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return DiskFailure(end.name);
  if (end.torn > 0 && ::ftruncate(file.get(), static_cast<off_t>(end.size)) != 0) {
    return DiskFailure(end.name);
  }
  // What the last process wrote may not be on the disk yet.
  if (::fdatasync(file.get()) != 0) return DiskFailure(end.name);
  file_ = std::make_shared<const Fd>(std::move(file));
  size_ = synced_size_ = end.size;
  day_ = std::chrono::floor<std::chrono::days>(end.opened).time_since_epoch().count();
  first_ = end.first;
  return {};
}

bool SegmentWriter::NeedsFile(TimePoint now) const {
  if (file_ == nullptr) return true;
  const bool has_events = head().sequence >= first_;
  const int64_t today = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  // A clock that goes back does not begin a file.
  return has_events && (size_ >= limit_.value || today > day_);
}

Status SegmentWriter::BeginFile(TimePoint now) {
  if (file_ != nullptr) {
    const Pending pending = BeginSync();
    const Status status = SyncTo(pending);
    Synced(pending, status.has_value());
    TRY(status);
  }
  const std::string name = SegmentName(head().sequence + 1);
  Fd file(::openat(folder_.get(), name.c_str(),
                   O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return DiskFailure(name);
  Chain chain = chain_;
  const std::string line = chain.OpenSegment(now);
  const ssize_t written = ::write(file.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()) || ::fdatasync(file.get()) != 0 ||
      ::fsync(folder_.get()) != 0) {
    if (written >= 0 && written < static_cast<ssize_t>(line.size())) errno = ENOSPC;
    const auto failure = DiskFailure(name);
    ::unlinkat(folder_.get(), name.c_str(), 0);
    return failure;
  }
  chain_ = chain;
  file_ = std::make_shared<const Fd>(std::move(file));
  size_ = synced_size_ = line.size();
  day_ = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  first_ = head().sequence + 1;
  return {};
}

Status SegmentWriter::Add(std::string& line, const crypto::Sha256Stream& hashed) {
  Chain chain = chain_;
  chain.CloseEvent(line, hashed);
  if (line.size() > kMaxLine.value) {
    return Fail(Code::kInvalidArgument, "the entry is too long for the audit log");
  }
  if (const Status status = Write(line); !status.has_value()) {
    torn_ = true;
    return status;
  }
  chain_ = chain;
  size_ += line.size();
  unsynced_ += line;
  return {};
}

// One call for a line: a crash leaves the line, or a part of it at the very end.
Status SegmentWriter::Write(std::string_view bytes) {
  ssize_t written = 0;
  do {
    written = ::write(file_->get(), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(bytes.size())) return {};
  if (written >= 0) errno = ENOSPC;  // a part: the next call would have said why
  return DiskFailure("writing an entry");
}

Status SegmentWriter::Repair() {
  if (torn_) {
    if (::ftruncate(file_->get(), static_cast<off_t>(size_)) != 0) return DiskFailure("repairing");
    torn_ = false;
  }
  if (!unsynced_failed_) return {};
  // After a failed fdatasync the pages count as clean, and asking again proves nothing: the lines
  // are written anew.
  if (::ftruncate(file_->get(), static_cast<off_t>(synced_size_)) != 0) {
    return DiskFailure("repairing");
  }
  TRY(Write(unsynced_));
  if (::fdatasync(file_->get()) != 0) return DiskFailure("repairing");
  unsynced_failed_ = false;
  unsynced_.clear();
  synced_ = chain_.head;
  synced_size_ = size_;
  return {};
}

SegmentWriter::Pending SegmentWriter::BeginSync() {
  syncing_.swap(unsynced_);
  unsynced_.clear();
  return {file_, chain_.head, size_};
}

Status SegmentWriter::SyncTo(const Pending& pending) {
  if (::fdatasync(pending.file->get()) != 0) return DiskFailure("fdatasync");
  return {};
}

void SegmentWriter::Synced(const Pending& pending, bool succeeded) {
  if (succeeded) {
    synced_ = pending.head;
    synced_size_ = pending.size;
  } else {
    unsynced_failed_ = true;
    syncing_ += unsynced_;
    unsynced_.swap(syncing_);
  }
  syncing_.clear();
}

}  // namespace sluice::audit
