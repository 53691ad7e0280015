// engine/checkpoint_rows.h -- the rows of the statements of checkpoint_sql, made into actions.
//
// Valid as long as their chunk. What a row cannot mean is kCorrupt.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "delta/checkpoint.h"
#include "engine/columns.h"
#include "engine/database.h"

namespace sluice::engine {

// Of HeaderStatement.
class HeaderRows {
 public:
  HeaderRows(const DuckdbApi& api, const Chunk& chunk);

  // Puts the actions of row `row` into `header`. Errors: those of CheckpointHeader::Take too
  Status Take(idx_t row, delta::CheckpointHeader& header) const;

 private:
  Result<delta::Protocol> ProtocolOf(idx_t row) const;
  Result<delta::Metadata> MetadataOf(idx_t row) const;
  Result<delta::Sidecar> SidecarOf(idx_t row) const;

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
  NumberColumn<int64_t> checkpoint_version_;
  TextColumn sidecar_path_;
  NumberColumn<int64_t> sidecar_size_;
  NumberColumn<int64_t> sidecar_time_;
};

// Of AddStatement.
class AddRows {
 public:
  AddRows(const DuckdbApi& api, const Chunk& chunk);

  Result<delta::AddFile> At(idx_t row) const;

 private:
  Result<std::optional<delta::DeletionVector>> DeletionVectorOf(idx_t row) const;

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

}  // namespace sluice::engine
