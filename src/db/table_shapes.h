// db/table_shapes.h -- which tables there are, as each driver's own tables say it.
#pragma once

#include <string_view>
#include <vector>

#include "db/database.h"

namespace sluice::db {

// `columns` asks for rows of a table and its next column, `references` for rows of a table and one
// that it refers to. The tables of this room are left out.
Result<std::vector<TableShape>> ReadShapes(Session& session, std::string_view columns,
                                           std::string_view references);

}  // namespace sluice::db
