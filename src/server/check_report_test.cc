#include "server/check_report.h"

#include "base/json.h"
#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

CheckReport Mixed() {
  return {.config_path = "sluice.yaml",
          .warnings = {"sluice.yaml:3: 'deltaTableCacheSize' has no effect: x"},
          .tables = {{.share = "retail",
                      .schema = "default",
                      .table = "orders",
                      .location = "/data/orders",
                      .version = 12,
                      .files = 48,
                      .size = MiB(3)},
                     {.share = "größe",
                      .schema = "s",
                      .table = "t",
                      .location = "/data/t",
                      .version = 1,
                      .files = 2,
                      .size = ByteCount{10},
                      .delta_only_because = {"columnMapping", "deletionVectors"}},
                     {.share = "retail",
                      .schema = "default",
                      .table = "gone",
                      .location = "/data/gone",
                      .error = "no Delta table there"}}};
}

TEST(CheckReport, TheTextIsATable) {
  constexpr std::string_view kExpected =
      R"(table                  version  files  size     formats                                      location
retail.default.orders  12       48     3.0 MiB  parquet, delta                               /data/orders
größe.s.t              1        2      10 B     delta (uses columnMapping, deletionVectors)  /data/t
retail.default.gone    -        -      -        -                                            /data/gone

retail.default.gone: no Delta table there
1 of 3 tables cannot be read; the others can.
)";
  EXPECT_EQ(RenderCheckText(Mixed()), kExpected);
}

TEST(CheckReport, AGoodOneTellsTheNextStep) {
  CheckReport report = Mixed();
  report.tables.pop_back();
  EXPECT_EQ(ExitCode(report), 0);
  EXPECT_THAT(RenderCheckText(report), HasSubstr("Next: sluice serve --config sluice.yaml\n"));
  report.tables.clear();
  EXPECT_THAT(RenderCheckText(report),
              AllOf(HasSubstr("0 tables can be read"), Not(HasSubstr("version"))));
}

TEST(CheckReport, ExitCodes) {
  CheckReport report = Mixed();
  EXPECT_EQ(ExitCode(report), 1);
  report.problems.emplace_back("sluice.yaml:1: bad");
  EXPECT_EQ(ExitCode(report), 2);
}

TEST(CheckReport, TheJsonHoldsTheSame) {
  const auto parsed = json::Parse(RenderCheckJson(Mixed()));
  ASSERT_THAT(parsed, IsOk());
  const json::Object& root = parsed->as_object();
  EXPECT_EQ(root.at("config"), "sluice.yaml");
  EXPECT_EQ(root.at("good"), false);
  EXPECT_EQ(root.at("warnings").as_array().size(), 1U);
  const json::Array& tables = root.at("tables").as_array();
  ASSERT_EQ(tables.size(), 3U);
  EXPECT_EQ(tables[0].at("version"), 12);
  EXPECT_EQ(tables[0].at("files"), 48);
  EXPECT_EQ(tables[0].at("bytes"), 3 << 20);
  EXPECT_EQ(tables[0].at("formats"), (json::Array{"parquet", "delta"}));
  EXPECT_EQ(tables[1].at("formats"), json::Array{"delta"});
  EXPECT_EQ(tables[1].at("deltaOnlyBecause"), (json::Array{"columnMapping", "deletionVectors"}));
  EXPECT_EQ(tables[2].at("error"), "no Delta table there");
  EXPECT_FALSE(tables[2].as_object().contains("version"));
}

}  // namespace
}  // namespace sluice::server
