#include "audit/file_log.h"

#include <emmintrin.h>
#include <fcntl.h>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "audit/event_json.h"
#include "base/crypto/random.h"
#include "base/encoding.h"
#include "base/failure_log.h"
#include "base/log.h"

namespace sluice::audit {
namespace {

// Shorter than the 50 ms that are promised: the disk takes its time, too.
constexpr auto kGroup = std::chrono::milliseconds(30);
constexpr auto kRetry = std::chrono::seconds(1);
constexpr auto kAnchorEvery = std::chrono::seconds(5);
// While this much is not on the disk, whoever writes waits for it.
constexpr size_t kMaxUnsynced = 16 << 20;

Result<Fd> OwnFolder(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Fail(Code::kInvalidArgument, "the folder of the audit log cannot be made",
                fmt::format("{}: {}", path, std::generic_category().message(errno)));
  }
  Fd folder = TRY(OpenFolder(path));
  struct stat status = {};
  if (::fstat(folder.get(), &status) != 0) return DiskFailure(path);
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Fail(Code::kInvalidArgument,
                "the folder of the audit log must belong to the server's user, and nobody else may "
                "write to it",
                path);
  }
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    return Fail(Code::kConflict, "another process has the audit log open", path);
  }
  return folder;
}

// Keeps a copy of the newest file, and goes back to where the log is sound.
Result<LogEnd> SetAside(const Fd& folder, const std::string& path, LogEnd end, TimePoint now) {
  while (!end.name.empty() && !end.broken.empty()) {
    const std::filesystem::path file = std::filesystem::path(path) / end.name;
    std::error_code failed;
    std::filesystem::copy_file(file, fmt::format("{}.damaged-{}", file.string(), ToUnixMillis(now)),
                               failed);
    if (failed) return Fail(Code::kUnavailable, "the damaged file of the audit log cannot be kept");
    if (end.size > 0) break;
    if (::unlinkat(folder.get(), end.name.c_str(), 0) != 0) return DiskFailure(end.name);
    std::vector<std::string> leftover;
    end = TRY(FindEnd(folder, std::nullopt, leftover));
  }
  end.broken.clear();
  return end;
}

Result<LogEnd> ReadEnd(const Fd& folder, const FileLog::Options& options,
                       const std::optional<Head>& anchor) {
  std::vector<std::string> leftover;
  LogEnd end = TRY(FindEnd(folder, anchor, leftover));
  if (!end.broken.empty() && !options.accept_break) {
    return Fail(Code::kCorrupt,
                "the audit log is not what it was when it was last written: verify it, and then "
                "accept the break to go on",
                end.broken);
  }
  for (const std::string& name : leftover) {
    if (::unlinkat(folder.get(), name.c_str(), 0) != 0) return DiskFailure(name);
  }
  return end;
}

uint64_t RandomNumber() {
  uint64_t number = 0;
  const std::string bytes = SecureRandom().Bytes(sizeof(number));
  std::memcpy(&number, bytes.data(), sizeof(number));
  return number;
}

Event OwnEvent(std::string action, Facts params) {
  Event event;
  event.service = "auditLog";
  event.action = std::move(action);
  event.principal = "System-User";
  event.params = std::move(params);
  return event;
}

}  // namespace

Result<std::unique_ptr<FileLog>> FileLog::Open(Options options, const Clock& clock,
                                               AnchorStore* anchors) {
  Fd folder = TRY(OwnFolder(options.folder));
  std::optional<Head> anchor;
  if (anchors != nullptr) anchor = TRY(anchors->Load());
  LogEnd end = TRY(ReadEnd(folder, options, anchor));
  const std::string accepted = end.broken;
  if (!accepted.empty()) {
    end = TRY(SetAside(folder, options.folder, std::move(end), clock.Now()));
  }
  SegmentWriter writer(std::move(folder), options.segment_size);
  TRY(writer.Resume(end));
  std::unique_ptr<FileLog> log(new FileLog(std::move(options), clock, anchors, std::move(writer),
                                           anchors == nullptr || anchor.has_value()));
  TRY(log->RecordOpening(end, accepted));
  return log;
}

