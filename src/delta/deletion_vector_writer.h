// delta/deletion_vector_writer.h -- writes one small deletion vector: for the tables that the
// conformance suite makes.
//
// Source: Delta PROTOCOL.md, "Deletion Vector Format", "Deletion Vector File Storage Format";
// RoaringFormatSpec.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

// Z85 text of bytes whose count is a multiple of 4.
std::string EncodeZ85(std::string_view bytes);

// Writes a vector of `rows`, in ascending order, into a file of its own beside the table's files;
// `uuid`, as text, names the file.
//
// Errors: kInvalidArgument  no rows, more than 4096, not in order, one behind 65535; no UUID
//         kAlreadyExists, kUnavailable  the store
Result<DeletionVector> WriteDeletionVector(const storage::ObjectStore& store, std::string_view uuid,
                                           const std::vector<uint64_t>& rows);

}  // namespace sluice::delta
