#include "sharing/file_lines.h"

#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/json.h"
#include "delta/deletion_vector.h"

namespace sluice::sharing {
namespace {

constexpr std::string_view kParquetFile = ".parquet";
constexpr std::string_view kDeletionVectorFile = ".bin";

// The id of a file under a scheme: stable, and nothing can be learned from it. Two schemes so that
// a client that mixes formats never takes one for the other.
void AppendFileId(Format scheme, std::string_view path, std::string& out) {
  const crypto::Digest digest = crypto::Sha256(path);
  AppendHex(crypto::View(digest).substr(0, scheme == Format::kDelta ? 32 : 16), out);
}

void AppendNumber(std::string_view name, int64_t value, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  json::AppendInt(value, out);
}

void AppendStats(const delta::FileEntry& file, std::string& out) {
  if (!file.stats) return;
  out += R"(,"stats":)";
  json::AppendQuoted(*file.stats, out);
}

// What stands in front of a line's file: the kind of line in parquet, of action in delta.
std::string_view Opening(Format format, FileLine line) {
  const bool parquet = format == Format::kParquet;
  switch (line) {
    case FileLine::kFile: return parquet ? R"({"file":{"url":")" : R"({"add":{"path":")";
    case FileLine::kAdd: return parquet ? R"({"add":{"url":")" : R"({"add":{"path":")";
    case FileLine::kRemove: return parquet ? R"({"remove":{"url":")" : R"({"remove":{"path":")";
    case FileLine::kCdc: return parquet ? R"({"cdf":{"url":")" : R"({"cdc":{"path":")";
  }
  return {};
}

}  // namespace

FileLines::FileLines(std::unique_ptr<FileLinks> links, Format format, Format id_scheme)
    : links_(std::move(links)), format_(format), id_scheme_(id_scheme) {
  AppendNumber("expirationTimestamp", ToUnixMillis(links_->expires()), common_);
}

void FileLines::SetVersion(delta::Version version, TimePoint time) {
  common_.clear();
  AppendNumber("expirationTimestamp", ToUnixMillis(links_->expires()), common_);
  AppendNumber("version", version, common_);
  AppendNumber("timestamp", ToUnixMillis(time), common_);
}

void FileLines::AddLogFields(net::LogFields& fields) const {
  fields.emplace_back("file_bytes", std::to_string(bytes_));
  fields.emplace_back("bytes_elsewhere", std::to_string(links_->bytes_elsewhere()));
}

Status FileLines::Append(FileLine line, const delta::FileEntry& file, std::string& out) {
  bytes_ += static_cast<uint64_t>(file.size);
  return format_ == Format::kDelta ? AppendDelta(line, file, out) : AppendParquet(line, file, out);
}

Status FileLines::AppendParquet(FileLine line, const delta::FileEntry& file, std::string& out) {
  out += Opening(format_, line);
  TRY(links_->Append(file.path, static_cast<uint64_t>(file.size), kParquetFile, out));
  out += R"(","id":")";
  AppendFileId(id_scheme_, file.path, out);
  out += R"(","partitionValues":)";
  out += file.partition_values;
  AppendNumber("size", file.size, out);
  AppendStats(file, out);
  out += common_;
  out += "}}\n";
  return {};
}

Status FileLines::AppendDelta(FileLine line, const delta::FileEntry& file, std::string& out) {
  out += R"({"file":{"id":")";
  AppendFileId(id_scheme_, file.path, out);
  out += '"';
  if (file.deletion_vector != nullptr) {
    out += R"(,"deletionVectorFileId":")";
    AppendFileId(id_scheme_, file.deletion_vector->UniqueId(), out);
    out += '"';
  }
  out += common_;
  AppendNumber("size", file.size, out);
  out += R"(,"deltaSingleAction":)";
  out += Opening(format_, line);
  TRY(links_->Append(file.path, static_cast<uint64_t>(file.size), kParquetFile, out));
  out += R"(","partitionValues":)";
  out += file.partition_values;
  AppendNumber("size", file.size, out);
  if (line == FileLine::kCdc) {
    out += ",\"dataChange\":false}}}}\n";
    return {};
  }
  AppendStats(file, out);
  if (line == FileLine::kRemove) {
    AppendNumber("deletionTimestamp", file.modification_time, out);
    out += R"(,"extendedFileMetadata":true)";
  } else {
    AppendNumber("modificationTime", file.modification_time, out);
  }
  out += R"(,"dataChange":true)";
  if (file.deletion_vector != nullptr) TRY(AppendDeletionVector(*file.deletion_vector, out));
  if (file.base_row_id) AppendNumber("baseRowId", *file.base_row_id, out);
  if (file.default_row_commit_version) {
    AppendNumber("defaultRowCommitVersion", *file.default_row_commit_version, out);
  }
  out += "}}}}\n";
  return {};
}

// A vector in a file of its own gets a link; an inline one goes as it is. A relative path would
// mean nothing to the client.
Status FileLines::AppendDeletionVector(const delta::DeletionVector& vector, std::string& out) {
  out += R"(,"deletionVector":{"storageType":")";
  if (vector.storage_type == 'i') {
    out += R"(i","pathOrInlineDv":)";
    json::AppendQuoted(vector.path_or_inline, out);
  } else {
    const std::string file = TRY(delta::DeletionVectorPath(vector));
    out += R"(p","pathOrInlineDv":")";
    TRY(links_->Append(file, std::nullopt, kDeletionVectorFile, out));
    out += '"';
    if (vector.offset) AppendNumber("offset", *vector.offset, out);
  }
  AppendNumber("sizeInBytes", vector.size_in_bytes, out);
  AppendNumber("cardinality", vector.cardinality, out);
  out += '}';
  return {};
}

}  // namespace sluice::sharing
