// delta/table_columns.h -- the columns of a table by the names that clients give them: where a
// file's partition values and statistics tell of each, and what type they are of.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/actions.h"
#include "delta/value_type.h"

namespace sluice::delta {

struct TableColumn {
  std::vector<std::string> path;  // physical names, from the top level down
  bool is_partition = false;
  Type type;
};

class TableColumns {
 public:
  // Broken metadata has no columns.
  TableColumns(const Protocol& protocol, const Metadata& metadata);

  // A column of the top level, or one in structs with dots between the names; without regard to
  // case unless the exact name is there. Nothing: no such column, or more than one.
  std::optional<TableColumn> Find(std::string_view name) const;

  struct Field {
    std::string name;
    std::string physical_name;  // empty: the name is mapped, but nobody says to what
    Type type;
    bool is_partition = false;
    std::vector<Field> fields;  // of a struct
  };

 private:
  std::vector<Field> fields_;
};

}  // namespace sluice::delta
