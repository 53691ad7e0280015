#include "delta/schema_change.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;

std::string Field(std::string_view name, std::string_view type, bool nullable = true,
                  std::string_view metadata = "{}") {
  const bool nested = type.starts_with('{');
  const std::string quoted = nested ? std::string(type) : fmt::format("\"{}\"", type);
  return fmt::format(R"({{"name":"{}","type":{},"nullable":{},"metadata":{}}})", name, quoted,
                     nullable, metadata);
}

std::string Struct(std::initializer_list<std::string> fields) {
  std::string text = R"({"type":"struct","fields":[)";
  for (const std::string& field : fields) {
    if (text.back() != '[') text += ',';
    text += field;
  }
  return text + "]}";
}

std::string Array(std::string_view element, bool contains_null = true) {
  const bool nested = element.starts_with('{');
  const std::string quoted = nested ? std::string(element) : fmt::format("\"{}\"", element);
  return fmt::format(R"({{"type":"array","elementType":{},"containsNull":{}}})", quoted,
                     contains_null);
}

Result<bool> Reads(const std::string& later, const std::string& older) {
  Metadata a;
  Metadata b;
  a.schema_string = later;
  b.schema_string = older;
  return ReadsOlderFiles(a, b);
}

std::string Physical(std::string_view name) {
  return fmt::format(R"({{"delta.columnMapping.physicalName":"{}","delta.columnMapping.id":1}})",
                     name);
}

std::string Widened(std::string_view from, std::string_view to) {
  return fmt::format(R"({{"delta.typeChanges":[{{"fromType":"{}","toType":"{}"}}]}})", from, to);
}

TEST(ReadsOlderFiles, ColumnsMayComeAndGo) {
  const std::string id = Struct({Field("id", "long")});
  EXPECT_THAT(Reads(id, id), IsOkAnd(true));
  EXPECT_THAT(Reads(Struct({Field("id", "long"), Field("n", "string")}), id), IsOkAnd(true));
  EXPECT_THAT(Reads(id, Struct({Field("id", "long"), Field("n", "string")})), IsOkAnd(true));
  EXPECT_THAT(Reads(Struct({Field("id", "long"), Field("n", "string", false)}), id), IsOkAnd(false))
      << "older files have no value for it";
}

TEST(ReadsOlderFiles, TypesStayOrAreWidened) {
  const std::string narrow = Struct({Field("n", "integer")});
  EXPECT_THAT(Reads(Struct({Field("n", "string")}), narrow), IsOkAnd(false));
  EXPECT_THAT(Reads(Struct({Field("n", "long")}), narrow), IsOkAnd(false)) << "not recorded";
  EXPECT_THAT(Reads(Struct({Field("n", "long", true, Widened("integer", "long"))}), narrow),
              IsOkAnd(true));
  EXPECT_THAT(Reads(Struct({Field("n", "long", true, Widened("short", "long"))}), narrow),
              IsOkAnd(false));
  EXPECT_THAT(Reads(narrow, Struct({Field("n", Array("integer"))})), IsOkAnd(false));
}

TEST(ReadsOlderFiles, NullsMustBeAllowedWhereThereMayBeSome) {
  const std::string loose = Struct({Field("n", "long", true)});
  const std::string tight = Struct({Field("n", "long", false)});
  EXPECT_THAT(Reads(loose, tight), IsOkAnd(true));
  EXPECT_THAT(Reads(tight, loose), IsOkAnd(false));
  EXPECT_THAT(
      Reads(Struct({Field("n", Array("long", false))}), Struct({Field("n", Array("long"))})),
      IsOkAnd(false));
}

TEST(ReadsOlderFiles, LooksIntoNestedTypes) {
  const auto nested = [](std::string_view inner) {
    return Struct({Field("s", Struct({Field("a", Array(Struct({Field("x", inner)})))}))});
  };
  EXPECT_THAT(Reads(nested("long"), nested("long")), IsOkAnd(true));
  EXPECT_THAT(Reads(nested("long"), nested("string")), IsOkAnd(false));
}

TEST(ReadsOlderFiles, ColumnsAreKnownByTheirPhysicalNames) {
  const std::string before = Struct({Field("a", "long")});
  EXPECT_THAT(Reads(Struct({Field("renamed", "long", true, Physical("a"))}), before),
              IsOkAnd(true));
  // Dropped, and another one added under the old name: old files do not have it.
  const std::string replaced = Struct({Field("a", "string", true, Physical("col-7"))});
  EXPECT_THAT(Reads(replaced, Struct({Field("a", "long", true, Physical("col-1"))})),
              IsOkAnd(true));
  EXPECT_THAT(Reads(Struct({Field("a", "string")}), before), IsOkAnd(false));
}

TEST(ReadsOlderFiles, PartitionColumnsStay) {
  Metadata later;
  later.schema_string = Struct({Field("renamed", "long", true, Physical("p")), Field("n", "long")});
  later.partition_columns = {"renamed"};
  Metadata older;
  older.schema_string = Struct({Field("p", "long"), Field("n", "long")});
  older.partition_columns = {"p"};
  EXPECT_THAT(ReadsOlderFiles(later, older), IsOkAnd(true));
  older.partition_columns = {"n"};
  EXPECT_THAT(ReadsOlderFiles(later, older), IsOkAnd(false));
  older.partition_columns = {};
  EXPECT_THAT(ReadsOlderFiles(later, older), IsOkAnd(false));
}

TEST(ReadsOlderFiles, ABrokenSchemaIsCorrupt) {
  EXPECT_THAT(Reads(Struct({}), "{"), IsError(Code::kCorrupt));
  EXPECT_THAT(Reads("[]", Struct({})), IsError(Code::kCorrupt));
  EXPECT_THAT(Reads(Struct({Field("a", "long")}), R"({"type":"struct"})"), IsOkAnd(false));
}

}  // namespace
}  // namespace sluice::delta
