// sharing/file_lines.h -- one file's line in an answer, in either format.
//
// Source: Delta Sharing PROTOCOL.md, "File", "Data Change Files", "File in Delta Format".
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "delta/snapshot.h"
#include "net/http.h"
#include "sharing/capabilities.h"
#include "sharing/file_links.h"

namespace sluice::sharing {

// What a line says of its file. A removed file's modification_time is the time it was removed.
enum class FileLine { kFile, kAdd, kRemove, kCdc };

// One thread at a time.
class FileLines {
 public:
  // `id_scheme`: how file ids are derived (fileidhash).
  FileLines(std::unique_ptr<FileLinks> links, Format format, Format id_scheme);

  // The lines that follow say that their file is of this version.
  void SetVersion(delta::Version version, TimePoint time);

  // Errors: those of FileLinks::Append; `out` may hold a part of the line then
  Status Append(FileLine line, const delta::FileEntry& file, std::string& out);

  TimePoint links_until() const { return links_->expires(); }
  // For the log: how much was linked, and how much of it past this server.
  void AddLogFields(net::LogFields& fields) const;

 private:
  Status AppendParquet(FileLine line, const delta::FileEntry& file, std::string& out);
  Status AppendDelta(FileLine line, const delta::FileEntry& file, std::string& out);
  Status AppendDeletionVector(const delta::DeletionVector& vector, std::string& out);

  std::unique_ptr<FileLinks> links_;
  Format format_;
  Format id_scheme_;
  std::string common_;  // members that the lines have in common
  uint64_t bytes_ = 0;  // of all files so far
};

}  // namespace sluice::sharing
