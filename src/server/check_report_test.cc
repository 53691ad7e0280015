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

TEST(CheckReport, DirectoryAccessHasAColumnWhereThereIsSome) {
  CheckReport report = Mixed();
  report.tables.pop_back();
  report.tables[0].directory = true;
  EXPECT_EQ(ExitCode(report), 0);
  EXPECT_THAT(RenderCheckText(report),
              AllOf(HasSubstr("  access    location\n"), HasSubstr("  url, dir  /data/orders\n"),
                    HasSubstr("  url       /data/t\n")));
  report.tables[0].directory_fault = "the role cannot be assumed (AccessDenied)";
  EXPECT_EQ(ExitCode(report), 1);
  EXPECT_THAT(
      RenderCheckText(report),
      AllOf(HasSubstr("url, no dir"),
            HasSubstr("retail.default.orders: directory access: the role cannot be assumed (Acc"),
            HasSubstr("may read the folders of 1 table, and cannot.\n"), Not(HasSubstr("Next:"))));
  const auto json = json::Parse(RenderCheckJson(report));
  ASSERT_THAT(json, IsOk());
  const json::Array& tables = json->at("tables").as_array();
  EXPECT_EQ(tables[0].at("accessModes"), (json::Array{"url", "dir"}));
  EXPECT_EQ(tables[0].at("directoryFault"), "the role cannot be assumed (AccessDenied)");
  EXPECT_EQ(tables[1].at("accessModes"), json::Array{"url"});
}

CheckReport WithFiles() {
  CheckReport report = Mixed();
  report.tables.pop_back();
  report.tables[0].checked = FilesReport{.data_files = 48};
  report.tables[1].checked = FilesReport{.data_files = 2,
                                         .deletion_vectors = 1,
                                         .vector_files = 1,
                                         .deleted_rows = 7,
                                         .faults = 124,
                                         .first_faults = {{"a\x1b[2J.parquet", "is missing"}}};
  return report;
}

TEST(CheckReport, WhatWasFoundInTheFiles) {
  constexpr std::string_view kExpected =
      R"(table                  version  files  size     vectors  faults  formats                                      location
retail.default.orders  12       48     3.0 MiB  0        0       parquet, delta                               /data/orders
größe.s.t              1        2      10 B     1        124     delta (uses columnMapping, deletionVectors)  /data/t

größe.s.t: 124 faults
  a?[2J.parquet: is missing
  and 123 more
Looked at: 50 data files, 1 deletion vector of 7 deleted rows.
The files of 1 of 2 tables are not as the log says.
)";
  EXPECT_EQ(RenderCheckText(WithFiles()), kExpected);
  EXPECT_EQ(ExitCode(WithFiles()), 1);
}

TEST(CheckReport, GoodFilesAreToldToo) {
  CheckReport report = WithFiles();
  report.tables[1].checked = FilesReport{.data_files = 2};
  EXPECT_EQ(ExitCode(report), 0);
  EXPECT_THAT(RenderCheckText(report),
              HasSubstr("Looked at: 50 data files, 0 deletion vectors of 0 deleted rows.\n"
                        "sluice.yaml is good; 2 tables can be read, and the files are as the logs "
                        "say.\nNext: "));
}

TEST(CheckReport, ThatNotAllWasLookedAtIsAFault) {
  CheckReport report = WithFiles();
  report.tables[1].checked = FilesReport{.stopped = "the store failed"};
  EXPECT_EQ(ExitCode(report), 1);
  EXPECT_THAT(RenderCheckText(report),
              HasSubstr("t: 0 faults\n  not all was looked at: the store failed\n"));
  const auto root = json::Parse(RenderCheckJson(report)).value();
  EXPECT_EQ(root.at("tables").at(1).at("checkedFiles").at("stopped"), "the store failed");
}

TEST(CheckReport, TheJsonHoldsWhatWasFound) {
  const auto root = json::Parse(RenderCheckJson(WithFiles())).value();
  EXPECT_EQ(root.at("good"), false);
  const json::Value& found = root.at("tables").at(1).at("checkedFiles");
  EXPECT_EQ(found.at("dataFiles"), 2);
  EXPECT_EQ(found.at("deletionVectors"), 1);
  EXPECT_EQ(found.at("deletionVectorFiles"), 1);
  EXPECT_EQ(found.at("deletedRows"), 7);
  EXPECT_EQ(found.at("faults"), 124);
  ASSERT_EQ(found.at("firstFaults").as_array().size(), 1U);
  EXPECT_EQ(found.at("firstFaults").at(0).at("path"), "a\x1b[2J.parquet");
  EXPECT_EQ(found.at("firstFaults").at(0).at("fault"), "is missing");
  EXPECT_FALSE(found.as_object().contains("stopped"));
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
  EXPECT_FALSE(tables[0].as_object().contains("checkedFiles"));
}

}  // namespace
}  // namespace sluice::server
