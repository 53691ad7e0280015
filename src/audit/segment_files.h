// audit/segment_files.h -- the files of the log: how they are named, listed and read.
//
// audit-<sequence of the first event, 20 digits>.jsonl. Files of other names are never touched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::audit {

// An open file, closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd();
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Segment {
  std::string name;
  uint64_t first = 0;
};

std::string SegmentName(uint64_t first);
// The files beside it that say what is in it (block_index), and how much was read (usage_sums).
std::string IndexName(const std::string& segment);
std::string SumsName(const std::string& segment);

// kUnavailable, with errno in words and `what` as detail.
std::unexpected<Error> DiskFailure(std::string_view what);

// Errors: kNotFound  no such folder; kUnavailable
Result<Fd> OpenFolder(const std::string& path);
// In their order. Errors: kUnavailable
Result<std::vector<Segment>> ListSegments(const Fd& folder);
// Errors: kNotFound, kUnavailable
Result<Fd> OpenForReading(const Fd& folder, const std::string& name);
Result<uint64_t> FileSize(const Fd& file);

// A small file beside the segments, as a whole or not at all. Errors: kUnavailable
Status WriteBeside(const Fd& folder, const std::string& name, std::string_view bytes);

// The lines of a file, one after the other, with at most one line and a block in memory.
class LineReader {
 public:
  // From `offset` up to `end`, or to where the file ends when it is reached.
  explicit LineReader(const Fd& file, uint64_t offset = 0, uint64_t end = UINT64_MAX)
      : file_(file), next_(offset), offset_(offset), end_(end) {}

  // Without its end; valid until the next call. Nothing: there is no further whole line.
  // Errors: kCorrupt  longer than a line can be; kUnavailable
  Result<std::optional<std::string_view>> Next();
  // Where the next line begins.
  uint64_t offset() const { return offset_; }
  // After the last line: bytes that no newline ends.
  uint64_t unfinished() const { return buffer_.size() - begin_; }

 private:
  Result<bool> Fill();

  const Fd& file_;
  std::string buffer_;
  size_t begin_ = 0;     // in buffer_, of the next line
  size_t searched_ = 0;  // in buffer_, up to where there is no newline
  uint64_t next_;        // in the file, behind buffer_
  uint64_t offset_;
  uint64_t end_;
};

}  // namespace sluice::audit
