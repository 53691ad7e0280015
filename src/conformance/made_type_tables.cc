// Tables that show values: every primitive type, nested ones, and no rows at all.
#include "conformance/made_tables.h"

namespace sluice::conformance {
namespace {

// Ordinary rows; the ends of each type and texts that are hard to carry; nothing but NULL. Dates
// and times stay where every client's calendar agrees.
MadeTable Plain() {
  MadeTable table;
  table.name = "plain";
  table.about = "Every primitive type: ordinary values, extreme ones, NULL.";
  table.columns = {Primitive("id", "long"),
                   Primitive("flag", "boolean"),
                   Primitive("tiny", "byte"),
                   Primitive("small", "short"),
                   Primitive("number", "integer"),
                   Primitive("big", "long"),
                   Primitive("ratio", "float"),
                   Primitive("precise", "double"),
                   Primitive("price", "decimal(10,2)"),
                   Primitive("wide", "decimal(38,18)"),
                   Primitive("name", "string"),
                   Primitive("raw", "binary"),
                   Primitive("day", "date"),
                   Primitive("moment", "timestamp")};
  MadeCommit commit{.operation = "WRITE"};
  commit.adds.push_back({.name = "ordinary.parquet", .rows = R"(
SELECT i, i % 2 = 0, i, i * 100, i * 1000, i * 1000000000, i / 4.0, i / 8.0, i * 1.25, i * 0.001,
  'name ' || i, encode('raw ' || i), DATE '2024-01-01' + i::INTEGER,
  make_timestamptz(1704067200000000 + i * 3600000001)
FROM range(1, 101) r(i))"});
  commit.adds.push_back({.name = "extremes.parquet", .rows = R"(
SELECT * FROM (VALUES
(101, true, -128, -32768, -2147483648, -9223372036854775808, '-3.4028235e38', '-1.7976931348623157e308',
 '-99999999.99', '-99999999999999999999.999999999999999999', '', ''::BLOB, '1600-01-01',
 '1900-01-01 00:00:00+00'),
(102, false, 127, 32767, 2147483647, 9223372036854775807, '3.4028235e38', '1.7976931348623157e308',
 '99999999.99', '99999999999999999999.999999999999999999', 'ünïcödé · 漢字 · עברית · 🦆', '\x00\xFF\x80\x0A'::BLOB,
 '9999-12-31', '9999-12-31 23:59:59.999999+00'),
(103, true, 0, 0, 0, 0, 'nan', 'nan', '0.01', '0.000000000000000001', 'line' || chr(10) || 'feed' || chr(9) || 'tab',
 'x'::BLOB, '1970-01-01', '1970-01-01 00:00:00+00'),
(104, true, 1, 1, 1, 1, 'inf', 'inf', '-0.01', '-0.000000000000000001', 'quote " back\slash '' %20 {x} </b>',
 'x'::BLOB, '1969-12-31', '1969-12-31 23:59:59.999999+00'),
(105, false, -1, -1, -1, -1, '-inf', '-inf', '0', '0', 'null', 'null'::BLOB, '2024-02-29',
 '2024-02-29 12:34:56.789012+00'),
(106, false, 7, 7, 7, 9007199254740993, '1.17549435e-38', '2.2250738585072014e-308', '12345678.90',
 '1234567890.123456789012345678', repeat('long ', 200), repeat('b', 1000)::BLOB, '2038-01-19',
 '2038-01-19 03:14:08+00')
))"});
  commit.adds.push_back({.name = "nulls.parquet", .rows = R"(
SELECT i, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM range(107, 110) r(i))"});
  table.commits = {commit};
  table.history_shared = false;
  return table;
}

MadeTable Nested() {
  MadeTable table;
  table.name = "nested";
  table.about = "A struct, a list, a map, and a list of structs, with NULL at every depth.";
  table.columns = {
      Primitive("id", "long"),
      {.name = "point",
       .type = R"({"type":"struct","fields":[{"name":"x","type":"integer","nullable":true,)"
               R"("metadata":{}},{"name":"label","type":"string","nullable":true,"metadata":{}}]})",
       .sql_type = "STRUCT(x INTEGER, label VARCHAR)"},
      {.name = "numbers",
       .type = R"({"type":"array","elementType":"integer","containsNull":true})",
       .sql_type = "INTEGER[]"},
      {.name = "words",
       .type = R"({"type":"map","keyType":"string","valueType":"long","valueContainsNull":true})",
       .sql_type = "MAP(VARCHAR, BIGINT)"},
      {.name = "steps",
       .type = R"({"type":"array","elementType":{"type":"struct","fields":[{"name":"at",)"
               R"("type":"date","nullable":true,"metadata":{}}]},"containsNull":true})",
       .sql_type = "STRUCT(\"at\" DATE)[]"}};
  MadeCommit commit{.operation = "WRITE"};
  commit.adds.push_back({.name = "nested.parquet",
                         .rows = R"(
SELECT * FROM (VALUES
(1, {'x': 1, 'label': 'one'}, [1, 2, 3], MAP {'a': 1, 'b': 2}, [{'at': DATE '2024-01-01'}]),
(2, {'x': NULL, 'label': NULL}, [NULL, 2], MAP {'c': NULL::BIGINT}, [{'at': NULL::DATE}, NULL]),
(3, NULL, NULL, NULL, NULL),
(4, {'x': -4, 'label': ''}, [], MAP {}, [])
))",
                         .statistics = false});
  table.commits = {commit};
  return table;
}

MadeTable Empty() {
  MadeTable table;
  table.name = "empty";
  table.about = "Two columns and no file.";
  table.columns = {Primitive("id", "long"), Primitive("name", "string")};
  table.commits = {{.operation = "CREATE TABLE"}};
  return table;
}

}  // namespace

std::vector<MadeTable> MadeTypeTables() { return {Plain(), Nested(), Empty()}; }

}  // namespace sluice::conformance
