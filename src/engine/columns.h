// engine/columns.h -- typed views of a chunk's vectors: one call into DuckDB a vector, none a
// value.
//
// A view is valid as long as its chunk. Row numbers are not checked.
#pragma once

#include <duckdb.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/duckdb_api.h"

namespace sluice::engine {

// Numbers and booleans, as they lie in memory.
template <class T>
class NumberColumn {
 public:
  NumberColumn(const DuckdbApi& api, duckdb_vector vector)
      : data_(static_cast<const T*>(api.vector_get_data(vector))),
        validity_(api.vector_get_validity(vector)) {}

  bool IsNull(idx_t row) const {
    return validity_ != nullptr && (validity_[row / 64] >> (row % 64) & 1) == 0;
  }
  const T& At(idx_t row) const { return data_[row]; }
  std::optional<T> Get(idx_t row) const {
    return IsNull(row) ? std::nullopt : std::optional<T>(data_[row]);
  }

 private:
  const T* data_;
  const uint64_t* validity_;  // null: no NULL among them
};

class TextColumn : private NumberColumn<duckdb_string_t> {
 public:
  using NumberColumn::IsNull;
  using NumberColumn::NumberColumn;

  // Strings of up to 12 bytes lie in the value itself, longer ones behind its pointer.
  std::string_view At(idx_t row) const {
    const auto& value = NumberColumn::At(row).value;
    const uint32_t length = value.inlined.length;
    return {length <= sizeof(value.inlined.inlined) ? value.inlined.inlined : value.pointer.ptr,
            length};
  }
  std::optional<std::string> Get(idx_t row) const {
    return IsNull(row) ? std::nullopt : std::optional<std::string>(At(row));
  }
};

class TextListColumn {
 public:
  TextListColumn(const DuckdbApi& api, duckdb_vector vector)
      : entries_(api, vector), elements_(api, api.list_vector_get_child(vector)) {}

  // NULL elements are left out.
  std::optional<std::vector<std::string>> Get(idx_t row) const {
    if (entries_.IsNull(row)) return std::nullopt;
    const auto& entry = entries_.At(row);
    std::vector<std::string> list;
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (!elements_.IsNull(i)) list.emplace_back(elements_.At(i));
    }
    return list;
  }

 private:
  NumberColumn<duckdb_list_entry> entries_;
  TextColumn elements_;
};

// MAP(VARCHAR, VARCHAR): a list of (key, value).
class TextMapColumn {
 public:
  using Pairs = std::vector<std::pair<std::string, std::optional<std::string>>>;

  TextMapColumn(const DuckdbApi& api, duckdb_vector vector)
      : entries_(api, vector),
        keys_(api, api.struct_vector_get_child(api.list_vector_get_child(vector), 0)),
        values_(api, api.struct_vector_get_child(api.list_vector_get_child(vector), 1)) {}

  // In the order of the file; a NULL map is empty.
  Pairs Get(idx_t row) const {
    Pairs pairs;
    if (entries_.IsNull(row)) return pairs;
    const auto& entry = entries_.At(row);
    pairs.reserve(entry.length);
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      pairs.emplace_back(keys_.At(i), values_.Get(i));
    }
    return pairs;
  }

 private:
  NumberColumn<duckdb_list_entry> entries_;
  TextColumn keys_;
  TextColumn values_;
};

}  // namespace sluice::engine
