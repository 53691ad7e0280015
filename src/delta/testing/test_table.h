// delta/testing/test_table.h -- a table in a temporary folder whose log a test writes by hand.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "delta/actions.h"
#include "storage/object_store.h"
#include "storage/testing/temp_folder.h"

namespace sluice::delta::testing {

inline constexpr std::string_view kEmptySchema = R"({"type":"struct","fields":[]})";
inline constexpr std::string_view kProtocolLine =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
inline constexpr std::string_view kMetadataLine =
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},)"
    R"("schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",)"
    R"(\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}})";

inline std::string ProtocolLine(int reader, int writer, std::string_view features) {
  return fmt::format(R"({{"protocol":{{"minReaderVersion":{},"minWriterVersion":{},)"
                     R"("readerFeatures":{},"writerFeatures":{}}}}})",
                     reader, writer, features, features);
}

inline std::string MetadataLine(std::string_view configuration) {
  std::string line(kMetadataLine);
  constexpr std::string_view kEmpty = R"("configuration":{})";
  line.replace(line.find(kEmpty), kEmpty.size(),
               fmt::format(R"("configuration":{})", configuration));
  return line;
}

// `vector` is the text of an inline deletion vector; empty: none.
inline std::string VectorField(std::string_view vector) {
  if (vector.empty()) return {};
  return fmt::format(
      R"(,"deletionVector":{{"storageType":"i","pathOrInlineDv":"{}","sizeInBytes":4,)"
      R"("cardinality":1}})",
      vector);
}

inline std::string AddLine(std::string_view path, int64_t size = 1, std::string_view vector = {}) {
  return fmt::format(
      R"({{"add":{{"path":"{}","partitionValues":{{}},"size":{},"modificationTime":5,)"
      R"("dataChange":true,"stats":"{{\"numRecords\":10}}"{}}}}})",
      path, size, VectorField(vector));
}

inline std::string RemoveLine(std::string_view path, std::string_view vector = {}) {
  return fmt::format(R"({{"remove":{{"path":"{}","deletionTimestamp":1,"dataChange":true{}}}}})",
                     path, VectorField(vector));
}

// What stands behind the action's name in a line.
inline std::string BodyOf(std::string_view line) {
  const size_t begin = line.find(':') + 1;
  return std::string(line.substr(begin, line.size() - begin - 1));
}

// The checksum of a table that began as TestTable::Start's. `more`: members, each with a comma
// before it.
inline std::string ChecksumText(int64_t files, int64_t bytes, std::string_view more = {},
                                std::string_view metadata_line = kMetadataLine) {
  return fmt::format(R"({{"txnId":"x","tableSizeBytes":{},"numFiles":{},"numMetadata":1,)"
                     R"("numProtocol":1,"metadata":{},"protocol":{}{}}})",
                     bytes, files, BodyOf(metadata_line), BodyOf(kProtocolLine), more);
}

inline std::string ChecksumName(Version version) { return fmt::format("{:020}.crc", version); }

class TestTable {
 public:
  std::string location() const { return folder_.path().string(); }
  std::unique_ptr<storage::ObjectStore> Store() const {
    return storage::OpenLocalStore(location()).value();
  }
  std::filesystem::path LogFile(std::string_view name) const {
    return folder_ / ("_delta_log/" + std::string(name));
  }
  std::filesystem::path CommitFile(Version version) const {
    return LogFile(fmt::format("{:020}.json", version));
  }

  void Write(std::string_view name, std::string_view text) const {
    folder_.Write("_delta_log/" + std::string(name), text);
  }
  // Commits get ascending times: version v that of second v of the epoch's day 1.
  void Commit(Version version, const std::vector<std::string>& lines) const {
    Write(fmt::format("{:020}.json", version), Join(lines));
    SetTime(CommitFile(version), TimeOf(version));
  }
  void Start(std::vector<std::string> lines = {}) const {
    lines.insert(lines.begin(), {std::string(kProtocolLine), std::string(kMetadataLine)});
    Commit(0, lines);
  }
  void Checkpoint(Version version, std::vector<std::string> adds) const {
    adds.insert(adds.begin(), {std::string(kProtocolLine), std::string(kMetadataLine)});
    Write(fmt::format("{:020}.checkpoint.parquet", version), Join(adds));
  }
  void Remove(std::string_view name) const { std::filesystem::remove(LogFile(name)); }
  void RemoveCommit(Version version) const { std::filesystem::remove(CommitFile(version)); }

  static TimePoint TimeOf(Version version) { return FromUnixMillis(86'400'000 + version * 1000); }
  static void SetTime(const std::filesystem::path& file, TimePoint time) {
    const int64_t ms = ToUnixMillis(time);
    const timespec at = {ms / 1000, ms % 1000 * 1'000'000};
    const timespec times[2] = {at, at};
    ::utimensat(AT_FDCWD, file.c_str(), times, 0);
  }

  static std::string Join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

 private:
  storage::testing::TempFolder folder_;
};

}  // namespace sluice::delta::testing
