// delta/deletion_vector.h -- where the bytes of a deletion vector lie.
//
// Source: Delta PROTOCOL.md, "Deletion Vector Descriptor Schema", "Derived Fields".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

// The file of a vector of storage type 'u': a path like that of an add, relative to the table and
// percent-encoded.
// Errors: kUnsupported  type 'p': an absolute path; kCorrupt  not 20 characters of Z85 at the end
Result<std::string> DeletionVectorPath(const DeletionVector& vector);

// Z85 (ZeroMQ RFC 32): five characters for four bytes. Errors: kCorrupt
Result<std::string> DecodeZ85(std::string_view text);

}  // namespace sluice::delta
