#include "audit/segment_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <system_error>

#include "audit/chain.h"
#include "base/crypto/random.h"
#include "base/encoding.h"

namespace sluice::audit {
namespace {

constexpr std::string_view kPrefix = "audit-";
constexpr std::string_view kSuffix = ".jsonl";
constexpr size_t kDigits = 20;
constexpr size_t kBlock = 256 << 10;

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

std::optional<uint64_t> FirstOf(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size()) return std::nullopt;
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits = name.substr(kPrefix.size(), kDigits);
  uint64_t first = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), first);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return first;
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

std::string SegmentName(uint64_t first) {
  return fmt::format("{}{:0{}}{}", kPrefix, first, kDigits, kSuffix);
}

std::string IndexName(const std::string& segment) { return segment + ".index"; }
std::string SumsName(const std::string& segment) { return segment + ".sums"; }

std::unexpected<Error> DiskFailure(std::string_view what) {
  return Fail(errno == ENOENT ? Code::kNotFound : Code::kUnavailable,
              "the audit log cannot be read or written",
              fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

Result<Fd> OpenFolder(const std::string& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return DiskFailure(path);
  return folder;
}

Result<std::vector<Segment>> ListSegments(const Fd& folder) {
  // Reading moves a descriptor's place: this one is for that alone.
  const int reading = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (reading < 0) return DiskFailure("the folder");
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(reading));
  if (dir == nullptr) return DiskFailure("the folder");
  std::vector<Segment> segments;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (const auto first = FirstOf(entry->d_name)) segments.push_back({entry->d_name, *first});
  }
  std::ranges::sort(segments, {}, &Segment::first);
  return segments;
}

Result<Fd> OpenForReading(const Fd& folder, const std::string& name) {
  Fd file(::openat(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) return DiskFailure(name);
  return file;
}

Status WriteBeside(const Fd& folder, const std::string& name, std::string_view bytes) {
  const std::string temporary = fmt::format(".index-{}", Hex(SecureRandom().Bytes(8)));
  const Fd file(::openat(folder.get(), temporary.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) return DiskFailure(temporary);
  const bool written =
      ::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (written && ::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) == 0) {
    return {};
  }
  const auto failure = DiskFailure(temporary);
  ::unlinkat(folder.get(), temporary.c_str(), 0);
  return failure;
}

Result<uint64_t> FileSize(const Fd& file) {
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return DiskFailure("a segment");
  return static_cast<uint64_t>(status.st_size);
}

Result<std::optional<std::string_view>> LineReader::Next() {
  while (true) {
    const size_t newline = buffer_.find('\n', searched_);
    if (newline != std::string::npos) {
      const std::string_view line = std::string_view(buffer_).substr(begin_, newline - begin_);
      begin_ = searched_ = newline + 1;
      offset_ += line.size() + 1;
      return line;
    }
    searched_ = buffer_.size();
    if (buffer_.size() - begin_ >= kMaxLine.value) {
      return Fail(Code::kCorrupt, "a line of the audit log is longer than a line can be");
    }
    if (!TRY(Fill())) return std::nullopt;
  }
}

// False: there is no more.
Result<bool> LineReader::Fill() {
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const size_t held = buffer_.size();
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(kBlock, end_ - next_));
  buffer_.resize(held + wanted);
  ssize_t got = 0;
  do {
    got = ::pread(file_.get(), buffer_.data() + held, wanted, static_cast<off_t>(next_));
  } while (got < 0 && errno == EINTR);
  buffer_.resize(held + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return DiskFailure("a segment");
  next_ += static_cast<uint64_t>(got);
  return got > 0;
}

}  // namespace sluice::audit