FileLog::FileLog(Options options, const Clock& clock, AnchorStore* anchors, SegmentWriter writer,
                 bool has_anchor)
    : options_(std::move(options)),
      clock_(clock),
      anchors_(anchors),
      id_base_(RandomNumber()),
      writer_(std::move(writer)),
      has_anchor_(has_anchor),
      syncer_([this] { SyncLoop(); }),
      anchorer_([this] { AnchorLoop(); }) {}

FileLog::~FileLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  syncer_.join();
  anchorer_.join();
  if (const Status status = Anchor(); !status.has_value()) {
    log::Warn("the end of the audit log could not be noted: {} ({})", status.error().message,
              status.error().detail);
  }
}

Status FileLog::RecordOpening(const LogEnd& end, const std::string& accepted) {
  if (!accepted.empty()) {
    log::Warn("the audit log goes on after a break: {}", accepted);
    return Append(OwnEvent("acceptAuditLogBreak", {{"found", accepted}}), Sync::kNow);
  }
  if (end.torn == 0) return {};
  log::Info("the audit log ended with an unfinished line of {} bytes, which was cut off", end.torn);
  return Append(
      OwnEvent("repairAuditLog", {{"file", end.name}, {"cut_bytes", std::to_string(end.torn)}}),
      Sync::kNow);
}

// A UUID of version 7: milliseconds, then random bits that count up.
std::string FileLog::NewId(TimePoint now) {
  const auto ms = static_cast<uint64_t>(ToUnixMillis(now)) & 0xffff'ffff'ffff;
  const uint64_t low =
      (id_base_ + id_count_.fetch_add(1, std::memory_order_relaxed)) & ~(3ULL << 62);
  return fmt::format(FMT_COMPILE("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}"), ms >> 16, ms & 0xffff,
                     id_base_ >> 52, 0x8000 | low >> 48, low & 0xffff'ffff'ffff);
}

namespace {

// The lock is held for the few microseconds of one write(2). Who finds it taken looks again for
// that long before going to sleep: to sleep and be woken costs several times what it waits for, and
// under load everybody would.
std::unique_lock<std::mutex> LockSoon(std::mutex& mutex) {
  constexpr int kLooks = 200;
  std::unique_lock lock(mutex, std::try_to_lock);
  for (int look = 0; look < kLooks && !lock.owns_lock(); ++look) {
    _mm_pause();
    if (look % 8 == 7) lock.try_lock();
  }
  if (!lock.owns_lock()) lock.lock();
  return lock;
}

}  // namespace

Status FileLog::Append(const Event& event, Sync sync) {
  thread_local std::string line;
  line.clear();
  const TimePoint now = clock_.Now();
  const std::string id = event.id.empty() ? NewId(now) : std::string();
  AppendOpenEvent(event, {options_.account_id, id, now}, line);
  crypto::Sha256Stream hashed;
  hashed.Add(line);

  std::unique_lock lock = LockSoon(mutex_);
  TRY(MakeReady(lock, now));
  const bool first = writer_.unsynced_bytes() == 0;
  TRY(writer_.Add(line, hashed));
  if (sync == Sync::kNow || writer_.unsynced_bytes() >= kMaxUnsynced) return AwaitSync(lock);
  lock.unlock();
  if (first) wake_.notify_all();
  return {};
}

Status FileLog::CheckReady() {
  std::unique_lock lock(mutex_);
  return MakeReady(lock, clock_.Now());
}

// There is a file that a line can be added to.
Status FileLog::MakeReady(std::unique_lock<std::mutex>& lock, TimePoint now) {
  while (writer_.failed() || writer_.NeedsFile(now)) {
    if (syncing_) {
      synced_.wait(lock, [this] { return !syncing_; });
      continue;
    }
    const Status ready = writer_.failed() ? writer_.Repair() : writer_.BeginFile(now);
    // Both bring what was there to the disk, or tell those who wait for it that it is not.
    if (!ready.has_value()) failed_ = writer_.head().sequence;
    synced_.notify_all();
    TRY(ready);
  }
  return {};
}

Status FileLog::AwaitSync(std::unique_lock<std::mutex>& lock) {
  const uint64_t sequence = writer_.head().sequence;
  urgent_ = true;
  wake_.notify_all();
  synced_.wait(lock, [&] { return writer_.synced().sequence >= sequence || failed_ >= sequence; });
  if (writer_.synced().sequence >= sequence) return {};
  return Fail(Code::kUnavailable, "the audit log could not be brought to the disk");
}

