#include "engine/checkpoint_rows.h"

#include <string_view>
#include <utility>
#include <vector>

#include "engine/checkpoint_sql.h"

namespace sluice::engine {
namespace {

using delta::BrokenCheckpoint;

// A view of column `column` of `chunk`.
template <class View, class Column>
View ViewOf(const DuckdbApi& api, const Chunk& chunk, Column column) {
  return View(api, chunk.vector(static_cast<idx_t>(column)));
}

std::map<std::string, std::string> MapOf(const TextMapColumn& column, idx_t row) {
  std::map<std::string, std::string> map;
  for (auto& [key, value] : column.Get(row)) {
    if (value.has_value()) map.insert_or_assign(std::move(key), *std::move(value));
  }
  return map;
}

}  // namespace

HeaderRows::HeaderRows(const DuckdbApi& api, const Chunk& chunk)
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
      checkpoint_version_(
          ViewOf<NumberColumn<int64_t>>(api, chunk, HeaderColumn::kCheckpointVersion)),
      sidecar_path_(ViewOf<TextColumn>(api, chunk, HeaderColumn::kSidecarPath)),
      sidecar_size_(ViewOf<NumberColumn<int64_t>>(api, chunk, HeaderColumn::kSidecarSize)),
      sidecar_time_(ViewOf<NumberColumn<int64_t>>(api, chunk, HeaderColumn::kSidecarTime)) {}

Status HeaderRows::Take(idx_t row, delta::CheckpointHeader& header) const {
  if (!min_reader_.IsNull(row) || !min_writer_.IsNull(row)) {
    TRY(header.Take(TRY(ProtocolOf(row))));
  }
  if (!id_.IsNull(row) || !schema_.IsNull(row)) TRY(header.Take(TRY(MetadataOf(row))));
  if (!checkpoint_version_.IsNull(row)) {
    TRY(header.Take(delta::CheckpointMetadata{checkpoint_version_.At(row)}));
  }
  if (!sidecar_path_.IsNull(row) || !sidecar_size_.IsNull(row)) {
    TRY(header.Take(TRY(SidecarOf(row))));
  }
  return {};
}

Result<delta::Protocol> HeaderRows::ProtocolOf(idx_t row) const {
  constexpr int kReaderWithFeatures = 3;
  constexpr int kWriterWithFeatures = 7;
  if (min_reader_.IsNull(row) || min_writer_.IsNull(row)) {
    return BrokenCheckpoint("a protocol without versions");
  }
  delta::Protocol protocol;
  protocol.min_reader_version = min_reader_.At(row);
  protocol.min_writer_version = min_writer_.At(row);
  if (protocol.min_reader_version == kReaderWithFeatures) {
    protocol.reader_features = reader_features_.Get(row);
    if (!protocol.reader_features) return BrokenCheckpoint("a protocol without readerFeatures");
  }
  if (protocol.min_writer_version == kWriterWithFeatures) {
    protocol.writer_features = writer_features_.Get(row);
    if (!protocol.writer_features) return BrokenCheckpoint("a protocol without writerFeatures");
  }
  return protocol;
}

Result<delta::Metadata> HeaderRows::MetadataOf(idx_t row) const {
  if (id_.IsNull(row) || schema_.IsNull(row)) {
    return BrokenCheckpoint("a metaData without id or schema");
  }
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

Result<delta::Sidecar> HeaderRows::SidecarOf(idx_t row) const {
  if (sidecar_path_.IsNull(row) || sidecar_path_.At(row).empty()) {
    return BrokenCheckpoint("a sidecar without a path");
  }
  if (sidecar_size_.IsNull(row) || sidecar_size_.At(row) < 0) {
    return BrokenCheckpoint("a sidecar without a size");
  }
  if (sidecar_time_.IsNull(row)) return BrokenCheckpoint("a sidecar without a modificationTime");
  delta::Sidecar sidecar;
  sidecar.path = sidecar_path_.At(row);
  sidecar.size = sidecar_size_.At(row);
  sidecar.modification_time = sidecar_time_.At(row);
  return sidecar;
}

AddRows::AddRows(const DuckdbApi& api, const Chunk& chunk)
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
      row_commit_version_(ViewOf<NumberColumn<int64_t>>(api, chunk, AddColumn::kRowCommitVersion)),
      clustering_(ViewOf<TextColumn>(api, chunk, AddColumn::kClustering)) {}

Result<delta::AddFile> AddRows::At(idx_t row) const {
  if (path_.IsNull(row) || path_.At(row).empty()) return BrokenCheckpoint("an add without a path");
  if (size_.IsNull(row) || size_.At(row) < 0) return BrokenCheckpoint("an add without a size");
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

Result<std::optional<delta::DeletionVector>> AddRows::DeletionVectorOf(idx_t row) const {
  if (dv_storage_type_.IsNull(row) && dv_path_.IsNull(row)) return std::nullopt;
  const bool whole = !dv_storage_type_.IsNull(row) && !dv_path_.IsNull(row) &&
                     !dv_size_.IsNull(row) && dv_size_.At(row) >= 0 &&
                     !dv_cardinality_.IsNull(row) && dv_cardinality_.At(row) >= 0;
  const std::string_view type = whole ? dv_storage_type_.At(row) : "";
  if (type != "u" && type != "i" && type != "p")
    return BrokenCheckpoint("a broken deletion vector");
  delta::DeletionVector vector;
  vector.storage_type = type.front();
  vector.path_or_inline = dv_path_.At(row);
  vector.offset = dv_offset_.Get(row);
  vector.size_in_bytes = dv_size_.At(row);
  vector.cardinality = dv_cardinality_.At(row);
  return vector;
}

}  // namespace sluice::engine
