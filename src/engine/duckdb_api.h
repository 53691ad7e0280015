// engine/duckdb_api.h -- the DuckDB C functions this room calls, taken from libduckdb.so at run
// time.
//
// The library is not linked: it is opened on first use, so that a server that never needs rows pays
// neither its start-up time nor its memory. Members bear the C names without "duckdb_"; signatures
// come from duckdb.h, so a wrong call does not compile.
#pragma once

#include <duckdb.h>

#include "base/result.h"

#define SLUICE_DUCKDB_FUNCTIONS(X) \
  X(library_version)               \
  X(create_config)                 \
  X(set_config)                    \
  X(destroy_config)                \
  X(open_ext)                      \
  X(close)                         \
  X(connect)                       \
  X(disconnect)                    \
  X(interrupt)                     \
  X(free)                          \
  X(query)                         \
  X(prepare)                       \
  X(prepare_error)                 \
  X(destroy_prepare)               \
  X(execute_prepared_streaming)    \
  X(destroy_result)                \
  X(result_error)                  \
  X(result_error_type)             \
  X(fetch_chunk)                   \
  X(destroy_data_chunk)            \
  X(data_chunk_get_size)           \
  X(data_chunk_get_vector)         \
  X(vector_get_data)               \
  X(vector_get_validity)           \
  X(list_vector_get_child)         \
  X(struct_vector_get_child)       \
  X(column_count)                  \
  X(column_name)                   \
  X(column_logical_type)           \
  X(destroy_logical_type)          \
  X(get_type_id)                   \
  X(decimal_width)                 \
  X(decimal_scale)                 \
  X(list_type_child_type)          \
  X(map_type_key_type)             \
  X(map_type_value_type)           \
  X(struct_type_child_count)       \
  X(struct_type_child_name)        \
  X(struct_type_child_type)

namespace sluice::engine {

struct DuckdbApi {
#define SLUICE_DUCKDB_MEMBER(name) decltype(&::duckdb_##name) name = nullptr;
  SLUICE_DUCKDB_FUNCTIONS(SLUICE_DUCKDB_MEMBER)
#undef SLUICE_DUCKDB_MEMBER
};

// Opens libduckdb.so beside the running binary, else in ../lib/sluice from there. Later calls get
// the same table; the library stays open to the end of the process. A failure is not remembered.
// Thread-safe. Errors: kUnavailable  it is not there, or lacks a function
Result<const DuckdbApi*> LoadDuckdb();

}  // namespace sluice::engine