void FileLog::SyncLoop() {
  std::unique_lock lock(mutex_);
  const auto unsynced = [this] { return writer_.synced().sequence < writer_.head().sequence; };
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || unsynced(); });
    if (!unsynced()) return;
    wake_.wait_for(lock, kGroup, [this] { return stopping_ || urgent_; });
    if (!writer_.failed()) {
      SyncOnce(lock);
    } else if (writer_.Repair().has_value()) {
      synced_.notify_all();
    } else {
      failed_ = writer_.head().sequence;
      synced_.notify_all();
      wake_.wait_for(lock, kRetry, [this] { return stopping_; });
      if (stopping_) return;
    }
  }
}

void FileLog::SyncOnce(std::unique_lock<std::mutex>& lock) {
  urgent_ = false;
  syncing_ = true;
  const SegmentWriter::Pending pending = writer_.BeginSync();
  lock.unlock();
  const Status status = SegmentWriter::SyncTo(pending);
  lock.lock();
  syncing_ = false;
  writer_.Synced(pending, status.has_value());
  if (!status.has_value()) {
    failed_ = writer_.head().sequence;
    log::Failure("the audit log could not be brought to the disk: {}", status.error().detail);
  }
  synced_.notify_all();
  if (!has_anchor_) wake_.notify_all();
}

void FileLog::AnchorLoop() {
  FailureLog failures;
  std::unique_lock lock(mutex_);
  // The first event of all is anchored at once: from then on no end is cut off unseen.
  const auto due = [this] { return stopping_ || (!has_anchor_ && writer_.synced().sequence > 0); };
  while (true) {
    wake_.wait_for(lock, kAnchorEvery, due);
    if (stopping_) return;
    has_anchor_ = has_anchor_ || writer_.synced().sequence > 0;
    lock.unlock();
    failures.Note("noting the end of the audit log in the database", Anchor());
    lock.lock();
  }
}

Status FileLog::Anchor() {
  if (anchors_ == nullptr) return {};
  const std::lock_guard saving(anchor_mutex_);
  Head newest;
  {
    const std::lock_guard lock(mutex_);
    newest = writer_.synced();
  }
  if (newest.sequence == 0 || newest == anchored_) return {};
  TRY(anchors_->Save(newest, clock_.Now()));
  anchored_ = newest;
  return {};
}

Head FileLog::head() const {
  const std::lock_guard lock(mutex_);
  return writer_.head();
}

Result<Purged> FileLog::Purge(std::chrono::days keep) {
  const TimePoint limit = clock_.Now() - keep;
  const auto segments = TRY(ListSegments(writer_.folder()));
  Purged purged;
  Line kept;  // the line that begins the oldest file that stays
  for (size_t i = 1; i < segments.size(); ++i) {
    const Fd file = TRY(OpenForReading(writer_.folder(), segments[i].name));
    LineReader lines(file);
    const auto text = TRY(lines.Next());
    // What is older than a file's beginning lies in the files before.
    if (!text) break;
    const Line line = TRY(ReadLine(*text));
    if (!line.begins_segment || line.opened > limit) break;
    kept = line;
    purged = {i, line.sequence - 1};
  }
  if (purged.segments == 0) return purged;
  TRY(Append(
      OwnEvent("purgeAuditLog", {{"through_sequence", std::to_string(purged.through_sequence)},
                                 {"through_hash", Hex(crypto::View(kept.previous))},
                                 {"segments", std::to_string(purged.segments)},
                                 {"older_than_days", std::to_string(keep.count())}}),
      Sync::kNow));
  for (size_t i = 0; i < purged.segments; ++i) {
    if (::unlinkat(writer_.folder().get(), segments[i].name.c_str(), 0) != 0 && errno != ENOENT) {
      return DiskFailure(segments[i].name);
    }
    ::unlinkat(writer_.folder().get(), IndexName(segments[i].name).c_str(), 0);
    ::unlinkat(writer_.folder().get(), SumsName(segments[i].name).c_str(), 0);
  }
  return purged;
}

}  // namespace sluice::audit
