#include "engine/checkpoint_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/checkpoint_rows.h"
#include "engine/checkpoint_sql.h"
#include "engine/sql_text.h"
#include "storage/read_ahead.h"

namespace sluice::engine {
namespace {

Result<CheckpointFile> Inspect(Connection& connection, const std::string& uri) {
  CheckpointFile file{TRY(SqlFile(uri)), {DUCKDB_TYPE_STRUCT, {}}};
  Rows rows = TRY(connection.Run(SchemaStatement(file.literal)));
  for (idx_t i = 0; i < rows.columns(); ++i) {
    file.columns.children.push_back(
        {rows.ColumnName(i), ReadColumnType(connection.api(), rows.ColumnType(i))});
  }
  return file;
}

std::unexpected<Error> Unreadable(const storage::LocalCopy& copy, int number) {
  std::string detail = copy.path() + ": " + std::generic_category().message(number);
  switch (number) {
    case ENOENT: return Fail(Code::kNotFound, "a file of the checkpoint is gone", detail);
    case EACCES:
    case EPERM:
      return Fail(Code::kPermissionDenied, "a file of the checkpoint cannot be opened", detail);
    default: return Fail(Code::kUnavailable, "a file of the checkpoint cannot be read", detail);
  }
}

// Whether the file is there, and the disk gives its bytes.
Status CheckReadable(const storage::LocalCopy& copy) {
  const int fd = ::open(copy.path().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Unreadable(copy, errno);
  std::array<char, 4> magic{};
  const ssize_t got = ::read(fd, magic.data(), magic.size());
  const int failure = errno;
  ::close(fd);
  return got < 0 ? Status(Unreadable(copy, failure)) : Status();
}

// One read of one checkpoint.
class CheckpointRead {
 public:
  CheckpointRead(Connection connection, std::vector<storage::LocalCopy> copies)
      : connection_(std::move(connection)), copies_(std::move(copies)) {}

  // Must come first.
  Status ReadSchemas() {
    for (const auto& copy : copies_) {
      files_.push_back(TRY(Explain(Inspect(connection_, copy.path()))));
    }
    return {};
  }

  Result<delta::CheckpointHeader> ReadHeader() {
    delta::CheckpointHeader header;
    TRY(ForEachChunk(TRY(HeaderStatement(files_)), [&](const Chunk& chunk) -> Status {
      const HeaderRows rows(connection_.api(), chunk);
      for (idx_t row = 0; row < chunk.size(); ++row) TRY(rows.Take(row, header));
      return {};
    }));
    return header;
  }

  Status ReadAdds(const delta::AddFileSink& sink) {
    return ForEachChunk(TRY(AddStatement(files_)), [&](const Chunk& chunk) -> Status {
      const AddRows rows(connection_.api(), chunk);
      const idx_t size = chunk.size();
      for (idx_t row = 0; row < size; ++row) TRY(sink(TRY(rows.At(row))));
      return {};
    });
  }

 private:
  // Calls `take` for each chunk of the statement's rows; an empty statement has none.
  template <class Take>
  Status ForEachChunk(const std::string& sql, const Take& take) {
    if (sql.empty()) return {};
    Rows rows = TRY(Explain(connection_.Stream(sql)));
    while (true) {
      const Chunk chunk = TRY(Explain(rows.Next()));
      if (chunk.size() == 0) return {};
      TRY(take(chunk));
    }
  }

  // A failure of the engine says too little: if the copies are there and can be read, and no
  // passing fault is at work, their content is what failed.
  template <class T>
  Result<T> Explain(Result<T> result) const {
    if (result.has_value()) return result;
    Error error = std::move(result).error();
    if (error.code != Code::kInternal && error.code != Code::kUnavailable) {
      return std::unexpected(std::move(error));
    }
    for (const auto& copy : copies_) TRY(CheckReadable(copy));
    if (error.code == Code::kUnavailable) return std::unexpected(std::move(error));
    return Fail(Code::kCorrupt, "the table's checkpoint cannot be read as Parquet",
                std::move(error.detail));
  }

  Connection connection_;
  const std::vector<storage::LocalCopy> copies_;
  std::vector<CheckpointFile> files_;
};

}  // namespace

Result<delta::CheckpointHeader> DuckdbCheckpointReader::Read(
    const storage::ObjectStore& store, const std::vector<storage::ObjectInfo>& parts,
    const delta::AddFileSink& sink) const {
  std::vector<storage::LocalCopy> copies = TRY(storage::FetchAll(store, parts));
  CheckpointRead read(TRY(database_.Connect()), std::move(copies));
  TRY(read.ReadSchemas());
  delta::CheckpointHeader header = TRY(read.ReadHeader());
  TRY(read.ReadAdds(sink));
  return header;
}

}  // namespace sluice::engine
