#include "delta/stored_file.h"

#include "base/json.h"
#include "delta/log_path.h"
#include "delta/stats.h"

namespace sluice::delta {

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
  file.outside = IsOutside(add.path) ||
                 (add.deletion_vector.has_value() && add.deletion_vector->storage_type == 'p');
  if (IsCanonicalPath(add.path)) {
    file.key_path = std::move(add.path);
  } else {
    if (!file.outside) TRY(ObjectKey(add.path));
    file.key_path = CanonicalPath(add.path);
    if (file.key_path != add.path) file.path = std::move(add.path);
  }
  file.partition_values = RenderPartitionValues(add.partition_values);
  file.size = add.size;
  file.modification_time = add.modification_time;
  if (add.stats.has_value()) file.num_records = NumRecords(*add.stats);
  file.stats = std::move(add.stats);
  if (add.deletion_vector.has_value()) file.dv_id = add.deletion_vector->UniqueId();
  file.deletion_vector = std::move(add.deletion_vector);
  file.base_row_id = add.base_row_id;
  file.default_row_commit_version = add.default_row_commit_version;
  file.clustering_provider = std::move(add.clustering_provider).value_or("");
  return file;
}

StoredFile StoreRemoval(const RemoveFile& remove) {
  StoredFile file;
  file.key_path = CanonicalPath(remove.path);
  if (remove.deletion_vector.has_value()) file.dv_id = remove.deletion_vector->UniqueId();
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
