// catalog/row_json.h -- what a row of the catalog holds beside its columns, as a JSON object.
//
// Each struct is described once, for writing and for reading. A field that is not there keeps its
// default, so that rows of older programs can be read; a field is never given another meaning.
// Enumerations are written as numbers: their values must not change.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/model.h"

namespace sluice::catalog {

std::string WriteDetails(const Details& details);
// Errors: kCorrupt
Result<Details> ReadDetails(Kind kind, std::string_view text);

std::string WriteProperties(const Properties& properties);
Result<Properties> ReadProperties(std::string_view text);

// All of a principal but its id, kind and name.
std::string WritePrincipal(const Principal& principal);
Status ReadPrincipal(std::string_view text, Principal& principal);

std::string WriteDigest(const crypto::Digest& digest);
Result<crypto::Digest> ReadDigest(std::string_view text);

}  // namespace sluice::catalog
