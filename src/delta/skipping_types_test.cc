// What statistics and literals of each type may and may not be relied on for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "delta/data_skipping.h"
#include "delta/testing/predicates.h"

namespace sluice::delta {
namespace {

using namespace testing;  // delta/testing/predicates.h

constexpr Matches kNone = Matches::kNone;
constexpr Matches kSome = Matches::kSome;
constexpr Matches kAll = Matches::kAll;

struct Case {
  std::string least;  // as JSON; or the one partition value
  std::string most;
  Predicate predicate;
  Matches expected;
};

Metadata Table(const std::string& type, const std::string& metadata, bool is_partition) {
  Metadata table;
  table.schema_string = fmt::format(
      R"({{"type":"struct","fields":[{{"name":"c","type":"{}","nullable":true,"metadata":{}}}]}})",
      type, metadata);
  if (is_partition) table.partition_columns = {"c"};
  return table;
}

void CheckBounds(const std::string& type, const std::vector<Case>& cases,
                 const std::string& metadata = "{}") {
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& given = cases[i];
    const std::string stats =
        fmt::format(R"({{"numRecords":2,"minValues":{{"c":{}}},"maxValues":{{"c":{}}},)"
                    R"("nullCount":{{"c":0}}}})",
                    given.least, given.most);
    FileEntry file;
    file.partition_values = "{}";
    file.stats = stats;
    DataSkipping skipping(given.predicate, {}, Table(type, metadata, false));
    EXPECT_EQ(skipping.OfFile(file), given.expected) << "case " << i << ": " << stats;
  }
}

void CheckValues(const std::string& type, const std::vector<Case>& cases,
                 const std::string& metadata = "{}") {
  for (size_t i = 0; i < cases.size(); ++i) {
    DataSkipping skipping(cases[i].predicate, {}, Table(type, metadata, true));
    const std::string values = fmt::format(R"({{"c":"{}"}})", cases[i].least);
    EXPECT_EQ(skipping.OfPartition(values), cases[i].expected) << "case " << i << ": " << values;
  }
}

std::string Quoted(const std::string& text) { return '"' + text + '"'; }

TEST(SkippingTypes, StringsAreOrderedByBytes) {
  // In UTF-16 the second would be the greater one.
  CheckBounds("string", {{R"("a")", R"("🐤")", Is("c", "=", Text("\xEF\xBF\xBD")), kSome},
                         {R"("a")", R"("\uffee")", Is("c", "=", Text("🐤")), kNone},
                         {R"("Z")", R"("a")", Is("c", "=", Text("B")), kNone},
                         {R"("a")", R"("a")", Is("c", "=", Text("a")), kAll},
                         {R"("a")", R"("a")", Is("c", "=", Text("null")), kSome},
                         {R"("")", R"("a")", Is("c", "<", Text("")), kNone}});
}

TEST(SkippingTypes, LongStringsMayBeCut) {
  const std::string cut(32, 'x');
  const std::string longer = cut + "yz";
  const std::string marked = cut + "\x7f";
  const std::string birds = "🐤🐤🐤🐤🐤🐤🐤🐤🐤🐤🐤🐤🐤🐤🐤🐤";  // 32 characters of UTF-16
  CheckBounds(
      "string",
      {{Quoted(cut), Quoted(cut), Is("c", "=", Text(cut)), kSome},
       {Quoted(cut), Quoted(cut), Is("c", "=", Text(longer)), kSome},
       {Quoted(cut), Quoted(cut), Is("c", "!=", Text(cut)), kSome},
       {Quoted(cut), Quoted(cut), Is("c", ">", Text(longer)), kSome},
       {Quoted(cut), Quoted(cut), Is("c", ">=", Text(cut)), kAll},
       {Quoted(cut), Quoted(cut), Is("c", "<", Text("x")), kNone},
       {Quoted(cut), Quoted(cut), Is("c", ">", Text("y")), kNone},
       {Quoted(cut), Quoted(marked), Is("c", "=", Text(cut + "🐤")), kSome},
       {Quoted(cut), Quoted(marked), Is("c", "=", Text(std::string(31, 'x') + "y")), kNone},
       {Quoted(cut), Quoted(marked), StartsWith("c", cut), kAll},
       {Quoted(birds), Quoted(birds + "\xEF\xBF\xBD"), Is("c", ">", Text(birds + "🐤")), kSome},
       {Quoted("a"), Quoted("ab\xEF\xBF\xBD"), Is("c", "=", Text("ab🐤")), kSome},
       {Quoted("a"), Quoted("ab\xEF\xBF\xBD"), Is("c", "=", Text("b")), kNone},
       {Quoted("a"), Quoted("\xEF\xBF\xBD"), Is("c", "=", Text("🐤")), kSome},
       // 31 are never cut.
       {Quoted("x"), Quoted(std::string(31, 'x')), Is("c", "=", Text(cut)), kNone}});
}

TEST(SkippingTypes, StringsOfOtherOrdersSayNothing) {
  const Predicate other = Is("c", "=", Text("B"));
  const std::string collated = R"j({"__COLLATIONS":{"c":"UTF8_LCASE"}})j";
  const std::string padded = R"j({"__CHAR_VARCHAR_TYPE_STRING":"char(5)"})j";
  for (const std::string& metadata : {collated, padded}) {
    CheckBounds("string", {{R"("a")", R"("b")", other, kSome}}, metadata);
    CheckBounds("string", {{R"("a")", R"("b")", IsNull("c"), kNone}}, metadata);
    CheckValues("string", {{"b", "", other, kSome}}, metadata);
  }
  CheckBounds("string", {{R"("a")", R"("b")", other, kNone}},
              R"j({"__CHAR_VARCHAR_TYPE_STRING":"varchar(5)"})j");
  CheckBounds("string collate UTF8_LCASE", {{R"("a")", R"("b")", other, kSome}});
  CheckBounds("binary", {{R"("a")", R"("b")", other, kSome}});
  CheckBounds("variant", {{R"("a")", R"("b")", other, kSome}});
}

TEST(SkippingTypes, NotANumberMayBeAnywhere) {
  for (const char* type : {"float", "double"}) {
    CheckBounds(type, {{"1.5", "2.5", Is("c", ">", Number("3")), kSome},
                       {"1.5", "2.5", Is("c", ">=", Number("3")), kSome},
                       {"1.5", "2.5", Is("c", "<", Number("1")), kNone},
                       {"1.5", "2.5", Is("c", "<=", Number("1.25")), kNone},
                       {"1.5", "2.5", Is("c", "=", Number("3")), kNone},
                       {"1.5", "2.5", In(Column("c"), {Number("3"), Number("1")}), kNone},
                       {"1.5", "2.5", Is("c", "<", Number("3")), kSome},
                       {"1.5", "2.5", Not(Is("c", ">", Number("1"))), kSome},
                       {"1.5", "1.5", Is("c", "=", Number("1.5")), kSome},
                       {"1.5", "1.5", Is("c", "!=", Number("1.5")), kSome},
                       {"1.5", "2.5", Is(Column("c"), "=", Column("c")), kSome},
                       {"1.5", R"("NaN")", Is("c", "=", Number("9")), kSome},
                       {"1.5", R"("NaN")", Is("c", "=", Number("1")), kNone},
                       {R"("NaN")", R"("NaN")", Is("c", "<", Number("1")), kSome},
                       {R"("-Infinity")", "1", Is("c", "<", Number("-1e30")), kSome},
                       {"1", R"("Infinity")", Is("c", "=", Number("1e300")), kSome},
                       {"0.0", "1", Is("c", "=", Number("-0.0")), kSome},
                       {"-0.0", "1", Is("c", "<", Number("0")), kNone},
                       {"1.5", "2.5", Is("c", ValueType::kDouble, "=", "NaN"), kSome},
                       {"1.5", R"("nan")", Is("c", "=", Number("1")), kSome}});
  }
}

TEST(SkippingTypes, FloatsAndDoublesMayBeRounded) {
  // 0.1 as a float is 0.100000001490116.
  CheckBounds("float",
              {{"0.1", "0.1", Is("c", "=", Number("0.1")), kSome},
               {"0.1", "0.1", Is("c", "=", Number("0.100000001490116119384765625")), kSome},
               {"0.1", "0.1", Is("c", ValueType::kDouble, "=", "0.10000000149011612"), kSome},
               {"0.1", "0.1", Is("c", ValueType::kDouble, "=", "0.1"), kSome},
               {"0.1", "0.1", Is("c", ValueType::kFloat, "=", "0.1"), kSome},
               {"0.1", "0.2", Is("c", "<", Number("0.0999")), kNone},
               {"1e30", "2e38", Is("c", "=", Number("1e300")), kNone}});
  CheckBounds("double", {{"0.1", "0.1", Is("c", "=", Number("0.1")), kSome},
                         {"0.1", "0.1", Is("c", "=", Number("0.11")), kNone},
                         {"0.1", "0.1", Is("c", "=", Number("1e-1")), kSome},
                         {"0.1", "0.1", Is("c", "<", Number("0.1")), kSome},
                         {"9007199254740992", "9007199254740992",
                          Is("c", "=", Number("9007199254740993")), kSome}});
  // A column that was float once: 0.1 stands for the float in old files.
  CheckBounds("double",
              {{"0.1", "0.1", Is("c", "=", Number("0.100000001490116119384765625")), kSome},
               {"0.1", "0.1", Is("c", "=", Number("0.11")), kNone}},
              R"({"delta.typeChanges":[{"fromType":"float","toType":"double"}]})");
  CheckBounds("double",
              {{"0.1", "0.1", Is("c", "=", Number("0.100000001490116119384765625")), kNone}},
              R"({"delta.typeChanges":[{"fromType":"integer","toType":"double"}]})");
  CheckValues("float", {{"0.1", "", Is("c", "=", Number("0.1")), kSome},
                        {"1.5", "", Is("c", "=", Number("1.5")), kAll},
                        {"NaN", "", Is("c", "=", Number("1.5")), kSome}});
  // Longs that are looked at as doubles.
  CheckBounds("long", {{"9007199254740993", "9007199254740993",
                        Is("c", ValueType::kDouble, "=", "9007199254740992"), kSome},
                       {"9007199254740993", "9007199254740993",
                        Is("c", "=", Number("9007199254740992")), kNone},
                       {"9007199254740993", "9007199254740993",
                        Is("c", "=", Number("9.007199254740992e15")), kSome},
                       {"3", "3", Is("c", ValueType::kDouble, "=", "3.0"), kAll},
                       {"3", "3", Is("c", "=", Number("3e0")), kAll}});
}

TEST(SkippingTypes, DecimalsAreExact) {
  CheckBounds("decimal(15,2)",
              {{"10.50", "12.00", Is("c", "=", Number("10.49")), kNone},
               {"10.50", "12.00", Is("c", "<", Number("10.5")), kNone},
               {"10.50", "12.00", Is("c", "<=", Number("10.5")), kSome},
               {"10.50", "10.50", Is("c", "=", Number("10.5")), kAll},
               {R"("10.50")", R"("12")", Is("c", ">", Number("12")), kNone},
               // Written as a double that was off by a little.
               {"0.30000000000000004", "0.30000000000000004", Is("c", "=", Number("0.3")), kSome}});
  // 38 digits; those that may have been doubles are within what a double leaves out.
  const std::string digits = "12345678901234567890123456789012345";
  CheckBounds(
      "decimal(38,2)",
      {{digits + ".00", digits + ".00", Is("c", "=", Number(digits + ".01")), kSome},
       {digits + ".00", digits + ".00", Is("c", "=", Number("1" + digits)), kNone},
       {"1.2345678901234568e34", "1.2345678901234568e34", Is("c", "=", Number(digits)), kSome},
       {"1.00", "1.00", Is("c", ">", Number("1.02")), kNone}});
  CheckValues("decimal(38,2)", {{digits + ".01", "", Is("c", "=", Number(digits + ".01")), kAll},
                                {digits + ".01", "", Is("c", "=", Number(digits + ".02")), kNone},
                                {digits + ".01", "", Is("c", "<", Number(digits + ".02")), kAll},
                                {"0E-10", "", Is("c", "=", Number("0")), kAll},
                                {"1E+3", "", Is("c", "=", Number("1000")), kAll},
                                // No type holds both sides: Spark rounds.
                                {"1", "", Is("c", "<", Number("1.0000000001")), kSome},
                                {"1", "", Is("c", "=", Number("1" + digits + digits)), kSome}});
  CheckBounds("decimal(5,2)", {{"3", "7", Is("c", "=", Number("8")), kNone}});  // was integer once
  CheckBounds("decimal(50,2)", {{"3", "7", Is("c", "=", Number("8")), kSome}});
}

TEST(SkippingTypes, DatesAreDays) {
  const auto day = [](const char* text) { return Is("c", "=", Day(text)); };
  CheckBounds("date",
              {{R"("2021-04-01")", R"("2021-04-30")", day("2021-03-31"), kNone},
               {R"("2021-04-01")", R"("2021-04-30")", day("2021-04-30"), kSome},
               {R"("2021-04-01")", R"("2021-04-30")", Is("c", ">", Text("2021-04-30")), kNone},
               {R"("2021-04-01")", R"("2021-04-30")", Is("c", ">", Text("2021-5-01")), kSome},
               {R"("2021-04-01")", R"("2021-04-30")", day("2021-02-30"), kSome},
               {R"("2021-04-01")", R"("2021-04-31")", day("2021-03-31"), kSome},
               {R"("2021-04-01")", R"("+12021-04-30")", day("2021-03-31"), kSome},
               {"18718", "18747", day("2021-03-31"), kSome},
               // Before 1582 readers do not agree which day a file means.
               {R"("1500-01-05")", R"("2021-04-30")", day("1500-01-01"), kSome},
               {R"("0001-01-01")", R"("1500-01-05")", day("1500-01-10"), kSome},
               {R"("0001-01-01")", R"("1500-01-05")", day("1600-01-01"), kNone}});
}

TEST(SkippingTypes, DaysAndMomentsMeetInNoCertainZone) {
  CheckBounds(
      "date",
      {{R"("2021-04-02")", R"("2021-04-02")", Is("c", "<", Time("2021-04-01T07:00:00Z")), kSome},
       {R"("2021-04-02")", R"("2021-04-02")", Is("c", "<", Time("2021-04-01T05:00:00Z")), kNone},
       {R"("2021-04-02")", R"("2021-04-02")",
        Is("c", ValueType::kTimestamp, "=", "2021-04-02T00:00:00Z"), kSome}});
  CheckBounds("timestamp", {{R"("2021-04-02T10:00:00Z")", R"("2021-04-02T10:00:00Z")",
                             Is("c", ValueType::kDate, "=", "2021-04-03"), kSome},
                            {R"("2021-04-02T10:00:00Z")", R"("2021-04-02T10:00:00Z")",
                             Is("c", ValueType::kDate, "=", "2021-04-04"), kNone},
                            {R"("2021-04-02T10:00:00Z")", R"("2021-04-02T10:00:00Z")",
                             Is("c", "<", Day("2021-04-02")), kSome}});
  CheckBounds(
      "timestamp_ntz",
      {{R"("2021-04-02T10:00:00")", R"("2021-04-02T10:00:00")", Is("c", "<", Day("2021-04-02")),
        kNone},
       {R"("2021-04-02T10:00:00")", R"("2021-04-02T10:00:00")",
        Is("c", ValueType::kDate, "=", "2021-04-02"), kAll},
       // A date once.
       {R"("2021-04-02")", R"("2021-04-02")", Is("c", "<", Text("2021-04-02T00:00:00")), kSome},
       {R"("2021-04-02")", R"("2021-04-02")", Is("c", "<", Text("2021-04-01T00:00:00")), kNone}});
}

TEST(SkippingTypes, TimestampsOfStatisticsAreCutToMilliseconds) {
  const std::string least = R"("2021-04-02T10:00:00.123Z")";
  const std::string most = R"("2021-04-02T12:00:00.123+01:00")";  // 11:00 in UTC
  const auto is = [](std::string_view op, const char* text) { return Is("c", op, Time(text)); };
  CheckBounds("timestamp", {{least, most, is("<", "2021-04-02T10:00:00.122Z"), kNone},
                            {least, most, is("<", "2021-04-02T10:00:00.122500Z"), kSome},
                            {least, most, is(">", "2021-04-02T11:00:00.123999Z"), kSome},
                            {least, most, is(">", "2021-04-02T11:00:00.124Z"), kNone},
                            {least, most, is(">", "2021-04-02 11:00:00.124Z"), kNone},
                            {least, most, is("<", "2021-04-02T11:00:01Z"), kAll},
                            {least, least, is("=", "2021-04-02T10:00:00.123Z"), kSome}});
  // Without a zone: anywhere on earth.
  const std::string nowhere = R"("2021-04-02 10:00:00")";
  CheckBounds("timestamp", {{nowhere, nowhere, is("=", "2021-04-01T17:00:00Z"), kSome},
                            {nowhere, nowhere, is("=", "2021-04-01T15:00:00Z"), kNone},
                            {least, least, is("=", "2021-04-03T03:00:00"), kSome},
                            {least, least, is("=", "2021-04-03T05:00:00"), kNone},
                            {nowhere, nowhere, is("=", "2021-04-03T21:00:00"), kSome},
                            {nowhere, nowhere, is("=", "2021-04-03T23:00:00"), kNone}});
  CheckBounds("timestamp", {{R"("1850-01-01T00:00:00Z")", R"("1850-01-02T00:00:00Z")",
                             is("=", "1849-12-31T23:00:00Z"), kSome},
                            {R"("1850-01-01T00:00:00Z")", R"("1850-01-02T00:00:00Z")",
                             is("=", "1950-01-01T00:00:00Z"), kNone}});
}

TEST(SkippingTypes, ClientsCutLiteralsToMilliseconds) {
  const auto is = [](std::string_view op, const char* text) {
    return Is(Column("c", ValueType::kTimestamp), op, Literal(ValueType::kTimestampMs, text));
  };
  CheckValues("timestamp",
              {{"2021-04-02T10:00:00.123456Z", "", is("=", "2021-04-02T10:00:00.123Z"), kSome},
               {"2021-04-02T10:00:00.123Z", "", is("=", "2021-04-02T10:00:00.123Z"), kSome},
               {"2021-04-02T10:00:00.123Z", "", is("!=", "2021-04-02T10:00:00.123Z"), kSome},
               {"2021-04-02T10:00:00.124Z", "", is("=", "2021-04-02T10:00:00.123Z"), kNone},
               {"2021-04-02T10:00:00.122Z", "", is("=", "2021-04-02T10:00:00.123Z"), kNone},
               {"1960-04-02T10:00:00.122500Z", "", is("=", "1960-04-02T10:00:00.123Z"), kSome},
               {"2021-04-02T10:00:00.124Z", "", is(">", "2021-04-02T10:00:00.123Z"), kAll}});
}

TEST(SkippingTypes, TimestampsOfPartitionsAreExactIfTheyHaveAZone) {
  const auto is = [](std::string_view op, const char* text) { return Is("c", op, Time(text)); };
  CheckValues(
      "timestamp",
      {{"2021-04-02T10:00:00.123456Z", "", is("=", "2021-04-02T12:00:00.123456+02:00"), kAll},
       {"2021-04-02T10:00:00.123456Z", "", is("=", "2021-04-02T10:00:00.123457Z"), kNone},
       {"2021-04-02 10:00:00", "", is("=", "2021-04-02T10:00:00Z"), kSome},
       {"2021-04-02 10:00:00", "", is("=", "2021-04-03T03:59:59Z"), kSome},
       {"2021-04-02 10:00:00", "", is("=", "2021-04-03T04:00:01Z"), kNone},
       {"2021-04-02T10:00:00Z", "", is("=", "2021-04-02 10:00:00"), kSome},
       {"2021-04-02T10:00:00Z", "", Is("c", "=", Text("2021-04-02T10:00:00Z")), kAll},
       {"2021-04-02T25:00:00Z", "", is("=", "2021-04-09T10:00:00Z"), kSome},
       {"2021-04-02T10:00:00.1234567Z", "", is("=", "2021-04-09T10:00:00Z"), kSome}});
  const auto is_text = [](std::string_view op, const char* text) {
    return Is("c", op, Text(text));
  };
  CheckValues("timestamp_ntz",
              {{"2021-04-02 10:00:00.000001", "", is_text("=", "2021-04-02T10:00:00.000001"), kAll},
               {"2021-04-02 10:00:00", "", is_text("=", "2021-04-02 10:00:00.000001"), kNone},
               {"2021-04-02 10:00:00", "", is_text("<", "2021-04-02T10:00:01Z"), kSome},
               // Spark takes a literal for a moment in its zone; what the clock there never showed
               // is moved, perhaps beyond the literal.
               {"2021-03-28 02:45:00", "", is(">", "2021-03-28 03:30:00"), kSome},
               {"2021-04-02 10:00:00", "", is("=", "2021-04-02T10:00:00Z"), kSome},
               {"2021-04-02 10:00:00", "", is("=", "2021-04-03T05:00:00Z"), kNone}});
}

TEST(SkippingTypes, CastsAreFollowedOnlyWhereAllAgree) {
  CheckBounds(
      "long",
      {{"3", "7", Is("c", ValueType::kInt, "=", "8"), kNone},
       {"3", "3000000000", Is("c", ValueType::kInt, "=", "-5"), kSome},
       {"3", "7", Is("c", ValueType::kString, "=", "8"), kSome},
       {"3", "7", Is("c", ValueType::kBool, "=", "false"), kSome},
       {"3", "7", Is("c", ValueType::kDate, "=", "2021-01-01"), kSome},
       {"3", "7", Is("c", ValueType::kInt, "=", "3000000000"), kSome},
       {"3", "7", IsNull(Column("c", ValueType::kInt)), kNone},
       {"3", "7", IsNull(Column("c", ValueType::kBool)), kSome},
       // Spark tells the innermost of two casts: this one is not all.
       {"3", "7", Is(Column("c", ValueType::kDouble), "=", Literal(ValueType::kInt, "8")), kSome},
       {"3", "7", Is(Column("c", ValueType::kDouble), "<", Column("c", ValueType::kDouble)), kSome},
       {"3", "3", Is(Column("c", ValueType::kInt), ">", Column("c", ValueType::kInt)), kSome},
       {"3", "3", Is(Column("c", ValueType::kLong), ">", Column("c", ValueType::kLong)), kNone},
       {"3", "7", Is("c", "=", Text("8")), kNone},
       {"3", "7", Is("c", "=", Text("8.0")), kSome},
       {"3", "7", Is("c", "=", Literal(ValueType::kBool, "true")), kSome}});
  CheckBounds("double", {{"3", "7", Is("c", ValueType::kInt, "=", "1"), kSome}});
  CheckBounds("string", {{R"("3")", R"("7")", Is("c", ValueType::kInt, "=", "10"), kSome},
                         {R"("3")", R"("7")", Is("c", "=", Number("10")), kSome},
                         {R"("3")", R"("3")", Is("c", "=", Number("10")), kNone}});
  CheckValues("string", {{"10", "", Is("c", ValueType::kInt, "=", "10"), kAll},
                         {"10", "", Is("c", ValueType::kInt, "=", "9"), kNone},
                         {"1.5", "", Is("c", ValueType::kInt, "=", "2"), kSome},
                         {" 1", "", Is("c", ValueType::kInt, "=", "2"), kSome},
                         {"x", "", IsNull(Column("c", ValueType::kInt)), kSome},
                         {"2021-04-02", "", Is("c", ValueType::kDate, "<", "2021-04-03"), kAll},
                         {"2021-4-2", "", Is("c", ValueType::kDate, "<", "2021-04-01"), kSome}});
  CheckValues("integer", {{"05", "", Is("c", ValueType::kString, "=", "5"), kAll},
                          {"5", "", Is("c", ValueType::kString, "<", "10"), kNone}});
  CheckValues("date", {{"2021-04-02", "", Is("c", ValueType::kString, "=", "2021-04-02"), kAll}});
  CheckValues("boolean", {{"true", "", Is("c", ValueType::kString, "=", "True"), kSome}});
}

}  // namespace
}  // namespace sluice::delta
