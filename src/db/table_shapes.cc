#include "db/table_shapes.h"

#include <map>
#include <utility>

namespace sluice::db {

Result<std::vector<TableShape>> ReadShapes(Session& session, std::string_view columns,
                                           std::string_view references) {
  std::map<std::string, TableShape> shapes;
  TRY(session.Query(columns, {}, [&](const Row& row) -> Status {
    shapes[TRY(Text(row, 0))].columns.push_back(TRY(Text(row, 1)));
    return {};
  }));
  for (const char* of_this_room : {"sluice_generation", "sluice_migrations"}) {
    shapes.erase(of_this_room);
  }
  TRY(session.Query(references, {}, [&](const Row& row) -> Status {
    const auto found = shapes.find(TRY(Text(row, 0)));
    if (found != shapes.end()) found->second.refers_to.push_back(TRY(Text(row, 1)));
    return {};
  }));
  std::vector<TableShape> all;
  for (auto& [name, shape] : shapes) {
    shape.name = name;
    all.push_back(std::move(shape));
  }
  return all;
}

}  // namespace sluice::db
