#include "engine/checkpoint_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/checkpoint_sql.h"
#include "engine/columns.h"
#include "engine/sql_text.h"
#include "storage/read_ahead.h"

namespace sluice::engine {
namespace {

std::unexpected<Error> Corrupt(std::string_view what) {
  return Fail(Code::kCorrupt, "the table's checkpoint is broken: " + std::string(what));
}

// A view of column `column` of `chunk`.
template <class View, class Column>
View ViewOf(const DuckdbApi& api, const Chunk& chunk, Column column) {
  return View(api, chunk.vector(static_cast<idx_t>(column)));
}

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

// The protocol and metaData actions, row by row.
class HeaderRows {
 public:
  HeaderRows(const DuckdbApi& api, const Chunk& chunk)
      : min_reader_(ViewOf<NumberColumn<int32_t>>(api, chunk, HeaderColumn::kMinReader)),
        min_writer_(ViewOf<NumberColumn<int32_t>>(api, chunk, HeaderColumn::kMinWriter)),
        reader_features_(ViewOf<TextListColumn>(api, chunk, HeaderColumn::kReaderFeatures)),
        writer_features_(ViewOf<TextListColumn>(api, chunk, HeaderColumn::kWriterFeatures)),
        id_(ViewOf<TextColumn>(api, chunk, HeaderColumn::kId)),
        name_(ViewOf<TextColumn>(api, chunk, HeaderColumn::kName)),
        description_(ViewOf<TextColumn>(api, chunk, HeaderColumn::kDescription)),
        provider_(ViewOf<TextColumn>(api, chunk, HeaderColumn::kProvider)),
        options_(ViewOf<TextMapColumn>(api, chunk, HeaderColumn::kOptions)),
        schema_(ViewOf<TextColumn>(api, chunk, HeaderColumn::kSchema)),
        partition_columns_(ViewOf<TextListColumn>(api, chunk, HeaderColumn::kPartitionColumns)),
        configuration_(ViewOf<TextMapColumn>(api, chunk, HeaderColumn::kConfiguration)),
        created_time_(ViewOf<NumberColumn<int64_t>>(api, chunk, HeaderColumn::kCreatedTime)),
        sidecar_(ViewOf<TextColumn>(api, chunk, HeaderColumn::kSidecar)) {}

  // Puts the actions of row `row` into `header`.
  Status Take(idx_t row, delta::CheckpointHeader& header) const {
    if (!sidecar_.IsNull(row)) {
      return Fail(
          Code::kUnsupported,
          "the table requires the Delta reader feature 'v2Checkpoint', which this server does "
          "not have");
    }
    if (!min_reader_.IsNull(row) || !min_writer_.IsNull(row)) {
      if (header.protocol.has_value()) return Corrupt("two protocol actions");
      header.protocol = TRY(ProtocolOf(row));
    }
    if (!id_.IsNull(row) || !schema_.IsNull(row)) {
      if (header.metadata.has_value()) return Corrupt("two metaData actions");
      header.metadata = TRY(MetadataOf(row));
    }
    return {};
  }

 private:
  Result<delta::Protocol> ProtocolOf(idx_t row) const {
    constexpr int kReaderWithFeatures = 3;
    constexpr int kWriterWithFeatures = 7;
    if (min_reader_.IsNull(row) || min_writer_.IsNull(row)) {
      return Corrupt("a protocol without versions");
    }
    delta::Protocol protocol;
    protocol.min_reader_version = min_reader_.At(row);
    protocol.min_writer_version = min_writer_.At(row);
    if (protocol.min_reader_version == kReaderWithFeatures) {
      protocol.reader_features = reader_features_.Get(row);
      if (!protocol.reader_features) return Corrupt("a protocol without readerFeatures");
    }
    if (protocol.min_writer_version == kWriterWithFeatures) {
      protocol.writer_features = writer_features_.Get(row);
      if (!protocol.writer_features) return Corrupt("a protocol without writerFeatures");
    }
    return protocol;
  }

  Result<delta::Metadata> MetadataOf(idx_t row) const {
    if (id_.IsNull(row) || schema_.IsNull(row)) return Corrupt("a metaData without id or schema");
    delta::Metadata metadata;
    metadata.id = id_.At(row);
    metadata.name = name_.Get(row);
    metadata.description = description_.Get(row);
    if (!provider_.IsNull(row)) metadata.format_provider = provider_.At(row);
    metadata.format_options = MapOf(options_, row);
    metadata.schema_string = schema_.At(row);
    metadata.partition_columns = partition_columns_.Get(row).value_or(std::vector<std::string>{});
    metadata.configuration = MapOf(configuration_, row);
    metadata.created_time = created_time_.Get(row);
    return metadata;
  }

