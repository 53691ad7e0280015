// sharing/item_json.h -- shares, schemas and tables as the items of lists.
//
// A location is part of an item only where recipients are given keys to read there (directory
// access): else files are reached by links, and where they lie is nobody's business.
#pragma once

#include <string>

#include "catalog/resolver.h"

namespace sluice::sharing {

void AppendShare(const catalog::ShareName& share, std::string& out);
void AppendSchema(const catalog::SharedSchema& schema, std::string& out);
void AppendTable(const catalog::SharedTable& table, std::string& out);

// Whether recipients may be given keys for the table's folder.
bool OffersDirectory(const catalog::SharedTable& table);

// `,"location":"...","accessModes":["url","dir"]` for a table with directory access, nothing for
// others: access by URLs alone is what clients take for granted. Delta Sharing PROTOCOL.md, "Access
// Modes".
void AppendAccessModes(const catalog::SharedTable& table, std::string& out);

}  // namespace sluice::sharing
