// catalog/names.h -- names of shares, schemas and tables.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::catalog {

struct TableName {
  std::string share;
  std::string schema;
  std::string table;
};

enum class NameKind { kShare, kSchema, kTable };

// At most 255 characters; no space, '/', control character or DEL; schemas and tables no '.'
// either. Source: Delta Sharing PROTOCOL.md, "Names" (2026-08). Errors: kInvalidArgument  the
// message says which rule
Status CheckName(NameKind kind, std::string_view name);

}  // namespace sluice::catalog
