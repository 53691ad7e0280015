// delta/deletion_vector.h -- where a deletion vector lies.
//
// Source: Delta PROTOCOL.md, "Deletion Vectors", "Derived Fields"; ZeroMQ RFC 32 (Z85).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

// The bytes that Z85 text stands for. Errors: kCorrupt  a strange character or length
Result<std::string> DecodeZ85(std::string_view text);

// The path of the vector's file, escaped as an add's path is: FilePlaces tells where it lies.
// Errors: kCorrupt          the descriptor is broken
//         kInvalidArgument  the vector is inline ('i'): there is no file
Result<std::string> DeletionVectorPath(const DeletionVector& vector);

}  // namespace sluice::delta