  static std::map<std::string, std::string> MapOf(const TextMapColumn& column, idx_t row) {
    std::map<std::string, std::string> map;
    for (auto& [key, value] : column.Get(row)) {
      if (value.has_value()) map.insert_or_assign(std::move(key), *std::move(value));
    }
    return map;
  }

  NumberColumn<int32_t> min_reader_;
  NumberColumn<int32_t> min_writer_;
  TextListColumn reader_features_;
  TextListColumn writer_features_;
  TextColumn id_;
  TextColumn name_;
  TextColumn description_;
  TextColumn provider_;
  TextMapColumn options_;
  TextColumn schema_;
  TextListColumn partition_columns_;
  TextMapColumn configuration_;
  NumberColumn<int64_t> created_time_;
  TextColumn sidecar_;
};

// The add actions, row by row.
class AddRows {
 public:
  AddRows(const DuckdbApi& api, const Chunk& chunk)
      : path_(ViewOf<TextColumn>(api, chunk, AddColumn::kPath)),
        partition_values_(ViewOf<TextMapColumn>(api, chunk, AddColumn::kPartitionValues)),
        size_(ViewOf<NumberColumn<int64_t>>(api, chunk, AddColumn::kSize)),
        modification_time_(ViewOf<NumberColumn<int64_t>>(api, chunk, AddColumn::kModificationTime)),
        data_change_(ViewOf<NumberColumn<bool>>(api, chunk, AddColumn::kDataChange)),
        stats_(ViewOf<TextColumn>(api, chunk, AddColumn::kStats)),
        dv_storage_type_(ViewOf<TextColumn>(api, chunk, AddColumn::kDvStorageType)),
        dv_path_(ViewOf<TextColumn>(api, chunk, AddColumn::kDvPath)),
        dv_offset_(ViewOf<NumberColumn<int32_t>>(api, chunk, AddColumn::kDvOffset)),
        dv_size_(ViewOf<NumberColumn<int32_t>>(api, chunk, AddColumn::kDvSize)),
        dv_cardinality_(ViewOf<NumberColumn<int64_t>>(api, chunk, AddColumn::kDvCardinality)),
        base_row_id_(ViewOf<NumberColumn<int64_t>>(api, chunk, AddColumn::kBaseRowId)),
        row_commit_version_(
            ViewOf<NumberColumn<int64_t>>(api, chunk, AddColumn::kRowCommitVersion)),
        clustering_(ViewOf<TextColumn>(api, chunk, AddColumn::kClustering)) {}

  Result<delta::AddFile> At(idx_t row) const {
    if (path_.IsNull(row) || path_.At(row).empty()) return Corrupt("an add without a path");
    if (size_.IsNull(row) || size_.At(row) < 0) return Corrupt("an add without a size");
    delta::AddFile add;
    add.path = path_.At(row);
    add.partition_values = partition_values_.Get(row);
    add.size = size_.At(row);
    add.modification_time = modification_time_.Get(row).value_or(0);
    add.data_change = data_change_.Get(row).value_or(true);
    add.stats = stats_.Get(row);
    add.deletion_vector = TRY(DeletionVectorOf(row));
    add.base_row_id = base_row_id_.Get(row);
    add.default_row_commit_version = row_commit_version_.Get(row);
    add.clustering_provider = clustering_.Get(row);
    return add;
  }

 private:
  Result<std::optional<delta::DeletionVector>> DeletionVectorOf(idx_t row) const {
    if (dv_storage_type_.IsNull(row) && dv_path_.IsNull(row)) return std::nullopt;
    const bool whole = !dv_storage_type_.IsNull(row) && !dv_path_.IsNull(row) &&
                       !dv_size_.IsNull(row) && !dv_cardinality_.IsNull(row);
    const std::string_view type = whole ? dv_storage_type_.At(row) : "";
    if (type != "u" && type != "i" && type != "p") return Corrupt("a deletion vector");
    delta::DeletionVector vector;
    vector.storage_type = type.front();
    vector.path_or_inline = dv_path_.At(row);
    vector.offset = dv_offset_.Get(row);
    vector.size_in_bytes = dv_size_.At(row);
    vector.cardinality = dv_cardinality_.At(row);
    return vector;
  }

  TextColumn path_;
  TextMapColumn partition_values_;
  NumberColumn<int64_t> size_;
  NumberColumn<int64_t> modification_time_;
  NumberColumn<bool> data_change_;
  TextColumn stats_;
  TextColumn dv_storage_type_;
  TextColumn dv_path_;
  NumberColumn<int32_t> dv_offset_;
  NumberColumn<int32_t> dv_size_;
  NumberColumn<int64_t> dv_cardinality_;
  NumberColumn<int64_t> base_row_id_;
  NumberColumn<int64_t> row_commit_version_;
  TextColumn clustering_;
};

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
