// sharing/item_json.h -- shares, schemas and tables as the items of lists.
//
// Locations are never part of an item: files are reached by links, and where they lie is nobody's
// business.
#pragma once

#include <string>

#include "catalog/resolver.h"

namespace sluice::sharing {

void AppendShare(const catalog::Share& share, std::string& out);
void AppendSchema(const catalog::SharedSchema& schema, std::string& out);
void AppendTable(const catalog::SharedTable& table, std::string& out);

}  // namespace sluice::sharing
