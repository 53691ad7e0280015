#include "engine/parquet_fields.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/columns.h"

namespace sluice::engine {
namespace {

// A node of the file's schema, in the order of Parquet: a group, then what is in it.
struct Node {
  std::string name;
  int64_t children = 0;
  std::optional<int64_t> field_id;
  bool repeated = false;
};

std::unexpected<Error> Strange() {
  return Fail(Code::kUnsupported, "a file has a schema of an unknown shape");
}

Result<std::vector<Node>> ReadNodes(Connection& connection, const std::string& literal) {
  Rows rows = TRY(connection.Run(
      "SELECT name, CAST(coalesce(num_children, 0) AS BIGINT), CAST(field_id AS BIGINT), "
      "coalesce(repetition_type = 'REPEATED', false) FROM parquet_schema(" +
      literal + ")"));
  std::vector<Node> nodes;
  while (true) {
    const Chunk chunk = TRY(rows.Next());
    if (chunk.size() == 0) return nodes;
    const TextColumn names(connection.api(), chunk.vector(0));
    const NumberColumn<int64_t> children(connection.api(), chunk.vector(1));
    const NumberColumn<int64_t> ids(connection.api(), chunk.vector(2));
    const NumberColumn<bool> repeated(connection.api(), chunk.vector(3));
    for (idx_t row = 0; row < chunk.size(); ++row) {
      nodes.push_back(
          {std::string(names.At(row)), children.At(row), ids.Get(row), repeated.At(row)});
    }
  }
}

// Walks the nodes and the engine's type of the same columns side by side.
class Pairing {
 public:
  explicit Pairing(const std::vector<Node>& nodes) : nodes_(nodes) {}

  Status Columns(ColumnType& columns) {
    const Node* root = Next();
    if (root == nullptr) return Strange();
    TRY(Fields(*root, columns));
    return next_ == nodes_.size() && any_ ? Status() : Status(Strange());
  }

 private:
  const Node* Next() { return next_ < nodes_.size() ? &nodes_[next_++] : nullptr; }

  Status Fields(const Node& group, ColumnType& type) {
    if (static_cast<size_t>(group.children) != type.children.size()) return Strange();
    for (NamedColumnType& child : type.children) {
      const Node* node = Next();
      if (node == nullptr) return Strange();
      child.type.field_id = node->field_id;
      any_ = any_ || node->field_id.has_value();
      TRY(Value(*node, child.type));
    }
    return {};
  }

  Status Value(const Node& node, ColumnType& type) {
    switch (type.id) {
      case DUCKDB_TYPE_STRUCT: return Fields(node, type);
      case DUCKDB_TYPE_LIST: return List(node, type);
      case DUCKDB_TYPE_MAP: return Map(node, type);
      default: return node.children == 0 ? Status() : Status(Strange());
    }
  }

  // A group around a repeated one around the element; older writers leave out the innermost.
  Status List(const Node& node, ColumnType& type) {
    ColumnType& element = type.children.front().type;
    const Node* repeated = node.children == 1 ? Next() : nullptr;
    if (repeated == nullptr || !repeated->repeated) return Strange();
    if (repeated->children == 0) return Value(*repeated, element);
    const bool is_element =
        element.id == DUCKDB_TYPE_STRUCT && (repeated->children > 1 || repeated->name == "array" ||
                                             repeated->name == node.name + "_tuple");
    if (is_element) return Fields(*repeated, element);
    const Node* inner = Next();
    return inner == nullptr ? Status(Strange()) : Value(*inner, element);
  }

  Status Map(const Node& node, ColumnType& type) {
    const Node* entries = node.children == 1 ? Next() : nullptr;
    if (entries == nullptr || entries->children != 2) return Strange();
    for (NamedColumnType& child : type.children) {
      const Node* part = Next();
      if (part == nullptr) return Strange();
      TRY(Value(*part, child.type));
    }
    return {};
  }

  const std::vector<Node>& nodes_;
  size_t next_ = 0;
  bool any_ = false;
};

}  // namespace

Result<ColumnType> ReadFileColumns(Connection& connection, const std::string& literal,
                                   FieldIds ids) {
  ColumnType columns{DUCKDB_TYPE_STRUCT, {}};
  {
    Rows rows = TRY(connection.Run("SELECT * FROM read_parquet(" + literal +
                                   ", hive_partitioning = false, union_by_name = false) LIMIT 0"));
    for (idx_t i = 0; i < rows.columns(); ++i) {
      columns.children.push_back(
          {rows.ColumnName(i), ReadColumnType(connection.api(), rows.ColumnType(i))});
    }
  }
  if (ids == FieldIds::kNone) return columns;
  const std::vector<Node> nodes = TRY(ReadNodes(connection, literal));
  TRY(Pairing(nodes).Columns(columns));
  return columns;
}

}  // namespace sluice::engine
