// unity/columns.h -- columns as the REST API has them, and as a Delta schema has them.
//
// Source: databricks-sdk, catalog.ColumnInfo; Delta PROTOCOL.md, "Schema Serialization Format".
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "catalog/model.h"
#include "delta/actions.h"
#include "unity/body.h"

namespace sluice::unity {

// The columns of a table, read from its log. Types that nobody has heard of keep their name as
// type_text, without a type_name. Errors: kCorrupt
Result<std::vector<catalog::Column>> ColumnsOf(const delta::Metadata& metadata);

// `columns` of a request, in the order of their positions. Errors: kInvalidArgument
Result<std::vector<catalog::Column>> ParseColumns(const Fields& fields);

// The metadata of an empty table with columns of a request: of the types by type_json, else by
// type_text, which knows no nested ones. Errors: kInvalidArgument
Result<delta::Metadata> MetadataOf(const std::vector<catalog::Column>& columns);

// Columns that somebody names for a table that is there must be the table's: the same names, and
// types where they are told. Errors: kInvalidArgument  the message names the column
Status CheckAgrees(const std::vector<catalog::Column>& given,
                   const std::vector<catalog::Column>& found);

json::Array RenderColumns(const std::vector<catalog::Column>& columns);

}  // namespace sluice::unity
