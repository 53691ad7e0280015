#include "delta/stored_file.h"

#include "base/json.h"
#include "delta/log_path.h"
#include "delta/stats.h"

namespace sluice::delta {
namespace {

// Path and deletion vector, and what follows from them.
Status TakeKey(std::string&& path, std::optional<DeletionVector>&& vector, StoredFile& file) {
  file.outside = IsOutside(path) || (vector.has_value() && vector->storage_type == 'p');
  if (IsCanonicalPath(path)) {
    file.key_path = std::move(path);
  } else {
    if (!file.outside) TRY(ObjectKey(path));
    file.key_path = CanonicalPath(path);
    if (file.key_path != path) file.path = std::move(path);
  }
  if (vector.has_value()) file.dv_id = vector->UniqueId();
  file.deletion_vector = std::move(vector);
  return {};
}

}  // namespace

FileRow StoredFile::Row() const {
  FileRow row;
  row.key = key();
  row.outside = outside;
  row.entry.path = path.empty() ? key_path : path;
  row.entry.partition_values = partition_values;
  row.entry.size = size;
  row.entry.modification_time = modification_time;
  if (stats.has_value()) row.entry.stats = *stats;
  row.entry.num_records = num_records;
  if (deletion_vector.has_value()) row.entry.deletion_vector = &*deletion_vector;
  row.entry.base_row_id = base_row_id;
  row.entry.default_row_commit_version = default_row_commit_version;
  row.entry.clustering_provider = clustering_provider;
  return row;
}

ByteCount StoredFile::memory() const {
  size_t bytes = sizeof *this + key_path.capacity() + dv_id.capacity() + path.capacity() +
                 partition_values.capacity() + clustering_provider.capacity();
  if (stats.has_value()) bytes += stats->capacity();
  if (deletion_vector.has_value()) bytes += deletion_vector->path_or_inline.capacity();
  return {bytes};
}

Result<StoredFile> StoreFile(AddFile&& add) {
  StoredFile file;
  TRY(TakeKey(std::move(add.path), std::move(add.deletion_vector), file));
  file.partition_values = RenderPartitionValues(add.partition_values);
  file.size = add.size;
  file.modification_time = add.modification_time;
  if (add.stats.has_value()) file.num_records = NumRecords(*add.stats);
  file.stats = std::move(add.stats);
  file.base_row_id = add.base_row_id;
  file.default_row_commit_version = add.default_row_commit_version;
  file.clustering_provider = std::move(add.clustering_provider).value_or("");
  file.data_change = add.data_change;
  return file;
}

Result<StoredFile> StoreFile(RemoveFile&& remove) {
  StoredFile file;
  TRY(TakeKey(std::move(remove.path), std::move(remove.deletion_vector), file));
  if (remove.partition_values.has_value()) {
    file.partition_values = RenderPartitionValues(*remove.partition_values);
  }
  file.size = remove.size.value_or(-1);
  file.modification_time = remove.deletion_timestamp;
  file.base_row_id = remove.base_row_id;
  file.default_row_commit_version = remove.default_row_commit_version;
  file.data_change = remove.data_change;
  file.removed = true;
  return file;
}

Result<StoredFile> StoreFile(CdcFile&& cdc) {
  StoredFile file;
  TRY(TakeKey(std::move(cdc.path), std::nullopt, file));
  file.partition_values = RenderPartitionValues(cdc.partition_values);
  file.size = cdc.size;
  return file;
}

StoredFile Tombstone(StoredFile&& removed) {
  StoredFile file;
  file.key_path = std::move(removed.key_path);
  file.dv_id = std::move(removed.dv_id);
  file.removed = true;
  return file;
}

std::string RenderPartitionValues(const PartitionValues& values) {
  std::string json = "{";
  for (const auto& [name, value] : values) {
    if (json.size() > 1) json += ',';
    json::AppendQuoted(name, json);
    json += ':';
    if (value.has_value() && !value->empty()) {
      json::AppendQuoted(*value, json);
    } else {
      json += "null";
    }
  }
  return json + '}';
}

}  // namespace sluice::delta
