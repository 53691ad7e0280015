// delta/deletion_vector_reader.h -- the deletion vector of a data file, read and checked.
//
// A vector lies in a file beside others, or, inline, in the log. Nothing of it is believed that
// can be checked: the version of the file's format, the vector's place in it, its size and
// checksum, its own form (delta/deleted_rows.h), the number of rows that the log says, and that
// the data file has these rows. The checksum is counted by Boost, which is at hand anyway: vectors
// are so small that zlib's speed is not worth one more library.
//
// Source: Delta PROTOCOL.md, "Deletion Vector Descriptor Schema", "Deletion Vector File Storage
// Format".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/deleted_rows.h"
#include "storage/object_store.h"

namespace sluice::delta {

// Half a billion rows without any pattern; a data file has some millions.
inline constexpr ByteCount kMaxDeletionVector = MiB(64);

// In all of them `num_records` is how many rows the data file has, if that is known.
//
// Errors of all: kCorrupt      the vector is broken, is not what `vector` says, or its file is
//                              missing
//                kUnsupported  it is larger than kMaxDeletionVector

// Wherever it lies. `store` is the table's.
// Errors: those of DeletionVectorPath; kUnavailable, kPermissionDenied  the store
Result<DeletedRows> ReadDeletedRows(const storage::ObjectStore& store, const DeletionVector& vector,
                                    std::optional<int64_t> num_records);

// From the object `key` of any store, with one request or two.
// Errors: kUnavailable, kPermissionDenied  the store
Result<DeletedRows> ReadDeletedRowsAt(const storage::ObjectStore& store, std::string_view key,
                                      const DeletionVector& vector,
                                      std::optional<int64_t> num_records);

// From all bytes of the vector's file, for those who read several vectors of it.
Result<DeletedRows> DecodeDeletedRowsInFile(std::string_view file, const DeletionVector& vector,
                                            std::optional<int64_t> num_records);

// From the log.
Result<DeletedRows> DecodeInlineDeletedRows(const DeletionVector& vector,
                                            std::optional<int64_t> num_records);

}  // namespace sluice::delta
