// catalog/errors.h -- the sentences of this room that clients see.
//
// They are the reference server's, word for word, because client programs look for them. Each names
// only what the client named.
#pragma once

#include <string_view>

#include "base/result.h"
#include "catalog/names.h"

namespace sluice::catalog {

// All are kNotFound.
std::unexpected<Error> ShareNotFound(std::string_view share);
std::unexpected<Error> SchemaNotFound(std::string_view schema);
std::unexpected<Error> TableNotFound(const TableName& name);
// For a link to a file of a table that is gone or no longer shared: says nothing about the table.
std::unexpected<Error> TableIdNotFound();

}  // namespace sluice::catalog
